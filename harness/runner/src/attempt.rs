//! One attempt at a case: on this thread or in a worker process, in a runtime of its own.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use gauntlet_bench::{Backend, Bench};
use gauntlet_record::{ErrorClass, ErrorReport, Verdict};
use gauntlet_scenario::Case;

use crate::case;
use crate::run::RunOptions;
use crate::told::Teller;
#[cfg(unix)]
use crate::workers::Worker;

/// Where a thread of the run has its worker, if its cases run in one.
#[derive(Default)]
pub(crate) struct Seat {
    #[cfg(unix)]
    worker: Option<Worker>,
}

pub(crate) fn attempted(
    bench: &dyn Bench,
    case: &Case,
    options: &RunOptions,
    teller: &Teller,
    seat: &mut Seat,
    attempt: u32,
) -> (Verdict, Duration) {
    #[cfg(unix)]
    if let Some(workers) = &options.workers {
        let mut worker = match seat.worker.take().map_or_else(|| Worker::start(workers), Ok) {
            Ok(worker) => worker,
            Err(error) => {
                let report = ErrorReport::from_error(ErrorClass::Bench, &error);
                return (Verdict::Error(report), Duration::ZERO);
            }
        };
        return match worker.attempt(&case.id, &options.stopper, teller) {
            Ok(ended) => {
                seat.worker = Some(worker);
                ended
            }
            Err(verdict) => (verdict, Duration::ZERO),
        };
    }
    let _ = seat;
    attempted_here(bench, case, options, teller, attempt)
}

/// Tries `case` once, in this process.
pub(crate) fn attempted_here(
    bench: &dyn Bench,
    case: &Case,
    options: &RunOptions,
    teller: &Teller,
    attempt: u32,
) -> (Verdict, Duration) {
    let runtime = match runtime(bench) {
        Ok(runtime) => runtime,
        Err(error) => {
            let report = ErrorReport::from_error(ErrorClass::Internal, &error);
            return (Verdict::Error(report), Duration::ZERO);
        }
    };
    let seed = case_seed(options.seed, case.id.as_str());
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(case::run(bench, case, seed, options, teller, attempt))
    }));
    // What the case used is gone with it, so nothing half-done is seen by another.
    ended.unwrap_or_else(|panic| (Verdict::Error(broken(&*panic)), Duration::ZERO))
}

/// A case that broke the harness, or its model of a device, is an error of its own; the others are run all the same.
fn broken(panic: &(dyn Any + Send)) -> ErrorReport {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let words = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
    ErrorReport {
        causes: vec![words.to_owned()],
        ..ErrorReport::new(
            ErrorClass::Internal,
            "gauntlet broke down in this case, which is a bug of gauntlet or of its virtual device: please report it",
        )
    }
}

/// A runtime for one board: one thread, and on a bench with virtual time a clock that waits for no wall.
pub(crate) fn runtime(bench: &dyn Bench) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    if !bench.has_virtual_time() || bench.backend() == Backend::Serial {
        // Links of this machine need its ports and sockets.
        builder.enable_io();
    }
    builder.enable_time().start_paused(bench.has_virtual_time()).build()
}

/// The seed of a case depends on nothing but the run's seed and its id, so that it can be run again alone.
fn case_seed(seed: u64, id: &str) -> u64 {
    // FNV-1a, 64 bit.
    id.bytes().fold(seed ^ 0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}
