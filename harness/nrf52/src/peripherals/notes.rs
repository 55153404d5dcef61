//! The journal of what firmware asked of the chip that the chip cannot do.

use std::{collections::BTreeMap, fmt};

use super::CRYPTO_CELL;

/// How many registers and refusals are kept with their details.
const KEPT: usize = 256;

/// The first access to a register this chip does not model. It read 0 or was ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touch {
    /// The word's address.
    pub address: u32,
    /// When, in cycles.
    pub at: u64,
    /// Address of the instruction that made the access. None if it was a debugger, firmware in the host, or the
    /// interconnect.
    pub pc: Option<u32>,
    /// The value, if it was a write.
    pub written: Option<u32>,
    /// Accesses so far, this one included.
    pub count: u64,
    /// How many of them were writes.
    pub writes: u64,
}

impl Touch {
    /// The block the register belongs to, as the data sheet names it.
    pub fn block(&self) -> &'static str {
        block_name(self.address)
    }
}

/// A part of the chip that is not modelled and that the firmware waits for: it reads one of its registers over and over.
/// Without that part it does not get any further. The text says which, where, and what can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingPart {
    /// The register that is read over and over.
    pub register: Touch,
    /// The first use of the part.
    pub first_use: Touch,
}

impl fmt::Display for MissingPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { register, first_use } = self;
        let block = register.block();
        write!(f, "the firmware uses {block}")?;
        if let Some(pc) = first_use.pc {
            write!(f, " at PC {pc:#010x}")?;
        }
        write!(f, " and waits for its register {:#010x}", register.address)?;
        if let Some(pc) = register.pc {
            write!(f, " at PC {pc:#010x}")?;
        }
        write!(f, "; {block} is not modelled")?;
        if CRYPTO_CELL.contains(&register.address) {
            write!(f, ": build the bootloader with a software backend (micro-ecc or nrf_oberon)")?;
        }
        Ok(())
    }
}

/// Reads of one unknown register by which firmware is taken to wait for it.
const WAITS: u64 = 5_000;

/// A transfer to or from a place EasyDMA does not reach: anything but data RAM. It did not take place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DmaRefusal {
    /// Base address of the peripheral.
    pub peripheral: u32,
    /// Where it was told to read or write.
    pub address: u32,
    /// When, in cycles.
    pub at: u64,
}

/// The journal. Everything in it is bounded; what does not fit is counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    touches: BTreeMap<u32, Touch>,
    /// Accesses to registers that no longer fitted.
    pub(crate) further_touches: u64,
    pub(crate) dma_refusals: Vec<DmaRefusal>,
    pub(crate) refused_dma: u64,
    /// Times the interconnect was switched off because events and tasks drove each other round and round in one cycle, or too
    /// often.
    pub(crate) endless_loops: u64,
    /// Touches that still lack their program counter: those of one instruction.
    unplaced: Vec<u32>,
}

impl Notes {
    /// Notes an access. Returns whether it is a new one.
    pub(crate) fn touch(&mut self, now: u64, address: u32, written: Option<u32>) -> bool {
        if let Some(touch) = self.touches.get_mut(&address) {
            touch.count += 1;
            touch.writes += u64::from(written.is_some());
            return false;
        }
        if self.touches.len() == KEPT {
            self.further_touches += 1;
            return false;
        }
        let writes = u64::from(written.is_some());
        self.touches.insert(address, Touch { address, at: now, pc: None, written, count: 1, writes });
        self.unplaced.push(address);
        true
    }

    /// Notes an access that no instruction made: the interconnect triggered a task.
    pub(crate) fn touch_by_hardware(&mut self, now: u64, address: u32, written: u32) {
        if self.touch(now, address, Some(written)) {
            self.unplaced.pop();
        }
    }

    /// Adds the program counter to the touches that lack it.
    pub(crate) fn place(&mut self, pc: Option<u32>) {
        for address in self.unplaced.drain(..) {
            if let Some(touch) = self.touches.get_mut(&address) {
                touch.pc = pc;
            }
        }
    }

    pub(crate) fn refuse_dma(&mut self, peripheral: u32, address: u32, at: u64) {
        self.refused_dma += 1;
        if self.dma_refusals.len() < KEPT {
            self.dma_refusals.push(DmaRefusal { peripheral, address, at });
        }
    }

    /// The part the firmware waits for in vain: that of the register which is read most, if it is read very often.
    pub(crate) fn missing_part(&self) -> Option<MissingPart> {
        let reads = |touch: &&Touch| touch.count - touch.writes;
        let register = *self.touches.values().max_by_key(reads).filter(|touch| reads(touch) >= WAITS)?;
        let same = |touch: &&Touch| touch.block() == register.block();
        let first_use = *self.touches.values().filter(same).min_by_key(|touch| touch.at)?;
        Some(MissingPart { register, first_use })
    }

    pub(crate) fn touches(&self) -> impl Iterator<Item = &Touch> {
        self.touches.values()
    }
}

fn block_name(address: u32) -> &'static str {
    match address & !0xFFF {
        0x4000_0000 => "CLOCK, POWER",
        0x4000_1000 => "RADIO",
        0x4000_2000 => "UART0",
        0x4000_3000 => "SPI0, TWI0",
        0x4000_4000 => "SPI1, TWI1",
        0x4000_5000 => "NFCT",
        0x4000_6000 => "GPIOTE",
        0x4000_7000 => "SAADC",
        0x4000_8000..=0x4000_A000 | 0x4001_A000 | 0x4001_B000 => "TIMER",
        0x4000_B000 | 0x4001_1000 | 0x4002_4000 => "RTC",
        0x4000_C000 => "TEMP",
        0x4000_D000 => "RNG",
        0x4000_E000 => "ECB",
        0x4000_F000 => "AAR, CCM",
        0x4001_0000 => "WDT",
        0x4001_2000 => "QDEC",
        0x4001_3000 => "COMP, LPCOMP",
        0x4001_4000..=0x4001_9000 => "EGU, SWI",
        0x4001_C000 | 0x4002_1000 | 0x4002_2000 | 0x4002_D000 => "PWM",
        0x4001_D000 => "PDM",
        0x4001_E000 => "NVMC, ACL",
        0x4001_F000 => "PPI",
        0x4002_0000 => "MWU",
        0x4002_3000 | 0x4002_F000 => "SPI",
        0x4002_5000 => "I2S",
        0x4002_6000 => "FPU",
        0x4002_7000 => "USBD",
        0x4002_8000 => "UARTE1",
        0x4002_9000 => "QSPI",
        0x5000_0000 => "GPIO",
        0x1000_0000 => "FICR",
        0x5002_A000 | 0x5002_B000 => "CryptoCell 310",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_touches_are_kept_and_all_are_counted() {
        let mut notes = Notes::default();
        for index in 0..KEPT as u32 + 3 {
            notes.touch(u64::from(index), 0x4000_1000 + 4 * index, None);
        }
        assert!(!notes.touch(9, 0x4000_1000, Some(1)));
        assert_eq!(notes.touches().count(), KEPT);
        assert_eq!(notes.further_touches, 3);
        let first = notes.touches().next().unwrap();
        assert_eq!((first.at, first.written, first.count, first.block()), (0, None, 2, "RADIO"));
    }
}
