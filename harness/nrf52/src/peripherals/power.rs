//! POWER, CLOCK and APPROTECT at 0x40000000.

use crate::reset::{Reason, ResetEffects};

const HFCLK_START: u32 = 0x000;
const HFCLK_STOP: u32 = 0x004;
const LFCLK_START: u32 = 0x008;
const LFCLK_STOP: u32 = 0x00C;
const HFCLK_STARTED: u32 = 0x100;
const LFCLK_STARTED: u32 = 0x104;
const INTENSET: u32 = 0x304;
const INTENCLR: u32 = 0x308;
const RESET_REASON: u32 = 0x400;
const HFCLK_RUN: u32 = 0x408;
const HFCLK_STATUS: u32 = 0x40C;
const LFCLK_RUN: u32 = 0x414;
const LFCLK_STATUS: u32 = 0x418;
const LFCLK_SOURCE_COPY: u32 = 0x41C;
const SYSTEM_OFF: u32 = 0x500;
const LFCLK_SOURCE: u32 = 0x518;
const GPREGRET: u32 = 0x51C;
const GPREGRET2: u32 = 0x520;
const FORCE_PROTECT: u32 = 0x550;
const APPROTECT_DISABLE: u32 = 0x558;
const RAM_POWER: u32 = 0x900;

/// The value that asks for an open access port, in UICR and in APPROTECT.DISABLE.
pub(crate) const OPEN: u32 = 0x5A;

/// Register state. `storage` holds registers without effect here, by word offset below 0x900.
#[derive(Debug, Clone)]
pub(crate) struct Power {
    reset_reason: u32,
    retained: [u32; 2],
    hfclk_running: bool,
    lfclk_running: bool,
    lfclk_source: u32,
    interrupts: u32,
    events: [bool; 2],
    ram_power: Vec<u32>,
    storage: std::collections::BTreeMap<u32, u32>,
    /// Firmware has asked for an open access port since the last reset (new generation).
    pub(crate) approtect_disabled: bool,
    /// Firmware has closed the access port until the next reset (new generation).
    pub(crate) force_protect: bool,
    /// The CPU asked for System OFF.
    pub(crate) system_off: bool,
}

impl Power {
    pub(crate) fn new(ram_blocks: u8) -> Self {
        Self {
            reset_reason: 0,
            retained: [0; 2],
            hfclk_running: false,
            lfclk_running: false,
            lfclk_source: 0,
            interrupts: 0,
            events: [false; 2],
            ram_power: vec![0xFFFF; ram_blocks.into()],
            storage: std::collections::BTreeMap::new(),
            approtect_disabled: false,
            force_protect: false,
            system_off: false,
        }
    }

    pub(crate) fn reset(&mut self, effects: &ResetEffects) {
        let reset_reason = match effects.reason {
            Reason::Set(bit) => self.reset_reason | bit,
            Reason::Clear => 0,
        };
        let retained = if effects.clears_retained { [0; 2] } else { self.retained };
        *self = Self { reset_reason, retained, ..Self::new(self.ram_power.len() as u8) };
    }

    /// Level of interrupt line 0.
    pub(crate) fn irq(&self) -> bool {
        self.events.iter().enumerate().any(|(bit, &event)| event && self.interrupts >> bit & 1 == 1)
    }

    pub(crate) fn read(&self, offset: u32) -> u32 {
        match offset {
            HFCLK_START..=LFCLK_STOP => 0,
            HFCLK_STARTED | LFCLK_STARTED => u32::from(self.events[(offset - HFCLK_STARTED) as usize / 4]),
            INTENSET | INTENCLR => self.interrupts,
            RESET_REASON => self.reset_reason,
            HFCLK_RUN => u32::from(self.hfclk_running),
            HFCLK_STATUS => u32::from(self.hfclk_running) * 0x1_0001,
            LFCLK_RUN => u32::from(self.lfclk_running),
            LFCLK_STATUS => u32::from(self.lfclk_running) * (0x1_0000 | self.lfclk_source),
            LFCLK_SOURCE_COPY => u32::from(self.lfclk_running) * self.lfclk_source,
            LFCLK_SOURCE => self.lfclk_source,
            GPREGRET | GPREGRET2 => self.retained[(offset - GPREGRET) as usize / 4],
            FORCE_PROTECT => u32::from(!self.force_protect),
            APPROTECT_DISABLE => u32::from(self.approtect_disabled) * OPEN,
            SYSTEM_OFF => 0,
            RAM_POWER.. => self.ram_block(offset).map_or(0, |(block, _)| self.ram_power[block]),
            _ => self.storage.get(&offset).copied().unwrap_or(0),
        }
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32) {
        let triggered = value & 1 == 1;
        match offset {
            HFCLK_START if triggered => (self.hfclk_running, self.events[0]) = (true, true),
            HFCLK_STOP if triggered => self.hfclk_running = false,
            LFCLK_START if triggered => (self.lfclk_running, self.events[1]) = (true, true),
            LFCLK_STOP if triggered => self.lfclk_running = false,
            HFCLK_START..=LFCLK_STOP => {}
            HFCLK_STARTED | LFCLK_STARTED => self.events[(offset - HFCLK_STARTED) as usize / 4] = triggered,
            INTENSET => self.interrupts |= value,
            INTENCLR => self.interrupts &= !value,
            RESET_REASON => self.reset_reason &= !value,
            HFCLK_RUN | HFCLK_STATUS | LFCLK_RUN | LFCLK_STATUS | LFCLK_SOURCE_COPY => {}
            LFCLK_SOURCE => self.lfclk_source = value & 3,
            GPREGRET | GPREGRET2 => self.retained[(offset - GPREGRET) as usize / 4] = value & 0xFF,
            FORCE_PROTECT => self.force_protect |= value == 0,
            APPROTECT_DISABLE => self.approtect_disabled = value & 0xFF == OPEN,
            SYSTEM_OFF => self.system_off |= triggered,
            RAM_POWER.. => {
                if let Some((block, register)) = self.ram_block(offset) {
                    let power = &mut self.ram_power[block];
                    match register {
                        0 => *power = value,
                        4 => *power |= value,
                        8 => *power &= !value,
                        _ => {}
                    }
                }
            }
            _ => {
                self.storage.insert(offset, value);
            }
        }
    }

    /// RAM block and register of an offset; POWERSET and POWERCLR read as POWER.
    fn ram_block(&self, offset: u32) -> Option<(usize, u32)> {
        let offset = offset - RAM_POWER;
        let block = (offset / 16) as usize;
        (block < self.ram_power.len() && offset % 16 < 12).then_some((block, offset % 16))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reset::Reset;

    #[test]
    fn retained_registers_hold_eight_bits_and_survive_a_soft_reset_only() {
        let mut power = Power::new(8);
        power.write(GPREGRET, 0x1B1);
        power.reset(&Reset::Soft.effects());
        assert_eq!(power.read(GPREGRET), 0xB1);
        power.reset(&Reset::Pin.effects());
        assert_eq!(power.read(GPREGRET), 0);
    }

    #[test]
    fn reset_reasons_pile_up_until_they_are_cleared() {
        let mut power = Power::new(8);
        power.reset(&Reset::Pin.effects());
        power.reset(&Reset::Soft.effects());
        assert_eq!(power.read(RESET_REASON), 0b101);
        power.write(RESET_REASON, 0b001);
        assert_eq!(power.read(RESET_REASON), 0b100);
        power.reset(&Reset::PowerOn.effects());
        assert_eq!(power.read(RESET_REASON), 0);
    }

    #[test]
    fn clocks_start_and_raise_their_interrupt() {
        let mut power = Power::new(8);
        power.write(LFCLK_SOURCE, 1);
        power.write(LFCLK_START, 1);
        assert_eq!(power.read(LFCLK_STATUS), 0x1_0001);
        assert!(!power.irq());
        power.write(INTENSET, 0b10);
        assert!(power.irq());
        power.write(LFCLK_STARTED, 0);
        assert!(!power.irq());
    }
}
