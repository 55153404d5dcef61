//! The faults that wait, and those that have struck.

use super::{Fault, FiredFault, FlashFailure};
use crate::{
    nvmc::{Cut, Tear},
    reset::Reset,
};

/// What happens to the whole chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StrikeKind {
    PowerFails { off_for: Option<u64> },
    Reset(Reset),
}

/// The same, at a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) at: u64,
    pub(crate) kind: StrikeKind,
}

/// How an operation goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpPlan {
    pub(crate) tear: Tear,
    pub(crate) strike: Option<StrikeKind>,
    pub(crate) refused: bool,
    pub(crate) fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    fault: Fault,
    /// Operations so far, when it was armed.
    ops: u64,
    /// Its cycle, if it waits for one.
    due: Option<u64>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Armed {
    waiting: Vec<Waiting>,
    pub(crate) fired: Vec<FiredFault>,
    /// The newest of them still lacks its program counter.
    unplaced: bool,
    /// The earliest cycle one of them waits for.
    next: Option<u64>,
}

impl Armed {
    pub(crate) fn arm(&mut self, fault: Fault, ops: u64, now: u64) {
        let due = fault.cycle().map(|cycle| now.saturating_add(cycle));
        self.waiting.push(Waiting { fault, ops, due });
        self.find_next();
    }

    /// Takes back the faults that match. Returns whether there was one.
    pub(crate) fn disarm(&mut self, matches: impl Fn(&Fault) -> bool) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| !matches(&waiting.fault));
        self.find_next();
        self.waiting.len() != before
    }

    pub(crate) fn waiting(&self) -> impl Iterator<Item = Fault> {
        self.waiting.iter().map(|waiting| waiting.fault)
    }

    /// The earliest cycle in which a fault strikes without waiting for an operation.
    #[inline]
    pub(crate) fn next(&self) -> Option<u64> {
        self.next
    }

    /// The fault that is due by time.
    pub(crate) fn take_due(&mut self, now: u64) -> Option<Fault> {
        let due = |waiting: &Waiting| waiting.due.is_some_and(|due| due <= now);
        // The earliest one; among equals, the one armed first.
        let (index, _) =
            self.waiting.iter().enumerate().filter(|(_, waiting)| due(waiting)).min_by_key(|(_, w)| w.due)?;
        let fault = self.waiting.remove(index).fault;
        self.find_next();
        Some(fault)
    }

    /// What is planned for the operation that is number `n` since the chip was made.
    pub(crate) fn take_op(&mut self, n: u64) -> OpPlan {
        let due =
            |waiting: &Waiting| waiting.fault.op().is_some_and(|op| n.checked_sub(waiting.ops) == Some(op));
        let fault = self.waiting.iter().position(due).map(|index| self.waiting.remove(index).fault);
        let plan = OpPlan { tear: Tear::After, strike: None, refused: false, fault };
        match fault {
            None | Some(Fault::CutAt { .. } | Fault::ResetAt { .. }) => plan,
            Some(Fault::Cut(Cut { tear, off_for, .. })) => {
                OpPlan { tear, strike: Some(StrikeKind::PowerFails { off_for }), ..plan }
            }
            Some(Fault::Reset { tear, kind, .. }) => {
                OpPlan { tear, strike: Some(StrikeKind::Reset(kind)), ..plan }
            }
            Some(Fault::Flash { failure, .. }) => match failure {
                FlashFailure::Nothing => OpPlan { tear: Tear::Before, ..plan },
                FlashFailure::Partly(pattern) => OpPlan { tear: Tear::Torn(pattern), ..plan },
                FlashFailure::Refused => OpPlan { refused: true, ..plan },
            },
        }
    }

    pub(crate) fn fire(&mut self, fired: FiredFault, wants_pc: bool) {
        self.fired.push(fired);
        self.unplaced = wants_pc;
    }

    pub(crate) fn wants_pc(&self) -> bool {
        self.unplaced
    }

    pub(crate) fn place(&mut self, pc: u32) {
        if std::mem::take(&mut self.unplaced)
            && let Some(fired) = self.fired.last_mut()
        {
            fired.pc = Some(pc);
        }
    }

    fn find_next(&mut self) {
        self.next = self.waiting.iter().filter_map(|waiting| waiting.due).min();
    }
}
