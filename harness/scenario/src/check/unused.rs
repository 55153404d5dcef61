//! What is defined and never used is a slip more often than an intention: a warning.

use crate::case::Case;
use crate::diagnostics::{Problem, ProblemKind};
use crate::expand::{Known, Matrix};
use crate::model::{ExchangeItem, ExpectedApplication, ExpectedBootloader, ExpectedSoftDevice, StepKind};
use crate::read::Cx;
use crate::yaml::Node;

/// Lists of the matrix that are put in nowhere: their cases differ in nothing.
pub(crate) fn unused_lists(matrix: &Matrix, known: &Known<'_>, cx: &mut Cx<'_>) {
    for axis in matrix.0.iter().filter(|axis| !known.used.contains(&axis.name)) {
        let message = format!("the list `{}` of the matrix is not used", axis.name);
        let problem = Problem::new(ProblemKind::Unused, cx.source, axis.name_span.clone(), message);
        cx.report(
            problem.label("its cases are all the same").help(format!("put it in as `${{{}}}`", axis.name)),
        );
    }
}

/// Packages that no case of the scenario uses.
pub(crate) fn unused_packages(cases: &[Case], root: &Node, cx: &mut Cx<'_>) {
    let Some(packages) = root.get("packages") else { return };
    let used = |name: &str| cases.iter().any(|case| uses(case, name));
    for entry in packages.entries().iter().filter(|entry| !used(&entry.key)) {
        let message = format!("the package `{}` is not used", entry.key);
        let problem = Problem::new(ProblemKind::Unused, cx.source, entry.key_span.clone(), message);
        cx.report(problem.label("no step and no expectation names it"));
    }
}

fn uses(case: &Case, name: &str) -> bool {
    let softdevice = matches!(&case.expect.softdevice, Some(ExpectedSoftDevice::Package(package)) if package.as_str() == name);
    let bootloader = matches!(&case.expect.bootloader, Some(ExpectedBootloader::Package(package)) if package.as_str() == name);
    let expected = matches!(&case.expect.application, Some(ExpectedApplication::Package(package)) if package.as_str() == name);
    expected
        || softdevice
        || bootloader
        || case.steps.iter().any(|step| match &step.kind {
            StepKind::Update(update) => update.package.as_str() == name,
            StepKind::Exchange(exchange) => exchange
                .items
                .iter()
                .any(|item| matches!(item, ExchangeItem::Data { package, .. } if package.as_str() == name)),
            StepKind::Walk(walk) => walk.package.as_str() == name,
            StepKind::Gatt(_)
            | StepKind::Starts(_)
            | StepKind::Reset(_)
            | StepKind::Cable(_)
            | StepKind::PowerCut(_)
            | StepKind::Wait(_)
            | StepKind::Mode(_)
            | StepKind::Probe(_) => false,
        })
}
