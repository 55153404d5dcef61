//! What passes over a link, written down: as packets for Wireshark, and as a sequence for people.
//!
//! | file | what |
//! |---|---|
//! | `link` | [`CaptureLink`]: any link, with a [`Tape`] running |
//! | `tape` | [`Tape`]: what has passed, and when |
//! | `btsnoop` | a tape as Bluetooth packets: HCI, L2CAP, ATT |
//! | `pcap` | a tape as bytes of a serial line |
//! | `words` | a tape as a sequence of requests and answers, with the faults where they fired |
//!
//! A link knows messages, not packets of the air. So connecting, exchange of the MTU and discovery are written as every DFU
//! client does them, with handles of our own; requests, object data and answers are what passed.

mod btsnoop;
mod link;
mod pcap;
mod tape;
mod words;

pub use btsnoop::btsnoop;
pub use link::CaptureLink;
pub use pcap::pcap;
pub use tape::{Entry, Tape, What};
pub use words::words;
