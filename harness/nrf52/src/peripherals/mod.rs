//! The peripherals, and how time, events and interrupts reach them.

mod aes;
mod block;
mod clock;
mod devices;
mod ecb;
mod egu;
mod gpio;
mod gpiote;
mod notes;
mod power;
mod ppi;
mod protection;
mod queue;
mod rng;
mod rtc;
mod set;
mod stimuli;
mod stubs;
mod temperature;
mod timer;
mod uarte;
mod watchdog;

use devices::SOURCES;
pub(crate) use notes::Notes;
pub use notes::{DmaRefusal, MissingPart, Touch};
pub(crate) use power::{OPEN, RAM_POWER_REGISTERS};
pub(crate) use protection::{Acl, Bprot};
pub use rtc::NextTick;
pub(crate) use set::Peripherals;
pub(crate) use stubs::CRYPTO_CELL;
pub use uarte::{HostPort, LineFault, UartByte, UartSetting};
pub(crate) use watchdog::Watchdog;
