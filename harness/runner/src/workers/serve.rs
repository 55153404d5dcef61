//! The worker's side.

use std::io::{self, BufRead, Write};
use std::sync::mpsc;
use std::thread;

use gauntlet_bench::Bench;
use gauntlet_record::{ErrorClass, ErrorReport, Millis, Verdict};
use gauntlet_scenario::Case;

use super::lines::{Order, Said};
use crate::attempt::attempted_here;
use crate::run::RunOptions;
use crate::target;
use crate::told::{Teller, Told};

/// Runs what is asked for, until nobody asks any more. Nothing else may be written to `output`.
///
/// # Errors
/// Of `output`. Whoever asked is gone then.
pub fn serve(
    bench: &dyn Bench,
    cases: &[&Case],
    options: &RunOptions,
    input: impl BufRead + Send + 'static,
    output: &mut impl Write,
) -> io::Result<()> {
    let (sender, orders) = mpsc::channel();
    let stopper = options.stopper.clone();
    thread::spawn(move || {
        for line in input.lines() {
            match line.map(|line| serde_json::from_str::<Order>(&line)) {
                Ok(Ok(Order::Run(id))) if sender.send(id.clone()).is_ok() => {}
                _ => break,
            }
        }
        // Stopped, or left alone: either way nobody waits for what is still running.
        stopper.stop();
    });
    for id in orders {
        let Some(case) = cases.iter().find(|case| case.id == id) else {
            let why = format!("the process of the case finds no case `{id}`: its file has changed");
            let verdict = Verdict::Error(ErrorReport::new(ErrorClass::Tool, why));
            say(output, &Said::Ended { verdict, took: Millis::ZERO })?;
            continue;
        };
        let (sender, told) = mpsc::channel::<Told>();
        let (verdict, took) = thread::scope(|scope| {
            let running = scope.spawn(move || {
                let fitted = bench.target().map(|target| target::fitted(case, target)).transpose();
                match fitted {
                    Ok(fitted) => {
                        let case = fitted.as_ref().unwrap_or(case);
                        attempted_here(bench, case, options, &Teller::new(case.id.clone(), sender), 1)
                    }
                    Err(reason) => (Verdict::Skipped { reason }, std::time::Duration::ZERO),
                }
            });
            for Told { device, event, .. } in told {
                say(output, &Said::Told { device, event })?;
            }
            match running.join() {
                Ok(ended) => io::Result::Ok(ended),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })?;
        say(output, &Said::Ended { verdict, took: took.into() })?;
    }
    Ok(())
}

fn say(output: &mut impl Write, said: &Said) -> io::Result<()> {
    let mut line = serde_json::to_vec(said)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}
