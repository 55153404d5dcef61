//! The specified bootloader as a model: entered through the trap in its image, working on the chip's own flash.
//!
//! | file | what of the specification |
//! |---|---|
//! | `boot` | start, settings at boot, the DFU entry test, starting the application (section 10) |
//! | `activation` | copying a received image into place, resumable (sections 10.2, 13) |
//! | `mbr` | what the MBR does for a new bootloader (10.4) |
//! | `dfu` | DFU mode: the main loop, timers, what a disconnect does |
//! | `requests` | the control point (section 1) and receipts (section 3) |
//! | `objects` | command and data objects (section 2) |
//! | `prevalidate`, `postvalidate` | the order of checks (section 7) |
//! | `stored` | boot validation records, as packets bring them and as they are stored |
//! | `pages` | the settings pages as bytes (section 8) |
//! | `space` | where an image goes (MEM-012) |
//! | `flash` | the way to flash: at once or queued |
//! | `protect` | flash that is closed until the next reset (MEM-018, MEM-019) |
//! | `application` | an application with the buttonless service (section 11) |
//! | `transport` | the device's end of the wire |
//! | `air`, `gatt` | connection events and the GATT server of a BLE build (section 4) |
//! | `uart` | the serial receiver (section 5) |
//! | `watchdog` | feeding what the application has started (section 12) |
//! | `inbox` | received requests, and what is lost when there are too many |

mod activation;
mod air;
mod application;
mod boot;
mod dfu;
mod flash;
mod gatt;
mod inbox;
mod mbr;
mod objects;
mod pages;
mod postvalidate;
mod prevalidate;
mod protect;
mod requests;
mod space;
mod stored;
mod transport;
mod uart;
mod watchdog;

use gauntlet_nrf52::{Chip, ChipFault, Guest, GuestStep, Reset, cycles_from_ms};

use crate::images::APPLICATION_HAND_OVER;
use crate::layout::Layout;
use crate::wire::{Closed, SharedWire};
use application::Application;
use boot::Next;
use dfu::{Dfu, Ended};

/// Milliseconds until a host notices that a device went without a word (the supervision timeout of BLE-008).
const SUPERVISION_MS: u64 = 6_000;

/// Why the firmware stopped in the middle of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    /// The supply was cut.
    PowerLost,
    /// The error handler: a reset (ACT-028).
    Reset,
}

impl From<ChipFault> for Halt {
    fn from(fault: ChipFault) -> Self {
        match fault {
            ChipFault::PowerLost { .. } => Self::PowerLost,
            _ => Self::Reset,
        }
    }
}

/// The reference device's firmware, to be given to a `Machine`.
///
/// It does nothing until the CPU executes the hand-over instruction of its image, so a chip without that image does not boot.
#[derive(Debug)]
pub struct ReferenceDevice {
    layout: Layout,
    wire: SharedWire,
    dfu: Option<Dfu>,
    application: Option<Application>,
    clock: u64,
}

impl ReferenceDevice {
    /// Firmware for a chip of `layout`, reached over `wire`.
    pub fn new(layout: Layout, wire: SharedWire) -> Self {
        Self { layout, wire, dfu: None, application: None, clock: 0 }
    }

    fn halted(&mut self, halt: Halt) -> GuestStep {
        self.vanish();
        match halt {
            Halt::PowerLost => GuestStep::PowerLost,
            Halt::Reset => GuestStep::Reset(Reset::Soft),
        }
    }

    /// An application without a service goes on in its own image.
    fn start_application(&mut self, chip: &mut Chip) -> GuestStep {
        let started = Application::start(chip, self.layout);
        self.clock = chip.now();
        match started {
            Ok(Some(application)) => {
                self.application.insert(application).listen(&self.wire);
                GuestStep::Stay
            }
            Ok(None) => GuestStep::Return { r0: 0 },
            Err(halt) => self.halted(halt),
        }
    }

    /// The host is not told: it notices when the supervision timeout has passed.
    fn vanish(&mut self) {
        self.dfu = None;
        self.application = None;
        let noticed = self.clock + cycles_from_ms(SUPERVISION_MS);
        self.wire.lock().close(noticed, Closed::Vanished);
    }
}

impl Guest for ReferenceDevice {
    fn reset(&mut self, _cause: Reset) {
        self.vanish();
    }

    fn enter(&mut self, chip: &mut Chip, trap: u8) -> GuestStep {
        if mbr::is_called(trap) {
            let copied = boot::where_it_stands(chip, self.layout)
                .and_then(|layout| mbr::finish_bootloader_copy(chip, &layout));
            self.clock = chip.now();
            return copied.map_or_else(|halt| self.halted(halt), |()| GuestStep::Return { r0: 0 });
        }
        if trap == APPLICATION_HAND_OVER {
            return self.start_application(chip);
        }
        let next = boot::boot(chip, self.layout);
        self.clock = chip.now();
        match next {
            Ok(Next::Application { vector_table }) => GuestStep::Return { r0: vector_table },
            Ok(Next::Dfu(dfu)) => {
                self.dfu.insert(*dfu).listen(&self.wire);
                GuestStep::Stay
            }
            Err(halt) => self.halted(halt),
        }
    }

    fn poll(&mut self, chip: &mut Chip, until: u64) -> GuestStep {
        if let Some(application) = &mut self.application {
            let step = application.run(chip, &self.wire, until);
            self.clock = chip.now();
            return step.unwrap_or_else(|halt| self.halted(halt));
        }
        let Some(dfu) = &mut self.dfu else {
            chip.pass_time(until);
            return GuestStep::Stay;
        };
        let ended = dfu.run(chip, &self.wire, until);
        self.clock = chip.now();
        match ended {
            Ok(None) => GuestStep::Stay,
            Ok(Some(Ended::Reset)) => {
                self.dfu = None;
                GuestStep::Reset(Reset::Soft)
            }
            Err(halt) => self.halted(halt),
        }
    }
}
