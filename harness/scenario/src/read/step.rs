//! Reads steps.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::mapping::mapping;
use super::probe::Probe;
use super::{Choice, Cx, Shape};
use crate::model::{Cable, Exchange, Gatt, Mode, ResetKind, Starts, Step, StepKind, Update, Walk};
use crate::quantity::Period;
use crate::yaml::Node;

/// What a step can do, by the key that says it.
const STEPS: Choice = Choice {
    one: "a step",
    short: "step",
    keys: &[
        "update",
        "exchange",
        "walk",
        "starts",
        "gatt",
        "reset",
        "cable",
        "power-cut",
        "wait",
        "mode",
        "probe",
    ],
};

impl Shape for Step {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let kind = match STEPS.of(node, cx)? {
            "update" => StepKind::Update(Update::read(node, cx)?),
            "exchange" => StepKind::Exchange(Exchange::read(node, cx)?),
            "walk" => StepKind::Walk(Walk::read(node, cx)?),
            "starts" => StepKind::Starts(Starts::read(node, cx)?),
            "gatt" => StepKind::Gatt(Gatt::read(node, cx)?),
            "reset" => StepKind::Reset(Reset::read(node, cx)?.0),
            "cable" => StepKind::Cable(OnCable::read(node, cx)?.0),
            "power-cut" => StepKind::PowerCut(PowerCut::read(node, cx)?.0.duration()),
            "wait" => StepKind::Wait(Wait::read(node, cx)?.0.duration()),
            "probe" => StepKind::Probe(Probe::read(node, cx)?.0),
            _ => StepKind::Mode(InMode::read(node, cx)?.0),
        };
        Some(Self { place: cx.place(&node.span), kind })
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            Update::schema(generator),
            Exchange::schema(generator),
            Walk::schema(generator),
            Starts::schema(generator),
            Gatt::schema(generator),
            Reset::schema(generator),
            OnCable::schema(generator),
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

struct OnCable(Cable);

mapping! { OnCable, "something on the cable", |node, cx| {
    required "cable" => what: Cable, "What happens to the cable of the serial link. The device waits in DFU mode, and what it is sent next comes behind that.";
} => what.map(OnCable) }

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
