//! Exceptions: priorities, entry and return.

mod entry;
pub(crate) mod lazy;
mod ret;
mod stack;

use crate::nvic::{Set, bit, numbers};
use crate::state::State;

pub(crate) const NMI: u16 = 2;
pub(crate) const HARD_FAULT: u16 = 3;
pub(crate) const MEM_MANAGE: u16 = 4;
pub(crate) const BUS_FAULT: u16 = 5;
pub(crate) const USAGE_FAULT: u16 = 6;
pub(crate) const SV_CALL: u16 = 11;
pub(crate) const DEBUG_MONITOR: u16 = 12;
pub(crate) const PEND_SV: u16 = 14;
pub(crate) const SYS_TICK: u16 = 15;
pub(crate) const FIRST_IRQ: u16 = 16;

/// Priority of thread mode with nothing masked: weaker than every exception.
const THREAD: i32 = 256;

impl State {
    fn group_mask(&self) -> u8 {
        (0xFE_u32 << self.scb.prigroup) as u8
    }

    /// The part of the priority that decides about preemption; lower is stronger.
    pub(crate) fn group_priority(&self, exception: u16) -> i32 {
        match exception {
            NMI => -2,
            HARD_FAULT => -1,
            _ => i32::from(self.nvic.raw_priority(exception) & self.group_mask()),
        }
    }

    /// What decides among exceptions pending at once: group, then subpriority.
    fn full_priority(&self, exception: u16) -> i32 {
        match exception {
            NMI => -2,
            HARD_FAULT => -1,
            _ => i32::from(self.nvic.raw_priority(exception)),
        }
    }

    fn active_priority(&self) -> i32 {
        numbers(self.nvic.active).map(|n| self.group_priority(n)).min().unwrap_or(THREAD)
    }

    /// Only an exception with a lower number than this is taken.
    pub(crate) fn execution_priority(&self) -> i32 {
        let mut priority = self.active_priority();
        if self.basepri != 0 {
            priority = priority.min(i32::from(self.basepri & self.group_mask()));
        }
        if self.primask {
            priority = priority.min(0);
        }
        if self.faultmask {
            priority = priority.min(-1);
        }
        priority
    }

    /// Pending exceptions that could be taken if their priority allowed.
    fn candidates(&self) -> Set {
        let candidates = self.nvic.pending & self.nvic.enabled;
        if self.debug.masks_interrupts() {
            candidates & (bit(PEND_SV) - 1) & !bit(DEBUG_MONITOR)
        } else {
            candidates
        }
    }

    fn strongest(&self, candidates: Set) -> Option<u16> {
        // Numbers come in rising order, and the first of equals wins.
        numbers(candidates).min_by_key(|&n| self.full_priority(n))
    }

    /// The pending exception that preempts what runs now.
    pub(crate) fn preempting(&self) -> Option<u16> {
        let candidates = self.candidates();
        if candidates == 0 {
            return None;
        }
        let best = self.strongest(candidates)?;
        (self.group_priority(best) < self.execution_priority()).then_some(best)
    }

    /// The highest pending exception, for ICSR.VECTPENDING.
    pub(crate) fn highest_pending(&self) -> u16 {
        self.strongest(self.nvic.pending & self.nvic.enabled).unwrap_or(0)
    }

    /// An exception is pending that would be taken if PRIMASK were clear: what wakes WFI.
    pub(crate) fn wakes_wfi(&self) -> bool {
        let mut priority = self.active_priority();
        if self.basepri != 0 {
            priority = priority.min(i32::from(self.basepri & self.group_mask()));
        }
        if self.faultmask {
            priority = priority.min(-1);
        }
        self.strongest(self.candidates()).is_some_and(|n| self.group_priority(n) < priority)
    }

    /// Makes an exception pending; with SCR.SEVONPEND that is an event.
    pub(crate) fn pend(&mut self, exceptions: Set) {
        if exceptions & !self.nvic.pending != 0 && self.scb.scr & crate::scb::SCR_SEVONPEND != 0 {
            self.event = true;
        }
        self.nvic.pending |= exceptions;
        self.attention();
    }

    /// Waking from sleep, if there is a reason to.
    pub(crate) fn try_to_wake(&mut self) -> bool {
        use crate::state::Sleep;
        let wake = match self.sleep {
            Sleep::Awake => true,
            Sleep::Interrupt => self.wakes_wfi(),
            Sleep::Event => self.event || self.preempting().is_some(),
        };
        if wake {
            if self.sleep == Sleep::Event {
                self.event = false;
            }
            self.sleep = Sleep::Awake;
        }
        wake
    }
}
