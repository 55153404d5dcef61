//! How a bootloader behaves on the air, judged in every case over BLE from what its centrals have seen (section 4).

use gauntlet_engine::PeerAddress;
use gauntlet_links::air::Seen;

use crate::judge::Check;

/// Assigned numbers in advertising data, and the DFU service.
const FLAGS: u8 = 0x01;
const SERVICES: u8 = 0x02;
const NAME: u8 = 0x09;
const DFU_SERVICE: [u8; 2] = [0x59, 0xFE];
/// General discoverable and LE only; LE only, where only the peer of the bond is waited for (4.2).
const DISCOVERABLE: u8 = 0x06;
const NOT_DISCOVERABLE: u8 = 0x04;
/// Longest name (4.2).
const NAME_MAX: usize = 20;
/// 15 ms, no latency, 6 s (BLE-008).
const PARAMETERS: ([u16; 2], u16, u16) = ([12, 12], 0, 600);
/// Largest ATT_MTU, and the smallest there is (BLE-009).
const LARGEST_MTU: u16 = 247;
const SMALLEST_MTU: u16 = 23;
/// Device name, then the DFU service (4.1).
const OPEN: [&str; 4] =
    ["2A00", "8EC90002-F315-4F60-9FB8-838830DAEA50", "8EC90001-F315-4F60-9FB8-838830DAEA50", "2902"];
/// What makes a device a bootloader in DFU mode, whatever it advertises.
const CONTROL_POINT: &str = OPEN[2];
/// Service Changed and its configuration, which bonds need (4.1).
const OF_BONDS: [&str; 2] = ["2A05", "2902"];

/// What `seen` says about the device with the address `own`. `bonds` is whether its bootloader is built for them, if that is
/// known. Nothing without a bootloader on the air.
pub(crate) fn judge(seen: &[Seen], own: &PeerAddress, bonds: Option<bool>) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut bootloaders = 0;
    for link in links(seen) {
        let Some((Seen::Connected { address, data, attributes }, rest)) = link.split_first() else {
            continue;
        };
        if attributes.contains(&CONTROL_POINT) {
            bootloaders += 1;
            let bonds = bonds.unwrap_or(attributes.contains(&OF_BONDS[0]));
            checks.extend(advertised(address, data, own, bonds));
            checks.extend(discovered(attributes, bonds));
            checks.extend(requested(rest));
            checks.extend(rest.iter().filter_map(granted));
            checks.extend(changed(rest, bonds));
        }
        checks.extend(rest.iter().filter_map(in_turn));
    }
    if checks.is_empty() && bootloaders > 0 {
        let links = format!("{bootloaders} links as specified");
        checks.push(Check::new("behaviour on the air", &links, &links, true));
    }
    // One that is wrong in every link is said once.
    let mut told = Vec::new();
    checks.retain(|check| {
        !told.contains(&check.check) && {
            told.push(check.check.clone());
            true
        }
    });
    checks
}

/// What was seen, link by link.
fn links(seen: &[Seen]) -> impl Iterator<Item = &[Seen]> {
    seen.chunk_by(|_, next| !matches!(next, Seen::Connected { .. }))
}

/// BLE-001, BLE-003, BLE-004, section 4.2.
fn advertised(address: &PeerAddress, data: &[u8], own: &PeerAddress, bonds: bool) -> Vec<Check> {
    let mut expected = *own;
    if !bonds {
        expected.bytes[5] = expected.bytes[5].wrapping_add(1);
    }
    let flags = if bonds { NOT_DISCOVERABLE } else { DISCOVERABLE };
    let name = structure(data, NAME).unwrap_or_default();
    let wanted =
        [&[2, FLAGS, flags, 3, SERVICES], &DFU_SERVICE[..], &[name.len() as u8 + 1, NAME], name].concat();
    let named = (1..=NAME_MAX).contains(&name.len());
    let mut wrong = Vec::new();
    if data != wanted || !named {
        wrong.push(Check::new("advertising data of the bootloader", spaced(&wanted), spaced(data), false));
    }
    if *address != expected {
        wrong.push(Check::new("address of the bootloader", expected, address, false));
    }
    wrong
}

/// BLE-007, section 4.1.
fn discovered(attributes: &[&str], bonds: bool) -> Option<Check> {
    let (device_name, service) = OPEN.split_at(1);
    let before: &[&str] = if bonds { &OF_BONDS } else { &[] };
    let expected = [device_name, before, service].concat();
    wrong("attributes of the bootloader", expected.join(", "), attributes.join(", "))
}

/// BLE-008: once for each link. One that ended before anything was answered tells nothing.
fn requested(link: &[Seen]) -> Option<Check> {
    let asked: Vec<String> = link
        .iter()
        .filter_map(|seen| match *seen {
            Seen::Parameters { interval, latency, timeout } => Some(parameters((interval, latency, timeout))),
            _ => None,
        })
        .collect();
    if asked.is_empty() && !link.contains(&Seen::Responded) {
        return None;
    }
    let found = if asked.is_empty() { "no request".to_owned() } else { asked.join("; ") };
    wrong("connection parameters asked for", parameters(PARAMETERS), found)
}

fn parameters((interval, latency, timeout): ([u16; 2], u16, u16)) -> String {
    let [shortest, longest] = interval.map(|units| f32::from(units) * 1.25);
    format!("{shortest} to {longest} ms, latency {latency}, timeout {} ms", u32::from(timeout) * 10)
}

/// BLE-009: whole words behind the ATT header.
fn granted(seen: &Seen) -> Option<Check> {
    let Seen::Mtu { asked, granted } = *seen else { return None };
    let expected = match asked.max(SMALLEST_MTU) {
        LARGEST_MTU.. => LARGEST_MTU,
        asked => 3 + (asked - 3) / 4 * 4,
    };
    wrong(&format!("ATT_MTU granted for {asked}"), expected, granted)
}

/// BLE-031: the peer that has asked for it is told once its link is encrypted, and nobody else.
fn changed(link: &[Seen], bonds: bool) -> Option<Check> {
    let found: Vec<_> = link
        .iter()
        .filter_map(|seen| match seen {
            Seen::ServiceChanged { value, service, encrypted } => Some((value, *service, *encrypted)),
            _ => None,
        })
        .collect();
    let check = "services changed, as the bonded peer is told";
    let encrypted = link.iter().position(|seen| *seen == Seen::Encrypted);
    // What is asked for next is answered behind the indication.
    let due =
        bonds && encrypted.is_some_and(|at| link[at..].iter().any(|seen| matches!(seen, Seen::Mtu { .. })));
    match found[..] {
        [] if due => Some(Check::new(check, "one indication", "none", false)),
        [] => None,
        [(value, service, true)] if encrypted.is_some() => {
            let expected = [service.to_le_bytes(), [0xFF; 2]].concat();
            wrong(check, spaced(&expected), spaced(value))
        }
        _ => Some(Check::new(check, "one indication, over an encrypted link", found.len(), false)),
    }
}

/// BLE-013, BTN-002; and what is not turned on does not come (BLE-015, BLE-035).
fn in_turn(seen: &Seen) -> Option<Check> {
    match seen {
        Seen::Early { opcode } => {
            let found = format!("the answer to {opcode:02X} before the response");
            Some(Check::new("order of response and answer", "the response first", found, false))
        }
        Seen::Unasked { value } => {
            Some(Check::new("messages without a subscription", "none", spaced(value), false))
        }
        _ => None,
    }
}

fn wrong(check: &str, expected: impl ToString, found: impl ToString) -> Option<Check> {
    let (expected, found) = (expected.to_string(), found.to_string());
    let ok = expected == found;
    (!ok).then(|| Check::new(check, expected, found, ok))
}

/// The structure of `kind` in advertising data.
fn structure(data: &[u8], kind: u8) -> Option<&[u8]> {
    let mut rest = data;
    while let Some((&length, behind)) = rest.split_first() {
        let (structure, next) = behind.split_at_checked(length.into())?;
        if let Some((_, value)) = structure.split_first().filter(|(first, _)| **first == kind) {
            return Some(value);
        }
        rest = next;
    }
    None
}

fn spaced(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: PeerAddress = PeerAddress { bytes: [0xC6, 5, 4, 3, 2, 0xFF], random: true };

    fn link(flags: u8, last: u8) -> Vec<Seen> {
        let mut address = OWN;
        address.bytes[5] = last;
        let data = [&[2, 1, flags, 3, 2, 0x59, 0xFE, 8, 9][..], b"DfuTarg"].concat();
        let connected = Seen::Connected { address, data, attributes: OPEN.to_vec() };
        let asked = Seen::Parameters { interval: [12, 12], latency: 0, timeout: 600 };
        vec![connected, asked, Seen::Responded, Seen::Mtu { asked: 185, granted: 183 }]
    }

    fn names(seen: &[Seen], bonds: Option<bool>) -> Vec<String> {
        judge(seen, &OWN, bonds).into_iter().filter(|check| !check.ok).map(|check| check.check).collect()
    }

    #[test]
    fn a_bootloader_as_specified_has_nothing_to_answer_for() {
        let good = link(0x06, 0x00);
        let checks = judge(&good, &OWN, Some(false));
        assert_eq!((checks.len(), checks[0].ok), (1, true), "{checks:?}");
        assert!(judge(&[], &OWN, None).is_empty());
    }

    #[test]
    fn what_differs_is_named_once() {
        let twice = [link(0x04, 0xFF), link(0x04, 0xFF)].concat();
        assert_eq!(
            names(&twice, Some(false)),
            ["advertising data of the bootloader", "address of the bootloader"]
        );
        let mut hidden = link(0x06, 0x00);
        if let Seen::Connected { data, .. } = &mut hidden[0] {
            // The same list, said to be complete.
            data[4] = 3;
        }
        assert_eq!(names(&hidden, Some(false)), ["advertising data of the bootloader"]);
        let mut bad = link(0x06, 0x00);
        bad.remove(1);
        bad.extend([
            Seen::Mtu { asked: 246, granted: 246 },
            Seen::Early { opcode: 6 },
            Seen::Unasked { value: vec![1] },
            Seen::ServiceChanged { value: vec![0x0B, 0, 0xFF, 0xFF], service: 0x0B, encrypted: false },
        ]);
        assert_eq!(
            names(&bad, None),
            [
                "connection parameters asked for",
                "ATT_MTU granted for 246",
                "services changed, as the bonded peer is told",
                "order of response and answer",
                "messages without a subscription",
            ]
        );
    }

    #[test]
    fn a_bonded_peer_is_told_that_services_have_changed() {
        let mut bonded = link(0x04, 0xFF);
        if let Seen::Connected { attributes, .. } = &mut bonded[0] {
            attributes.splice(1..1, OF_BONDS);
        }
        bonded.insert(3, Seen::Encrypted);
        assert_eq!(names(&bonded, Some(true)), ["services changed, as the bonded peer is told"]);
        bonded.insert(
            4,
            Seen::ServiceChanged { value: vec![0x0B, 0, 0xFF, 0xFF], service: 0x0B, encrypted: true },
        );
        assert_eq!(names(&bonded, Some(true)), [""; 0]);
        assert_eq!(
            names(&bonded, Some(false)).len(),
            3,
            "address, flags and attributes of one without bonds"
        );
    }
}
