//! Single values: words, numbers, quantities, names, text.

use std::num::NonZeroU8;
use std::ops::RangeInclusive;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value as Json, json};
use serde_yaml::Value;

use super::{Cx, Shape};
use crate::diagnostics::{ProblemKind, nearest, quote, words};
use crate::model::{
    BankLayout, BankOne, BankZero, Bonds, BootValidation, Buttonless, Cable, Capability, Chip, ClosingUpdate,
    DataSource, Downgrade, Entry, ExtendedCode, Generation, Habit, Key, Link, Mode, Outcome, Peer, Phase,
    Region, RequestKind, Requests, ResetKind, ResultCode, SameVersion, Sign, SignaturePolicy, Stage, Tamper,
    Tear,
};
use crate::quantity::{
    AreaId, Bytes, BytesCompared, Comparison, FailureId, Fwid, HexBytes, HexPattern, PackageName, Period,
    Refusal, RequirementId, ScenarioId, Section, Size, SoftDeviceVersion, Tag, Witness, number, whole,
};
use crate::word::Word;
use crate::yaml::{Node, Scalar, Style};

/// The scalar that a node is. A list or a mapping is reported.
fn scalar<'n>(node: &'n Node, expected: &str, cx: &mut Cx<'_>) -> Option<&'n Scalar> {
    let scalar = node.scalar().filter(|scalar| !matches!(scalar.value, Value::Null));
    if scalar.is_none() {
        cx.wrong_type(node, expected);
    }
    scalar
}

/// The schema of a scalar: what it is, or a text with a value of the matrix in it.
pub(crate) fn scalar_schema(base: &Json) -> Schema {
    json_schema!({ "anyOf": [base, { "$ref": "#/$defs/matrix-value" }] })
}

/// The description of a vocabulary, with what every word means.
pub(crate) fn word_schema<W: Word>() -> Json {
    let words: Vec<Json> = W::ALL
        .iter()
        .map(|word| json!({ "const": word.word(), "description": word.about().trim() }))
        .collect();
    json!({ "oneOf": words })
}

macro_rules! read_words {
    ($($word:ty),+ $(,)?) => { $(
        impl $crate::read::Shape for $word {
            fn read(node: &$crate::yaml::Node, cx: &mut $crate::read::Cx<'_>) -> Option<Self> {
                $crate::read::scalars::word(node, cx)
            }

            fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::read::scalars::scalar_schema(&$crate::read::scalars::word_schema::<Self>())
            }
        }
    )+ };
}

pub(crate) use read_words;

/// Reads a word of a vocabulary.
pub(crate) fn word<W: Word>(node: &Node, cx: &mut Cx<'_>) -> Option<W> {
    let found = W::from_word(&scalar(node, W::WHAT, cx)?.text);
    if found.is_none() {
        cx.unknown_word(node, W::WHAT, W::ALL.iter().map(|word| word.word()));
    }
    found
}

/// Reads one of many names that another crate keeps.
pub(crate) fn named(
    node: &Node,
    what: &str,
    mut names: impl Iterator<Item = &'static str> + Clone,
    cx: &mut Cx<'_>,
) -> Option<&'static str> {
    let text = &scalar(node, what, cx)?.text;
    let found = names.clone().find(|name| name == text);
    if found.is_none() {
        let near = nearest(text, names.clone());
        let begins = text.split(['_', '-']).next().unwrap_or_default();
        let longer = |name: &&str| text.contains('_') && name.starts_with(text.as_str());
        let mut alike: Vec<&str> = names.clone().filter(longer).collect();
        if alike.is_empty() {
            alike = names.by_ref().filter(|name| name.split('_').any(|part| part == begins)).collect();
        }
        let message = format!("{} is not {what}", quote(text));
        let problem = cx.problem(ProblemKind::UnknownWord, node, message);
        let problem = match near {
            Some(near) => problem.label(format!("did you mean `{near}`?")),
            None => problem.label(format!("expected {what}")),
        };
        // There are too many to name them all.
        let problem = match alike.as_slice() {
            [] => problem.help("docs/broken-packages.md lists them all"),
            alike => problem.help(format!("among others there is {}", words(alike.iter().copied()))),
        };
        if !scalar_is_broken(node) {
            cx.report(problem);
        }
    }
    found
}

fn scalar_is_broken(node: &Node) -> bool {
    node.scalar().is_some_and(|scalar| scalar.broken)
}

read_words!(
    BankLayout,
    BankOne,
    BankZero,
    Bonds,
    BootValidation,
    Buttonless,
    Entry,
    Habit,
    Peer,
    Capability,
    Chip,
    ClosingUpdate,
    DataSource,
    Downgrade,
    ExtendedCode,
    Generation,
    Key,
    Link,
    Mode,
    Outcome,
    Phase,
    Region,
    RequestKind,
    Requests,
    ResetKind,
    Cable,
    ResultCode,
    SameVersion,
    Sign,
    SignaturePolicy,
    Stage,
    Tamper,
    Tear,
);

/// Values that read themselves from their text.
macro_rules! read_text {
    ($($type:ty, $expected:literal, $schema:expr;)+) => { $(
        impl Shape for $type {
            fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
                let text = &scalar(node, $expected, cx)?.text;
                match Self::parse(text) {
                    Ok(value) => Some(value),
                    Err(refusal) => {
                        cx.refused(node, &refusal);
                        None
                    }
                }
            }

            fn schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = $schema;
                schema["title"] = $expected.into();
                scalar_schema(&schema)
            }
        }
    )+ };
}

read_text! {
    Size, "a size", json!({ "type": ["integer", "string"], "minimum": 1, "maximum": Size::MAX.bytes(),
        "pattern": "^(0[xX][0-9A-Fa-f]+|[0-9]+) *(B|KiB|MiB)?$", "examples": ["20 KiB", 4097] });
    SoftDeviceVersion, "the version of a SoftDevice", json!({ "type": "string",
        "pattern": "^[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}$", "examples": ["7.3.0"] });
    Period, "a time", json!({ "type": "string", "pattern": "^[0-9]+ *(ms|s|min)$", "examples": ["500 ms", "3 s"] });
    Comparison, "a number or a comparison", json!({ "type": ["integer", "string"], "minimum": 0,
        "pattern": "^(<=|>=)? *(0[xX][0-9A-Fa-f]+|[0-9]+)$", "examples": [1, "<= 4096"] });
    BytesCompared, "a number of bytes or a comparison", json!({ "type": ["integer", "string"], "minimum": 0,
        "pattern": "^(<=|>=)? *(0[xX][0-9A-Fa-f]+|[0-9]+) *(B|KiB|MiB)?$", "examples": [4096, "<= 4 KiB"] });
    HexBytes, "bytes in hexadecimal", json!({ "type": ["string", "integer"],
        "pattern": "^ *([0-9A-Fa-f]{2} *)+$", "examples": ["06 01"] });
    HexPattern, "bytes in hexadecimal", json!({ "type": ["string", "integer"],
        "pattern": "^ *(([0-9A-Fa-f]{2}|\\.\\.) *)+$", "examples": ["60 04 08"] });
    ScenarioId, "a scenario id", json!({ "type": "string", "pattern": Self::PATTERN });
    PackageName, "the name of a package", json!({ "type": "string", "pattern": Self::PATTERN });
    RequirementId, "a requirement id", json!({ "type": "string", "pattern": Self::PATTERN });
    AreaId, "an area of requirements", json!({ "type": "string", "pattern": Self::PATTERN });
    Section, "the number of a section", json!({ "type": ["number", "string"], "pattern": Self::PATTERN });
    FailureId, "a field failure id", json!({ "type": "string", "pattern": Self::PATTERN });
    Tag, "a tag", json!({ "type": ["string", "integer"], "pattern": Self::PATTERN });
}

/// Reads a number. Quotes make a text of it, unless they are there for a value of the matrix.
pub(crate) fn ranged(
    node: &Node,
    what: &'static str,
    range: RangeInclusive<u64>,
    cx: &mut Cx<'_>,
) -> Option<u64> {
    let scalar = scalar(node, what, cx)?;
    if scalar.style == Style::Quoted || matches!(scalar.value, Value::Bool(_)) {
        cx.wrong_type(node, what);
        return None;
    }
    match number(&scalar.text, what, range) {
        Ok(value) => Some(value),
        Err(Refusal::Form { .. }) if matches!(scalar.value, Value::String(_)) => {
            cx.wrong_type(node, what);
            None
        }
        Err(refusal) => {
            cx.refused(node, &refusal);
            None
        }
    }
}

impl Shape for Bytes {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let scalar = scalar(node, BYTES, cx)?;
        // Only a text that begins with a number can be meant as an amount with a unit.
        let amount = scalar.text.starts_with(|c: char| c.is_ascii_digit()) && whole(&scalar.text).is_none();
        if !amount {
            let count = ranged(node, BYTES, 0..=0xFFFF_FFFF, cx)?;
            return u32::try_from(count).ok().map(Self);
        }
        match Self::parse(&scalar.text) {
            Ok(bytes) => Some(bytes),
            Err(refusal) => {
                cx.refused(node, &refusal);
                None
            }
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        scalar_schema(
            &json!({ "title": BYTES, "type": ["integer", "string"], "minimum": 0, "maximum": u32::MAX,
            "pattern": "^(0[xX][0-9A-Fa-f]+|[0-9]+) *(B|KiB|MiB)$", "examples": [10240, "10 KiB"] }),
        )
    }
}

/// What a [`Bytes`] is.
const BYTES: &str = "a number of bytes";

pub(crate) fn range_schema(what: &str, range: &RangeInclusive<u64>) -> Schema {
    let mut schema = json!({ "title": what, "type": "integer", "minimum": range.start() });
    if *range.end() < u64::MAX {
        schema["maximum"] = (*range.end()).into();
    }
    scalar_schema(&schema)
}

/// Numbers, each with what it is and the range that it has to be in.
macro_rules! read_numbers {
    ($($type:ty, $what:literal, $range:expr, |$value:ident| $make:expr;)+) => { $(
        impl Shape for $type {
            fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
                let $value = ranged(node, $what, $range, cx)?;
                $make
            }

            fn schema(_: &mut SchemaGenerator) -> Schema {
                range_schema($what, &$range)
            }
        }
    )+ };
}

/// A number that only this module's users know by its range.
pub(crate) struct Ranged<T, const WHAT: usize>(pub(crate) T);

/// Ranges of [`Ranged`].
pub(crate) mod range {
    pub(crate) const MTU: usize = 0;
    pub(crate) const INIT_BYTE: usize = 1;
    pub(crate) const OBJECT_BYTE: usize = 2;
    pub(crate) const COUNT: usize = 3;
    pub(crate) const RECONNECTS: usize = 4;
    pub(crate) const KEPT_BYTES: usize = 5;
    pub(crate) const PAGES: usize = 6;
    pub(crate) const BYTE: usize = 7;
    pub(crate) const WORD_OFFSET: usize = 8;
    pub(crate) const RELOAD_REGISTERS: usize = 9;
    pub(crate) const TIMES: usize = 10;
    pub(crate) const EVERY: usize = 11;
    pub(crate) const ATT_MTU: usize = 12;
}

read_numbers! {
    u16, "a number of packets", 0..=0xFFFF, |value| u16::try_from(value).ok();
    u32, "a 32-bit number", 0..=0xFFFF_FFFF, |value| u32::try_from(value).ok();
    Witness, "the number of a witness", 1..=0xFFFF, |value| u16::try_from(value).ok().and_then(Witness::new);
    Fwid, "a SoftDevice's firmware id", 0..=0xFFFF, |value| u16::try_from(value).ok().map(Fwid::new);
    NonZeroU8, "a byte other than 0", 1..=0xFF, |value| u8::try_from(value).ok().and_then(NonZeroU8::new);
    Ranged<u16, { range::MTU }>, "an ATT MTU", 23..=247, |value| u16::try_from(value).ok().map(Self);
    Ranged<u16, { range::ATT_MTU }>, "an ATT MTU of a central", 23..=517, |value| u16::try_from(value).ok().map(Self);
    Ranged<u32, { range::INIT_BYTE }>, "a byte of the init packet", 1..=512, |value| u32::try_from(value).ok().map(Self);
    Ranged<u32, { range::OBJECT_BYTE }>, "a byte of an object", 1..=4096, |value| u32::try_from(value).ok().map(Self);
    Ranged<u32, { range::COUNT }>, "a position counted from 1", 1..=0xFFFF_FFFF, |value| u32::try_from(value).ok().map(Self);
    Ranged<u64, { range::COUNT }>, "a position counted from 1", 1..=0xFFFF_FFFF, |value| Some(Self(value));
    Ranged<u32, { range::KEPT_BYTES }>, "the number of bytes that arrive", 1..=1023, |value| u32::try_from(value).ok().map(Self);
    Ranged<u32, { range::PAGES }>, "a number of pages", 1..=256, |value| u32::try_from(value).ok().map(Self);
    Ranged<u8, { range::RELOAD_REGISTERS }>, "a number of reload registers", 1..=8, |value| u8::try_from(value).ok().map(Self);
    Ranged<u32, { range::TIMES }>, "a number of repetitions", 1..=10_000, |value| u32::try_from(value).ok().map(Self);
    Ranged<u32, { range::EVERY }>, "a distance", 1..=0xFFFF_FFFF, |value| u32::try_from(value).ok().map(Self);
    Ranged<u8, { range::BYTE }>, "a byte", 0..=0xFF, |value| u8::try_from(value).ok().map(Self);
    Ranged<u32, { range::WORD_OFFSET }>, "a place in a region", 0..=0xF_FFFF, |value| u32::try_from(value).ok().map(Self);
    Ranged<u32, { range::RECONNECTS }>, "a number of reconnects", 0..=100, |value| u32::try_from(value).ok().map(Self);
}

impl Shape for bool {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match scalar(node, "`true` or `false`", cx)?.value {
            Value::Bool(value) => Some(value),
            _ => {
                cx.wrong_type(node, "`true` or `false`");
                None
            }
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        scalar_schema(&json!({ "type": "boolean" }))
    }
}

/// Text in a human language.
pub(crate) struct Text(pub(crate) String);

impl Shape for Text {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let scalar = scalar(node, "text", cx)?;
        if scalar.style == Style::Plain && !matches!(scalar.value, Value::String(_)) {
            cx.wrong_type(node, "text");
            return None;
        }
        let text = scalar.text.trim();
        if text.chars().any(char::is_control) {
            cx.refused(node, &Refusal::Form { expected: "text in one line, without control characters" });
            return None;
        }
        if text.is_empty() {
            cx.refused(node, &Refusal::Form { expected: "text that says something" });
            return None;
        }
        Some(Self(text.to_owned()))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}
