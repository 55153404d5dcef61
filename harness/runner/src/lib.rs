//! Plan, run, inject, judge: scenarios on a bench, told as record events.
//!
//! A case is prepared, run and judged the same way on every bench:
//!
//! 1. the board is erased and flashed through the probe, started, and read back as the baseline (`prepare`, `observe`);
//! 2. the steps run: updates through the engine with their faults, raw exchanges, single attributes, resets, power cuts (`update`, `exchange`, `gatt`, `faults`);
//! 3. the board settles, is read back through the probe and judged against the baseline (`judge`);
//! 4. a clean update proves that the device can still be updated (`closing`).
//!
//! Success is judged from the device, never from the client's word. A fault that did not fire makes the verdict an Error.
//!
//! | module | what |
//! |---|---|
//! | [`run`] | a run: workers, order, cancellation |
//! | [`hunt`] | planted bugs, and the cases that find them |
//! | [`cuts`] | power cuts at every flash operation of an update |
//! | [`dfu`] | a package for a fresh device |
//! | [`port`] | a package for a device on a serial port, by the client alone |
//! | [`ble`] | a package for a device on the air, by the client alone |
//! | [`client`] | how the client says that these two ended |
//! | [`figures`] | bytes, time and speed of both |
//! | `serve` | a fresh device that other programs update over its serial line (Unix) |
//! | `external` | an update by somebody else's client (Unix) |
//! | `captures` | what passes over the links of a case, written down |
//! | `attempt` | one attempt at a case, whatever becomes of it |
//! | `case` | one case from start to verdict |
//! | `referee` | a model of the protocol that judges every message of every case |
//! | `walk` | requests in an order that a seed chooses |
//! | `desk` | what a case asks of a radio that not every bench has |
//! | [`doctor`] | parts of a bench, looked at one by one |
//! | `sampled` | power cuts at moments of a transfer in place of counted operations |
//! | `workers` | cases in processes of their own (Unix) |
//! | `beyond` | what not every central can do |
//! | [`target`] | devices with firmware of their own |
//! | `device`, `packages` | what a scenario asks for, as something that can be flashed and sent |
//! | `entry` | into DFU mode through the probe |

mod air;
mod attempt;
mod audit;
mod beyond;
pub mod ble;
mod captures;
mod case;
mod chance;
pub mod client;
mod closed;
mod closing;
mod cpu;
pub mod cuts;
mod desk;
mod device;
pub mod dfu;
pub mod doctor;
mod entry;
mod exchange;
#[cfg(unix)]
mod external;
mod factory;
mod faults;
pub mod figures;
mod gatt;
mod hold;
pub mod hunt;
mod judge;
pub mod landed;
mod lock;
mod observe;
mod packages;
pub mod port;
mod prepare;
mod probed;
mod referee;
mod reset;
pub mod run;
mod sampled;
#[cfg(unix)]
pub mod serve;
mod starts;
pub mod target;
mod told;
mod trouble;
mod update;
mod walk;
#[cfg(unix)]
pub mod workers;

pub use device::flashable;
#[cfg(unix)]
pub use external::ExternalClient;
pub use hold::Hold;
pub use run::{RunEnd, RunOptions, Stopper, run};
pub use trouble::Trouble;
