//! Every kind of reset at an operation and at a time: what it does to flash, RAM, retained registers and reasons.

use gauntlet_nrf52::{
    Chip, Fault, FlashAction, Outcome, RamFate, Reason, Reset, Tear, TearPattern, Variant, cycles_from_ms,
};

use super::{ENOUGH, FIRST, OPS, is_done, replayed, updater};

const RESETREAS: u32 = 0x4000_0400;
const GPREGRET: u32 = 0x4000_051C;
const KINDS: [Reset; 8] = [
    Reset::PowerOn,
    Reset::BrownOut,
    Reset::Pin,
    Reset::Watchdog,
    Reset::Soft,
    Reset::Lockup,
    Reset::CtrlAp,
    Reset::WakeFromOff,
];
/// A place in RAM the firmware does not use.
const MARK: usize = 0x3000;

fn marked(variant: Variant) -> Chip {
    let mut chip = updater(variant);
    chip.store_word(GPREGRET, 0xB1).unwrap();
    chip.store_word(0x2000_0000 + MARK as u32, 0xCAFE_F00D).unwrap();
    chip.set_recording(true);
    chip
}

/// The firmware starts over, and the chip shows what the table says.
fn judge(mut chip: Chip, kind: Reset, before: u64, note: &str) {
    let effects = kind.effects();
    assert_eq!((chip.starts(), chip.last_reset()), (FIRST + 2, kind), "{note}");
    let reason = match effects.reason {
        Reason::Set(bit) => bit,
        Reason::Clear => 0,
    };
    assert_eq!(chip.load_word(RESETREAS), Ok(reason), "{note}");
    assert_eq!(chip.load_word(GPREGRET), Ok(if effects.clears_retained { 0 } else { 0xB1 }), "{note}");
    let kept = chip.ram()[MARK..MARK + 4] == [0x0D, 0xF0, 0xFE, 0xCA];
    assert_eq!(kept, effects.ram == RamFate::Kept, "{note}");
    chip.run_until(chip.now() + ENOUGH);
    assert!(is_done(&chip), "{note}");
    assert_eq!(chip.flash_ops(), before + OPS, "{note}");
    assert!(replayed(&chip) == chip.non_volatile(), "{note}");
}

#[test]
fn each_kind_at_an_operation() {
    for kind in KINDS {
        for tear in [Tear::Before, Tear::Torn(TearPattern::HighHalf), Tear::After] {
            let note = format!("{kind:?} {tear:?}");
            let mut chip = marked(Variant::Nrf52832);
            chip.arm(Fault::Reset { at_op: 7, tear, kind });
            // Not far enough for the next erase to end.
            chip.run_until(chip.now() + cycles_from_ms(86) + 64_000);
            let struck = 7 + u64::from(tear != Tear::Before);
            let ops: Vec<_> =
                chip.journal().iter().filter(|op| op.boot == FIRST).map(|op| op.outcome).collect();
            assert_eq!(ops.len() as u64, struck, "{note}");
            let last = match tear {
                Tear::Torn(pattern) => Outcome::Torn(pattern),
                _ => Outcome::Complete,
            };
            assert_eq!(ops.last(), Some(&last), "{note}");
            assert_eq!(chip.faults_fired()[0].op.unwrap().0, 7);
            judge(chip, kind, struck, &note);
        }
    }
}

#[test]
fn each_kind_at_a_time_with_the_erase_finished_or_torn() {
    for kind in KINDS {
        for finishes in [true, false] {
            let note = format!("{kind:?}, finishes: {finishes}");
            let mut chip = marked(Variant::Nrf52840);
            chip.arm(Fault::ResetAt { cycle: cycles_from_ms(40), kind, finishes });
            chip.run_until(chip.now() + cycles_from_ms(50));
            let fired = chip.faults_fired()[0];
            assert_eq!(fired.op, Some((0, FlashAction::ErasePage { address: 0x8000 })), "{note}");
            let torn = matches!(chip.journal()[0].outcome, Outcome::Torn(_));
            assert_eq!(torn, !finishes, "{note}");
            judge(chip, kind, 1, &note);
        }
    }
}
