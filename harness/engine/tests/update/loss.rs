//! Links that are lost anywhere, devices that fall silent, and ends that nobody confirms.

use gauntlet_engine::{
    LinkError, Outcome, Phase, Shape, Silent, UpdateError, UpdateEvent, UpdateImage, UpdateOptions, update,
    update_with_entry,
};

use super::fake::{Device, FakeLink, OnPacket, OnRequest};
use super::{BOUND, Entry, SHAPES, init_packet, options, run, small_firmware};

type Loss = (&'static str, fn() -> OnRequest);

const LOSSES: [Loss; 3] =
    [("before", || OnRequest::LoseBefore), ("after", || OnRequest::LoseAfter), ("mute", || OnRequest::Mute)];

fn variants(shape: Shape, length: usize) -> Vec<Device> {
    let all = [(false, false), (false, true), (true, true)];
    let device = |(keeps_open_objects, keeps_executed_objects)| Device {
        keeps_open_objects,
        keeps_executed_objects,
        refuses_idle_execute: keeps_executed_objects,
        ..Device::new(shape, length)
    };
    all.into_iter().map(device).collect()
}

#[tokio::test(start_paused = true)]
async fn one_loss_at_every_request_is_survived() {
    let image = small_firmware();
    for shape in SHAPES {
        let last = if shape == Shape::Ble { 15 } else { 17 };
        for (name, loss) in LOSSES {
            for prn in [0, 1, 8] {
                for at in 1..=last {
                    for mut device in variants(shape, image.len()) {
                        device.on_request =
                            Some(Box::new(move |n, _| if n == at { loss() } else { OnRequest::Pass }));
                        let (result, _) = run(device, &image, &options(prn)).await;
                        let report = result.unwrap_or_else(|e| panic!("{shape} {name} {prn} {at}: {e}"));
                        let expected = match (at == last, name) {
                            // The device has taken the image and is gone.
                            (true, "after" | "mute") => Outcome::CompletionUnconfirmed,
                            _ => Outcome::Completed,
                        };
                        assert_eq!(report.outcome, expected, "{shape} {name} {prn} {at}");
                        // A lost ping is simply sent again.
                        let pinged_again = shape == Shape::Serial && at == 1 && name == "mute";
                        let reconnects = u32::from(expected == Outcome::Completed && !pinged_again);
                        assert_eq!(report.reconnects, reconnects, "{shape} {name} {prn} {at}");
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_loss_at_every_packet_is_survived() {
    let image = small_firmware();
    for shape in SHAPES {
        for prn in [0, 1, 8] {
            for before in [true, false] {
                let packets = if shape == Shape::Ble { 39 } else { 146 };
                for at in 1..=packets {
                    for mut device in variants(shape, image.len()) {
                        device.on_packet = Some(Box::new(move |n, _| match (n == at, before) {
                            (true, true) => OnPacket::LoseBefore,
                            (true, false) => OnPacket::LoseAfter,
                            _ => OnPacket::Pass,
                        }));
                        let keeps_open = device.keeps_open_objects;
                        let (result, _) = run(device, &image, &options(prn)).await;
                        let report = result.unwrap_or_else(|e| panic!("{shape} {prn} {at}: {e}"));
                        assert_eq!((report.outcome, report.reconnects), (Outcome::Completed, 1));
                        assert_eq!(report.crc_mismatches, 0);
                        if keeps_open {
                            assert_eq!(report.bytes_resent, 0, "{shape} {prn} {at}");
                        }
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_reconnects_the_loss_is_the_error() {
    let image = small_firmware();
    let once = UpdateOptions { reconnects: 0, ..options(8) };
    for shape in SHAPES {
        let last = if shape == Shape::Ble { 15 } else { 17 };
        for (name, loss) in LOSSES {
            for at in 1..=last {
                let mut device = Device::new(shape, image.len());
                device.on_request =
                    Some(Box::new(move |n, _| if n >= at { loss() } else { OnRequest::Pass }));
                match run(device, &image, &once).await.0 {
                    Ok(report) => {
                        assert_eq!((at, report.outcome), (last, Outcome::CompletionUnconfirmed), "{name}");
                    }
                    Err(UpdateError::Link { source: LinkError::Lost { .. }, .. }) => {
                        assert!(at < last && name != "mute", "{shape} {name} {at}");
                    }
                    Err(UpdateError::Silent { .. }) => assert!(at < last && name == "mute"),
                    Err(error) => panic!("{shape} {name} {at}: {error}"),
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_lost_again_and_again_ends_in_an_error() {
    let image = small_firmware();
    for reconnects in [1, 3] {
        let mut device = Device::new(Shape::Ble, image.len());
        device.on_packet = Some(Box::new(|n, _| if n > 5 { OnPacket::LoseBefore } else { OnPacket::Pass }));
        let (result, handle) = run(device, &image, &UpdateOptions { reconnects, ..options(0) }).await;
        let error = result.unwrap_err();
        let expected = UpdateError::Link {
            phase: Phase::Data,
            source: LinkError::Lost { detail: "cut by the test".to_owned() },
        };
        assert_eq!(error, expected);
        assert_eq!(handle.device().connections, reconnects + 1);
    }
}

/// A device that starts its application when it is reset at the given request.
async fn reset_at(at: u64, with_entry: bool) -> (Result<gauntlet_engine::UpdateReport, UpdateError>, bool) {
    let image = small_firmware();
    let init = init_packet();
    let sent = UpdateImage { init_packet: &init, firmware: &image };
    let (mut link, handle) = FakeLink::new(Device::new(Shape::Ble, image.len()));
    let to_reset = handle.clone();
    let mut observer = move |event: &UpdateEvent| {
        if matches!(event, UpdateEvent::LinkLost(LinkError::Lost { .. })) && !to_reset.device().done {
            to_reset.device().in_dfu = false;
        }
    };
    handle.device().on_request =
        Some(Box::new(move |n, _| if n == at { OnRequest::LoseBefore } else { OnRequest::Pass }));
    let options = options(0);
    let mut entry = Entry(handle.clone());
    let result = if with_entry {
        let update = update_with_entry(&mut link, &mut entry, &sent, &options, &mut observer);
        tokio::time::timeout(BOUND, update).await.unwrap()
    } else {
        tokio::time::timeout(BOUND, update(&mut link, &sent, &options, &mut observer)).await.unwrap()
    };
    let done = handle.device().done;
    (result, done)
}

#[tokio::test(start_paused = true)]
async fn a_device_that_left_dfu_mode_is_brought_back() {
    for at in 1..=14 {
        let (result, done) = reset_at(at, true).await;
        let report = result.unwrap();
        assert_eq!(
            (report.outcome, report.dfu_entries, report.reconnects, done),
            (Outcome::Completed, 1, 1, true)
        );

        let (result, done) = reset_at(at, false).await;
        let error = result.unwrap_err();
        assert!(matches!(error, UpdateError::Link { source: LinkError::NotFound { .. }, .. }), "{error}");
        assert!(!done);
    }
}

#[tokio::test(start_paused = true)]
async fn behind_the_last_execute_nobody_is_sent_back_to_dfu_mode() {
    for with_entry in [true, false] {
        let (result, done) = reset_at(15, with_entry).await;
        let report = result.unwrap();
        assert_eq!((report.outcome, report.dfu_entries), (Outcome::CompletionUnconfirmed, 0));
        assert!(!done, "unconfirmed is not completed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_not_there_is_said_to_be_missing() {
    let image = small_firmware();
    let mut device = Device::new(Shape::Ble, image.len());
    device.in_dfu = false;
    let (result, _) = run(device, &image, &options(0)).await;
    let error = result.unwrap_err();
    assert!(matches!(error, UpdateError::Link { phase: Phase::Connect, source: LinkError::NotFound { .. } }));

    // With a way in, it is found.
    let init = init_packet();
    let (mut link, handle) = FakeLink::new(Device { in_dfu: false, ..Device::new(Shape::Ble, image.len()) });
    let mut entry = Entry(handle.clone());
    let sent = UpdateImage { init_packet: &init, firmware: &image };
    let report = update_with_entry(&mut link, &mut entry, &sent, &options(0), &mut Silent).await.unwrap();
    assert_eq!((report.outcome, report.dfu_entries, report.reconnects), (Outcome::Completed, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_device_back_in_dfu_mode_without_its_init_packet_is_left_alone() {
    let image = small_firmware();
    let init = init_packet();
    let (mut link, handle) = FakeLink::new(Device::new(Shape::Ble, image.len()));
    handle.device().on_request =
        Some(Box::new(|n, _| if n == 15 { OnRequest::LoseAfter } else { OnRequest::Pass }));
    let again = handle.clone();
    let mut observer = move |event: &UpdateEvent| {
        if matches!(event, UpdateEvent::LinkLost(_)) {
            again.device().in_dfu = true;
        }
    };
    let sent = UpdateImage { init_packet: &init, firmware: &image };
    let report = update(&mut link, &sent, &options(0), &mut observer).await.unwrap();
    assert_eq!((report.outcome, report.reconnects), (Outcome::CompletionUnconfirmed, 1));
    assert_eq!(report.bytes_resent, 0);
}
