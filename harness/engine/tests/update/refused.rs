//! Every request refused with every result.

use gauntlet_engine::{Object, Phase, Shape, UpdateError, UpdateOptions};
use gauntlet_protocol::{ExtendedError, ObjectType, Opcode, Outcome, Request, Response, ResultCode};

use super::fake::{Device, OnRequest};
use super::{options, run, small_firmware};

fn refusals() -> Vec<Outcome> {
    let results = [2u8, 3, 4, 5, 6, 7, 8, 0x0A, 0x00, 0x77];
    let results = results.into_iter().map(|code| Outcome::Result(ResultCode::from(code)));
    results.chain((0..=0x0Fu8).map(|code| Outcome::Extended(ExtendedError::from(code)))).collect()
}

/// The requests of an update of three objects by number, what they are, and when.
const REQUESTS: [(u64, Opcode, Phase, Option<Object>); 15] = [
    (1, Opcode::SetPrn, Phase::Prepare, None),
    (2, Opcode::Select, Phase::InitPacket, Some(Object::Init)),
    (3, Opcode::Create, Phase::InitPacket, Some(Object::Init)),
    (4, Opcode::GetCrc, Phase::InitPacket, Some(Object::Init)),
    (5, Opcode::Execute, Phase::InitPacket, Some(Object::Init)),
    (6, Opcode::Select, Phase::Data, Some(Object::Data(1))),
    (7, Opcode::Create, Phase::Data, Some(Object::Data(1))),
    (8, Opcode::GetCrc, Phase::Data, Some(Object::Data(1))),
    (9, Opcode::Execute, Phase::Data, Some(Object::Data(1))),
    (10, Opcode::Create, Phase::Data, Some(Object::Data(2))),
    (11, Opcode::GetCrc, Phase::Data, Some(Object::Data(2))),
    (12, Opcode::Execute, Phase::Data, Some(Object::Data(2))),
    (13, Opcode::Create, Phase::Data, Some(Object::Data(3))),
    (14, Opcode::GetCrc, Phase::Data, Some(Object::Data(3))),
    (15, Opcode::Execute, Phase::Finish, Some(Object::Data(3))),
];

#[tokio::test(start_paused = true)]
async fn is_an_error_with_the_device_to_blame() {
    let image = small_firmware();
    for outcome in refusals() {
        for (at, opcode, phase, object) in REQUESTS {
            let mut device = Device::new(Shape::Ble, image.len());
            device.on_request = Some(Box::new(move |n, request| {
                // From there on, so that trying again does not help.
                if n >= at && request.opcode() == opcode {
                    OnRequest::Say(vec![Response::new(opcode, outcome).encode()])
                } else {
                    OnRequest::Pass
                }
            }));
            let (result, _) = run(device, &image, &options(0)).await;
            let error = result.unwrap_err();
            let UpdateError::Refused { phase: when, object: what, refusal } = &error else {
                panic!("{outcome} at {at}: {error}");
            };
            assert_eq!((refusal.opcode, refusal.outcome), (opcode, outcome), "{at}");
            // A data object that is not permitted sends the engine back to the init packet, where it is refused again.
            if (opcode, outcome) == (Opcode::Create, Outcome::Result(ResultCode::OperationNotPermitted)) {
                assert!([Phase::InitPacket, Phase::Data].contains(when));
            } else {
                assert_eq!((*when, *what), (phase, object), "{outcome} at {at}");
            }
            assert!(error.to_string().contains(&outcome.to_string()), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_execute_of_an_intact_object_is_not_taken_for_done() {
    let image = small_firmware();
    for at in [9, 12, 15] {
        let mut device = Device::new(Shape::Ble, image.len());
        device.on_request =
            Some(Box::new(
                move |n, _| {
                    if n == at { OnRequest::Say(vec![vec![0x60, 4, 8]]) } else { OnRequest::Pass }
                },
            ));
        let (result, _) = run(device, &image, &options(0)).await;
        let refusal = result.unwrap_err().refusal().unwrap();
        assert_eq!(refusal.outcome, Outcome::Result(ResultCode::OperationNotPermitted));
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_could_not_be_erased_at_once_is_tried_again() {
    let image = small_firmware();
    let mut device = Device::new(Shape::Ble, image.len());
    device.on_request =
        Some(Box::new(|n, _| if n == 10 { OnRequest::Say(vec![vec![0x60, 1, 5]]) } else { OnRequest::Pass }));
    let (result, _) = run(device, &image, &options(0)).await;
    assert_eq!(result.unwrap().bytes_resent, 0);
}

#[tokio::test(start_paused = true)]
async fn a_receipt_can_refuse_a_packet() {
    let image = small_firmware();
    for code in [2u8, 4, 5, 8, 0x0A] {
        let mut device = Device::new(Shape::Ble, image.len());
        device.on_request = Some(Box::new(move |_, request| match request {
            // The device holds no init packet, but accepts everything except the packets.
            Request::Create { object: ObjectType::Data, .. } => {
                OnRequest::Say(vec![vec![0x60, 1, 1], vec![0x60, 3, code]])
            }
            _ => OnRequest::Pass,
        }));
        let (result, _) = run(device, &image, &options(1)).await;
        let error = result.unwrap_err();
        let refusal = error.refusal().unwrap_or_else(|| panic!("{error}"));
        assert_eq!((refusal.opcode, refusal.outcome.result().code()), (Opcode::Write, code));
        assert_eq!(error.phase(), Some(Phase::Data));
    }
}

#[tokio::test(start_paused = true)]
async fn a_packet_refused_every_time_is_the_devices_fault() {
    let image = small_firmware();
    let mut device = Device::new(Shape::Ble, image.len());
    device.on_request = Some(Box::new(|_, request| match request {
        Request::Create { object: ObjectType::Data, .. } => {
            OnRequest::Say(vec![vec![0x60, 1, 1], vec![0x60, 3, 3]])
        }
        _ => OnRequest::Pass,
    }));
    let (result, _) = run(device, &image, &UpdateOptions { object_retries: 2, ..options(1) }).await;
    let refusal = result.unwrap_err().refusal().unwrap();
    assert_eq!((refusal.opcode, refusal.outcome), (Opcode::Write, ResultCode::InvalidParameter.into()));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_is_not_tried() {
    use gauntlet_engine::{Silent, Unsendable, UpdateImage, update};

    let large = [0; 513];
    for (init, firmware, expected) in [
        (&[][..], &[1, 2, 3, 4][..], Unsendable::EmptyInitPacket),
        (&[1], &[], Unsendable::EmptyFirmware),
        (&large, &[1, 2, 3, 4], Unsendable::InitPacketTooLong { length: 513, max: 512 }),
    ] {
        let (mut link, handle) = super::fake::FakeLink::new(Device::new(Shape::Ble, 4));
        let image = UpdateImage { init_packet: init, firmware };
        let error = update(&mut link, &image, &options(0), &mut Silent).await.unwrap_err();
        assert_eq!(error, UpdateError::Unsendable(expected));
        assert_eq!(handle.device().packets, Vec::<usize>::new());
    }
}
