//! Positions that are bytes of an object, at their edges.

use std::num::NonZeroU8;

use gauntlet_engine::{Object, Outcome, UpdateOptions};
use gauntlet_links::{Action, Position};

use super::{FIRMWARE, INIT, byte, device, fault, image, options, run};

const XOR: NonZeroU8 = NonZeroU8::new(0x40).unwrap();

/// Packets that got through before a loss at this byte of the update's first pass.
fn packets_before(object: Object, byte: u32) -> usize {
    match object {
        // The init packet is one packet: it arrives only if its last byte does.
        Object::Init => usize::from(byte == INIT as u32),
        Object::Data(n) => {
            let whole = if n < 3 { 4096 } else { 904 };
            let in_object = if byte == whole { byte.div_ceil(244) } else { byte / 244 };
            1 + 17 * (n as usize - 1) + in_object as usize
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_link_is_lost_when_the_byte_has_gone_out() {
    let mut positions: Vec<(Object, u32)> = [0, 1, 139, 140].map(|b| (Object::Init, b)).to_vec();
    for object in 1..=2 {
        let bytes = [0, 1, 243, 244, 245, 488, 3904, 3905, 4095, 4096];
        positions.extend(bytes.map(|b| (Object::Data(object), b)));
    }
    positions.extend([0, 1, 732, 733, 903, 904].map(|b| (Object::Data(3), b)));
    for (object, at) in positions {
        let once = UpdateOptions { reconnects: 0, ..options() };
        let lost = run(device(), vec![fault(byte(object, at), Action::Disconnect)], &once).await;
        assert!(lost.result.is_err() && lost.all_fired, "{object} {at}");
        assert_eq!(lost.arrived.len(), packets_before(object, at), "{object} {at}");
        let firing = lost.faults[0].fired[0];
        assert_eq!(firing.object, Some(object));

        // With another connection the update completes, and the same byte, sent again, does not break it again.
        let mended = run(device(), vec![fault(byte(object, at), Action::Disconnect)], &options()).await;
        assert_eq!((mended.report().outcome, mended.fired()), (Outcome::Completed, 1), "{object} {at}");
        assert_eq!(mended.report().reconnects, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_byte_behind_the_end_is_never_reached() {
    let positions = [
        (Object::Init, 141),
        (Object::Data(1), 4097),
        (Object::Data(2), 4097),
        (Object::Data(3), 905),
        (Object::Data(4), 0),
        (Object::Data(4), 1),
        (Object::Data(1), u32::MAX),
    ];
    for (object, at) in positions {
        for action in [Action::Disconnect, Action::CorruptByte { xor: XOR }, Action::DropPacket] {
            if at == 0 && action != Action::Disconnect {
                continue;
            }
            let run = run(device(), vec![fault(byte(object, at), action)], &options()).await;
            assert_eq!((run.report().outcome, run.fired(), run.all_fired), (Outcome::Completed, 0, false));
            assert_eq!(run.report().reconnects + run.report().crc_mismatches, 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn exactly_this_byte_arrives_changed() {
    let (init, firmware) = (image(INIT), image(FIRMWARE));
    let good = [init, firmware].concat();
    for (object, at, index) in [
        (Object::Init, 1, 0),
        (Object::Init, 140, 139),
        (Object::Data(1), 1, 140),
        (Object::Data(1), 244, 140 + 243),
        (Object::Data(1), 245, 140 + 244),
        (Object::Data(1), 4096, 140 + 4095),
        (Object::Data(2), 1, 140 + 4096),
        (Object::Data(3), 904, 140 + FIRMWARE - 1),
    ] {
        let once = UpdateOptions { object_retries: 0, ..options() };
        let broken =
            run(device(), vec![fault(byte(object, at), Action::CorruptByte { xor: XOR })], &once).await;
        assert!(broken.result.is_err());
        let arrived = broken.arrived.concat();
        let changed: Vec<usize> = (0..arrived.len()).filter(|&i| arrived[i] != good[i]).collect();
        assert_eq!(changed, [index], "{object} {at}");
        assert_eq!(arrived[index], good[index] ^ 0x40);

        let corrupt = fault(byte(object, at), Action::CorruptByte { xor: XOR });
        let mended = run(device(), vec![corrupt], &options()).await;
        assert_eq!((mended.report().outcome, mended.report().crc_mismatches), (Outcome::Completed, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_fault_fires_whenever_the_byte_passes() {
    let at = byte(Object::Data(2), 1000);
    let twice = fault(at, Action::CorruptByte { xor: XOR }).repeated(2);
    let run = run(device(), vec![twice], &options()).await;
    assert_eq!((run.fired(), run.report().crc_mismatches, run.all_fired), (2, 2, true));
    assert!(run.faults[0].fired.iter().all(|firing| firing.object == Some(Object::Data(2))));
}

#[tokio::test(start_paused = true)]
async fn objects_keep_their_number_over_reconnects() {
    for (keeps_open, keeps_executed) in [(false, false), (false, true), (true, true)] {
        let mut device = device();
        (device.keeps_open_objects, device.keeps_executed_objects) = (keeps_open, keeps_executed);
        let faults = vec![
            fault(byte(Object::Data(2), 2000), Action::Disconnect),
            fault(byte(Object::Data(2), 4096), Action::Disconnect),
            fault(byte(Object::Data(3), 900), Action::CorruptByte { xor: XOR }),
        ];
        let run = run(device, faults, &options()).await;
        assert_eq!(
            (run.report().outcome, run.report().reconnects, run.all_fired),
            (Outcome::Completed, 2, true)
        );
        let offsets: Vec<u32> = run.faults.iter().map(|report| report.fired[0].offset).collect();
        // Each time the start of the packet that holds the byte.
        assert_eq!(offsets, [4096 + 8 * 244, 4096 + 16 * 244, 8192 + 3 * 244]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_position_is_where_it_says() {
    // Every byte of the short object: the loss comes after as many whole packets as the byte says.
    for at in 0..=904u32 {
        let once = UpdateOptions { reconnects: 0, ..options() };
        let position = Position::Byte { object: Object::Data(3), byte: at };
        let run = run(device(), vec![fault(position, Action::Disconnect)], &once).await;
        assert_eq!(run.arrived.len(), packets_before(Object::Data(3), at), "{at}");
    }
}
