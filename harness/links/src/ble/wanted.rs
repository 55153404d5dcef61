//! Which of those that a scan shows is the device.
//!
//! What a host shows is not what is on the air: it knows devices from earlier days, it mixes what other programs look for,
//! and its list of services holds those that it has discovered in the device's application, too.

use std::fmt;

use gauntlet_engine::{PeerAddress, Target};

/// Who is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Whoever is in DFU mode.
    Anyone,
    /// The device with this name, in DFU mode or in its application.
    Name(String),
    /// The device with this address, most significant byte first; in DFU mode it may have the next one (FF-023).
    Address([u8; 6]),
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("a device in DFU mode"),
            Self::Name(name) => write!(f, "a device with the name `{name}`"),
            Self::Address(bytes) => write!(f, "the device {}", PeerAddress { bytes: *bytes, random: true }),
        }
    }
}

/// A device as the host shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sighting {
    /// Its address, where the host tells.
    pub(super) address: Option<PeerAddress>,
    /// Its names: what it advertises, and what the host calls it.
    pub(super) names: Vec<String>,
    /// The DFU service is among its services. Advertised or discovered: the host does not say which.
    pub(super) dfu_service: bool,
    /// It was heard in this scan, or is connected. Else the host only remembers it.
    pub(super) heard: bool,
}

impl Sighting {
    fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    fn has(&self, address: [u8; 6]) -> bool {
        self.address.is_some_and(|own| own.bytes == address)
    }
}

impl fmt::Display for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address, self.names.first()) {
            (Some(address), Some(name)) => write!(f, "{address} `{name}`"),
            (Some(address), None) => write!(f, "{address}"),
            (None, Some(name)) => write!(f, "`{name}`"),
            (None, None) => f.write_str("a device without a name"),
        }
    }
}

/// What a look at the sightings says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    /// This one, by its place in the list.
    This(usize),
    /// This one unless it turns out within a moment that there are others like it.
    Likely(usize),
    /// Several could be meant.
    Several(Vec<usize>),
    /// The device is there and does not announce the DFU service.
    Application(usize),
    /// Nobody yet; this one is only remembered.
    Remembered(usize),
    /// Nobody yet.
    Nobody,
}

/// Who among `seen` is the device in DFU mode. After a jump `target` says who it is, and nobody else will do.
pub(super) fn bootloader(wanted: &Wanted, target: Option<&Target>, seen: &[Sighting]) -> Choice {
    let find = |is: &dyn Fn(&Sighting) -> bool| -> Vec<usize> {
        seen.iter().enumerate().filter(|(_, one)| is(one)).map(|(at, _)| at).collect()
    };
    if let Some(target) = target {
        let is = |one: &Sighting| {
            one.dfu_service
                && (target.is(one.address.as_ref(), None)
                    || one.names.iter().any(|name| target.is(None, Some(name))))
        };
        // The likeliest address first.
        let rank = |at: &usize| {
            let place = |address| target.addresses.iter().position(|one| Some(*one) == address);
            place(seen[*at].address).unwrap_or(usize::MAX)
        };
        let mut found = find(&|one| one.heard && is(one));
        found.sort_by_key(rank);
        return match found.first() {
            Some(at) => Choice::This(*at),
            None => remembered(find(&|one| !one.heard && is(one))),
        };
    }
    match wanted {
        Wanted::Anyone => several(find(&|one| one.heard && one.dfu_service)),
        Wanted::Name(name) => {
            let found = find(&|one| one.heard && one.dfu_service && one.is_named(name));
            if !found.is_empty() {
                return several(found);
            }
            let application = find(&|one| one.heard && one.is_named(name));
            if let Some(at) = application.first() {
                return Choice::Application(*at);
            }
            remembered(find(&|one| !one.heard && one.dfu_service && one.is_named(name)))
        }
        Wanted::Address(own) => {
            let next = PeerAddress { bytes: *own, random: true }.next().bytes;
            if let Some(at) = find(&|one| one.heard && one.dfu_service && one.has(*own)).first() {
                return Choice::This(*at);
            }
            // While the device itself runs its application, the next address is a neighbour.
            if let Some(at) = find(&|one| one.heard && one.has(*own)).first() {
                return Choice::Application(*at);
            }
            if let Some(at) = find(&|one| one.heard && one.dfu_service && one.has(next)).first() {
                return Choice::This(*at);
            }
            remembered(find(&|one| !one.heard && one.dfu_service && (one.has(*own) || one.has(next))))
        }
    }
}

/// Who among `seen` is the device in its application.
pub(super) fn application(wanted: &Wanted, seen: &[Sighting]) -> Choice {
    let is = |one: &Sighting| match wanted {
        Wanted::Anyone => false,
        Wanted::Name(name) => one.is_named(name),
        Wanted::Address(own) => one.has(*own),
    };
    let find = |heard: bool| -> Vec<usize> {
        seen.iter().enumerate().filter(|(_, one)| one.heard == heard && is(one)).map(|(at, _)| at).collect()
    };
    match several(find(true)) {
        Choice::Nobody => remembered(find(false)),
        choice => choice,
    }
}

fn several(found: Vec<usize>) -> Choice {
    match found[..] {
        [] => Choice::Nobody,
        [at] => Choice::Likely(at),
        _ => Choice::Several(found),
    }
}

fn remembered(found: Vec<usize>) -> Choice {
    match found[..] {
        [at] => Choice::Remembered(at),
        _ => Choice::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [u8; 6] = [0xC6, 5, 4, 3, 2, 0xFF];
    const NEXT: [u8; 6] = [0xC6, 5, 4, 3, 2, 0x00];

    fn seen(bytes: [u8; 6], name: &str, dfu_service: bool, heard: bool) -> Sighting {
        let address = Some(PeerAddress { bytes, random: true });
        Sighting { address, names: vec![name.to_owned()], dfu_service, heard }
    }

    #[test]
    fn a_device_is_known_by_its_own_and_the_next_address() {
        let wanted = Wanted::Address(OWN);
        let other = seen([1; 6], "DfuTarg", true, true);
        let choose = |one: Sighting| bootloader(&wanted, None, &[other.clone(), one]);
        assert_eq!(choose(seen(OWN, "", true, true)), Choice::This(1));
        assert_eq!(choose(seen(NEXT, "", true, true)), Choice::This(1), "FF-023");
        assert_eq!(choose(seen([0xC6, 5, 4, 3, 3, 0], "", true, true)), Choice::Nobody, "no carry");
        assert_eq!(choose(seen(OWN, "", false, true)), Choice::Application(1));
        let both = [seen(NEXT, "", true, true), seen(OWN, "", false, true)];
        assert_eq!(bootloader(&wanted, None, &both), Choice::Application(1), "a neighbour in DFU mode");
        let gone = [seen(NEXT, "", true, true), seen(OWN, "", false, false)];
        assert_eq!(bootloader(&wanted, None, &gone), Choice::This(0), "the application is only remembered");
    }

    #[test]
    fn what_the_host_only_remembers_is_not_on_the_air() {
        for wanted in [Wanted::Address(OWN), Wanted::Name("DfuTarg".to_owned())] {
            let old = seen(OWN, "DfuTarg", true, false);
            assert_eq!(bootloader(&wanted, None, std::slice::from_ref(&old)), Choice::Remembered(0));
            // Heard under its next address, it is not the remembered one.
            let heard = [old, seen(NEXT, "DfuTarg", true, true)];
            assert!(
                matches!(bootloader(&wanted, None, &heard), Choice::This(1) | Choice::Likely(1)),
                "{wanted}"
            );
        }
        assert_eq!(bootloader(&Wanted::Anyone, None, &[seen(OWN, "", true, false)]), Choice::Nobody);
    }

    #[test]
    fn a_name_that_two_devices_have_chooses_none_of_them() {
        let wanted = Wanted::Name("DfuTarg".to_owned());
        let two = [seen(OWN, "DfuTarg", true, true), seen([1; 6], "DfuTarg", true, true)];
        assert_eq!(bootloader(&wanted, None, &two), Choice::Several(vec![0, 1]));
        // Filters of other programs show devices without the service.
        let one = [seen(OWN, "Lamp", true, true), seen([1; 6], "DfuTarg", true, true)];
        assert_eq!(bootloader(&wanted, None, &one), Choice::Likely(1));
        let application = [seen(OWN, "DfuTarg", false, true)];
        assert_eq!(bootloader(&wanted, None, &application), Choice::Application(0));
    }

    #[test]
    fn behind_a_jump_only_the_target_will_do() {
        let own = PeerAddress { bytes: OWN, random: true };
        let target = Target { addresses: vec![own.next(), own], name: Some("Dfu71".to_owned()) };
        let wanted = Wanted::Name("Lamp".to_owned());
        let choose = |list: &[Sighting]| bootloader(&wanted, Some(&target), list);
        assert_eq!(choose(&[seen([1; 6], "Lamp", true, true)]), Choice::Nobody);
        let both = [seen(OWN, "", true, true), seen(NEXT, "", true, true)];
        assert_eq!(choose(&both), Choice::This(1), "the likeliest address first");
        let hidden = Sighting { address: None, ..seen([0; 6], "Dfu71", true, true) };
        assert_eq!(choose(&[hidden]), Choice::This(0), "a host that hides addresses");
    }

    #[test]
    fn an_application_is_found_by_what_the_user_said() {
        let list = [seen([1; 6], "Lamp", false, true), seen(OWN, "Pump", true, true)];
        assert_eq!(application(&Wanted::Name("Pump".to_owned()), &list), Choice::Likely(1));
        assert_eq!(application(&Wanted::Address([1; 6]), &list), Choice::Likely(0));
        assert_eq!(application(&Wanted::Anyone, &list), Choice::Nobody);
    }
}
