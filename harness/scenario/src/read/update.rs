//! Reads updates.

use super::mapping::mapping;
use super::scalars::{Ranged, Text, range};
use crate::diagnostics::ProblemKind;
use crate::model::{
    Action, Entry, ExtendedCode, Fault, Link, Outcome, Peer, Phase, Rejection, ResultCode, Stage, Update,
    UpdateExpect,
};
use crate::quantity::{BytesCompared, Comparison, PackageName};
use crate::yaml::{Node, Step};

use super::Cx;

mapping! { Update, "an update", |node, cx| {
    required "update" => package: PackageName, "The package that is sent.";
    optional "link" => link: Link, "The way to the device. `ble` by default.";
    optional "prn" => prn: u16, "Packets per receipt notification. 0, which is off, by default.";
    optional "reconnects" => reconnects: Ranged<u32, { range::RECONNECTS }>, "How often the client may connect again.";
    optional "mtu" => mtu: Ranged<u16, { range::MTU }>, "The ATT MTU, 23 to 247.";
    optional "unchecked" => unchecked: bool, "The client sends the package without having judged it. Off by default.";
    optional "entry" => entry: Entry, "How the device is brought into DFU mode. `probe` by default.";
    optional "rename" => rename: Text, "The name that the bootloader is given before the jump.";
    optional "central" => central: Peer, "Which central sends it. `known` by default.";
    optional "faults" => faults: Vec<Fault>, "Faults during this update.";
    optional "expect" => expect: UpdateExpect, "How the update must end. It completes by default.";
} => {
    let link = link.unwrap_or(Link::Ble);
    if let (Link::Serial | Link::Usb, Some(at)) = (link, node.get("mtu")) {
        let problem = cx
            .problem(ProblemKind::Contradiction, at, "a serial link has no ATT MTU")
            .label("only with `link: ble`");
        cx.report(problem);
    }
    let entry = entry.unwrap_or(Entry::Probe);
    for key in ["rename", "central", "entry"] {
        let at = node.get(key);
        let wrong = match key {
            "rename" => entry == Entry::Probe,
            _ => link != Link::Ble,
        };
        if let Some(at) = at.filter(|_| wrong) {
            let (message, label) = match key {
                "rename" => ("a name is given before a jump", "only with `entry: buttonless`"),
                _ => ("a serial link has no centrals and no buttonless service", "only with `link: ble`"),
            };
            let problem = cx.problem(ProblemKind::Contradiction, at, message).label(label);
            cx.report(problem);
        }
    }
    let faults = faults.unwrap_or_default();
    let anew = faults.iter().position(|fault| matches!(fault.action, Action::Restart { .. }));
    if let Some(number) = anew.filter(|_| entry == Entry::Buttonless) {
        let at = node.find(&[Step::Key("faults"), Step::Item(number), Step::Key("do")]);
        let problem = cx
            .problem(ProblemKind::Contradiction, at, "a client that begins anew finds no application that it could ask")
            .label("only with `entry: probe`");
        let entry = node.find(&[Step::Key("entry")]);
        let problem = problem.also(cx.shown(entry), "this client begins at the application");
        cx.report(problem);
    }
    Some(Update {
        package: package?,
        link,
        prn: prn.unwrap_or(0),
        reconnects: reconnects.map(|n| n.0),
        mtu: mtu.map(|mtu| mtu.0),
        unchecked: unchecked.unwrap_or(false),
        entry,
        rename: rename.map(|name| name.0),
        central: central.unwrap_or(Peer::Known),
        faults,
        expect: expect.unwrap_or_default(),
    })
}}

mapping! { UpdateExpect, "an update's expectation", |node, cx| {
    optional "outcome" => outcome: Outcome, "How the update ends. `completed` by default.";
    optional "result" => result: ResultCode, "The result of the refused request.";
    optional "extended" => extended: ExtendedCode, "The extended error of the refused request.";
    optional "phase" => phase: Phase, "Where it was refused or lost.";
    optional "stage" => stage: Stage, "Where in the package the client noticed its mistake.";
    optional "reason" => reason: Rejection, "Why the client rejected the package.";
    optional "skipped" => skipped: Comparison, "How many images the device had already, so that they were left out.";
    optional "reconnects" => reconnects: Comparison, "How often the client connected again.";
    optional "resent" => resent: BytesCompared, "Bytes of firmware that were sent more than once.";
    optional "sent" => sent: BytesCompared, "Bytes of init packet and firmware that were sent, repetitions included.";
    optional "receipts" => receipts: Comparison, "Receipts that agreed with what was sent.";
    optional "crc_mismatches" => crc_mismatches: Comparison, "How often the device reported something else than what was sent.";
    optional "silences" => silences: Comparison, "Requests that got no answer in time.";
    optional "init_resumed" => init_resumed: bool, "Whether the init packet was resumed instead of sent anew.";
} => {
    // What goes with an outcome that has a mistake is not known.
    if outcome.is_some() || node.get("outcome").is_none() {
        agree(node, outcome.unwrap_or(Outcome::Completed), result, cx);
    }
    let outcome = outcome.unwrap_or(Outcome::Completed);
    Some(UpdateExpect {
        outcome,
        result: result.or(extended.map(|_| ResultCode::ExtendedError)),
        extended,
        phase,
        stage,
        reason,
        skipped,
        reconnects,
        resent: resent.map(|bytes| bytes.0),
        sent: sent.map(|bytes| bytes.0),
        receipts,
        crc_mismatches,
        silences,
        init_resumed,
    })
}}

/// What can only be said of a package that was sent.
const STATISTICS: [&str; 8] =
    ["skipped", "reconnects", "resent", "sent", "receipts", "crc_mismatches", "silences", "init_resumed"];

/// An outcome and the details that it can have.
fn agree(node: &Node, outcome: Outcome, result: Option<ResultCode>, cx: &mut Cx<'_>) {
    let device = ["result", "extended"].as_slice();
    let client = ["stage", "reason"].as_slice();
    let details = match outcome {
        Outcome::Completed => [device, &["phase"], client].concat(),
        Outcome::Lost => [device, client].concat(),
        Outcome::Refused => client.to_vec(),
        Outcome::Rejected => [device, &STATISTICS, &["phase"]].concat(),
    };
    for key in details {
        let Some(at) = node.get(key) else { continue };
        let wanted = if client.contains(&key) { "rejected" } else { "refused" };
        let message = match outcome {
            Outcome::Rejected => "a package that is rejected is not sent",
            _ if client.contains(&key) => "a package that is sent was not rejected",
            Outcome::Completed => "an update that completes is not refused anywhere",
            _ => "an update that is lost is not refused by a result",
        };
        let label = match outcome {
            Outcome::Rejected => "not with `outcome: rejected`".to_owned(),
            _ => format!("only with `outcome: {wanted}`"),
        };
        let mut problem = cx.problem(ProblemKind::Contradiction, at, message).label(label);
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
