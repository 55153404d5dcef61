//! Cortex-M4 interpreter; knows no chip.
//!
//! [`Core`] executes ARMv7E-M code: the complete integer instruction set with the DSP extension, floating point in single
//! precision, exceptions and the interrupt controller, SysTick, sleep, and the debug unit as a debugger sees it through its
//! access port. Everything outside (memories, peripherals, time) is the [`Bus`].
//!
//! | module | what |
//! |---|---|
//! | `bus`, `config` | the face to the outside |
//! | `core`, `run`, `attend`, `traps` | the public core and its run loop |
//! | `decode`, `record`, `cache` | encodings to records, and records in shared pages |
//! | `execute`, `memory`, `arithmetic`, `float` | what instructions do |
//! | `exceptions`, `faults`, `nvic`, `systick` | exceptions and what causes them |
//! | `ppb`, `scb`, `mpu`, `debug`, `fpb`, `dwt`, `ids` | registers of the private peripheral bus |
//!
//! ```
//! use gauntlet_armv7em::{Access, Bus, BusFault, Core, CoreConfig, FaultCause, ResetKind, Stop, Width};
//!
//! /// Four words of memory.
//! struct Memory([u32; 4]);
//!
//! impl Bus for Memory {
//!     fn read(&mut self, _: u64, address: u32, width: Width, _: Access) -> Result<u32, BusFault> {
//!         let word = self.0.get(address as usize / 4);
//!         let word = word.ok_or(BusFault { address, cause: FaultCause::Unmapped })?;
//!         Ok(word >> (8 * (address & 3)) & width.mask())
//!     }
//!     fn write(&mut self, _: u64, address: u32, _: Width, _: u32, _: Access) -> Result<(), BusFault> {
//!         Err(BusFault { address, cause: FaultCause::Refused })
//!     }
//!     fn page_version(&self, _: u32) -> Option<u64> {
//!         Some(0)
//!     }
//! }
//!
//! // Stack at 0x20001000, entry at 8: MOVS R0, #42; WFI.
//! let mut memory = Memory([0x2000_1000, 9, 0xBF30_202A, 0]);
//! let mut core = Core::new(CoreConfig::default());
//! core.reset(&mut memory, ResetKind::PowerOn);
//! assert_eq!(core.run(&mut memory, 1000), Stop::Sleeping);
//! assert_eq!(core.reg(0), 42);
//! ```

mod arithmetic;
mod attend;
mod bus;
mod cache;
mod config;
mod core;
mod debug;
mod decode;
mod dwt;
mod exceptions;
mod execute;
mod faults;
mod float;
mod fpb;
mod ids;
mod memory;
mod mpu;
mod nvic;
mod ppb;
mod record;
mod run;
mod scb;
mod state;
mod systick;
mod traps;

pub use bus::{Access, Bus, BusFault, FaultCause, Width};
pub use config::{CoreConfig, ResetKind, Stop};
pub use core::Core;
pub use faults::FirstFault;
