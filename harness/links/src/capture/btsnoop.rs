//! A tape as Bluetooth packets, in the file format btsnoop: HCI as on a UART (H4), L2CAP, ATT.

use std::time::Duration;

use super::{Entry, What};

/// Microseconds from the year 0, where btsnoop begins to count, to 1970-01-01.
const EPOCH: u64 = 0x00DC_DDB3_0F2F_8000;
/// HCI UART (H4).
const H4: u32 = 1002;

const COMMAND_OR_EVENT: u32 = 2;
const RECEIVED: u32 = 1;

/// The one connection.
const CONNECTION: u16 = 0x0040;
/// The handles of the table as it is written here.
const SERVICE: [u16; 2] = [0x000A, 0x000F];
const CONTROL_DECLARATION: u16 = 0x000B;
const CONTROL: u16 = 0x000C;
const CCCD: u16 = 0x000D;
const PACKET_DECLARATION: u16 = 0x000E;
const PACKET: u16 = 0x000F;
/// The DFU service.
const SERVICE_UUID: u16 = 0xFE59;
/// Write and notify; write without response.
const CONTROL_PROPERTIES: u8 = 0x18;
const PACKET_PROPERTIES: u8 = 0x04;
/// An attribute that is not there.
const NOT_FOUND: u8 = 0x0A;

/// 8EC9xxxx-F315-4F60-9FB8-838830DAEA50, as it is sent.
fn dfu_uuid(number: u16) -> [u8; 16] {
    let mut uuid = [0x50, 0xEA, 0xDA, 0x30, 0x88, 0x83, 0xB8, 0x9F, 0x60, 0x4F, 0x15, 0xF3, 0, 0, 0xC9, 0x8E];
    uuid[12..14].copy_from_slice(&number.to_le_bytes());
    uuid
}

/// What has passed over a BLE link, as a file. Times are those of the tape, counted from 1970-01-01.
pub fn btsnoop(entries: &[Entry]) -> Vec<u8> {
    let mut file = File { bytes: b"btsnoop\0".to_vec(), at: 0, up: false };
    file.bytes.extend(1_u32.to_be_bytes());
    file.bytes.extend(H4.to_be_bytes());
    for entry in entries {
        file.at = micros(entry.at);
        match &entry.what {
            What::Connected(connected) => file.connected(connected.att_mtu),
            What::Request(request) => {
                file.sent(&[&[0x12][..], &CONTROL.to_le_bytes(), request].concat());
                file.received(&[0x13]);
            }
            What::Data(data) => file.sent(&[&[0x52][..], &PACKET.to_le_bytes(), data].concat()),
            What::Message(message) => {
                file.received(&[&[0x1B][..], &CONTROL.to_le_bytes(), message].concat());
            }
            // Supervision timeout, and ended by this host.
            What::Lost(_) => file.ended(0x08),
            What::Closed => file.ended(0x16),
            // A BLE link has no bytes beside its messages.
            What::NotConnected(_) | What::Fault(_) | What::RawSent(_) | What::RawReceived(_) => {}
        }
    }
    file.bytes
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 2)
}

struct File {
    bytes: Vec<u8>,
    at: u64,
    up: bool,
}

impl File {
    fn record(&mut self, flags: u32, packet: &[u8]) {
        let length = packet.len() as u32;
        for word in [length, length, flags, 0] {
            self.bytes.extend(word.to_be_bytes());
        }
        self.bytes.extend((EPOCH + self.at).to_be_bytes());
        self.bytes.extend(packet);
    }

    fn event(&mut self, code: u8, parameters: &[u8]) {
        let packet = [&[0x04, code, parameters.len() as u8][..], parameters].concat();
        self.record(COMMAND_OR_EVENT | RECEIVED, &packet);
    }

    /// An ATT packet in L2CAP in ACL data. The host's first fragments are marked otherwise than the controller's.
    fn att(&mut self, received: bool, att: &[u8]) {
        let first = if received { 0x2000 } else { 0 };
        let mut packet = vec![0x02];
        packet.extend((CONNECTION | first).to_le_bytes());
        packet.extend((att.len() as u16 + 4).to_le_bytes());
        packet.extend((att.len() as u16).to_le_bytes());
        packet.extend(4_u16.to_le_bytes());
        packet.extend(att);
        self.record(if received { RECEIVED } else { 0 }, &packet);
    }

    fn sent(&mut self, att: &[u8]) {
        self.att(false, att);
    }

    fn received(&mut self, att: &[u8]) {
        self.att(true, att);
    }

    /// LE Connection Complete with this host as central, then what every client begins with.
    fn connected(&mut self, att_mtu: Option<u16>) {
        if self.up {
            self.ended(0x08);
        }
        self.up = true;
        let mut parameters = vec![0x01, 0x00];
        parameters.extend(CONNECTION.to_le_bytes());
        // Central; a random static address; 15 ms, no latency, 6 s.
        parameters.extend([0x00, 0x01, 0x01, 0x00, 0x00, 0xEE, 0xFF, 0xC0]);
        parameters.extend(12_u16.to_le_bytes());
        parameters.extend(0_u16.to_le_bytes());
        parameters.extend(600_u16.to_le_bytes());
        parameters.push(0);
        self.event(0x3E, &parameters);
        if let Some(mtu) = att_mtu {
            self.sent(&[&[0x02][..], &mtu.to_le_bytes()].concat());
            self.received(&[&[0x03][..], &mtu.to_le_bytes()].concat());
        }
        self.discover();
        self.sent(&[&[0x12][..], &CCCD.to_le_bytes(), &1_u16.to_le_bytes()].concat());
        self.received(&[0x13]);
    }

    fn discover(&mut self) {
        let [first, last] = SERVICE;
        let range = |opcode: u8, from: u16, to: u16, kind: u16| {
            let mut request = vec![opcode];
            [from, to, kind].iter().for_each(|value| request.extend(value.to_le_bytes()));
            request
        };
        let missing =
            |opcode: u8, handle: u16| [&[0x01, opcode][..], &handle.to_le_bytes(), &[NOT_FOUND]].concat();
        // Services.
        self.sent(&range(0x10, 1, 0xFFFF, 0x2800));
        let mut found = vec![0x11, 6];
        [first, last, SERVICE_UUID].iter().for_each(|value| found.extend(value.to_le_bytes()));
        self.received(&found);
        self.sent(&range(0x10, last + 1, 0xFFFF, 0x2800));
        self.received(&missing(0x10, last + 1));
        // Characteristics, one at a time so that they fit into the smallest MTU.
        for (from, declaration, properties, value, number) in [
            (first, CONTROL_DECLARATION, CONTROL_PROPERTIES, CONTROL, 1),
            (CONTROL, PACKET_DECLARATION, PACKET_PROPERTIES, PACKET, 2),
        ] {
            self.sent(&range(0x08, from, last, 0x2803));
            let mut found = vec![0x09, 21];
            found.extend(declaration.to_le_bytes());
            found.push(properties);
            found.extend(value.to_le_bytes());
            found.extend(dfu_uuid(number));
            self.received(&found);
        }
        self.sent(&range(0x08, PACKET, last, 0x2803));
        self.received(&missing(0x08, PACKET));
        // The descriptor of the control point.
        self.sent(&[&[0x04][..], &CCCD.to_le_bytes(), &CCCD.to_le_bytes()].concat());
        self.received(&[&[0x05, 0x01][..], &CCCD.to_le_bytes(), &0x2902_u16.to_le_bytes()].concat());
    }

    fn ended(&mut self, reason: u8) {
        if std::mem::take(&mut self.up) {
            let [low, high] = CONNECTION.to_le_bytes();
            self.event(0x05, &[0, low, high, reason]);
        }
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_engine::Connected;

    use super::*;

    fn entry(micros: u64, what: What) -> Entry {
        Entry { at: Duration::from_micros(micros), what }
    }

    /// Flags, microseconds and bytes of every record.
    fn records(file: &[u8]) -> Vec<(u32, u64, Vec<u8>)> {
        assert_eq!(&file[..16], b"btsnoop\0\0\0\0\x01\0\0\x03\xEA");
        let (mut rest, mut records) = (&file[16..], Vec::new());
        while !rest.is_empty() {
            let word = |at: usize| u32::from_be_bytes(rest[at..at + 4].try_into().unwrap());
            let time = u64::from_be_bytes(rest[16..24].try_into().unwrap()) - EPOCH;
            let length = word(0) as usize;
            assert_eq!(word(4) as usize, length);
            records.push((word(8), time, rest[24..24 + length].to_vec()));
            rest = &rest[24 + length..];
        }
        records
    }

    #[test]
    fn messages_are_att_packets_with_their_direction_and_time() {
        let connected = Connected { max_data: 244, att_mtu: Some(247), peer: None };
        let file = btsnoop(&[
            entry(1, What::Connected(connected)),
            entry(20, What::Request(vec![6, 1])),
            entry(30, What::Message(vec![0x60, 6, 1])),
            entry(40, What::Data(vec![9; 3])),
            entry(50, What::Fault("x".into())),
            entry(60, What::Lost("gone".into())),
            entry(70, What::Closed),
        ]);
        let records = records(&file);
        let tail = &records[records.len() - 5..];
        assert_eq!(tail[0], (0, 20, vec![2, 0x40, 0, 9, 0, 5, 0, 4, 0, 0x12, 0x0C, 0, 6, 1]));
        assert_eq!(tail[1], (1, 20, vec![2, 0x40, 0x20, 5, 0, 1, 0, 4, 0, 0x13]));
        assert_eq!(tail[2], (1, 30, vec![2, 0x40, 0x20, 10, 0, 6, 0, 4, 0, 0x1B, 0x0C, 0, 0x60, 6, 1]));
        assert_eq!(tail[3], (0, 40, vec![2, 0x40, 0, 10, 0, 6, 0, 4, 0, 0x52, 0x0F, 0, 9, 9, 9]));
        // One end for one connection.
        assert_eq!(tail[4], (3, 60, vec![4, 5, 4, 0, 0x40, 0, 8]));
        let smallest = records.iter().filter(|(_, at, _)| *at == 1).map(|(_, _, bytes)| bytes.len()).max();
        assert!(smallest.is_some_and(|length| length <= 9 + 23), "fits an MTU of 23");
    }
}
