//! Placeholders: `${at}` stands for a value of the matrix.

use std::collections::BTreeSet;

use super::Combination;
use crate::diagnostics::{Problem, ProblemKind, nearest, quote, words};
use crate::read::Cx;
use crate::yaml::{Entry, Node, NodeKind, Scalar, Span, Style};

/// Keys of a scenario into which nothing is put: what they say comes before the matrix.
const LITERAL: [&str; 3] = ["id", "chip", "matrix"];

/// The names that can be put in, and those that were.
pub(crate) struct Known<'a> {
    pub(crate) names: Vec<&'a str>,
    pub(crate) used: BTreeSet<String>,
}

/// Reports every placeholder that no list of the matrix stands behind, and notes the others as used.
pub(crate) fn check(root: &Node, known: &mut Known<'_>, cx: &mut Cx<'_>) {
    for entry in root.entries().iter().filter(|entry| !LITERAL.contains(&entry.key.as_str())) {
        check_node(&entry.value, known, cx);
    }
}

fn check_node(node: &Node, known: &mut Known<'_>, cx: &mut Cx<'_>) {
    match &node.kind {
        NodeKind::List(items) => items.iter().for_each(|item| check_node(item, known, cx)),
        NodeKind::Map(entries) => entries.iter().for_each(|entry| check_node(&entry.value, known, cx)),
        NodeKind::Scalar(scalar) => {
            for part in parts(&scalar.text) {
                match part {
                    Part::Text(_) => {}
                    Part::Name(name) if known.names.contains(&name) => {
                        known.used.insert(name.to_owned());
                    }
                    Part::Name(name) => unknown(node, name, known, cx),
                    Part::Open(text) => {
                        let span = within(node, text, cx);
                        let problem = Problem::new(
                            ProblemKind::BadForm,
                            cx.source,
                            span,
                            "a placeholder without its end",
                        );
                        cx.report(
                            problem
                                .label("`}` is missing")
                                .help("a value of the matrix is put in as `${name}`"),
                        );
                    }
                }
            }
        }
    }
}

fn unknown(node: &Node, name: &str, known: &Known<'_>, cx: &mut Cx<'_>) {
    let span = within(node, &format!("${{{name}}}"), cx);
    let message = format!("the matrix has no list {}", quote(name));
    let mut problem = Problem::new(ProblemKind::Undefined, cx.source, span, message);
    problem = match nearest(name, known.names.iter().copied()) {
        Some(name) => problem.label(format!("did you mean `${{{name}}}`?")),
        None => problem.label("nothing to put in here"),
    };
    let help = if known.names.len() > 1 {
        format!("there is {}", words(known.names.iter().copied()))
    } else {
        format!(
            "a scenario lists its values: `matrix: {{ {name}: [1, 2] }}`; without a matrix there is only `chip`"
        )
    };
    cx.report(problem.help(help));
}

/// Where a part of a scalar's text stands: the whole scalar when escapes hide it.
fn within(node: &Node, part: &str, cx: &Cx<'_>) -> Span {
    let text = cx.source.text().get(node.span.clone()).unwrap_or_default();
    match text.find(part) {
        Some(at) => node.span.start + at..node.span.start + at + part.len(),
        None => cx.shown(node),
    }
}

/// The tree with the values of a combination put in.
pub(crate) fn substitute(root: &Node, combination: &Combination) -> Node {
    let NodeKind::Map(entries) = &root.kind else { return root.clone() };
    let entries = entries
        .iter()
        .map(|entry| {
            let literal = LITERAL.contains(&entry.key.as_str());
            let value = if literal { entry.value.clone() } else { put_into(&entry.value, combination) };
            Entry { value, ..entry.clone() }
        })
        .collect();
    Node { span: root.span.clone(), kind: NodeKind::Map(entries) }
}

fn put_into(node: &Node, combination: &Combination) -> Node {
    let kind = match &node.kind {
        NodeKind::Scalar(scalar) => NodeKind::Scalar(put_into_scalar(scalar, combination)),
        NodeKind::List(items) => {
            NodeKind::List(items.iter().map(|item| put_into(item, combination)).collect())
        }
        NodeKind::Map(entries) => NodeKind::Map(
            entries
                .iter()
                .map(|entry| Entry {
                    key: entry.key.clone(),
                    key_span: entry.key_span.clone(),
                    value: put_into(&entry.value, combination),
                })
                .collect(),
        ),
    };
    Node { span: node.span.clone(), kind }
}

fn put_into_scalar(scalar: &Scalar, combination: &Combination) -> Scalar {
    if !scalar.text.contains("${") {
        return scalar.clone();
    }
    let (mut text, mut spans, mut broken) = (String::new(), Vec::new(), false);
    for part in parts(&scalar.text) {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Open(_) => broken = true,
            Part::Name(name) => match combination.values.iter().find(|(known, _)| known == name) {
                None => broken = true,
                Some((_, put)) => {
                    text.push_str(&put.scalar.text);
                    spans.extend(put.span.clone());
                }
            },
        }
    }
    Scalar { matrix: spans, broken, ..Scalar::new(text, Style::Substituted) }
}

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    Name(&'t str),
    /// A `${` without its `}`.
    Open(&'t str),
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        parts.push(Part::Text(before));
        let Some((name, behind)) = after.split_once('}') else {
            parts.push(Part::Open(&rest[before.len()..]));
            return parts;
        };
        parts.push(Part::Name(name));
        rest = behind;
    }
    parts.push(Part::Text(rest));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_at_its_placeholders() {
        assert_eq!(parts("a ${b}c"), [Part::Text("a "), Part::Name("b"), Part::Text("c")]);
        assert_eq!(parts("${b}"), [Part::Text(""), Part::Name("b"), Part::Text("")]);
        assert_eq!(parts("a ${b"), [Part::Text("a "), Part::Open("${b")]);
        assert_eq!(parts("$b {c}"), [Part::Text("$b {c}")]);
    }
}
