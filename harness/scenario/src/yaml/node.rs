//! The tree of a file, with the place of everything.

use super::{Scalar, Span};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// From the first to the last byte of the value. Of a value that is missing behind its key, the key.
    pub(crate) span: Span,
    pub(crate) kind: NodeKind,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

/// One step of a path to a node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

impl Node {
    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.kind {
            NodeKind::Scalar(scalar) => scalar.kind(),
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a mapping",
        }
    }

    /// The scalar, if it is one.
    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The entries, none if it is not a mapping.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items, none if it is not a list.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The node at a path, or the last one on the way to it that exists.
    pub(crate) fn find(&self, path: &[Step<'_>]) -> &Node {
        path.iter()
            .try_fold(self, |node, step| {
                let next = match step {
                    Step::Key(key) => node.get(key),
                    Step::Item(index) => node.items().get(*index),
                };
                next.ok_or(node)
            })
            .unwrap_or_else(|last| last)
    }

    /// How many nodes there are, this one included.
    pub(crate) fn count(&self) -> usize {
        match &self.kind {
            NodeKind::Scalar(_) => 1,
            NodeKind::List(items) => 1 + items.iter().map(Self::count).sum::<usize>(),
            NodeKind::Map(entries) => 1 + entries.iter().map(|entry| 1 + entry.value.count()).sum::<usize>(),
        }
    }
}
