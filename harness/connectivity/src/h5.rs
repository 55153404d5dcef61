//! Packets of the three-wire UART: four bytes of header, a payload, a CRC where there is one, between two SLIP ends.

use gauntlet_protocol::slip;
use thiserror::Error;

/// The configuration that both sides must have: window of 1, no out-of-frame flow control, CRC, version 0.
pub const CONFIGURATION: u8 = 0x11;

const HEADER: usize = 4;
const CRC_PRESENT: u8 = 0x40;
const RELIABLE: u8 = 0x80;
const ACK: u8 = 0;
const RESET: u8 = 5;
const VENDOR: u8 = 14;
const LINK_CONTROL: u8 = 15;
const SYNC: [u8; 2] = [0x01, 0x7E];
const SYNC_RESPONSE: [u8; 2] = [0x02, 0x7D];
const CONFIG: [u8; 2] = [0x03, 0xFC];
const CONFIG_RESPONSE: [u8; 2] = [0x04, 0x7B];

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum H5Packet {
    /// The next sequence number that the sender expects, 0 to 7.
    Ack(u8),
    /// The dongle shall restart.
    Reset,
    /// First packet of the link start-up.
    Sync,
    /// The answer to it.
    SyncResponse,
    /// How the sender wants the link; anything but [`CONFIGURATION`] is foreign.
    Config(u8),
    /// The answer to it.
    ConfigResponse(u8),
    /// A serialised call or event, sent again until it is acknowledged.
    Reliable {
        /// Its number, 0 to 7.
        seq: u8,
        /// The next number that the sender expects. Nobody relies on it: only [`H5Packet::Ack`] counts.
        ack: u8,
        /// What it carries, 0 to 4095 bytes.
        payload: Vec<u8>,
    },
}

/// Why a frame is no packet. It is dropped; nothing is said to the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum H5Error {
    /// A wrong escape, or more bytes than any frame has.
    #[error("a frame with a wrong escape")]
    Slip,
    /// The length in the header is not the frame's.
    #[error("a frame of {0} bytes, which its header does not say")]
    Length(usize),
    /// The four header bytes do not sum to 0.
    #[error("a wrong header checksum")]
    HeaderChecksum,
    /// The CRC is not that of header and payload.
    #[error("a wrong CRC")]
    Crc,
    /// A type, or a link control message, that no side of this link sends.
    #[error("a packet of an unknown type {0}")]
    Type(u8),
}

/// CRC-16/CCITT with initial value 0xFFFF, over header and payload.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc: u16, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    })
}

impl H5Packet {
    /// The packet as it goes over the line, SLIP ends included.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let link = |message: [u8; 2]| (0, LINK_CONTROL, message.to_vec());
        let configured = |message: [u8; 2], field: u8| (0, LINK_CONTROL, [&message[..], &[field]].concat());
        let (first, kind, payload) = match self {
            Self::Ack(ack) => ((ack & 7) << 3, ACK, Vec::new()),
            Self::Reset => (0, RESET, Vec::new()),
            Self::Sync => link(SYNC),
            Self::SyncResponse => link(SYNC_RESPONSE),
            Self::Config(field) => configured(CONFIG, *field),
            Self::ConfigResponse(field) => configured(CONFIG_RESPONSE, *field),
            Self::Reliable { seq, ack, payload } => {
                (RELIABLE | CRC_PRESENT | (ack & 7) << 3 | seq & 7, VENDOR, payload.clone())
            }
        };
        // The length has 12 bits.
        let length = payload.len() & 0xFFF;
        let mut bytes = vec![first, kind | (length as u8 & 0x0F) << 4, (length >> 4) as u8, 0];
        bytes[3] = 0u8.wrapping_sub(sum(&bytes));
        bytes.extend(payload);
        if first & CRC_PRESENT != 0 {
            bytes.extend(crc16(&bytes).to_le_bytes());
        }
        let mut frame = vec![slip::END];
        frame.extend(slip::encode(&bytes));
        frame
    }

    /// The packet in the bytes between two SLIP ends, with the escapes undone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, H5Error> {
        let wrong_length = H5Error::Length(bytes.len());
        let (header, rest) = bytes.split_at_checked(HEADER).ok_or(wrong_length)?;
        if sum(header) != 0 {
            return Err(H5Error::HeaderChecksum);
        }
        let length = usize::from(header[1] >> 4) | usize::from(header[2]) << 4;
        let (payload, crc) = rest.split_at_checked(length).ok_or(wrong_length)?;
        if header[0] & CRC_PRESENT == 0 {
            if !crc.is_empty() {
                return Err(wrong_length);
            }
        } else {
            let sent: [u8; 2] = crc.try_into().map_err(|_| wrong_length)?;
            if u16::from_le_bytes(sent) != crc16(&bytes[..HEADER + length]) {
                return Err(H5Error::Crc);
            }
        }
        let (seq, ack) = (header[0] & 7, header[0] >> 3 & 7);
        match header[1] & 0x0F {
            ACK => Ok(Self::Ack(ack)),
            RESET => Ok(Self::Reset),
            // Without CRC and number there is no reliable delivery.
            VENDOR if header[0] & (RELIABLE | CRC_PRESENT) == RELIABLE | CRC_PRESENT => {
                Ok(Self::Reliable { seq, ack, payload: payload.to_vec() })
            }
            LINK_CONTROL => Self::link_control(payload).ok_or(H5Error::Type(LINK_CONTROL)),
            other => Err(H5Error::Type(other)),
        }
    }

    fn link_control(payload: &[u8]) -> Option<Self> {
        let (&message, field) = payload.split_first_chunk::<2>()?;
        match (message, field) {
            (SYNC, []) => Some(Self::Sync),
            (SYNC_RESPONSE, []) => Some(Self::SyncResponse),
            (CONFIG, [field]) => Some(Self::Config(*field)),
            (CONFIG_RESPONSE, [field]) => Some(Self::ConfigResponse(*field)),
            _ => None,
        }
    }
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

/// From bytes of the line to packets. What is no packet is told, and the next one is found again at the next end.
#[derive(Debug, Clone)]
pub struct Decoder {
    slip: slip::Decoder,
    discarded: u64,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder at the beginning of a line.
    #[must_use]
    pub fn new() -> Self {
        Self { slip: slip::Decoder::for_host(), discarded: 0 }
    }

    /// What these bytes end.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Result<H5Packet, H5Error>> {
        let mut packets = Vec::new();
        for &byte in bytes {
            let frame = self.slip.push(byte);
            if self.slip.discarded_frames() != self.discarded {
                self.discarded = self.slip.discarded_frames();
                packets.push(Err(H5Error::Slip));
            }
            // Every frame has an end in front of it, too, which is the end of an empty one here.
            packets.extend(frame.filter(|frame| !frame.is_empty()).map(|frame| H5Packet::decode(&frame)));
        }
        packets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_has_its_published_check_value() {
        assert_eq!(crc16(b"123456789"), 0x29B1);
    }

    #[test]
    fn constant_packets_have_their_constant_bytes() {
        for (packet, bytes) in [
            (H5Packet::Reset, &[0xC0, 0x00, 0x05, 0x00, 0xFB, 0xC0][..]),
            (H5Packet::SyncResponse, &[0xC0, 0x00, 0x2F, 0x00, 0xD1, 0x02, 0x7D, 0xC0]),
            (H5Packet::Config(0x11), &[0xC0, 0x00, 0x3F, 0x00, 0xC1, 0x03, 0xFC, 0x11, 0xC0]),
            (H5Packet::ConfigResponse(0x11), &[0xC0, 0x00, 0x3F, 0x00, 0xC1, 0x04, 0x7B, 0x11, 0xC0]),
            (H5Packet::Ack(0), &[0xC0, 0, 0, 0, 0, 0xC0]),
            (H5Packet::Ack(3), &[0xC0, 24, 0, 0, 232, 0xC0]),
        ] {
            assert_eq!(packet.encode(), bytes);
            assert_eq!(Decoder::new().feed(bytes), [Ok(packet)]);
        }
    }

    #[test]
    fn every_damaged_byte_of_a_packet_is_seen() {
        let packet = H5Packet::Reliable { seq: 5, ack: 2, payload: vec![0, 0x9C, 0xC0, 0xDB, 7] };
        let good = packet.encode();
        assert_eq!(Decoder::new().feed(&good), [Ok(packet.clone())]);
        for at in 1..good.len() - 1 {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                // Whatever becomes of it, the next packet is understood.
                bad.extend_from_slice(&good);
                let found = Decoder::new().feed(&bad);
                assert_eq!(found.last(), Some(&Ok(packet.clone())), "byte {at}, bit {bit}");
                assert_eq!(found.iter().filter(|one| one.is_ok()).count(), 1, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_frame_is_said() {
        assert_eq!(H5Packet::decode(&[0, 5, 0]), Err(H5Error::Length(3)));
        assert_eq!(H5Packet::decode(&[0, 5, 0, 0]), Err(H5Error::HeaderChecksum));
        assert_eq!(H5Packet::decode(&[0, 0x15, 0, 0xEB]), Err(H5Error::Length(4)));
        assert_eq!(H5Packet::decode(&[0, 0x06, 0, 0xFA]), Err(H5Error::Type(6)));
        // A serialised call without CRC and number.
        assert_eq!(H5Packet::decode(&[0, 0x0E, 0, 0xF2]), Err(H5Error::Type(14)));
        assert_eq!(Decoder::new().feed(&[0xC0, 0xDB, 0x00, 0xC0]), [Err(H5Error::Slip)]);
    }
}
