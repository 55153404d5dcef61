//! Attach, memory and run control, through unmodified probe-rs, on both chips.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod board;

use std::time::Duration;

use board::{BOTH, Board, COUNT, COUNTER};
use gauntlet_nrf52::Variant;
use gauntlet_probe::{BoardSelector, CoreState, Debugger, ProbeError};

fn counting(test: &str, variant: Variant) -> Board {
    let board = Board::new(test, variant);
    board.chip(|chip| {
        assert!(chip.put_image(0, &COUNTER));
        chip.reset(gauntlet_nrf52::Reset::Pin);
    });
    board
}

#[test]
fn the_chip_is_recognised() {
    for variant in BOTH {
        let board = Board::new("recognised", variant);
        let mut selector = board.selector();
        selector.target = "auto".to_owned();
        assert_eq!(Debugger::attach(&selector).unwrap().target(), variant.target_name());
    }
}

#[test]
fn attaching_does_not_disturb_a_running_program() {
    for variant in BOTH {
        let board = counting("running", variant);
        let mut debugger = board.attach();
        assert_eq!(debugger.state().unwrap(), CoreState::Running);
        let first = debugger.read_word(COUNT).unwrap();
        assert!(debugger.read_word(COUNT).unwrap() > first, "the program gets on while it is watched");
        debugger.detach().unwrap();
        let starts = board.chip(|chip| chip.starts());
        board.machine.lock().unwrap().run_for(1000);
        assert_eq!(board.chip(|chip| chip.starts()), starts, "no reset, no lockup");
    }
}

#[test]
fn halt_step_run() {
    for variant in BOTH {
        let board = counting("stepping", variant);
        let mut debugger = board.attach();
        debugger.halt().unwrap();
        assert_eq!(debugger.state().unwrap(), CoreState::Halted);
        let count = debugger.read_word(COUNT).unwrap();
        assert_eq!(debugger.read_word(COUNT).unwrap(), count, "time stands still");
        debugger.reset_and_halt().unwrap();
        assert_eq!(debugger.program_counter().unwrap(), 0x08);
        assert_eq!([(); 5].map(|()| debugger.step().unwrap()), [0x0A, 0x0C, 0x0E, 0x10, 0x0C]);
        assert_eq!(debugger.register(1).unwrap(), 1);
        assert_eq!(debugger.read_word(COUNT).unwrap(), 1);
        debugger.run().unwrap();
        assert_eq!(debugger.state().unwrap(), CoreState::Running);
        assert!(debugger.read_word(COUNT).unwrap() > 1000);
    }
}

#[test]
fn a_breakpoint_in_flash_is_hit() {
    for variant in BOTH {
        let board = counting("breakpoint", variant);
        let mut debugger = board.attach();
        debugger.reset_and_halt().unwrap();
        debugger.set_breakpoint(0x0E).unwrap();
        for round in 0..3 {
            debugger.run().unwrap();
            debugger.wait_for_halt(Duration::from_millis(100)).unwrap();
            assert_eq!(debugger.program_counter().unwrap(), 0x0E);
            assert_eq!(debugger.register(1).unwrap(), round + 1);
        }
        debugger.clear_breakpoint(0x0E).unwrap();
        debugger.run().unwrap();
        assert!(matches!(debugger.wait_for_halt(Duration::from_millis(5)), Err(ProbeError::TimedOut { .. })));
    }
}

#[test]
fn memory_in_every_width_and_alignment() {
    for variant in BOTH {
        let board = Board::new("memory", variant);
        let mut debugger = board.attach();
        debugger.halt().unwrap();
        debugger.write_word(0x2000_0000, 0x0403_0201).unwrap();
        assert_eq!(debugger.read_word(0x2000_0000).unwrap(), 0x0403_0201);
        debugger.write(0x2000_0001, &[0xAA]).unwrap();
        debugger.write(0x2000_0002, &[0xBB, 0xCC, 0xDD]).unwrap();
        let mut bytes = [0; 7];
        debugger.read(0x2000_0000, &mut bytes[..5]).unwrap();
        assert_eq!(bytes[..5], [0x01, 0xAA, 0xBB, 0xCC, 0xDD]);
        for start in 0x0FF9..0x1003 {
            let expected = &board.flash()[start..start + 7];
            debugger.read(start as u32, &mut bytes).unwrap();
            assert_eq!(bytes, expected, "from {start:#x}");
        }
        let ram = board::pattern(5000, 1);
        debugger.write(0x2000_0FFD, &ram).unwrap();
        let mut back = vec![0; ram.len()];
        debugger.read(0x0080_0FFD, &mut back).unwrap();
        assert!(back == ram, "one RAM under two names");
    }
}

#[test]
fn an_address_without_memory_is_refused_and_the_session_goes_on() {
    for variant in BOTH {
        let board = Board::new("unmapped", variant);
        let mut debugger = board.attach();
        for address in [0x3000_0000, 0x6000_0000, 0x1000_3000] {
            let error = debugger.read_word(address).unwrap_err();
            assert!(matches!(error, ProbeError::AccessRefused { .. }), "{error:?}");
        }
        assert!(matches!(debugger.write_word(0x2000, 0), Err(ProbeError::AccessRefused { .. })), "flash");
        assert_eq!(debugger.read_word(0x1000_0100).unwrap(), board.chip(|chip| chip.profile().part));
    }
}

#[test]
fn a_chip_without_firmware_is_locked_up() {
    for variant in BOTH {
        let board = Board::with_chip("blank", gauntlet_nrf52::Chip::new(variant, 1));
        let mut debugger = board.attach();
        assert_eq!(debugger.state().unwrap(), CoreState::LockedUp);
        debugger.halt().unwrap();
        assert_eq!(debugger.state().unwrap(), CoreState::Halted);
    }
}

#[test]
fn what_is_not_there_is_named() {
    let board = Board::new("named", Variant::Nrf52832);
    let absent = BoardSelector::new("ffff:0052:absent", "nRF52832_xxAA");
    assert!(
        matches!(Debugger::attach(&absent), Err(ProbeError::NoProbe { probe, .. }) if probe == absent.probe)
    );
    let nonsense = BoardSelector::new("nonsense", "nRF52832_xxAA");
    assert!(
        matches!(Debugger::attach(&nonsense), Err(ProbeError::NoProbe { probe, .. }) if probe == "nonsense")
    );
    let mut unknown = board.selector();
    unknown.target = "nRF99999".to_owned();
    assert!(
        matches!(Debugger::attach(&unknown), Err(ProbeError::UnknownTarget { target, .. }) if target == "nRF99999")
    );
    board.machine.lock().unwrap().power_off();
    let error = Debugger::attach(&board.selector()).unwrap_err();
    assert!(matches!(error, ProbeError::NoAcknowledge { .. }), "{error:?}");
}

#[test]
fn leading_zeros_of_a_serial_number_do_not_matter() {
    let machine = Board::new("zeros", Variant::Nrf52832).machine;
    let _registration = gauntlet_probe::virtual_probe::register("000682001", machine).unwrap();
    for probe in ["ffff:0052:000682001", "ffff:0052:682001"] {
        Debugger::attach(&BoardSelector::new(probe, "nRF52832_xxAA")).unwrap();
    }
}
