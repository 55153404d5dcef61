//! Reads what the debug probe does.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::mapping::mapping;
use super::scalars::{Ranged, range};
use super::{Choice, Cx, Shape};
use crate::diagnostics::ProblemKind;
use crate::model::{AccessPort, ProbeAction, ProbeItem, Recovered, Region, Register, Retained};
use crate::quantity::Period;
use crate::yaml::Node;

/// What a probe can do, by the key that says it.
const ACTIONS: Choice = Choice {
    one: "an action of the probe",
    short: "action",
    keys: &[
        "retained",
        "retained-2",
        "watchdog",
        "erase",
        "program",
        "read",
        "closed",
        "open",
        "access-port",
        "recover",
        "register",
    ],
};

/// A step of the probe.
pub(crate) struct Probe(pub(crate) Vec<ProbeItem>);

mapping! { Probe, "what the probe does", |node, cx| {
    required "probe" => items: Vec<ProbeItem>, "What the probe does, in this order.";
} => {
    let items = items?;
    let at = node.get("probe")?;
    if at.items().is_empty() {
        let problem = cx.problem(ProblemKind::OutOfRange, at, "a probe that does nothing").label("this is empty");
        cx.report(problem);
    }
    Some(Probe(items))
}}

impl Shape for ProbeItem {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let action = match ACTIONS.of(node, cx)? {
            "retained" => Retain::read(node, cx)?.0,
            "retained-2" => RetainSecond::read(node, cx)?.0,
            "watchdog" => Watchdog::read(node, cx)?.0,
            "erase" => Erase::read(node, cx)?.0,
            "program" => Program::read(node, cx)?.0,
            "closed" => Closed::read(node, cx)?.0,
            "open" => Open::read(node, cx)?.0,
            "access-port" => Port::read(node, cx)?.0,
            "recover" => Recover::read(node, cx)?.0,
            "register" => Look::read(node, cx)?.0,
            _ => Read::read(node, cx)?.0,
        };
        Some(Self { place: cx.place(&node.span), action })
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            Retain::schema(generator),
            RetainSecond::schema(generator),
            Watchdog::schema(generator),
            Erase::schema(generator),
            Program::schema(generator),
            Read::schema(generator),
            Closed::schema(generator),
            Open::schema(generator),
            Port::schema(generator),
            Recover::schema(generator),
            Look::schema(generator),
        ] })
    }
}

type Byte = Ranged<u8, { range::BYTE }>;
type Offset = Ranged<u32, { range::WORD_OFFSET }>;

struct Retain(ProbeAction);

mapping! { Retain, "a write to the retained register", |node, cx| {
    required "retained" => value: Byte, "The value of GPREGRET; a reset by the probe keeps it.";
} => Some(Retain(ProbeAction::Retain { register: Retained::First, value: value?.0 })) }

struct RetainSecond(ProbeAction);

mapping! { RetainSecond, "a write to the second retained register", |node, cx| {
    required "retained-2" => value: Byte, "The value of GPREGRET2; a reset by the probe keeps it.";
} => Some(RetainSecond(ProbeAction::Retain { register: Retained::Second, value: value?.0 })) }

struct Watchdog(ProbeAction);

mapping! { Watchdog, "a start of the watchdog", |node, cx| {
    required "watchdog" => timeout: Period, "How long it may go unfed before it resets the chip. It runs on over a soft reset, as the one of an application does.";
    optional "registers" => registers: Ranged<u8, { range::RELOAD_REGISTERS }>, "How many of its reload registers have to be fed, 1 to 8. 1 by default.";
} => {
    let registers = registers.map_or(1, |registers| registers.0);
    Some(Watchdog(ProbeAction::Watchdog { timeout: timeout?.duration(), registers }))
}}

struct Erase(ProbeAction);

mapping! { Erase, "an erase by the probe", |node, cx| {
    required "erase" => region: Region, "The region whose pages are erased; `uicr` is erased as a whole.";
} => region.map(|region| Erase(ProbeAction::Erase(region))) }

struct Program(ProbeAction);

mapping! { Program, "a word programmed by the probe", |node, cx| {
    required "program" => region: Region, "The region of the word.";
    required "at" => at: Offset, "Bytes from the start of the region, a multiple of 4.";
    required "value" => value: u32, "The word. Bits go from 1 to 0 only.";
} => Some(Program(ProbeAction::Program { region: region?, at: aligned(node, at?, cx)?, value: value? })) }

struct Read(ProbeAction);

mapping! { Read, "a word read by the probe", |node, cx| {
    required "read" => region: Region, "The region of the word.";
    required "at" => at: Offset, "Bytes from the start of the region, a multiple of 4.";
    required "value" => value: u32, "What the word must be.";
} => Some(Read(ProbeAction::Read { region: region?, at: aligned(node, at?, cx)?, value: value? })) }

struct Closed(ProbeAction);

mapping! { Closed, "a region that must be closed", |_node, cx| {
    required "closed" => region: Region, "The region whose first page the firmware must have closed against writing and erasing.";
} => region.map(|region| Closed(ProbeAction::Closed { region, closed: true })) }

struct Open(ProbeAction);

mapping! { Open, "a region that must be open", |_node, cx| {
    required "open" => region: Region, "The region whose first page must be open for writing and erasing.";
} => region.map(|region| Open(ProbeAction::Closed { region, closed: false })) }

struct Look(ProbeAction);

super::scalars::read_words!(Register);

mapping! { Look, "a look at a register", |_node, cx| {
    required "register" => register: Register, "The register.";
    required "value" => value: Byte, "What it must be.";
} => Some(Look(ProbeAction::Register { register: register?, value: value?.0 })) }

struct Port(ProbeAction);

mapping! { Port, "a look at the access port", |_node, cx| {
    required "access-port" => state: AccessPort, "Whether a probe must get through the access port.";
} => state.map(|state| Port(ProbeAction::AccessPort(state))) }

struct Recover(ProbeAction);

super::scalars::read_words!(Recovered);

mapping! { Recover, "a recovery", |_node, cx| {
    required "recover" => what: Recovered, "The whole chip is erased, UICR included, which opens its access port, and everything is flashed anew.";
} => what.map(|what| Recover(ProbeAction::Recover(what))) }

fn aligned(node: &Node, at: Offset, cx: &mut Cx<'_>) -> Option<u32> {
    let node = node.get("at")?;
    if !at.0.is_multiple_of(4) {
        let problem =
            cx.problem(ProblemKind::OutOfRange, node, format!("{} is not the place of a word", at.0));
        cx.report(problem.label("a multiple of 4"));
        return None;
    }
    Some(at.0)
}
