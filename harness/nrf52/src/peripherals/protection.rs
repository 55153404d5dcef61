//! BPROT and ACL: flash regions that firmware closes for the rest of the boot.

/// Block protection of the nRF52832: one bit for each page, set by writing 1, cleared only by a reset.
#[derive(Debug, Clone)]
pub(crate) struct Bprot {
    config: Vec<u32>,
    disabled_in_debug: bool,
}

const CONFIG: [u32; 4] = [0x600, 0x604, 0x610, 0x614];
const DISABLE_IN_DEBUG: u32 = 0x608;

impl Bprot {
    pub(crate) fn new(registers: u8) -> Self {
        Self { config: vec![0; registers.into()], disabled_in_debug: true }
    }

    pub(crate) fn owns(&self, offset: u32) -> bool {
        offset == DISABLE_IN_DEBUG || self.register(offset).is_some()
    }

    pub(crate) fn read(&self, offset: u32) -> u32 {
        match self.register(offset) {
            Some(register) => self.config[register],
            None => self.disabled_in_debug.into(),
        }
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32) {
        match self.register(offset) {
            Some(register) => self.config[register] |= value,
            None => self.disabled_in_debug = value & 1 == 1,
        }
    }

    /// Whether a page may not be changed; `debugging` is the debug interface mode of the chip.
    pub(crate) fn protects(&self, page: u32, debugging: bool) -> bool {
        if debugging && self.disabled_in_debug {
            return false;
        }
        self.config.get(page as usize / 32).is_some_and(|bits| bits >> (page % 32) & 1 == 1)
    }

    pub(crate) fn protects_anything(&self, debugging: bool) -> bool {
        !(debugging && self.disabled_in_debug) && self.config.iter().any(|&bits| bits != 0)
    }

    fn register(&self, offset: u32) -> Option<usize> {
        CONFIG.iter().take(self.config.len()).position(|&register| register == offset)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Region {
    address: u32,
    size: u32,
    permissions: u32,
}

impl Region {
    fn covers(&self, address: u32, bit: u32) -> bool {
        self.permissions & bit != 0 && address.wrapping_sub(self.address) < self.size
    }
}

/// Access control lists of the nRF52840: each register of a region can be written once until the next reset.
#[derive(Debug, Clone)]
pub(crate) struct Acl {
    regions: Vec<Region>,
}

const ACL_BASE: u32 = 0x800;
const NO_WRITE: u32 = 1 << 1;
const NO_READ: u32 = 1 << 2;

impl Acl {
    pub(crate) fn new(regions: u8) -> Self {
        Self { regions: vec![Region::default(); regions.into()] }
    }

    pub(crate) fn owns(&self, offset: u32) -> bool {
        (ACL_BASE..ACL_BASE + 16 * self.regions.len() as u32).contains(&offset)
    }

    pub(crate) fn read(&self, offset: u32) -> u32 {
        let region = &self.regions[(offset - ACL_BASE) as usize / 16];
        match offset % 16 {
            0 => region.address,
            4 => region.size,
            8 => region.permissions,
            _ => 0,
        }
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32) {
        let region = &mut self.regions[(offset - ACL_BASE) as usize / 16];
        let register = match offset % 16 {
            0 => &mut region.address,
            4 => &mut region.size,
            8 => &mut region.permissions,
            _ => return,
        };
        if *register == 0 {
            *register = value;
        }
    }

    pub(crate) fn protects(&self, page: u32) -> bool {
        self.regions.iter().any(|region| region.covers(page << 12, NO_WRITE))
    }

    pub(crate) fn protects_anything(&self) -> bool {
        self.regions.iter().any(|region| region.permissions & NO_WRITE != 0 && region.size != 0)
    }

    pub(crate) fn hides(&self, address: u32) -> bool {
        self.regions.iter().any(|region| region.covers(address, NO_READ))
    }

    /// No region hides anything: the usual case, asked before every flash read.
    pub(crate) fn hides_anything(&self) -> bool {
        self.regions.iter().any(|region| region.permissions & NO_READ != 0 && region.size != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_protection_collects_bits_and_steps_aside_for_a_debugger() {
        let mut bprot = Bprot::new(4);
        bprot.write(0x600, 1 << 3);
        bprot.write(0x600, 1 << 5);
        bprot.write(0x614, 1 << 31);
        assert_eq!(bprot.read(0x600), 0b10_1000);
        assert!(bprot.protects(3, false) && bprot.protects(127, false) && !bprot.protects(4, false));
        assert!(!bprot.protects(3, true));
        bprot.write(DISABLE_IN_DEBUG, 0);
        assert!(bprot.protects(3, true));
    }

    #[test]
    fn an_access_region_can_be_written_once() {
        let mut acl = Acl::new(8);
        for (offset, value) in [(0x810, 0x2000), (0x814, 0x1000), (0x818, NO_WRITE)] {
            acl.write(offset, value);
        }
        acl.write(0x814, 0x8000);
        assert_eq!(acl.read(0x814), 0x1000);
        assert!(acl.protects(2) && !acl.protects(3) && !acl.protects(1));
        assert!(!acl.hides_anything());
    }
}
