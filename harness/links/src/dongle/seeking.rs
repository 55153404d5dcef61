//! Whom a scan looks for.

use std::time::Duration;

use gauntlet_engine::{PeerAddress, Target};

use super::central::Advertiser;
use super::error::DongleError;
use crate::gatt::Firmware;

/// Types of advertising data: service lists and names.
const SERVICES_16: [u8; 2] = [0x02, 0x03];
const NAMES: [u8; 2] = [0x08, 0x09];
const DFU_SERVICE: [u8; 2] = 0xFE59u16.to_le_bytes();

/// Whom a scan looks for, and for how long.
#[derive(Debug, Clone)]
pub(super) struct Seeking {
    pub(super) firmware: Firmware,
    /// The one that has left its application.
    pub(super) target: Option<Target>,
    pub(super) name: Option<String>,
    pub(super) address: Option<PeerAddress>,
    pub(super) limit: Duration,
}

impl Seeking {
    pub(super) fn is(&self, found: &Advertiser) -> bool {
        let in_dfu = found.announces_dfu();
        match (&self.target, &self.name, &self.address) {
            (Some(target), ..) => in_dfu && target.is(Some(&found.peer()), found.name().as_deref()),
            // A name or an address that was asked for may stand alone: the service may be in a scan response.
            (None, Some(wanted), _) => found.name().as_ref() == Some(wanted),
            (None, None, Some(wanted)) => found.peer().bytes == wanted.bytes,
            // A bootloader announces its service, an application need not.
            (None, None, None) => in_dfu == (self.firmware == Firmware::Bootloader),
        }
    }

    /// Nobody was found.
    pub(super) fn in_vain(&self) -> DongleError {
        let who = match (&self.target, &self.name, &self.address, self.firmware) {
            (Some(target), ..) => format!("no {target}"),
            (None, Some(name), ..) => format!("no `{name}`"),
            (None, None, Some(address), _) => format!("no {address}"),
            (None, None, None, Firmware::Bootloader) => "nobody with the DFU service".to_owned(),
            (None, None, None, Firmware::Application) => "no application".to_owned(),
        };
        let limit = self.limit;
        DongleError::NotFound(format!("{who} advertises within {limit:?} and reach of the dongle"))
    }
}

impl Advertiser {
    /// Its address as the engine writes it.
    pub(super) fn peer(&self) -> PeerAddress {
        let mut bytes = self.address.bytes;
        bytes.reverse();
        PeerAddress { bytes, random: self.address.is_random() }
    }

    /// Its name, the complete one if there are two.
    pub(super) fn name(&self) -> Option<String> {
        let names = structures(&self.data).filter(|(kind, _)| NAMES.contains(kind));
        let (_, name) = names.max_by_key(|(kind, _)| *kind)?;
        Some(String::from_utf8_lossy(name).into_owned())
    }

    /// Address and name, for people.
    pub(super) fn label(&self) -> String {
        match self.name() {
            Some(name) => format!("{} `{name}`", self.address),
            None => self.address.to_string(),
        }
    }

    pub(super) fn announces_dfu(&self) -> bool {
        structures(&self.data).any(|(kind, list)| {
            SERVICES_16.contains(&kind) && list.chunks_exact(2).any(|one| one == DFU_SERVICE)
        })
    }
}

/// Kind and content of each structure of advertising data; a torn one ends it.
fn structures(data: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (&length, behind) = rest.split_first()?;
        let (structure, next) = behind.split_at_checked(length.into())?;
        rest = next;
        let (kind, content) = structure.split_first()?;
        Some((*kind, content))
    })
}

#[cfg(test)]
mod tests {
    use gauntlet_connectivity::gap::Address;

    use super::*;

    fn advertiser(data: &[&[u8]]) -> Advertiser {
        let data = data.iter().flat_map(|one| [&[one.len() as u8][..], one].concat()).collect();
        Advertiser { address: Address::new([1, 2, 3, 4, 5, 0xC6], true), data }
    }

    fn anybody(firmware: Firmware) -> Seeking {
        let limit = Duration::from_secs(1);
        Seeking { firmware, target: None, name: None, address: None, limit }
    }

    #[test]
    fn advertising_and_scan_response_are_read_as_one() {
        let both = advertiser(&[b"\x01\x06", b"\x03\x0F\x18\x59\xFE", b"\x08Dfu", b"\x09DfuTarg"]);
        assert_eq!(both.label(), "C6:05:04:03:02:01 `DfuTarg`");
        assert!(anybody(Firmware::Bootloader).is(&both) && !anybody(Firmware::Application).is(&both));
        let nameless = advertiser(&[b"\x01\x06"]);
        assert_eq!(nameless.label(), "C6:05:04:03:02:01");
        assert!(anybody(Firmware::Application).is(&nameless));
        let named = Seeking { name: Some("DfuTarg".to_owned()), ..anybody(Firmware::Bootloader) };
        assert!(named.is(&both) && !named.is(&nameless));
        let torn = Advertiser { data: vec![9, 9, b'x'], ..nameless };
        assert_eq!(torn.name(), None);
    }

    #[test]
    fn a_target_has_to_be_in_dfu_mode() {
        let bootloader = advertiser(&[b"\x03\x59\xFE"]);
        let target = Target { addresses: vec![bootloader.peer()], name: None };
        let seeking = Seeking { target: Some(target), ..anybody(Firmware::Bootloader) };
        assert!(seeking.is(&bootloader));
        assert!(!seeking.is(&advertiser(&[b"\x09Pump"])), "the application has the same address");
        assert!(seeking.in_vain().to_string().starts_with("no C6:05:04:03:02:01 advertises"));
    }
}
