//! How a package is sent.

use gauntlet_bench::{Device, LinkKind, Profile};
use gauntlet_scenario::model::{Link, Update};

/// ATT_MTU that a host of today asks for.
const ATT_MTU: u16 = 247;

/// How a package is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) link: LinkKind,
    /// Packets per receipt; 0 is off.
    pub(crate) prn: u16,
    /// `None` is the engine's own default.
    pub(crate) reconnects: Option<u32>,
}

impl Manner {
    /// As a step of a scenario asks.
    pub(crate) fn of(update: &Update) -> Self {
        let link = link(update.link, update.mtu);
        Self { link, prn: update.prn, reconnects: update.reconnects }
    }

    /// Without anything special, over the link that `device` has.
    pub(crate) fn plain(device: &Device) -> Self {
        let link = match device.build.profile {
            Profile::Ble => LinkKind::Ble { att_mtu: ATT_MTU },
            Profile::Uart | Profile::Usb => LinkKind::Serial,
        };
        Self { link, prn: 0, reconnects: None }
    }
}

/// The bench's word for a link of the language.
pub(crate) fn link(link: Link, mtu: Option<u16>) -> LinkKind {
    match link {
        Link::Ble => LinkKind::Ble { att_mtu: mtu.unwrap_or(ATT_MTU) },
        Link::Serial | Link::Usb => LinkKind::Serial,
    }
}
