//! Devices that start anew in the midst of an update while the link stays up, as on a UART (OBJ-036, OBJ-037).

use gauntlet_engine::{Object, Outcome, Shape, UpdateError, UpdateOptions};

use super::fake::{Device, OnPacket, OnRequest};
use super::{firmware, options, run};

/// Whether the device keeps executed objects over a restart.
const KEEPS: [bool; 2] = [false, true];

fn device(length: usize, keeps_executed_objects: bool) -> Device {
    Device { keeps_executed_objects, ..Device::new(Shape::Serial, length) }
}

#[tokio::test(start_paused = true)]
async fn a_restart_in_place_of_any_packet_is_survived() {
    // The last object of the one is short, that of the other is not.
    for image in [firmware(3 * 4096 + 904), firmware(3 * 4096)] {
        let packets = 3 + image.len().div_ceil(64) as u64;
        for prn in [0, 1, 8] {
            for keeps in KEEPS {
                for at in 1..=packets {
                    let mut device = device(image.len(), keeps);
                    device.on_packet =
                        Some(Box::new(move |n, _| if n == at { OnPacket::Restart } else { OnPacket::Pass }));
                    let (result, _) = run(device, &image, &options(prn)).await;
                    let report = result.unwrap_or_else(|e| panic!("{prn} {keeps} {at}: {e}"));
                    assert_eq!(report.outcome, Outcome::Completed, "{prn} {keeps} {at}");
                    assert_eq!((report.fresh_starts, report.reconnects), (0, 0), "{prn} {keeps} {at}");
                    // What the device keeps is not sent again.
                    let most = if keeps { 4096 } else { image.len() as u64 };
                    assert!(report.firmware_resent <= most, "{prn} {keeps} {at}: {}", report.firmware_resent);
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_in_place_of_any_request_is_survived() {
    let image = firmware(3 * 4096 + 904);
    for prn in [0, 8] {
        for keeps in KEEPS {
            for at in 1..=20 {
                let mut device = device(image.len(), keeps);
                device.on_request =
                    Some(Box::new(move |n, _| if n == at { OnRequest::Restart } else { OnRequest::Pass }));
                let (result, _) = run(device, &image, &options(prn)).await;
                let report = result.unwrap_or_else(|e| panic!("{prn} {keeps} {at}: {e}"));
                assert_eq!(report.outcome, Outcome::Completed, "{prn} {keeps} {at}");
            }
        }
    }
}

/// Restarts at every 140th packet, as often as told; the image has 192.
async fn restarts(times: u64) -> Result<gauntlet_engine::UpdateReport, UpdateError> {
    let image = firmware(3 * 4096);
    let mut device = device(image.len(), false);
    device.on_packet =
        Some(Box::new(
            move |n, _| {
                if n % 140 == 0 && n / 140 <= times { OnPacket::Restart } else { OnPacket::Pass }
            },
        ));
    run(device, &image, &options(0)).await.0
}

#[tokio::test(start_paused = true)]
async fn restarts_are_counted_and_bounded() {
    let most = UpdateOptions::default().reconnects;
    assert_eq!(restarts(1).await.unwrap().restarts, 1);
    assert_eq!(restarts(most.into()).await.unwrap().restarts, most);
    let error = restarts(1000).await.unwrap_err();
    assert!(matches!(error, UpdateError::Transfer { object: Object::Data(_), .. }), "{error}");
}
