//! Reads exchanges of raw requests.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::mapping::mapping;
use super::scalars::{Ranged, range, scalar_schema};
use super::{Choice, Cx, Shape};
use crate::diagnostics::{Problem, ProblemKind};
use crate::model::{Answer, DataSource, Exchange, ExchangeItem, Link};
use crate::quantity::{Bytes, HexBytes, HexPattern, PackageName};
use crate::yaml::Node;

mapping! { Exchange, "an exchange", |node, cx| {
    required "exchange" => items: Vec<ExchangeItem>, "What is sent, in this order.";
    optional "link" => link: Link, "The way to the device. `ble` by default.";
} => {
    let items = items?;
    let at = node.get("exchange")?;
    let link = link.unwrap_or(Link::Ble);
    if link == Link::Ble {
        for item in at.items().iter().filter_map(|item| item.get("raw")) {
            let problem = cx.problem(ProblemKind::Contradiction, item, "BLE has no bytes outside of messages");
            let problem = problem.label("only with `link: serial` or `link: usb`");
            cx.report(match node.get("link") {
                Some(link) => problem.also(cx.shown(link), "this is the link"),
                None => problem.help("the link is `ble` unless `link` says another one, beside `exchange`"),
            });
        }
    }
    if at.items().is_empty() {
        let problem = cx.problem(ProblemKind::OutOfRange, at, "an exchange without any request").label("this is empty");
        cx.report(problem);
    }
    Some(Exchange { link, items })
}}

/// What can be sent, by the key that says it.
const ITEMS: Choice = Choice { one: "something that is sent", short: "item", keys: &["send", "data", "raw"] };

impl Shape for ExchangeItem {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let place = cx.place(&node.span);
        Some(match ITEMS.of(node, cx)? {
            "data" => {
                let Data { source, package, from, to, flip, answer } = Data::read(node, cx)?;
                Self::Data { place, source, package, from, to, flip, answer }
            }
            "raw" => {
                let Raw { bytes, times, answer } = Raw::read(node, cx)?;
                Self::Raw { place, bytes, times, answer }
            }
            _ => {
                let Send { request, answer } = Send::read(node, cx)?;
                Self::Send { place, request, answer }
            }
        })
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [Send::schema(generator), Data::schema(generator), Raw::schema(generator)] })
    }
}

struct Send {
    request: HexBytes,
    answer: Answer,
}

mapping! { Send, "a request", |node, cx| {
    required "send" => request: HexBytes, "Opcode and parameters in hexadecimal.";
    required "answer" => answer: Answer, "What must come back; `..` is any byte, `none` is silence.";
} => Some(Send { request: request?, answer: answer? }) }

struct Raw {
    bytes: HexBytes,
    times: u32,
    answer: Option<Answer>,
}

mapping! { Raw, "raw bytes", |node, cx| {
    required "raw" => bytes: HexBytes, "Bytes in hexadecimal, sent as they are: without a frame, nothing escaped. Only over a serial link.";
    optional "times" => times: Ranged<u32, { range::TIMES }>, "How often they are sent, one after the other. Once by default.";
    optional "answer" => answer: Answer, "The bytes that must come back, as they are on the line; `..` is any byte, `none` is silence. Not looked at by default.";
} => Some(Raw { bytes: bytes?, times: times.map_or(1, |times| times.0), answer }) }

struct Data {
    source: DataSource,
    package: PackageName,
    from: u32,
    to: Option<u32>,
    flip: Option<u32>,
    answer: Option<Answer>,
}

mapping! { Data, "object data", |node, cx| {
    required "data" => source: DataSource, "Which part of the package is sent.";
    required "package" => package: PackageName, "The package.";
    optional "from" => from: Bytes, "The first byte, counted from 0. 0 by default.";
    optional "to" => to: Bytes, "The byte behind the last. The end by default.";
    optional "flip" => flip: u32, "The byte, counted like `from`, whose lowest bit is sent wrong. None by default.";
    optional "answer" => answer: Answer, "A message that must come back, such as a receipt notification.";
} => {
    let (from, to) = (from.map_or(0, |bytes| bytes.0), to.map(|bytes| bytes.0));
    if let (Some(to), Some(at)) = (to.filter(|to| *to <= from), node.get("to")) {
        let message = format!("nothing is sent: `to` is {to} and `from` is {from}");
        let problem = Problem::new(ProblemKind::OutOfRange, cx.source, cx.shown(at), message);
        cx.report(problem.label("`to` is the byte behind the last"));
    }
    let outside = |flip: u32| flip < from || to.is_some_and(|to| flip >= to);
    if let (Some(_), Some(at)) = (flip.filter(|flip| outside(*flip)), node.get("flip")) {
        let problem = cx.problem(ProblemKind::OutOfRange, at, "this byte is not among those that are sent");
        cx.report(problem.label("counted from 0, like `from` and `to`"));
    }
    Some(Data { source: source?, package: package?, from, to, flip, answer })
}}

impl Shape for Answer {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        if node.scalar().is_some_and(|scalar| scalar.text == "none") {
            return Some(Self::Silence);
        }
        HexPattern::read(node, cx).map(Self::Bytes)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [scalar_schema(&json!({ "const": "none" })), HexPattern::schema(generator)] })
    }
}
