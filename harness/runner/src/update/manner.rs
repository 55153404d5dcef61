//! How a package is sent.

use gauntlet_bench::{Device, LinkKind, Peer, Profile};
use gauntlet_engine::CrcExchange;
use gauntlet_scenario::model::{self, Entry, Link, Update};

/// ATT_MTU that a host of today asks for.
const ATT_MTU: u16 = 247;

/// How a package is sent.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) link: LinkKind,
    /// Packets per receipt; 0 is off.
    pub(crate) prn: u16,
    /// `None` is the engine's own default.
    pub(crate) reconnects: Option<u32>,
    /// A device under test is asked for everything it can be asked for.
    pub(crate) crc: CrcExchange,
    /// How a running application is left.
    pub(crate) entry: Entry,
    /// The name that the bootloader is given before a jump.
    pub(crate) rename: Option<String>,
    /// Who sends it.
    pub(crate) peer: Peer,
    /// The device is asked first for everything that can be asked for, for the referee.
    pub(crate) questions: bool,
}

impl Manner {
    /// As a step of a scenario asks.
    pub(crate) fn of(update: &Update) -> Self {
        let link = link(update.link, update.mtu);
        let peer = peer(update.central);
        let rename = update.rename.clone();
        Self {
            link,
            prn: update.prn,
            reconnects: update.reconnects,
            crc: CrcExchange::EveryObject,
            entry: update.entry,
            rename,
            peer,
            questions: false,
        }
    }

    /// Without anything special, over the link that `device` has.
    pub(crate) fn plain(device: &Device) -> Self {
        let link = match device.build.profile {
            Profile::Ble => LinkKind::Ble { att_mtu: ATT_MTU },
            Profile::Uart | Profile::Usb => LinkKind::Serial,
        };
        let entry = Self::entry_of(device.build.requires_bonds);
        let crc = CrcExchange::EveryObject;
        Self { link, prn: 0, reconnects: None, crc, entry, rename: None, peer: Peer::Known, questions: false }
    }

    /// A bootloader that asks for a bond is entered through an application that hands one over, or not at all (BLE-006).
    pub(crate) fn entry_of(requires_bonds: bool) -> Entry {
        if requires_bonds { Entry::Buttonless } else { Entry::Probe }
    }
}

/// The bench's word for a central of the language.
pub(crate) fn peer(peer: model::Peer) -> Peer {
    match peer {
        model::Peer::Known => Peer::Known,
        model::Peer::Forgetful => Peer::Forgetful,
        model::Peer::Stranger => Peer::Stranger,
        model::Peer::Impostor => Peer::Impostor,
    }
}

/// The bench's word for a link of the language.
pub(crate) fn link(link: Link, mtu: Option<u16>) -> LinkKind {
    match link {
        Link::Ble => LinkKind::Ble { att_mtu: mtu.unwrap_or(ATT_MTU) },
        Link::Serial | Link::Usb => LinkKind::Serial,
    }
}
