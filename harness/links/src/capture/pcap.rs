//! A tape as bytes of a serial line, in the file format pcap with the link type RTAC Serial, which keeps the direction.

use std::time::Duration;

use gauntlet_protocol::slip;

use super::{Entry, What};

/// RTAC Serial: a header of 12 bytes in front of the bytes of a line.
const RTAC_SERIAL: u32 = 250;
/// Kinds of events: the status of the line, data from the host, data to the host.
const STATUS: u8 = 0x00;
const SENT: u8 = 0x01;
const RECEIVED: u8 = 0x02;
/// Opcode of a frame with object data.
const WRITE: u8 = 0x08;

/// What has passed over a serial link, with SLIP as on the line. Times are those of the tape, counted from 1970-01-01.
pub fn pcap(entries: &[Entry]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xA1B2_C3D4_u32.to_be_bytes());
    file.extend(2_u16.to_be_bytes());
    file.extend(4_u16.to_be_bytes());
    for word in [0, 0, 0x0004_0000, RTAC_SERIAL] {
        file.extend(u32::to_be_bytes(word));
    }
    for Entry { at, what } in entries {
        match what {
            What::Request(request) => record(&mut file, *at, SENT, &slip::encode(request)),
            What::Data(data) => record(&mut file, *at, SENT, &slip::encode(&[&[WRITE][..], data].concat())),
            What::Message(message) => record(&mut file, *at, RECEIVED, &slip::encode(message)),
            What::RawSent(bytes) => record(&mut file, *at, SENT, bytes),
            What::RawReceived(bytes) => record(&mut file, *at, RECEIVED, bytes),
            What::Connected(_) | What::Lost(_) | What::Closed => record(&mut file, *at, STATUS, &[]),
            What::NotConnected(_) | What::Fault(_) => {}
        }
    }
    file
}

fn record(file: &mut Vec<u8>, at: Duration, event: u8, bytes: &[u8]) {
    let (seconds, micros) = (at.as_secs() as u32, at.subsec_micros());
    let length = bytes.len() as u32 + 12;
    for word in [seconds, micros, length, length, seconds, micros] {
        file.extend(word.to_be_bytes());
    }
    // No line of control is known; two bytes of a footer that means nothing.
    file.extend([event, 0, 0, 0]);
    file.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_as_on_the_line() {
        let at = Duration::new(2, 5_000);
        let file = pcap(&[Entry { at, what: What::Data(vec![0xC0]) }]);
        assert_eq!(file.len(), 24 + 16 + 12 + 4);
        assert_eq!(file[20..24], RTAC_SERIAL.to_be_bytes());
        assert_eq!(file[24..32], [0, 0, 0, 2, 0, 0, 0, 5]);
        assert_eq!(file[48..], [SENT, 0, 0, 0, 0x08, 0xDB, 0xDC, 0xC0]);
    }
}
