//! Ctrl-C: the first one stops cleanly, the second one ends the program at once.

use gauntlet_record::ExitCode;
use gauntlet_runner::Stopper;

use crate::output::tell;

/// From now on Ctrl-C, and the signals that ask a program to end, use the stopper.
pub(crate) fn stops(stopper: &Stopper) {
    let stopper = stopper.clone();
    let handler = move || {
        if stopper.is_stopped() {
            std::process::exit(ExitCode::Interrupted.number().into());
        }
        stopper.stop();
        tell("\n  stopping; the reports are still written. Ctrl-C again ends at once\n");
    };
    // Where no handler can be set, Ctrl-C ends the program as it always does.
    let _unset = ctrlc::set_handler(handler);
}
