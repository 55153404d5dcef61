//! Who is on the air around a virtual dongle, and how its reports say so.

use gauntlet_connectivity::event::What;
use gauntlet_connectivity::gap::{Address, DataLength};

/// Signal strength of a device in the same room, in dBm.
const RSSI: i8 = -33;
/// Bit of a report: the answer to a scan request.
const SCAN_RESPONSE: u8 = 1;
/// Types of advertising data: names.
const NAMES: [u8; 2] = [0x08, 0x09];

/// What a device asks for that wants to be fast: packets of 251 bytes, and 2 Mbit/s both ways.
pub(super) const WISHES: [What; 2] = [
    What::DataLengthWanted(DataLength { tx_octets: 251, rx_octets: 251, tx_time: 2120, rx_time: 2120 }),
    What::PhyWanted(2, 2),
];

/// The reports of one advertiser; with its name in the answer to a scan request when it is `split`.
pub(super) fn reports(peer: Address, data: Vec<u8>, split: bool) -> Vec<What> {
    if !split {
        return vec![report(peer, 0, data)];
    }
    let (mut advertised, mut answered) = (Vec::new(), Vec::new());
    let mut rest = &data[..];
    while let Some(&length) = rest.first() {
        let Some((structure, next)) = rest.split_at_checked(1 + usize::from(length)) else { break };
        let is_name = structure.get(1).is_some_and(|kind| NAMES.contains(kind));
        if is_name { &mut answered } else { &mut advertised }.extend_from_slice(structure);
        rest = next;
    }
    vec![report(peer, 0, advertised), report(peer, SCAN_RESPONSE, answered)]
}

/// Devices that nobody looks for.
pub(super) fn neighbours() -> Vec<What> {
    let nameless = [2, 1, 6, 3, 3, 0x0F, 0x18].to_vec();
    let named = [&[2, 1, 6, 5, 9][..], b"Pump"].concat();
    let torn = vec![2, 1, 6, 30, 9, b'D', b'f', b'u'];
    [(1, true, nameless), (2, false, named), (3, true, torn)]
        .into_iter()
        .map(|(mark, random, data)| report(Address::new([mark, 0, 0, 0, 0x77, 0xC7], random), 0, data))
        .collect()
}

fn report(peer: Address, flags: u8, data: Vec<u8>) -> What {
    What::Advertisement { peer, direct: Address::default(), rssi: RSSI, flags, data }
}
