//! Resets and power cuts, which are done by whoever owns the board.

use std::cell::RefCell;
use std::rc::Rc;

use async_trait::async_trait;
use gauntlet_engine::{Object, Outcome};
use gauntlet_links::{Action, BoardAction, BoardError, BoardReset, Moment, Position, RequestKind};

use super::{byte, device, fault, options, run, run_with_board};

/// Writes down what it was asked to do.
#[derive(Clone, Default)]
struct Board {
    done: Rc<RefCell<Vec<Option<BoardReset>>>>,
    broken: bool,
}

impl Board {
    fn act(&self, what: Option<BoardReset>) -> Result<(), BoardError> {
        if self.broken {
            return Err(BoardError("the relay is stuck".to_owned()));
        }
        self.done.borrow_mut().push(what);
        Ok(())
    }
}

#[async_trait(?Send)]
impl BoardAction for Board {
    async fn reset(&mut self, kind: BoardReset) -> Result<(), BoardError> {
        self.act(Some(kind))
    }
    async fn power_cut(&mut self) -> Result<(), BoardError> {
        self.act(None)
    }
}

fn positions() -> Vec<Position> {
    let request = |moment| Position::Request { kind: RequestKind::CREATE, n: 3, moment };
    vec![
        byte(Object::Data(2), 0),
        byte(Object::Data(2), 2000),
        byte(Object::Data(2), 4096),
        Position::Packet { object: Some(Object::Data(2)), packet: 5 },
        Position::Packet { object: None, packet: 22 },
        request(Moment::Before),
        request(Moment::Sent),
        request(Moment::Answered),
        Position::Notification { n: 10 },
    ]
}

#[tokio::test(start_paused = true)]
async fn the_board_is_asked_once() {
    for at in positions() {
        for kind in [BoardReset::Soft, BoardReset::Pin, BoardReset::Watchdog, BoardReset::Brownout] {
            let board = Board::default();
            let faults = vec![fault(at, Action::Reset { kind })];
            let run = run_with_board(device(), faults, &options(), Some(Box::new(board.clone()))).await;
            assert_eq!(*board.done.borrow(), [Some(kind)], "{at}");
            assert!(run.all_fired);
            // This board does not really do it; what did not get through is mended.
            assert_eq!(run.report().outcome, Outcome::Completed, "{at}");
        }
        let board = Board::default();
        let faults = vec![fault(at, Action::PowerCut)];
        let run = run_with_board(device(), faults, &options(), Some(Box::new(board.clone()))).await;
        assert_eq!(*board.done.borrow(), [None], "{at}");
        assert!(run.all_fired);
    }
}

#[tokio::test(start_paused = true)]
async fn a_board_that_did_not_do_it_means_that_the_fault_did_not_fire() {
    for at in positions() {
        let faults = vec![fault(at, Action::PowerCut)];
        let none = run(device(), faults.clone(), &options()).await;
        assert!(!none.all_fired);
        assert_eq!(none.faults[0].trouble.as_deref(), Some("there is no board to act on"), "{at}");

        let board = Board { broken: true, ..Board::default() };
        let broken = run_with_board(device(), faults, &options(), Some(Box::new(board))).await;
        assert!(!broken.all_fired);
        assert_eq!(broken.faults[0].trouble.as_deref(), Some("the relay is stuck"), "{at}");
    }
}
