//! What the client does wrong, or what is done to it.

use std::cell::Cell;
use std::time::Duration;

use gauntlet_engine::{Link as _, Object, Outcome, Silent, UpdateImage, UpdateOptions, update};
use gauntlet_links::{Action, Fault, FaultLink, HostEnd, HostHand, Moment, Position, RequestKind};
use gauntlet_protocol::Opcode;
use tokio::time::Instant;

use super::fake::{FakeLink, Handle};
use super::{FIRMWARE, INIT, byte, device, fault, image, options, run};

fn packet(object: u32, packet: u64) -> Position {
    Position::Packet { object: Some(Object::Data(object)), packet }
}

fn request(kind: RequestKind, n: u64) -> Position {
    Position::Request { kind, n, moment: Moment::Before }
}

/// What became of an update whose client may stand still and die.
struct Handled {
    clients: u32,
    all_fired: bool,
    took: Duration,
    device: Handle,
}

async fn handled(faults: Vec<Fault>, options: &UpdateOptions) -> Handled {
    let (init, firmware) = (image(INIT), image(FIRMWARE));
    let sent = UpdateImage { init_packet: &init, firmware: &firmware };
    let (link, device) = FakeLink::new(device());
    let hand = HostHand::default();
    let mut link = FaultLink::new(link, faults).with_host(hand.clone());
    let watch = link.watch();
    let began = Instant::now();
    let clients = Cell::new(1);
    loop {
        let mut silent = Silent;
        let client = update(&mut link, &sent, options, &mut silent);
        match hand.run(client, async |span| tokio::time::sleep(span).await).await {
            HostEnd::Finished(report) => {
                assert_eq!(report.unwrap().outcome, Outcome::Completed);
                break;
            }
            HostEnd::Died { away } => {
                link.disconnect().await.unwrap();
                tokio::time::sleep(away).await;
                clients.set(clients.get() + 1);
            }
        }
    }
    assert!(device.device().flash == firmware, "the device has taken something else");
    Handled { clients: clients.get(), all_fired: watch.all_fired(), took: began.elapsed(), device }
}

#[tokio::test(start_paused = true)]
async fn a_packet_changes_places_with_the_next() {
    for n in [1, 2, 9, 16] {
        let clean = run(device(), vec![], &options()).await;
        let swapped = run(device(), vec![fault(packet(2, n), Action::SwapPacket)], &options()).await;
        let at = 17 + n as usize;
        assert_eq!(swapped.arrived[..at], clean.arrived[..at], "{n}");
        assert_eq!(swapped.arrived[at], clean.arrived[at + 1], "{n}");
        assert_eq!(swapped.arrived[at + 1], clean.arrived[at], "{n}");
        assert_eq!((swapped.report().crc_mismatches, swapped.fired()), (1, 1), "{n}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_packet_of_an_object_lets_nothing_pass() {
    let last = run(device(), vec![fault(packet(2, 17), Action::SwapPacket)], &options()).await;
    assert_eq!(
        (last.report().outcome, last.report().crc_mismatches, last.fired()),
        (Outcome::Completed, 0, 0)
    );
    assert!(last.faults[0].trouble.as_deref().is_some_and(|why| why.contains("no packet follows")));
}

#[tokio::test(start_paused = true)]
async fn a_request_is_sent_twice() {
    for (kind, opcode, n) in [
        (RequestKind::PRN, Opcode::SetPrn, 1),
        (RequestKind::SELECT, Opcode::Select, 2),
        (RequestKind::CREATE, Opcode::Create, 3),
        (RequestKind::CRC, Opcode::GetCrc, 2),
    ] {
        let count = |run: &super::Run| {
            run.device.device().requests.iter().filter(|request| request.opcode() == opcode).count()
        };
        let clean = run(device(), vec![], &options()).await;
        let twice = run(device(), vec![fault(request(kind, n), Action::RepeatRequest)], &options()).await;
        assert_eq!((twice.report().outcome, twice.fired()), (Outcome::Completed, 1), "{kind}");
        assert_eq!(count(&twice), count(&clean) + 1, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stands_still_goes_on_where_it_was() {
    let span = Duration::from_secs(7);
    let clean = handled(vec![], &options()).await;
    for at in [byte(Object::Data(2), 1000), packet(1, 3), request(RequestKind::EXECUTE, 2)] {
        let paused = handled(vec![fault(at, Action::PauseClient { span })], &options()).await;
        assert!(paused.all_fired && paused.clients == 1, "{at}");
        assert_eq!(paused.took, clean.took + span, "{at}");
        assert_eq!(paused.device.device().requests, clean.device.device().requests, "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_died_is_followed_by_one_that_knows_nothing() {
    let away = Duration::from_secs(3);
    let once = UpdateOptions { reconnects: 0, ..options() };
    let faults = vec![
        fault(byte(Object::Init, 60), Action::RestartClient { away }),
        fault(byte(Object::Data(2), 1000), Action::RestartClient { away }),
        fault(request(RequestKind::EXECUTE, 3), Action::RestartClient { away }),
        fault(Position::Notification { n: 9 }, Action::RestartClient { away }),
    ];
    let died = handled(faults, &once).await;
    assert!(died.all_fired);
    assert_eq!(died.clients, 5);
    assert!(died.took >= 4 * away);
    let selects =
        |opcode| died.device.device().requests.iter().filter(|known| known.opcode() == opcode).count();
    assert!(selects(Opcode::Select) >= 5, "each client asks where the device is");
}

#[tokio::test(start_paused = true)]
async fn without_a_hand_the_client_goes_on_and_the_fault_has_not_fired() {
    let action = Action::PauseClient { span: Duration::from_secs(1) };
    let run = run(device(), vec![fault(packet(1, 3), action)], &options()).await;
    assert_eq!((run.report().outcome, run.all_fired), (Outcome::Completed, false));
    assert!(run.faults[0].trouble.is_some());
}
