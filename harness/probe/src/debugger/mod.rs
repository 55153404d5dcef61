//! A board under the control of its debug probe.

mod flash;

use std::{ops::Range, sync::LazyLock, time::Duration};

use probe_rs::{
    Core, CoreStatus, MemoryInterface, Permissions, Session,
    config::{Registry, TargetSelector},
    probe::{DebugProbeInfo, DebugProbeSelector, Probe, ProbeCreationError, WireProtocol, list::Lister},
};

pub use flash::{FlashPhase, FlashProgress};

use crate::{
    BoardSelector, Segment,
    error::{Doing, ProbeError},
};

/// USB vendor id of SEGGER.
const SEGGER: u16 = 0x1366;
/// How long a core may take to halt or to come out of reset.
const PATIENCE: Duration = Duration::from_millis(500);

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
    session: Session,
    probe: String,
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
        let failed = |error: probe_rs::Error| ProbeError::classify(Doing::Attach, error);
        let (mut probe, vendor) = open(&selector.probe)?;
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
        let session = probe.attach_with_registry(target, permissions, &REGISTRY).map_err(failed)?;
        Ok(Self { session, probe: selector.probe.clone(), double_buffering: vendor != SEGGER })
    }

    /// The selector of the probe.
    pub fn probe(&self) -> &str {
        &self.probe
    }

    /// The chip's name.
    pub fn target(&self) -> &str {
        &self.session.target().name
    }

    /// Reads bytes, from any memory.
    ///
    /// # Errors
    /// [`ProbeError::AccessRefused`], [`ProbeError::NoAcknowledge`].
    pub fn read(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), ProbeError> {
        self.with_core(Doing::Read { address }, |core| core.read(address.into(), bytes))
    }

    /// Reads a word of 32 bits at an aligned address.
    ///
    /// # Errors
    /// As [`Debugger::read`].
    pub fn read_word(&mut self, address: u32) -> Result<u32, ProbeError> {
        self.with_core(Doing::Read { address }, |core| core.read_word_32(address.into()))
    }

    /// Writes bytes to RAM. Flash takes whole words only, and only when its controller is enabled.
    ///
    /// # Errors
    /// As [`Debugger::read`].
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), ProbeError> {
        self.with_core(Doing::Write { address }, |core| core.write(address.into(), bytes))
    }

    /// Writes a word of 32 bits at an aligned address.
    ///
    /// # Errors
    /// As [`Debugger::read`].
    pub fn write_word(&mut self, address: u32, value: u32) -> Result<(), ProbeError> {
        self.with_core(Doing::Write { address }, |core| core.write_word_32(address.into(), value))
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
        self.with_core(Doing::RunControl, |core| core.read_core_reg(u16::from(n.min(15))))
    }

    /// Halts the core when it comes to an address. There are six such breakpoints.
    ///
    /// # Errors
    /// As [`Debugger::reset`]; [`ProbeError::Other`] when there is none left.
    pub fn set_breakpoint(&mut self, address: u32) -> Result<(), ProbeError> {
        self.with_core(Doing::RunControl, |core| core.set_hw_breakpoint(address.into()))
    }

    /// Takes a breakpoint back.
    ///
    /// # Errors
    /// As [`Debugger::reset`]; [`ProbeError::Other`] when there is none at this address.
    pub fn clear_breakpoint(&mut self, address: u32) -> Result<(), ProbeError> {
        self.with_core(Doing::RunControl, |core| core.clear_hw_breakpoint(address.into()))
    }

    /// Waits until the core has halted, at a breakpoint for instance.
    ///
    /// # Errors
    /// [`ProbeError::TimedOut`], [`ProbeError::NoAcknowledge`].
    pub fn wait_for_halt(&mut self, timeout: Duration) -> Result<(), ProbeError> {
        self.with_core(Doing::RunControl, |core| core.wait_for_core_halted(timeout))
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

    fn with_core<T>(
        &mut self,
        doing: Doing,
        action: impl FnOnce(&mut Core<'_>) -> Result<T, probe_rs::Error>,
    ) -> Result<T, ProbeError> {
        let outcome = self.session.core(0).and_then(|mut core| action(&mut core));
        outcome.map_err(|error| ProbeError::classify(doing, error))
    }
}

/// The chips probe-rs brings along. Reading their descriptions takes as long as attaching, so it is done once.
static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::from_builtin_families);

/// Opens a probe. Its vendor decides about a work-around.
fn open(probe: &str) -> Result<(Probe, u16), ProbeError> {
    let classify = |error: probe_rs::probe::DebugProbeError| ProbeError::classify(Doing::Attach, error);
    let Ok(selector) = probe.parse::<DebugProbeSelector>() else {
        return Err(classify(ProbeCreationError::NotFound.into()));
    };
    let lister = Lister::new();
    let opened = lister.open(selector.clone()).or_else(|error| {
        // The probe may report its serial number with more or fewer leading zeros. If it is not listed at all, what the
        // drivers of other probes said does not matter: on a host without USB each of them fails.
        match lister.list_all().iter().find(|info| is_probe(info, &selector)) {
            Some(info) => info.open().map_err(classify),
            None => Err(ProbeError::NoProbe { probe: String::new(), cause: Some(error.into()) }),
        }
    });
    Ok((opened?, selector.vendor_id))
}

fn is_probe(info: &DebugProbeInfo, selector: &DebugProbeSelector) -> bool {
    let trim = |serial: &String| serial.trim_start_matches('0').to_owned();
    let wanted = selector.serial_number.as_ref().map(trim);
    info.vendor_id == selector.vendor_id
        && info.product_id == selector.product_id
        && (wanted.is_none() || info.serial_number.as_ref().map(trim) == wanted)
}
