//! Ctrl-C: the first one stops cleanly, the second one ends the program at once.

use gauntlet_record::ExitCode;
use gauntlet_runner::Stopper;

use crate::output::tell;

/// From now on Ctrl-C, and the signals that ask a program to end, use the stopper. `then` is what is still done before the end.
pub(crate) fn stops(stopper: &Stopper, then: &'static str) {
    let stopper = stopper.clone();
    let handler = move || {
        if stopper.is_stopped() {
            std::process::exit(ExitCode::Interrupted.number().into());
        }
        // Said first: whoever is stopped may end the program before this thread is served again.
        tell(&format!("\n  stopping; {then}. Ctrl-C again ends at once\n"));
        stopper.stop();
    };
    // Where no handler can be set, Ctrl-C ends the program as it always does.
    let _unset = ctrlc::set_handler(handler);
}
