//! Breakpoint unit. Flash patching is not fitted: a comparator stops the core or does nothing.

const LITERAL_COMPARATORS: u8 = 2;

#[derive(Clone, Debug)]
pub(crate) struct BreakpointUnit {
    enabled: bool,
    code: u8,
    comparators: [u32; 10],
    /// Addresses that stop the core now.
    addresses: Vec<u32>,
}

impl BreakpointUnit {
    pub(crate) fn new(code: u8) -> Self {
        BreakpointUnit { enabled: false, code: code.min(8), comparators: [0; 10], addresses: Vec::new() }
    }

    pub(crate) fn armed(&self) -> bool {
        !self.addresses.is_empty()
    }

    pub(crate) fn matches(&self, pc: u32) -> bool {
        self.addresses.contains(&pc)
    }

    pub(crate) fn read(&self, offset: u32) -> u32 {
        match offset {
            0x000 => {
                let code = u32::from(self.code);
                let literals = if self.code == 0 { 0 } else { u32::from(LITERAL_COMPARATORS) };
                (code & 0x70) << 8 | literals << 8 | (code & 15) << 4 | u32::from(self.enabled)
            }
            0x008..=0x02C => self.slot(offset).map_or(0, |slot| self.comparators[slot]),
            _ => 0,
        }
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32) {
        match offset {
            // Without KEY the write is ignored.
            0x000 if value & 2 != 0 => self.enabled = value & 1 != 0,
            0x008..=0x02C => {
                if let Some(slot) = self.slot(offset) {
                    self.comparators[slot] = value & 0xDFFF_FFFD;
                }
            }
            _ => return,
        }
        self.update();
    }

    fn slot(&self, offset: u32) -> Option<usize> {
        let slot = (offset as usize - 8) / 4;
        (self.code > 0 && slot < usize::from(self.code + LITERAL_COMPARATORS)).then_some(slot)
    }

    fn update(&mut self) {
        self.addresses.clear();
        if !self.enabled {
            return;
        }
        for comparator in &self.comparators[..usize::from(self.code)] {
            if comparator & 1 == 0 {
                continue;
            }
            let address = comparator & 0x1FFF_FFFC;
            if comparator >> 30 & 1 != 0 {
                self.addresses.push(address);
            }
            if comparator >> 31 != 0 {
                self.addresses.push(address + 2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_its_comparators() {
        assert_eq!(BreakpointUnit::new(6).read(0), 0x260);
        assert_eq!(BreakpointUnit::new(0).read(0), 0);
    }

    #[test]
    fn halves_of_a_word() {
        let mut unit = BreakpointUnit::new(6);
        unit.write(8, 1 << 30 | 0x100 | 1);
        unit.write(12, 2 << 30 | 0x200 | 1);
        unit.write(16, 3 << 30 | 0x300 | 1);
        assert!(!unit.armed(), "the unit is off");
        unit.write(0, 1);
        assert!(!unit.armed(), "the key is missing");
        unit.write(0, 3);
        let hits: Vec<u32> = (0..0x400).step_by(2).filter(|&pc| unit.matches(pc)).collect();
        assert_eq!(hits, [0x100, 0x202, 0x300, 0x302]);
        unit.write(16, 0);
        assert!(!unit.matches(0x300));
    }

    #[test]
    fn comparators_that_do_not_exist_read_zero() {
        let mut unit = BreakpointUnit::new(6);
        unit.write(0x28, u32::MAX);
        assert_eq!(unit.read(0x28), 0);
    }
}
