//! What became of an update without a probe: the client's word is all there is.

use gauntlet_package::Image;
use gauntlet_record::ExitCode;
use gauntlet_runner::client::{ClientEnd, Ending};

use super::Said;
use super::rows::Rows;
use crate::args::DfuArgs;

/// How it ended, and the exit code.
pub(super) fn said(ending: &Ending) -> Said {
    let (outcome, words, code) = match ending {
        Ending::Completed => ("completed", None, ExitCode::Pass),
        Ending::Refused(words) => ("refused", Some(words), ExitCode::Failed),
        Ending::BrokenOff(words) => ("broken-off", Some(words), ExitCode::BenchUnusable),
        Ending::Stopped => ("stopped", None, ExitCode::Interrupted),
    };
    Said { outcome, words: words.cloned(), code }
}

/// For a person. `place` says where the device is.
pub(super) fn story(args: &DfuArgs, images: &[Image], end: &ClientEnd, place: &[(&str, String)]) -> String {
    let mut rows = Rows::below(match &end.ending {
        Ending::Completed => "the device accepted the update",
        Ending::Refused(_) => "the device refused the update",
        Ending::BrokenOff(_) => "the update broke off",
        Ending::Stopped => "the update was stopped; the same command goes on from there",
    });
    rows.package(&args.package, images, &end.figures);
    place.iter().for_each(|(label, value)| rows.add(label, value));
    match &end.ending {
        Ending::Refused(words) => rows.add("refused", words),
        Ending::BrokenOff(words) => {
            rows.add("broken off", words);
            rows.add("hint", "the device keeps what it has; the same command goes on from there");
        }
        Ending::Completed | Ending::Stopped => {}
    }
    rows.amounts(&end.figures.total, end.ending == Ending::Completed);
    rows.add("proof", "none: there is no probe here, so this is what the device says");
    rows.text()
}
