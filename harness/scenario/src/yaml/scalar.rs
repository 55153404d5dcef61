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
    match serde_yaml::from_str(text) {
        Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => value,
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
