//! The peripherals, as far as a bootloader and its debugger see them.

mod gpio;
mod power;
mod protection;
mod watchdog;

pub(crate) use gpio::{Gpio, P0 as GPIO_BASE};
pub(crate) use power::{OPEN, Power};
pub(crate) use protection::{Acl, Bprot};
pub(crate) use watchdog::{BASE as WATCHDOG_BASE, Watchdog};
