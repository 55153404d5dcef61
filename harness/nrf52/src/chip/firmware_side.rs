//! What firmware that lives in the host does to the chip: loads, stores, and flash work by the controller's rules.

use gauntlet_armv7em::{Access, Bus, BusFault, FaultCause, Width};

use super::Chip;
use crate::nvmc::{Source, controller};

const CONFIG: u32 = controller::BASE + 0x504;
const ERASE_PAGE: u32 = controller::BASE + 0x508;
const READ_ONLY: u32 = 0;
const WRITE: u32 = 1;
const ERASE: u32 = 2;

/// An access by firmware that did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChipFault {
    /// A fault took the power away or reset the chip under the firmware, or the chip had no power to begin with. The
    /// firmware is to stop at once: what it stands for is no longer there.
    #[error("power was lost, or the chip was reset{}", op.map(|op| format!(" at flash operation {op}")).unwrap_or_default())]
    PowerLost {
        /// The flash operation the cut hit, counted since the chip was made.
        op: Option<u64>,
    },
    /// Something is there, but does not take this access: flash that is not write-enabled, a protected region.
    #[error("access to {address:#010x} refused: {cause:?}")]
    Refused {
        /// Where.
        address: u32,
        /// Why.
        cause: FaultCause,
    },
    /// Nothing is there.
    #[error("nothing is mapped at {address:#010x}")]
    Unmapped {
        /// Where.
        address: u32,
    },
}

impl From<BusFault> for ChipFault {
    fn from(BusFault { address, cause }: BusFault) -> Self {
        match cause {
            FaultCause::Unmapped => Self::Unmapped { address },
            cause => Self::Refused { address, cause },
        }
    }
}

impl Chip {
    /// Loads a word, as an LDR of the CPU would. The address must be aligned.
    ///
    /// # Errors
    /// [`ChipFault`] where the CPU would have taken a bus fault, and when the chip has no power.
    pub fn load_word(&mut self, address: u32) -> Result<u32, ChipFault> {
        self.check_access(address)?;
        self.soc.source = Source::Guest;
        let value = self.soc.read(self.core.now(), address, Width::Word, Access::Data)?;
        self.wait_ready();
        Ok(value)
    }

    /// Loads bytes from memory (not from peripherals).
    ///
    /// # Errors
    /// As [`Chip::load_word`].
    pub fn load(&mut self, address: u32, target: &mut [u8]) -> Result<(), ChipFault> {
        self.check_power()?;
        if self.soc.copy_out(self.core.now(), address, target) {
            return Ok(());
        }
        for (address, byte) in (address..=u32::MAX).zip(target.iter_mut()) {
            let value = self.soc.read(self.core.now(), address, Width::Byte, Access::Data)?;
            *byte = value as u8;
        }
        self.wait_ready();
        Ok(())
    }

    /// Stores a word, as an STR of the CPU would, and waits where the CPU would be stalled. The address must be aligned.
    ///
    /// # Errors
    /// As [`Chip::load_word`]; a store to flash that the controller does not accept is [`ChipFault::Refused`].
    pub fn store_word(&mut self, address: u32, value: u32) -> Result<(), ChipFault> {
        self.check_access(address)?;
        self.soc.source = Source::Guest;
        let starts = self.starts();
        let stored = self.soc.write(self.core.now(), address, Width::Word, value, Access::Data);
        self.settle();
        if starts == self.starts() {
            self.wait_ready();
        }
        if !self.is_powered() || starts != self.starts() {
            return Err(self.gone());
        }
        Ok(stored?)
    }

    /// Programs a word of flash or UICR: enables writing, stores, waits until the controller is ready, disables writing.
    /// Bits only fall: the cell then holds the old value AND the new one.
    ///
    /// # Errors
    /// As [`Chip::store_word`].
    pub fn nvmc_write_word(&mut self, address: u32, value: u32) -> Result<(), ChipFault> {
        self.store_word(CONFIG, WRITE)?;
        self.finish_operation(|chip| chip.store_word(address, value))
    }

    /// Erases the flash page that holds `address`, the same way.
    ///
    /// # Errors
    /// As [`Chip::store_word`].
    pub fn nvmc_erase_page(&mut self, address: u32) -> Result<(), ChipFault> {
        self.store_word(CONFIG, ERASE)?;
        self.finish_operation(|chip| chip.store_word(ERASE_PAGE, address))
    }

    fn finish_operation(
        &mut self,
        operation: impl FnOnce(&mut Self) -> Result<(), ChipFault>,
    ) -> Result<(), ChipFault> {
        let outcome = operation(self);
        if matches!(outcome, Err(ChipFault::PowerLost { .. })) {
            return outcome;
        }
        self.wait_ready();
        self.store_word(CONFIG, READ_ONLY)?;
        outcome
    }

    fn check_power(&self) -> Result<(), ChipFault> {
        if self.is_powered() {
            return Ok(());
        }
        Err(self.gone())
    }

    fn gone(&self) -> ChipFault {
        let op = self.faults_fired().last().and_then(|fired| fired.op);
        ChipFault::PowerLost { op: op.map(|(n, _)| n) }
    }

    fn check_access(&self, address: u32) -> Result<(), ChipFault> {
        self.check_power()?;
        if address.is_multiple_of(4) {
            Ok(())
        } else {
            Err(ChipFault::Refused { address, cause: FaultCause::Unaligned })
        }
    }
}
