//! Sweeps: every landing is recognised, every state is what a cut on the running chip leaves, and parts make the whole.

use gauntlet_nrf52::{
    Chip, Cut, Fault, FlashAction, Landing, Landmarks, NonVolatile, Outcome, Reset, Sweep, Tally, Tear,
    TearPattern, Tears, Variant, cycles_from_ms,
};

use super::{ENOUGH, OPS, is_done, updater};

/// The updater, run through with a journal.
fn recorded() -> Chip {
    let mut chip = updater(Variant::Nrf52832);
    chip.set_recording(true);
    chip.run_until(ENOUGH);
    chip
}

/// It has no application and no port: it ends asleep, and what it was to write is there.
fn landmarks() -> Landmarks {
    Landmarks::default()
}

#[test]
fn every_state_of_the_update_is_booted_once_and_ends_well() {
    let chip = recorded();
    let done = chip.non_volatile();
    let sweep = Sweep::of(&chip, landmarks()).unwrap();
    let mut booted = 0;
    let tally = sweep.run(&Tears::All, |boot, chip| {
        assert_eq!(boot.landing, Landing::Asleep, "{boot:?}");
        assert_eq!(boot.repeated, chip.is_none());
        if let Some(chip) = chip {
            booted += 1;
            assert!(is_done(chip) && chip.non_volatile() == done, "{boot:?}");
            assert_eq!((boot.starts, chip.faults_fired().len()), (1, 0));
        }
        true
    });
    assert_eq!(tally.boots(), booted);
    let words = |op: &&gauntlet_nrf52::FlashOp| matches!(op.action, FlashAction::Program { .. });
    assert_eq!(sweep.ops().iter().filter(words).count(), 24);
    assert!(tally.points() > 24 * 20, "{tally}");
    assert_eq!(tally.count(Landing::Asleep), tally.points());
}

/// What the sweep boots from is what a cut on the running chip leaves.
#[test]
fn a_state_of_the_sweep_is_the_state_after_a_live_cut() {
    let sweep = Sweep::of(&recorded(), landmarks()).unwrap();
    let tears = vec![TearPattern::LowHalf, TearPattern::Weak { seed: 4 }, TearPattern::random(8)];
    let mut live: Vec<NonVolatile> = Vec::new();
    for at_op in [0, 1, 5, 13, 25] {
        for tear in std::iter::once(Tear::Before).chain(tears.iter().copied().map(Tear::Torn)) {
            let mut chip = updater(Variant::Nrf52832);
            chip.arm(Fault::Cut(Cut { at_op, tear, off_for: None }));
            chip.run_until(ENOUGH);
            live.push(chip.non_volatile());
        }
    }
    let mut array = updater(Variant::Nrf52832).non_volatile();
    let mut offline = live.into_iter();
    for op in sweep.ops() {
        if [0, 1, 5, 13, 25].contains(&op.n) {
            assert!(offline.next() == Some(array.clone()));
            for &pattern in &tears {
                let mut torn = array.clone();
                torn.apply(&gauntlet_nrf52::FlashOp { outcome: Outcome::Torn(pattern), ..*op });
                assert!(offline.next() == Some(torn), "operation {} {pattern:?}", op.n);
            }
        }
        array.apply(op);
    }
}

#[test]
fn a_state_that_came_up_before_is_not_booted_again() {
    let tears = Tears::These(vec![TearPattern::FirstWords(0), TearPattern::FirstWords(5000)]);
    let sweep = Sweep::of(&recorded(), landmarks()).unwrap();
    let tally = sweep.run(&tears, |boot, _| {
        let untouched = boot.tear == Tear::Torn(TearPattern::FirstWords(0));
        assert_eq!(boot.repeated, untouched || boot.tear == Tear::Before && boot.op > 0, "{boot:?}");
        true
    });
    assert_eq!((tally.points(), tally.boots()), (3 * OPS, OPS + 1));
}

#[test]
fn workers_share_a_sweep() {
    let sweep = Sweep::of(&recorded(), landmarks()).unwrap();
    let mut points = Vec::new();
    let whole = sweep.run(&Tears::Random, |boot, _| {
        points.push((boot.op, boot.tear, boot.landing));
        true
    });
    assert_eq!(whole.points(), 2 * OPS);
    let mut parts = Vec::new();
    let mut merged = Tally::default();
    for index in 0..3 {
        let tally = sweep.clone().shard(index, 3).run(&Tears::Random, |boot, _| {
            parts.push((boot.op, boot.tear, boot.landing));
            true
        });
        merged.merge(&tally);
    }
    parts.sort_by_key(|&(op, tear, _)| (op, tear != Tear::Before));
    assert_eq!((parts, merged.points()), (points, whole.points()));
}

#[test]
fn a_part_of_the_run_is_swept_as_it_is_in_the_whole() {
    let sweep = Sweep::of(&recorded(), landmarks()).unwrap();
    let mut points = Vec::new();
    sweep.run(&Tears::Random, |boot, _| {
        points.push((boot.op, boot.tear, boot.digest, boot.landing));
        true
    });
    points.retain(|&(op, ..)| (7..12).contains(&(op - sweep.ops()[0].n)));
    let mut part = Vec::new();
    for index in 0..2 {
        sweep.clone().within(7..12).shard(index, 2).run(&Tears::Random, |boot, _| {
            part.push((boot.op, boot.tear, boot.digest, boot.landing));
            true
        });
    }
    part.sort_by_key(|&(op, tear, ..)| (op, tear != Tear::Before));
    assert_eq!((part.len(), part), (10, points));
    assert_eq!(sweep.within(5..5).run(&Tears::All, |_, _| true).points(), 0);
}

#[test]
fn a_second_cut_strikes_the_recovery() {
    let cut = |tear| Fault::Cut(Cut { at_op: 3, tear, off_for: None });
    let sweep = Sweep::of(&recorded(), landmarks()).unwrap();
    let lost = sweep.clone().with_faults([cut(Tear::After)]).run(&Tears::Clean, |_, _| true);
    assert_eq!(lost.count(Landing::PowerLost), OPS);
    let again = Fault::Cut(Cut { at_op: 3, tear: Tear::After, off_for: Some(cycles_from_ms(3)) });
    let back = sweep.with_faults([again]).run(&Tears::Clean, |boot, _| boot.starts == 2);
    assert_eq!(back.count(Landing::Asleep), OPS);
}

#[test]
fn a_sweep_ends_when_it_is_told_to_and_needs_a_journal() {
    let chip = updater(Variant::Nrf52832);
    assert!(Sweep::of(&chip, landmarks()).is_none());
    let sweep = Sweep::of(&recorded(), landmarks()).unwrap();
    assert_eq!(sweep.run(&Tears::Clean, |boot, _| boot.op < 4).points(), 5);
}

/// A program at the reset vector.
fn landed(code: &[u16], landmarks: &Landmarks) -> Landing {
    let mut chip = Chip::new(Variant::Nrf52840, 2);
    let mut image = vec![0x00, 0x10, 0x00, 0x20, 0x41, 0, 0, 0];
    image.resize(0x40, 0xFF);
    image.extend(code.iter().flat_map(|half| half.to_le_bytes()));
    chip.put_image(0, &image);
    chip.reset(Reset::PowerOn);
    landmarks.watch(&mut chip)
}

#[test]
fn every_landing_is_told_from_the_others() {
    let short = Landmarks { application: 0x2000..0x3000, limit_ms: 500, ..Landmarks::default() };
    // b .
    assert_eq!(landed(&[0xE7FE], &short), Landing::Stuck);
    assert_eq!(
        landed(&[0xE7FE], &Landmarks { application: 0x40..0x42, ..short.clone() }),
        Landing::Application
    );
    // wfi; b back
    assert_eq!(landed(&[0xBF30, 0xE7FD], &short), Landing::Asleep);
    // udf: the handlers are erased flash
    assert_eq!(landed(&[0xDE00], &short), Landing::Lockup);
    // ldr r0, =AIRCR; ldr r1, =0x05FA0004; str r1, [r0]; b .
    let reset = [0x4801, 0x4902, 0x6001, 0xE7FE, 0xED0C, 0xE000, 0x0004, 0x05FA];
    assert_eq!(landed(&reset, &short), Landing::ResetLoop);
    // ldr r0, =SYSTEMOFF; movs r1, #1; str r1, [r0]; b .
    assert_eq!(landed(&[0x4801, 0x2101, 0x6001, 0xE7FE, 0x0500, 0x4000], &short), Landing::Off);
    // ldr r0, =UARTE0.ENABLE; movs r1, #8; str r1, [r0, #0x14]; str r1, [r0]; ldr r0, =STARTRX; movs r1, #1;
    // str r1, [r0]; wfi; b back
    let listen = [
        0x4804, 0x2108, 0x6141, 0x6001, 0x4803, 0x2101, 0x6001, 0xBF30, 0xE7FD, 0xBF00, 0x2500, 0x4000,
        0x2000, 0x4000,
    ];
    assert_eq!(landed(&listen, &short), Landing::Listening);
}
