//! The way from a case to the recorder: events carry the case and the device's time.

use std::rc::Rc;
use std::sync::mpsc::Sender;
#[cfg(unix)]
use std::time::Duration;
use std::time::Instant;

use gauntlet_bench::Board;
use gauntlet_record::{CaseId, Event, Millis};

use crate::cpu::CpuMeter;

/// One event of a case on its way.
pub(crate) struct Told {
    pub(crate) case: CaseId,
    /// When it happened, not when it was heard of.
    pub(crate) at: Instant,
    pub(crate) device: Option<Millis>,
    /// What the host's processors have spent on the case, where something ends.
    pub(crate) cpu: Option<Millis>,
    pub(crate) event: Event,
}

/// Tells what happens in one case.
#[derive(Clone)]
pub(crate) struct Teller {
    case: CaseId,
    sender: Sender<Told>,
    cpu: Rc<CpuMeter>,
}

impl Teller {
    /// Made on the thread that runs the case, when it begins.
    pub(crate) fn new(case: CaseId, sender: Sender<Told>) -> Self {
        Self { case, sender, cpu: Rc::new(CpuMeter::start()) }
    }

    /// The case.
    #[cfg(unix)]
    pub(crate) fn case(&self) -> &CaseId {
        &self.case
    }

    /// A program that was started for the case has used this much of the host's processors.
    #[cfg(unix)]
    pub(crate) fn others_used(&self, cpu: Duration) {
        self.cpu.add(cpu);
    }

    pub(crate) fn tell(&self, board: &dyn Board, event: Event) {
        self.send(Some(board.device_time().into()), event);
    }

    /// For events of a case that has no board yet, or none any more.
    pub(crate) fn send(&self, device: Option<Millis>, event: Event) {
        self.send_late(Instant::now(), device, event);
    }

    /// It happened at `at`, and is told only now.
    pub(crate) fn send_late(&self, at: Instant, device: Option<Millis>, event: Event) {
        let ends = matches!(event, Event::UpdateFinished { .. } | Event::CaseFinished { .. });
        let cpu = if ends { self.cpu.used().map(Millis::from) } else { None };
        // Nobody listens only when the run is being torn down after a panic; then there is nothing left to tell.
        let _unheard = self.sender.send(Told { case: self.case.clone(), at, device, cpu, event });
    }
}
