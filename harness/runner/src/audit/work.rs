//! What the device is doing, as its settings say at the start and after each time they were written.

use gauntlet_package::settings::{BankCode, Settings};
use gauntlet_reference::layout::{MBR_END, PAGE};

use super::shadow::{Shadow, page_up};

/// What firmware may be written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// DFU mode, or nothing at all: what is received goes to one place.
    Receive {
        /// First byte of that place and number of bytes, once something went there.
        place: Option<(u32, u32)>,
        /// The page of the object that was created last, and the word that was programmed there last.
        page: Option<(u32, Option<u32>)>,
    },
    /// An image is copied to where it runs.
    Copy(Copy),
    /// The bootloader is replaced by the MBR.
    Bootloader {
        /// Where the new one was received.
        source: u32,
        /// Bytes of it.
        size: u32,
    },
    /// The update has ended, and a reset follows.
    Ended,
}

/// A copy of an image to where it runs (ACT-002, ACT-009).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) source: u32,
    pub(super) target: u32,
    /// Bytes to be copied.
    pub(super) size: u32,
    /// Bytes between two commits of the progress.
    pub(super) chunk: u32,
    /// Bytes of an image that were copied when the settings were last written.
    pub(super) done: u32,
    /// Pages of this chunk that were erased since the start.
    pub(super) erased: Vec<u32>,
}

impl Copy {
    fn new(shadow: &Shadow, source: u32, target: u32, size: u32, done: u32) -> Self {
        let step = shadow.build.copy_step_pages.max(1);
        let chunk = (source.abs_diff(target) / PAGE).clamp(1, step) * PAGE;
        Self { source, target, size, chunk, done, erased: Vec::new() }
    }

    /// The bytes of the target that may be written now.
    pub(super) fn window(&self) -> std::ops::Range<u32> {
        let from = self.target + self.done.min(self.size);
        let end = self.target + self.size.next_multiple_of(4).min(self.done.saturating_add(self.chunk));
        if self.source == self.target { from..from } else { from..end.max(from) }
    }
}

impl Work {
    /// What follows a start from this flash.
    pub(super) fn of_boot(shadow: &Shadow) -> Self {
        Self::activation(shadow, shadow.in_force())
    }

    /// What the record of bank 1 asks for (10.2).
    fn activation(shadow: &Shadow, settings: &Settings) -> Self {
        let (source, bank) = (settings.update_start_address(), settings.bank_1);
        let done = settings.write_offset;
        let copy = |target, size| Self::Copy(Copy::new(shadow, source, target, size, done));
        match bank.code {
            BankCode::Application => copy(shadow.bank_0_start(), bank.size),
            BankCode::SoftDevice => copy(MBR_END, page_up(settings.sd_size)),
            BankCode::Bootloader => Self::Bootloader { source, size: bank.size },
            BankCode::SoftDeviceBootloader => {
                let size = page_up(settings.sd_size);
                if done < size && source != MBR_END {
                    return copy(MBR_END, size);
                }
                let size = bank.size.saturating_sub(settings.sd_size);
                Self::Bootloader { source: source.wrapping_add(settings.sd_size), size }
            }
            BankCode::Invalid | BankCode::ExternalApplication | BankCode::Other(_) => {
                Self::Receive { place: None, page: None }
            }
        }
    }

    /// What goes on after the main page has been written with `new` in place of `old`.
    pub(super) fn goes_on(&mut self, shadow: &Shadow, old: &Settings, new: &Settings) {
        match self {
            Self::Receive { place, .. } => {
                if new.bank_1.code != BankCode::Invalid && new.bank_1 != old.bank_1 {
                    *self = Self::Ended;
                } else if (old.progress.cmd_crc, old.bank_0) != (new.progress.cmd_crc, new.bank_0) {
                    *place = None;
                }
            }
            Self::Copy(_) | Self::Bootloader { .. } => *self = Self::activation(shadow, new),
            Self::Ended => {}
        }
    }
}
