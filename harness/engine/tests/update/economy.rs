//! Updates that ask for no CRC where Execute and the link prove what arrived.

use std::cell::Cell;
use std::rc::Rc;

use gauntlet_engine::{
    CrcExchange, DfuEntry, LinkError, Object, Outcome, Phase, Shape, Silent, UpdateError, UpdateEvent,
    UpdateImage, UpdateOptions, update, update_with_entry,
};
use gauntlet_protocol::{ExtendedError, Opcode, Outcome as Answer, Request, ResultCode};

use super::fake::{Device, FakeLink, OnPacket, OnRequest};
use super::{BOUND, SHAPES, init_packet, run, small_firmware};

fn economic(prn: u16) -> UpdateOptions {
    UpdateOptions { prn, ..UpdateOptions::default() }
}

fn asked(requests: &[Request]) -> usize {
    requests.iter().filter(|request| request.opcode() == Opcode::GetCrc).count()
}

#[tokio::test(start_paused = true)]
async fn a_link_that_guards_content_needs_no_crc() {
    let image = small_firmware();
    for (shape, exchange, expected) in [
        (Shape::Ble, CrcExchange::WhereNeeded, 0),
        (Shape::Serial, CrcExchange::WhereNeeded, 4),
        (Shape::Ble, CrcExchange::EveryObject, 4),
        (Shape::Serial, CrcExchange::EveryObject, 4),
    ] {
        let options = UpdateOptions { crc: exchange, ..economic(0) };
        let (result, handle) = run(Device::new(shape, image.len()), &image, &options).await;
        let report = result.unwrap();
        assert_eq!(report.outcome, Outcome::Completed);
        assert_eq!(asked(&handle.device().requests), expected, "{shape} {exchange:?}");
        assert_eq!(report.crc_exchanges as usize, expected);
    }
}

/// CP-022: a device that says the MTU of a USB build is reached over USB only, which guards its content.
#[tokio::test(start_paused = true)]
async fn a_usb_build_needs_no_crc() {
    let image = small_firmware();
    for (mtu, expected) in [(Some(131), 4), (Some(2051), 0), (Some(1027), 4), (None, 4)] {
        let device = Device { mtu, ..Device::new(Shape::Serial, image.len()) };
        let (result, handle) = run(device, &image, &economic(0)).await;
        assert_eq!(result.unwrap().crc_exchanges, expected, "{mtu:?}");
        assert!(handle.device().done);
    }
}

/// FF-060, FF-061: lost packets show at the Execute; the device is asked, and the object mended.
#[tokio::test(start_paused = true)]
async fn one_lost_packet_anywhere_is_mended() {
    let image = small_firmware();
    for prn in [0, 1, 8, 17] {
        for bad in 1..=39 {
            let mut device = Device::new(Shape::Ble, image.len());
            device.on_packet =
                Some(Box::new(move |n, _| if n == bad { OnPacket::Drop } else { OnPacket::Pass }));
            let (result, handle) = run(device, &image, &economic(prn)).await;
            let report = result.unwrap_or_else(|e| panic!("{prn} {bad}: {e}"));
            assert_eq!(report.outcome, Outcome::Completed);
            assert_eq!((report.crc_mismatches, report.image_retries), (1, 0), "{prn} {bad}");
            assert!(report.bytes_resent <= 4096);
            assert!(handle.device().done);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_loss_of_the_link_anywhere_is_survived() {
    let image = small_firmware();
    let (_, handle) = run(Device::new(Shape::Ble, image.len()), &image, &economic(0)).await;
    let requests = handle.device().requests.len() as u64;
    assert_eq!(requests, 11);
    let losses: [fn() -> OnRequest; 3] =
        [|| OnRequest::LoseBefore, || OnRequest::LoseAfter, || OnRequest::Mute];
    for (which, loss) in losses.into_iter().enumerate() {
        for at in 1..=requests {
            for keeps in [false, true] {
                let mut device = Device::new(Shape::Ble, image.len());
                (device.keeps_open_objects, device.keeps_executed_objects) = (keeps, keeps);
                device.refuses_idle_execute = keeps;
                device.on_request =
                    Some(Box::new(move |n, _| if n == at { loss() } else { OnRequest::Pass }));
                let (result, handle) = run(device, &image, &economic(0)).await;
                assert!(result.is_ok() && handle.device().done, "{which} {at}: {result:?}");
            }
        }
    }
}

/// A device that refuses the whole image the first `times` times, as one whose hash does not match, and resets.
fn refusing(times: u32, shape: Shape) -> (Device, Rc<Cell<u32>>) {
    let image = small_firmware();
    let refused = Rc::new(Cell::new(0));
    let count = refused.clone();
    let mut device = Device::new(shape, image.len());
    device.refuses_image = Some(Box::new(move || {
        let refuse = count.get() < times;
        count.set(count.get() + u32::from(refuse));
        refuse.then_some(Answer::Extended(ExtendedError::VerificationFailed))
    }));
    (device, refused)
}

/// OBJ-034, FF-078: what was refused as a whole without having been asked for is sent once more, and asked for.
#[tokio::test(start_paused = true)]
async fn an_image_that_is_refused_as_a_whole_is_sent_again_with_crcs() {
    let image = small_firmware();
    for prn in [0, 8] {
        let (device, _) = refusing(1, Shape::Ble);
        let (result, handle) = run(device, &image, &economic(prn)).await;
        let report = result.unwrap();
        assert_eq!((report.outcome, report.image_retries, report.reconnects), (Outcome::Completed, 1, 1));
        assert_eq!(report.firmware_resent as usize, image.len());
        assert_eq!(asked(&handle.device().requests), 4);

        // The second refusal speaks of bytes that certainly arrived.
        let (device, refused) = refusing(9, Shape::Ble);
        let (result, _) = run(device, &image, &economic(prn)).await;
        let error = result.unwrap_err();
        assert_eq!(error.refusal().unwrap().outcome, Answer::Extended(ExtendedError::VerificationFailed));
        assert_eq!((refused.get(), error.phase()), (2, Some(Phase::Finish)));
    }
}

#[tokio::test(start_paused = true)]
async fn where_crcs_were_asked_for_nothing_is_sent_twice() {
    let image = small_firmware();
    for (shape, crc) in [(Shape::Serial, CrcExchange::WhereNeeded), (Shape::Ble, CrcExchange::EveryObject)] {
        let (device, refused) = refusing(9, shape);
        let (result, handle) = run(device, &image, &UpdateOptions { crc, ..economic(0) }).await;
        assert!(result.unwrap_err().refusal().is_some());
        assert_eq!((refused.get(), handle.device().connections), (1, 1));
    }
}

/// A device with an application starts it behind the reset, so the second transfer needs a way in. Without one the
/// device's own words are the result.
#[tokio::test(start_paused = true)]
async fn the_second_transfer_may_need_a_way_into_dfu_mode() {
    let (image, init) = (small_firmware(), init_packet());
    let sent = UpdateImage { init_packet: &init, firmware: &image };
    for with_entry in [true, false] {
        let (mut device, _) = refusing(1, Shape::Ble);
        device.leaves_dfu_when_refused = true;
        let (mut link, handle) = FakeLink::new(device);
        let mut entry = super::Entry(handle.clone());
        let mut events = Vec::new();
        let mut observer = |event: &UpdateEvent| events.push(event.clone());
        let options = economic(0);
        if with_entry {
            let update = update_with_entry(&mut link, &mut entry, &sent, &options, &mut observer);
            let report = tokio::time::timeout(BOUND, update).await.unwrap().unwrap();
            assert_eq!((report.outcome, report.dfu_entries), (Outcome::Completed, 1));
        } else {
            let update = update(&mut link, &sent, &options, &mut observer);
            let error = tokio::time::timeout(BOUND, update).await.unwrap().unwrap_err();
            let UpdateError::Refused { object: Some(Object::Data(3)), refusal, .. } = error else {
                panic!("{error}");
            };
            assert_eq!(refusal.outcome.extended(), Some(ExtendedError::VerificationFailed));
        }
        assert_eq!(events.iter().filter(|e| matches!(e, UpdateEvent::SendingAgain(_))).count(), 1);
    }
}

/// Another refusal of the last Execute is final, and so is a failing way into DFU mode.
#[tokio::test(start_paused = true)]
async fn only_a_wrong_hash_is_doubted() {
    let image = small_firmware();
    let mut device = Device::new(Shape::Ble, image.len());
    device.refuses_image = Some(Box::new(|| Some(Answer::Result(ResultCode::InvalidObject))));
    let (result, handle) = run(device, &image, &economic(0)).await;
    assert_eq!(result.unwrap_err().refusal().unwrap().outcome, ResultCode::InvalidObject.into());
    assert_eq!(handle.device().connections, 1);

    struct NoWay;
    #[async_trait::async_trait(?Send)]
    impl DfuEntry for NoWay {
        async fn enter(&mut self) -> Result<(), LinkError> {
            Err(LinkError::Refused { code: None, detail: "no".to_owned() })
        }
    }
    let (mut device, _) = refusing(1, Shape::Ble);
    device.leaves_dfu_when_refused = true;
    let (mut link, _) = FakeLink::new(device);
    let init = init_packet();
    let sent = UpdateImage { init_packet: &init, firmware: &image };
    let error = update_with_entry(&mut link, &mut NoWay, &sent, &economic(0), &mut Silent).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().outcome.extended(), Some(ExtendedError::VerificationFailed));
}

/// Every shape of a good update still is one.
#[tokio::test(start_paused = true)]
async fn good_updates_of_every_shape() {
    let image = small_firmware();
    for shape in SHAPES {
        for prn in [0, 1, 12] {
            let (result, handle) = run(Device::new(shape, image.len()), &image, &economic(prn)).await;
            assert_eq!(result.unwrap().outcome, Outcome::Completed);
            assert!(handle.device().done);
        }
    }
}
