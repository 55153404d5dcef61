//! Requests of the host.

use crate::{ObjectType, Opcode};

/// One request: the opcode and its parameters, without framing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request {
    /// Opcode 00.
    ProtocolVersion,
    /// Opcode 01: open an object (OBJ-001..003, OBJ-015..023).
    Create {
        /// What kind of object.
        object: ObjectType,
        /// Bytes that will follow.
        size: u32,
    },
    /// Opcode 02 (CP-013).
    SetPrn {
        /// Ask for a notification after this many writes; 0 for none.
        packets: u16,
    },
    /// Opcode 03 (CP-018).
    GetCrc,
    /// Opcode 04.
    Execute,
    /// Opcode 06 (CP-014, CP-015).
    Select {
        /// What kind of object.
        object: ObjectType,
    },
    /// Opcode 07.
    GetMtu,
    /// Opcode 08 (SER-007).
    Write {
        /// Bytes for the open object.
        data: Vec<u8>,
    },
    /// Opcode 09 (CP-023).
    Ping {
        /// Comes back in the answer.
        id: u8,
    },
    /// Opcode 0A (CP-008).
    HardwareVersion,
    /// Opcode 0B (CP-009..012).
    FirmwareVersion {
        /// Index of the image; 0 is the bootloader.
        image: u8,
    },
    /// Opcode 0C (CP-024).
    Abort,
    /// An opcode without a meaning (CP-006), including 60, which only the device sends.
    Unknown {
        /// The opcode.
        opcode: u8,
        /// What followed it.
        parameters: Vec<u8>,
    },
}

/// Bytes that are not a whole request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not even an opcode (FLT-002).
    #[error("the request is empty")]
    Empty,
    /// The parameters end too early. A real bootloader reads on in memory behind the request (FLT-001).
    #[error("the {opcode} request has {found} bytes of parameters, {needed} are needed")]
    TooShort {
        /// Which request.
        opcode: Opcode,
        /// Bytes needed behind the opcode.
        needed: usize,
        /// Bytes found behind the opcode.
        found: usize,
    },
}

impl Request {
    /// The opcode of the request.
    #[must_use]
    pub fn opcode(&self) -> Opcode {
        match self {
            Self::ProtocolVersion => Opcode::ProtocolVersion,
            Self::Create { .. } => Opcode::Create,
            Self::SetPrn { .. } => Opcode::SetPrn,
            Self::GetCrc => Opcode::GetCrc,
            Self::Execute => Opcode::Execute,
            Self::Select { .. } => Opcode::Select,
            Self::GetMtu => Opcode::GetMtu,
            Self::Write { .. } => Opcode::Write,
            Self::Ping { .. } => Opcode::Ping,
            Self::HardwareVersion => Opcode::HardwareVersion,
            Self::FirmwareVersion { .. } => Opcode::FirmwareVersion,
            Self::Abort => Opcode::Abort,
            Self::Unknown { opcode, .. } => Opcode::from(*opcode),
        }
    }

    /// The bytes on the wire: opcode and parameters, unframed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.opcode().code()];
        match self {
            Self::Create { object, size } => {
                bytes.push(object.code());
                bytes.extend_from_slice(&size.to_le_bytes());
            }
            Self::SetPrn { packets } => bytes.extend_from_slice(&packets.to_le_bytes()),
            Self::Select { object } => bytes.push(object.code()),
            Self::Write { data } => bytes.extend_from_slice(data),
            Self::Ping { id } => bytes.push(*id),
            Self::FirmwareVersion { image } => bytes.push(*image),
            Self::Unknown { parameters, .. } => bytes.extend_from_slice(parameters),
            Self::ProtocolVersion
            | Self::GetCrc
            | Self::Execute
            | Self::GetMtu
            | Self::HardwareVersion
            | Self::Abort => {}
        }
        bytes
    }

    /// Reads a request. Bytes behind the parameters are ignored (CP-028).
    ///
    /// # Errors
    /// [`RequestError::Empty`] without an opcode, [`RequestError::TooShort`] when parameters are missing.
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        let (&first, rest) = bytes.split_first().ok_or(RequestError::Empty)?;
        let opcode = Opcode::from(first);
        Ok(match opcode {
            Opcode::ProtocolVersion => Self::ProtocolVersion,
            Opcode::Create => {
                let [object, s0, s1, s2, s3] = parameters(opcode, rest)?;
                Self::Create { object: object.into(), size: u32::from_le_bytes([s0, s1, s2, s3]) }
            }
            Opcode::SetPrn => Self::SetPrn { packets: u16::from_le_bytes(parameters(opcode, rest)?) },
            Opcode::GetCrc => Self::GetCrc,
            Opcode::Execute => Self::Execute,
            Opcode::Select => {
                let [object] = parameters(opcode, rest)?;
                Self::Select { object: object.into() }
            }
            Opcode::GetMtu => Self::GetMtu,
            Opcode::Write => Self::Write { data: rest.to_vec() },
            Opcode::Ping => {
                let [id] = parameters(opcode, rest)?;
                Self::Ping { id }
            }
            Opcode::HardwareVersion => Self::HardwareVersion,
            Opcode::FirmwareVersion => {
                let [image] = parameters(opcode, rest)?;
                Self::FirmwareVersion { image }
            }
            Opcode::Abort => Self::Abort,
            Opcode::Response | Opcode::Other(_) => Self::Unknown { opcode: first, parameters: rest.to_vec() },
        })
    }
}

/// The first `N` bytes of the parameters.
fn parameters<const N: usize>(opcode: Opcode, rest: &[u8]) -> Result<[u8; N], RequestError> {
    rest.first_chunk().copied().ok_or(RequestError::TooShort { opcode, needed: N, found: rest.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bytes_are_those_of_the_opcode_table() {
        let create = Request::Create { object: ObjectType::Command, size: 140 };
        assert_eq!(create.encode(), [0x01, 0x01, 140, 0, 0, 0]);
        assert_eq!(Request::SetPrn { packets: 0x0102 }.encode(), [0x02, 0x02, 0x01]);
        assert_eq!(Request::Write { data: vec![1, 2] }.encode(), [0x08, 1, 2]);
        assert_eq!(Request::FirmwareVersion { image: 2 }.encode(), [0x0B, 2]);
        assert_eq!(Request::Abort.encode(), [0x0C]);
    }

    #[test]
    fn extra_bytes_are_ignored_and_missing_ones_are_named() {
        assert_eq!(
            Request::parse(&[0x06, 0x02, 0xFF, 0xFF]),
            Ok(Request::Select { object: ObjectType::Data })
        );
        assert_eq!(Request::parse(&[0x04, 0x01]), Ok(Request::Execute));
        assert_eq!(
            Request::parse(&[0x01, 0x01]),
            Err(RequestError::TooShort { opcode: Opcode::Create, needed: 5, found: 1 })
        );
        assert_eq!(Request::parse(&[]), Err(RequestError::Empty));
        assert_eq!(Request::parse(&[0x60, 1]), Ok(Request::Unknown { opcode: 0x60, parameters: vec![1] }));
    }

    proptest! {
        #[test]
        fn what_parses_encodes_to_a_prefix_of_what_was_sent(bytes in proptest::collection::vec(any::<u8>(), 1..20)) {
            if let Ok(request) = Request::parse(&bytes) {
                let again = request.encode();
                prop_assert_eq!(&bytes[..again.len()], &again[..]);
                prop_assert_eq!(Request::parse(&again), Ok(request));
            }
        }
    }
}
