//! Flash rules: who may change what, how long it takes, and where a cut strikes.

use gauntlet_armv7em::{Access, BusFault, FaultCause, Width};

use super::{InFlight, Soc};
use crate::{
    faults::{FiredFault, OpPlan, Strike},
    memory::{NonVolatile, PAGE},
    noise::hash,
    nvmc::{Command, FlashAction, FlashOp, Outcome, Refusal, Source, Tear, TearPattern},
    time::cycles_from_us,
    variant::Span,
};

impl Soc {
    pub(super) fn read_flash(
        &mut self,
        now: u64,
        address: u32,
        width: Width,
        access: Access,
    ) -> Result<u32, BusFault> {
        let unmapped = BusFault { address, cause: FaultCause::Unmapped };
        if address.checked_add(width.bytes()).is_none_or(|end| end > self.profile.flash_size) {
            return Err(unmapped);
        }
        if access != Access::Fetch
            && let Some(acl) = &self.acl
            && acl.hides_anything()
            && acl.hides(address)
        {
            return Err(BusFault { address, cause: FaultCause::Protected });
        }
        self.wait_for_array(now);
        let flash = &self.array.flash;
        Ok(match width {
            Width::Word => flash.word(address),
            Width::Half => u32::from(u16::from_le_bytes(flash.read(address))),
            Width::Byte => u32::from(flash.read::<1>(address)[0]),
        })
    }

    /// The array answers no read while it works.
    #[inline]
    pub(super) fn wait_for_array(&mut self, now: u64) {
        if self.nvmc.is_busy(now) {
            self.wait_until = self.nvmc.busy_until;
        }
    }

    /// A store to flash or UICR.
    pub(super) fn program(
        &mut self,
        now: u64,
        address: u32,
        width: Width,
        value: u32,
    ) -> Result<(), BusFault> {
        let page = address / PAGE as u32;
        let refused = if width != Width::Word || !address.is_multiple_of(4) {
            Some(FaultCause::Unaligned)
        } else if !self.nvmc.write_enabled() {
            Some(FaultCause::Refused)
        } else if address < self.profile.flash_size && self.is_region_protected(page) {
            Some(FaultCause::Protected)
        } else {
            None
        };
        if let Some(cause) = refused {
            self.refuse(now, address, cause);
            return Err(BusFault { address, cause });
        }
        let cycles = self.duration(self.profile.word_write);
        self.operate(now, FlashAction::Program { address, value }, cycles).map_err(|cause| {
            self.refuse(now, address, cause);
            BusFault { address, cause }
        })
    }

    /// A write to a register of the controller.
    pub(super) fn command(&mut self, now: u64, offset: u32, value: u32) -> Result<(), FaultCause> {
        let outcome = self.nvmc.write(&self.profile, offset, value).and_then(|command| match command {
            Some(command) => self.erase(now, command),
            None => Ok(()),
        });
        outcome.inspect_err(|&cause| {
            self.refuse(now, crate::nvmc::controller::BASE + offset, cause);
        })
    }

    fn refuse(&mut self, now: u64, address: u32, cause: FaultCause) {
        self.journal.refuse(Refusal { address, at: now, source: self.source, pc: 0, cause });
    }

    fn erase(&mut self, now: u64, command: Command) -> Result<(), FaultCause> {
        let (action, cycles) = match command {
            Command::Page(address) => {
                let address = self.erasable_page(address)?;
                self.nvmc.partly_erased.retain(|&(page, _)| page != address);
                (FlashAction::ErasePage { address }, self.duration(self.profile.page_erase))
            }
            Command::Part(address, ms) => {
                let address = self.erasable_page(address)?;
                let percent = self.erase_part(address, ms);
                let setup = self.profile.partial_erase_setup_us.unwrap_or(0);
                (FlashAction::ErasePart { address, percent }, cycles_from_us(u64::from(ms * 1000 + setup)))
            }
            Command::Uicr => {
                if self.is_protected() {
                    return Err(FaultCause::Protected);
                }
                (FlashAction::EraseUicr, self.duration(self.profile.page_erase))
            }
            Command::All => {
                if self.is_anything_protected() {
                    return Err(FaultCause::Protected);
                }
                self.nvmc.partly_erased.clear();
                (FlashAction::EraseAll, self.duration(self.profile.erase_all))
            }
        };
        self.operate(now, action, cycles)
    }

    /// The control port's erase: nothing protects from it, and RAM goes with it.
    pub(crate) fn erase_everything(&mut self, now: u64) {
        let source = std::mem::replace(&mut self.source, Source::ControlPort);
        self.nvmc.partly_erased.clear();
        let erased = self.operate(now, FlashAction::EraseAll, self.duration(self.profile.erase_all));
        self.source = source;
        if erased.is_err() {
            return;
        }
        self.lose_ram();
        self.opened_by_erase = true;
    }

    fn erasable_page(&self, address: u32) -> Result<u32, FaultCause> {
        if address >= self.profile.flash_size {
            Err(FaultCause::Unmapped)
        } else if self.is_region_protected(address / PAGE as u32) {
            Err(FaultCause::Protected)
        } else {
            Ok(address & !(PAGE as u32 - 1))
        }
    }

    /// Adds a part to a page's erase time; how much of the whole the parts are now, in percent.
    fn erase_part(&mut self, page: u32, ms: u32) -> u8 {
        let needed = self.profile.page_erase.at(self.speed) / 1000;
        let parts = &mut self.nvmc.partly_erased;
        let entry = match parts.iter().position(|&(known, _)| known == page) {
            Some(index) => index,
            None => {
                parts.push((page, 0));
                parts.len() - 1
            }
        };
        parts[entry].1 += ms;
        let sum = parts[entry].1;
        if sum >= needed {
            parts.swap_remove(entry);
            100
        } else {
            (sum * 100 / needed) as u8
        }
    }

    fn is_region_protected(&self, page: u32) -> bool {
        self.bprot.as_ref().is_some_and(|bprot| bprot.protects(page, self.debugging))
            || self.acl.as_ref().is_some_and(|acl| acl.protects(page))
    }

    fn is_anything_protected(&self) -> bool {
        self.bprot.as_ref().is_some_and(|bprot| bprot.protects_anything(self.debugging))
            || self.acl.as_ref().is_some_and(|acl| acl.protects_anything())
    }

    fn duration(&self, span: Span) -> u64 {
        cycles_from_us(span.at(self.speed).into())
    }

    /// Carries out an accepted operation. A second one waits for the first. Fails if a fault makes the controller refuse it.
    fn operate(&mut self, now: u64, action: FlashAction, cycles: u64) -> Result<(), FaultCause> {
        let start = now.max(self.nvmc.busy_until);
        let n = self.journal.total;
        let OpPlan { tear, strike, refused, fault } = self.faults.take_op(n);
        let ends_early = strike.is_some();
        let (end, outcome) = match tear {
            Tear::Before if ends_early => (start, None),
            Tear::Before => (start + cycles, Some(Outcome::Failed)),
            Tear::Torn(pattern) if ends_early => (start + cycles / 2, Some(Outcome::Torn(pattern))),
            Tear::Torn(pattern) => (start + cycles, Some(Outcome::Torn(pattern))),
            Tear::After => (start + cycles, Some(Outcome::Complete)),
        };
        let boot = self.boot.saturating_sub(1);
        if let Some(fault) = fault {
            let at = if refused { start } else { end };
            let fired = FiredFault { fault, at, op: Some((n, action)), pc: None, boot };
            self.faults.fire(fired, self.source == Source::Cpu);
        }
        if refused {
            return Err(FaultCause::Refused);
        }
        self.wait_until = self.wait_until.max(self.nvmc.busy_until);
        let undo = self.array.perform(action, tear);
        self.in_flight = None;
        if let Some(outcome) = outcome {
            self.wear.count(action, self.profile.write_limit, start, self.source);
            let op = FlashOp { n, action, start, end, source: self.source, pc: 0, boot, outcome };
            self.journal.accept(op);
            if !ends_early {
                self.in_flight = undo.map(|undo| InFlight { undo, op });
            }
        }
        match strike {
            Some(kind) => self.strike = Some(Strike { at: end, kind }),
            None => self.nvmc.busy_until = end,
        }
        Ok(())
    }

    /// Whether something in the journals still lacks its program counter.
    #[inline]
    pub(crate) fn wants_pc(&self) -> bool {
        self.journal.wants_pc() || self.faults.wants_pc()
    }

    /// The operation the array is working on.
    pub(crate) fn running_operation(&self, now: u64) -> Option<(u64, FlashAction)> {
        let op = self.in_flight.as_ref()?.op;
        (op.start <= now && now < op.end).then_some((op.n, op.action))
    }

    /// Power fails, or a reset stops the controller: an operation that is not finished stays as far as it got.
    pub(crate) fn interrupt_operation(&mut self, now: u64) {
        self.nvmc.busy_until = 0;
        let Some(InFlight { undo, op }) = self.in_flight.take().filter(|flight| now < flight.op.end) else {
            return;
        };
        self.array.undo(undo);
        if now <= op.start {
            self.journal.take_back(op.n);
            return;
        }
        if op.outcome == Outcome::Failed {
            return;
        }
        let percent = ((now - op.start) * 100 / (op.end - op.start)) as u8;
        let pattern = TearPattern::Density { percent, seed: hash(self.seed, self.journal.total) };
        self.array.perform(op.action, Tear::Torn(pattern));
        if let Some(latest) = self.journal.latest() {
            latest.outcome = Outcome::Torn(pattern);
            latest.end = now;
        }
    }

    /// Switches the journal on or off. An operation that is running belongs to a new one.
    pub(crate) fn set_recording(&mut self, on: bool, now: u64) {
        let mut base = self.array.clone();
        let running = self.in_flight.as_ref().filter(|flight| now < flight.op.end);
        if let Some(flight) = running {
            base.undo(flight.undo.clone());
        }
        self.journal.start(on.then_some(base), running.map(|flight| flight.op));
    }

    /// Replaces the array, for a chip that starts from a prepared image. A journal starts anew.
    pub(crate) fn set_array(&mut self, array: NonVolatile) {
        self.array = array;
        self.in_flight = None;
        if self.journal.is_recording() {
            self.set_recording(true, 0);
        }
    }
}
