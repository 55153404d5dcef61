//! Expectations of an update that nothing in its step can make true.

use crate::case::Case;
use crate::diagnostics::ProblemKind;
use crate::model::{Application, Entry, Outcome, Package, StepKind, Update};
use crate::quantity::Relation;
use crate::read::Cx;
use crate::yaml::{Node, Step};

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let mut begun = false;
    for (index, step) in case.steps.iter().enumerate() {
        if let StepKind::Update(update) = &step.kind {
            let at = root.find(&[Step::Key("steps"), Step::Item(index), Step::Key("expect")]);
            let step = root.find(&[Step::Key("steps"), Step::Item(index)]);
            if is_quiet(case, update, begun) && !cx.has_problem_in(step) {
                without_faults(update, at, cx);
            }
            prn(update, at, cx);
            reconnects(update, at, cx);
        }
        // What was begun before may be resumed, and what was done to the device may show.
        begun = true;
    }
}

/// One application over a good link to a device fresh from the factory, with nothing that could go wrong.
fn is_quiet(case: &Case, update: &Update, begun: bool) -> bool {
    let known = case.package(&update.package).is_some_and(|package| {
        package.firmware_size().is_some_and(|size| size >= Application::SMALLEST)
            && matches!(package, Package::Built(built) if built.tamper.is_empty() && built.mutate.is_none())
    });
    known
        && !begun
        && update.faults.is_empty()
        && update.entry == Entry::Probe
        && update.expect.outcome == Outcome::Completed
}

fn without_faults(update: &Update, at: &Node, cx: &mut Cx<'_>) {
    let expect = &update.expect;
    for (key, wanted) in [
        ("reconnects", expect.reconnects),
        ("resent", expect.resent),
        ("crc_mismatches", expect.crc_mismatches),
        ("silences", expect.silences),
    ] {
        let (Some(wanted), Some(at)) = (wanted, at.get(key)) else { continue };
        if !wanted.holds(0) {
            let problem = cx
                .problem(
                    ProblemKind::Contradiction,
                    at,
                    format!("nothing in this step makes `{key}` other than 0"),
                )
                .label("no fault, and nothing before it")
                .help("add what goes wrong: `faults: [{ at: { object: 1, byte: 100 }, do: disconnect }]`");
            cx.report(problem);
        }
    }
}

/// A client does not connect more often than it may.
fn reconnects(update: &Update, at: &Node, cx: &mut Cx<'_>) {
    let may = update.reconnects.unwrap_or(Update::RECONNECTS);
    let (Some(wanted), Some(at)) = (update.expect.reconnects, at.get("reconnects")) else { return };
    if update.expect.outcome == Outcome::Completed
        && wanted.relation != Relation::AtMost
        && wanted.bound > u64::from(may)
    {
        let often = match may {
            0 => "this client never connects again".to_owned(),
            1 => "this client connects again once at most".to_owned(),
            may => format!("this client connects again {may} times at most"),
        };
        let problem = cx
            .problem(ProblemKind::Contradiction, at, often)
            .label("this is more often")
            .help(format!("`reconnects: {}` beside `update` lets it", wanted.bound));
        cx.report(problem);
    }
}

/// Receipts come only when they are asked for.
fn prn(update: &Update, at: &Node, cx: &mut Cx<'_>) {
    if let (Some(wanted), Some(at), 0) = (update.expect.receipts, at.get("receipts"), update.prn)
        && !wanted.holds(0)
    {
        let problem = cx.problem(ProblemKind::Contradiction, at, "no receipt is asked for in this step");
        cx.report(problem.label("only with `prn: 1` or more").help("`prn` stands beside `update`"));
    }
}
