//! The registers of the flash controller. What they do to the array is decided by the chip, which knows the
//! protection units, the time and the cut that may be armed.

use gauntlet_armv7em::FaultCause;

use crate::variant::Profile;

/// Base address of the controller.
pub(crate) const BASE: u32 = 0x4001_E000;

const READY: u32 = 0x400;
const READY_NEXT: u32 = 0x408;
const CONFIG: u32 = 0x504;
const ERASE_PAGE: u32 = 0x508;
const ERASE_ALL: u32 = 0x50C;
const ERASE_PROTECTED_PAGE: u32 = 0x510;
const ERASE_UICR: u32 = 0x514;
const ERASE_PAGE_PARTIAL: u32 = 0x518;
const ERASE_PAGE_PARTIAL_CONFIG: u32 = 0x51C;
const ICACHE_CONFIG: u32 = 0x540;
/// Hits and misses of the instruction cache. There is no cache here, and nothing is counted.
const ICACHE_COUNTS: [u32; 2] = [0x548, 0x54C];

const WRITE_ENABLED: u32 = 1;
const ERASE_ENABLED: u32 = 2;

/// What a register write asks the chip to erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Page(u32),
    /// Address and duration in milliseconds.
    Part(u32, u32),
    Uicr,
    All,
}

/// Register state.
#[derive(Debug, Clone)]
pub(crate) struct Nvmc {
    config: u32,
    partial_ms: u32,
    icache: u32,
    /// The running operation ends at this cycle.
    pub(crate) busy_until: u64,
    /// Milliseconds of partial erase a page has had since its last complete erase, by page. Rarely more than one.
    pub(crate) partly_erased: Vec<(u32, u32)>,
}

impl Nvmc {
    pub(crate) fn new() -> Self {
        Self { config: 0, partial_ms: 10, icache: 0, busy_until: 0, partly_erased: Vec::new() }
    }

    /// A reset puts the registers back. An operation that has begun is finished all the same.
    pub(crate) fn reset(&mut self) {
        let Self { busy_until, ref mut partly_erased, .. } = *self;
        *self = Self { busy_until, partly_erased: std::mem::take(partly_erased), ..Self::new() };
    }

    pub(crate) fn is_busy(&self, now: u64) -> bool {
        now < self.busy_until
    }

    pub(crate) fn write_enabled(&self) -> bool {
        self.config == WRITE_ENABLED
    }

    /// None if there is no such register.
    pub(crate) fn read(&self, offset: u32, now: u64) -> Option<u32> {
        Some(match offset {
            // The one-deep write buffer of READYNEXT is not modelled: the next write may come when this one is done.
            READY | READY_NEXT => u32::from(!self.is_busy(now)),
            CONFIG => self.config,
            ERASE_PAGE_PARTIAL_CONFIG => self.partial_ms,
            ICACHE_CONFIG => self.icache,
            ERASE_PAGE | ERASE_ALL | ERASE_PROTECTED_PAGE | ERASE_UICR | ERASE_PAGE_PARTIAL => 0,
            _ if ICACHE_COUNTS.contains(&offset) => 0,
            _ => return None,
        })
    }

    /// Whether a write to this offset means anything to the controller.
    pub(crate) fn has_register(&self, offset: u32) -> bool {
        self.read(offset, 0).is_some()
    }

    /// Takes a register write. An erase command is returned for the chip to carry out.
    pub(crate) fn write(
        &mut self,
        profile: &Profile,
        offset: u32,
        value: u32,
    ) -> Result<Option<Command>, FaultCause> {
        let command = match offset {
            CONFIG => {
                // 3 is not defined; the controller then neither writes nor erases.
                self.config = if value & 3 == 3 { 0 } else { value & 3 };
                return Ok(None);
            }
            ERASE_PAGE_PARTIAL_CONFIG => {
                self.partial_ms = value & 0x7F;
                return Ok(None);
            }
            ICACHE_CONFIG => {
                self.icache = value & 0x101;
                return Ok(None);
            }
            ERASE_PAGE | ERASE_PROTECTED_PAGE => Command::Page(value),
            ERASE_PAGE_PARTIAL if profile.partial_erase_setup_us.is_some() => {
                Command::Part(value, self.partial_ms)
            }
            ERASE_ALL if value & 1 == 1 => Command::All,
            ERASE_UICR if value & 1 == 1 => Command::Uicr,
            _ => return Ok(None),
        };
        if self.config == ERASE_ENABLED { Ok(Some(command)) } else { Err(FaultCause::Refused) }
    }
}
