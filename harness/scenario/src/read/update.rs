//! Reads updates.

use super::mapping::mapping;
use super::scalars::{Ranged, range};
use crate::diagnostics::ProblemKind;
use crate::model::{ExtendedCode, Fault, Link, Outcome, Phase, ResultCode, Update, UpdateExpect};
use crate::quantity::{Comparison, PackageName};
use crate::yaml::Node;

use super::Cx;

mapping! { Update, "an update", |node, cx| {
    required "update" => package: PackageName, "The package that is sent.";
    optional "link" => link: Link, "The way to the device. `ble` by default.";
    optional "prn" => prn: u16, "Packets per receipt notification. 0, which is off, by default.";
    optional "reconnects" => reconnects: Ranged<u32, { range::RECONNECTS }>, "How often the client may connect again.";
    optional "mtu" => mtu: Ranged<u16, { range::MTU }>, "The ATT MTU, 23 to 247.";
    optional "faults" => faults: Vec<Fault>, "Faults during this update.";
    optional "expect" => expect: UpdateExpect, "How the update must end. It completes by default.";
} => {
    let link = link.unwrap_or(Link::Ble);
    if let (Link::Serial, Some(at)) = (link, node.get("mtu")) {
        let problem = cx
            .problem(ProblemKind::Contradiction, at, "a serial link has no ATT MTU")
            .label("only with `link: ble`");
        cx.report(problem);
    }
    Some(Update {
        package: package?,
        link,
        prn: prn.unwrap_or(0),
        reconnects: reconnects.map(|n| n.0),
        mtu: mtu.map(|mtu| mtu.0),
        faults: faults.unwrap_or_default(),
        expect: expect.unwrap_or_default(),
    })
}}

mapping! { UpdateExpect, "an update's expectation", |node, cx| {
    optional "outcome" => outcome: Outcome, "How the update ends. `completed` by default.";
    optional "result" => result: ResultCode, "The result of the refused request.";
    optional "extended" => extended: ExtendedCode, "The extended error of the refused request.";
    optional "phase" => phase: Phase, "Where it was refused or lost.";
    optional "reconnects" => reconnects: Comparison, "How often the client connected again.";
    optional "resent" => resent: Comparison, "Bytes of firmware that were sent more than once.";
    optional "init_resumed" => init_resumed: bool, "Whether the init packet was resumed instead of sent anew.";
} => {
    let outcome = outcome.unwrap_or(Outcome::Completed);
    agree(node, outcome, result, cx);
    Some(UpdateExpect {
        outcome,
        result: result.or(extended.map(|_| ResultCode::ExtendedError)),
        extended,
        phase,
        reconnects,
        resent,
        init_resumed,
    })
}}

/// An outcome and the details that it can have.
fn agree(node: &Node, outcome: Outcome, result: Option<ResultCode>, cx: &mut Cx<'_>) {
    let details: &[&str] = match outcome {
        Outcome::Completed => &["result", "extended", "phase"],
        Outcome::Lost => &["result", "extended"],
        Outcome::Refused => &[],
    };
    for at in details.iter().filter_map(|key| node.get(key)) {
        let message = match outcome {
            Outcome::Completed => "an update that completes is not refused anywhere",
            _ => "an update that is lost is not refused by a result",
        };
        let mut problem =
            cx.problem(ProblemKind::Contradiction, at, message).label("only with `outcome: refused`");
        if let Some(outcome) = node.get("outcome") {
            problem = problem.also(cx.shown(outcome), "this is the outcome");
        }
        cx.report(problem);
    }
    if let (Some(result), Some(at)) =
        (result.filter(|r| *r != ResultCode::ExtendedError), node.get("extended"))
    {
        let problem = cx
            .problem(ProblemKind::Contradiction, at, format!("`{result}` has no extended error behind it"))
            .label("only with `result: extended-error`, or without `result`");
        cx.report(problem);
    }
}
