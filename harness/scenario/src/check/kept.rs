//! The application from before the first step is gone when the last update brings another one.

use crate::case::Case;
use crate::diagnostics::ProblemKind;
use crate::model::{BuiltPackage, ExpectedApplication, Outcome, Package, StepKind, Update};
use crate::read::Cx;
use crate::yaml::{Node, Step};

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let (Some(ExpectedApplication::Previous), Some(before)) =
        (&case.expect.application, &case.device.application)
    else {
        return;
    };
    // Behind these steps the device has the application that it had before them.
    let quiet = |kind: &StepKind| {
        matches!(
            kind,
            StepKind::Reset(_)
                | StepKind::PowerCut(_)
                | StepKind::Wait(_)
                | StepKind::Mode(_)
                | StepKind::Starts(_)
        )
    };
    let last = case.steps.iter().enumerate().rev().find(|(_, step)| !quiet(&step.kind));
    let Some((index, StepKind::Update(update))) = last.map(|(index, step)| (index, &step.kind)) else {
        return;
    };
    let Some(Package::Built(built)) = case.package(&update.package) else { return };
    if !arrives(update, built) {
        return;
    }
    if built.application.as_ref().is_some_and(|application| application.witness != before.witness) {
        let at = root.find(&[Step::Key("expect"), Step::Key("application")]);
        let step = root.find(&[Step::Key("steps"), Step::Item(index), Step::Key("update")]);
        let problem = cx
            .problem(ProblemKind::Contradiction, at, "the last update brings another application")
            .label("the one from before the first step")
            .also(cx.shown(step), "this one completes")
            .help("expect the witness of the package, or `outcome: refused` of the update");
        cx.report(problem);
    }
}

/// Nothing keeps the application of a package from being started.
fn arrives(update: &Update, built: &BuiltPackage) -> bool {
    update.expect.outcome == Outcome::Completed
        && update.faults.is_empty()
        && !built.external
        && built.tamper.is_empty()
        && built.mutate.is_none()
}
