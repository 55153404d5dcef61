//! Faults on the chip: arming them, and what becomes of the chip when they strike.

use super::Chip;
use crate::{
    faults::{Fault, FiredFault, Strike, StrikeKind},
    nvmc::{Cut, CutReport},
};

impl Chip {
    /// Arms a fault; operations and cycles count from here. Faults armed before stay.
    ///
    /// ```
    /// use gauntlet_nrf52::{Chip, Fault, FlashFailure, Variant};
    ///
    /// let mut chip = Chip::new(Variant::Nrf52832, 1);
    /// chip.arm(Fault::Flash { at_op: 0, failure: FlashFailure::Nothing });
    /// chip.nvmc_write_word(0x2000, 7)?;
    /// assert_eq!(chip.load_word(0x2000)?, 0xFFFF_FFFF);
    /// assert_eq!(chip.faults_fired().len(), 1);
    /// # Ok::<(), gauntlet_nrf52::ChipFault>(())
    /// ```
    pub fn arm(&mut self, fault: Fault) {
        self.soc.faults.arm(fault, self.soc.journal.total, self.core.now());
    }

    /// Arms several, all counting from here.
    pub fn arm_all(&mut self, faults: impl IntoIterator<Item = Fault>) {
        faults.into_iter().for_each(|fault| self.arm(fault));
    }

    /// The faults that have not struck yet, in the order in which they were armed.
    pub fn faults_armed(&self) -> impl Iterator<Item = Fault> {
        self.soc.faults.waiting()
    }

    /// Takes back all faults that have not struck. Returns whether there was one.
    pub fn disarm_faults(&mut self) -> bool {
        self.soc.faults.disarm(|_| true)
    }

    /// The faults that have struck since the chip was made, in order.
    pub fn faults_fired(&self) -> &[FiredFault] {
        &self.soc.faults.fired
    }

    /// Arms a power cut, in place of one that is armed and has not fired. Operations count from here. The same as
    /// [`Fault::Cut`] for who needs one at a time.
    pub fn arm_cut(&mut self, cut: Cut) {
        self.disarm_cut();
        self.soc.faults.fired.retain(|fired| !is_cut(&fired.fault));
        self.arm(Fault::Cut(cut));
    }

    /// Takes an armed cut back. Returns whether there was one.
    pub fn disarm_cut(&mut self) -> bool {
        self.soc.faults.disarm(is_cut)
    }

    /// The cut that fired since one was armed last.
    pub fn cut_fired(&self) -> Option<CutReport> {
        self.soc.faults.fired.iter().rev().find_map(|fired| match (fired.fault, fired.op) {
            (Fault::Cut(cut), Some((op, action))) => Some(CutReport { cut, at: fired.at, op, action }),
            _ => None,
        })
    }

    /// `cycle`, or the cycle of the next fault that strikes at a time, if that comes before.
    pub(crate) fn until_fault(&self, cycle: u64) -> u64 {
        self.soc.faults.next().map_or(cycle, |at| at.min(cycle)).max(self.now())
    }

    /// Lets a fault strike whose time has come. Returns whether there was one.
    pub(crate) fn fault_strikes(&mut self) -> bool {
        let now = self.now();
        if self.soc.faults.next().is_none_or(|at| at > now) {
            return false;
        }
        let Some(fault) = self.soc.faults.take_due(now) else { return false };
        let fired = FiredFault {
            fault,
            at: now,
            op: self.soc.running_operation(now),
            pc: Some(self.core.reg(15)),
            boot: self.soc.boot.saturating_sub(1),
        };
        self.soc.faults.fire(fired, false);
        let kind = match fault {
            Fault::ResetAt { kind, finishes, .. } => {
                if !finishes && self.is_powered() {
                    self.soc.interrupt_operation(now);
                }
                StrikeKind::Reset(kind)
            }
            Fault::CutAt { off_for, .. } => StrikeKind::PowerFails { off_for },
            Fault::Cut(_) | Fault::Reset { .. } | Fault::Flash { .. } => return true,
        };
        self.strike(Strike { at: now, kind });
        true
    }

    /// A fault strikes the whole chip.
    pub(crate) fn strike(&mut self, Strike { at, kind }: Strike) {
        self.advance(at);
        match kind {
            StrikeKind::Reset(kind) => self.reset(kind),
            StrikeKind::PowerFails { off_for } if self.is_powered() => {
                self.power_off();
                self.returns_at = off_for.map(|cycles| self.now().saturating_add(cycles));
            }
            // Without power there is none to lose.
            StrikeKind::PowerFails { .. } => {}
        }
    }
}

fn is_cut(fault: &Fault) -> bool {
    matches!(fault, Fault::Cut(_))
}
