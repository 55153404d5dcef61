//! Fault status, and how a fault becomes an exception.

use crate::exceptions::{BUS_FAULT, HARD_FAULT, MEM_MANAGE, USAGE_FAULT};
use crate::state::{LR, SP, State, Trap};

/// Bits of CFSR.
pub(crate) mod cfsr {
    pub(crate) const IACCVIOL: u32 = 1 << 0;
    pub(crate) const DACCVIOL: u32 = 1 << 1;
    pub(crate) const MUNSTKERR: u32 = 1 << 3;
    pub(crate) const MSTKERR: u32 = 1 << 4;
    pub(crate) const MLSPERR: u32 = 1 << 5;
    pub(crate) const MMARVALID: u32 = 1 << 7;
    pub(crate) const IBUSERR: u32 = 1 << 8;
    pub(crate) const PRECISERR: u32 = 1 << 9;
    pub(crate) const UNSTKERR: u32 = 1 << 11;
    pub(crate) const STKERR: u32 = 1 << 12;
    pub(crate) const LSPERR: u32 = 1 << 13;
    pub(crate) const BFARVALID: u32 = 1 << 15;
    pub(crate) const UNDEFINSTR: u32 = 1 << 16;
    pub(crate) const INVSTATE: u32 = 1 << 17;
    pub(crate) const INVPC: u32 = 1 << 18;
    pub(crate) const NOCP: u32 = 1 << 19;
    pub(crate) const UNALIGNED: u32 = 1 << 24;
    pub(crate) const DIVBYZERO: u32 = 1 << 25;
}

/// Bits of HFSR.
pub(crate) mod hfsr {
    pub(crate) const VECTTBL: u32 = 1 << 1;
    pub(crate) const FORCED: u32 = 1 << 30;
    pub(crate) const DEBUGEVT: u32 = 1 << 31;
}

/// CFSR, HFSR and the address registers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FaultStatus {
    pub(crate) cfsr: u32,
    pub(crate) hfsr: u32,
    pub(crate) mmfar: u32,
    pub(crate) bfar: u32,
}

/// A fault on its way to becoming an exception.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fault {
    pub(crate) exception: u16,
    pub(crate) cfsr: u32,
    pub(crate) hfsr: u32,
    pub(crate) address: Option<u32>,
}

impl Fault {
    pub(crate) fn bus(bit: u32, address: Option<u32>) -> Self {
        Fault { exception: BUS_FAULT, cfsr: bit, hfsr: 0, address }
    }

    pub(crate) fn mem_manage(bit: u32, address: Option<u32>) -> Self {
        Fault { exception: MEM_MANAGE, cfsr: bit, hfsr: 0, address }
    }

    pub(crate) fn usage(bit: u32) -> Self {
        Fault { exception: USAGE_FAULT, cfsr: bit, hfsr: 0, address: None }
    }

    pub(crate) fn hard(hfsr: u32) -> Self {
        Fault { exception: HARD_FAULT, cfsr: 0, hfsr, address: None }
    }
}

/// The first fault since the core was made or [`Core::take_first_fault`](crate::Core::take_first_fault) was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstFault {
    /// Address of the instruction that faulted.
    pub pc: u32,
    /// Link register.
    pub lr: u32,
    /// Stack pointer in use.
    pub sp: u32,
    /// CFSR bits of this fault alone, as at 0xE000ED28.
    pub cfsr: u32,
    /// HFSR bits of this fault alone, as at 0xE000ED2C.
    pub hfsr: u32,
    /// The address that was accessed, where the core knows it.
    pub address: Option<u32>,
    /// Absolute time, in core cycles.
    pub cycle: u64,
}

impl State {
    /// Prepares a UsageFault with the given CFSR bit.
    #[cold]
    #[inline(never)]
    pub(crate) fn usage_fault(&mut self, bit: u32) -> Trap {
        self.fault = Fault::usage(bit);
        Trap::Fault
    }

    /// Notes the fault in the status registers and for the host.
    pub(crate) fn record_fault(&mut self, fault: Fault, pc: u32) {
        self.status.cfsr |= fault.cfsr;
        self.status.hfsr |= fault.hfsr;
        match (fault.address, fault.exception) {
            (Some(address), BUS_FAULT) => {
                self.status.bfar = address;
                self.status.cfsr |= cfsr::BFARVALID;
            }
            (Some(address), MEM_MANAGE) => {
                self.status.mmfar = address;
                self.status.cfsr |= cfsr::MMARVALID;
            }
            _ => {}
        }
        if self.first_fault.is_none() {
            self.first_fault = Some(FirstFault {
                pc,
                lr: self.r[LR],
                sp: self.r[SP],
                cfsr: fault.cfsr,
                hfsr: fault.hfsr,
                address: fault.address,
                cycle: self.now,
            });
        }
    }

    /// The exception a fault is taken as: itself, HardFault when it is disabled or too weak, or `None` for lockup.
    pub(crate) fn escalate(&mut self, fault: Fault) -> Option<u16> {
        let current = self.execution_priority();
        let own = fault.exception;
        if own != HARD_FAULT && self.nvic.is_enabled(own) && self.group_priority(own) < current {
            return Some(own);
        }
        if current <= -1 {
            return None;
        }
        if own != HARD_FAULT {
            self.status.hfsr |= hfsr::FORCED;
        }
        Some(HARD_FAULT)
    }

    /// Takes a synchronous fault of the instruction at `pc`, or locks up.
    pub(crate) fn take_fault<B: crate::Bus>(&mut self, bus: &mut B, fault: Fault, pc: u32) {
        self.record_fault(fault, pc);
        match self.escalate(fault) {
            Some(exception) => {
                self.pc = pc;
                self.catch_fault(exception, fault);
                self.enter_exception(bus, exception);
            }
            None => self.lock_up(),
        }
    }

    pub(crate) fn lock_up(&mut self) {
        self.lockup = true;
        self.pc = 0xFFFF_FFFE;
        self.it = 0;
        self.attention();
    }
}
