//! A board under the control of its debug probe.

mod flash;
mod seat;

use std::{ops::Range, sync::LazyLock, time::Duration};

use probe_rs::{
    Core, CoreStatus, MemoryInterface, Permissions, Session,
    config::{Registry, TargetSelector},
    probe::{DebugProbeInfo, DebugProbeSelector, Probe, ProbeCreationError, WireProtocol, list::Lister},
};

use seat::Seat;

pub use flash::{FlashPhase, FlashProgress};

use crate::{
    BoardSelector, Segment,
    error::{Doing, ProbeError},
};

/// USB vendor id of SEGGER.
const SEGGER: u16 = 0x1366;
/// How long a core may take to halt or to come out of reset.
const PATIENCE: Duration = Duration::from_millis(500);
/// Numbers of core registers (DCRSR), and the exception in the program status.
const XPSR: u16 = 16;
const MSP: u16 = 17;
const PSP: u16 = 18;
const EXCEPTION: u32 = 0x1FF;
/// For a bounded operation: attaching, which may erase a locked chip, and anything short.
const ATTACHING: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_secs(10);
/// The slowest probe reads and programs a byte in this time.
const BYTE: Duration = Duration::from_micros(250);

/// What the core of a chip is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoreState {
    /// It executes.
    Running,
    /// A debugger holds it.
    Halted,
    /// It waits for an interrupt.
    Sleeping,
    /// It took a fault while it handled one, and stands still until a reset. A chip without firmware does.
    LockedUp,
    /// The probe cannot tell.
    Unknown,
}

/// A board, attached. The same for a real one and for a virtual one.
///
/// Attaching does not halt the core. Dropping lets the chip run on; [`Debugger::detach`] does the same and tells
/// whether it worked.
#[derive(Debug)]
pub struct Debugger {
    seat: Seat,
    probe: String,
    target: String,
    /// Two buffers at once corrupt flash behind a J-Link now and then.
    double_buffering: bool,
}

impl Debugger {
    /// Attaches to a board, with SWD.
    ///
    /// A read-protected chip is erased, flash and UICR, if the selector permits it.
    ///
    /// # Errors
    /// [`ProbeError::NoProbe`], [`ProbeError::ProbeRefused`], [`ProbeError::UnknownTarget`], [`ProbeError::Locked`],
    /// [`ProbeError::NoAcknowledge`].
    pub fn attach(selector: &BoardSelector) -> Result<Self, ProbeError> {
        Self::try_attach(selector).map_err(|error| error.naming(&selector.probe, &selector.target))
    }

    fn try_attach(selector: &BoardSelector) -> Result<Self, ProbeError> {
        let wanted = selector.clone();
        let bound = selector.bounded.then_some(ATTACHING);
        let mut seat = Seat::open(bound, move || session(&wanted))?;
        let target =
            seat.with(Doing::Attach, SHORT, &mut |()| {}, |session, _| session.target().name.clone())?;
        // A selector that can be opened can be read.
        let vendor =
            selector.probe.parse::<DebugProbeSelector>().map_or(SEGGER, |selector| selector.vendor_id);
        Ok(Self { seat, probe: selector.probe.clone(), target, double_buffering: vendor != SEGGER })
    }

    /// The selector of the probe.
    pub fn probe(&self) -> &str {
        &self.probe
    }

    /// The chip's name.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Reads bytes, from any memory.
    ///
    /// # Errors
    /// [`ProbeError::AccessRefused`], [`ProbeError::NoAcknowledge`].
    pub fn read(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), ProbeError> {
        let mut found = vec![0; bytes.len()];
        let found = self.with_core_for(Doing::Read { address }, transfer(bytes.len()), move |core| {
            core.read(address.into(), &mut found).map(|()| found)
        })?;
        bytes.copy_from_slice(&found);
        Ok(())
    }

    /// Reads a word of 32 bits at an aligned address.
    ///
    /// # Errors
    /// As [`Debugger::read`].
    pub fn read_word(&mut self, address: u32) -> Result<u32, ProbeError> {
        self.with_core(Doing::Read { address }, move |core| core.read_word_32(address.into()))
    }

    /// Writes bytes to RAM. Flash takes whole words only, and only when its controller is enabled.
    ///
    /// # Errors
    /// As [`Debugger::read`].
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), ProbeError> {
        let bytes = bytes.to_vec();
        self.with_core_for(Doing::Write { address }, transfer(bytes.len()), move |core| {
            core.write(address.into(), &bytes)
        })
    }

    /// Writes a word of 32 bits at an aligned address.
    ///
    /// # Errors
    /// As [`Debugger::read`].
    pub fn write_word(&mut self, address: u32, value: u32) -> Result<(), ProbeError> {
        self.with_core(Doing::Write { address }, move |core| core.write_word_32(address.into(), value))
    }

    /// Reads ranges of memory, in the order given.
    ///
    /// # Errors
    /// As [`Debugger::read`].
    pub fn read_back(&mut self, ranges: &[Range<u32>]) -> Result<Vec<Segment>, ProbeError> {
        let read = |range: &Range<u32>| {
            let mut bytes = vec![0; range.len()];
            self.read(range.start, &mut bytes)?;
            Ok(Segment { address: range.start, bytes })
        };
        ranges.iter().map(read).collect()
    }

    /// Resets the chip and lets it run.
    ///
    /// # Errors
    /// [`ProbeError::NoAcknowledge`], [`ProbeError::TimedOut`].
    pub fn reset(&mut self) -> Result<(), ProbeError> {
        self.with_core(Doing::Reset, |core| core.reset())
    }

    /// Resets the chip and halts it before its first instruction.
    ///
    /// # Errors
    /// As [`Debugger::reset`].
    pub fn reset_and_halt(&mut self) -> Result<(), ProbeError> {
        self.with_core(Doing::Reset, |core| core.reset_and_halt(PATIENCE).map(drop))
    }

    /// Halts the core.
    ///
    /// # Errors
    /// As [`Debugger::reset`].
    pub fn halt(&mut self) -> Result<(), ProbeError> {
        self.with_core(Doing::RunControl, |core| core.halt(PATIENCE).map(drop))
    }

    /// Lets the core run.
    ///
    /// # Errors
    /// As [`Debugger::reset`].
    pub fn run(&mut self) -> Result<(), ProbeError> {
        self.with_core(Doing::RunControl, |core| core.run())
    }

    /// Executes one instruction, and returns the address of the next one.
    ///
    /// # Errors
    /// As [`Debugger::reset`].
    pub fn step(&mut self) -> Result<u32, ProbeError> {
        self.with_core(Doing::RunControl, |core| core.step().map(|information| information.pc as u32))
    }

    /// What the core is doing.
    ///
    /// # Errors
    /// [`ProbeError::NoAcknowledge`].
    pub fn state(&mut self) -> Result<CoreState, ProbeError> {
        let status = self.with_core(Doing::RunControl, |core| core.status())?;
        Ok(match status {
            CoreStatus::Running => CoreState::Running,
            CoreStatus::Halted(_) => CoreState::Halted,
            CoreStatus::Sleeping => CoreState::Sleeping,
            CoreStatus::LockedUp => CoreState::LockedUp,
            CoreStatus::Unknown => CoreState::Unknown,
        })
    }

    /// The address of the next instruction, of a core that is halted.
    ///
    /// # Errors
    /// As [`Debugger::reset`].
    pub fn program_counter(&mut self) -> Result<u32, ProbeError> {
        self.with_core(Doing::RunControl, |core| core.read_core_reg(core.program_counter()))
    }

    /// Register R0 to R15 of a core that is halted.
    ///
    /// # Errors
    /// As [`Debugger::reset`].
    pub fn register(&mut self, n: u8) -> Result<u32, ProbeError> {
        self.with_core(Doing::RunControl, move |core| core.read_core_reg(u16::from(n.min(15))))
    }

    /// The number of the exception that a halted core handles; 0 outside of all.
    ///
    /// # Errors
    /// As [`Debugger::reset`].
    pub fn exception(&mut self) -> Result<u32, ProbeError> {
        self.with_core(Doing::RunControl, |core| core.read_core_reg(XPSR).map(|word: u32| word & EXCEPTION))
    }

    /// Both stack pointers of a halted core, main and process; the former is that of exceptions.
    ///
    /// # Errors
    /// As [`Debugger::reset`].
    pub fn stack_pointers(&mut self) -> Result<[u32; 2], ProbeError> {
        self.with_core(Doing::RunControl, |core| Ok([core.read_core_reg(MSP)?, core.read_core_reg(PSP)?]))
    }

    /// Halts the core when it comes to an address. There are six such breakpoints.
    ///
    /// # Errors
    /// As [`Debugger::reset`]; [`ProbeError::Other`] when there is none left.
    pub fn set_breakpoint(&mut self, address: u32) -> Result<(), ProbeError> {
        self.with_core(Doing::RunControl, move |core| core.set_hw_breakpoint(address.into()))
    }

    /// Takes a breakpoint back.
    ///
    /// # Errors
    /// As [`Debugger::reset`]; [`ProbeError::Other`] when there is none at this address.
    pub fn clear_breakpoint(&mut self, address: u32) -> Result<(), ProbeError> {
        self.with_core(Doing::RunControl, move |core| core.clear_hw_breakpoint(address.into()))
    }

    /// Waits until the core has halted, at a breakpoint for instance.
    ///
    /// # Errors
    /// [`ProbeError::TimedOut`], [`ProbeError::NoAcknowledge`].
    pub fn wait_for_halt(&mut self, timeout: Duration) -> Result<(), ProbeError> {
        self.with_core_for(Doing::RunControl, SHORT + timeout, move |core| core.wait_for_core_halted(timeout))
    }

    /// Lets the board go: breakpoints are cleared, and a halted core runs on.
    ///
    /// # Errors
    /// [`ProbeError::NoAcknowledge`] when the chip has died meanwhile. The board is let go all the same.
    pub fn detach(mut self) -> Result<(), ProbeError> {
        self.with_core(Doing::Detach, |core| {
            if core.core_halted()? {
                core.run()?;
            }
            Ok(())
        })
    }

    fn with_core<T: Send + 'static>(
        &mut self,
        doing: Doing,
        action: impl FnOnce(&mut Core<'_>) -> Result<T, probe_rs::Error> + Send + 'static,
    ) -> Result<T, ProbeError> {
        self.with_core_for(doing, SHORT, action)
    }

    fn with_core_for<T: Send + 'static>(
        &mut self,
        doing: Doing,
        limit: Duration,
        action: impl FnOnce(&mut Core<'_>) -> Result<T, probe_rs::Error> + Send + 'static,
    ) -> Result<T, ProbeError> {
        let outcome = self.seat.with(doing, limit, &mut |()| {}, |session, _| {
            session.core(0).and_then(|mut core| action(&mut core))
        })?;
        outcome.map_err(|error| ProbeError::classify(doing, error))
    }
}

/// How long so many bytes may take.
fn transfer(bytes: usize) -> Duration {
    SHORT + BYTE * u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Attaches, on the thread that will use the session.
fn session(selector: &BoardSelector) -> Result<Session, ProbeError> {
    let failed = |error: probe_rs::Error| ProbeError::classify(Doing::Attach, error);
    let mut probe = open(&selector.probe)?;
    if let Some(speed) = selector.speed_khz {
        probe.set_speed(speed).map_err(|error| failed(error.into()))?;
    }
    probe.select_protocol(WireProtocol::Swd).map_err(|error| failed(error.into()))?;
    let target = if selector.target.eq_ignore_ascii_case("auto") {
        TargetSelector::Auto
    } else {
        TargetSelector::Unspecified(selector.target.clone())
    };
    let permissions =
        if selector.allow_erase_all { Permissions::new().allow_erase_all() } else { Permissions::new() };
    probe.attach_with_registry(target, permissions, &REGISTRY).map_err(failed)
}

/// The chips probe-rs brings along. Reading their descriptions takes as long as attaching, so it is done once.
static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::from_builtin_families);

/// Opens a probe.
fn open(probe: &str) -> Result<Probe, ProbeError> {
    let classify = |error: probe_rs::probe::DebugProbeError| ProbeError::classify(Doing::Attach, error);
    let Ok(selector) = probe.parse::<DebugProbeSelector>() else {
        return Err(classify(ProbeCreationError::NotFound.into()));
    };
    let lister = Lister::new();
    lister.open(selector.clone()).or_else(|error| {
        // The probe may report its serial number with more or fewer leading zeros. If it is not listed at all, what the
        // drivers of other probes said does not matter: on a host without USB each of them fails.
        match lister.list_all().iter().find(|info| is_probe(info, &selector)) {
            Some(info) => info.open().map_err(classify),
            None => Err(ProbeError::NoProbe { probe: String::new(), cause: Some(error.into()) }),
        }
    })
}

fn is_probe(info: &DebugProbeInfo, selector: &DebugProbeSelector) -> bool {
    let trim = |serial: &String| serial.trim_start_matches('0').to_owned();
    let wanted = selector.serial_number.as_ref().map(trim);
    info.vendor_id == selector.vendor_id
        && info.product_id == selector.product_id
        && (wanted.is_none() || info.serial_number.as_ref().map(trim) == wanted)
}
