//! What a probe can't do while the access port is closed: on a locked device, and on one whose bootloader closes the port,
//! from the first reset by pin or supply on.

use crate::case::Case;
use crate::diagnostics::ProblemKind;
use crate::model::{AccessPort, Action, Entry, Fault, ProbeAction, ResetKind, StepKind};
use crate::read::Cx;
use crate::yaml::{Node, Step};

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let closing = case.device.bootloader.debug_port == AccessPort::Closed;
    if !case.device.locked && !closing {
        return;
    }
    let device = |path: &[&'static str]| {
        let path: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
        root.find(&path)
    };
    let locked = device(&["device", "locked"]);
    let reason = if case.device.locked { locked } else { device(&["device", "bootloader", "debug_port"]) };
    // What closed it, as long as it is closed.
    let mut closed = case.device.locked.then_some(locked);
    let mut recovered = false;
    for (index, step) in case.steps.iter().enumerate() {
        let step_at = root.find(&[Step::Key("steps"), Step::Item(index)]);
        let at = |key| step_at.get(key).unwrap_or(step_at);
        match &step.kind {
            StepKind::Probe(items) => {
                for (number, item) in items.iter().enumerate() {
                    match (item.action, closed) {
                        (ProbeAction::Recover(_), _) => (closed, recovered) = (None, true),
                        (ProbeAction::AccessPort(_), _) | (_, None) => {}
                        (_, Some(by)) => {
                            impossible(step_at.find(&[Step::Key("probe"), Step::Item(number)]), by, cx);
                        }
                    }
                }
            }
            StepKind::Reset(ResetKind::Soft) => {
                if let Some(by) = closed {
                    impossible(at("reset"), by, cx);
                }
            }
            StepKind::Starts(_) => {
                if let Some(by) = closed {
                    impossible(at("starts"), by, cx);
                }
            }
            StepKind::Reset(ResetKind::Pin | ResetKind::Button) if closing => closed = Some(at("reset")),
            StepKind::PowerCut(_) if closing => closed = Some(at("power-cut")),
            StepKind::Update(update) => {
                if let Some(by) = closed.filter(|_| update.entry == Entry::Probe) {
                    way_in(case, reason, by, cx);
                }
                if closing && update.faults.iter().any(starts_anew) {
                    closed = Some(at("faults"));
                }
            }
            StepKind::Exchange(_) | StepKind::Walk(_) => {
                if let Some(by) = closed {
                    way_in(case, reason, by, cx);
                }
            }
            _ => {}
        }
    }
    // The clean update in the end needs a way, too.
    if let Some(by) = closed {
        way_in(case, reason, by, cx);
    }
    if case.device.locked && !recovered {
        retained(root, locked, cx);
    }
}

/// A fault behind which the device starts as from its supply.
fn starts_anew(fault: &Fault) -> bool {
    matches!(fault.action, Action::Reset | Action::PowerCut { .. })
}

/// A register is lost with the supply that a locked device loses.
fn retained(root: &Node, locked: &Node, cx: &mut Cx<'_>) {
    for key in ["retained", "retained-2"] {
        let Some(at) = root.get("device").and_then(|device| device.get(key)) else { continue };
        let message = format!("`{key}` does not outlive the closing of the access port");
        let problem = cx
            .problem(ProblemKind::Contradiction, at, message)
            .label("lost with the supply")
            .also(cx.shown(locked), "which counts from the next start of the supply on");
        cx.report(problem);
    }
}

fn way_in(case: &Case, reason: &Node, by: &Node, cx: &mut Cx<'_>) {
    if case.device.bootloader.enter_by_pin_reset {
        return;
    }
    let mut problem = cx
        .problem(ProblemKind::Contradiction, reason, "nothing leads this device into DFU mode")
        .label("the probe can't ask it");
    if by.span != reason.span {
        problem = problem.also(cx.shown(by), "from here on");
    }
    cx.report(problem.help(
        "add `bootloader: { enter_by_pin_reset: true }`, which leads there in the steps and for the clean update in the \
         end; or open the port before: `- probe: [{ recover: device }]`",
    ));
}

fn impossible(at: &Node, closed: &Node, cx: &mut Cx<'_>) {
    let problem = cx
        .problem(ProblemKind::Contradiction, at, "a probe can't do this while the access port is closed")
        .label("the probe gets at nothing")
        .also(cx.shown(closed), "closed here")
        .help("`{ access-port: closed }` and `{ recover: device }` are what it can do; `reset: pin` needs no probe");
    cx.report(problem);
}
