//! First start, and requests that change nothing.

use gauntlet_nrf52::{FlashAction, Variant};

use crate::rig::Rig;

const ALL: [Variant; 3] = [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840];

#[test]
fn the_first_start_writes_what_a_blank_chip_lacks() {
    for variant in ALL {
        let mut rig = Rig::new(variant);
        rig.enter_dfu();
        let pin = if variant == Variant::Nrf52832 { 21 } else { 18 };
        let (main, backup) = (rig.layout.settings_page, rig.layout.backup_page);
        let ops: Vec<_> = rig.chip.journal().iter().map(|op| op.action).collect();
        let program = |address, value| FlashAction::Program { address, value };
        let begin = [
            program(0x1000_1200, pin),
            program(0x1000_1204, pin),
            program(0xFF8, rig.layout.bootloader),
            program(0xFFC, backup),
            FlashAction::ErasePage { address: main },
            program(main, 0x54C8_C87F),
        ];
        assert_eq!(ops[..6], begin, "{variant:?}");
        assert_eq!(ops.len(), 454, "{variant:?}: 452 words and two erased pages");
        assert_eq!(ops[229], FlashAction::ErasePage { address: backup });
        // SET-002.
        let settings = rig.settings(main);
        assert_eq!((settings.version, settings.boot_validation_crc), (2, 0xACDA_1BA2));
        assert_eq!(rig.flash(main, 896), rig.flash(backup, 896));
        assert_eq!(rig.chip.refusals(), []);
        assert_eq!(rig.chip.touches().count(), 0, "{}", rig.doing());
    }
}

#[test]
fn requests_are_answered() {
    for variant in ALL {
        let mut rig = Rig::new(variant);
        rig.enter_dfu();
        assert_eq!(rig.ask(&[9, 0xC0]), [0x60, 9, 1, 0xC0], "{variant:?}");
        assert_eq!(rig.ask(&[0]), [0x60, 0, 1, 1]);
        assert_eq!(rig.ask(&[7]), [0x60, 7, 1, 131, 0]);
        assert_eq!(rig.ask(&[6, 1]), [0x60, 6, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(rig.ask(&[6, 2]), [0x60, 6, 1, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(rig.ask(&[6, 3]), [0x60, 6, 5]);
        assert_eq!(rig.ask(&[3]), [0x60, 3, 5], "CP-017");
        assert_eq!(rig.ask(&[0x60]), [0x60, 0x60, 2]);
        let hardware = rig.ask(&[0x0A]);
        assert_eq!(hardware.len(), 23);
        assert_eq!(hardware[11..15], rig.layout.flash_end.to_le_bytes());
        let bootloader = rig.ask(&[0x0B, 0]);
        assert_eq!(bootloader[3..8], [2, 0, 0, 0, 0]);
        assert_eq!(bootloader[8..12], rig.layout.bootloader.to_le_bytes());
        assert_eq!(bootloader[12..], [0, 0x60, 0, 0]);
        assert_eq!(rig.ask(&[0x0B, 1])[..4], [0x60, 0x0B, 1, 0xFF]);
    }
}

#[test]
fn objects_keep_count_of_their_bytes() {
    let mut rig = Rig::new(Variant::Nrf52840);
    rig.enter_dfu();
    assert_eq!(rig.ask(&[1, 1, 0, 0, 0, 0]), [0x60, 1, 3]);
    assert_eq!(rig.ask(&[1, 1, 1, 2, 0, 0]), [0x60, 1, 4]);
    assert_eq!(rig.ask(&[1, 2, 0, 16, 0, 0]), [0x60, 1, 8]);
    assert_eq!(rig.ask(&[2, 2, 0]), [0x60, 2, 1]);
    assert_eq!(rig.ask(&[1, 1, 4, 0, 0, 0]), [0x60, 1, 1]);
    rig.send(&[8, 1, 2]);
    let receipt = rig.ask(&[8, 3]);
    assert_eq!(receipt[..7], [0x60, 3, 1, 3, 0, 0, 0]);
    assert_eq!(rig.ask(&[4]), [0x60, 4, 8]);
    // FLT-008: a Write of two bytes where one fits is refused whole.
    rig.send(&[8, 4, 5]);
    assert_eq!(rig.ask(&[8, 4, 5]), [0x60, 3, 3]);
    assert_eq!(rig.ask(&[3]), [&[0x60, 3, 1][..], &receipt[3..]].concat());
}
