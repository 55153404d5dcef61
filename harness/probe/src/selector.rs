//! Which board, and what may be done to it.

/// Names a board: the probe it hangs on, and the chip that is expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardSelector {
    /// The probe as `VID:PID:SERIAL` (VID and PID in hexadecimal). Leading zeros of the serial number do not matter:
    /// J-Links report them or not, depending on who asks. `VID:PID` takes the first such probe.
    pub probe: String,
    /// The chip as probe-rs names it, for instance `nRF52832_xxAA`; `auto` looks which one it is.
    pub target: String,
    /// Speed of the debug wires in kHz; the probe's own choice if none is given.
    pub speed_khz: Option<u32>,
    /// Whether a chip that is read-protected may be erased, flash and UICR, to get access to it.
    pub allow_erase_all: bool,
    /// Every operation has a bound, in wall time: a driver that hangs is given up. For probes of other processes and
    /// machines, whatever they are.
    pub bounded: bool,
}

impl BoardSelector {
    /// A board that may not be erased as a whole, at the probe's own speed.
    pub fn new(probe: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            probe: probe.into(),
            target: target.into(),
            speed_khz: None,
            allow_erase_all: false,
            bounded: false,
        }
    }

    /// The same, with permission to erase a read-protected chip.
    #[must_use]
    pub fn allow_erase_all(self) -> Self {
        Self { allow_erase_all: true, ..self }
    }

    /// The same, with a bound on every operation.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self { bounded: true, ..self }
    }
}
