//! How a dongle comes to an active link.

use std::time::Duration;

use gauntlet_connectivity::h5::{CONFIGURATION, H5Packet};

/// Time between two start-up packets of a dongle that insists on them.
const TIMER: Duration = Duration::from_millis(400);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Uninitialised,
    Initialised,
    Active,
}

#[derive(Debug, Clone)]
pub(super) struct StartUp {
    /// Own start-up packets are sent, and have to be answered.
    insists: bool,
    state: State,
    /// The host's own CONFIG was answered.
    peer_is_active: bool,
    config_sent: bool,
    timer: Duration,
    /// A fault: so many SYNC and CONFIG are not answered.
    ignored: (u32, u32),
}

impl StartUp {
    pub(super) fn new(insists: bool, now: Duration) -> Self {
        Self {
            insists,
            state: State::Uninitialised,
            peer_is_active: false,
            config_sent: false,
            // The first time lasts longer than the others.
            timer: now + TIMER + TIMER / 2,
            ignored: (0, 0),
        }
    }

    /// Overlooks the next packets of each kind.
    pub(super) fn ignore(&mut self, syncs: u32, configs: u32) {
        self.insists = false;
        self.ignored = (syncs, configs);
    }

    pub(super) fn is_active(&self) -> bool {
        self.state == State::Active && self.peer_is_active
    }

    /// Takes a link control packet; what is to be said to it.
    pub(super) fn take(&mut self, packet: &H5Packet) -> Option<H5Packet> {
        let ignored = match packet {
            H5Packet::Sync => &mut self.ignored.0,
            H5Packet::Config(_) => &mut self.ignored.1,
            _ => &mut 0,
        };
        if *ignored > 0 {
            *ignored -= 1;
            return None;
        }
        match (packet, self.state) {
            (H5Packet::Sync, state) => {
                if state == State::Active || !self.insists {
                    self.state = if self.insists { State::Uninitialised } else { State::Initialised };
                    (self.peer_is_active, self.config_sent) = (false, false);
                }
                Some(H5Packet::SyncResponse)
            }
            (H5Packet::SyncResponse, State::Uninitialised) => {
                self.state = State::Initialised;
                None
            }
            // Another configuration is no packet for this firmware.
            (H5Packet::Config(CONFIGURATION), State::Initialised) if self.insists && !self.config_sent => {
                self.config_sent = true;
                Some(H5Packet::Config(CONFIGURATION))
            }
            (H5Packet::Config(CONFIGURATION), State::Initialised | State::Active) => {
                if !self.insists {
                    self.state = State::Active;
                }
                self.peer_is_active = true;
                Some(H5Packet::ConfigResponse(CONFIGURATION))
            }
            (H5Packet::ConfigResponse(CONFIGURATION), State::Initialised) => {
                self.state = State::Active;
                None
            }
            _ => None,
        }
    }

    /// What is due by itself.
    pub(super) fn poll(&mut self, now: Duration) -> Option<H5Packet> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        self.timer = now + TIMER;
        if self.state == State::Uninitialised {
            return Some(H5Packet::Sync);
        }
        self.config_sent = true;
        Some(H5Packet::Config(CONFIGURATION))
    }

    pub(super) fn due(&self) -> Option<Duration> {
        (self.insists && self.state != State::Active).then_some(self.timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_patient_dongle_is_active_after_two_packets() {
        let mut start = StartUp::new(false, Duration::ZERO);
        assert_eq!(start.take(&H5Packet::Config(0x11)), None, "SYNC comes first");
        assert_eq!(start.take(&H5Packet::Sync), Some(H5Packet::SyncResponse));
        assert_eq!(start.take(&H5Packet::Config(0x12)), None);
        assert_eq!(start.take(&H5Packet::Config(0x11)), Some(H5Packet::ConfigResponse(0x11)));
        assert!(start.is_active() && start.due().is_none());
        assert_eq!(start.take(&H5Packet::Config(0x11)), Some(H5Packet::ConfigResponse(0x11)));
        assert_eq!(start.take(&H5Packet::Sync), Some(H5Packet::SyncResponse));
        assert!(!start.is_active());
    }

    #[test]
    fn firmware_wants_answers_to_its_own_packets() {
        // In the order of a captured session with a dongle of that kind.
        let mut start = StartUp::new(true, Duration::ZERO);
        assert_eq!(start.take(&H5Packet::Sync), Some(H5Packet::SyncResponse));
        assert_eq!(start.take(&H5Packet::Config(0x11)), None);
        assert_eq!((start.poll(599 * MS), start.poll(600 * MS)), (None, Some(H5Packet::Sync)));
        assert_eq!(start.take(&H5Packet::Config(0x11)), None);
        assert_eq!(start.take(&H5Packet::SyncResponse), None);
        assert_eq!(start.take(&H5Packet::Config(0x11)), Some(H5Packet::Config(0x11)));
        assert_eq!(start.take(&H5Packet::ConfigResponse(0x11)), None);
        assert!(!start.is_active(), "the host's own CONFIG has no answer yet");
        assert_eq!(start.take(&H5Packet::Config(0x11)), Some(H5Packet::ConfigResponse(0x11)));
        assert!(start.is_active());
    }
}
