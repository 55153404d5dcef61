//! Looks at what the firmware does, and finds what is worth telling. What it tells is bounded.

use std::collections::{BTreeSet, VecDeque};

use gauntlet_nrf52::{Chip, Reset, cycles_from_ms, us_from_cycles};

use super::Notice;
use super::whereabouts::Whereabouts;

/// Lines that are told in all, and of one kind.
const LINES: usize = 60;
const FAULTS: usize = 4;
const REGISTERS: usize = 8;
/// So many resets within so much device time, and no byte of the host between them, are a loop.
const LOOP_RESETS: usize = 12;
const LOOP_MS: u64 = 5_000;
/// An application runs when it has been found running for so long.
const APPLICATION_MS: u64 = 40;
/// Asleep with no UART that listens for so long.
const SILENT_MS: u64 = 2_000;

/// What has been seen of a chip so far.
pub(super) struct Watch {
    whereabouts: Option<Whereabouts>,
    starts: u32,
    /// When it started, as far as that may be a loop.
    resets: VecDeque<u64>,
    looping: bool,
    faults: usize,
    last_fault: Option<u32>,
    lockups: usize,
    registers: BTreeSet<u32>,
    cut_told: bool,
    lines: usize,
    application_since: Option<u64>,
    application_told: bool,
    silent_since: Option<u64>,
    silent_told: bool,
    notices: Vec<Notice>,
}

impl Watch {
    pub(super) fn new(chip: &Chip, whereabouts: Option<Whereabouts>) -> Self {
        Self {
            whereabouts,
            starts: chip.starts(),
            resets: VecDeque::new(),
            looping: false,
            faults: 0,
            last_fault: None,
            lockups: 0,
            registers: BTreeSet::new(),
            cut_told: false,
            lines: 0,
            application_since: None,
            application_told: false,
            silent_since: None,
            silent_told: false,
            notices: Vec::new(),
        }
    }

    /// Something to be told, if there is room for it.
    pub(super) fn tell(&mut self, notice: Notice) {
        if self.lines < LINES {
            self.notices.push(notice);
        } else if self.lines == LINES {
            self.notices.push(Notice::Enough);
        }
        self.lines += 1;
    }

    /// What is to be told now.
    pub(super) fn take(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// It resets without end.
    pub(super) fn is_looping(&self) -> bool {
        self.looping
    }

    /// The host has sent something, or the device has: it gets somewhere.
    pub(super) fn progress(&mut self) {
        self.resets.clear();
        self.looping = false;
    }

    /// Looks at the chip between two slices of its time. Returns true when an application has just been reached.
    pub(super) fn look(&mut self, chip: &mut Chip) -> bool {
        self.look_at_resets(chip);
        if let Some(report) = chip.cut_fired().filter(|_| !self.cut_told) {
            self.cut_told = true;
            self.tell(Notice::PowerCut(report));
        }
        self.look_for_the_application(chip)
    }

    fn look_at_resets(&mut self, chip: &mut Chip) {
        let fault = chip.take_first_fault();
        // The same fault at the next start is no news.
        let known = |pc: u32| self.last_fault == Some(pc);
        let news = fault.filter(|fault| self.faults < FAULTS && !known(fault.pc));
        if let Some(fault) = news {
            self.faults += 1;
            self.last_fault = Some(fault.pc);
            self.tell(Notice::Fault(fault));
        }
        let new = chip.starts().wrapping_sub(self.starts);
        if new == 0 {
            return;
        }
        self.starts = chip.starts();
        self.application_since = None;
        self.application_told = false;
        self.silent_since = None;
        self.silent_told = false;
        let now = chip.now();
        self.resets.extend(std::iter::repeat_n(now, (new as usize).min(LOOP_RESETS)));
        while self.resets.len() > LOOP_RESETS {
            self.resets.pop_front();
        }
        if chip.last_reset() == Reset::Lockup && self.lockups < FAULTS && (news.is_some() || fault.is_none())
        {
            self.lockups += 1;
            self.tell(Notice::Lockup { pc: fault.map(|fault| fault.pc) });
        }
        let within = self.resets.front().map_or(0, |first| now.saturating_sub(*first));
        let is_loop = self.resets.len() == LOOP_RESETS && within <= cycles_from_ms(LOOP_MS);
        if is_loop && !std::mem::replace(&mut self.looping, true) {
            let (resets, millis) = (LOOP_RESETS, us_from_cycles(within) / 1000);
            self.tell(Notice::ResetLoop { kind: chip.last_reset(), resets, millis });
        }
    }

    /// Registers that are not modelled. Looks at a list, so not after each slice.
    pub(super) fn look_at_registers(&mut self, chip: &Chip) {
        if self.registers.len() > REGISTERS {
            return;
        }
        // A block is told once, with the register that was used first.
        let mut touches: Vec<_> = chip.touches().filter(|touch| touch.pc.is_some()).copied().collect();
        touches.sort_by_key(|touch| touch.at);
        for touch in touches {
            if self.registers.len() > REGISTERS {
                return;
            }
            if self.registers.insert(touch.address & !0xFFF) {
                let full = self.registers.len() > REGISTERS;
                self.tell(if full { Notice::Enough } else { Notice::Unmodelled(touch) });
            }
        }
    }

    fn look_for_the_application(&mut self, chip: &Chip) -> bool {
        let Some(whereabouts) = &self.whereabouts else { return false };
        if !chip.is_powered() {
            self.application_since = None;
            return false;
        }
        let pc = chip.core().reg(15);
        match whereabouts.is_application(pc, chip.profile().flash_size) {
            Some(false) => {
                self.application_since = None;
                self.application_told = false;
            }
            Some(true) => {
                self.application_since.get_or_insert(chip.now());
            }
            // An exception on its way, or a loop in RAM: it stays what it was.
            None => {}
        }
        let long = self
            .application_since
            .is_some_and(|since| chip.now().saturating_sub(since) >= cycles_from_ms(APPLICATION_MS));
        if long && !std::mem::replace(&mut self.application_told, true) {
            self.tell(Notice::Application { pc });
            return true;
        }
        false
    }

    /// The CPU sleeps or is stopped, and nobody listens.
    pub(super) fn silent(&mut self, chip: &Chip, silent: bool) {
        if !silent {
            self.silent_since = None;
            return;
        }
        let since = *self.silent_since.get_or_insert(chip.now());
        // An application need not listen.
        let long = chip.now().saturating_sub(since) >= cycles_from_ms(SILENT_MS) && !self.application_told;
        if long && !std::mem::replace(&mut self.silent_told, true) {
            self.tell(Notice::Silent { pc: chip.core().reg(15) });
        }
    }
}
