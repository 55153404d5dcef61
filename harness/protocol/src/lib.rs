//! Secure DFU on the wire: what a host and a bootloader say to each other, byte by byte. No I/O, no time, no chip.
//!
//! | module | what |
//! |---|---|
//! | [`opcode`] | operation codes and object types |
//! | [`request`] | what the host sends: [`Request`] |
//! | [`result`] | result codes, extended codes and the two together: [`Outcome`] |
//! | [`response`] | what the device answers: [`Response`] |
//! | [`answer`] | what a successful answer holds: [`SelectAnswer`], [`CrcAnswer`], ... |
//! | [`crc`] | the CRC-32 of the protocol, one shot and running |
//! | [`slip`] | framing of the serial transports |
//! | [`init_packet`] | the init packet (`.dat` file): decoding as the bootloader does, encoding as nrfutil does |
//!
//! ```
//! use gauntlet_protocol::{ObjectType, Request, Response};
//!
//! let request = Request::Select { object: ObjectType::Data };
//! assert_eq!(request.encode(), [0x06, 0x02]);
//!
//! let answer = Response::parse(&[0x60, 0x06, 0x01, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
//! assert_eq!(answer.select_answer()?.max_size, 4096);
//!
//! // A refusal names the device's reason in words.
//! let refused = Response::parse(&[0x60, 0x04, 0x0B, 0x08])?.accepted().unwrap_err();
//! assert_eq!(refused.to_string(), "the device refused execute: the signature is missing (0B 08)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod answer;
mod code;
pub mod crc;
pub mod init_packet;
pub mod opcode;
pub mod request;
pub mod response;
pub mod result;
pub mod slip;

pub use answer::{CrcAnswer, FirmwareVersionAnswer, HardwareVersionAnswer, MtuAnswer, SelectAnswer};
pub use code::UnknownName;
pub use crc::{Crc32, crc32, crc32_continue};
pub use init_packet::{InitCommand, InitPacket};
pub use opcode::{ObjectType, Opcode};
pub use request::{Request, RequestError};
pub use response::{Refusal, Response, ResponseError};
pub use result::{ExtendedError, Outcome, ResultCode};
