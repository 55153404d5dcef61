//! Positions that are requests.

use std::time::Duration;

use gauntlet_engine::{Outcome, UpdateOptions};
use gauntlet_links::{Action, Moment, Position, RequestKind};
use gauntlet_protocol::Opcode;

use super::{device, fault, options, run};

fn request(kind: RequestKind, n: u64, moment: Moment) -> Position {
    Position::Request { kind, n, moment }
}

const KINDS: [(RequestKind, Option<Opcode>, u64); 6] = [
    (RequestKind::Any, None, 15),
    (RequestKind::PRN, Some(Opcode::SetPrn), 1),
    (RequestKind::SELECT, Some(Opcode::Select), 2),
    (RequestKind::CREATE, Some(Opcode::Create), 4),
    (RequestKind::CRC, Some(Opcode::GetCrc), 4),
    (RequestKind::EXECUTE, Some(Opcode::Execute), 4),
];

#[tokio::test(start_paused = true)]
async fn the_link_is_lost_at_every_request_of_every_kind() {
    let once = UpdateOptions { reconnects: 0, ..options() };
    for (kind, opcode, count) in KINDS {
        for n in 1..=count {
            for (moment, arrives) in [(Moment::Before, 0), (Moment::Sent, 1), (Moment::Answered, 1)] {
                let at = request(kind, n, moment);
                let run = run(device(), vec![fault(at, Action::Disconnect)], &once).await;
                let requests: Vec<Opcode> = run.device.device().requests.iter().map(|r| r.opcode()).collect();
                let seen =
                    requests.iter().filter(|seen| opcode.is_none_or(|opcode| opcode == **seen)).count();
                assert_eq!(seen as u64, n - 1 + arrives, "{at}");
                let last = matches!((kind, n), (RequestKind::Any, 15) | (RequestKind::EXECUTE, 4));
                match &run.result {
                    Ok(report) => assert!(last && report.outcome == Outcome::CompletionUnconfirmed, "{at}"),
                    Err(_) => assert!(!last, "{at}"),
                }
                assert!(run.all_fired, "{at}");
            }
        }
        let behind = request(kind, count + 1, Moment::Before);
        let run = run(device(), vec![fault(behind, Action::Disconnect)], &once).await;
        assert_eq!((run.report().outcome, run.all_fired), (Outcome::Completed, false), "{behind}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_device_has_handled_what_it_was_about_to_answer() {
    let once = UpdateOptions { reconnects: 0, ..options() };
    let last = request(RequestKind::EXECUTE, 4, Moment::Answered);
    let handled = run(device(), vec![fault(last, Action::Disconnect)], &once).await;
    assert!(handled.device.device().done);
    assert_eq!(handled.report().outcome, Outcome::CompletionUnconfirmed);

    let last = request(RequestKind::EXECUTE, 4, Moment::Before);
    let unseen = run(device(), vec![fault(last, Action::Disconnect)], &options()).await;
    assert_eq!(unseen.report().outcome, Outcome::Completed);
}

#[tokio::test(start_paused = true)]
async fn counting_goes_on_over_reconnects() {
    let faults = vec![
        fault(request(RequestKind::SELECT, 1, Moment::Before), Action::Disconnect),
        fault(request(RequestKind::SELECT, 3, Moment::Answered), Action::Disconnect),
        fault(request(RequestKind::SELECT, 5, Moment::Sent), Action::Disconnect),
    ];
    let run = run(device(), faults, &options()).await;
    assert_eq!((run.report().outcome, run.report().reconnects, run.all_fired), (Outcome::Completed, 3, true));

    let three = fault(request(RequestKind::CREATE, 2, Moment::Before), Action::Disconnect).repeated(3);
    let run = super::run(device(), vec![three], &options()).await;
    assert_eq!((run.report().outcome, run.fired()), (Outcome::Completed, 3));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_lost_doubled_or_late() {
    for n in 1..=14 {
        let at = request(RequestKind::Any, n, Moment::Before);
        let lost = run(device(), vec![fault(at, Action::LoseNotification)], &options()).await;
        assert_eq!((lost.report().outcome, lost.report().silences, lost.fired()), (Outcome::Completed, 1, 1));

        let doubled = run(device(), vec![fault(at, Action::DuplicateNotification)], &options()).await;
        assert_eq!((doubled.report().outcome, doubled.report().strays), (Outcome::Completed, 1), "{n}");

        let by = Duration::from_secs(3);
        let late = run(device(), vec![fault(at, Action::DelayAnswer { by })], &options()).await;
        assert_eq!((late.report().outcome, late.report().elapsed), (Outcome::Completed, by));
        assert_eq!(late.faults[0].fired[0].requests, n);
    }
}
