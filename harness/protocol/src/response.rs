//! Answers of the device: `60 <op> <result> [extended] [payload]` (CP-001..003).

use crate::answer::{CrcAnswer, FirmwareVersionAnswer, HardwareVersionAnswer, MtuAnswer, SelectAnswer};
use crate::{ExtendedError, Opcode, Outcome, ResultCode};

/// One message from the device, without framing.
///
/// Packet receipt notifications have the form of an answer to [`Opcode::GetCrc`] (PRN-001).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The request this answers.
    pub opcode: Opcode,
    /// The result.
    pub result: ResultCode,
    /// The extended code; present exactly when the result is [`ResultCode::ExtendedError`].
    pub extended: Option<ExtendedError>,
    /// What follows the result.
    pub payload: Vec<u8>,
}

/// A message that is not a response, or whose payload is not what the opcode promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Fewer than three bytes, or four with an extended error.
    #[error("the response has {found} bytes, at least {needed} are needed")]
    TooShort {
        /// Bytes needed.
        needed: usize,
        /// Bytes found.
        found: usize,
    },
    /// The first byte is not 60.
    #[error("the message starts with {found:02X}, a response starts with 60")]
    NotAResponse {
        /// First byte found.
        found: u8,
    },
    /// The answer belongs to another request.
    #[error("this answers {found}, not {expected}")]
    OtherOpcode {
        /// The request that was waited for.
        expected: Opcode,
        /// The request this answers.
        found: Opcode,
    },
    /// The device said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The payload is too short for this answer.
    #[error("the answer to {opcode} has {found} bytes of payload, {needed} are needed")]
    ShortPayload {
        /// Which answer.
        opcode: Opcode,
        /// Bytes needed.
        needed: usize,
        /// Bytes found.
        found: usize,
    },
}

/// The device refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the device refused {opcode}: {outcome}")]
pub struct Refusal {
    /// Which request.
    pub opcode: Opcode,
    /// Why.
    pub outcome: Outcome,
}

impl Response {
    /// An answer without payload.
    #[must_use]
    pub fn new(opcode: Opcode, outcome: impl Into<Outcome>) -> Self {
        let outcome = outcome.into();
        Self { opcode, result: outcome.result(), extended: outcome.extended(), payload: Vec::new() }
    }

    /// A success with payload.
    #[must_use]
    pub fn success(opcode: Opcode, payload: Vec<u8>) -> Self {
        Self { opcode, result: ResultCode::Success, extended: None, payload }
    }

    /// Answer to Select.
    #[must_use]
    pub fn select(answer: SelectAnswer) -> Self {
        Self::success(Opcode::Select, words(&[answer.max_size, answer.offset, answer.crc]))
    }

    /// Answer to Get CRC, or packet receipt notification.
    #[must_use]
    pub fn crc(answer: CrcAnswer) -> Self {
        Self::success(Opcode::GetCrc, words(&[answer.offset, answer.crc]))
    }

    /// Answer to Get MTU.
    #[must_use]
    pub fn mtu(answer: MtuAnswer) -> Self {
        Self::success(Opcode::GetMtu, answer.mtu.to_le_bytes().to_vec())
    }

    /// Answer to Hardware version.
    #[must_use]
    pub fn hardware_version(answer: HardwareVersionAnswer) -> Self {
        let HardwareVersionAnswer { part, variant, rom_size, ram_size, rom_page_size } = answer;
        Self::success(Opcode::HardwareVersion, words(&[part, variant, rom_size, ram_size, rom_page_size]))
    }

    /// Answer to Firmware version.
    #[must_use]
    pub fn firmware_version(answer: FirmwareVersionAnswer) -> Self {
        let mut payload = vec![answer.image_type];
        payload.extend(words(&[answer.version, answer.address, answer.length]));
        Self::success(Opcode::FirmwareVersion, payload)
    }

    /// The bytes on the wire, unframed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![Opcode::Response.code(), self.opcode.code(), self.result.code()];
        bytes.extend(self.extended.map(ExtendedError::code));
        bytes.extend_from_slice(&self.payload);
        bytes
    }

    /// Reads a message of the device.
    ///
    /// # Errors
    /// [`ResponseError::TooShort`] and [`ResponseError::NotAResponse`]. A refusal is not an error here.
    pub fn parse(bytes: &[u8]) -> Result<Self, ResponseError> {
        if let Some(&found) = bytes.first().filter(|&&b| b != Opcode::Response.code()) {
            return Err(ResponseError::NotAResponse { found });
        }
        let [_, opcode, result, rest @ ..] = bytes else {
            return Err(ResponseError::TooShort { needed: 3, found: bytes.len() });
        };
        let result = ResultCode::from(*result);
        let (extended, payload) = match (result, rest) {
            (ResultCode::ExtendedError, [code, payload @ ..]) => (Some((*code).into()), payload),
            (ResultCode::ExtendedError, []) => {
                return Err(ResponseError::TooShort { needed: 4, found: bytes.len() });
            }
            (_, payload) => (None, payload),
        };
        Ok(Self { opcode: Opcode::from(*opcode), result, extended, payload: payload.to_vec() })
    }

    /// Result and extended code as one.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.extended.map_or(Outcome::Result(self.result), Outcome::Extended)
    }

    /// The payload of a success.
    ///
    /// # Errors
    /// [`Refusal`] for every other result.
    pub fn accepted(&self) -> Result<&[u8], Refusal> {
        match self.outcome() {
            Outcome::SUCCESS => Ok(&self.payload),
            outcome => Err(Refusal { opcode: self.opcode, outcome }),
        }
    }

    /// The payload as the answer to Select.
    ///
    /// # Errors
    /// Another opcode, a refusal, or a short payload; the same holds for the other typed answers.
    pub fn select_answer(&self) -> Result<SelectAnswer, ResponseError> {
        let [max_size, offset, crc] = le_words(self.fields::<12>(Opcode::Select)?);
        Ok(SelectAnswer { max_size, offset, crc })
    }

    /// The payload as the answer to Get CRC, or as a packet receipt notification.
    ///
    /// # Errors
    /// As [`Self::select_answer`].
    pub fn crc_answer(&self) -> Result<CrcAnswer, ResponseError> {
        let [offset, crc] = le_words(self.fields::<8>(Opcode::GetCrc)?);
        Ok(CrcAnswer { offset, crc })
    }

    /// The payload as the answer to Get MTU.
    ///
    /// # Errors
    /// As [`Self::select_answer`].
    pub fn mtu_answer(&self) -> Result<MtuAnswer, ResponseError> {
        Ok(MtuAnswer { mtu: u16::from_le_bytes(*self.fields(Opcode::GetMtu)?) })
    }

    /// The protocol version of the answer to Protocol version.
    ///
    /// # Errors
    /// As [`Self::select_answer`].
    pub fn protocol_version_answer(&self) -> Result<u8, ResponseError> {
        let [version] = *self.fields(Opcode::ProtocolVersion)?;
        Ok(version)
    }

    /// The id of the answer to Ping.
    ///
    /// # Errors
    /// As [`Self::select_answer`].
    pub fn ping_answer(&self) -> Result<u8, ResponseError> {
        let [id] = *self.fields(Opcode::Ping)?;
        Ok(id)
    }

    /// The payload as the answer to Hardware version.
    ///
    /// # Errors
    /// As [`Self::select_answer`].
    pub fn hardware_version_answer(&self) -> Result<HardwareVersionAnswer, ResponseError> {
        let [part, variant, rom_size, ram_size, rom_page_size] =
            le_words(self.fields::<20>(Opcode::HardwareVersion)?);
        Ok(HardwareVersionAnswer { part, variant, rom_size, ram_size, rom_page_size })
    }

    /// The payload as the answer to Firmware version.
    ///
    /// # Errors
    /// As [`Self::select_answer`].
    pub fn firmware_version_answer(&self) -> Result<FirmwareVersionAnswer, ResponseError> {
        let [image_type, fields @ ..] = self.fields::<13>(Opcode::FirmwareVersion)?;
        let [version, address, length] = le_words::<12, 3>(fields);
        Ok(FirmwareVersionAnswer { image_type: *image_type, version, address, length })
    }

    /// The first `N` bytes of the payload of a successful answer to `expected`.
    fn fields<const N: usize>(&self, expected: Opcode) -> Result<&[u8; N], ResponseError> {
        if self.opcode != expected {
            return Err(ResponseError::OtherOpcode { expected, found: self.opcode });
        }
        let payload = self.accepted()?;
        payload.first_chunk().ok_or(ResponseError::ShortPayload {
            opcode: expected,
            needed: N,
            found: payload.len(),
        })
    }
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// `N` bytes as `W` little-endian words; the callers have `N == 4 * W`.
fn le_words<const N: usize, const W: usize>(bytes: &[u8; N]) -> [u32; W] {
    const { assert!(N == 4 * W, "words are four bytes") };
    std::array::from_fn(|i| {
        u32::from_le_bytes([bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2], bytes[4 * i + 3]])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn typed_answers_round_trip() {
        let select = SelectAnswer { max_size: 4096, offset: 8192, crc: 0x1234_5678 };
        let bytes = Response::select(select).encode();
        assert_eq!(bytes, [0x60, 6, 1, 0, 0x10, 0, 0, 0, 0x20, 0, 0, 0x78, 0x56, 0x34, 0x12]);
        assert_eq!(Response::parse(&bytes).unwrap().select_answer(), Ok(select));

        let crc = CrcAnswer { offset: 1, crc: 2 };
        assert_eq!(Response::parse(&Response::crc(crc).encode()).unwrap().crc_answer(), Ok(crc));

        let mtu = Response::parse(&[0x60, 7, 1, 0x83, 0]).unwrap().mtu_answer().unwrap();
        assert_eq!((mtu.mtu, mtu.max_data()), (131, 64));
        let mtu = Response::parse(&[0x60, 7, 1, 0x03, 0x08]).unwrap().mtu_answer().unwrap();
        assert_eq!((mtu.mtu, mtu.max_data()), (2051, 1024));
        assert_eq!(MtuAnswer { mtu: 0 }.max_data(), 0);

        let chip = HardwareVersionAnswer {
            part: 0x52840,
            variant: 0x4141_4430,
            rom_size: 0x10_0000,
            ram_size: 0x4_0000,
            rom_page_size: 0x1000,
        };
        let bytes = Response::hardware_version(chip).encode();
        assert_eq!(bytes.len(), 23);
        assert_eq!(bytes[3..7], [0x40, 0x28, 0x05, 0x00]);
        assert_eq!(Response::parse(&bytes).unwrap().hardware_version_answer(), Ok(chip));

        let image = FirmwareVersionAnswer { image_type: 2, version: 1, address: 0xF8000, length: 0x6000 };
        let bytes = Response::firmware_version(image).encode();
        assert_eq!(bytes.len(), 16);
        assert_eq!(Response::parse(&bytes).unwrap().firmware_version_answer(), Ok(image));
    }

    #[test]
    fn refusals_are_three_or_four_bytes() {
        assert_eq!(Response::new(Opcode::Execute, ResultCode::InvalidObject).encode(), [0x60, 4, 5]);
        let bytes = Response::new(Opcode::Execute, ExtendedError::SignatureMissing).encode();
        assert_eq!(bytes, [0x60, 4, 0x0B, 8]);
        let parsed = Response::parse(&bytes).unwrap();
        assert_eq!(parsed.outcome(), Outcome::Extended(ExtendedError::SignatureMissing));
        assert!(parsed.accepted().is_err());
    }

    #[test]
    fn what_is_not_an_answer_is_refused() {
        assert_eq!(Response::parse(&[]), Err(ResponseError::TooShort { needed: 3, found: 0 }));
        assert_eq!(Response::parse(&[0x60, 3]), Err(ResponseError::TooShort { needed: 3, found: 2 }));
        assert_eq!(Response::parse(&[0x60, 4, 0x0B]), Err(ResponseError::TooShort { needed: 4, found: 3 }));
        assert_eq!(Response::parse(&[0x61, 3, 1]), Err(ResponseError::NotAResponse { found: 0x61 }));
        let short = Response::parse(&[0x60, 3, 1, 0, 0]).unwrap();
        assert_eq!(
            short.crc_answer(),
            Err(ResponseError::ShortPayload { opcode: Opcode::GetCrc, needed: 8, found: 2 })
        );
        let other = Response::parse(&[0x60, 3, 1]).unwrap();
        assert!(matches!(other.select_answer(), Err(ResponseError::OtherOpcode { .. })));
    }

    proptest! {
        #[test]
        fn every_message_that_parses_encodes_to_the_same_bytes(rest in proptest::collection::vec(any::<u8>(), 2..20)) {
            let mut bytes = vec![0x60];
            bytes.extend(rest);
            if let Ok(response) = Response::parse(&bytes) {
                prop_assert_eq!(response.encode(), bytes);
            }
        }
    }
}
