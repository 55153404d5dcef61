//! Every frame of captured sessions is read and written again, byte for byte, and means what the capture says.
//!
//! The captures are sessions of nrfutil 6.1.7 with a dongle; see `captures/`. Each frame has a line with its meaning below it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gauntlet_connectivity::h5::{Decoder, H5Error, H5Packet};
use gauntlet_connectivity::{Command, Event, Packet, command, event, response, security};

struct Frame {
    place: String,
    bytes: Vec<u8>,
    meaning: String,
}

fn captures() -> Vec<Frame> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a capture that can be read")
        .map(|entry| entry.expect("a capture that can be read").path())
        .collect();
    files.sort();
    assert!(files.len() >= 18, "{files:?}");
    let mut frames: Vec<Frame> = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a capture that can be read");
        let name = file.file_name().expect("a capture that can be read").to_string_lossy().into_owned();
        for (number, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                [_, "H>D" | "D>H", ref bytes @ ..] => frames.push(Frame {
                    place: format!("{name}:{}", number + 1),
                    bytes: bytes
                        .iter()
                        .map(|byte| u8::from_str_radix(byte, 16).expect("a capture that can be read"))
                        .collect(),
                    meaning: String::new(),
                }),
                [";", ..] => {
                    frames.last_mut().expect("a capture that can be read").meaning = line.trim().to_owned()
                }
                _ => {}
            }
        }
    }
    frames
}

fn packets(frame: &Frame) -> Vec<Result<H5Packet, H5Error>> {
    Decoder::new().feed(&frame.bytes)
}

/// The number behind `key=` in the meaning of a frame.
fn told(meaning: &str, key: &str) -> Option<u32> {
    let rest = meaning.split_once(&format!(" {key}="))?.1;
    let word = rest.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
}

#[test]
fn every_frame_is_written_as_it_was_captured() {
    let mut kinds = BTreeSet::new();
    let mut unread = BTreeSet::new();
    let frames = captures();
    for frame in &frames {
        let found = packets(frame);
        let [Ok(packet)] = &found[..] else { panic!("{}: {found:?}", frame.place) };
        assert_eq!(packet.encode(), frame.bytes, "{}", frame.place);
        let H5Packet::Reliable { seq, ack, payload } = packet else { continue };
        assert_eq!(told(&frame.meaning, "seq"), Some((*seq).into()), "{}", frame.place);
        assert_eq!(told(&frame.meaning, "ack"), Some((*ack).into()), "{}", frame.place);
        let packet = Packet::decode(payload).unwrap_or_else(|error| panic!("{}: {error}", frame.place));
        assert_eq!(&packet.encode(), payload, "{}: {packet:?}", frame.place);
        match packet {
            Packet::Command(Command::Other { op, .. }) => drop(unread.insert(format!("command {op:02X}"))),
            Packet::Response(response::Response { op, data: response::Data::Other(_), .. }) => {
                unread.insert(format!("response {op:02X}"));
            }
            Packet::Event(Event { what: event::What::Other { id, .. }, .. }) => {
                unread.insert(format!("event {id:02X}"));
            }
            Packet::Command(command) => drop(kinds.insert(command.op())),
            Packet::Response(_) | Packet::Event(_) => {}
        }
    }
    assert!(frames.len() > 3000, "{}", frames.len());
    assert_eq!(unread, BTreeSet::new(), "nothing is handed on unread");
    use command::op;
    for op in [
        op::ENABLE,
        op::UUID_VS_ADD,
        op::CFG_SET,
        op::DISCONNECT,
        op::SCAN_START,
        op::CONNECT,
        op::DATA_LENGTH_UPDATE,
        op::DISCOVER_SERVICES,
        op::DISCOVER_CHARACTERISTICS,
        op::DISCOVER_DESCRIPTORS,
        op::READ,
        op::AUTHENTICATE,
        op::SEC_PARAMS_REPLY,
        op::WRITE,
        op::CONFIRM,
        op::EXCHANGE_MTU,
    ] {
        assert!(kinds.contains(&op), "no capture has the call {op:02X}");
    }
}

#[test]
fn fields_mean_what_the_captures_say() {
    let mut checked = 0;
    for frame in captures() {
        let [Ok(H5Packet::Reliable { payload, .. })] = &packets(&frame)[..] else { continue };
        let packet = Packet::decode(payload).unwrap();
        let expected: Vec<(&str, u32)> = match &packet {
            Packet::Command(Command::Write { conn, write }) => vec![
                ("conn", (*conn).into()),
                ("handle", write.handle.into()),
                ("len", frame.meaning.rsplit_once(" len=").map_or(0, |_| write.value.len() as u32)),
            ],
            Packet::Command(Command::ConfigureGatt { tag, att_mtu }) => {
                vec![("conn_cfg_tag", (*tag).into()), ("att_mtu", (*att_mtu).into())]
            }
            Packet::Command(Command::DataLengthUpdate { length: Some(length), .. }) => {
                vec![("max_tx_octets", length.tx_octets.into()), ("max_rx_octets", length.rx_octets.into())]
            }
            Packet::Command(Command::Connect { scan: Some(scan), conn: Some(conn), tag, .. }) => vec![
                ("interval", scan.interval.into()),
                ("window", scan.window.into()),
                ("min_int", conn.min_interval.into()),
                ("sup_timeout", conn.timeout.into()),
                ("conn_cfg_tag", (*tag).into()),
            ],
            Packet::Response(response) => vec![("result", response.result)],
            Packet::Event(Event { what: event::What::Mtu(_, mtu), .. }) => {
                vec![("server_rx_mtu", (*mtu).into())]
            }
            Packet::Event(Event { what: event::What::Services(status, found), .. }) => {
                vec![("gatt_status", status.code.into()), ("count", found.len() as u32)]
            }
            Packet::Event(Event { what: event::What::Characteristics(status, found), .. }) => {
                let first = found.first().map(|one| ("decl", u32::from(one.declaration)));
                let count = [("gatt_status", status.code.into()), ("count", found.len() as u32)];
                count.into_iter().chain(first).collect()
            }
            Packet::Event(Event { what: event::What::CommandsSent(_, count), .. }) => {
                vec![("count", (*count).into())]
            }
            Packet::Event(Event { what: event::What::Disconnected(reason), .. }) => {
                vec![("reason", (*reason).into())]
            }
            _ => vec![],
        };
        for (key, value) in expected {
            // The length in the header comes first in the text; the value's is told last.
            let meaning = match key {
                "len" => &frame.meaning[frame.meaning.find('|').unwrap()..],
                _ => &frame.meaning[..],
            };
            assert_eq!(told(meaning, key), Some(value), "{}: {key} of {packet:?}", frame.place);
            checked += 1;
        }
    }
    assert!(checked > 1000, "{checked}");
}

#[test]
fn the_call_that_encrypts_has_its_fields_in_their_order() {
    let name = security::KeyName { ediv: 0x1234, rand: *b"randbyte" };
    let key = security::LongTermKey { ltk: [0x5A; 16], flags: 0x40 };
    let call = Packet::from(Command::Encrypt { conn: 1, name: Some(name), key: Some(key) });
    let expected = [&[0, 0x85, 1, 0, 1, 0x34, 0x12][..], b"randbyte", &[1], &[0x5A; 16], &[0x40]].concat();
    assert_eq!(call.encode(), expected);
    assert_eq!(Packet::decode(&expected), Ok(call));
}

#[test]
fn what_may_be_absent_may_be_left_out_of_a_response() {
    for op in [command::op::DATA_LENGTH_UPDATE, command::op::UUID_VS_ADD, command::op::SEC_PARAMS_REPLY] {
        let response = response::Response::new(op, 0);
        assert_eq!(Packet::decode(&[1, op, 0, 0, 0, 0]), Ok(Packet::Response(response)), "{op:02X}");
    }
}

#[test]
fn a_packet_that_is_cut_short_or_too_long_is_refused() {
    for frame in captures().iter().step_by(7) {
        let [Ok(H5Packet::Reliable { payload, .. })] = &packets(frame)[..] else { continue };
        // What is handed on unread has no end of its own.
        let whole = Packet::decode(payload).unwrap();
        let unread = format!("{whole:?}").contains("Other");
        for cut in 0..payload.len() {
            let short = Packet::decode(&payload[..cut]);
            // A shorter value may be a good packet, but it never reads past its end.
            assert_ne!(short, Ok(whole.clone()), "{}", frame.place);
        }
        let long = [&payload[..], &[0]].concat();
        let extends = matches!(&whole, Packet::Response(response) if response.result == 0);
        assert!(unread || extends || Packet::decode(&long).is_err(), "{}: {whole:?}", frame.place);
    }
}
