//! Reads a scenario as a whole.

use super::mapping::mapping;
use super::package::Packages;
use super::scalars::Text;
use super::{Cx, OneOrMore};
use crate::diagnostics::ProblemKind;
use crate::expand::Matrix;
use crate::model::{Capability, Chip, Device, Expect, Step};
use crate::quantity::{FailureId, RequirementId, ScenarioId, Tag};
use crate::yaml::Node;

/// A scenario with one combination of its matrix put in.
pub(crate) struct Head {
    pub(crate) id: ScenarioId,
    pub(crate) title: String,
    pub(crate) requirements: Vec<RequirementId>,
    pub(crate) from: Vec<FailureId>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) needs: Vec<Capability>,
    pub(crate) device: Device,
    pub(crate) packages: Packages,
    pub(crate) steps: Vec<Step>,
    pub(crate) expect: Option<Expect>,
}

mapping! { Head, "a scenario", |node, cx| {
    required "id" => id: ScenarioId, "The stable id of the scenario: lower-case words in a path.";
    required "title" => title: Text, "One sentence: what happens and what must hold.";
    optional "requirements" => requirements: Vec<RequirementId>, "Requirements that the scenario checks.";
    optional "from" => from: Vec<FailureId>, "Field failures behind the scenario.";
    optional "tags" => tags: Vec<Tag>, "Words by which scenarios are selected.";
    optional "needs" => needs: Vec<Capability>, "What a bench must be able to do.";
    optional "chip" => _chip: OneOrMore<Chip>, "The chip, or several for a case each. nrf52832 by default.";
    optional "matrix" => _matrix: Matrix, "Lists of values; the scenario is run for every combination.";
    optional "device" => device: Device, "The device before the first step.";
    optional "packages" => packages: Packages, "The packages, by their names.";
    required "steps" => steps: Vec<Step>, "What is done with the device, in this order.";
    optional "expect" => expect: Expect, "Where the device must be in the end.";
} => {
    if let (Some(at), true) = (node.get("steps"), steps.as_ref().is_some_and(Vec::is_empty)) {
        no_steps(at, cx);
    }
    Some(Head {
        id: id?,
        title: title?.0,
        requirements: requirements.unwrap_or_default(),
        from: from.unwrap_or_default(),
        tags: tags.unwrap_or_default(),
        needs: needs.unwrap_or_default(),
        device: device.unwrap_or_default(),
        packages: packages.unwrap_or(Packages(Vec::new())),
        steps: steps?,
        expect,
    })
}}

fn no_steps(at: &Node, cx: &mut Cx<'_>) {
    if at.items().is_empty() {
        let problem =
            cx.problem(ProblemKind::OutOfRange, at, "a scenario without any step").label("this is empty");
        cx.report(problem);
    }
}
