//! The world outside the core: one generic bus.

/// Width of one access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// 8 bits.
    Byte,
    /// 16 bits.
    Half,
    /// 32 bits.
    Word,
}

impl Width {
    /// Number of bytes: 1, 2 or 4.
    pub const fn bytes(self) -> u32 {
        match self {
            Width::Byte => 1,
            Width::Half => 2,
            Width::Word => 4,
        }
    }

    /// The bits a value of this width may have set.
    pub const fn mask(self) -> u32 {
        match self {
            Width::Byte => 0xFF,
            Width::Half => 0xFFFF,
            Width::Word => 0xFFFF_FFFF,
        }
    }
}

/// Why the access is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// An instruction or a vector is fetched.
    Fetch,
    /// A load or store instruction.
    Data,
    /// Exception entry or return saves or restores registers.
    Stack,
    /// The debugger, through the access port. The core itself never makes one.
    Debug,
}

/// Why the bus refused an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultCause {
    /// Nothing answers at this address.
    Unmapped,
    /// Something answers but does not do this now, for example a write to flash that is not enabled.
    Refused,
    /// The device does not take this width at this address.
    Unaligned,
    /// A protection unit of the chip forbids it.
    Protected,
}

/// An access that failed; the core turns it into a BusFault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("access to {address:#010x} failed: {cause:?}")]
pub struct BusFault {
    /// Address of the access.
    pub address: u32,
    /// What was wrong with it.
    pub cause: FaultCause,
}

/// Memories and peripherals, as the core sees them.
///
/// Every access that arrives is aligned to its width: the core splits unaligned loads and stores into bytes, and faults
/// them itself in device regions. Accesses to the private peripheral bus (0xE0000000 to 0xE00FFFFF) never arrive.
///
/// # What the decode cache relies on
///
/// The content of a page with a [`page_version`](Bus::page_version) changes only by a store of this core to that page
/// (under any alias), during an access to an address at or above 0x40000000, or while the core is outside
/// [`Core::run`](crate::Core::run) and [`Core::step`](crate::Core::step). Aliases of one memory agree in address bits
/// 0 to 17.
pub trait Bus {
    /// Reads. `now` is the absolute time of the access, in core cycles. The value is right-aligned, unused bits are 0.
    ///
    /// # Errors
    /// A [`BusFault`] when the bus refuses; nothing has happened then.
    fn read(&mut self, now: u64, address: u32, width: Width, access: Access) -> Result<u32, BusFault>;

    /// Writes. `now` is the absolute time of the access, in core cycles. Bits of `value` above `width` are 0.
    ///
    /// # Errors
    /// A [`BusFault`] when the bus refuses; nothing has changed then.
    fn write(
        &mut self,
        now: u64,
        address: u32,
        width: Width,
        value: u32,
        access: Access,
    ) -> Result<(), BusFault>;

    /// The core may not execute its next instruction before this cycle (for example while a flash controller is busy).
    ///
    /// Asked after every load and store outside the SRAM region (0x20000000 to 0x3FFFFFFF), except of literals, and before
    /// the first instruction of every run.
    fn stalled_until(&self) -> u64 {
        0
    }

    /// Like [`stalled_until`](Bus::stalled_until), for a chip where the stall depends on where the code runs.
    ///
    /// `pc` is the address of the next instruction. Also asked when execution moves to another 4 KiB page.
    fn fetch_stalled_until(&self, pc: u32) -> u64 {
        let _ = pc;
        self.stalled_until()
    }

    /// Content version of the 4 KiB page that holds `address`, if code there may be cached decoded (flash, RAM).
    ///
    /// It changes whenever the content changes, and a version is never used again for another content of that page.
    fn page_version(&self, address: u32) -> Option<u64>;

    /// True when something happened (power cut, system reset, new event time) after which the core must stop before its
    /// next instruction. Asked when [`stalled_until`](Bus::stalled_until) is asked.
    fn interrupted(&self) -> bool {
        false
    }
}
