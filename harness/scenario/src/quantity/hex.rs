//! Bytes in hexadecimal: `06 01`, and in answers `..` for any byte.

use super::Refusal;

/// The most bytes of one message. More fits neither an ATT notification nor a serial frame.
const LONGEST: usize = 512;

/// Bytes that are sent, 1 to 512.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HexBytes(Vec<u8>);

impl HexBytes {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let expected = Refusal::Form { expected: "bytes in hexadecimal, such as `06 01`" };
        let bytes: Option<Vec<u8>> = tokens(text).ok_or(expected.clone())?.into_iter().collect();
        within(text, bytes.ok_or(expected)?).map(Self)
    }
}

impl std::fmt::Display for HexBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        spaced(f, self.0.iter().copied().map(Some))
    }
}

/// Bytes that are expected, 1 to 512, where some may be anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HexPattern(Vec<Option<u8>>);

impl HexPattern {
    /// The bytes; `None` is any byte.
    #[must_use]
    pub fn as_slice(&self) -> &[Option<u8>] {
        &self.0
    }

    /// Whether a message has this length and these bytes.
    #[must_use]
    pub fn matches(&self, message: &[u8]) -> bool {
        self.0.len() == message.len()
            && self.0.iter().zip(message).all(|(want, have)| want.is_none_or(|want| want == *have))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let expected = Refusal::Form {
            expected: "bytes in hexadecimal with `..` for any byte, such as `60 04 ..`, or `none`",
        };
        within(text, tokens(text).ok_or(expected)?).map(Self)
    }
}

impl std::fmt::Display for HexPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        spaced(f, self.0.iter().copied())
    }
}

/// Splits a text into bytes; blanks between bytes are optional, inside of a byte they are a mistake.
fn tokens(text: &str) -> Option<Vec<Option<u8>>> {
    let mut bytes = Vec::new();
    for word in text.split_ascii_whitespace() {
        // Bytes and not characters: a character of several bytes is refused below instead of being split.
        for pair in word.as_bytes().chunks(2) {
            bytes.push(match pair {
                b".." => None,
                [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
                _ => return None,
            });
        }
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn within<T>(text: &str, bytes: Vec<T>) -> Result<Vec<T>, Refusal> {
    if (1..=LONGEST).contains(&bytes.len()) {
        return Ok(bytes);
    }
    Err(Refusal::Range {
        value: if text.is_empty() { "an empty text".to_owned() } else { format!("{} bytes", bytes.len()) },
        what: "a message",
        low: "1 byte".to_owned(),
        high: format!("{LONGEST} bytes"),
    })
}

fn spaced(f: &mut std::fmt::Formatter<'_>, bytes: impl Iterator<Item = Option<u8>>) -> std::fmt::Result {
    for (index, byte) in bytes.enumerate() {
        let gap = if index == 0 { "" } else { " " };
        match byte {
            Some(byte) => write!(f, "{gap}{byte:02X}")?,
            None => write!(f, "{gap}..")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_with_and_without_blanks() {
        assert_eq!(HexBytes::parse("06 01").unwrap().as_slice(), [6, 1]);
        assert_eq!(HexBytes::parse("0601aB").unwrap().as_slice(), [6, 1, 0xAB]);
        assert_eq!(HexBytes::parse("06 01").unwrap().to_string(), "06 01");
    }

    #[test]
    fn a_pattern_matches_length_and_known_bytes() {
        let pattern = HexPattern::parse("60 06 .. 01").unwrap();
        assert!(pattern.matches(&[0x60, 6, 0xFF, 1]));
        assert!(!pattern.matches(&[0x60, 6, 0xFF, 2]));
        assert!(!pattern.matches(&[0x60, 6, 0xFF]));
        assert!(!pattern.matches(&[0x60, 6, 0xFF, 1, 0]));
        assert_eq!(pattern.to_string(), "60 06 .. 01");
    }

    #[test]
    fn what_is_not_bytes_is_refused() {
        for text in ["6", "06 1", "0g", "é", "06 .. 01", "0x06"] {
            assert!(matches!(HexBytes::parse(text), Err(Refusal::Form { .. })), "{text}");
        }
        assert!(matches!(HexPattern::parse("60 ."), Err(Refusal::Form { .. })));
        assert!(matches!(HexBytes::parse(""), Err(Refusal::Range { .. })));
        assert!(matches!(HexBytes::parse(&"00".repeat(513)), Err(Refusal::Range { .. })));
    }
}
