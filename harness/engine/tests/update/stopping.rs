//! Stopping an update from outside.

use std::time::Duration;

use gauntlet_engine::{
    Cancel, CrcExchange, Outcome, Shape, Silent, UpdateError, UpdateEvent, UpdateImage, UpdateOptions, update,
};

use super::fake::{Device, FakeLink, OnPacket, OnRequest};
use super::{init_packet, options, run, small_firmware};

#[tokio::test(start_paused = true)]
async fn stops_between_packets_and_can_be_resumed() {
    let image = small_firmware();
    let init = init_packet();
    for at in [1u64, 2, 10, 18, 19, 39] {
        let cancel = Cancel::new();
        let options = UpdateOptions { cancel: cancel.clone(), ..options(0) };
        let mut device = Device::new(Shape::Serial, image.len());
        device.max_data = 244;
        device.mtu = Some(2051);
        let trigger = cancel.clone();
        device.on_packet = Some(Box::new(move |n, _| {
            if n == at {
                trigger.cancel();
            }
            OnPacket::Pass
        }));
        let (mut link, handle) = FakeLink::new(device);
        let sent = gauntlet_engine::UpdateImage { init_packet: &init, firmware: &image };
        let error = gauntlet_engine::update(&mut link, &sent, &options, &mut gauntlet_engine::Silent)
            .await
            .unwrap_err();
        assert!(matches!(error, UpdateError::Cancelled { .. }), "{error}");
        assert_eq!(handle.device().packets.len() as u64, at, "no packet after the stop");
        assert!(!handle.device().connected);

        let options = UpdateOptions { cancel: Cancel::new(), ..options };
        let report =
            gauntlet_engine::update(&mut link, &sent, &options, &mut gauntlet_engine::Silent).await.unwrap();
        assert_eq!(report.outcome, Outcome::Completed);
        assert_eq!(handle.device().packets.len(), 39, "nothing is sent twice");
        assert!(handle.device().flash == image);
    }
}

#[tokio::test(start_paused = true)]
async fn does_not_wait_for_a_silent_device() {
    let image = small_firmware();
    let cancel = Cancel::new();
    let options = UpdateOptions { cancel: cancel.clone(), ..options(0) };
    let mut device = Device::new(Shape::Ble, image.len());
    device.on_request = Some(Box::new(|n, _| if n == 8 { OnRequest::Mute } else { OnRequest::Pass }));
    let began = tokio::time::Instant::now();
    let stop = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        cancel.cancel();
    };
    let ((result, _), ()) = tokio::join!(run(device, &image, &options), stop);
    assert!(matches!(result.unwrap_err(), UpdateError::Cancelled { .. }));
    assert_eq!(began.elapsed(), Duration::from_secs(2));
}

/// Stopped at any event, the update ends at once and says so, and the next one completes what it left (INV-6, FF-039).
#[tokio::test(start_paused = true)]
async fn at_every_event_and_resumed() {
    let (image, init) = (small_firmware(), super::init_packet());
    let sent = UpdateImage { init_packet: &init, firmware: &image };
    for shape in super::SHAPES {
        for (prn, crc) in
            [(0, CrcExchange::WhereNeeded), (0, CrcExchange::EveryObject), (8, CrcExchange::EveryObject)]
        {
            for keeps in [false, true] {
                let fresh = || Device {
                    keeps_open_objects: keeps,
                    keeps_executed_objects: keeps,
                    refuses_idle_execute: keeps,
                    ..Device::new(shape, image.len())
                };
                let mut events = 0u32;
                let (mut link, _) = FakeLink::new(fresh());
                let plain = UpdateOptions { crc, ..options(prn) };
                update(&mut link, &sent, &plain, &mut |_: &UpdateEvent| events += 1).await.unwrap();

                for at in 1..=events {
                    let (mut link, handle) = FakeLink::new(fresh());
                    let cancel = Cancel::new();
                    let stopping = UpdateOptions { cancel: cancel.clone(), ..plain.clone() };
                    let mut count = 0;
                    let mut observer = |_: &UpdateEvent| {
                        count += 1;
                        if count == at {
                            cancel.cancel();
                        }
                    };
                    let began = tokio::time::Instant::now();
                    let first = update(&mut link, &sent, &stopping, &mut observer).await;
                    assert!(began.elapsed() <= Duration::from_millis(300), "{shape} {at}");
                    assert!(!handle.device().connected);
                    match first {
                        Err(UpdateError::Cancelled { .. }) => assert!(!handle.device().done, "{shape} {at}"),
                        // Everything was said and done.
                        Ok(report) => {
                            assert_eq!(report.outcome, Outcome::Completed);
                            assert!(at > events - 2 && handle.device().done, "{shape} {at} of {events}");
                            continue;
                        }
                        Err(error) => panic!("{shape} {at}: {error}"),
                    }
                    let second = update(&mut link, &sent, &plain, &mut Silent).await;
                    assert_eq!(second.unwrap().outcome, Outcome::Completed, "{shape} {at}");
                    assert!(handle.device().flash == image);
                }
            }
        }
    }
}
