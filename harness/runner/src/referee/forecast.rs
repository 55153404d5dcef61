//! What the answer to a request may be, and whether a message is one of these.

use std::fmt;

const RESPONSE: u8 = 0x60;
pub(super) const SUCCESS: u8 = 0x01;
pub(super) const EXTENDED: u8 = 0x0B;

/// One answer that a device may give, behind `60` and the opcode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Allowed {
    /// A result without anything behind it (CP-002).
    Code(u8),
    /// Result 0B with this code (CP-003).
    Extended(u8),
    /// Success with these bytes; `None` is any.
    Success(Vec<Option<u8>>),
}

/// Bytes that are known.
pub(super) fn known(bytes: &[u8]) -> Vec<Option<u8>> {
    bytes.iter().copied().map(Some).collect()
}

/// So many bytes of which nothing is known.
pub(super) fn any(count: usize) -> Vec<Option<u8>> {
    vec![None; count]
}

/// Everything that the answer to a request may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forecast {
    pub(super) opcode: u8,
    pub(super) allowed: Vec<Allowed>,
    /// The requirements that say so.
    pub(super) rule: &'static str,
}

impl Forecast {
    pub(super) fn new(opcode: u8, rule: &'static str, allowed: Vec<Allowed>) -> Self {
        Self { opcode, allowed, rule }
    }

    /// Success without anything behind it.
    pub(super) fn success(opcode: u8, rule: &'static str) -> Self {
        Self::new(opcode, rule, vec![Allowed::Success(Vec::new())])
    }

    /// A refusal with this result.
    pub(super) fn code(opcode: u8, rule: &'static str, code: u8) -> Self {
        Self::new(opcode, rule, vec![Allowed::Code(code)])
    }

    /// Whether `message` is one of them.
    pub(super) fn holds(&self, message: &[u8]) -> bool {
        let Some(rest) = message.strip_prefix(&[RESPONSE, self.opcode]) else { return false };
        self.allowed.iter().any(|allowed| match allowed {
            Allowed::Code(code) => rest == [*code],
            Allowed::Extended(code) => rest == [EXTENDED, *code],
            Allowed::Success(pattern) => rest.split_first().is_some_and(|(result, payload)| {
                *result == SUCCESS
                    && payload.len() == pattern.len()
                    && payload.iter().zip(pattern).all(|(byte, wanted)| wanted.is_none_or(|w| w == *byte))
            }),
        })
    }
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, allowed) in self.allowed.iter().enumerate() {
            if number > 0 {
                f.write_str(" or ")?;
            }
            write!(f, "{RESPONSE:02X} {:02X}", self.opcode)?;
            match allowed {
                Allowed::Code(code) => write!(f, " {code:02X}")?,
                Allowed::Extended(code) => write!(f, " {EXTENDED:02X} {code:02X}")?,
                Allowed::Success(pattern) => {
                    write!(f, " {SUCCESS:02X}")?;
                    for byte in pattern {
                        match byte {
                            Some(byte) => write!(f, " {byte:02X}")?,
                            None => f.write_str(" ..")?,
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Bytes for people.
pub(super) fn spaced(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts_and_their_number() {
        let select = vec![Allowed::Success([known(&[0, 2, 0, 0]), any(2)].concat()), Allowed::Code(5)];
        let forecast = Forecast::new(6, "CP-014", select);
        assert!(forecast.holds(&[0x60, 6, 1, 0, 2, 0, 0, 7, 8]));
        assert!(forecast.holds(&[0x60, 6, 5]));
        for wrong in [
            &[0x60, 6, 1, 0, 2, 0, 0, 7][..],
            &[0x60, 6, 1, 0, 2, 0, 0, 7, 8, 9],
            &[0x60, 6, 1, 0, 1, 0, 0, 7, 8],
            &[0x60, 6, 5, 0],
            &[0x60, 3, 5],
            &[0x61, 6, 5],
            &[0x60],
            &[],
        ] {
            assert!(!forecast.holds(wrong), "{wrong:02X?}");
        }
        assert_eq!(forecast.to_string(), "60 06 01 00 02 00 00 .. .. or 60 06 05");
    }
}
