//! What goes across a catalogue: every id once, every id in an area, everything observed somewhere.

use std::collections::BTreeMap;

use super::Observation;
use crate::diagnostics::{Problem, ProblemKind, nearest, quote, words};
use crate::read::Cx;
use crate::word::Word as _;
use crate::yaml::Node;

pub(super) fn catalogue(root: &Node, cx: &mut Cx<'_>) {
    let items = |key: &str| root.get(key).map(Node::items).unwrap_or_default();
    let areas = named(items("areas"), "area");
    let requirements = named(items("requirements"), "id");
    once(&areas, "area", cx);
    once(&requirements, "id", cx);
    once(&named(items("failures"), "id"), "id", cx);
    for (id, node) in &requirements {
        in_an_area(id, node, &areas, cx);
    }
    for requirement in items("requirements") {
        observed_somewhere(requirement, cx);
    }
    for (area, node) in &areas {
        let used = requirements.iter().any(|(id, _)| area_of(id) == *area);
        if !used {
            let message = format!("the area {} has no requirement", quote(area));
            cx.report(cx.problem(ProblemKind::Unused, node, message).label("nothing is in this area"));
        }
    }
}

fn area_of(id: &str) -> &str {
    id.split_once('-').map_or(id, |(area, _)| area)
}

/// The values of a key, with their places.
fn named<'n>(items: &'n [Node], key: &str) -> Vec<(&'n str, &'n Node)> {
    let nodes = items.iter().filter_map(|item| item.get(key));
    nodes.filter_map(|node| Some((node.scalar()?.text.as_str(), node))).collect()
}

fn once(all: &[(&str, &Node)], what: &str, cx: &mut Cx<'_>) {
    let mut first: BTreeMap<&str, &Node> = BTreeMap::new();
    for (name, node) in all {
        let Some(known) = first.get(name) else {
            first.insert(name, node);
            continue;
        };
        let problem = cx
            .problem(ProblemKind::DuplicateId, node, format!("the {what} {} is taken", quote(name)))
            .label(format!("the same {what} again"))
            .also(known.span.clone(), "it stands here first");
        cx.report(problem);
    }
}

fn in_an_area(id: &str, node: &Node, areas: &[(&str, &Node)], cx: &mut Cx<'_>) {
    let area = area_of(id);
    let names = || areas.iter().map(|(name, _)| *name);
    // What is not an id at all has been reported.
    if id == area || names().any(|name| name == area) {
        return;
    }
    let message = format!("there is no area {}", quote(area));
    let mut problem: Problem = cx.problem(ProblemKind::Undefined, node, message);
    problem = match nearest(area, names()) {
        Some(name) => problem.label(format!("did you mean `{name}`?")),
        None => problem.label("an id begins with its area"),
    };
    cx.report(problem.help(format!("the areas are {}", words(names()))));
}

fn observed_somewhere(requirement: &Node, cx: &mut Cx<'_>) {
    let Some(at) = requirement.get("observed") else { return };
    let nowhere = |node: &Node| node.scalar().is_some_and(|scalar| scalar.text == Observation::None.word());
    match at.items() {
        [] if matches!(at.kind, crate::yaml::NodeKind::List(_)) => {
            let problem = cx
                .problem(ProblemKind::OutOfRange, at, "a requirement that shows nowhere")
                .label("this is empty")
                .help("if nothing outside of the device shows it, it is observed in `none`");
            cx.report(problem);
        }
        [_, _, ..] => {
            if let Some(none) = at.items().iter().find(|node| nowhere(node)) {
                let problem = cx
                    .problem(ProblemKind::Contradiction, none, "what shows nowhere can't show elsewhere, too")
                    .label("`none` stands alone");
                cx.report(problem);
            }
        }
        _ => {}
    }
}
