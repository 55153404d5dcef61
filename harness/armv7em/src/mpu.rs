//! Memory protection unit: eight regions, checked on everything but the private peripheral bus and vector fetches.
//!
//! While it is on, loads and stores take the careful path, and code runs from decoded pages only where one answer holds for
//! the whole page. While it is off it costs nothing.

use crate::faults::Fault;
use crate::state::State;

/// MPU_TYPE: eight regions for code and data alike.
const TYPE: u32 = 0x0000_0800;
/// MPU_CTRL.
const ENABLE: u32 = 1 << 0;
const HFNMIENA: u32 = 1 << 1;
const PRIVDEFENA: u32 = 1 << 2;
/// RBAR: the region number comes with the address.
const VALID: u32 = 1 << 4;
const RASR_WRITABLE: u32 = 0x173F_FF3F;
const EXECUTE_NEVER: u32 = 1 << 28;

/// What an access wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Read,
    Write,
    Execute,
}

/// RBAR and RASR of one region.
#[derive(Clone, Copy, Debug, Default)]
struct Region {
    base: u32,
    attributes: u32,
}

impl Region {
    /// Address bits below the size of the region; `None` while it is disabled. Less than 32 bytes there is not.
    fn mask(self) -> Option<u32> {
        let size = self.attributes >> 1 & 31;
        (self.attributes & 1 != 0 && size >= 4).then(|| (2_u64.pow(size + 1) - 1) as u32)
    }

    fn disabled_parts(self) -> u32 {
        self.attributes >> 8 & 0xFF
    }

    fn contains(self, address: u32) -> bool {
        let Some(mask) = self.mask() else {
            return false;
        };
        if (address ^ self.base) & !mask != 0 {
            return false;
        }
        // Regions of 256 bytes and more have eight parts that can be left out.
        let part = (u64::from(address & mask) * 8 / (u64::from(mask) + 1)) as u32;
        mask < 0xFF || self.disabled_parts() >> part & 1 == 0
    }

    /// Whether the region ends, begins or has a hole within the 4 KiB page at `page`.
    fn divides(self, page: u32) -> bool {
        let Some(mask) = self.mask() else {
            return false;
        };
        let part = if self.disabled_parts() == 0 { mask } else { mask >> 3 };
        part < 0xFFF && (page ^ self.base) & !(mask | 0xFFF) == 0
    }

    fn allows(self, want: Want, privileged: bool) -> bool {
        // Read and write, for privileged and unprivileged code.
        let (read, write) = match (self.attributes >> 24 & 7, privileged) {
            (1..=3, true) | (3, false) => (true, true),
            (5..=7, true) | (2 | 6 | 7, false) => (true, false),
            _ => (false, false),
        };
        match want {
            Want::Read => read,
            Want::Write => write,
            Want::Execute => read && self.attributes & EXECUTE_NEVER == 0,
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProtectionUnit {
    control: u32,
    selected: u32,
    regions: [Region; 8],
}

impl ProtectionUnit {
    pub(crate) fn enabled(&self) -> bool {
        self.control & ENABLE != 0
    }

    fn selected(&self) -> usize {
        (self.selected & 7) as usize
    }

    /// Reads a register by its offset in the system control space.
    pub(crate) fn read(&self, offset: u32) -> u32 {
        let region = self.regions[self.selected()];
        match offset {
            0xD90 => TYPE,
            0xD94 => self.control,
            0xD98 => self.selected,
            0xD9C | 0xDA4 | 0xDAC | 0xDB4 => region.base | self.selected,
            _ => region.attributes,
        }
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32) {
        match offset {
            0xD90 => {}
            0xD94 => self.control = value & (ENABLE | HFNMIENA | PRIVDEFENA),
            0xD98 => self.selected = value & 7,
            0xD9C | 0xDA4 | 0xDAC | 0xDB4 => {
                if value & VALID != 0 {
                    self.selected = value & 7;
                }
                self.regions[self.selected()].base = value & !0x1F;
            }
            _ => self.regions[self.selected()].attributes = value & RASR_WRITABLE,
        }
    }

    fn allows(&self, address: u32, want: Want, privileged: bool) -> bool {
        // The region with the highest number decides.
        match self.regions.iter().rev().find(|region| region.contains(address)) {
            Some(region) => region.allows(want, privileged),
            None => privileged && self.control & PRIVDEFENA != 0,
        }
    }

    /// One answer holds for the whole 4 KiB page.
    fn is_uniform(&self, page: u32) -> bool {
        !self.regions.iter().any(|region| region.divides(page))
    }
}

impl State {
    /// Whether accesses of code of the current priority are checked.
    fn protection_applies(&self) -> bool {
        self.mpu.enabled() && (self.mpu.control & HFNMIENA != 0 || self.execution_priority() >= 0)
    }

    /// True when the memory protection unit lets the access pass, or is off.
    #[inline(always)]
    pub(crate) fn permitted(&self, address: u32, want: Want, privileged: bool) -> bool {
        !self.mpu.enabled() || self.checked(address, want, privileged)
    }

    #[cold]
    #[inline(never)]
    fn checked(&self, address: u32, want: Want, privileged: bool) -> bool {
        !self.protection_applies()
            || crate::ppb::contains(address)
            || self.mpu.allows(address, want, privileged)
    }

    /// A load or store, refused with DACCVIOL and its address.
    #[inline(always)]
    pub(crate) fn check_data(
        &mut self,
        address: u32,
        want: Want,
        privileged: bool,
    ) -> Result<(), crate::state::Trap> {
        if self.permitted(address, want, privileged) {
            return Ok(());
        }
        self.fault = Fault::mem_manage(crate::faults::cfsr::DACCVIOL, Some(address));
        Err(crate::state::Trap::Fault)
    }

    /// Code may run from decoded records of this page without a look at every instruction.
    pub(crate) fn may_run_page(&self, page: u32) -> bool {
        !self.mpu.enabled()
            || !self.protection_applies()
            || (self.mpu.is_uniform(page) && self.mpu.allows(page, Want::Execute, self.privileged()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_and_their_parts() {
        // 4 KiB at 0x2000 without its second and last eighth.
        let region = Region { base: 0x2000, attributes: 0x82 << 8 | 11 << 1 | 1 };
        assert!(region.contains(0x2000) && region.contains(0x21FF) && region.contains(0x2DFF));
        assert!(!region.contains(0x2200) && !region.contains(0x2E00) && !region.contains(0x3000));
        assert!(region.divides(0x2000) && !region.divides(0x3000));
        let whole = Region { attributes: 11 << 1 | 1, ..region };
        assert!(!whole.divides(0x2000));
        // Everything; and a region too small to have parts.
        let everything = Region { base: 0, attributes: 31 << 1 | 1 };
        assert!(everything.contains(u32::MAX) && !everything.divides(0x1000));
        let small = Region { base: 0x40, attributes: 0xFF << 8 | 4 << 1 | 1 };
        assert!(small.contains(0x5F) && !small.contains(0x60) && small.divides(0) && !small.divides(0x1000));
    }
}
