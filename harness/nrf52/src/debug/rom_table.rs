//! The ROM table and the identification registers of the debug components.

use crate::variant::Profile;

/// Address of the ROM table.
pub(crate) const BASE: u32 = 0xE00F_F000;

/// Components and their part numbers, in the order of the table: SCS, DWT, FPB, ITM, TPIU.
const COMPONENTS: [(u32, u32); 5] = [
    (0xE000_E000, 0x00C),
    (0xE000_1000, 0x002),
    (0xE000_2000, 0x003),
    (0xE000_0000, 0x001),
    (0xE004_0000, 0x9A1),
];

const ROM_TABLE_CLASS: u32 = 0x1;
const DEBUG_CLASS: u32 = 0x9;
const GENERIC_CLASS: u32 = 0xE;

/// Who made a component: continuation bank and code of the JEP106 list.
struct Designer {
    bank: u32,
    code: u32,
}

const NORDIC: Designer = Designer { bank: 2, code: 0x44 };
const ARM: Designer = Designer { bank: 4, code: 0x3B };

/// The word at an offset of the ROM table. A copy of it answers at 0xF0000000, where firmware looks for the revision.
pub(crate) fn table(profile: &Profile, offset: u32) -> u32 {
    match offset {
        0xFCC => 1, // system memory is on this bus
        0xFD0.. => identity(offset, profile.id, profile.revision, &NORDIC, ROM_TABLE_CLASS),
        _ => match COMPONENTS.get(offset as usize / 4) {
            Some((address, _)) => address.wrapping_sub(BASE) | 3,
            None => 0,
        },
    }
}

/// An identification register of a component; nothing for its other registers and for pages without one.
pub(crate) fn component(page: u32, offset: u32) -> Option<u32> {
    let &(_, part) = COMPONENTS.iter().find(|(address, _)| *address == page && offset >= 0xFD0)?;
    let class = if part == 0x9A1 { DEBUG_CLASS } else { GENERIC_CLASS };
    Some(identity(offset, part, 0, &ARM, class))
}

fn identity(offset: u32, part: u32, revision: u32, designer: &Designer, class: u32) -> u32 {
    match offset {
        0xFD0 => designer.bank,
        0xFE0 => part & 0xFF,
        0xFE4 => (designer.code & 0xF) << 4 | part >> 8,
        0xFE8 => revision << 4 | 8 | designer.code >> 4,
        0xFF0 => 0x0D,
        0xFF4 => class << 4,
        0xFF8 => 0x05,
        0xFFC => 0xB1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variant::Variant;

    #[test]
    fn firmware_and_tools_find_their_identity() {
        let profile = Variant::Nrf52832.profile();
        assert_eq!(table(&profile, 0xFE0), 0x06);
        assert_eq!(table(&profile, 0xFE8), 0x5C);
        assert_eq!(table(&profile, 0), 0xFFF0_F003);
        assert_eq!(table(&profile, 20), 0);
        assert_eq!(component(0xE000_E000, 0xFE0), Some(0x0C));
        assert_eq!(component(0xE000_E000, 0xD00), None);
    }
}
