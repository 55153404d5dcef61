//! Updates in which nothing goes wrong.

use gauntlet_engine::{Outcome, Phase, Shape, UpdateEvent, UpdateImage, update};
use gauntlet_protocol::{ObjectType, Request};

use super::fake::{Device, FakeLink};
use super::{SHAPES, firmware, init_packet, options, run, small_firmware};

#[tokio::test(start_paused = true)]
async fn every_shape_interval_and_size() {
    for shape in SHAPES {
        for prn in [0, 1, 8] {
            for length in [4, 4092, 4096, 4100, 8192, 9096, 30 * 1024, 4099] {
                let image = firmware(length);
                let (result, handle) = run(Device::new(shape, length), &image, &options(prn)).await;
                let report = result.unwrap();
                assert_eq!(report.outcome, Outcome::Completed, "{shape} {prn} {length}");
                assert_eq!(report.bytes_sent, 140 + length as u64);
                assert_eq!(
                    (report.bytes_resent, report.strays, report.crc_mismatches, report.reconnects),
                    (0, 0, 0, 0)
                );
                let objects = 1 + length.div_ceil(4096) as u32;
                assert_eq!((report.objects_created, report.objects_executed), (objects, objects));
                let device = handle.device();
                assert_eq!(report.packets, device.packets.len() as u64);
                assert_eq!(report.requests, device.requests.len() as u64);
                assert_eq!(device.init, Vec::<u8>::new());
                // Counting begins anew in every object (PRN-003).
                let packets = |bytes: usize| bytes.div_ceil(report.payload) as u32;
                let data = image.chunks(4096).map(|object| packets(object.len()));
                let receipts = data.chain([packets(140)]).map(|n| n.checked_div(u32::from(prn)).unwrap_or(0));
                assert_eq!(report.receipts, receipts.sum::<u32>());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_requests_are_those_of_the_known_sequence() {
    let image = firmware(5000);
    let select = |object| Request::Select { object };
    let create = |object, size| Request::Create { object, size };
    let (_, handle) = run(Device::new(Shape::Ble, 5000), &image, &options(0)).await;
    let expected = [
        Request::SetPrn { packets: 0 },
        select(ObjectType::Command),
        create(ObjectType::Command, 140),
        Request::GetCrc,
        Request::Execute,
        select(ObjectType::Data),
        create(ObjectType::Data, 4096),
        Request::GetCrc,
        Request::Execute,
        create(ObjectType::Data, 904),
        Request::GetCrc,
        Request::Execute,
    ];
    assert_eq!(handle.device().requests, expected);

    let (_, handle) = run(Device::new(Shape::Serial, 5000), &image, &options(0)).await;
    let device = handle.device();
    assert_eq!(
        device.requests[..3],
        [Request::Ping { id: 1 }, Request::SetPrn { packets: 0 }, Request::GetMtu]
    );
    assert_eq!(device.requests[3..], expected[1..]);
}

#[tokio::test(start_paused = true)]
async fn packets_are_whole_words_and_fit() {
    let image = small_firmware();
    for (shape, max_data, mtu, payload) in [
        (Shape::Ble, 244, None, 244),
        (Shape::Ble, 20, None, 20),
        (Shape::Ble, 23, None, 20),
        (Shape::Ble, 7, None, 4),
        (Shape::Serial, 4096, Some(131), 64),
        (Shape::Serial, 4096, Some(2051), 1024),
        (Shape::Serial, 50, Some(2051), 48),
        (Shape::Serial, 50, None, 48),
        // The room of a UART build is the least that there is.
        (Shape::Serial, 4096, None, 64),
    ] {
        let mut device = Device::new(shape, image.len());
        (device.max_data, device.mtu) = (max_data, mtu);
        let (result, handle) = run(device, &image, &options(0)).await;
        assert_eq!(result.unwrap().payload, payload);
        let device = handle.device();
        assert_eq!(device.packets.iter().max(), Some(&payload.min(4096)), "{shape} {max_data} {mtu:?}");
        assert!(device.packets.iter().all(|length| length % 4 == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn objects_have_the_size_that_the_device_tells() {
    let image = small_firmware();
    for data_size in [64, 128, 1024, 8192, 1 << 20] {
        let mut device = Device::new(Shape::Ble, image.len());
        device.data_size = data_size;
        let (result, _) = run(device, &image, &options(3)).await;
        assert_eq!(result.unwrap().objects_executed as usize, 1 + image.len().div_ceil(data_size));
    }
}

#[tokio::test(start_paused = true)]
async fn events_tell_the_story() {
    let image = firmware(5000);
    let init = init_packet();
    let (mut link, _) = FakeLink::new(Device::new(Shape::Ble, 5000));
    let mut events = Vec::new();
    let mut observer = |event: &UpdateEvent| events.push(event.clone());
    let sent = UpdateImage { init_packet: &init, firmware: &image };
    let report = update(&mut link, &sent, &options(8), &mut observer).await.unwrap();

    let phases: Vec<Phase> = events
        .iter()
        .filter_map(|event| if let UpdateEvent::Phase(phase) = event { Some(*phase) } else { None })
        .collect();
    assert_eq!(phases, Phase::ALL);
    let progress: Vec<u32> = events
        .iter()
        .filter_map(|event| if let UpdateEvent::Progress { sent, .. } = event { Some(*sent) } else { None })
        .collect();
    assert_eq!(progress.len(), 1 + 17 + 4);
    assert_eq!((progress[0], progress[1], progress[17], progress[21]), (140, 244, 4096, 5000));
    let receipts = events.iter().filter(|event| matches!(event, UpdateEvent::Receipt(_))).count();
    assert_eq!(receipts, 2);
    assert_eq!(events.last(), Some(&UpdateEvent::Finished(Box::new(report))));
}
