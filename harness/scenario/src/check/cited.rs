//! Requirements and failures that are cited have to be in the catalogue.

use crate::diagnostics::{ProblemKind, nearest, quote, words};
use crate::quantity::FailureId;
use crate::read::Cx;
use crate::requirements::{Catalogue, FieldFailure};
use crate::yaml::Node;

/// An id of an area that the catalogue does not have may belong to a catalogue of one's own; one that is nearly right is a
/// slip.
pub(crate) fn requirements(root: &Node, catalogue: &Catalogue, cx: &mut Cx<'_>) {
    for node in root.get("requirements").map(Node::items).unwrap_or_default() {
        let Some(scalar) = node.scalar() else { continue };
        let id = scalar.text.as_str();
        let Some((area, number)) = id.split_once('-') else { continue };
        let upper = area.bytes().all(|byte| byte.is_ascii_uppercase());
        let well_formed = upper && number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
        if !well_formed || catalogue.get(id).is_some() {
            continue;
        }
        if FailureId::parse(id).is_ok() {
            let message = format!("{} is a failure in the field and no requirement", quote(id));
            let problem = cx.problem(ProblemKind::Undefined, node, message).label("it stands in `from`");
            cx.report(problem.help(format!("`from: [{id}]`")));
            continue;
        }
        let areas = || catalogue.areas().iter().map(|area| area.id.as_str());
        if let Some(last) = catalogue.area(area).last() {
            let problem = cx
                .problem(ProblemKind::Undefined, node, format!("there is no requirement {}", quote(id)))
                .label(format!("the ids of {area} go up to `{}`", last.id))
                .help(format!("`gauntlet requirements {area}` lists them"));
            cx.report(problem);
        } else if let Some(near) = nearest(area, areas()) {
            let right = format!("{near}-{number}");
            let label = if catalogue.get(&right).is_some() {
                format!("did you mean `{right}`?")
            } else {
                format!("did you mean the area `{near}`?")
            };
            let problem = cx
                .problem(ProblemKind::Undefined, node, format!("there is no area {}", quote(area)))
                .label(label)
                .help(format!("the areas are {}", words(areas())));
            cx.report(problem);
        }
    }
}

/// A failure in the field that a catalogue with failures does not have, or has as one that can't be made to happen.
pub(crate) fn failures(root: &Node, catalogue: &Catalogue, cx: &mut Cx<'_>) {
    let Some(last) = catalogue.failures().last() else { return };
    for node in root.get("from").map(Node::items).unwrap_or_default() {
        let Some(id) = node.scalar().map(|scalar| scalar.text.as_str()) else { continue };
        if FailureId::parse(id).is_err() {
            continue;
        }
        match catalogue.failures().iter().find(|failure| failure.id.as_str() == id) {
            None => {
                let problem = cx
                    .problem(ProblemKind::Undefined, node, format!("there is no failure {}", quote(id)))
                    .label(format!("the ids go up to `{}`", last.id))
                    .help("`gauntlet requirements FF` lists them");
                cx.report(problem);
            }
            Some(FieldFailure { not_recreated: Some(reason), .. }) => {
                let message = format!("{} is said to be one that no scenario can make happen", quote(id));
                let problem = cx.problem(ProblemKind::Contradiction, node, message);
                cx.report(problem.label(format!("the catalogue says: {reason}")));
            }
            Some(_) => {}
        }
    }
}
