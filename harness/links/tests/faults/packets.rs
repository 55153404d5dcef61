//! Positions that are packets.

use gauntlet_engine::{Object, Outcome, Shape, UpdateOptions};
use gauntlet_links::{Action, Position};

use super::fake::Device;
use super::{FIRMWARE, byte, device, fault, image, options, run};

fn packet(object: Option<Object>, packet: u64) -> Position {
    Position::Packet { object, packet }
}

#[tokio::test(start_paused = true)]
async fn one_packet_is_dropped() {
    // In the object, in the update, and where that is in what was sent.
    for (position, index) in [
        (packet(Some(Object::Init), 1), 0),
        (packet(Some(Object::Data(1)), 1), 1),
        (packet(Some(Object::Data(1)), 17), 17),
        (packet(Some(Object::Data(2)), 3), 20),
        (packet(Some(Object::Data(3)), 4), 38),
        (packet(None, 1), 1),
        (packet(None, 17), 17),
        (packet(None, 18), 18),
        (packet(None, 38), 38),
        (byte(Object::Data(2), 245), 19),
    ] {
        let clean = run(device(), vec![], &options()).await;
        let dropped = run(device(), vec![fault(position, Action::DropPacket)], &options()).await;
        assert_eq!((dropped.report().outcome, dropped.fired()), (Outcome::Completed, 1), "{position}");
        assert_eq!(dropped.report().crc_mismatches, 1);
        assert_eq!(dropped.arrived[..index], clean.arrived[..index], "{position}");
        if index != 0 && index != 17 && index != 38 {
            assert_eq!(dropped.arrived[index], clean.arrived[index + 1], "{position}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_packet_is_doubled() {
    for prn in [0, 1, 8] {
        for n in [1, 2, 16, 17, 18, 35, 38] {
            let options = UpdateOptions { prn, ..options() };
            let run = run(device(), vec![fault(packet(None, n), Action::DuplicatePacket)], &options).await;
            assert_eq!((run.report().outcome, run.fired()), (Outcome::Completed, 1), "{prn} {n}");
            assert_eq!(run.arrived[n as usize], run.arrived[n as usize + 1]);
            assert_eq!(run.faults[0].fired[0].packets, n);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_packet_is_cut() {
    let at = packet(Some(Object::Data(1)), 2);
    for (keep, arrived) in [(1, Some(1)), (20, Some(20)), (243, Some(243)), (1000, Some(244)), (0, None)] {
        let run = run(device(), vec![fault(at, Action::TruncatePacket { keep })], &options()).await;
        assert_eq!((run.report().outcome, run.fired()), (Outcome::Completed, 1), "{keep}");
        assert_eq!(run.arrived[2].len(), arrived.unwrap_or(244));
        assert_eq!(run.report().crc_mismatches, u32::from(keep < 244));
    }
}

#[tokio::test(start_paused = true)]
async fn the_link_is_lost_in_place_of_a_packet() {
    let once = UpdateOptions { reconnects: 0, ..options() };
    for (at, arrived) in [(1, 1), (17, 17), (18, 18), (38, 38)] {
        let run = run(device(), vec![fault(packet(None, at), Action::Disconnect)], &once).await;
        assert!(run.result.is_err() && run.all_fired);
        assert_eq!(run.arrived.len(), arrived);
    }
}

#[tokio::test(start_paused = true)]
async fn packets_of_the_update_are_counted_over_reconnects() {
    let faults = vec![
        fault(packet(None, 5), Action::Disconnect),
        fault(packet(None, 10), Action::Disconnect),
        fault(packet(None, 40), Action::DropPacket),
    ];
    let run = run(device(), faults, &options()).await;
    assert!(run.all_fired);
    assert_eq!(run.report().reconnects, 2);
    let fired: Vec<(u64, u32)> = run.faults.iter().map(|f| (f.fired[0].packets, f.fired[0].offset)).collect();
    // The fake forgets the open object with the link: packet 6 begins anew, and so does packet 11.
    assert_eq!(fired, [(5, 4 * 244), (10, 4 * 244), (40, 4096 + 12 * 244)]);
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_is_not_sent_is_not_reached() {
    for position in [
        packet(None, 39),
        packet(Some(Object::Init), 2),
        packet(Some(Object::Data(1)), 18),
        packet(Some(Object::Data(4)), 1),
    ] {
        let run = run(device(), vec![fault(position, Action::DropPacket)], &options()).await;
        assert_eq!((run.report().outcome, run.all_fired), (Outcome::Completed, false), "{position}");
    }
}

#[tokio::test(start_paused = true)]
async fn several_in_a_row_on_a_serial_link() {
    let device = Device::new(Shape::Serial, FIRMWARE);
    let three = fault(packet(None, 64), Action::DropPacket).repeated(3);
    let run = run(device, vec![three], &options()).await;
    assert!(run.all_fired);
    let at: Vec<u64> = run.faults[0].fired.iter().map(|firing| firing.packets).collect();
    // The last of the first object, and the first two of what follows.
    assert_eq!(at, [64, 65, 66]);
    assert_eq!(run.device.device().flash, image(FIRMWARE));
}
