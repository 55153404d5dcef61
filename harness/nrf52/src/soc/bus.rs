//! The bus the CPU and the memory access port see.

use gauntlet_armv7em::{Access, Bus, BusFault, FaultCause, Width};

use super::Soc;
use crate::{memory::UICR, variant::StallRule};

impl Bus for Soc {
    #[inline]
    fn read(&mut self, now: u64, address: u32, width: Width, access: Access) -> Result<u32, BusFault> {
        if let Some(offset) = self.ram_offset(address) {
            if access == Access::Fetch {
                self.ram.fetched(offset, width.bytes());
            }
            let value = match width {
                Width::Word => self.ram.read(offset).map(u32::from_le_bytes),
                Width::Half => self.ram.read(offset).map(|half| u32::from(u16::from_le_bytes(half))),
                Width::Byte => self.ram.read(offset).map(|[byte]| u32::from(byte)),
            };
            return value.ok_or(BusFault { address, cause: FaultCause::Unmapped });
        }
        if address < self.profile.flash_size {
            return self.read_flash(now, address, width, access);
        }
        self.read_device(now, address, width)
    }

    #[inline]
    fn write(
        &mut self,
        now: u64,
        address: u32,
        width: Width,
        value: u32,
        _access: Access,
    ) -> Result<(), BusFault> {
        if let Some(offset) = self.ram_offset(address) {
            let bytes = value.to_le_bytes();
            let written = match width {
                Width::Word => self.ram.write(offset, &bytes),
                Width::Half => self.ram.write(offset, &bytes[..2]),
                Width::Byte => self.ram.write(offset, &bytes[..1]),
            };
            return written.ok_or(BusFault { address, cause: FaultCause::Unmapped });
        }
        if address < self.profile.flash_size || address.wrapping_sub(UICR) < 4096 {
            return self.program(now, address, width, value);
        }
        self.write_device(now, address, value)
    }

    fn stalled_until(&self) -> u64 {
        match self.profile.stall {
            StallRule::Always => self.nvmc.busy_until,
            StallRule::WhenExecutingFromFlash => self.wait_until.max(self.polls_until),
        }
    }

    fn fetch_stalled_until(&self, pc: u32) -> u64 {
        if pc < self.profile.flash_size { self.nvmc.busy_until } else { self.stalled_until() }
    }

    fn page_version(&self, address: u32) -> Option<u64> {
        if address < self.profile.flash_size {
            return Some(self.array.flash.version(address));
        }
        self.ram_offset(address).map(|offset| self.ram.version(offset))
    }

    fn interrupted(&self) -> bool {
        self.strike.is_some()
            || self.wants_pc()
            || self.touched
            || self.peripherals.lines() != self.lines_known
            || self.peripherals.next_event() < self.runs_until
            || self.peripherals.power().system_off
    }
}
