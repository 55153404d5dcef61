//! What can go wrong with a dongle, by name.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

macro_rules! faults {
    ($($(#[doc = $about:literal])+ $name:ident = $word:literal,)+) => {
        /// A fault of a dongle, or of what is behind it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DongleFault {
            $($(#[doc = $about])+ $name,)+
        }

        impl DongleFault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// What it does, in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($about),+).trim_ascii(),)+
                }
            }
        }
    };
}

faults! {
    /// The dongle answers nothing after a reset, as one without firmware.
    Silent = "silent",
    /// It answers SYNC, but never CONFIG.
    NoConfig = "no-config",
    /// It answers the fifth SYNC and the sixth CONFIG only.
    SlowStart = "slow-start",
    /// A scan finds nobody.
    NoAdvertising = "no-advertising",
    /// A connection ends at once with reason 0x3E.
    ConnectFails = "connect-fails",
    /// The event with the found characteristics is lost.
    LostDiscovery = "lost-discovery",
    /// The event at the end of a write to the control point is lost.
    LostWriteResponse = "lost-write-response",
    /// Response and event of a write to the control point come before its acknowledgement.
    EarlyWriteResponse = "early-write-response",
    /// A write to the control point is acknowledged, but has no response.
    NoResponse = "no-response",
    /// A write to the control point is acknowledged with a number that is two too high.
    ImpossibleAck = "impossible-ack",
    /// A notification of the control point is lost.
    LostNotification = "lost-notification",
    /// A packet of data is not acknowledged, however often it is sent.
    NoAck = "no-ack",
    /// The dongle stops at a packet of data, and stays so until it is reset.
    Halt = "halt",
    /// The dongle restarts at a packet of data.
    Reboot = "reboot",
    /// The dongle's port vanishes at a packet of data, and another one takes its place.
    PortGone = "port-gone",
    /// A packet of data is refused because no buffer is free.
    NoResources = "no-resources",
    /// A packet of data is refused with the result 5.
    WriteRefused = "write-refused",
    /// The link to the device is lost at a packet of data.
    LinkLoss = "link-loss",
    /// A packet of data as long as ATT_MTU allows reaches the device with one bit changed.
    CorruptData = "corrupt-data",
    /// A packet of data as long as ATT_MTU allows does not reach the device.
    LostData = "lost-data",
    /// The name of the device comes in the answer to a scan request only.
    SplitAdvertising = "split-advertising",
    /// Other devices advertise, too: one without a name, one with a public address, one with torn data.
    Neighbours = "neighbours",
    /// The device asks for longer packets and another PHY when it is connected.
    PeerAsks = "peer-asks",
    /// A write to the control point is followed by an unknown event, and by the end of a connection that is not ours.
    SpuriousEvents = "spurious-events",
    /// The response to a write to the control point is sent twice, as when its acknowledgement was lost.
    RepeatedResponse = "repeated-response",
}

impl fmt::Display for DongleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A fault, and how often it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedFault {
    /// Which.
    pub fault: DongleFault,
    /// At how many of its occasions, from the first on; `None` is at all of them.
    pub times: Option<u32>,
}

/// Why a text is no fault of a dongle.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnknownFault {
    /// There is no such name.
    #[error("a dongle has no fault `{0}`; there are {names}", names = names())]
    Name(String),
    /// Behind the colon is no number.
    #[error("`{0}` is not how often a fault happens; write a number from 1 on, or `always`")]
    Times(String),
}

fn names() -> String {
    let names: Vec<&str> = DongleFault::ALL.iter().map(|fault| fault.name()).collect();
    names.join(", ")
}

impl FromStr for PlannedFault {
    type Err = UnknownFault;

    /// `NAME`, `NAME:3` or `NAME:always`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, times) = text.split_once(':').map_or((text, "1"), |(name, times)| (name, times.trim()));
        let fault = DongleFault::ALL.iter().find(|fault| fault.name() == name.trim());
        let fault = *fault.ok_or_else(|| UnknownFault::Name(name.trim().to_owned()))?;
        let times = match (times, times.parse()) {
            ("always", _) => None,
            (_, Ok(times @ 1u32..)) => Some(times),
            _ => return Err(UnknownFault::Times(times.to_owned())),
        };
        Ok(Self { fault, times })
    }
}

impl fmt::Display for PlannedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.times {
            Some(1) => write!(f, "{}", self.fault),
            Some(times) => write!(f, "{}:{times}", self.fault),
            None => write!(f, "{}:always", self.fault),
        }
    }
}

/// What is planned, and what has happened of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Vec<(PlannedFault, u32)>);

impl Faults {
    pub(super) fn new(planned: &[PlannedFault]) -> Self {
        Self(planned.iter().map(|fault| (*fault, 0)).collect())
    }

    /// An occasion for `fault`: true when it happens.
    pub(super) fn strikes(&mut self, fault: DongleFault) -> bool {
        let planned = self.0.iter_mut().find(|(planned, happened)| {
            planned.fault == fault && planned.times.is_none_or(|times| *happened < times)
        });
        planned.map(|(_, happened)| *happened += 1).is_some()
    }

    /// Each fault with the number of times that it has happened.
    pub(super) fn account(&self) -> Vec<(PlannedFault, u32)> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_as_it_is_written() {
        for fault in DongleFault::ALL {
            for text in [fault.name().to_owned(), format!("{fault}:3"), format!("{fault}:always")] {
                assert_eq!(text.parse::<PlannedFault>().map(|fault| fault.to_string()), Ok(text));
            }
            assert!(fault.about().ends_with('.') && !fault.about().contains("\n"), "{}", fault.about());
        }
        let wrong = "no-akc".parse::<PlannedFault>().unwrap_err().to_string();
        assert!(wrong.contains("`no-akc`") && wrong.contains("no-ack, halt"), "{wrong}");
        for times in ["no-ack:0", "no-ack:", "no-ack:often"] {
            assert!(matches!(times.parse::<PlannedFault>(), Err(UnknownFault::Times(_))), "{times}");
        }
    }

    #[test]
    fn a_fault_happens_as_often_as_planned() {
        let mut faults = Faults::new(&["no-ack:2".parse().unwrap(), "halt:always".parse().unwrap()]);
        let happened: Vec<bool> = (0..4).map(|_| faults.strikes(DongleFault::NoAck)).collect();
        assert_eq!(happened, [true, true, false, false]);
        assert!((0..9).all(|_| faults.strikes(DongleFault::Halt)));
        assert!(!faults.strikes(DongleFault::Reboot));
        assert_eq!(faults.account().iter().map(|(_, count)| *count).collect::<Vec<_>>(), [2, 9]);
    }
}
