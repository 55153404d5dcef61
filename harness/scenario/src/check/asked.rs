//! An application that is talked to over the air needs its buttonless service.

use crate::case::Case;
use crate::diagnostics::ProblemKind;
use crate::model::{Entry, Firmware, GattAction, Outcome, Package, StepKind};
use crate::read::Cx;
use crate::yaml::{Node, Step};

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let in_package = |package: &Package| match package {
        // What is in a file is not known here.
        Package::File(_) => true,
        Package::Built(built) => {
            built.application.as_ref().is_some_and(|application| application.buttonless.is_some())
        }
    };
    let in_device = case.device.application.is_some_and(|application| application.buttonless.is_some());
    if in_device || case.packages.iter().any(|(_, package)| in_package(package)) {
        return;
    }
    // What a package with a mistake would have been is not known.
    if root.get("packages").is_some_and(|packages| cx.has_problem_in(packages)) {
        return;
    }
    for (index, step) in case.steps.iter().enumerate() {
        let at = root.find(&[Step::Key("steps"), Step::Item(index)]);
        match &step.kind {
            StepKind::Update(update)
                if update.entry == Entry::Buttonless && update.expect.outcome == Outcome::Completed =>
            {
                silent(at.get("entry").unwrap_or(at), cx);
            }
            StepKind::Gatt(gatt) => {
                for (number, item) in gatt.items.iter().enumerate() {
                    let asks = matches!(
                        item.action,
                        GattAction::Find { firmware: Firmware::Application, .. }
                            | GattAction::Connect { firmware: Firmware::Application, accepted: true, .. }
                    );
                    if asks {
                        silent(at.find(&[Step::Key("gatt"), Step::Item(number)]), cx);
                    }
                }
            }
            _ => {}
        }
    }
}

fn silent(at: &Node, cx: &mut Cx<'_>) {
    let problem = cx
        .problem(ProblemKind::Contradiction, at, "no application of this scenario is on the air")
        .label("none has a buttonless service")
        .help("give it one: `device: { application: { witness: 1, buttonless: unbonded } }`");
    cx.report(problem);
}
