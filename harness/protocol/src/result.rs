//! Result codes and extended error codes, and the two as one [`Outcome`].

use crate::code::{UnknownName, byte_code};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

byte_code! {
    /// Third byte of a response.
    ResultCode, "result code" {
        /// The request was executed.
        Success = 0x01, "success", "success";
        /// This device does not know the opcode.
        OpcodeNotSupported = 0x02, "opcode-not-supported", "the operation is not supported";
        /// A parameter is missing or wrong.
        InvalidParameter = 0x03, "invalid-parameter", "a parameter is not valid";
        /// Object or image too large.
        InsufficientResources = 0x04, "insufficient-resources", "not enough memory for the object";
        /// The object does not fit: bad init packet, bad signature, bad image.
        InvalidObject = 0x05, "invalid-object", "the object is not valid";
        /// Object type not supported; defined, never sent by this bootloader.
        UnsupportedType = 0x07, "unsupported-type", "the object type is not supported";
        /// Not allowed in this state.
        OperationNotPermitted = 0x08, "operation-not-permitted", "the operation is not permitted in this state";
        /// The operation failed inside the device.
        OperationFailed = 0x0A, "operation-failed", "the operation failed";
        /// One more byte follows and says why.
        ExtendedError = 0x0B, "extended-error", "extended error";
    }
}

byte_code! {
    /// Fourth byte of a response whose result is [`ResultCode::ExtendedError`].
    ExtendedError, "extended error" {
        /// No extended error is set; never sent.
        NoError = 0x00, "no-error", "no extended error is set";
        /// The error code itself was not valid; never sent.
        InvalidErrorCode = 0x01, "invalid-error-code", "the error code is not valid";
        /// Wrong command format; never sent.
        WrongCommandFormat = 0x02, "wrong-command-format", "the format of the command is wrong";
        /// Command not known; never sent.
        UnknownCommand = 0x03, "unknown-command", "the command is not known";
        /// A needed field of the init packet is missing or its type is not known.
        InitCommandInvalid = 0x04, "init-command-invalid", "the init packet is incomplete or of an unknown type";
        /// Downgrade prevention.
        FwVersionFailure = 0x05, "firmware-version", "the firmware version is too low";
        /// The image is for other hardware.
        HwVersionFailure = 0x06, "hardware-version", "the hardware version does not match";
        /// The installed SoftDevice is not one of those the image accepts.
        SdVersionFailure = 0x07, "softdevice-version", "the SoftDevice requirement is not met";
        /// The device wants a signed init packet.
        SignatureMissing = 0x08, "signature-missing", "the signature is missing";
        /// The hash is not SHA-256.
        WrongHashType = 0x09, "hash-type", "the hash type is not supported";
        /// The hash could not be computed; never sent.
        HashFailed = 0x0A, "hash-failed", "the hash could not be computed";
        /// The signature is of a type the device can't check.
        WrongSignatureType = 0x0B, "signature-type", "the signature type is not supported";
        /// The image received is not the one the init packet describes.
        VerificationFailed = 0x0C, "verification-failed", "the hash of the received image does not match";
        /// No space; never sent (lack of space is [`ResultCode::InsufficientResources`]).
        InsufficientSpace = 0x0D, "insufficient-space", "not enough space for the image";
    }
}

/// A result code together with its extended code, as one thing to expect, report or name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// A result without extended code.
    Result(ResultCode),
    /// Result 0B with this code.
    Extended(ExtendedError),
}

impl Outcome {
    /// Success.
    pub const SUCCESS: Self = Self::Result(ResultCode::Success);

    /// True for success.
    #[must_use]
    pub fn is_success(self) -> bool {
        self == Self::SUCCESS
    }

    /// The result byte.
    #[must_use]
    pub fn result(self) -> ResultCode {
        match self {
            Self::Result(result) => result,
            Self::Extended(_) => ResultCode::ExtendedError,
        }
    }

    /// The extended code, if the result has one.
    #[must_use]
    pub fn extended(self) -> Option<ExtendedError> {
        match self {
            Self::Result(_) => None,
            Self::Extended(code) => Some(code),
        }
    }

    /// The stable name: that of the extended code if there is one (`signature-missing`), else of the result
    /// (`invalid-object`). Codes without a name are `result-0x06` and `extended-0x0e`.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::Result(ResultCode::Other(code)) => format!("result-0x{code:02x}").into(),
            Self::Extended(ExtendedError::Other(code)) => format!("extended-0x{code:02x}").into(),
            Self::Result(result) => result.name(),
            Self::Extended(code) => code.name(),
        }
    }

    /// The bytes of the result in a response: one, or two with an extended code.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::Result(result) => vec![result.code()],
            Self::Extended(code) => vec![ResultCode::ExtendedError.code(), code.code()],
        }
    }
}

impl From<ResultCode> for Outcome {
    fn from(result: ResultCode) -> Self {
        Self::Result(result)
    }
}

impl From<ExtendedError> for Outcome {
    fn from(code: ExtendedError) -> Self {
        Self::Extended(code)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result(result) => write!(f, "{result} ({:02X})", result.code()),
            Self::Extended(code) => write!(f, "{code} (0B {:02X})", code.code()),
        }
    }
}

impl FromStr for Outcome {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownName { what: "result", name: name.to_owned() };
        if let Some(code) = name.strip_prefix("result-") {
            return code.parse().map(Self::Result).map_err(|_| unknown());
        }
        if let Some(code) = name.strip_prefix("extended-0x") {
            return format!("0x{code}").parse().map(Self::Extended).map_err(|_| unknown());
        }
        if name.starts_with("0x") {
            return Err(unknown());
        }
        name.parse::<ResultCode>()
            .map(Self::Result)
            .or_else(|_| name.parse::<ExtendedError>().map(Self::Extended))
            .map_err(|_| unknown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_one_name_and_it_reads_back() {
        let mut names = std::collections::BTreeSet::new();
        for byte in 0..=255u8 {
            for outcome in [Outcome::Result(byte.into()), Outcome::Extended(byte.into())] {
                assert!(names.insert(outcome.name().into_owned()), "{} is used twice", outcome.name());
                assert_eq!(outcome.name().parse(), Ok(outcome));
            }
        }
    }

    #[test]
    fn names_and_words_are_what_reports_show() {
        let outcome: Outcome = "signature-missing".parse().unwrap();
        assert_eq!(outcome.bytes(), [0x0B, 0x08]);
        assert_eq!(outcome.to_string(), "the signature is missing (0B 08)");
        let outcome: Outcome = "invalid-object".parse().unwrap();
        assert_eq!(outcome.bytes(), [0x05]);
        assert_eq!(outcome.result(), ResultCode::InvalidObject);
        assert!("signature missing".parse::<Outcome>().is_err());
        assert!("0x05".parse::<Outcome>().is_err());
    }
}
