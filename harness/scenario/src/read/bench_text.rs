//! Single values of a bench file: texts with variables of the environment, names of probes, addresses, speeds.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::scalars::Text;
use super::{Cx, Shape};
use crate::diagnostics::{ProblemKind, quote};
use crate::yaml::Node;

/// Speeds of debug wires that probes have, in kHz.
const SPEEDS: std::ops::RangeInclusive<u32> = 10..=50_000;

/// Text with variables of the environment put in.
pub(super) struct EnvText(pub(super) String);

impl Shape for EnvText {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let text = Text::read(node, cx)?.0;
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, tail)) = behind.split_once('}') else {
                let problem = cx
                    .problem(ProblemKind::BadForm, node, "a variable without its closing brace")
                    .label("write `${NAME}`");
                cx.report(problem);
                return None;
            };
            let Some(value) = cx.variable(name) else {
                let message = format!("the environment has no variable {}", quote(name));
                let problem = cx
                    .problem(ProblemKind::Undefined, node, message)
                    .label(format!("set it: `{name}=... gauntlet ...`"));
                cx.report(problem);
                return None;
            };
            out.push_str(&value);
            rest = tail;
        }
        out.push_str(rest);
        Some(Self(out))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}

/// A selector: `any`, or two ids of four hexadecimal digits, and perhaps a serial number.
pub(super) struct Selector(pub(super) Option<String>);

impl Shape for Selector {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let text = EnvText::read(node, cx)?.0;
        if text == "any" {
            return Some(Self(None));
        }
        let id = |part: Option<&str>| {
            part.is_some_and(|id| (1..=4).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        let mut parts = text.splitn(3, ':');
        if id(parts.next()) && id(parts.next()) && parts.next() != Some("") {
            return Some(Self(Some(text)));
        }
        let problem = cx
            .problem(ProblemKind::BadForm, node, format!("{} names no probe", quote(&text)))
            .label("write `VID:PID:SERIAL`, as in `1366:1051:000682123456`, or `any`")
            .help("`gauntlet bench doctor` lists the probes of this machine");
        cx.report(problem);
        None
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["any", "1366:1051:000682123456"] })
    }
}

/// An address of a device on the air.
pub(super) struct Address(pub(super) [u8; 6]);

impl Shape for Address {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let text = EnvText::read(node, cx)?.0;
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        let byte = |part: &str| u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 2);
        let whole = bytes.iter_mut().all(|to| parts.next().and_then(byte).map(|byte| *to = byte).is_some());
        if whole && parts.next().is_none() {
            return Some(Self(bytes));
        }
        let problem = cx
            .problem(ProblemKind::BadForm, node, format!("{} is no address", quote(&text)))
            .label("an address has six bytes, as in `C0:FF:EE:00:00:01`");
        cx.report(problem);
        None
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["C0:FF:EE:00:00:01"] })
    }
}

/// The speed of the debug wires.
pub(super) struct Speed(pub(super) u32);

impl Shape for Speed {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let speed = u32::read(node, cx)?;
        if SPEEDS.contains(&speed) {
            return Some(Self(speed));
        }
        let problem = cx
            .problem(ProblemKind::OutOfRange, node, format!("{speed} kHz is no speed of debug wires"))
            .label(format!("{} to {} kHz; 4000 is a good one to begin with", SPEEDS.start(), SPEEDS.end()));
        cx.report(problem);
        None
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        u32::schema(generator)
    }
}
