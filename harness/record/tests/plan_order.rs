//! The journal of a run does not depend on how many workers it had.
#![allow(clippy::unwrap_used, reason = "a test may end where something is wrong")]

use gauntlet_record::{CaseId, Collector, Counts, Event, Millis, PlanOrder, Recorder, Verdict};
use proptest::prelude::*;

const CASES: usize = 5;

fn case(number: usize) -> CaseId {
    CaseId::new(format!("area/case-{number}")).unwrap()
}

fn start() -> Event {
    Event::RunStarted {
        gauntlet: "0.1.0".into(),
        seed: 1,
        bench: "virtual".into(),
        link: "direct".into(),
        chips: vec![],
        planned: (0..CASES).map(case).collect(),
        sources: vec![],
        client: None,
        planted_bug: None,
    }
}

/// What case `number` tells: a few steps, then its end.
fn tale(number: usize) -> Vec<Event> {
    let step = |step| Event::StepStarted { step, of: number as u32, what: format!("step of {number}") };
    let end = Event::CaseFinished { verdict: Verdict::Pass, took_ms: Millis::ZERO };
    (1..=number as u32).map(step).chain([end]).collect()
}

/// Tells all cases, taking the next event from the case that `turns` names, as long as it has one.
fn told(turns: &[usize], finished: bool) -> Vec<(u64, Option<CaseId>, Event)> {
    let mut collector = Collector::default();
    let mut recorder = Recorder::new(|| Millis::ZERO).with(PlanOrder::new(&mut collector));
    recorder.emit(None, None, start());
    let mut tales: Vec<_> = (0..CASES).map(|number| tale(number).into_iter()).collect();
    for &turn in turns {
        if let Some(event) = tales[turn].next() {
            recorder.emit(Some(&case(turn)), None, event);
        }
    }
    if finished {
        recorder.emit(None, None, Event::RunFinished { counts: Counts::default(), interrupted: false });
    }
    assert!(recorder.finish().is_empty());
    collector.into_records().into_iter().map(|record| (record.seq, record.case, record.event)).collect()
}

fn one_after_the_other() -> Vec<usize> {
    (0..CASES).flat_map(|number| vec![number; number + 1]).collect()
}

proptest! {
    #[test]
    fn any_interleaving_is_told_like_one_after_the_other(
        turns in Just(one_after_the_other()).prop_shuffle()
    ) {
        prop_assert_eq!(told(&turns, true), told(&one_after_the_other(), true));
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_numbered_twice(turns in prop::collection::vec(0..CASES, 0..30)) {
        let records = told(&turns, false);
        let given: usize =
            (0..CASES).map(|c| turns.iter().filter(|&&turn| turn == c).count().min(c + 1)).sum();
        prop_assert_eq!(records.len(), given + 1);
        prop_assert!(records.iter().zip(0..).all(|(record, seq)| record.0 == seq));
        let order: Vec<_> = records.iter().filter_map(|record| record.1.clone()).collect();
        prop_assert!(order.is_sorted(), "{:?}", order);
    }
}

#[test]
fn the_case_whose_turn_it_is_passes_at_once() {
    let mut collector = Collector::default();
    let mut recorder = Recorder::new(|| Millis::ZERO).with(PlanOrder::new(&mut collector));
    recorder.emit(None, None, start());
    recorder.emit(Some(&case(1)), None, Event::PowerRestored);
    recorder.emit(Some(&case(0)), None, Event::PowerRestored);
    drop(recorder);
    let cases: Vec<_> = collector.records().iter().filter_map(|record| record.case.clone()).collect();
    assert_eq!(cases, [case(0)], "case 1 waits until case 0 has finished");
}
