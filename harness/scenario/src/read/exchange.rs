//! Reads exchanges of raw requests.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::mapping::mapping;
use super::scalars::scalar_schema;
use super::{Cx, Shape};
use crate::diagnostics::{Problem, ProblemKind};
use crate::model::{Answer, DataSource, Exchange, ExchangeItem, Link};
use crate::quantity::{HexBytes, HexPattern, PackageName};
use crate::yaml::Node;

mapping! { Exchange, "an exchange", |node, cx| {
    required "exchange" => items: Vec<ExchangeItem>, "What is sent, in this order.";
    optional "link" => link: Link, "The way to the device. `ble` by default.";
} => {
    let items = items?;
    let at = node.get("exchange")?;
    if at.items().is_empty() {
        let problem = cx.problem(ProblemKind::OutOfRange, at, "an exchange without any request").label("this is empty");
        cx.report(problem);
    }
    Some(Exchange { link: link.unwrap_or(Link::Ble), items })
}}

impl Shape for ExchangeItem {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let place = cx.place(&node.span);
        if node.get("data").is_some() {
            let data = Data::read(node, cx)?;
            let Data { source, package, from, to, flip, answer } = data;
            Some(Self::Data { place, source, package, from, to, flip, answer })
        } else {
            let Send { request, answer } = Send::read(node, cx)?;
            Some(Self::Send { place, request, answer })
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [Send::schema(generator), Data::schema(generator)] })
    }
}

struct Send {
    request: HexBytes,
    answer: Answer,
}

mapping! { Send, "a request (`send` with `answer`, or `data`)", |node, cx| {
    required "send" => request: HexBytes, "Opcode and parameters in hexadecimal.";
    required "answer" => answer: Answer, "What must come back; `..` is any byte, `none` is silence.";
} => Some(Send { request: request?, answer: answer? }) }

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
    optional "from" => from: u32, "The first byte, counted from 0. 0 by default.";
    optional "to" => to: u32, "The byte behind the last. The end by default.";
    optional "flip" => flip: u32, "The byte, counted like `from`, whose lowest bit is sent wrong. None by default.";
    optional "answer" => answer: Answer, "A message that must come back, such as a receipt notification.";
} => {
    let from = from.unwrap_or(0);
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
