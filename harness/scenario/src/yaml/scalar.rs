//! A single value as it was written, and what it is.

use serde_yaml::Value;

use super::Span;

/// How a scalar came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes.
    Plain,
    /// In quotes, or as a block of text.
    Quoted,
    /// At least one value of the matrix was put into it.
    Substituted,
}

/// A single value.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    /// The text, without quotes and escapes.
    pub(crate) text: String,
    /// What it is.
    pub(crate) value: Value,
    pub(crate) style: Style,
    /// Where the values of the matrix stand that were put into it.
    pub(crate) matrix: Vec<Span>,
    /// Whether something should have been put into it that does not exist.
    pub(crate) broken: bool,
}

impl Scalar {
    pub(crate) fn new(text: String, style: Style) -> Self {
        let value = match style {
            Style::Quoted => Value::String(text.clone()),
            Style::Plain | Style::Substituted => resolve(&text),
        };
        Self { text, value, style, matrix: Vec::new(), broken: false }
    }

    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            _ => "text",
        }
    }
}

/// What a plain scalar is. Anything that only looks like YAML inside (a substituted `a: b`) is text.
fn resolve(text: &str) -> Value {
    if is_surely_text(text) {
        return Value::String(text.to_owned());
    }
    if let Some(number) = surely_number(text) {
        return Value::Number(number.into());
    }
    match serde_yaml::from_str(text) {
        Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

/// A word that is none of YAML's own, or an amount with its unit. Asking YAML about each of them is what reading a suite would
/// spend most of its time with.
fn is_surely_text(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let word = match text.as_bytes() {
        bytes if digits > 0 && bytes.get(digits) == Some(&b' ') => &text[digits + 1..],
        _ => text,
    };
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let own = ["null", "true", "false"].iter().any(|own| word[..letters].eq_ignore_ascii_case(own));
    letters > 0 && !own
}

/// A decimal number without anything that YAML may see otherwise: no sign, no zero in front, and room in 64 bits.
fn surely_number(text: &str) -> Option<u64> {
    let plain = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_is_what_yaml_would_have_said() {
        for text in [
            "a",
            "none",
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "nan",
            "inf",
            "True",
            "FALSE",
            "Null",
            "nULL",
            "truer",
            "true: x",
            "null # x",
            "a # b",
            "a: b",
            "20 KiB",
            "4 B",
            "12 e5",
            "12 true",
            "1 2",
            "12 # x",
            "0",
            "00",
            "012",
            "1",
            "999999999999999999",
            "1000000000000000000",
            "18446744073709551616",
            "-1",
            "+1",
            "1.5",
            "1e3",
            "0x10",
            "0o7",
            ".inf",
            "~",
            "",
            "1_000",
            "12:30",
            "2020-01-01",
            "dual",
            "a\nb",
            "a\n---\nb",
            "e1",
            "x]",
            "0 B",
            "7 \u{e9}",
        ] {
            let asked = match serde_yaml::from_str(text) {
                Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => value,
                _ => Value::String(text.to_owned()),
            };
            assert_eq!(resolve(text), asked, "{text:?}");
        }
    }

    #[test]
    fn plain_scalars_are_what_serde_yaml_says() {
        for (text, kind) in [
            ("12", "a number"),
            ("0x10", "a number"),
            ("true", "a truth value"),
            ("", "nothing"),
            ("~", "nothing"),
            ("none", "text"),
            ("yes", "text"),
            ("20 KiB", "text"),
            ("a: b", "text"),
            ("[a", "text"),
        ] {
            assert_eq!(Scalar::new(text.to_owned(), Style::Plain).kind(), kind, "{text}");
        }
        assert_eq!(Scalar::new("12".to_owned(), Style::Quoted).kind(), "text");
    }
}
