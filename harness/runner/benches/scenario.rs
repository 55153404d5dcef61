//! How long a whole scenario takes: one 30 KiB update, from an erased board to a verdict, closing update included.
//!
//! `cargo bench -p gauntlet-runner`. The peer in the same process is the probe work of such a case alone, so that the ratio
//! says what update, judgement and closing update cost.

use std::time::{Duration, Instant};

use gauntlet_bench::{Application, Bench, Build, Device, Profile, Variant, VirtualBench};
use gauntlet_package::keys::TestKey;
use gauntlet_probe::{Debugger, Image, Segment};
use gauntlet_record::{ExitCode, Millis, Recorder};
use gauntlet_runner::{RunOptions, run};
use gauntlet_scenario::{Case, NoFiles, Source, load_sources};

const ROUNDS: usize = 15;

const SCENARIO: &str = "
id: bench/update
title: A good update of 30 KiB
packages:
  update: { application: { witness: 2, size: 30 KiB }, version: 2 }
steps:
  - update: update
expect:
  application: { witness: 2 }
";

fn main() {
    let suite = load_sources(&[Source::new("bench.yaml", SCENARIO)], &NoFiles).expect("a good scenario");
    let cases: Vec<&Case> = suite.cases().collect();
    let bench = VirtualBench::new();
    let options = RunOptions::default();
    let whole = median(|| {
        let end = run(&bench, &cases, &options, Recorder::new(|| Millis::ZERO));
        assert_eq!(end.exit_code, ExitCode::Pass);
    });
    let probe = median(|| probe_work(&bench));
    let ratio = whole.as_secs_f64() / probe.as_secs_f64();
    report("one whole 30 KiB update scenario", whole);
    report("its probe work alone (erase, flash, verify, three read-backs)", probe);
    report_ratio(ratio);
}

fn probe_work(bench: &VirtualBench) {
    let device = Device {
        variant: Variant::Nrf52832,
        softdevice: Some(0x0101),
        build: Build::release(Profile::Ble, TestKey::Release.signing_key().public_key_le()),
        application: Some(Application { witness: 1, size: 20 * 1024, version: 1, buttonless: None }),
        firmware: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let board = bench.open(device.variant, 1).expect("a board");
        let image: Image = device
            .image()
            .segments
            .into_iter()
            .map(|segment| Segment::new(segment.address, segment.bytes))
            .collect();
        let mut debugger = Debugger::attach(board.selector()).expect("attached");
        debugger.erase_all().expect("erased");
        debugger.flash(&image, true, &mut |_| {}).expect("flashed");
        debugger.reset().expect("reset");
        let ranges: Vec<_> = device.regions().iter().map(|region| region.start..region.end).collect();
        for _ in 0..3 {
            debugger.read_back(&ranges).expect("read");
        }
        debugger.detach().expect("detached");
    });
}

fn median(mut work: impl FnMut()) -> Duration {
    work();
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
fn report(what: &str, time: Duration) {
    println!("{what}: {:.1} ms (median of {ROUNDS})", time.as_secs_f64() * 1000.0);
}

#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
fn report_ratio(ratio: f64) {
    println!("ratio: {ratio:.2}");
}
