//! Numbers and words of the package verbs.

use clap::ValueEnum;
use gauntlet_package::ValidationType;

/// A number of 32 bits, decimal or hexadecimal. nrfutil takes a leading zero for octal; that is refused here, since
/// nobody can tell what was meant.
pub(super) fn number(text: &str) -> Result<u32, String> {
    if text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) {
        if text.bytes().all(|byte| byte == b'0') {
            return Ok(0);
        }
        let octal = u32::from_str_radix(text, 8).map(|number| format!(", and octal {number} for nrfutil"));
        let plain = text.trim_start_matches('0');
        return Err(format!(
            "a number with a zero in front can be read in two ways: {plain}{}; write it without the zero",
            octal.unwrap_or_default()
        ));
    }
    crate::args::words::version(text)
        .map_err(|_| format!("a number from 0 to {}, decimal or hexadecimal like 0x101", u32::MAX))
}

/// A SoftDevice id; spaces around it do no harm.
pub(super) fn id(text: &str) -> Result<u32, String> {
    number(text.trim())
}

/// A version of three parts: `a.b.c` is a*10000 + b*100 + c.
pub(super) fn version_string(text: &str) -> Result<u32, String> {
    let parts: Option<Vec<u32>> = text
        .split('.')
        .map(|part| part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit())))
        .collect();
    let shape = "a version string is three numbers like 2.7.31";
    let [a, b, c] = parts.as_deref().unwrap_or_default() else { return Err(shape.to_owned()) };
    if *b > 99 || *c > 99 {
        return Err(format!(
            "the second and third number are at most 99: {a}.{b}.{c} would be another version"
        ));
    }
    let version = a.checked_mul(10_000).and_then(|version| version.checked_add(b * 100 + c));
    version.ok_or_else(|| "the version does not fit into 32 bits".to_owned())
}

/// What a bootloader checks before it starts an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Validation {
    /// Nothing.
    #[value(alias = "NO_VALIDATION")]
    None,
    /// A CRC that the bootloader computes itself.
    #[value(alias = "VALIDATE_GENERATED_CRC")]
    Crc,
    /// A SHA-256 that the bootloader computes itself.
    #[value(alias = "VALIDATE_GENERATED_SHA256")]
    Sha256,
    /// A signature by the signing key.
    #[value(alias = "VALIDATE_ECDSA_P256_SHA256")]
    Ecdsa,
}

impl Validation {
    /// The type in init packet and settings.
    pub(crate) fn kind(self) -> ValidationType {
        match self {
            Self::None => ValidationType::None,
            Self::Crc => ValidationType::GeneratedCrc,
            Self::Sha256 => ValidationType::Sha256,
            Self::Ecdsa => ValidationType::EcdsaP256Sha256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_one_way_only() {
        for (text, value) in [("0", 0), ("00", 0), ("52", 52), ("0x34", 52), ("4294967295", u32::MAX)] {
            assert_eq!(number(text), Ok(value), "{text}");
        }
        let error = number("064").unwrap_err();
        assert!(error.contains("64, and octal 52"), "{error}");
        for bad in ["", "08", "4294967296", "-1", "1.2", "none"] {
            assert!(number(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_version_string_has_three_parts() {
        assert_eq!(version_string("2.7.31"), Ok(20731));
        for bad in ["", "1.2", "1.2.3.4", "1.100.3", "a.b.c", "1..2", "+1.2.3", "429497.0.0"] {
            assert!(version_string(bad).is_err(), "{bad}");
        }
    }
}
