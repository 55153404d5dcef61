//! How fast a virtual dongle is, and how patient with its host.

use std::time::Duration;

/// Times of a virtual dongle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DonglePace {
    /// From a packet of the host to its acknowledgement.
    pub ack: Duration,
    /// From a response to the first event behind it.
    pub event: Duration,
    /// From the device ending the connection to the event that says so. A real device has something to store first, so that
    /// a host which ends the connection itself after an update is ahead of it.
    pub farewell: Duration,
    /// Bits in a second on the line to the host, in both directions; no time without.
    pub baud: Option<u32>,
    /// Whether a repeated packet, which on a line that loses nothing proves that the host has overlooked its
    /// acknowledgement, is acknowledged with one number more.
    pub unsticks: bool,
    /// Whether the dongle insists on answers to its own start-up packets, as connectivity firmware does.
    pub insists: bool,
}

impl DonglePace {
    /// For tests of other programs: late enough that the races of drivers don't matter, also on a busy machine.
    pub const PATIENT: Self = Self {
        ack: Duration::from_millis(5),
        event: Duration::from_millis(350),
        farewell: Duration::from_millis(1500),
        baud: None,
        unsticks: true,
        insists: false,
    };
    /// As a dongle on a desk, its start-up included.
    pub const REAL: Self = Self {
        ack: Duration::from_millis(2),
        event: Duration::from_millis(20),
        farewell: Duration::from_millis(300),
        baud: Some(gauntlet_connectivity::BAUD),
        unsticks: false,
        insists: true,
    };
    /// At once, which provokes the races of drivers.
    pub const HASTY: Self = Self {
        ack: Duration::ZERO,
        event: Duration::ZERO,
        farewell: Duration::ZERO,
        baud: None,
        unsticks: false,
        insists: false,
    };
}
