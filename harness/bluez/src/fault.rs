//! What can go wrong, by name.

use gauntlet_reference::gap::Central;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// The link is lost.
    LinkLost,
    /// This Write Command is never answered; everything else is.
    CommandUnanswered,
    /// From this Write Command on the service answers nothing at all.
    ServiceSilent,
    /// The adapter is pulled out.
    AdapterGone,
    /// The bus is closed.
    BusClosed,
    /// The adapter loses its power.
    AdapterOff,
    /// The notification is lost on the way to the program.
    NotificationLost,
    /// The notification comes twice.
    NotificationDoubled,
    /// The device is forgotten when it is to be connected.
    Vanished,
    /// The attempt to connect leads nowhere, and every further one is refused until it is given up.
    ConnectStuck,
    /// The attempt to connect is aborted by this side.
    ConnectAborted,
    /// The services are never said to be resolved.
    Unresolved,
    /// The services are said to be resolved before they are there.
    ResolvedEarly,
}

impl What {
    /// Every fault with its name.
    pub const ALL: [(&'static str, Self); 13] = [
        ("link-lost", Self::LinkLost),
        ("command-unanswered", Self::CommandUnanswered),
        ("service-silent", Self::ServiceSilent),
        ("adapter-gone", Self::AdapterGone),
        ("bus-closed", Self::BusClosed),
        ("adapter-off", Self::AdapterOff),
        ("notification-lost", Self::NotificationLost),
        ("notification-doubled", Self::NotificationDoubled),
        ("vanished", Self::Vanished),
        ("connect-stuck", Self::ConnectStuck),
        ("connect-aborted", Self::ConnectAborted),
        ("unresolved", Self::Unresolved),
        ("resolved-early", Self::ResolvedEarly),
    ];

    /// What its position counts.
    pub fn counts(self) -> Counted {
        match self {
            Self::LinkLost
            | Self::CommandUnanswered
            | Self::ServiceSilent
            | Self::AdapterGone
            | Self::BusClosed
            | Self::AdapterOff => Counted::Commands,
            Self::NotificationLost | Self::NotificationDoubled => Counted::Notifications,
            Self::Vanished
            | Self::ConnectStuck
            | Self::ConnectAborted
            | Self::Unresolved
            | Self::ResolvedEarly => Counted::Connects,
        }
    }
}

/// What positions of faults count, from 1 since the service was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Write Commands.
    Commands,
    /// Notifications and indications of the device.
    Notifications,
    /// Calls of Connect.
    Connects,
}

/// A fault: what, and at which count. Each fires once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fault {
    /// What goes wrong.
    pub what: What,
    /// At which of what [`What::counts`] says, from 1.
    pub at: u32,
}

/// How the service is, apart from faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The faults.
    pub faults: Vec<Fault>,
    /// Names of the adapters; the last one has the radio that the board can hear.
    pub adapters: Vec<String>,
    /// The largest ATT_MTU that the service asks for (BlueZ: 517).
    pub att_mtu: u16,
    /// What the service says of the ATT_MTU, where that is not the truth: packets that fit it may be too long.
    pub told_mtu: Option<u16>,
    /// The service shows the attributes of the device's application instead of its bootloader's, in the same places.
    pub stale_table: bool,
    /// Devices of earlier days with this name, which are not on the air.
    pub remembered: Vec<String>,
    /// A notification is passed on before the answer to the write that caused it. Real services do both.
    pub notification_first: bool,
    /// Who the machine is to the device, until [`FakeBluez::become_host`](crate::FakeBluez::become_host) says otherwise.
    pub central: Central,
    /// The board's time follows the wall's always, and not only while a program scans, connects or holds a link.
    pub board_lives_on: bool,
    /// How much faster than the wall the board lives; 1 is as fast.
    pub speed: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            faults: Vec::new(),
            adapters: vec!["hci0".to_owned()],
            att_mtu: 517,
            told_mtu: None,
            stale_table: false,
            remembered: Vec::new(),
            notification_first: false,
            central: Central::stranger(),
            board_lives_on: true,
            speed: 1,
        }
    }
}

/// The faults that have not fired, and the counts.
#[derive(Debug)]
pub(crate) struct Armed {
    waiting: Vec<Fault>,
    counts: [u32; 3],
}

impl Armed {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        Self { waiting: faults.to_vec(), counts: [0; 3] }
    }

    /// One more of `counted`; the faults that fire at it.
    pub(crate) fn count(&mut self, counted: Counted) -> Vec<What> {
        let count = &mut self.counts[counted as usize];
        *count += 1;
        let count = *count;
        let fires = |fault: &Fault| fault.what.counts() == counted && fault.at == count;
        let fired = self.waiting.iter().filter(|fault| fires(fault)).map(|fault| fault.what).collect();
        self.waiting.retain(|fault| !fires(fault));
        fired
    }

    pub(crate) fn waiting(&self) -> &[Fault] {
        &self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_fires_once_at_its_count() {
        let lost = Fault { what: What::LinkLost, at: 2 };
        let mut armed = Armed::new(&[lost, Fault { what: What::Vanished, at: 1 }]);
        assert_eq!(armed.count(Counted::Commands), []);
        assert_eq!(armed.count(Counted::Connects), [What::Vanished]);
        assert_eq!(armed.waiting(), [lost]);
        assert_eq!(armed.count(Counted::Commands), [What::LinkLost]);
        assert_eq!(armed.count(Counted::Commands), []);
        assert!(armed.waiting().is_empty());
    }

    #[test]
    fn every_fault_has_a_name_of_its_own() {
        let mut names: Vec<&str> = What::ALL.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), What::ALL.len());
    }
}
