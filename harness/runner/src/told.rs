//! The way from a case to the recorder: events carry the case and the device's time.

use std::sync::mpsc::Sender;
use std::time::Instant;

use gauntlet_bench::Board;
use gauntlet_record::{CaseId, Event, Millis};

/// One event of a case on its way.
pub(crate) struct Told {
    pub(crate) case: CaseId,
    /// When it happened, not when it was heard of.
    pub(crate) at: Instant,
    pub(crate) device: Option<Millis>,
    pub(crate) event: Event,
}

/// Tells what happens in one case.
#[derive(Clone)]
pub(crate) struct Teller {
    case: CaseId,
    sender: Sender<Told>,
}

impl Teller {
    pub(crate) fn new(case: CaseId, sender: Sender<Told>) -> Self {
        Self { case, sender }
    }

    pub(crate) fn tell(&self, board: &dyn Board, event: Event) {
        self.send(Some(board.device_time().into()), event);
    }

    /// For events of a case that has no board yet, or none any more.
    pub(crate) fn send(&self, device: Option<Millis>, event: Event) {
        // Nobody listens only when the run is being torn down after a panic; then there is nothing left to tell.
        let _unheard = self.sender.send(Told { case: self.case.clone(), at: Instant::now(), device, event });
    }
}
