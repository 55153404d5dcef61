//! Any list of faults: the journal tells what happened to the array, and the run repeats.

use gauntlet_nrf52::{
    Chip, Cut, Fault, FlashFailure, Reset, Tear, TearPattern, Variant, cycles_from_ms, cycles_from_us,
};
use proptest::prelude::*;

use super::{OPS, replayed, updater};

fn pattern() -> impl Strategy<Value = TearPattern> {
    prop_oneof![
        Just(TearPattern::LowHalf),
        Just(TearPattern::HighHalf),
        (0u32..1100).prop_map(TearPattern::FirstWords),
        (0u8..34).prop_map(TearPattern::LateBit),
        (0u8..34).prop_map(TearPattern::EarlyBit),
        (0u8..=100, any::<u64>()).prop_map(|(percent, seed)| TearPattern::Density { percent, seed }),
        any::<u64>().prop_map(|seed| TearPattern::Weak { seed }),
    ]
}

fn tear() -> impl Strategy<Value = Tear> {
    prop_oneof![Just(Tear::Before), Just(Tear::After), pattern().prop_map(Tear::Torn)]
}

fn kind() -> impl Strategy<Value = Reset> {
    prop::sample::select(vec![
        Reset::PowerOn,
        Reset::BrownOut,
        Reset::Pin,
        Reset::Watchdog,
        Reset::Soft,
        Reset::Lockup,
        Reset::CtrlAp,
        Reset::WakeFromOff,
    ])
}

fn failure() -> impl Strategy<Value = FlashFailure> {
    prop_oneof![
        Just(FlashFailure::Nothing),
        Just(FlashFailure::Refused),
        pattern().prop_map(FlashFailure::Partly)
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    let at_op = || 0..3 * OPS;
    let cycle = || 0..cycles_from_ms(400);
    let off_for = || 0..cycles_from_us(300);
    prop_oneof![
        (at_op(), tear(), off_for()).prop_map(|(at_op, tear, off)| Fault::Cut(Cut {
            at_op,
            tear,
            off_for: Some(off)
        })),
        (cycle(), off_for()).prop_map(|(cycle, off)| Fault::CutAt { cycle, off_for: Some(off) }),
        (at_op(), tear(), kind()).prop_map(|(at_op, tear, kind)| Fault::Reset { at_op, tear, kind }),
        (cycle(), kind(), any::<bool>()).prop_map(|(cycle, kind, finishes)| Fault::ResetAt {
            cycle,
            kind,
            finishes
        }),
        (at_op(), failure()).prop_map(|(at_op, failure)| Fault::Flash { at_op, failure }),
    ]
}

fn variant() -> impl Strategy<Value = Variant> {
    prop::sample::select(vec![Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840])
}

fn run(variant: Variant, faults: &[Fault], limit: usize) -> Chip {
    let mut chip = updater(variant);
    chip.set_recording(true);
    chip.set_journal_limit(limit);
    chip.arm_all(faults.iter().copied());
    chip.run_until(cycles_from_ms(900));
    chip
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_journal_is_what_happened_and_the_run_repeats(
        variant in variant(),
        faults in prop::collection::vec(fault(), 0..5),
        limit in prop::sample::select(vec![1, 5, 1000]),
    ) {
        let chip = run(variant, &faults, limit);
        prop_assert!(replayed(&chip) == chip.non_volatile());
        prop_assert!(chip.faults_fired().len() + chip.faults_armed().count() == faults.len());
        let again = run(variant, &faults, limit);
        prop_assert!(again.non_volatile() == chip.non_volatile() && again.ram() == chip.ram());
        prop_assert_eq!(again.faults_fired(), chip.faults_fired());
        prop_assert_eq!(again.journal(), chip.journal());
        prop_assert_eq!((again.now(), again.instructions(), again.starts()), (chip.now(), chip.instructions(), chip.starts()));
    }
}
