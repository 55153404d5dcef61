//! POWER and APPROTECT at 0x40000000, and the registers they share with CLOCK.

use std::{collections::BTreeMap, ops::Range};

use super::{
    block::{Block, Device, Layout, World},
    clock::{self, Clock},
};
use crate::{
    reset::{Reason, ResetEffects},
    variant::{Profile, RegionProtection},
};

const CONSTANT_LATENCY: u32 = 30;
const LOW_POWER: u32 = 31;
const POWER_FAILURE: u8 = 2;
const USB_DETECTED: u8 = 7;
const USB_REMOVED: u8 = 8;
const USB_READY: u8 = 9;
/// POFWARN, SLEEPENTER, SLEEPEXIT and the three of the USB supply.
const EVENTS: u32 = 0b11_1110_0100;
const RESET_REASON: u32 = 0x400;
const RAM_STATUS: u32 = 0x428;
const USB_STATUS: u32 = 0x438;
const MAIN_STATUS: u32 = 0x640;
const SYSTEM_OFF: u32 = 0x500;
const POWER_FAILURE_CONFIG: u32 = 0x510;
const GPREGRET: u32 = 0x51C;
const GPREGRET2: u32 = 0x520;
const RAM_ON: u32 = 0x524;
const HFXO_DEBOUNCE: u32 = 0x528;
const RAM_ON_B: u32 = 0x554;
const FORCE_PROTECT: u32 = 0x550;
const APPROTECT_DISABLE: u32 = 0x558;
/// POWER.RAM\[0\].
const RAM_POWER: u32 = 0x900;
const RAM_POWER_END: u32 = 0xA00;
/// POWER, POWERSET and POWERCLR of all blocks.
pub(crate) const RAM_POWER_REGISTERS: Range<u32> = RAM_POWER..RAM_POWER_END;

/// Registers that hold what is written and do nothing else here: POFCON, DCDCEN, DCDCEN0, HFXODEBOUNCE, TRACECONFIG,
/// RAMON and RAMONB of the first chips, and words without a name that start-up code and stacks write.
const STORAGE: [u32; 14] = [
    POWER_FAILURE_CONFIG,
    RAM_ON,
    HFXO_DEBOUNCE,
    0x52C,
    0x53C,
    0x54C,
    RAM_ON_B,
    0x55C,
    0x578,
    0x580,
    0x5A0,
    0xEE4,
    0xE00,
    0xE34,
];

/// The value that asks for an open access port, in UICR and in APPROTECT.DISABLE.
pub(crate) const OPEN: u32 = 0x5A;

#[derive(Debug, Clone)]
pub(crate) struct Power {
    block: Block,
    clock: Clock,
    reset_reason: u32,
    retained: [u32; 2],
    ram_power: Vec<u32>,
    storage: BTreeMap<u32, u32>,
    usb_supply: bool,
    /// Firmware has asked for an open access port since the last reset (new generation).
    pub(crate) approtect_disabled: bool,
    /// Firmware has closed the access port until the next reset (new generation).
    pub(crate) force_protect: bool,
    /// The CPU asked for System OFF.
    pub(crate) system_off: bool,
}

impl Power {
    pub(crate) fn new(profile: &Profile) -> Self {
        let layout = Layout {
            base: 0x4000_0000,
            irq: 0,
            tasks: clock::TASKS | 1 << CONSTANT_LATENCY | 1 << LOW_POWER,
            events: clock::EVENTS | EVENTS,
            shorts: 0,
            inten: false,
        };
        Self {
            block: Block::new(layout),
            clock: Clock::default(),
            reset_reason: 0,
            retained: [0; 2],
            ram_power: vec![0xFFFF; profile.ram_blocks.into()],
            storage: match profile.protection {
                RegionProtection::Bprot { .. } => BTreeMap::from([(RAM_ON, 3), (RAM_ON_B, 3)]),
                RegionProtection::Acl { .. } => BTreeMap::from([(HFXO_DEBOUNCE, 0x10)]),
            },
            usb_supply: false,
            approtect_disabled: false,
            force_protect: false,
            system_off: false,
        }
    }

    pub(crate) fn reset_by(&mut self, effects: &ResetEffects, profile: &Profile) {
        let reset_reason = match effects.reason {
            Reason::Set(bit) => self.reset_reason | bit,
            Reason::Clear => 0,
        };
        let retained = if effects.clears_retained { [0; 2] } else { self.retained };
        let usb_supply = self.usb_supply;
        *self = Self { reset_reason, retained, usb_supply, ..Self::new(profile) };
    }

    /// The 32768 Hz clock ticks.
    pub(crate) fn lf_ticks(&self) -> bool {
        self.clock.lf_ticks()
    }

    /// POWER.RAM\[block\]: bit n switches section n on, bit 16 + n keeps its content in System OFF.
    pub(crate) fn ram_power(&self, block: u8) -> u32 {
        self.ram_power.get(usize::from(block)).copied().unwrap_or(0)
    }

    /// The supply falls below the threshold of the power-failure comparator, if firmware has switched it on.
    pub(crate) fn warn(&mut self, world: &mut World<'_>) {
        if self.stored(POWER_FAILURE_CONFIG) & 1 == 1 {
            self.block.generate(POWER_FAILURE, world);
        }
    }

    /// The USB supply comes or goes.
    pub(crate) fn supply_usb(&mut self, on: bool, world: &mut World<'_>) {
        if std::mem::replace(&mut self.usb_supply, on) == on {
            return;
        }
        let events: &[u8] = if on { &[USB_DETECTED, USB_READY] } else { &[USB_REMOVED] };
        for &event in events {
            self.block.generate(event, world);
        }
    }

    fn stored(&self, offset: u32) -> u32 {
        self.storage.get(&offset).copied().unwrap_or(0)
    }

    fn register(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            RESET_REASON => self.reset_reason,
            RAM_STATUS | MAIN_STATUS | SYSTEM_OFF => 0,
            USB_STATUS => u32::from(self.usb_supply) * 0b11,
            GPREGRET | GPREGRET2 => self.retained[(offset - GPREGRET) as usize / 4],
            FORCE_PROTECT => u32::from(!self.force_protect),
            APPROTECT_DISABLE => u32::from(self.approtect_disabled) * OPEN,
            RAM_POWER..RAM_POWER_END => self.ram_power[self.ram_block(offset)?.0],
            _ if STORAGE.contains(&offset) || (0xE00..=0xE34).contains(&offset) => self.stored(offset),
            _ => return self.clock.read(offset),
        })
    }

    fn set_register(&mut self, offset: u32, value: u32) -> bool {
        match offset {
            RESET_REASON => self.reset_reason &= !value,
            RAM_STATUS | MAIN_STATUS | USB_STATUS => {}
            GPREGRET | GPREGRET2 => self.retained[(offset - GPREGRET) as usize / 4] = value & 0xFF,
            FORCE_PROTECT => self.force_protect |= value == 0,
            APPROTECT_DISABLE => self.approtect_disabled = value & 0xFF == OPEN,
            SYSTEM_OFF => self.system_off |= value & 1 == 1,
            RAM_POWER..RAM_POWER_END => {
                let Some((block, register)) = self.ram_block(offset) else { return false };
                let power = &mut self.ram_power[block];
                match register {
                    0 => *power = value,
                    4 => *power |= value,
                    _ => *power &= !value,
                }
            }
            _ if STORAGE.contains(&offset) || (0xE00..=0xE34).contains(&offset) => {
                self.storage.insert(offset, value);
            }
            _ => return self.clock.write(offset, value),
        }
        true
    }

    /// RAM block and register of an offset; POWERSET and POWERCLR read as POWER.
    fn ram_block(&self, offset: u32) -> Option<(usize, u32)> {
        let offset = offset - RAM_POWER;
        let block = (offset / 16) as usize;
        (block < self.ram_power.len() && offset % 16 < 12).then_some((block, offset % 16))
    }
}

impl Device for Power {
    fn block(&self) -> &Block {
        &self.block
    }

    fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    fn read(&mut self, offset: u32, _world: &mut World<'_>) -> Option<u32> {
        self.register(offset)
    }

    fn write(&mut self, offset: u32, value: u32, _world: &mut World<'_>) -> bool {
        self.set_register(offset, value)
    }

    fn task(&mut self, task: u8, world: &mut World<'_>) {
        self.clock.task(task, &mut self.block, world);
    }

    fn act(&mut self, world: &mut World<'_>) {
        self.clock.act(&mut self.block, world);
    }

    fn next(&mut self, _now: u64, _listening: bool) -> Option<u64> {
        self.clock.next()
    }

    /// Power fails, or the chip goes to sleep for good: clocks and events stop. What a reset keeps is the chip's affair.
    fn reset(&mut self) {
        self.block.reset();
        self.clock = Clock::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{reset::Reset, variant::Variant};

    const CHIP: Profile = Variant::Nrf52832.profile();

    #[test]
    fn retained_registers_hold_eight_bits_and_survive_a_soft_reset_only() {
        let mut power = Power::new(&CHIP);
        power.set_register(GPREGRET, 0x1B1);
        power.reset_by(&Reset::Soft.effects(), &CHIP);
        assert_eq!(power.register(GPREGRET), Some(0xB1));
        power.reset_by(&Reset::Pin.effects(), &CHIP);
        assert_eq!(power.register(GPREGRET), Some(0));
    }

    #[test]
    fn reset_reasons_pile_up_until_they_are_cleared() {
        let mut power = Power::new(&CHIP);
        power.reset_by(&Reset::Pin.effects(), &CHIP);
        power.reset_by(&Reset::Soft.effects(), &CHIP);
        assert_eq!(power.register(RESET_REASON), Some(0b101));
        power.set_register(RESET_REASON, 0b001);
        assert_eq!(power.register(RESET_REASON), Some(0b100));
        power.reset_by(&Reset::PowerOn.effects(), &CHIP);
        assert_eq!(power.register(RESET_REASON), Some(0));
    }

    #[test]
    fn registers_without_a_meaning_are_told_from_those_that_only_store() {
        let mut power = Power::new(&CHIP);
        assert!(power.set_register(0x53C, 7));
        assert_eq!(power.register(0x53C), Some(7));
        assert!(!power.set_register(0x7F0, 7));
        assert_eq!(power.register(0x7F0), None);
        assert_eq!(power.register(RAM_POWER + 16), Some(0xFFFF));
        power.set_register(RAM_POWER + 24, 1);
        assert_eq!(power.register(RAM_POWER + 20), Some(0xFFFE));
    }
}
