//! Which action goes with which position.

use std::num::NonZeroU8;
use std::time::Duration;

use gauntlet_engine::Object;
use gauntlet_links::{Action, BoardReset, Fault, Moment, Position, RequestKind, UnfitFault};

use super::byte;

#[test]
fn an_action_needs_something_to_act_on() {
    let positions = [
        byte(Object::Data(1), 1),
        Position::Packet { object: None, packet: 1 },
        Position::Request { kind: RequestKind::Any, n: 1, moment: Moment::Before },
        Position::Notification { n: 1 },
    ];
    let corrupt = Action::CorruptByte { xor: NonZeroU8::MIN };
    for (action, fits) in [
        (Action::Disconnect, [true; 4]),
        (Action::Reset { kind: BoardReset::Pin }, [true; 4]),
        (Action::PowerCut, [true; 4]),
        (Action::DropPacket, [true, true, false, false]),
        (Action::DuplicatePacket, [true, true, false, false]),
        (Action::TruncatePacket { keep: 20 }, [true, true, false, false]),
        (corrupt, [true, true, false, false]),
        (Action::LoseNotification, [false, false, true, true]),
        (Action::DuplicateNotification, [false, false, true, true]),
        (Action::DelayAnswer { by: Duration::from_secs(1) }, [false, false, true, true]),
        (Action::RestartClient { away: Duration::from_secs(1) }, [true; 4]),
        (Action::PauseClient { span: Duration::from_secs(1) }, [true, true, true, false]),
        (Action::ReopenPort, [true, true, true, false]),
        (Action::RepeatRequest, [false, false, true, false]),
        (Action::SwapPacket, [false, true, false, false]),
    ] {
        for (at, fits) in positions.into_iter().zip(fits) {
            let fault = Fault::new(at, action);
            assert_eq!(fault.is_ok(), fits, "{action} at {at}");
            if !fits {
                assert_eq!(fault, Err(UnfitFault::Mismatch { at, action }));
            }
        }
    }
    assert!(Fault::new(byte(Object::Data(1), 0), Action::Disconnect).is_ok());
    assert!(Fault::new(byte(Object::Data(1), 0), corrupt).is_err());
}

#[test]
fn counting_begins_at_one() {
    for at in [
        Position::Notification { n: 0 },
        Position::Packet { object: None, packet: 0 },
        Position::Packet { object: Some(Object::Data(0)), packet: 1 },
        Position::Request { kind: RequestKind::CRC, n: 0, moment: Moment::Sent },
        byte(Object::Data(0), 1),
    ] {
        assert_eq!(Fault::new(at, Action::Disconnect), Err(UnfitFault::NoSuchPosition { at }));
    }
}

#[test]
fn faults_read_like_sentences() {
    let fault = Fault::new(byte(Object::Data(3), 2048), Action::Disconnect).unwrap();
    assert_eq!(fault.to_string(), "disconnect at byte 2048 of data object 3");
    let at = Position::Request { kind: RequestKind::EXECUTE, n: 2, moment: Moment::Answered };
    let fault = Fault::new(at, Action::LoseNotification).unwrap().repeated(2);
    assert_eq!(fault.to_string(), "lose notification before the answer to execute request 2, 2 times");
}
