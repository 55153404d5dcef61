//! Reads what a central does with attributes.

use std::num::NonZeroU8;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::mapping::mapping;
use super::scalars::{Ranged, Text, range, ranged, read_words, scalar_schema};
use super::{Choice, Cx, Shape};
use crate::diagnostics::ProblemKind;
use crate::model::{
    AirAddress, Answer, Characteristic, Encryption, Firmware, Gatt, GattAction, GattItem, Pairing, Peer,
    ReadEnd, Readable, Side, WriteKind, WriteResult,
};
use crate::quantity::{HexBytes, Period};
use crate::yaml::Node;

read_words!(AirAddress, Characteristic, Encryption, Firmware, Pairing, Readable, Side, WriteKind);

/// What a central may ask for; a bootloader grants 247 at most.
type AttMtu = Ranged<u16, { range::ATT_MTU }>;

/// What a central can do, by the key that says it.
const ACTIONS: Choice = Choice {
    one: "an action of a central",
    short: "action",
    keys: &[
        "find",
        "connect",
        "exchange-mtu",
        "subscribe",
        "write",
        "read",
        "hear",
        "pair",
        "encrypt",
        "wait",
        "disconnect",
    ],
};

mapping! { Gatt, "what a central does", |node, cx| {
    required "gatt" => items: Vec<GattItem>, "What the central does, in this order.";
    optional "central" => central: Peer, "Which central does it. `known` by default.";
} => {
    let items = items?;
    let at = node.get("gatt")?;
    if at.items().is_empty() {
        let problem = cx.problem(ProblemKind::OutOfRange, at, "a central that does nothing").label("this is empty");
        cx.report(problem);
    }
    // An action with a mistake has been reported, and what follows from it is not known.
    if at.items().len() == items.len() {
        linked(&items, at, cx);
        keyed(central, &items, at, cx);
    }
    Some(Gatt { central: central.unwrap_or(Peer::Known), items })
}}

/// What needs a link needs one at that point, and nobody connects twice.
fn linked(items: &[GattItem], at: &Node, cx: &mut Cx<'_>) {
    let mut linked = false;
    for (item, node) in items.iter().zip(at.items()) {
        let (needs, after) = match item.action {
            GattAction::Find { .. } => (false, linked),
            GattAction::Wait(_) => (linked, linked),
            GattAction::FindNobody => (linked, linked),
            GattAction::Connect { accepted, .. } => (false, accepted),
            GattAction::Pair(Pairing::Reset) | GattAction::Disconnect(_) => (true, false),
            _ => (true, linked),
        };
        if needs != linked {
            let (message, label) = if linked {
                ("the central is connected", "a device that is connected does not advertise")
            } else {
                ("the central is not connected", "this needs a link")
            };
            let problem = cx.problem(ProblemKind::Contradiction, node, message.to_owned());
            let help = if linked { "put a `disconnect` before it" } else { "put a `connect` before it" };
            cx.report(problem.label(label).help(help.to_owned()));
        }
        linked = after;
    }
}

/// Only who has a bond has a key to encrypt with: anyone else is refused by nobody but himself.
fn keyed(central: Option<Peer>, items: &[GattItem], at: &Node, cx: &mut Cx<'_>) {
    if !matches!(central, Some(Peer::Forgetful | Peer::Stranger)) {
        return;
    }
    for (item, node) in items.iter().zip(at.items()) {
        if let GattAction::Encrypt(_) = item.action {
            let message = "this central has no bond".to_owned();
            let problem = cx.problem(ProblemKind::Contradiction, node, message);
            cx.report(problem.label("there is no key to encrypt with"));
        }
    }
}

impl Shape for GattItem {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let action = match ACTIONS.of(node, cx)? {
            "find" => Find::read(node, cx)?.0,
            "connect" => Connect::read(node, cx)?.0,
            "exchange-mtu" => Mtu::read(node, cx)?.0,
            "subscribe" => Subscribe::read(node, cx)?.0,
            "write" => Write::read(node, cx)?.0,
            "read" => Read::read(node, cx)?.0,
            "hear" => Hear::read(node, cx)?.0,
            "wait" => Wait::read(node, cx)?.0,
            "pair" => Pair::read(node, cx)?.0,
            "encrypt" => Encrypt::read(node, cx)?.0,
            _ => Disconnect::read(node, cx)?.0,
        };
        Some(Self { place: cx.place(&node.span), action })
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            Find::schema(generator),
            Connect::schema(generator),
            Mtu::schema(generator),
            Subscribe::schema(generator),
            Write::schema(generator),
            Read::schema(generator),
            Hear::schema(generator),
            Pair::schema(generator),
            Encrypt::schema(generator),
            Wait::schema(generator),
            Disconnect::schema(generator),
        ] })
    }
}

struct Find(GattAction);

mapping! { Find, "a look for advertising", |node, cx| {
    required "find" => firmware: Sought, "Which firmware must advertise, or `nobody`.";
    optional "name" => name: Text, "The complete name that it must have. Any by default.";
    optional "address" => address: AirAddress, "The address that it must have. Any by default.";
} => Some(Find(match firmware? {
    Sought(Some(firmware)) => GattAction::Find { firmware, name: name.map(|name| name.0), address },
    Sought(None) => {
        if name.is_some() || address.is_some() {
            let problem = cx.problem(ProblemKind::Contradiction, node, "nobody has no name and no address".to_owned());
            cx.report(problem.label("nobody may advertise"));
        }
        GattAction::FindNobody
    }
})) }

/// A firmware, or `nobody`.
struct Sought(Option<Firmware>);

impl Shape for Sought {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        if node.scalar().is_some_and(|scalar| scalar.text == "nobody") {
            return Some(Self(None));
        }
        Firmware::read(node, cx).map(|firmware| Self(Some(firmware)))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let nobody = scalar_schema(&json!({ "const": "nobody", "description": "Nobody, for a second." }));
        json_schema!({ "anyOf": [Firmware::schema(generator), nobody] })
    }
}

struct Connect(GattAction);

mapping! { Connect, "a connection", |node, cx| {
    required "connect" => firmware: Firmware, "Which firmware is connected to.";
    optional "mtu" => mtu: AttMtu, "The ATT MTU that is asked for. None is by default.";
    optional "confirm" => confirm: bool, "A Service Changed indication is confirmed, if one comes. `true` by default.";
    optional "accepted" => accepted: bool, "Whether the device must accept the connection. `true` by default.";
} => {
    let accepted = accepted.unwrap_or(true);
    let (mtu, confirm) = (mtu.map(|mtu| mtu.0), confirm.unwrap_or(true));
    Some(Connect(GattAction::Connect { firmware: firmware?, mtu, confirm, accepted }))
}}

struct Mtu(GattAction);

mapping! { Mtu, "an exchange of ATT MTU", |_node, cx| {
    required "exchange-mtu" => asked: AttMtu, "The ATT MTU that is asked for over the link that is up, 23 to 517.";
    required "granted" => granted: Ranged<u16, { range::MTU }>, "What must come of it.";
} => Some(Mtu(GattAction::Mtu { asked: asked?.0, granted: granted?.0 })) }

struct Subscribe(GattAction);

mapping! { Subscribe, "a subscription", |node, cx| {
    required "subscribe" => characteristic: Characteristic, "The characteristic whose configuration is written.";
    optional "value" => value: HexBytes, "The value. The one that enables what the characteristic has by default.";
    optional "result" => result: WriteResult, "How it must end. `ok` by default.";
} => {
    let characteristic = characteristic?;
    if let (Characteristic::Packet, Some(at)) = (characteristic, node.get("subscribe")) {
        let problem = cx.problem(ProblemKind::Contradiction, at, "`packet` has no configuration".to_owned());
        cx.report(problem.label("it sends nothing"));
    }
    let result = result.unwrap_or(WriteResult::Ok);
    Some(Subscribe(GattAction::Subscribe { characteristic, value, result }))
}}

struct Write(GattAction);

mapping! { Write, "a write", |node, cx| {
    required "write" => characteristic: Characteristic, "The characteristic that is written.";
    required "value" => value: HexBytes, "The value in hexadecimal.";
    optional "kind" => kind: WriteKind, "How it is written. `request` by default.";
    optional "result" => result: WriteResult, "How it must end. `ok` by default; a command has none.";
} => {
    let kind = kind.unwrap_or(WriteKind::Request);
    if let (WriteKind::Command, Some(_), Some(at)) = (kind, result, node.get("result")) {
        let problem = cx.problem(ProblemKind::Contradiction, at, "a command has no result".to_owned());
        cx.report(problem.label("a Write Command is never answered"));
    }
    let usual = if kind == WriteKind::Command { WriteResult::None } else { WriteResult::Ok };
    let result = result.unwrap_or(usual);
    Some(Write(GattAction::Write { characteristic: characteristic?, value: value?, kind, result }))
}}

struct Read(GattAction);

mapping! { Read, "a look at a value", |node, cx| {
    required "read" => what: Readable, "What is read.";
    optional "value" => value: HexBytes, "The value in hexadecimal that must come.";
    optional "error" => error: NonZeroU8, "The ATT error that must come in its place.";
} => {
    let end = match (value, error) {
        (Some(value), None) => ReadEnd::Value(value),
        (None, Some(error)) => ReadEnd::Error(error.get()),
        // A value with a mistake has been reported.
        (None, None) if node.get("value").is_some() || node.get("error").is_some() => return None,
        _ => {
            let problem = cx.problem(ProblemKind::Contradiction, node, "a read ends in one way".to_owned());
            cx.report(problem.label("this needs either `value` or `error`"));
            return None;
        }
    };
    Some(Read(GattAction::Read { what: what?, end }))
}}

struct Wait(GattAction);

mapping! { Wait, "a pause of the central", |node, cx| {
    required "wait" => time: Period, "How long the central does nothing, in device time.";
} => time.map(|time| Wait(GattAction::Wait(time.duration()))) }

struct Hear(GattAction);

mapping! { Hear, "a look for a message", |node, cx| {
    required "hear" => message: Answer, "The notification or indication that must come; `none` is silence.";
    optional "confirm" => confirm: bool, "An indication is confirmed. `true` by default.";
} => {
    let message = message?;
    if let (Answer::Silence, Some(_), Some(at)) = (&message, confirm, node.get("confirm")) {
        let problem = cx.problem(ProblemKind::Contradiction, at, "silence can't be confirmed".to_owned());
        cx.report(problem.label("no message is expected"));
    }
    Some(Hear(GattAction::Hear { message, confirm: confirm.unwrap_or(true) }))
}}

struct Pair(GattAction);

mapping! { Pair, "pairing", |node, cx| {
    required "pair" => end: Pairing, "How pairing must end.";
} => end.map(|end| Pair(GattAction::Pair(end))) }

struct Encrypt(GattAction);

mapping! { Encrypt, "encryption", |node, cx| {
    required "encrypt" => end: Encryption, "How a request for encryption with the key of the central's bond must end.";
} => end.map(|end| Encrypt(GattAction::Encrypt(end))) }

struct Disconnect(GattAction);

mapping! { Disconnect, "the end of a link", |node, cx| {
    required "disconnect" => by: Side, "Who ends the link: the host does, or the device must.";
} => by.map(|by| Disconnect(GattAction::Disconnect(by))) }

impl Shape for WriteResult {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match node.scalar().map(|scalar| scalar.text.as_str()) {
            Some("ok") => Some(Self::Ok),
            Some("none") => Some(Self::None),
            Some("refused") => Some(Self::Refused),
            _ => {
                let error = ranged(node, "an ATT error, `ok`, `refused` or `none`", 1..=0xFF, cx)?;
                u8::try_from(error).ok().map(Self::Error)
            }
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        scalar_schema(&json!({ "anyOf": [
            { "const": "ok", "description": "A Write Response." },
            { "const": "refused", "description": "Any ATT error." },
            { "const": "none", "description": "No response at all." },
            { "type": "integer", "minimum": 1, "maximum": 0xFF },
        ] }))
    }
}
