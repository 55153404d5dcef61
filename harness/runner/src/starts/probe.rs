//! How the probe brings a start about, and what it finds afterwards.

use gauntlet_bench::{Board, BoardError, Debugger, Device, Layout, ProbeError};
use gauntlet_package::settings::SETTINGS_LEN;

use super::chosen::Chosen;
use crate::closed;
use crate::probed::{self, GPREGRET, GPREGRET2};
use crate::trouble::Trouble;

/// What a start has left.
pub(super) struct Found {
    /// The settings page and its backup.
    pub(super) pages: [Vec<u8>; 2],
    /// GPREGRET and GPREGRET2.
    pub(super) registers: [u8; 2],
}

/// The whole flash, from address 0.
pub(super) fn flash(board: &dyn Board, layout: &Layout) -> Result<Vec<u8>, Trouble> {
    let mut probe = board.attach()?;
    let mut bytes = vec![0; layout.flash_end as usize];
    probe.read(0, &mut bytes)?;
    probe.detach()?;
    Ok(bytes)
}

/// Both pages and both registers. The device runs on.
pub(super) fn look(board: &dyn Board, layout: &Layout) -> Result<Found, Trouble> {
    let mut probe = board.attach()?;
    let pages = [page(&mut probe, layout.settings_page)?, page(&mut probe, layout.backup_page)?];
    let mut register = |address| -> Result<u8, ProbeError> { Ok((probe.read_word(address)? & 0xFF) as u8) };
    let registers = [register(GPREGRET)?, register(GPREGRET2)?];
    probe.detach()?;
    Ok(Found { pages, registers })
}

/// Writes what was chosen, and starts the device. A wake-up is a soft reset where the bench can't wake it, and where the
/// firmware has closed its pages to the probe: the reset that opens them lets it run before it can be woken.
pub(super) fn start(board: &dyn Board, device: &Device, chosen: &mut Chosen) -> Result<(), Trouble> {
    let layout = device.layout();
    let mut probe = board.attach()?;
    probe.halt()?;
    let opened = closed::is_closed_to_probe(&mut probe, device.variant)?;
    if opened {
        probe.reset_and_halt()?;
        chosen.woken = false;
    }
    for (address, bytes) in [layout.settings_page, layout.backup_page].into_iter().zip(&chosen.pages) {
        if page(&mut probe, address)? != *bytes {
            probed::rewrite(&mut probe, address, bytes)?;
        }
    }
    for (address, value) in [GPREGRET, GPREGRET2].into_iter().zip(chosen.registers) {
        probe.write_word(address, u32::from(value))?;
    }
    if chosen.woken {
        probe.run()?;
        match board.wake_from_off() {
            Err(BoardError::Impossible(_)) => chosen.woken = false,
            woken => woken?,
        }
    }
    if !chosen.woken {
        probe.reset()?;
    }
    Ok(probe.detach()?)
}

fn page(probe: &mut Debugger, address: u32) -> Result<Vec<u8>, ProbeError> {
    let mut bytes = vec![0; SETTINGS_LEN];
    probe.read(address, &mut bytes)?;
    Ok(bytes)
}
