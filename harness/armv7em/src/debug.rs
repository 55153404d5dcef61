//! Halting debug: DHCSR, DCRSR, DCRDR, DEMCR and DFSR, and what halts the core.

use crate::exceptions::{BUS_FAULT, DEBUG_MONITOR, HARD_FAULT, MEM_MANAGE, USAGE_FAULT};
use crate::faults::{Fault, cfsr, hfsr};
use crate::float::FPSCR_MASK;
use crate::nvic::bit;
use crate::state::{SP, Sleep, State};
use crate::{Bus, memory};

/// Bits of DFSR.
pub(crate) mod dfsr {
    pub(crate) const HALTED: u32 = 1 << 0;
    pub(crate) const BKPT: u32 = 1 << 1;
    pub(crate) const DWTTRAP: u32 = 1 << 2;
    pub(crate) const VCATCH: u32 = 1 << 3;
}

const VC_CORERESET: u32 = 1 << 0;
const VC_MMERR: u32 = 1 << 4;
const VC_NOCPERR: u32 = 1 << 5;
const VC_CHKERR: u32 = 1 << 6;
const VC_STATERR: u32 = 1 << 7;
const VC_BUSERR: u32 = 1 << 8;
const VC_INTERR: u32 = 1 << 9;
const VC_HARDERR: u32 = 1 << 10;
const MON_EN: u32 = 1 << 16;
const MON_PEND: u32 = 1 << 17;
const DEMCR_WRITABLE: u32 = 0x010F_07F1;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DebugUnit {
    pub(crate) enabled: bool,
    /// C_HALT; also set whenever the core halts for another reason, because debuggers write back what they read.
    pub(crate) halt_requested: bool,
    pub(crate) halted: bool,
    /// C_STEP.
    step: bool,
    mask_interrupts: bool,
    snap_stall: bool,
    /// Execute one instruction, then halt.
    pub(crate) stepping: bool,
    /// Halt before the next instruction, because of a vector catch or a watchpoint.
    pub(crate) catch: u32,
    reset_seen: bool,
    retired_seen: u64,
    transfer: u32,
    pub(crate) demcr: u32,
    pub(crate) dfsr: u32,
}

impl DebugUnit {
    /// C_MASKINTS holds PendSV, SysTick and the external interrupts off.
    pub(crate) fn masks_interrupts(&self) -> bool {
        self.enabled && self.mask_interrupts
    }

    fn catches(&self, which: u32) -> bool {
        self.enabled && self.demcr & which != 0
    }
}

impl State {
    /// Stops for the debugger. Whatever the cause, C_HALT reads 1 afterwards, and a lockup is over.
    pub(crate) fn halt(&mut self, reason: u32) {
        self.debug.halted = true;
        self.debug.halt_requested = true;
        self.debug.stepping = false;
        self.debug.catch = 0;
        self.debug.dfsr |= reason;
        self.lockup = false;
        self.sleep = Sleep::Awake;
        self.event = true;
        self.attention();
    }

    pub(crate) fn read_dhcsr(&mut self) -> u32 {
        let debug = &mut self.debug;
        let retired = debug.retired_seen != self.instructions;
        debug.retired_seen = self.instructions;
        let reset = std::mem::take(&mut debug.reset_seen);
        u32::from(debug.enabled)
            | u32::from(debug.halt_requested) << 1
            | u32::from(debug.step) << 2
            | u32::from(debug.mask_interrupts) << 3
            | u32::from(debug.snap_stall) << 5
            | 1 << 16
            | u32::from(debug.halted) << 17
            | u32::from(self.sleep != Sleep::Awake) << 18
            | u32::from(self.lockup) << 19
            | u32::from(retired) << 24
            | u32::from(reset) << 25
    }

    pub(crate) fn write_dhcsr(&mut self, value: u32, from_cpu: bool) {
        if value >> 16 != 0xA05F || (from_cpu && !self.debug.enabled) {
            return;
        }
        let debug = &mut self.debug;
        if !from_cpu {
            debug.enabled = value & 1 != 0;
        }
        if !debug.enabled {
            // The core leaves the halt at once.
            debug.halt_requested = false;
            debug.halted = false;
            debug.stepping = false;
            debug.step = false;
            debug.mask_interrupts = false;
            debug.snap_stall = false;
            self.attention();
            return;
        }
        debug.step = value & 4 != 0;
        debug.mask_interrupts = value & 8 != 0;
        debug.snap_stall = value & 0x20 != 0;
        debug.halt_requested = value & 2 != 0;
        if debug.halt_requested {
            if !debug.halted && !from_cpu {
                self.halt(dfsr::HALTED);
            }
        } else if debug.halted {
            debug.halted = false;
            debug.stepping = debug.step;
        }
        self.attention();
    }

    pub(crate) fn read_transfer(&self) -> u32 {
        self.debug.transfer
    }

    pub(crate) fn write_transfer(&mut self, value: u32) {
        self.debug.transfer = value;
    }

    /// DCRSR: moves a register to or from DCRDR. Only a halted core answers.
    pub(crate) fn select_register(&mut self, value: u32) {
        if !self.debug.halted {
            return;
        }
        let register = value & 0x7F;
        if value & 1 << 16 == 0 {
            self.debug.transfer = self.debug_register(register);
        } else {
            self.set_debug_register(register, self.debug.transfer);
        }
    }

    fn debug_register(&self, register: u32) -> u32 {
        match register {
            0..=14 => self.r[register as usize],
            15 => self.pc,
            16 => self.xpsr(),
            17 => self.msp(),
            18 => self.psp(),
            20 => {
                self.control() << 24
                    | u32::from(self.faultmask) << 16
                    | u32::from(self.basepri) << 8
                    | u32::from(self.primask)
            }
            33 if self.config.fpu => self.fpscr,
            64..=95 if self.config.fpu => self.s[register as usize - 64],
            _ => 0,
        }
    }

    fn set_debug_register(&mut self, register: u32, value: u32) {
        match register {
            13 => self.r[SP] = value & !3,
            0..=14 => self.r[register as usize] = value,
            15 => self.pc = value & !1,
            16 => {
                self.select((value & 0x1FF) as u16, self.spsel);
                self.set_psr_without_ipsr(value);
            }
            17 => self.set_msp(value),
            18 => self.set_psp(value),
            20 => {
                self.primask = value & 1 != 0;
                self.basepri = (value >> 8) as u8 & self.nvic.priority_mask();
                self.faultmask = value & 1 << 16 != 0;
                self.npriv = value & 1 << 24 != 0;
                self.fpca = self.config.fpu && value & 1 << 26 != 0;
                self.select(self.ipsr, value & 1 << 25 != 0);
            }
            33 if self.config.fpu => self.fpscr = value & FPSCR_MASK,
            64..=95 if self.config.fpu => self.s[register as usize - 64] = value,
            _ => {}
        }
    }

    pub(crate) fn write_demcr(&mut self, value: u32) {
        self.debug.demcr = value & DEMCR_WRITABLE & !MON_PEND;
        self.nvic.set_enabled(bit(DEBUG_MONITOR), value & MON_EN != 0);
        if value & MON_PEND != 0 {
            self.pend(bit(DEBUG_MONITOR));
        } else {
            self.nvic.clear_pending(bit(DEBUG_MONITOR));
        }
        self.dwt.set_demcr(value, self.now);
        self.rearm();
    }

    pub(crate) fn read_demcr(&self) -> u32 {
        let pending = self.nvic.pending & bit(DEBUG_MONITOR) != 0;
        self.debug.demcr | if pending { MON_PEND } else { 0 }
    }

    /// Watchpoints and memory protection send every access the careful way.
    pub(crate) fn rearm(&mut self) {
        self.plain_tag =
            if self.dwt.armed() || self.mpu.enabled() { memory::NO_PLAIN } else { memory::SRAM_TAG };
        self.attention();
    }

    pub(crate) fn watch(&mut self, address: u32, width: crate::Width, write: bool) {
        if self.dwt.armed() && self.dwt.hits(address, width, write) && self.debug.enabled {
            self.debug.catch |= dfsr::DWTTRAP;
            self.attention();
        }
    }

    /// The instruction at the current address is a breakpoint: halt, monitor, or HardFault.
    pub(crate) fn breakpoint<B: Bus>(&mut self, bus: &mut B) {
        if self.debug.enabled {
            self.halt(dfsr::BKPT);
            return;
        }
        self.debug.dfsr |= dfsr::BKPT;
        let monitor = self.nvic.is_enabled(DEBUG_MONITOR)
            && self.group_priority(DEBUG_MONITOR) < self.execution_priority();
        if monitor {
            self.enter_exception(bus, DEBUG_MONITOR);
        } else {
            self.take_fault(bus, Fault::hard(hfsr::DEBUGEVT), self.pc);
        }
    }

    /// True when a comparator of the breakpoint unit stops the core at the current address.
    pub(crate) fn breakpoint_armed(&self) -> bool {
        self.fpb.armed() && (self.debug.enabled || self.nvic.is_enabled(DEBUG_MONITOR))
    }

    /// Vector catch for a fault that is about to be taken as `exception`.
    pub(crate) fn catch_fault(&mut self, exception: u16, fault: Fault) {
        let which = match (exception, fault.exception) {
            (HARD_FAULT, _) => VC_HARDERR,
            (_, BUS_FAULT) => VC_BUSERR,
            (_, MEM_MANAGE) => VC_MMERR,
            (_, USAGE_FAULT) => match fault.cfsr {
                cfsr::NOCP => VC_NOCPERR,
                cfsr::UNALIGNED | cfsr::DIVBYZERO => VC_CHKERR,
                _ => VC_STATERR,
            },
            _ => 0,
        };
        if self.debug.catches(which) {
            self.debug.catch |= dfsr::VCATCH;
        }
    }

    /// Vector catch for a fault during exception entry or return.
    pub(crate) fn debug_catch_interrupt_error(&mut self) {
        if self.debug.catches(VC_INTERR) {
            self.debug.catch |= dfsr::VCATCH;
        }
    }

    /// The core comes out of reset.
    pub(crate) fn debug_reset(&mut self) {
        let debug = &mut self.debug;
        debug.reset_seen = true;
        debug.halted = false;
        debug.halt_requested = false;
        debug.step = false;
        debug.stepping = false;
        debug.catch = 0;
        if debug.catches(VC_CORERESET) {
            self.halt(dfsr::VCATCH);
        }
    }
}
