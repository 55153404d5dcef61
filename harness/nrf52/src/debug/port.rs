//! The serial wire debug port: power requests, sticky errors, and which access port is selected.

/// IDR of the debug port (SW-DP, version 1, by Arm).
const DPIDR: u32 = 0x2BA0_1477;

const STICKY_ERROR: u32 = 1 << 5;
const POWER_REQUESTS: u32 = DEBUG_POWER | SYSTEM_POWER;
const DEBUG_POWER: u32 = 1 << 28;
const SYSTEM_POWER: u32 = 1 << 30;
/// Bits a debugger can write and read back: overrun detection, transfer mode, mask lane and count.
const CONTROL: u32 = 0x00FF_FF0D;
const CLEAR_STICKY_ERROR: u32 = 1 << 2;

/// State of the debug port and its two access ports.
#[derive(Debug, Clone)]
pub(crate) struct DebugPort {
    control: u32,
    requests: u32,
    sticky_error: bool,
    select: u32,
    last_read: u32,
    pub(super) csw: u32,
    pub(super) tar: u32,
    /// The RESET register of the control port is 1.
    pub(crate) holds_reset: bool,
    /// The ERASEALL register of the control port.
    pub(super) erase_all: u32,
}

impl DebugPort {
    pub(crate) fn new() -> Self {
        Self {
            control: 0,
            requests: 0,
            sticky_error: false,
            select: 0,
            last_read: 0,
            csw: super::memory::CSW_RESET,
            tar: 0,
            holds_reset: false,
            erase_all: 0,
        }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }

    /// A line reset only leaves the register bank of the debug port; errors and power requests stay.
    pub(super) fn line_reset(&mut self) {
        self.select &= !0xF;
    }

    pub(super) fn read(&mut self, address: u8) -> u32 {
        match (address & 0xC, self.select & 0xF) {
            (0x0, _) => DPIDR,
            (0x4, 0) => {
                // Every request is acknowledged at once, in the bit above it.
                let error = if self.sticky_error { STICKY_ERROR } else { 0 };
                self.control | self.requests | self.requests << 1 | error
            }
            (0x4, _) => 0,
            _ => self.last_read,
        }
    }

    pub(super) fn write(&mut self, address: u8, value: u32) {
        match (address & 0xC, self.select & 0xF) {
            (0x0, _) => self.sticky_error &= value & CLEAR_STICKY_ERROR == 0,
            (0x4, 0) => {
                self.control = value & CONTROL;
                self.requests = value & POWER_REQUESTS;
            }
            (0x8, _) => self.select = value,
            _ => {}
        }
    }

    /// Whether access ports answer.
    pub(super) fn is_ready(&self) -> bool {
        self.requests == POWER_REQUESTS && !self.sticky_error
    }

    pub(super) fn wants_debug_power(&self) -> bool {
        self.requests & DEBUG_POWER != 0
    }

    pub(super) fn set_error(&mut self) {
        self.sticky_error = true;
    }

    pub(super) fn remember(&mut self, value: u32) {
        self.last_read = value;
    }

    /// Selected access port.
    pub(super) fn selected(&self) -> u8 {
        (self.select >> 24) as u8
    }

    /// Register of the selected access port that two address bits mean.
    pub(super) fn register(&self, address: u8) -> u8 {
        (self.select & 0xF0) as u8 | address & 0xC
    }
}
