//! The probe and the chip behind it, before anything is done to them.

use std::fmt;

use gauntlet_nrf52::Variant;
use gauntlet_probe::{BoardSelector, Debugger, FoundProbe, ProbeError, probes};

use super::setup::HardwareSetup;

/// FICR: the part, its variant and build code, and the device's own number.
pub(super) const PART: u32 = 0x1000_0100;
const VARIANT: u32 = 0x1000_0104;
const DEVICE_ID: [u32; 2] = [0x1000_0060, 0x1000_0064];

/// Why a bench can't be used. Nothing has been changed on any board.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The bench file says `any`, and there is none.
    #[error("there is no debug probe")]
    NoProbe,
    /// The bench file says `any`, and there are several.
    #[error("there are {} debug probes, and the bench file does not say which one it means: {}", found.len(), listed(found))]
    SeveralProbes {
        /// The probes.
        found: Vec<FoundProbe>,
    },
    /// The probe that the bench file names is not there, or can't be used; or its chip does not answer.
    #[error("the probe of the bench file can't be used{}", others(found))]
    Probe {
        /// Probes that are there.
        found: Vec<FoundProbe>,
        /// What is wrong.
        source: ProbeError,
    },
    /// Another chip than the bench file says.
    #[error("the bench file says {}, and the chip is {found}; nothing was changed", wanted.target_name())]
    OtherChip {
        /// What the bench file says.
        wanted: Variant,
        /// What is there.
        found: String,
    },
    /// The chip is read-protected, and the bench file does not allow to erase it.
    #[error("the chip is read-protected, and the bench file does not allow to erase it; nothing was changed")]
    Locked,
}

impl BenchError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoProbe => "plug one in; on Linux the user needs a udev rule for it",
            Self::SeveralProbes { .. } => {
                "write the selector of the right one into the bench file: `probe: VID:PID:SERIAL`"
            }
            Self::Probe { source: ProbeError::NoProbe { .. }, .. } => {
                "plug that probe in, or write the selector of the right one into the bench file"
            }
            Self::Probe { source: ProbeError::ProbeRefused { .. }, .. } => {
                "close other debug tools; on Linux the user needs a udev rule for the probe"
            }
            Self::Probe { .. } => {
                "check the board's supply and the debug wires; a lower `speed` helps with long ones"
            }
            Self::OtherChip { .. } => {
                "this is another board: correct the probe's selector, or `chip`, in the bench file"
            }
            Self::Locked => {
                "write `locked: erase` into the bench file, if everything on the chip may be lost"
            }
        }
    }
}

fn listed(found: &[FoundProbe]) -> String {
    let each: Vec<String> =
        found.iter().map(|probe| format!("{} ({})", probe.selector, probe.name)).collect();
    each.join(", ")
}

fn others(found: &[FoundProbe]) -> String {
    if found.is_empty() { String::new() } else { format!("; plugged in: {}", listed(found)) }
}

/// An open chip, as its factory registers describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// FICR INFO.PART: `0x52832` and so on.
    pub part: u32,
    /// FICR INFO.VARIANT: four letters, the build code at the end.
    pub variant: String,
    /// FICR DEVICEID.
    pub id: u64,
}

impl fmt::Display for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            0x5_2000..=0x5_2FFF => write!(f, "nRF{:x} {}, number {:016x}", self.part, self.variant, self.id),
            _ => write!(f, "no nRF52 ({:#x} where its part number would be)", self.part),
        }
    }
}

/// What stands behind a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChipFound {
    /// It answers.
    Open(Described),
    /// It is read-protected, so that nobody can tell more.
    Locked,
}

/// The selector of the board that `setup` means. It may not erase a locked chip.
///
/// # Errors
/// [`BenchError::NoProbe`], [`BenchError::SeveralProbes`].
pub fn selected(setup: &HardwareSetup) -> Result<BoardSelector, BenchError> {
    let probe = match &setup.probe {
        Some(probe) => probe.clone(),
        None => {
            let mut found = probes();
            match found.len() {
                0 => return Err(BenchError::NoProbe),
                1 => found.remove(0).selector,
                _ => return Err(BenchError::SeveralProbes { found }),
            }
        }
    };
    let mut selector = BoardSelector::new(probe, setup.variant.target_name()).bounded();
    selector.speed_khz = setup.speed_khz;
    Ok(selector)
}

/// Looks at the chip behind a probe. Nothing is changed, and the firmware runs on.
///
/// # Errors
/// [`BenchError::Probe`].
pub fn look_at(selector: &BoardSelector) -> Result<ChipFound, BenchError> {
    let careful = BoardSelector { allow_erase_all: false, ..selector.clone() };
    match described(&careful) {
        Ok(chip) => Ok(ChipFound::Open(chip)),
        Err(ProbeError::Locked { .. }) => Ok(ChipFound::Locked),
        Err(source) => {
            let missing = matches!(source, ProbeError::NoProbe { .. });
            Err(BenchError::Probe { found: if missing { probes() } else { Vec::new() }, source })
        }
    }
}

fn described(selector: &BoardSelector) -> Result<Described, ProbeError> {
    let mut debugger = Debugger::attach(selector)?;
    // Where the factory registers of an nRF52 would be, another chip may have nothing.
    let part = match debugger.read_word(PART) {
        Err(ProbeError::AccessRefused { .. }) => 0,
        other => other?,
    };
    let (mut variant, mut id) = (String::new(), 0);
    if part != 0 {
        let letters = debugger.read_word(VARIANT)?.to_be_bytes();
        variant = letters
            .iter()
            .map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '?' })
            .collect();
        for (at, address) in DEVICE_ID.into_iter().enumerate() {
            id |= u64::from(debugger.read_word(address)?) << (32 * at);
        }
    }
    debugger.detach()?;
    Ok(Described { part, variant, id })
}
