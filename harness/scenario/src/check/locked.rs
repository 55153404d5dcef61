//! What nobody can do to a device whose access port is closed.

use crate::case::Case;
use crate::diagnostics::ProblemKind;
use crate::model::{Entry, ProbeAction, ResetKind, StepKind};
use crate::read::Cx;
use crate::yaml::{Node, Step};

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    if !case.device.locked {
        return;
    }
    let locked = root.find(&[Step::Key("device"), Step::Key("locked")]);
    let mut needs_dfu = false;
    for (index, step) in case.steps.iter().enumerate() {
        let at = |key| root.find(&[Step::Key("steps"), Step::Item(index), Step::Key(key)]);
        match &step.kind {
            StepKind::Probe(items) => {
                for (number, item) in items.iter().enumerate() {
                    match item.action {
                        ProbeAction::Recover(_) => return way_in(case, needs_dfu, locked, cx),
                        ProbeAction::AccessPort(_) => {}
                        _ => {
                            let path = [Step::Key("probe"), Step::Item(number)];
                            let at = root.find(&[Step::Key("steps"), Step::Item(index)]).find(&path);
                            impossible(at, locked, cx);
                        }
                    }
                }
            }
            StepKind::Reset(ResetKind::Soft) => impossible(at("reset"), locked, cx),
            StepKind::Update(update) => needs_dfu |= update.entry == Entry::Probe,
            StepKind::Exchange(_) | StepKind::Walk(_) => needs_dfu = true,
            _ => {}
        }
    }
    // The clean update in the end needs a way, too.
    way_in(case, true, locked, cx);
    for key in ["retained", "retained-2"] {
        let at = root.find(&[Step::Key("device"), Step::Key(key)]);
        if root.get("device").is_some_and(|device| device.get(key).is_some()) {
            let problem = cx
                .problem(
                    ProblemKind::Contradiction,
                    at,
                    format!("`{key}` does not outlive the closing of the access port"),
                )
                .label("lost with the supply")
                .also(cx.shown(locked), "which counts from the next start of the supply on");
            cx.report(problem);
        }
    }
}

fn way_in(case: &Case, needed: bool, locked: &Node, cx: &mut Cx<'_>) {
    if !needed || case.device.bootloader.enter_by_pin_reset {
        return;
    }
    let problem = cx
        .problem(ProblemKind::Contradiction, locked, "nothing leads this device into DFU mode")
        .label("the probe can't ask it")
        .help(
            "add `bootloader: { enter_by_pin_reset: true }`, which leads there in the steps and for the clean update in the \
             end; or begin with `- probe: [{ recover: device }]`",
        );
    cx.report(problem);
}

fn impossible(at: &Node, locked: &Node, cx: &mut Cx<'_>) {
    let problem = cx
        .problem(ProblemKind::Contradiction, at, "a probe can't do this while the access port is closed")
        .label("the probe gets at nothing")
        .also(cx.shown(locked), "closed here")
        .help("`{ access-port: closed }` and `{ recover: device }` are what it can do; `reset: pin` needs no probe");
    cx.report(problem);
}
