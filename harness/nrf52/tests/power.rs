//! Power cuts: where they strike, what they leave, and how the journal reproduces it.

use gauntlet_nrf52::{
    Chip, ChipFault, Cut, Fill, FlashAction, FlashOp, NonVolatile, Reset, Tear, TearPattern, Variant,
    cycles_from_ms,
};

const GPREGRET: u32 = 0x4000_051C;
const RESETREAS: u32 = 0x4000_0400;

fn used_chip() -> Chip {
    let mut chip = Chip::new(Variant::Nrf52832, 3);
    chip.fill_flash(Fill::Noise(11));
    chip
}

/// A small update: two pages erased, twelve words written.
fn update(chip: &mut Chip) -> Result<(), ChipFault> {
    for page in [0x8000, 0x9000] {
        chip.nvmc_erase_page(page)?;
    }
    for word in 0..12 {
        chip.nvmc_write_word(0x8FE0 + 4 * word, 0x1357_9BDF ^ word << 8)?;
    }
    Ok(())
}

const OPS: u64 = 14;

fn replay(mut array: NonVolatile, journal: &[FlashOp]) -> NonVolatile {
    for op in journal {
        array.apply(op);
    }
    array
}

#[test]
fn every_cut_leaves_what_the_journal_says() {
    let tears = [
        Tear::Before,
        Tear::After,
        Tear::Torn(TearPattern::LowHalf),
        Tear::Torn(TearPattern::LateBit(3)),
        Tear::Torn(TearPattern::random(5)),
        Tear::Torn(TearPattern::Weak { seed: 5 }),
    ];
    for at_op in 0..OPS {
        for tear in tears {
            let mut chip = used_chip();
            chip.set_recording(true);
            let before = chip.non_volatile();
            chip.arm_cut(Cut { at_op, tear, off_for: None });
            assert_eq!(update(&mut chip), Err(ChipFault::PowerLost { op: Some(at_op) }));
            assert!(!chip.is_powered());
            let report = chip.cut_fired().expect("the cut fired");
            assert_eq!((report.op, report.cut.tear), (at_op, tear));
            let reached = if tear == Tear::Before { at_op } else { at_op + 1 };
            assert_eq!(chip.journal().len() as u64, reached);
            assert_eq!(chip.flash_ops(), reached);
            assert!(replay(before, chip.journal()) == chip.non_volatile(), "op {at_op}, {tear:?}");
        }
    }
}

#[test]
fn after_one_operation_is_before_the_next() {
    let flash = |at_op, tear| {
        let mut chip = used_chip();
        chip.arm_cut(Cut { at_op, tear, off_for: None });
        update(&mut chip).unwrap_err();
        chip.flash()
    };
    for op in 0..OPS - 1 {
        assert!(flash(op, Tear::After) == flash(op + 1, Tear::Before));
    }
}

#[test]
fn a_torn_word_lies_between_old_and_new() {
    for seed in 0..20 {
        let mut chip = Chip::new(Variant::Nrf52840, 3);
        chip.arm_cut(Cut { at_op: 0, tear: Tear::Torn(TearPattern::random(seed)), off_for: None });
        chip.nvmc_write_word(0x1000, 0x00FF_0F0F).unwrap_err();
        chip.power_on();
        let left = chip.load_word(0x1000).unwrap();
        assert_eq!(left & 0x00FF_0F0F, 0x00FF_0F0F, "bits that stay set were not touched");
        assert_ne!(left, 0xFFFF_FFFF);
    }
}

#[test]
fn a_torn_user_information_word_is_torn_too() {
    let mut chip = Chip::new(Variant::Nrf52832, 3);
    chip.arm_cut(Cut { at_op: 0, tear: Tear::Torn(TearPattern::HighHalf), off_for: None });
    chip.nvmc_write_word(0x1000_1014, 0x0007_8000).unwrap_err();
    chip.power_on();
    assert_eq!(chip.load_word(0x1000_1014), Ok(0x0007_FFFF));
}

#[test]
fn a_cut_that_does_not_come_due_does_not_fire() {
    let mut chip = used_chip();
    chip.arm_cut(Cut { at_op: OPS, tear: Tear::Before, off_for: None });
    update(&mut chip).unwrap();
    assert_eq!(chip.cut_fired(), None);
    assert!(chip.disarm_cut());
    update(&mut chip).unwrap();
}

#[test]
fn counting_goes_on_over_resets_and_starts_when_the_cut_is_armed() {
    let mut chip = used_chip();
    chip.nvmc_write_word(0x1000, 0).unwrap();
    chip.arm_cut(Cut { at_op: 2, tear: Tear::Before, off_for: None });
    chip.nvmc_write_word(0x1004, 0).unwrap();
    chip.reset(Reset::Soft);
    chip.nvmc_write_word(0x1008, 0).unwrap();
    chip.store_word(0x100C, 0).unwrap_err();
    assert_eq!(chip.nvmc_write_word(0x1010, 0), Err(ChipFault::PowerLost { op: Some(3) }));
    assert_eq!(
        chip.cut_fired().map(|report| report.action),
        Some(FlashAction::Program { address: 0x1010, value: 0 })
    );
}

#[test]
fn without_power_nothing_works_and_nothing_volatile_survives() {
    let mut chip = used_chip();
    chip.store_word(GPREGRET, 0xB1).unwrap();
    chip.store_word(0x2000_0000, 1).unwrap();
    chip.reset(Reset::Pin);
    assert_ne!(chip.load_word(RESETREAS), Ok(0));
    let ram = chip.ram().to_vec();
    let flash = chip.flash();
    chip.power_off();
    assert_eq!(chip.load_word(0), Err(ChipFault::PowerLost { op: None }));
    chip.power_on();
    assert_eq!(chip.load_word(GPREGRET), Ok(0));
    assert_eq!(chip.load_word(RESETREAS), Ok(0));
    assert_ne!(chip.ram(), ram, "RAM came back as noise");
    assert!(chip.ram().iter().filter(|&&byte| byte == 0).count() < 1000, "noise is not zero");
    assert!(chip.flash() == flash);
    assert_eq!(chip.last_reset(), Reset::PowerOn);
}

#[test]
fn power_returns_by_itself_when_the_cut_says_so() {
    let mut chip = used_chip();
    chip.arm_cut(Cut { at_op: 0, tear: Tear::After, off_for: Some(cycles_from_ms(20)) });
    chip.nvmc_write_word(0, 0).unwrap_err();
    let back = chip.power_returns_at().unwrap();
    assert_eq!(back, chip.now() + cycles_from_ms(20));
    chip.pass_time(back - 1);
    assert!(!chip.is_powered());
    chip.pass_time(back + 1);
    assert!(chip.is_powered());
    assert!(chip.now() >= back);
}

#[test]
fn a_snapshot_is_independent() {
    let mut chip = used_chip();
    let mut snapshot = chip.clone();
    update(&mut chip).unwrap();
    assert!(chip.flash() != snapshot.flash());
    update(&mut snapshot).unwrap();
    assert!(chip.flash() == snapshot.flash());
    assert_eq!(chip.now(), snapshot.now());
}

#[test]
fn retained_registers_and_ram_survive_a_soft_reset() {
    let mut chip = used_chip();
    chip.store_word(GPREGRET, 0xB1).unwrap();
    chip.store_word(0x2000_0100, 0x600D_600D).unwrap();
    chip.reset(Reset::Soft);
    assert_eq!(chip.load_word(GPREGRET), Ok(0xB1));
    assert_eq!(chip.load_word(0x2000_0100), Ok(0x600D_600D));
    assert_eq!(chip.load_word(RESETREAS), Ok(1 << 2));
}
