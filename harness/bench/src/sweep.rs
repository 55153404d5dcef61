//! Power-cut sweeps over what the firmware of a virtual board has done to its flash.
//!
//! The sweep itself belongs to the chip; this is what a bench has to say about it: which code is the application, and on
//! which port the bootloader listens.

pub use gauntlet_nrf52::{Chip, ColdBoot, FlashAction, Landing, Landmarks, Sweep, Tears};
pub use gauntlet_nrf52::{Tear as SweptTear, TearPattern};

use crate::target::Target;

/// By what a board with this firmware is recognised after a cold boot.
pub(crate) fn landmarks(target: &Target) -> Landmarks {
    let layout = target.firmware.layout;
    let base = layout.application(target.softdevice.is_some());
    Landmarks { application: base..layout.image_area_end(), port: target.uart.port, ..Landmarks::default() }
}
