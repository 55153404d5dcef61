//! Identification registers of the components of the private peripheral bus.

/// Arm: JEP106 continuation 4, code 0x3B, as PIDR4 and the parts of PIDR1 and PIDR2.
const DESIGNER: u32 = 0x3B;
const CONTINUATION: u32 = 4;

/// PIDR4 to CIDR3 of the component whose 4 KiB block starts at `base`; `None` where nothing identifies itself.
pub(crate) fn read(base: u32, offset: u32) -> Option<u32> {
    let (part, revision, class): (u32, u32, u32) = match base {
        0xE000_0000 => (0x001, 3, 0xE), // ITM
        0xE000_1000 => (0x002, 3, 0xE), // DWT
        0xE000_2000 => (0x003, 2, 0xE), // FPB
        0xE000_E000 => (0x00C, 0, 0xE), // SCS of a core with floating point
        0xE004_0000 => (0x9A1, 0, 0x9), // TPIU
        _ => return None,
    };
    Some(match offset {
        0xFD0 => CONTINUATION,
        0xFE0 => part & 0xFF,
        0xFE4 => (DESIGNER & 15) << 4 | part >> 8,
        0xFE8 => revision << 4 | 8 | DESIGNER >> 4,
        0xFF0 => 0x0D,
        0xFF4 => class << 4,
        0xFF8 => 0x05,
        0xFFC => 0xB1,
        _ => 0,
    })
}

/// CPUID of a Cortex-M4 r0p1.
pub(crate) const CPUID: u32 = 0x410F_C241;

/// ID_PFR0 to ID_ISAR4 (0xE000ED40 to 0xE000ED70).
pub(crate) const FEATURES: [u32; 13] = [
    0x0000_0030,
    0x0000_0200,
    0x0010_0000,
    0,
    0x0010_0030,
    0,
    0x0100_0000,
    0,
    0x0114_1110,
    0x0211_2000,
    0x2123_2231,
    0x0111_1131,
    0x0131_0132,
];

#[cfg(test)]
mod tests {
    #[test]
    fn a_component_identifies_itself() {
        let id = |offset| super::read(0xE000_E000, offset);
        assert_eq!(
            [id(0xFD0), id(0xFE0), id(0xFE4), id(0xFE8)],
            [Some(4), Some(0x0C), Some(0xB0), Some(0x0B)]
        );
        assert_eq!(
            [id(0xFF0), id(0xFF4), id(0xFF8), id(0xFFC)],
            [Some(0x0D), Some(0xE0), Some(5), Some(0xB1)]
        );
        assert_eq!(super::read(0xE000_3000, 0xFF0), None);
    }
}
