//! Positions that are messages of the device.

use std::time::Duration;

use gauntlet_engine::{Outcome, UpdateOptions};
use gauntlet_links::{Action, Position};

use super::{device, fault, options, run};

#[tokio::test(start_paused = true)]
async fn receipts_count_like_answers() {
    // Set PRN, Select, Create, receipt, Get CRC, Execute, Select, Create, 17 receipts, ...
    let with_receipts = UpdateOptions { prn: 1, ..options() };
    let at = Position::Notification { n: 4 };
    let lost = run(device(), vec![fault(at, Action::LoseNotification)], &with_receipts).await;
    assert_eq!((lost.report().receipts_missing, lost.report().silences), (1, 0));
    assert_eq!(lost.report().outcome, Outcome::Completed);

    let total = 15 + 39;
    for n in [1, 4, 9, 25, 26, total - 1] {
        let at = Position::Notification { n };
        for action in [
            Action::LoseNotification,
            Action::DuplicateNotification,
            Action::DelayAnswer { by: Duration::from_millis(100) },
            Action::Disconnect,
        ] {
            let run = run(device(), vec![fault(at, action)], &with_receipts).await;
            assert_eq!((run.report().outcome, run.fired()), (Outcome::Completed, 1), "{action} at {at}");
            assert_eq!(run.faults[0].fired[0].notifications, n);
        }
    }
    let behind = fault(Position::Notification { n: total + 1 }, Action::LoseNotification);
    assert!(!run(device(), vec![behind], &with_receipts).await.all_fired);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_the_host_gave_up_is_not_mistaken() {
    let patient = options();
    let by = patient.response_timeout + Duration::from_secs(1);
    for n in 1..=14 {
        let late = fault(Position::Notification { n }, Action::DelayAnswer { by });
        let run = run(device(), vec![late], &patient).await;
        assert_eq!(run.report().outcome, Outcome::Completed, "{n}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_held_back_survives_an_impatient_host() {
    use gauntlet_engine::Link;
    use gauntlet_links::FaultLink;
    use tokio::time::timeout;

    let by = Duration::from_secs(5);
    let late = fault(Position::Notification { n: 1 }, Action::DelayAnswer { by });
    let (link, _device) = super::fake::FakeLink::new(device());
    let mut link = FaultLink::new(link, vec![late]);
    link.connect().await.unwrap();
    link.send_request(&[6, 1]).await.unwrap();
    for _ in 0..4 {
        assert!(timeout(Duration::from_secs(1), link.receive()).await.is_err());
    }
    link.send_request(&[3]).await.unwrap();
    assert_eq!(link.receive().await.unwrap()[..2], [0x60, 6]);
    assert_eq!(link.receive().await.unwrap()[..2], [0x60, 3]);
}
