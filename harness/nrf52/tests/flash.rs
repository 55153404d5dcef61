//! Flash rules: what the controller accepts, what it does to the cells, how long it takes.

use gauntlet_nrf52::{
    Chip, ChipFault, FaultCause, Fill, FlashAction, Reset, Source, Speed, Variant, cycles_from_ms,
    cycles_from_us,
};

const NVMC_CONFIG: u32 = 0x4001_E504;
const NVMC_READY: u32 = 0x4001_E400;
const NVMC_ERASE_PAGE: u32 = 0x4001_E508;
const NVMC_ERASE_ALL: u32 = 0x4001_E50C;
const NVMC_ERASE_UICR: u32 = 0x4001_E514;
const UICR: u32 = 0x1000_1000;

fn both() -> [Chip; 2] {
    [Chip::new(Variant::Nrf52832, 1), Chip::new(Variant::Nrf52840, 1)]
}

#[test]
fn programming_only_clears_bits() {
    for mut chip in both() {
        chip.nvmc_write_word(0x3000, 0xFFFF_00FF).unwrap();
        chip.nvmc_write_word(0x3000, 0x00FF_FFFF).unwrap();
        assert_eq!(chip.load_word(0x3000), Ok(0x00FF_00FF));
        chip.nvmc_erase_page(0x3FFC).unwrap();
        assert_eq!(chip.load_word(0x3000), Ok(0xFFFF_FFFF));
    }
}

#[test]
fn stores_that_are_not_enabled_are_refused_and_change_nothing() {
    for mut chip in both() {
        let refused = ChipFault::Refused { address: 0x1000, cause: FaultCause::Refused };
        assert_eq!(chip.store_word(0x1000, 0), Err(refused));
        chip.store_word(NVMC_CONFIG, 2).unwrap();
        assert_eq!(chip.store_word(0x1000, 0), Err(refused), "erase-enabled is not write-enabled");
        chip.store_word(NVMC_CONFIG, 1).unwrap();
        assert!(chip.store_word(NVMC_ERASE_PAGE, 0x1000).is_err(), "write-enabled is not erase-enabled");
        assert!(chip.store_word(NVMC_ERASE_ALL, 1).is_err());
        assert_eq!(chip.flash_ops(), 0);
        assert_eq!(chip.refused_ops(), 4);
        assert_eq!(chip.refusals()[0].source, Source::Guest);
        assert!(chip.flash().iter().all(|&byte| byte == 0xFF));
    }
}

#[test]
fn an_erase_outside_the_flash_is_refused() {
    for mut chip in both() {
        let size = chip.profile().flash_size;
        chip.nvmc_erase_page(size - 1).unwrap();
        assert!(chip.nvmc_erase_page(size).is_err());
        assert!(chip.nvmc_erase_page(UICR).is_err());
    }
}

#[test]
fn operations_take_their_time() {
    for mut chip in both() {
        chip.set_speed(Speed::Typical);
        let before = chip.now();
        chip.nvmc_write_word(0, 0).unwrap();
        assert_eq!(chip.now() - before, cycles_from_us(41));
        let before = chip.now();
        chip.nvmc_erase_page(0).unwrap();
        assert_eq!(chip.now() - before, cycles_from_ms(85));
        assert_eq!(chip.load_word(NVMC_READY), Ok(1));
    }
    let mut chip = Chip::new(Variant::Nrf52832, 1);
    chip.set_speed(Speed::Slow);
    let before = chip.now();
    chip.nvmc_write_word(0, 0).unwrap();
    assert_eq!(chip.now() - before, cycles_from_us(338));
}

#[test]
fn user_information_follows_the_flash_rules_and_has_its_own_erase() {
    for mut chip in both() {
        chip.nvmc_write_word(UICR + 0x14, 0x0007_8000).unwrap();
        chip.nvmc_write_word(0x1000, 7).unwrap();
        assert_eq!(chip.load_word(UICR + 0x14), Ok(0x0007_8000));
        chip.store_word(NVMC_CONFIG, 2).unwrap();
        chip.store_word(NVMC_ERASE_UICR, 1).unwrap();
        assert_eq!(chip.load_word(UICR + 0x14), Ok(0xFFFF_FFFF));
        assert_eq!(chip.load_word(0x1000), Ok(7));
        chip.store_word(NVMC_ERASE_ALL, 1).unwrap();
        assert_eq!(chip.load_word(0x1000), Ok(0xFFFF_FFFF));
    }
}

#[test]
fn protected_pages_stay_as_they_are_until_a_reset() {
    let mut chip = Chip::new(Variant::Nrf52832, 1);
    chip.store_word(0x4000_0600, 1 << 2).unwrap();
    let mut acl = Chip::new(Variant::Nrf52840, 1);
    for (register, value) in [(0x800, 0x2000), (0x804, 0x1000), (0x808, 2)] {
        acl.store_word(0x4001_E000 + register, value).unwrap();
    }
    for mut chip in [chip, acl] {
        let protected = Err(ChipFault::Refused { address: 0x2000, cause: FaultCause::Protected });
        assert_eq!(chip.nvmc_write_word(0x2000, 0), protected);
        assert!(chip.nvmc_erase_page(0x2000).is_err());
        chip.nvmc_write_word(0x3000, 0).unwrap();
        assert_eq!(chip.flash_ops(), 1);
        chip.reset(Reset::Soft);
        chip.nvmc_write_word(0x2000, 0).unwrap();
    }
}

#[test]
fn a_hidden_region_cannot_be_read() {
    let mut chip = Chip::new(Variant::Nrf52840, 1);
    for (register, value) in [(0x800, 0x2000), (0x804, 0x1000), (0x808, 4)] {
        chip.store_word(0x4001_E000 + register, value).unwrap();
    }
    assert!(matches!(chip.load_word(0x2000), Err(ChipFault::Refused { .. })));
    chip.load_word(0x3000).unwrap();
}

#[test]
fn partial_erases_add_up_to_a_complete_one() {
    let mut chip = Chip::new(Variant::Nrf52840, 1);
    chip.fill_flash(Fill::Byte(0));
    chip.store_word(NVMC_CONFIG, 2).unwrap();
    let ones = |chip: &Chip| chip.flash()[0x5000..0x6000].iter().map(|byte| byte.count_ones()).sum::<u32>();
    let mut last = 0;
    for part in 1..=9 {
        chip.store_word(0x4001_E518, 0x5000).unwrap();
        let now = ones(&chip);
        assert!(now > last, "part {part} raised nothing");
        last = now;
    }
    assert_eq!(last, 4096 * 8, "nine parts of 10 ms are more than 85 ms");
    assert_eq!(chip.flash()[0x4FFF], 0);
    assert_eq!(chip.flash()[0x6000], 0);
}

#[test]
fn journal_says_who_did_what_and_when() {
    let mut chip = Chip::new(Variant::Nrf52832, 1);
    chip.nvmc_write_word(0x1000, 1).unwrap();
    chip.set_recording(true);
    let start = chip.now();
    chip.nvmc_write_word(0x1004, 2).unwrap();
    let [op] = chip.journal() else { panic!("one operation was recorded") };
    assert_eq!(op.n, 1);
    assert_eq!(op.action, FlashAction::Program { address: 0x1004, value: 2 });
    assert_eq!((op.start, op.end), (start, start + cycles_from_us(41)));
    assert_eq!(op.source, Source::Guest);
}

#[test]
fn memory_has_its_map() {
    for mut chip in both() {
        let profile = *chip.profile();
        assert_eq!(chip.load_word(0x1000_0100), Ok(profile.part));
        assert_eq!(chip.load_word(0x1000_0010), Ok(4096));
        chip.store_word(0x1000_0100, 0).unwrap();
        assert_eq!(chip.load_word(0x1000_0100), Ok(profile.part), "factory information is read-only");
        chip.store_word(0x0080_0010, 0xCAFE_F00D).unwrap();
        assert_eq!(chip.load_word(0x2000_0010), Ok(0xCAFE_F00D), "one RAM under two names");
        for hole in
            [profile.flash_size, 0x2000_0000 + profile.ram_size, 0x1000_2000, 0x2200_0000, 0x4200_0000]
        {
            assert_eq!(chip.load_word(hole), Err(ChipFault::Unmapped { address: hole }));
        }
        assert_eq!(chip.load_word(0xF000_0FE0), Ok(profile.id));
        assert_eq!(chip.load_word(0x4007_C070), Ok(0), "unknown registers read 0 and are noted");
        let noted: Vec<u32> = chip.touches().map(|touch| touch.address).collect();
        assert_eq!(noted, [0x1000_0100, 0x4007_C070], "and so are stores to the factory information");
        let mut text = [0; 6];
        chip.load(0x0080_000E, &mut text).unwrap();
        assert_eq!(text[2..], [0x0D, 0xF0, 0xFE, 0xCA]);
    }
}

#[test]
fn words_written_too_often_are_reported() {
    let mut chip = Chip::new(Variant::Nrf52840, 1);
    for value in [0xFFFF_FF00, 0xFFFF_0000] {
        chip.nvmc_write_word(0x5004, value).unwrap();
    }
    assert!(chip.overwrites().is_empty());
    chip.nvmc_write_word(0x5004, 0).unwrap();
    assert_eq!(chip.overwrites().iter().map(|report| report.address).collect::<Vec<_>>(), [0x5004]);
    chip.nvmc_erase_page(0x5000).unwrap();
    assert_eq!(chip.page_erases(5), 1);
}

#[test]
fn boards_have_identities_of_their_own() {
    let id = |seed| {
        let mut chip = Chip::new(Variant::Nrf52832, seed);
        [chip.load_word(0x1000_0060).unwrap(), chip.load_word(0x1000_00A4).unwrap()]
    };
    assert_eq!(id(4), id(4));
    assert_ne!(id(4), id(5));
}
