//! Reads steps.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::mapping::mapping;
use super::probe::Probe;
use super::{Cx, Shape};
use crate::diagnostics::{Problem, ProblemKind, nearest, quote, words};
use crate::model::{Exchange, Gatt, Mode, ResetKind, Step, StepKind, Update};
use crate::quantity::Period;
use crate::yaml::{Node, NodeKind};

/// What a step can do, by the key that says it.
const STEPS: [&str; 8] = ["update", "exchange", "gatt", "reset", "power-cut", "wait", "mode", "probe"];

impl Shape for Step {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let NodeKind::Map(entries) = &node.kind else {
            cx.wrong_type(node, "a step (a mapping)");
            return None;
        };
        let kind = match STEPS.into_iter().find(|key| node.get(key).is_some()) {
            Some("update") => StepKind::Update(Update::read(node, cx)?),
            Some("exchange") => StepKind::Exchange(Exchange::read(node, cx)?),
            Some("gatt") => StepKind::Gatt(Gatt::read(node, cx)?),
            Some("reset") => StepKind::Reset(Reset::read(node, cx)?.0),
            Some("power-cut") => StepKind::PowerCut(PowerCut::read(node, cx)?.0.duration()),
            Some("wait") => StepKind::Wait(Wait::read(node, cx)?.0.duration()),
            Some("probe") => StepKind::Probe(Probe::read(node, cx)?.0),
            Some(_) => StepKind::Mode(InMode::read(node, cx)?.0),
            None => {
                let (problem, key) = match entries.first() {
                    None => (cx.problem(ProblemKind::MissingKey, node, "a step that does nothing"), ""),
                    Some(first) => {
                        let message = format!("{} is not a step", quote(&first.key));
                        let span = first.key_span.clone();
                        (Problem::new(ProblemKind::UnknownKey, cx.source, span, message), first.key.as_str())
                    }
                };
                let label = nearest(key, STEPS)
                    .map_or("expected a step".to_owned(), |step| format!("did you mean `{step}`?"));
                cx.report(problem.label(label).help(format!("a step has one of {}", words(STEPS))));
                return None;
            }
        };
        Some(Self { place: cx.place(&node.span), kind })
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            Update::schema(generator),
            Exchange::schema(generator),
            Gatt::schema(generator),
            Reset::schema(generator),
            PowerCut::schema(generator),
            Wait::schema(generator),
            InMode::schema(generator),
            Probe::schema(generator),
        ] })
    }
}

struct Reset(ResetKind);

mapping! { Reset, "a reset", |node, cx| {
    required "reset" => kind: ResetKind, "How the device is reset from outside.";
} => kind.map(Reset) }

struct PowerCut(Period);

mapping! { PowerCut, "a power cut", |node, cx| {
    required "power-cut" => off: Period, "How long the supply is off, in device time.";
} => off.map(PowerCut) }

struct InMode(Mode);

mapping! { InMode, "a look at the mode", |node, cx| {
    required "mode" => mode: Mode, "What the device must run now, when it has come to rest.";
} => mode.map(InMode) }

struct Wait(Period);

mapping! { Wait, "a wait", |node, cx| {
    required "wait" => time: Period, "How long nothing is done, in device time.";
} => time.map(Wait) }
