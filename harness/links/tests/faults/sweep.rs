//! Everything everywhere: whatever goes wrong once, an update ends in time, and either well or with a typed error.

use std::num::NonZeroU8;
use std::time::Duration;

use gauntlet_engine::{Object, Outcome, Shape, UpdateError, UpdateOptions};
use gauntlet_links::{Action, Fault, Moment, Position, RequestKind};

use super::fake::Device;
use super::{FIRMWARE, options, run};

fn positions() -> Vec<Position> {
    let mut positions = Vec::new();
    for n in 1..=20 {
        for moment in [Moment::Before, Moment::Sent, Moment::Answered] {
            positions.push(Position::Request { kind: RequestKind::Any, n, moment });
        }
        positions.push(Position::Notification { n });
        positions.push(Position::Packet { object: None, packet: n * 2 - 1 });
    }
    for object in [Object::Init, Object::Data(1), Object::Data(3)] {
        positions.extend([0, 1, 64, 140, 900, 4095, 4096].map(|byte| Position::Byte { object, byte }));
    }
    positions
}

#[tokio::test(start_paused = true)]
async fn one_fault_anywhere_is_survived_and_twice_the_same() {
    let actions = [
        Action::Disconnect,
        Action::DropPacket,
        Action::DuplicatePacket,
        Action::TruncatePacket { keep: 20 },
        Action::CorruptByte { xor: NonZeroU8::MIN },
        Action::LoseNotification,
        Action::DuplicateNotification,
        Action::DelayAnswer { by: Duration::from_secs(11) },
    ];
    let mut fired = 0;
    for shape in [Shape::Ble, Shape::Serial] {
        for prn in [0, 4] {
            let options = UpdateOptions { prn, ..options() };
            for at in positions() {
                for action in actions {
                    let Ok(fault) = Fault::new(at, action) else {
                        continue;
                    };
                    let first = run(Device::new(shape, FIRMWARE), vec![fault], &options).await;
                    let outcome = first.report().outcome;
                    let gone = outcome == Outcome::CompletionUnconfirmed && first.device.device().done;
                    assert!(outcome == Outcome::Completed || gone, "{shape} {prn} {fault}");
                    fired += first.fired();

                    let second = run(Device::new(shape, FIRMWARE), vec![fault], &options).await;
                    assert_eq!((first.report(), &first.faults), (second.report(), &second.faults));
                }
            }
        }
    }
    assert!(fired > 800, "only {fired} faults fired");
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_never_stops_ends_in_an_error() {
    for (at, action) in [
        (Position::Byte { object: Object::Data(2), byte: 100 }, Action::Disconnect),
        (Position::Byte { object: Object::Data(2), byte: 100 }, Action::CorruptByte { xor: NonZeroU8::MIN }),
        (Position::Packet { object: None, packet: 3 }, Action::DropPacket),
        (Position::Packet { object: Some(Object::Data(1)), packet: 3 }, Action::DuplicatePacket),
        (Position::Notification { n: 8 }, Action::LoseNotification),
        (Position::Request { kind: RequestKind::CREATE, n: 2, moment: Moment::Answered }, Action::Disconnect),
    ] {
        for prn in [0, 1, 8] {
            let always = Fault::new(at, action).unwrap().repeated(u32::MAX);
            let run =
                run(Device::new(Shape::Ble, FIRMWARE), vec![always], &UpdateOptions { prn, ..options() })
                    .await;
            let error = run.result.unwrap_err();
            let typed = matches!(
                error,
                UpdateError::Link { .. }
                    | UpdateError::Silent { .. }
                    | UpdateError::Transfer { .. }
                    | UpdateError::Refused { .. }
            );
            assert!(typed, "{always}: {error}");
        }
    }
}
