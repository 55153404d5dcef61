//! A case that breaks the harness is an error of its own, and takes no other case with it.

use gauntlet_bench::{Bench, Board, BoardError, Capability, Variant, VirtualBench};
use gauntlet_record::{Collector, ErrorClass, Event, ExitCode, Millis, Recorder, Verdict};
use gauntlet_runner::{RunOptions, run};
use gauntlet_scenario::{Case, NoFiles, Source, load_sources};

/// A virtual bench whose boards with one of the chips break.
struct Breaking(VirtualBench);

impl Bench for Breaking {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn capabilities(&self) -> &[Capability] {
        self.0.capabilities()
    }

    fn open(&self, variant: Variant, seed: u64) -> Result<Box<dyn Board>, BoardError> {
        assert_ne!(variant, Variant::Nrf52840, "this one breaks");
        self.0.open(variant, seed)
    }

    fn has_virtual_time(&self) -> bool {
        self.0.has_virtual_time()
    }
}

const THREE: &str = "
id: good/update
title: A good update
chip: [nrf52832, nrf52840, nrf52833]
packages:
  update: { application: { witness: 2, size: 4 KiB }, version: 2 }
steps:
  - update: update
expect:
  application: { witness: 2 }
";

#[test]
fn the_other_cases_have_their_verdicts() {
    let suite = load_sources(&[Source::new("case.yaml", THREE)], &NoFiles)
        .unwrap_or_else(|bad| panic!("{}", bad.render(100, false)));
    let cases: Vec<&Case> = suite.cases().collect();
    let mut collector = Collector::default();
    let recorder = Recorder::new(|| Millis::ZERO).with(&mut collector);
    let end = run(&Breaking(VirtualBench::new()), &cases, &RunOptions::default(), recorder);

    let verdicts: Vec<Verdict> = collector
        .into_records()
        .into_iter()
        .filter_map(|record| match record.event {
            Event::CaseFinished { verdict, .. } => Some(verdict),
            _ => None,
        })
        .collect();
    let [Verdict::Pass, Verdict::Error(error), Verdict::Pass] = &verdicts[..] else {
        panic!("{verdicts:?}");
    };
    assert_eq!(error.class, ErrorClass::Internal);
    assert!(error.message.contains("please report it"), "{}", error.message);
    assert!(error.causes[0].contains("this one breaks"), "{:?}", error.causes);
    assert_eq!(end.exit_code, ExitCode::Internal);
}
