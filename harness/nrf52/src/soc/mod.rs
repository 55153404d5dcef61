//! Everything around the CPU: the address map, and the state behind it.

mod bus;
mod flash;

use std::{collections::BTreeMap, sync::Arc};

use gauntlet_armv7em::{BusFault, FaultCause, Width};

use crate::{
    debug::rom_table,
    faults::{Armed, Strike},
    memory::{NonVolatile, PageBytes, Ram, UICR, ficr},
    noise::hash,
    nvmc::{FlashOp, Journal, Nvmc, Source, Start, Wear, controller},
    peripherals::{Acl, Bprot, CRYPTO_CELL, OPEN, Peripherals, RAM_POWER_REGISTERS},
    reset::{RamFate, ResetEffects},
    time::cycles_from_ms,
    variant::{ApprotectGeneration, Profile, RegionProtection, Speed},
};

pub(crate) const RAM: u32 = 0x2000_0000;
pub(crate) const RAM_CODE_ALIAS: u32 = 0x0080_0000;
const FICR: u32 = 0x1000_0000;
const POWER: u32 = 0x4000_0000;
const APB: std::ops::Range<u32> = 0x4000_0000..0x4008_0000;
const AHB: std::ops::Range<u32> = 0x5000_0000..0x5010_0000;
const ROM_TABLE_ALIAS: u32 = 0xF000_0000;
/// Time without power in which RAM loses its content for certain. An invention: the data sheet says nothing about it.
const RAM_FADES: u64 = cycles_from_ms(1);
const UICR_APPROTECT: u32 = 0x208;
const UICR_RESET_PIN: [u32; 2] = [0x200, 0x204];

/// An operation the array is working on.
#[derive(Debug, Clone)]
pub(crate) struct InFlight {
    undo: crate::memory::Undo,
    op: FlashOp,
}

/// Memories, controllers and peripherals: the CPU's bus.
#[derive(Debug, Clone)]
pub(crate) struct Soc {
    pub(crate) profile: Profile,
    pub(crate) seed: u64,
    pub(crate) speed: Speed,
    pub(crate) array: NonVolatile,
    ficr: Arc<PageBytes>,
    pub(crate) ram: Ram,
    pub(crate) nvmc: Nvmc,
    pub(crate) journal: Journal,
    pub(crate) wear: Wear,
    pub(crate) faults: Armed,
    in_flight: Option<InFlight>,
    pub(crate) peripherals: Peripherals,
    bprot: Option<Bprot>,
    acl: Option<Acl>,
    /// On whose behalf the bus is used just now.
    pub(crate) source: Source,
    /// Starts of the chip so far.
    pub(crate) boot: u32,
    /// Times power came up.
    power_ups: u64,
    /// When a section of RAM lost its content last, by block and section. Switched off and on again at once it has not
    /// had the time to; nor does a loop that does so take the host all of its time.
    ram_lost: BTreeMap<(u8, u8), u64>,
    /// A debugger has asked for power in the debug domain: the chip is in debug interface mode.
    pub(crate) debugging: bool,
    /// A fault struck with a flash operation; the chip has to lose power or to be reset now.
    pub(crate) strike: Option<Strike>,
    /// Levels of the interrupt lines as the CPU knows them.
    pub(crate) lines_known: u64,
    /// The CPU runs without a look at the peripherals up to this cycle.
    pub(crate) runs_until: u64,
    /// A register has been touched that this chip does not have; its note still lacks the program counter.
    pub(crate) touched: bool,
    /// Whoever polls the flash controller sleeps until it is ready, or until an interrupt comes.
    pub(crate) polls_until: u64,
    /// The CPU waits for the array up to here, wherever it executes.
    pub(crate) wait_until: u64,
    /// UICR.APPROTECT\[7:0\] at the last hard reset.
    latched_approtect: u32,
    /// An erase through the control port keeps the access port open.
    pub(crate) opened_by_erase: bool,
}

impl Soc {
    pub(crate) fn new(profile: Profile, seed: u64) -> Self {
        let (bprot, acl) = match profile.protection {
            RegionProtection::Bprot { registers } => (Some(Bprot::new(registers)), None),
            RegionProtection::Acl { regions } => (None, Some(Acl::new(regions))),
        };
        Self {
            profile,
            seed,
            speed: Speed::default(),
            array: NonVolatile::blank_for(&profile),
            ficr: ficr::build(&profile, seed),
            ram: Ram::new(profile.ram_size),
            nvmc: Nvmc::new(),
            journal: Journal::default(),
            wear: Wear::new(profile.flash_pages()),
            faults: Armed::default(),
            in_flight: None,
            peripherals: Peripherals::new(&profile, seed),
            bprot,
            acl,
            source: Source::Cpu,
            boot: 0,
            power_ups: 0,
            ram_lost: BTreeMap::new(),
            debugging: false,
            strike: None,
            lines_known: 0,
            runs_until: u64::MAX,
            touched: false,
            polls_until: 0,
            wait_until: 0,
            latched_approtect: 0xFF,
            opened_by_erase: false,
        }
    }

    /// Puts everything but the array and the retained state back to its reset value.
    pub(crate) fn reset(&mut self, effects: &ResetEffects, now: u64) {
        self.peripherals.catch_up(now, &mut self.ram);
        self.nvmc.reset();
        match effects.ram {
            RamFate::Kept => {}
            RamFate::Retained => self.lose_ram_without(16, now),
            RamFate::Lost => self.lose_ram(),
        }
        self.peripherals.reset(effects, now);
        match self.profile.protection {
            RegionProtection::Bprot { registers } => self.bprot = Some(Bprot::new(registers)),
            RegionProtection::Acl { regions } => self.acl = Some(Acl::new(regions)),
        }
        if effects.latches_uicr {
            self.latched_approtect = self.array.uicr.word(UICR_APPROTECT) & 0xFF;
            self.opened_by_erase = false;
        }
        self.wait_until = 0;
        self.polls_until = 0;
        self.touched = false;
        self.journal.started(Start { boot: self.boot, at: now, kind: effects.kind });
        self.boot += 1;
    }

    pub(crate) fn lose_ram(&mut self) {
        self.power_ups += 1;
        self.ram.scramble(hash(self.seed, self.power_ups));
    }

    /// The sections of RAM without a bit in POWER.RAM, counted from bit `first`, lose their content.
    fn lose_ram_without(&mut self, first: u8, now: u64) {
        self.power_ups += 1;
        for (block, section) in
            (0..self.profile.ram_blocks).flat_map(|block| (0..16).map(move |n| (block, n)))
        {
            let kept = self.peripherals.power().ram_power(block) >> (first + section) & 1 == 1;
            if let Some(part) = self.profile.ram_section(block, section).filter(|_| !kept) {
                let lost = self.ram_lost.get(&(block, section));
                if lost.is_some_and(|lost| now < lost.saturating_add(RAM_FADES)) {
                    continue;
                }
                self.ram_lost.insert((block, section), now);
                let seed = hash(self.seed, self.power_ups) ^ u64::from(part.start);
                self.ram.scramble_part(part, seed);
            }
        }
    }

    /// Whether the memory access port is closed.
    pub(crate) fn is_protected(&self) -> bool {
        match self.profile.approtect {
            _ if self.opened_by_erase && !self.peripherals.power().force_protect => false,
            ApprotectGeneration::Old => self.latched_approtect != 0xFF,
            ApprotectGeneration::New => {
                self.peripherals.power().force_protect
                    || self.latched_approtect != OPEN
                    || !self.peripherals.power().approtect_disabled
            }
        }
    }

    /// Whether both PSELRESET words connect the reset pin, to the same pin.
    pub(crate) fn has_reset_pin(&self) -> bool {
        let [first, second] = UICR_RESET_PIN.map(|offset| self.array.uicr.word(offset));
        let pin = (1 << self.profile.reset_pin_bits) - 1;
        first & pin == second & pin && first >> 31 == 0 && second >> 31 == 0
    }

    /// Whether an access list hides some of the flash.
    pub(crate) fn hides_flash(&self) -> bool {
        self.acl.as_ref().is_some_and(Acl::hides_anything)
    }

    /// Offset of a RAM address, under either of its names.
    #[inline]
    pub(crate) fn ram_offset(&self, address: u32) -> Option<u32> {
        let offset = address.wrapping_sub(RAM);
        if offset < self.profile.ram_size {
            return Some(offset);
        }
        let offset = address.wrapping_sub(RAM_CODE_ALIAS);
        (offset < self.profile.ram_size).then_some(offset)
    }

    /// Copies bytes from flash or RAM, if they lie in one of them, nothing hides them and the array is at rest. What a
    /// long row of single reads would give, only faster.
    pub(crate) fn copy_out(&self, now: u64, address: u32, target: &mut [u8]) -> bool {
        let Ok(length) = u32::try_from(target.len()) else { return false };
        let Some(end) = address.checked_add(length) else { return false };
        if end <= self.profile.flash_size {
            if self.nvmc.is_busy(now) || self.hides_flash() {
                return false;
            }
            self.array.flash.copy_out(address, target);
            return true;
        }
        let bytes = self.ram_offset(address).and_then(|offset| {
            let start = offset as usize;
            self.ram.bytes().get(start..start + target.len())
        });
        if let Some(bytes) = bytes {
            target.copy_from_slice(bytes);
        }
        bytes.is_some()
    }

    /// Everything that is neither flash nor RAM.
    fn read_device(&mut self, now: u64, address: u32, width: Width) -> Result<u32, BusFault> {
        let word = address & !3;
        if (address & 3) + width.bytes() > 4 {
            let low = u64::from(self.read_device(now, word, Width::Word)?);
            let high = u64::from(self.read_device(now, word.wrapping_add(4), Width::Word)?);
            return Ok(((high << 32 | low) >> (8 * (address & 3))) as u32 & width.mask());
        }
        let value = match word {
            FICR..UICR => {
                let bytes: [u8; 4] = std::array::from_fn(|lane| self.ficr[(word - FICR) as usize + lane]);
                u32::from_le_bytes(bytes)
            }
            _ if word.wrapping_sub(UICR) < 4096 => {
                self.wait_for_array(now);
                self.array.uicr.word(word - UICR)
            }
            _ if APB.contains(&word) || AHB.contains(&word) => self.read_register(now, word),
            _ if word.wrapping_sub(ROM_TABLE_ALIAS) < 4096 => rom_table::table(&self.profile, word & 0xFFF),
            _ => return Err(BusFault { address, cause: FaultCause::Unmapped }),
        };
        Ok(value >> (8 * (address & 3)) & width.mask())
    }

    fn read_register(&mut self, now: u64, address: u32) -> u32 {
        let offset = address & 0xFFF;
        match (address & !0xFFF, &self.bprot, &self.acl) {
            (POWER, Some(bprot), _) if bprot.owns(offset) => bprot.read(offset),
            (controller::BASE, _, Some(acl)) if acl.owns(offset) => acl.read(offset),
            (controller::BASE, ..) => {
                let Some(value) = self.nvmc.read(offset, now) else {
                    self.touch(now, address, None);
                    return 0;
                };
                if self.nvmc.is_busy(now) {
                    // Whoever polls has nothing else to do: the next poll comes when the array is ready.
                    self.polls_until = self.nvmc.busy_until;
                }
                value
            }
            _ => {
                let value = self.peripherals.read(address, now, &mut self.ram);
                if value.is_none() || self.is_crypto_cell(address) {
                    self.touch(now, address, None);
                }
                value.unwrap_or(0)
            }
        }
    }

    fn write_device(&mut self, now: u64, address: u32, value: u32) -> Result<(), BusFault> {
        let word = address & !3;
        let value = value << (8 * (address & 3));
        if (FICR..UICR).contains(&word) {
            self.touch(now, word, Some(value));
            return Ok(());
        }
        if !(APB.contains(&word) || AHB.contains(&word)) {
            return Err(BusFault { address, cause: FaultCause::Unmapped });
        }
        let offset = word & 0xFFF;
        match (word & !0xFFF, &mut self.bprot, &mut self.acl) {
            (POWER, Some(bprot), _) if bprot.owns(offset) => bprot.write(offset, value),
            (controller::BASE, _, Some(acl)) if acl.owns(offset) => acl.write(offset, value),
            (controller::BASE, ..) if !self.nvmc.has_register(offset) => self.touch(now, word, Some(value)),
            (controller::BASE, ..) => {
                self.command(now, offset, value).map_err(|cause| BusFault { address, cause })?
            }
            _ => {
                if !self.peripherals.write(word, value, now, &mut self.ram) || self.is_crypto_cell(word) {
                    self.touch(now, word, Some(value));
                }
                if word & !0xFFF == POWER && RAM_POWER_REGISTERS.contains(&offset) {
                    self.lose_ram_without(0, now);
                }
            }
        }
        Ok(())
    }

    /// Registers that store what is written to them although much more is expected of them.
    fn is_crypto_cell(&self, address: u32) -> bool {
        self.profile.crypto_cell && CRYPTO_CELL.contains(&address)
    }

    /// Notes an access to a register this chip does not have.
    fn touch(&mut self, now: u64, address: u32, written: Option<u32>) {
        self.touched |= self.peripherals.notes.touch(now, address, written);
    }
}
