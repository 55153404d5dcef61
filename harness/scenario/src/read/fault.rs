//! Reads faults: a position, an action, and whether the two fit.

use std::num::NonZeroU8;
use std::time::Duration;

use schemars::{Schema, SchemaGenerator, json_schema};

use super::mapping::mapping;
use super::scalars::{Ranged, range};
use super::{Cx, Shape};
use crate::diagnostics::{Problem, ProblemKind, nearest, quote, words as list};
use crate::model::{Action, Fault, ImageByte, PacketPosition, Position, RequestKind, RequestPosition, Tear};
use crate::quantity::Period;
use crate::word::{Word, words};
use crate::yaml::{Node, NodeKind};

type Count = Ranged<u32, { range::COUNT }>;
type Keep = Ranged<u32, { range::KEPT_BYTES }>;

words! {
    /// What happens, without its details.
    "a fault"
    pub(crate) enum ActionWord {
        /// The link is lost.
        Disconnect = "disconnect",
        /// The packet does not arrive.
        Drop = "drop",
        /// The packet arrives twice.
        Duplicate = "duplicate",
        /// Only the first bytes of the packet arrive.
        Truncate = "truncate",
        /// The byte arrives changed.
        Corrupt = "corrupt",
        /// The notification, or the answer to the request, does not arrive.
        Lose = "lose",
        /// It arrives later.
        Delay = "delay",
        /// The device is reset by its pin.
        Reset = "reset",
        /// The supply goes, and comes back.
        PowerCut = "power-cut",
        /// The client dies; a new one that knows nothing begins the update anew.
        Restart = "restart",
        /// The client stands still for a time, and goes on.
        Pause = "pause",
        /// The client closes its connection, opens it again, and goes on.
        Reopen = "reopen",
        /// The client sends the request twice.
        Repeat = "repeat",
        /// The client sends the packet behind the next one.
        Swap = "swap",
    }
}

super::scalars::read_words!(ActionWord);

/// The kinds of positions, by the key that tells them apart.
const POSITIONS: [(&str, &str); 6] = [
    ("packet", "packet"),
    ("init-byte", "init-byte"),
    ("request", "request"),
    ("notification", "notification"),
    ("flash-op", "flash-op"),
    ("object", "object and byte"),
];

/// The positions that an action goes with. This table is the whole rule.
fn positions(action: ActionWord) -> &'static [&'static str] {
    match action {
        ActionWord::Disconnect | ActionWord::Reset => {
            &["object and byte", "init-byte", "packet", "request", "notification"]
        }
        ActionWord::Drop | ActionWord::Duplicate | ActionWord::Truncate | ActionWord::Swap => &["packet"],
        ActionWord::Restart => &["object and byte", "init-byte", "packet", "request", "notification"],
        ActionWord::Pause | ActionWord::Reopen => &["object and byte", "init-byte", "packet", "request"],
        ActionWord::Repeat => &["request"],
        ActionWord::Corrupt => &["object and byte", "init-byte"],
        ActionWord::Lose | ActionWord::Delay => &["notification", "request"],
        ActionWord::PowerCut => {
            &["flash-op", "object and byte", "init-byte", "packet", "request", "notification"]
        }
    }
}

mapping! { Fault, "a fault", |node, cx| {
    required "at" => at: Position, "The position at which it happens.";
    required "do" => action: ActionWord, "What happens.";
    optional "xor" => xor: NonZeroU8, "With `corrupt`: what the byte is combined with. 0x01 by default.";
    optional "keep" => keep: Keep, "With `truncate`, which needs it: how many bytes of the packet arrive, 1 to 1023.";
    optional "by" => by: Period, "With `delay`, which needs it: how much later the message arrives.";
    optional "for" => span: Period, "With `pause`, which needs it: how long the client stands still. With `restart`: how long there is none, 1 s by default.";
    optional "tear" => tear: Tear, "With `power-cut` at a `flash-op`: how that is interrupted. `before` by default.";
    optional "off" => off: Period, "With `power-cut` at a `flash-op`: how long the supply is off. 500 ms by default.";
} => {
    let (at, action) = (at?, action?);
    fits(node, at, action, cx);
    only_with(node, "xor", action, &[ActionWord::Corrupt], cx);
    only_with(node, "keep", action, &[ActionWord::Truncate], cx);
    only_with(node, "by", action, &[ActionWord::Delay], cx);
    only_with(node, "for", action, &[ActionWord::Pause, ActionWord::Restart], cx);
    only_with(node, "tear", action, &[ActionWord::PowerCut], cx);
    only_with(node, "off", action, &[ActionWord::PowerCut], cx);
    if action == ActionWord::PowerCut && !matches!(at, Position::FlashOp(_)) {
        only_at_flash_op(node, cx);
    }
    let action = match action {
        ActionWord::Disconnect => Action::Disconnect,
        ActionWord::Drop => Action::Drop,
        ActionWord::Duplicate => Action::Duplicate,
        ActionWord::Corrupt => Action::Corrupt { xor: xor.unwrap_or(NonZeroU8::MIN) },
        ActionWord::Truncate => Action::Truncate { keep: needed(node, "keep", keep, action, cx)?.0 },
        ActionWord::Lose => Action::Lose,
        ActionWord::Delay => Action::Delay { by: needed(node, "by", by, action, cx)?.duration() },
        ActionWord::Restart => {
            Action::Restart { away: span.map_or(Duration::from_secs(1), Period::duration) }
        }
        ActionWord::Pause => Action::Pause { span: needed(node, "for", span, action, cx)?.duration() },
        ActionWord::Reopen => Action::Reopen,
        ActionWord::Repeat => Action::Repeat,
        ActionWord::Swap => Action::Swap,
        ActionWord::Reset => Action::Reset,
        ActionWord::PowerCut => Action::PowerCut {
            tear: tear.unwrap_or(Tear::Before),
            off: off.map_or(Duration::from_millis(500), Period::duration),
        },
    };
    Some(Fault { place: cx.place(&node.span), at, action })
}}

fn fits(node: &Node, at: Position, action: ActionWord, cx: &mut Cx<'_>) {
    let name = match at {
        Position::ImageByte(_) => "object and byte",
        Position::InitByte(_) => "init-byte",
        Position::Packet(_) => "packet",
        Position::Request(_) => "request",
        Position::Notification(_) => "notification",
        Position::FlashOp(_) => "flash-op",
    };
    let (Some(at), Some(action_node)) = (node.get("at"), node.get("do")) else { return };
    let right = positions(action);
    if right.contains(&name) {
        return;
    }
    let others =
        ActionWord::ALL.iter().filter(|action| positions(**action).contains(&name)).map(|other| other.word());
    let problem = cx
        .problem(ProblemKind::Contradiction, action_node, format!("`{action}` can't happen at this position"))
        .label(format!("`{action}` goes with {}", list(right.iter().copied())))
        .also(cx.shown(at), format!("this is `{name}`"))
        .help(format!("at `{name}` there can be {}", list(others)));
    cx.report(problem);
}

/// Details of a power cut that belong to a flash operation.
fn only_at_flash_op(node: &Node, cx: &mut Cx<'_>) {
    for (key, message) in [
        ("tear", "only a flash operation can be torn"),
        ("off", "away from a flash operation the supply is off for 500 ms"),
    ] {
        let Some(entry) = node.entries().iter().find(|entry| entry.key == key) else { continue };
        let problem = Problem::new(ProblemKind::Contradiction, cx.source, entry.key_span.clone(), message);
        cx.report(problem.label("only with `at: { flash-op: N }`"));
    }
}

/// What an action can't do without.
fn needed<T>(node: &Node, key: &str, value: Option<T>, action: ActionWord, cx: &mut Cx<'_>) -> Option<T> {
    if value.is_none() && node.get(key).is_none() {
        let problem = cx.problem(ProblemKind::MissingKey, node, format!("`{action}` needs `{key}`"));
        cx.report(problem.label(format!("`{key}` is missing here")));
    }
    value
}

fn only_with(node: &Node, key: &str, action: ActionWord, right: &[ActionWord], cx: &mut Cx<'_>) {
    if right.contains(&action) {
        return;
    }
    let Some(entry) = node.entries().iter().find(|entry| entry.key == key) else { return };
    let message = format!("`{key}` has no meaning for `{action}`");
    let problem = Problem::new(ProblemKind::Contradiction, cx.source, entry.key_span.clone(), message);
    let right: Vec<String> = right.iter().map(|action| format!("do: {action}")).collect();
    cx.report(problem.label(format!("only with {}", list(right.iter().map(String::as_str)))));
}

impl Shape for Position {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let NodeKind::Map(entries) = &node.kind else {
            let help = "it is written as `{ object: 2, byte: 100 }`, `{ packet: 7 }` or `{ request: execute, n: 2 }`";
            cx.wrong_type_for(node, "a position (a mapping)", Some(help.to_owned()));
            return None;
        };
        let kind = POSITIONS.iter().find(|(key, _)| node.get(key).is_some()).map(|(key, _)| *key);
        match kind {
            Some("packet") => PacketPosition::read(node, cx).map(Self::Packet),
            Some("init-byte") => InitByte::read(node, cx).map(|at| Self::InitByte(at.0)),
            Some("request") => RequestPosition::read(node, cx).map(Self::Request),
            Some("notification") => Notification::read(node, cx).map(|at| Self::Notification(at.0)),
            Some("flash-op") => FlashOp::read(node, cx).map(|at| Self::FlashOp(at.0)),
            Some(_) => ImageByte::read(node, cx).map(Self::ImageByte),
            None => {
                unknown(node, entries.first().map(|entry| (entry.key.as_str(), entry.key_span.clone())), cx);
                None
            }
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            ImageByte::schema(generator),
            InitByte::schema(generator),
            PacketPosition::schema(generator),
            RequestPosition::schema(generator),
            Notification::schema(generator),
            FlashOp::schema(generator),
        ] })
    }
}

/// A position without any of the keys that tell what is counted.
fn unknown(node: &Node, first: Option<(&str, crate::yaml::Span)>, cx: &mut Cx<'_>) {
    let keys = || POSITIONS.iter().map(|(key, _)| *key);
    let help = format!("a position has one of {} (`object` with `byte`)", list(keys()));
    let problem = match first {
        None => cx
            .problem(ProblemKind::MissingKey, node, "a position is missing")
            .label("nothing is counted here"),
        Some(("byte", span)) => {
            Problem::new(ProblemKind::MissingKey, cx.source, span, "a byte is counted in an object")
                .label("`object` is missing here")
        }
        Some((key, span)) => {
            let problem = Problem::new(
                ProblemKind::UnknownKey,
                cx.source,
                span,
                format!("a position has no key {}", quote(key)),
            );
            match nearest(key, keys()) {
                Some(near) => problem.label(format!("did you mean `{near}`?")),
                None => problem.label("unknown key"),
            }
        }
    };
    cx.report(problem.help(help));
}

mapping! { ImageByte, "a position by `object` and `byte`", |node, cx| {
    required "object" => object: Count, "The data object, counted from 1.";
    required "byte" => byte: Ranged<u32, { range::OBJECT_BYTE }>, "The byte of the object, 1 to 4096.";
} => Some(ImageByte { object: object?.0, byte: byte?.0 }) }

struct InitByte(u32);

mapping! { InitByte, "a position by `init-byte`", |node, cx| {
    required "init-byte" => byte: Ranged<u32, { range::INIT_BYTE }>, "The byte of the init packet, 1 to 512.";
} => Some(InitByte(byte?.0)) }

mapping! { PacketPosition, "a position by `packet`", |node, cx| {
    required "packet" => packet: Count, "The packet of object data, counted from 1.";
    optional "object" => object: Count, "The data object in which packets are counted; without it the whole update.";
} => {
    if object.is_none() && node.get("object").is_some() {
        return None;
    }
    Some(PacketPosition { packet: packet?.0, object: object.map(|object| object.0) })
}}

mapping! { RequestPosition, "a position by `request`", |node, cx| {
    required "request" => kind: RequestKind, "The kind of request that is counted.";
    optional "n" => n: Count, "Which one of this kind, counted from 1. The first by default.";
} => Some(RequestPosition { kind: kind?, n: n.map_or(1, |n| n.0) }) }

struct Notification(u32);

mapping! { Notification, "a position by `notification`", |node, cx| {
    required "notification" => n: Count, "The notification, counted from 1.";
} => Some(Notification(n?.0)) }

struct FlashOp(u64);

mapping! { FlashOp, "a position by `flash-op`", |node, cx| {
    required "flash-op" => n: Ranged<u64, { range::COUNT }>, "The flash operation of the device, counted from 1.";
} => Some(FlashOp(n?.0)) }
