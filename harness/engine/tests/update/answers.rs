//! Answers that are late, doubled, foreign, too long, too short, garbage, or do not come at all.

use std::time::Duration;

use gauntlet_engine::{Awaited, Outcome, Pace, Shape, UpdateError, UpdateOptions, Violation};
use gauntlet_protocol::{Opcode, Request};
use tokio::time::Instant;

use super::fake::{Device, OnRequest};
use super::{SHAPES, options, run, small_firmware};

/// Requests of an undisturbed update of three objects.
fn requests(shape: Shape) -> u64 {
    if shape == Shape::Ble { 15 } else { 17 }
}

#[tokio::test(start_paused = true)]
async fn foreign_and_doubled_messages_are_skipped_and_counted() {
    let image = small_firmware();
    for shape in SHAPES {
        for prn in [0, 1, 8] {
            for foreign in [
                vec![vec![0x60, 0x0B, 1]],
                vec![vec![0x60, 0x77, 1, 2, 3], vec![0x60, 0, 2]],
                // The answer of a session long past.
                vec![vec![0x60, 0x0A, 2]; 500],
            ] {
                for at in 1..=requests(shape) {
                    let messages = foreign.clone();
                    let count = messages.len() as u32;
                    let mut device = Device::new(shape, image.len());
                    device.on_request = Some(Box::new(move |n, _| {
                        if n == at { OnRequest::SayBefore(messages.clone()) } else { OnRequest::Pass }
                    }));
                    let (result, _) = run(device, &image, &options(prn)).await;
                    let report = result.unwrap();
                    assert_eq!((report.outcome, report.strays), (Outcome::Completed, count), "{shape} {at}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_given_twice_is_not_taken_for_the_next_one() {
    let image = small_firmware();
    for at in 1..=15 {
        let mut device = Device::new(Shape::Ble, image.len());
        device.on_request = Some(Box::new(move |n, request| {
            // Doubled from the request before, of which only those without fields can be told here.
            match request {
                Request::Create { .. } | Request::GetCrc if n == at => {
                    OnRequest::SayBefore(vec![vec![0x60, 4, 1], vec![0x60, 2, 1]])
                }
                _ => OnRequest::Pass,
            }
        }));
        let (result, _) = run(device, &image, &options(0)).await;
        assert_eq!(result.unwrap().outcome, Outcome::Completed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_receipt_is_not_taken_for_the_answer_to_get_crc() {
    let image = small_firmware();
    let prefix = |length: usize| {
        let mut message = vec![0x60, 3, 1];
        message.extend((length as u32).to_le_bytes());
        message.extend(gauntlet_protocol::crc32(&image[..length]).to_le_bytes());
        message
    };
    // Request 11 is Get CRC of the second object; all of these were true once.
    for stale in [vec![244], vec![4096], vec![4340, 4584], vec![0, 7808], vec![4340; 2]] {
        let messages: Vec<Vec<u8>> = stale.iter().map(|length| prefix(*length)).collect();
        let mut device = Device::new(Shape::Ble, image.len());
        device.on_request =
            Some(Box::new(
                move |n, _| {
                    if n == 11 { OnRequest::SayBefore(messages.clone()) } else { OnRequest::Pass }
                },
            ));
        let (result, _) = run(device, &image, &options(4)).await;
        let report = result.unwrap();
        assert_eq!(report.outcome, Outcome::Completed, "{stale:?}");
        assert_eq!(report.crc_mismatches, 0, "{stale:?}");
        assert!(report.strays as usize >= stale.len());
    }
}

#[tokio::test(start_paused = true)]
async fn long_answers_are_noted_and_short_ones_are_errors() {
    let image = small_firmware();
    let mut device = Device::new(Shape::Ble, image.len());
    device.on_request = Some(Box::new(|_, request| match request {
        Request::SetPrn { .. } => OnRequest::Say(vec![vec![0x60, 2, 1, 0, 0]]),
        _ => OnRequest::Pass,
    }));
    let (result, _) = run(device, &image, &options(0)).await;
    assert_eq!(result.unwrap().long_answers, 1);

    for (opcode, full) in
        [(Opcode::Select, 15), (Opcode::GetCrc, 11), (Opcode::GetMtu, 5), (Opcode::Execute, 3)]
    {
        for length in 0..full {
            let mut device = Device::new(Shape::Serial, image.len());
            device.on_request = Some(Box::new(move |_, request| {
                let mut message = vec![0x60, opcode.code(), 1];
                message.resize(length, 0);
                if request.opcode() == opcode { OnRequest::Say(vec![message]) } else { OnRequest::Pass }
            }));
            let (result, _) = run(device, &image, &options(0)).await;
            let error = result.unwrap_err();
            assert!(
                matches!(error, UpdateError::Protocol { violation: Violation::Message { .. }, .. }),
                "{opcode} {length}: {error}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn garbage_is_a_violation_at_every_request() {
    let image = small_firmware();
    for garbage in [vec![], vec![0], vec![0x60], vec![0x60, 4], vec![0xFF; 20], vec![0x60, 4, 0x0B]] {
        for at in 1..=15 {
            let message = garbage.clone();
            let mut device = Device::new(Shape::Ble, image.len());
            device.on_request = Some(Box::new(move |n, _| {
                if n == at { OnRequest::SayBefore(vec![message.clone()]) } else { OnRequest::Pass }
            }));
            let (result, _) = run(device, &image, &options(0)).await;
            let UpdateError::Protocol { violation: Violation::Message { message, .. }, .. } =
                result.unwrap_err()
            else {
                panic!("{garbage:?} at {at}");
            };
            assert_eq!(message, garbage);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn noise_before_the_first_ping_is_passed_over() {
    let image = small_firmware();
    let mut device = Device::new(Shape::Serial, image.len());
    device.on_request = Some(Box::new(|n, _| match n {
        1 => OnRequest::Mute,
        2 => OnRequest::SayBefore(vec![vec![0xFF; 3], vec![], vec![0x60, 9, 1, 1], vec![0x60, 3, 1]]),
        _ => OnRequest::Pass,
    }));
    let began = Instant::now();
    let (result, handle) = run(device, &image, &options(0)).await;
    assert_eq!(result.unwrap().strays, 4);
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    assert_eq!(handle.device().requests[1], Request::Ping { id: 2 });
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_foreign_messages_ends() {
    let image = small_firmware();
    for at in 1..=17 {
        let mut device = Device::new(Shape::Serial, image.len());
        device.on_request = Some(Box::new(move |n, _| {
            if n == at { OnRequest::Say(vec![vec![0x60, 0x0A, 2]; 5000]) } else { OnRequest::Pass }
        }));
        let (result, _) = run(device, &image, &options(0)).await;
        let error = result.unwrap_err();
        assert!(
            matches!(error, UpdateError::Protocol { violation: Violation::Flood { .. }, .. }),
            "{at}: {error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_is_named_with_what_it_owes() {
    let image = small_firmware();
    for at in 1..=14u64 {
        let mut device = Device::new(Shape::Ble, image.len());
        device.on_request =
            Some(Box::new(move |n, _| if n >= at { OnRequest::Mute } else { OnRequest::Pass }));
        let once = UpdateOptions { reconnects: 0, ..options(0) };
        let began = Instant::now();
        let (result, handle) = run(device, &image, &once).await;
        let UpdateError::Silent { awaited: Awaited::Answer(opcode), waited, .. } = result.unwrap_err() else {
            panic!("silent at {at}");
        };
        assert_eq!(opcode, handle.device().requests[at as usize - 1].opcode());
        assert_eq!(
            waited,
            if opcode == Opcode::Execute { once.execute_timeout } else { once.response_timeout }
        );
        let settling = if at > 6 { Pace::default().after_init } else { Duration::ZERO };
        assert_eq!(began.elapsed(), settling + waited);
    }
    // A serial device that never says anything.
    let mut device = Device::new(Shape::Serial, image.len());
    device.on_request = Some(Box::new(|_, _| OnRequest::Mute));
    let began = Instant::now();
    let (result, handle) = run(device, &image, &UpdateOptions { reconnects: 0, ..options(0) }).await;
    let error = result.unwrap_err();
    assert!(matches!(error, UpdateError::Silent { awaited: Awaited::Answer(Opcode::Ping), .. }), "{error}");
    assert_eq!((began.elapsed(), handle.device().requests.len()), (Duration::from_secs(30), 30));
}

#[tokio::test(start_paused = true)]
async fn impossible_answers_are_violations() {
    let image = small_firmware();
    for (at, message) in [(2, vec![0; 12]), (6, vec![0; 12])] {
        let mut device = Device::new(Shape::Ble, image.len());
        device.on_request = Some(Box::new(move |n, _| {
            let mut answer = vec![0x60, 6, 1];
            answer.extend(&message);
            if n == at { OnRequest::Say(vec![answer]) } else { OnRequest::Pass }
        }));
        let (result, _) = run(device, &image, &options(0)).await;
        let error = result.unwrap_err();
        assert!(
            matches!(error, UpdateError::Protocol { violation: Violation::NoRoom { .. }, .. }),
            "{error}"
        );
    }
    for mtu in [0, 1, 10] {
        let mut device = Device::new(Shape::Serial, image.len());
        device.mtu = Some(mtu);
        let (result, _) = run(device, &image, &options(0)).await;
        let error = result.unwrap_err();
        let too_small =
            matches!(error, UpdateError::Protocol { violation: Violation::PacketTooSmall { .. }, .. });
        assert!(too_small, "{error}");
    }
}
