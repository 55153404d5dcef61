//! The record of what was done to the flash, and of what was refused.

use super::TearPattern;
use crate::{memory::NonVolatile, reset::Reset};

/// One change of the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlashAction {
    /// A word of flash or UICR was programmed: its bits that are 0 in `value` fall.
    Program {
        /// Aligned address.
        address: u32,
        /// The value stored.
        value: u32,
    },
    /// A page was erased.
    ErasePage {
        /// First byte of the page.
        address: u32,
    },
    /// A page was erased for a part of the time it needs.
    ErasePart {
        /// First byte of the page.
        address: u32,
        /// How much of the time the parts so far add up to; 100 or more is a complete erase.
        percent: u8,
    },
    /// The UICR was erased.
    EraseUicr,
    /// Flash and UICR were erased.
    EraseAll,
}

/// Who asked for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Code the CPU executed, including a debugger's flash algorithm.
    Cpu,
    /// Firmware that lives in the host.
    Guest,
    /// A debugger through the memory access port.
    Debugger,
    /// A debugger through the control access port.
    ControlPort,
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It did all of it.
    Complete,
    /// Only these of the bits changed: power failed in the middle, or a fault was armed.
    Torn(TearPattern),
    /// It took its time and changed nothing: a fault was armed.
    Failed,
}

/// An operation that reached the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlashOp {
    /// Its number since the chip was made, from 0.
    pub n: u64,
    /// What it did.
    pub action: FlashAction,
    /// When it began, in cycles.
    pub start: u64,
    /// When the controller was ready again, or when power failed.
    pub end: u64,
    /// Who asked for it.
    pub source: Source,
    /// The address of the instruction that asked for it; 0 unless the source is [`Source::Cpu`].
    pub pc: u32,
    /// How many times the chip had started before, counting every reset.
    pub boot: u32,
    /// How it ended.
    pub outcome: Outcome,
}

/// A start of the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Start {
    /// The number that operations behind it carry in [`FlashOp::boot`].
    pub boot: u32,
    /// When it started, in cycles.
    pub at: u64,
    /// Why it did.
    pub kind: Reset,
}

/// A flash operation the controller did not accept. It is answered with a bus fault, and nothing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The address stored to; for an erase, the address or the register.
    pub address: u32,
    /// When, in cycles.
    pub at: u64,
    /// Who asked for it.
    pub source: Source,
    /// The address of the instruction that asked for it; 0 unless the source is [`Source::Cpu`].
    pub pc: u32,
    /// Why it was refused.
    pub cause: gauntlet_armv7em::FaultCause,
}

/// How many refusals are kept; firmware in a fault loop must not eat the memory of the host.
const REFUSALS_KEPT: usize = 64;

/// How many operations are kept unless somebody asks for another number.
const OPS_KEPT: usize = 1_000_000;

/// The log, and the counts that faults refer to.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    /// The array before the first operation of the log; none while nothing is recorded.
    pub(crate) base: Option<NonVolatile>,
    pub(crate) ops: Vec<FlashOp>,
    /// Every start since the first operation of the log.
    pub(crate) starts: Vec<Start>,
    pub(crate) limit: usize,
    pub(crate) total: u64,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) refused: u64,
    /// The newest operations and refusals, as many as these, still lack their program counter.
    unplaced: (usize, usize),
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            base: None,
            ops: Vec::new(),
            starts: Vec::new(),
            limit: OPS_KEPT,
            total: 0,
            refusals: Vec::new(),
            refused: 0,
            unplaced: (0, 0),
        }
    }
}

impl Journal {
    /// Starts a new log from this array, with the operation that is running; or stops recording and keeps the log.
    pub(crate) fn start(&mut self, base: Option<NonVolatile>, running: Option<FlashOp>) {
        self.unplaced.0 = 0;
        if base.is_some() {
            self.ops.clear();
            self.starts.clear();
            self.ops.extend(running);
        }
        self.base = base;
    }

    /// The chip has started.
    pub(crate) fn started(&mut self, start: Start) {
        if self.is_recording() && self.starts.len() < self.limit {
            self.starts.push(start);
        }
    }

    pub(crate) fn is_recording(&self) -> bool {
        self.base.is_some()
    }

    pub(crate) fn accept(&mut self, op: FlashOp) {
        self.total += 1;
        let Some(base) = &mut self.base else { return };
        if self.ops.len() >= self.limit {
            self.ops.drain(..self.limit.div_ceil(2)).for_each(|old| base.apply(&old));
        }
        self.unplaced.0 += usize::from(op.source == Source::Cpu);
        self.ops.push(op);
    }

    /// The newest operation did not begin after all.
    pub(crate) fn take_back(&mut self, n: u64) {
        self.total -= 1;
        self.ops.pop_if(|last| last.n == n);
    }

    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.refused += 1;
        if self.refusals.len() < REFUSALS_KEPT {
            self.unplaced.1 += usize::from(refusal.source == Source::Cpu);
            self.refusals.push(refusal);
        }
    }

    /// Whether an entry still lacks its program counter.
    pub(crate) fn wants_pc(&self) -> bool {
        self.unplaced != (0, 0)
    }

    /// Adds the program counter to the entries that lack it.
    pub(crate) fn place(&mut self, pc: u32) {
        let (ops, refusals) = std::mem::take(&mut self.unplaced);
        self.ops.iter_mut().rev().take(ops).for_each(|op| op.pc = pc);
        self.refusals.iter_mut().rev().take(refusals).for_each(|refusal| refusal.pc = pc);
    }

    /// The record of the latest operation, if it was recorded.
    pub(crate) fn latest(&mut self) -> Option<&mut FlashOp> {
        let total = self.total;
        self.ops.last_mut().filter(|op| op.n + 1 == total)
    }
}
