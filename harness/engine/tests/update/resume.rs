//! Updates that find something on the device (OBJ-043, OBJ-044).

use gauntlet_engine::{Outcome, Shape, UpdateEvent, UpdateImage, UpdateOptions, update};
use gauntlet_protocol::{ObjectType, Request};

use super::fake::{Device, FakeLink, OnPacket, OnRequest, Progress};
use super::{firmware, init_packet, options, run, small_firmware};

fn creates(requests: &[Request], kind: ObjectType) -> usize {
    requests
        .iter()
        .filter(|request| matches!(request, Request::Create { object, .. } if *object == kind))
        .count()
}

#[tokio::test(start_paused = true)]
async fn init_packet_from_every_offset() {
    let image = small_firmware();
    let init = init_packet();
    for held in 0..=init.len() {
        for right in [true, false] {
            let mut device = Device::new(Shape::Ble, image.len());
            device.init = init[..held].to_vec();
            device.init_size = init.len();
            if !right && held > 0 {
                device.init[held / 2] ^= 1;
            }
            let (result, handle) = run(device, &image, &options(0)).await;
            let report = result.unwrap();
            let resumed = right && held > 0;
            assert_eq!(report.init_resumed, resumed, "{held} {right}");
            assert_eq!(report.init_skipped, resumed && held == init.len());
            let sent = if resumed { init.len() - held } else { init.len() };
            assert_eq!(report.bytes_sent as usize, image.len() + sent);
            assert_eq!(creates(&handle.device().requests, ObjectType::Command), usize::from(!resumed));
        }
    }
}

/// A device in mid-update that holds `held` bytes, of which `executed` are executed.
fn halfway(image: &[u8], held: usize, executed: usize) -> Device {
    let mut device = Device::new(Shape::Serial, image.len());
    device.init = init_packet();
    device.init_size = device.init.len();
    device.stored_init = init_packet();
    device.init_ok = true;
    device.flash = image[..held].to_vec();
    let size = if held == executed { 0 } else { 4096.min(image.len() - executed) };
    device.progress = Progress { offset: held, executed, size };
    device
}

#[tokio::test(start_paused = true)]
async fn firmware_from_every_kind_of_point() {
    let image = small_firmware();
    // Bytes held, bytes executed, bytes that need not be sent again.
    let points = [
        (0, 0, 0),
        (4, 0, 4),
        (6, 0, 0),
        (2048, 0, 2048),
        (4092, 0, 4092),
        (4095, 0, 0),
        (4096, 0, 4096),
        (4096, 4096, 4096),
        (4100, 4096, 4100),
        (8188, 4096, 8188),
        (8192, 4096, 8192),
        (8192, 8192, 8192),
        (8196, 8192, 8196),
        (9092, 8192, 9092),
        (9096, 8192, 9096),
    ];
    for (held, executed, kept) in points {
        for refuses_idle_execute in [false, true] {
            for prn in [0, 1, 8] {
                let mut device = halfway(&image, held, executed);
                device.refuses_idle_execute = refuses_idle_execute;
                let (result, _) = run(device, &image, &options(prn)).await;
                let report = result.unwrap();
                assert_eq!(report.outcome, Outcome::Completed, "{held} {executed} {prn}");
                assert_eq!(report.bytes_sent as usize, image.len() - kept, "{held} {executed}");
                assert_eq!((report.resumed_at as usize, report.init_skipped), (kept, true));
                assert_eq!((report.crc_mismatches, report.fresh_starts), (0, 0));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_object_with_wrong_bytes_is_sent_again() {
    let image = small_firmware();
    for (held, executed) in [(4, 0), (4096, 0), (6000, 4096), (8192, 4096), (9096, 8192)] {
        let mut device = halfway(&image, held, executed);
        device.flash[held - 1] ^= 0x80;
        let (result, _) = run(device, &image, &options(0)).await;
        let report = result.unwrap();
        assert_eq!(report.outcome, Outcome::Completed);
        assert_eq!(report.bytes_sent as usize, image.len() - executed);
        assert_eq!(report.fresh_starts, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn foreign_bytes_in_executed_objects_mean_a_fresh_start() {
    let image = small_firmware();
    for (held, executed) in [(4096, 4096), (5000, 4096), (8192, 8192), (9096, 8192)] {
        let mut device = halfway(&image, held, executed);
        device.flash[17] ^= 0x80;
        let (result, handle) = run(device, &image, &options(8)).await;
        let report = result.unwrap();
        assert_eq!(report.outcome, Outcome::Completed, "{held} {executed}");
        assert_eq!(report.fresh_starts, 1);
        assert_eq!(creates(&handle.device().requests, ObjectType::Command), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_claims_too_much_is_started_afresh() {
    let image = small_firmware();
    let mut device = halfway(&image, image.len(), 8192);
    device.flash.extend([0; 8]);
    device.progress.offset += 8;
    let (result, _) = run(device, &image, &options(0)).await;
    assert_eq!(result.unwrap().fresh_starts, 1);
}

#[tokio::test(start_paused = true)]
async fn an_init_packet_that_is_no_longer_in_force_is_sent_again() {
    let image = small_firmware();
    let mut refused = false;
    let mut device = Device::new(Shape::Ble, image.len());
    device.on_request = Some(Box::new(move |_, request| match request {
        Request::Create { object: ObjectType::Data, .. } if !refused => {
            refused = true;
            OnRequest::Say(vec![vec![0x60, 1, 8]])
        }
        _ => OnRequest::Pass,
    }));
    let (result, handle) = run(device, &image, &options(0)).await;
    assert_eq!(result.unwrap().fresh_starts, 1);
    assert_eq!(creates(&handle.device().requests, ObjectType::Command), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_twice_is_counted_and_told() {
    let image = firmware(3 * 4096);
    let init = init_packet();
    for (keeps_executed, resent) in [(false, 2 * 4096 + 4 * 244), (true, 4 * 244)] {
        let mut device = Device::new(Shape::Ble, image.len());
        // Packet 1 is the init packet, 17 make an object: this is the fifth packet of the third object.
        device.on_packet = Some(Box::new(|n, _| if n == 40 { OnPacket::LoseBefore } else { OnPacket::Pass }));
        device.keeps_executed_objects = keeps_executed;
        let (mut link, _) = FakeLink::new(device);
        let mut resumed = Vec::new();
        let mut observer = |event: &UpdateEvent| {
            if let UpdateEvent::Resumed { object, offset } = event {
                resumed.push((object.to_string(), *offset));
            }
        };
        let sent = UpdateImage { init_packet: &init, firmware: &image };
        let report = update(&mut link, &sent, &UpdateOptions::default(), &mut observer).await.unwrap();
        assert_eq!((report.reconnects, report.firmware_resent, report.bytes_resent), (1, resent, resent));
        let mut expected = vec![("init packet".to_owned(), 140)];
        if keeps_executed {
            expected.push(("data object 3".to_owned(), 8192));
        }
        assert_eq!(resumed, expected);
    }
}
