//! One-byte codes of the protocol as Rust enums that can hold every value.
//!
//! A peer may send any byte, so each enum is total: a byte without a name becomes `Other`. The conversion from `u8` is
//! the only way the crate builds one, which keeps `Other` free of values that have a name.

/// A name that is not one of the stable names of an enum of this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not the name of a {what}")]
pub struct UnknownName {
    /// What was looked for, in words: "result code", "firmware type".
    pub what: &'static str,
    /// The name that was given.
    pub name: String,
}

/// Declares a total one-byte enum: code, stable kebab-case name and plain words for each variant.
///
/// `name()` and `FromStr` use the stable name (for an unnamed byte: `0x2a`), `Display` the plain words.
macro_rules! byte_code {
    (
        $(#[$meta:meta])*
        $type:ident, $what:literal {
            $( $(#[$vmeta:meta])* $variant:ident = $code:literal, $name:literal, $words:literal; )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type {
            $( $(#[$vmeta])* $variant, )+
            /// A byte without a meaning in the protocol.
            Other(u8),
        }

        impl $type {
            /// Every variant with a name, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The byte on the wire.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self {
                    $( Self::$variant => $code, )+
                    Self::Other(code) => code,
                }
            }

            /// The stable name used in scenario files and reports; `0x2a` for a byte without a name.
            #[must_use]
            pub fn name(self) -> std::borrow::Cow<'static, str> {
                match self {
                    $( Self::$variant => $name.into(), )+
                    Self::Other(code) => format!("0x{code:02x}").into(),
                }
            }
        }

        impl From<u8> for $type {
            fn from(code: u8) -> Self {
                match code {
                    $( $code => Self::$variant, )+
                    other => Self::Other(other),
                }
            }
        }

        impl From<$type> for u8 {
            fn from(value: $type) -> Self {
                value.code()
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $( Self::$variant => f.write_str($words), )+
                    Self::Other(code) => write!(f, concat!("unknown ", $what, " 0x{:02x}"), code),
                }
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::code::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $( $name => Ok(Self::$variant), )+
                    _ => name
                        .strip_prefix("0x")
                        .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
                        .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                        .map(Self::from)
                        .ok_or_else(|| $crate::code::UnknownName { what: $what, name: name.to_owned() }),
                }
            }
        }
    };
}
pub(crate) use byte_code;

#[cfg(test)]
mod tests {
    use crate::init_packet::{FwType, HashType, SignatureType, ValidationType};
    use crate::{ExtendedError, ObjectType, Opcode, ResultCode};
    use std::fmt::Debug;
    use std::str::FromStr;

    fn every_byte_round_trips<T>()
    where
        T: From<u8> + Into<u8> + FromStr + Copy + PartialEq + Debug,
        <T as FromStr>::Err: Debug,
    {
        for byte in 0..=255u8 {
            let value = T::from(byte);
            assert_eq!(value.into(), byte);
        }
    }

    #[test]
    fn bytes_and_names_round_trip() {
        every_byte_round_trips::<Opcode>();
        every_byte_round_trips::<ObjectType>();
        every_byte_round_trips::<ResultCode>();
        every_byte_round_trips::<ExtendedError>();
        every_byte_round_trips::<FwType>();
        every_byte_round_trips::<HashType>();
        every_byte_round_trips::<ValidationType>();
        every_byte_round_trips::<SignatureType>();
        for byte in 0..=255u8 {
            let code = ExtendedError::from(byte);
            assert_eq!(code.name().parse::<ExtendedError>(), Ok(code));
        }
    }

    #[test]
    fn a_name_that_does_not_exist_is_refused() {
        for name in ["", "signature_missing", "0x", "0x100", "0x+1", "8"] {
            assert!(name.parse::<ExtendedError>().is_err(), "{name:?} must be refused");
        }
        assert_eq!("0x08".parse::<ExtendedError>(), Ok(ExtendedError::SignatureMissing));
    }
}
