//! Erasing, flashing and reading back, through unmodified probe-rs and its own flash algorithm, on both chips.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod board;

use std::slice;

use board::{BOTH, Board, pattern};
use gauntlet_nrf52::{Cut, Tear, TearPattern, Variant, cycles_from_ms};
use gauntlet_probe::{Debugger, FlashPhase, Image, ProbeError, Segment};

const UICR: u32 = 0x1000_1000;
const UICR_BOOTLOADER: u32 = UICR + 0x14;
const UICR_PARAMS: u32 = UICR + 0x18;
const UICR_APPROTECT: u32 = UICR + 0x208;

/// 100 KiB that neither start nor end on a page boundary, and a UICR word.
fn image() -> Image {
    Image::new().with(0x1100, pattern(100 << 10, 1)).with(UICR_BOOTLOADER, 0x0007_8000_u32.to_le_bytes())
}

#[test]
fn flash_verify_and_read_back() {
    for variant in BOTH {
        let board = Board::new("flash", variant);
        let before = board.flash();
        let mut debugger = board.attach();
        let mut phases = Vec::new();
        debugger
            .flash(&image(), true, &mut |progress| {
                assert!(progress.total.is_none_or(|total| progress.done <= total), "{progress:?}");
                if phases.last() != Some(&progress.phase) {
                    phases.push(progress.phase);
                }
            })
            .unwrap();
        assert_eq!(phases, [FlashPhase::Keep, FlashPhase::Erase, FlashPhase::Program, FlashPhase::Verify]);

        let mut expected = before;
        expected[0x1100..0x1100 + (100 << 10)].copy_from_slice(&pattern(100 << 10, 1));
        assert!(board.flash() == expected, "the image is in, and nothing else has changed");

        let size = expected.len() as u32;
        let back = debugger.read_back(&[0..size, UICR_BOOTLOADER..UICR_BOOTLOADER + 4]).unwrap();
        assert!(back[0].bytes == expected);
        assert_eq!(back[1], Segment::new(UICR_BOOTLOADER, 0x0007_8000_u32.to_le_bytes()));
        debugger.verify(&image()).unwrap();
        drop(debugger);
        assert!(board.read_independently(0, size) == back[0].bytes, "a second debugger reads the same");
    }
}

#[test]
fn other_words_of_the_user_information_are_kept() {
    let board = Board::new("uicr", Variant::Nrf52832);
    let mut debugger = board.attach();
    debugger.flash(&Image::new().with(UICR_BOOTLOADER, [1, 2, 3, 4]), true, &mut |_| {}).unwrap();
    debugger.flash(&Image::new().with(UICR_PARAMS, [5, 6, 7, 8]), true, &mut |_| {}).unwrap();
    let back = debugger.read_back(slice::from_ref(&(UICR_BOOTLOADER..UICR_PARAMS + 4))).unwrap();
    assert_eq!(back[0].bytes, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn erasing_all_takes_flash_and_user_information() {
    for variant in BOTH {
        let board = Board::new("erase", variant);
        let mut debugger = board.attach();
        debugger.flash(&Image::new().with(UICR_PARAMS, [0; 4]), false, &mut |_| {}).unwrap();
        let before = board.chip(|chip| chip.now());
        debugger.erase_all().unwrap();
        assert!(board.chip(|chip| chip.now()) - before >= cycles_from_ms(100), "it takes device time");
        assert!(board.flash().iter().all(|&byte| byte == 0xFF));
        assert!(board.chip(|chip| chip.uicr()).iter().all(|&byte| byte == 0xFF));
    }
}

#[test]
fn erasing_a_page_leaves_its_neighbours() {
    for variant in BOTH {
        let board = Board::new("page", variant);
        let mut expected = board.flash();
        expected[0x4000..0x6000].fill(0xFF);
        board.attach().erase(0x4000..0x6000).unwrap();
        assert!(board.flash() == expected);
    }
}

#[test]
fn the_flashed_firmware_runs_after_a_reset() {
    for variant in BOTH {
        let board = Board::new("firmware", variant);
        let mut debugger = board.attach();
        debugger.flash(&Image::new().with(0, board::COUNTER), true, &mut |_| {}).unwrap();
        assert_eq!(debugger.program_counter().unwrap(), 8, "the core waits at the first instruction");
        debugger.reset().unwrap();
        let count = debugger.read_word(board::COUNT).unwrap();
        assert!(debugger.read_word(board::COUNT).unwrap() > count);
        debugger.detach().unwrap();
        let starts = board.chip(|chip| chip.starts());
        board.machine.lock().unwrap().run_for(cycles_from_ms(1));
        assert_eq!(board.chip(|chip| chip.starts()), starts);
    }
}

#[test]
fn a_difference_is_found_and_named() {
    let board = Board::new("verify", Variant::Nrf52840);
    let mut debugger = board.attach();
    debugger.flash(&image(), true, &mut |_| {}).unwrap();
    let found = !board.flash()[0x2345];
    board.chip(|chip| chip.put_image(0x2345, &[found]));
    let error = debugger.verify(&image()).unwrap_err();
    let expected = pattern(100 << 10, 1)[0x2345 - 0x1100];
    assert!(
        matches!(error, ProbeError::VerifyMismatch { address: 0x2345, expected: e, found: f } if (e, f) == (expected, found)),
        "{error:?}"
    );
}

#[test]
fn an_image_that_does_not_fit_is_refused_before_anything_is_changed() {
    let board = Board::new("misfit", Variant::Nrf52832);
    let mut debugger = board.attach();
    let ops = board.chip(|chip| chip.flash_ops());
    for image in [
        Image::new().with(0x7FFFE, [0; 4]),
        Image::new().with(0x1000, [0; 16]).with(0x1008, [0; 4]),
        Image::new().with(0x3000_0000, [0; 4]),
    ] {
        let error = debugger.flash(&image, true, &mut |_| {}).unwrap_err();
        assert!(matches!(error, ProbeError::BadImage { .. }), "{error:?}");
    }
    assert_eq!(board.chip(|chip| chip.flash_ops()), ops);
}

#[test]
fn power_fails_in_the_middle_and_the_board_recovers() {
    for variant in BOTH {
        let board = Board::new("cut", variant);
        let mut debugger = board.attach();
        board.chip(|chip| {
            chip.arm_cut(Cut { at_op: 5_000, tear: Tear::Torn(TearPattern::random(1)), off_for: None });
        });
        let error = debugger.flash(&image(), true, &mut |_| {}).unwrap_err();
        assert!(matches!(error, ProbeError::NoAcknowledge { .. }), "{error:?}");
        assert!(std::error::Error::source(&error).is_some(), "the error of probe-rs is kept");
        assert_eq!(board.chip(|chip| chip.cut_fired()).map(|report| report.cut.at_op), Some(5_000));
        let error = debugger.read_word(0).unwrap_err();
        assert!(matches!(error, ProbeError::NoAcknowledge { .. }), "{error:?}");
        drop(debugger);

        board.machine.lock().unwrap().power_on();
        let mut debugger = board.attach();
        assert!(debugger.verify(&image()).is_err(), "half an image");
        debugger.flash(&image(), true, &mut |_| {}).unwrap();
        debugger.detach().unwrap();
    }
}

#[test]
fn a_protected_chip_is_unlocked_only_with_permission() {
    for variant in BOTH {
        let board = Board::new("locked", variant);
        board.attach().flash(&Image::new().with(UICR_APPROTECT, [0; 4]), true, &mut |_| {}).unwrap();
        {
            let mut machine = board.machine.lock().unwrap();
            machine.power_off();
            machine.power_on();
        }
        let before = board.flash();
        let error = Debugger::attach(&board.selector()).unwrap_err();
        assert!(matches!(error, ProbeError::Locked { .. }), "{error:?}");
        assert!(board.flash() == before, "refused, and untouched");

        let mut debugger = Debugger::attach(&board.selector().allow_erase_all()).unwrap();
        assert!(board.flash().iter().all(|&byte| byte == 0xFF));
        assert_eq!(debugger.read_word(UICR_APPROTECT).unwrap(), 0xFFFF_FFFF);
        debugger.flash(&image(), true, &mut |_| {}).unwrap();
    }
}

#[test]
fn two_runs_are_the_same_run() {
    let run = |name: &str, variant| {
        let board = Board::new(name, variant);
        let mut debugger = board.attach();
        debugger.erase_all().unwrap();
        debugger.flash(&image(), true, &mut |_| {}).unwrap();
        drop(debugger);
        let transfers = board.machine.lock().unwrap().dap_transfers();
        board.chip(|chip| (chip.instructions(), chip.now(), chip.flash_ops(), transfers))
    };
    for variant in BOTH {
        assert_eq!(run("first", variant), run("second", variant));
    }
}
