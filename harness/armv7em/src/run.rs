//! The run loop: a fast loop over one page of decoded instructions, and a careful one for everything else.

use crate::cache::SLOTS;
use crate::decode;
use crate::execute::execute;
use crate::faults::{Fault, cfsr};
use crate::mpu::Want;
use crate::record::{Op, Record};
use crate::state::{State, Trap};
use crate::{Access, Bus, Core, Stop, Width};

/// How many instructions are decoded ahead of the one that is needed.
const AHEAD: u32 = 24;

/// Why the fast loop ended.
enum Left {
    /// The deadline came, something asked for attention, or execution left the page.
    Loop,
    /// The instruction has not been decoded.
    Undecoded,
    /// A comparator of the breakpoint unit matches.
    Breakpoint,
    Trap(Trap, Record),
}

impl Core {
    /// Runs until `until` or until something stops the core; with `single`, for one instruction.
    pub(crate) fn run_loop<B: Bus>(&mut self, bus: &mut B, until: u64, single: bool) -> Stop {
        let first = self.state.instructions;
        loop {
            if single && self.state.instructions != first {
                return Stop::Limit;
            }
            if let Some(stop) = self.state.attend(bus, until) {
                return stop;
            }
            let s = &mut self.state;
            let stop = if single || s.it != 0 || s.debug.stepping {
                self.careful(bus)
            } else if s.breakpoint_armed() {
                self.fast::<B, true>(bus)
            } else {
                self.fast::<B, false>(bus)
            };
            if let Some(stop) = stop {
                return stop;
            }
        }
    }

    /// Runs decoded pages, with or without a look at the breakpoints before every instruction.
    fn fast<B: Bus, const ARMED: bool>(&mut self, bus: &mut B) -> Option<Stop> {
        loop {
            let Some(index) = self.enter_page(bus) else {
                return self.careful(bus);
            };
            let base = self.state.code_page;
            match run_page::<B, ARMED>(&mut self.state, bus, &self.cache.page(index).records, base) {
                Left::Loop if self.state.now < self.state.deadline => {}
                Left::Loop => return None,
                Left::Undecoded => {
                    if !self.decode_ahead(bus, index) {
                        return self.careful(bus);
                    }
                }
                Left::Breakpoint => {
                    self.state.breakpoint(bus);
                    return None;
                }
                Left::Trap(trap, record) => return self.state.handle(bus, trap, &record),
            }
        }
    }

    /// Executes one instruction with everything looked at: breakpoints, IT blocks, single step.
    fn careful<B: Bus>(&mut self, bus: &mut B) -> Option<Stop> {
        let s = &mut self.state;
        if s.breakpoint_armed() && s.fpb.matches(s.pc) {
            s.breakpoint(bus);
            return None;
        }
        let record = match self.current(bus) {
            Ok(record) => record,
            Err(fault) => {
                let s = &mut self.state;
                s.take_fault(bus, fault, s.pc);
                s.finish_step();
                return None;
            }
        };
        let s = &mut self.state;
        let pc = s.pc;
        let result = if s.it != 0 { s.conditional(bus, &record, pc) } else { s.single(bus, &record, pc) };
        let stop = match result {
            Ok(next) => {
                s.pc = next;
                s.instructions += 1;
                None
            }
            Err(Trap::IfThen) => {
                s.begin_it(&record);
                None
            }
            Err(trap) => s.handle(bus, trap, &record),
        };
        s.finish_step();
        stop
    }

    /// The page the core executes, decoded as far as it is; `None` when it may not be cached.
    fn enter_page<B: Bus>(&mut self, bus: &mut B) -> Option<usize> {
        let s = &mut self.state;
        let base = s.pc & !0xFFF;
        if never_executable(base) || !s.may_run_page(base) {
            s.code_page = 1;
            return None;
        }
        let Some(version) = bus.page_version(base) else {
            s.code_page = 1;
            return None;
        };
        if base != s.code_page && bus.fetch_stalled_until(s.pc) > s.now {
            s.attention();
        }
        let stored = s.code_stored.take();
        let known = s.code_page == base && !std::mem::take(&mut s.device_touched);
        if known
            && version != s.code_version
            && let Some((low, high)) = stored
        {
            let index = self.cache.find(base, s.code_version);
            self.cache.stored(index, version, low, high);
        }
        s.device_touched = false;
        s.code_page = base;
        s.code_version = version;
        Some(self.cache.find(base, version))
    }

    /// Decodes from the current address on; false when the first instruction cannot be kept.
    fn decode_ahead<B: Bus>(&mut self, bus: &mut B, index: usize) -> bool {
        let s = &self.state;
        let (base, mut offset) = (s.code_page, s.pc & 0xFFF);
        for ahead in 0..AHEAD {
            if offset as usize / 2 >= SLOTS
                || self.cache.page(index).records[offset as usize / 2].op != Op::Undecoded
            {
                return ahead > 0;
            }
            let Ok(record) = fetch(bus, s.now, base + offset) else {
                return ahead > 0;
            };
            let end = offset + u32::from(record.size);
            if end > 0x1000 {
                // The rest lies in the next page and may change without this one.
                return ahead > 0;
            }
            self.cache.insert(index, offset, record);
            if matches!(record.op, Op::B | Op::Bx | Op::LdmPc | Op::Undefined | Op::Udf) {
                return true;
            }
            offset = end;
        }
        true
    }

    /// The instruction at the current address.
    fn current<B: Bus>(&mut self, bus: &mut B) -> Result<Record, Fault> {
        let s = &self.state;
        if never_executable(s.pc) || !s.permitted(s.pc, Want::Execute, s.privileged()) {
            return Err(Fault::mem_manage(cfsr::IACCVIOL, None));
        }
        if let Some(index) = self.enter_page(bus) {
            let slot = (self.state.pc & 0xFFF) as usize / 2;
            let mut record = self.cache.page(index).records[slot];
            if record.op == Op::Undecoded && self.decode_ahead(bus, index) {
                record = self.cache.page(index).records[slot];
            }
            if record.op != Op::Undecoded {
                return Ok(record);
            }
        }
        let record = fetch(bus, self.state.now, self.state.pc)?;
        let s = &self.state;
        let second = s.pc.wrapping_add(2);
        if record.size == 4 && !s.permitted(second, Want::Execute, s.privileged()) {
            return Err(Fault::mem_manage(cfsr::IACCVIOL, None));
        }
        Ok(record)
    }
}

/// Regions from which nothing is ever executed: peripherals, devices, and the system region.
fn never_executable(pc: u32) -> bool {
    (0x4000_0000..0x6000_0000).contains(&pc) || pc >= 0xA000_0000
}

/// Reads and decodes the instruction at `pc`.
fn fetch<B: Bus>(bus: &mut B, now: u64, pc: u32) -> Result<Record, Fault> {
    let mut half = |address| {
        bus.read(now, address, Width::Half, Access::Fetch).map_err(|_| Fault::bus(cfsr::IBUSERR, None))
    };
    let first = half(pc)? as u16;
    if decode::is_wide(first) {
        let second = half(pc.wrapping_add(2))?;
        Ok(decode::wide(u32::from(first) << 16 | second, pc))
    } else {
        Ok(decode::narrow(first, pc))
    }
}

#[inline(never)]
fn run_page<B: Bus, const ARMED: bool>(
    s: &mut State,
    bus: &mut B,
    records: &[Record; SLOTS],
    base: u32,
) -> Left {
    let mut pc = s.pc;
    let mut count = 0;
    let left = loop {
        if s.now >= s.deadline {
            break Left::Loop;
        }
        // A program counter outside the page is outside the array.
        let Some(record) = records.get((pc.wrapping_sub(base) >> 1) as usize) else {
            break Left::Loop;
        };
        if ARMED && s.fpb.matches(pc) {
            break Left::Breakpoint;
        }
        let result = if ARMED { s.single(bus, record, pc) } else { s.timed(bus, record, pc) };
        match result {
            Ok(next) => {
                count += 1;
                pc = next;
            }
            Err(Trap::IfThen) => {
                s.pc = pc;
                s.begin_it(record);
                pc = s.pc;
                if let Some(left) = run_it_block::<B, ARMED>(s, bus, records, base, &mut pc, &mut count) {
                    break left;
                }
            }
            Err(Trap::Undecoded) => break Left::Undecoded,
            Err(trap) => break Left::Trap(trap, *record),
        }
    };
    s.pc = pc;
    s.instructions += count;
    left
}

/// The instructions behind an IT. A reason to leave may come before the block has ended; the careful loop then finishes it.
#[inline(always)]
fn run_it_block<B: Bus, const ARMED: bool>(
    s: &mut State,
    bus: &mut B,
    records: &[Record; SLOTS],
    base: u32,
    pc: &mut u32,
    count: &mut u64,
) -> Option<Left> {
    while s.it != 0 {
        if s.now >= s.deadline {
            return Some(Left::Loop);
        }
        let Some(record) = records.get((pc.wrapping_sub(base) >> 1) as usize) else {
            return Some(Left::Loop);
        };
        if ARMED && s.fpb.matches(*pc) {
            return Some(Left::Breakpoint);
        }
        match s.conditional(bus, record, *pc) {
            Ok(next) => {
                *count += 1;
                *pc = next;
            }
            Err(Trap::Undecoded) => return Some(Left::Undecoded),
            Err(trap) => return Some(Left::Trap(trap, *record)),
        }
    }
    None
}

impl State {
    /// Executes a record and pays for it.
    #[inline(always)]
    fn timed<B: Bus>(&mut self, bus: &mut B, record: &Record, pc: u32) -> Result<u32, Trap> {
        self.r[15] = pc.wrapping_add(4);
        let next = execute(self, bus, record, pc.wrapping_add(u32::from(record.size)))?;
        self.now += u64::from(record.cost);
        Ok(next)
    }

    /// The same outside the fast loop.
    #[inline(never)]
    fn single<B: Bus>(&mut self, bus: &mut B, record: &Record, pc: u32) -> Result<u32, Trap> {
        self.timed(bus, record, pc)
    }

    /// Executes or skips an instruction of an IT block.
    #[inline(never)]
    fn conditional<B: Bus>(&mut self, bus: &mut B, record: &Record, pc: u32) -> Result<u32, Trap> {
        if record.op == Op::Undecoded {
            return Err(Trap::Undecoded);
        }
        if !self.condition(self.it >> 4) {
            self.advance_it();
            self.now += 1;
            return Ok(pc.wrapping_add(u32::from(record.size)));
        }
        let next = self.single(bus, &record.inside_it(), pc)?;
        self.advance_it();
        Ok(next)
    }
}
