//! Lists, and values that have a short form.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::{Cx, Shape};
use crate::yaml::{Node, NodeKind};

impl<T: Shape> Shape for Vec<T> {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let NodeKind::List(items) = &node.kind else {
            cx.wrong_type(node, "a list");
            return None;
        };
        let read = |item: &Node| {
            let value = T::read(item, cx);
            if value.is_none() {
                cx.dropped(item);
            }
            value
        };
        Some(items.iter().filter_map(read).collect())
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": T::schema(generator) })
    }
}

/// A list, or a single value instead of a list of one.
pub(crate) struct OneOrMore<T>(pub(crate) Vec<T>);

impl<T: Shape> Shape for OneOrMore<T> {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.kind {
            NodeKind::List(_) => Vec::read(node, cx).map(Self),
            _ => T::read(node, cx).map(|one| Self(vec![one])),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let one = T::schema(generator);
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

/// A mapping, or in its place the one value that matters most.
pub(crate) enum ShortOrLong<S, L> {
    Short(S),
    Long(L),
}

impl<S: Shape, L: Shape> Shape for ShortOrLong<S, L> {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.kind {
            NodeKind::Map(_) => L::read(node, cx).map(Self::Long),
            _ => S::read(node, cx).map(Self::Short),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [S::schema(generator), L::schema(generator)] })
    }
}
