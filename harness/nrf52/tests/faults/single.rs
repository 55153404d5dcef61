//! One fault at a time.

use gauntlet_nrf52::{
    Chip, ChipStop, Cut, Fault, FlashAction, FlashFailure, Outcome, Tear, TearPattern, Variant,
    cycles_from_ms, cycles_from_us,
};

use super::{DONE, ENOUGH, ERASES, FIRST, OPS, STORES, is_done, replayed, updater};

const VARIANTS: [Variant; 3] = [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840];

#[test]
fn without_faults_the_firmware_gets_through() {
    for variant in VARIANTS {
        let mut chip = updater(variant);
        chip.set_recording(true);
        assert_eq!(chip.run_until(ENOUGH), ChipStop::Sleeping);
        assert!(is_done(&chip));
        assert_eq!(chip.flash_ops(), OPS);
        assert!(replayed(&chip) == chip.non_volatile());
        let erases = |op: &&gauntlet_nrf52::FlashOp| matches!(op.action, FlashAction::ErasePage { .. });
        assert!(chip.journal().iter().filter(erases).all(|op| op.pc == ERASES));
        assert!(chip.journal().iter().filter(|op| !erases(op)).all(|op| op.pc == STORES));
    }
}

#[test]
fn an_operation_that_fails_is_told_from_one_that_is_refused() {
    let failures = [
        (FlashFailure::Nothing, Some(Outcome::Failed), u32::MAX),
        (FlashFailure::Partly(TearPattern::LowHalf), Some(Outcome::Torn(TearPattern::LowHalf)), 0xFFFF_9BDF),
        (FlashFailure::Refused, None, u32::MAX),
    ];
    for (failure, outcome, word) in failures {
        let mut chip = updater(Variant::Nrf52832);
        chip.set_recording(true);
        let fault = Fault::Flash { at_op: 1, failure };
        chip.arm(fault);
        assert_eq!(chip.faults_armed().collect::<Vec<_>>(), [fault]);
        chip.run_until(chip.now() + cycles_from_ms(100));
        assert_eq!(chip.journal().get(1).filter(|op| op.pc == STORES).map(|op| op.outcome), outcome.or(None));
        assert_eq!(chip.non_volatile().word(0x8000), Some(word), "{failure:?}");
        let [fired] = chip.faults_fired() else { panic!("fired once: {:?}", chip.faults_fired()) };
        let action = FlashAction::Program { address: 0x8000, value: 0x1357_9BDF };
        assert_eq!((fired.fault, fired.op, fired.pc), (fault, Some((1, action)), Some(STORES)));
        assert_eq!(chip.faults_armed().count(), 0);
        let refused: Vec<_> = chip.refusals().iter().map(|refusal| (refusal.address, refusal.pc)).collect();
        match failure {
            // The vectors lead to the start again: the firmware locks up or starts over, but is not done.
            FlashFailure::Refused => assert_eq!(refused, [(0x8000, STORES)]),
            _ => assert_eq!(refused, []),
        }
        assert!(replayed(&chip) == chip.non_volatile());
    }
}

#[test]
fn an_erase_can_fail_too() {
    let mut chip = updater(Variant::Nrf52840);
    chip.arm(Fault::Flash { at_op: 0, failure: FlashFailure::Nothing });
    chip.run_until(ENOUGH);
    assert!(is_done(&chip), "the firmware does not look at what it wrote");
    assert_eq!(chip.non_volatile().word(0x8FFC), Some(0x5A5A_5A5A));
    assert_eq!(chip.non_volatile().word(0x8000), Some(0x5A5A_5A5A & 0x1357_9BDF), "bits only fall");
    assert_eq!(chip.non_volatile().word(0x9FFC), Some(u32::MAX));
}

#[test]
fn a_cut_at_a_time_tears_the_erase_as_far_as_it_got() {
    let mut shares = Vec::new();
    for ms in [10, 40, 80] {
        let mut chip = updater(Variant::Nrf52832);
        chip.set_recording(true);
        let start = chip.now();
        chip.arm(Fault::CutAt { cycle: cycles_from_ms(ms), off_for: None });
        assert_eq!(chip.run_until(ENOUGH), ChipStop::PoweredOff);
        assert_eq!(chip.faults_fired()[0].at, start + cycles_from_ms(ms));
        assert_eq!(chip.faults_fired()[0].op, Some((0, FlashAction::ErasePage { address: 0x8000 })));
        assert!(replayed(&chip) == chip.non_volatile());
        let page = &chip.flash()[0x8000..0x9000];
        shares.push(page.iter().map(|byte| byte.count_ones()).sum::<u32>());
    }
    assert!(shares[0] < shares[1] && shares[1] < shares[2], "{shares:?}");
    assert!(shares[0] > 4 * 4096 && shares[2] < 8 * 4096);
}

#[test]
fn a_cut_at_a_time_strikes_a_sleeping_chip_and_power_comes_back() {
    let mut chip = updater(Variant::Nrf52840);
    chip.run_until(ENOUGH);
    chip.arm(Fault::CutAt { cycle: cycles_from_ms(70), off_for: Some(cycles_from_ms(5)) });
    assert_eq!(chip.run_until(chip.now() + cycles_from_ms(72)), ChipStop::PoweredOff);
    assert_eq!(chip.faults_fired()[0].op, None);
    chip.run_until(chip.now() + ENOUGH);
    assert_eq!(chip.starts(), FIRST + 2);
    assert!(is_done(&chip));
}

#[test]
fn faults_strike_one_after_the_other() {
    let mut chip = updater(Variant::Nrf52832);
    let torn = Tear::Torn(TearPattern::random(3));
    let off_for = Some(cycles_from_us(500));
    chip.arm_all([
        Fault::Cut(Cut { at_op: 30, tear: Tear::Before, off_for }),
        Fault::Cut(Cut { at_op: 4, tear: torn, off_for }),
        Fault::Flash { at_op: 2, failure: FlashFailure::Partly(TearPattern::EarlyBit(2)) },
    ]);
    chip.run_until(3 * ENOUGH);
    let fired: Vec<_> =
        chip.faults_fired().iter().map(|fired| (fired.fault.op(), fired.boot - FIRST)).collect();
    assert_eq!(fired, [(Some(2), 0), (Some(4), 0), (Some(30), 1)], "counting goes on over the resets");
    assert!(is_done(&chip));
    assert_eq!(chip.flash_ops(), 30 + OPS, "thirty before the last cut, and one whole round after it");
    assert!(!chip.disarm_faults());
}

/// Firmware in the host is stopped in the same way.
#[test]
fn a_fault_stops_firmware_in_the_host() {
    let mut chip = Chip::new(Variant::Nrf52832, 1);
    chip.arm(Fault::CutAt { cycle: cycles_from_ms(20), off_for: None });
    chip.put_image(0x8000, &[0; 4096]);
    assert!(chip.nvmc_erase_page(0x8000).is_err());
    assert!(!chip.is_powered());
    assert_eq!(chip.now(), chip.faults_fired()[0].at);
    let risen: u32 = chip.flash()[0x8000..0x9000].iter().map(|byte| byte.count_ones()).sum();
    assert!((4_000..12_000).contains(&risen), "20 ms of 85: {risen} bits");
}

#[test]
fn a_long_journal_moves_its_base_and_still_tells_the_truth() {
    let mut chip = updater(Variant::Nrf52832);
    chip.set_recording(true);
    chip.set_journal_limit(8);
    chip.run_until(ENOUGH);
    assert_eq!(chip.flash_ops(), OPS);
    assert!((4..=8).contains(&chip.journal().len()), "{}", chip.journal().len());
    assert_eq!(chip.journal().last().map(|op| op.n), Some(OPS - 1));
    assert!(replayed(&chip) == chip.non_volatile());
    assert!(is_done(&chip) && chip.ram().len() > DONE);
}

#[test]
fn a_journal_may_begin_in_the_middle_of_an_operation() {
    let mut chip = updater(Variant::Nrf52832);
    chip.run_until(chip.now() + cycles_from_ms(30));
    chip.set_recording(true);
    chip.power_off();
    assert_eq!(chip.journal().len(), 1);
    assert!(matches!(chip.journal()[0].outcome, Outcome::Torn(_)));
    assert!(replayed(&chip) == chip.non_volatile());
}
