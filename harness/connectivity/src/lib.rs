//! What a host and an nRF connectivity dongle say to each other on their serial line. No I/O, no clock.
//!
//! A dongle is an nRF52 board with connectivity firmware (SoftDevice API v5): the host calls its SoftDevice by serialised
//! commands and gets responses and events, each in one packet of a three-wire UART.
//!
//! | module | what |
//! |---|---|
//! | [`h5`] | packets of the three-wire UART: header, checksum, CRC, SLIP |
//! | [`delivery`] | sequence numbers, acknowledgements, repeats; the same on both sides |
//! | [`packet`] | what a reliable packet carries: a command, a response, or an event |
//! | [`command`], [`response`], [`event`] | SoftDevice calls and events that an update needs |
//! | [`gap`], [`gatt`], [`security`] | the types in them |
//! | [`codes`] | results, GATT status and HCI reasons in words |
//!
//! ```
//! use gauntlet_connectivity::h5::{Decoder, H5Packet};
//! let wire = H5Packet::Sync.encode();
//! assert_eq!(wire, [0xC0, 0x00, 0x2F, 0x00, 0xD1, 0x01, 0x7E, 0xC0]);
//! assert_eq!(Decoder::new().feed(&wire), [Ok(H5Packet::Sync)]);
//! ```

mod bytes;
pub mod codes;
pub mod command;
pub mod delivery;
pub mod event;
pub mod gap;
pub mod gatt;
pub mod h5;
pub mod packet;
pub mod response;
pub mod security;

pub use bytes::DecodeError;
pub use command::Command;
pub use delivery::Delivery;
pub use event::Event;
pub use packet::Packet;
pub use response::Response;

/// Baud rate of a dongle on a UART; 8N1, and no flow control on the host's side.
pub const BAUD: u32 = 1_000_000;
/// Bytes of the largest packet, its type byte included.
pub const MAX_PACKET: usize = 768;
