//! How far an update is, on stderr.

use std::io::{self, IsTerminal};

use gauntlet_package::Image;
use gauntlet_runner::dfu::DfuProgress;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use crate::display::{ProgressChoice, tame};
use crate::output;

/// Shows how far an update is.
pub(super) struct Progress {
    /// What the images are; they are named when there are several.
    kinds: Vec<String>,
    /// The image that is being sent, in front of everything that is said about it.
    image: String,
    shown: Shown,
}

enum Shown {
    /// A line that moves.
    Bar(ProgressBar),
    /// A line for each thing that is done.
    Lines { last: String },
    /// Nothing.
    None,
}

impl Progress {
    /// What was chosen, fitted to what stderr is. A bar needs a terminal.
    pub(super) fn on_stderr(choice: ProgressChoice, images: &[Image]) -> Self {
        let shown = match choice {
            ProgressChoice::None => Shown::None,
            ProgressChoice::Auto | ProgressChoice::Bar if io::stderr().is_terminal() => bar(),
            _ => Shown::Lines { last: String::new() },
        };
        let kinds = images.iter().map(|image| image.kind.to_string()).collect();
        Self { kinds, image: String::new(), shown }
    }

    pub(super) fn show(&mut self, at: &DfuProgress) {
        match at {
            DfuProgress::Image { number, of } if *of > 1 => {
                let kind = self.kinds.get(number.saturating_sub(1) as usize);
                let kind = kind.map(String::as_str).unwrap_or_default();
                self.image = format!("image {number} of {of}, {kind}: ");
            }
            DfuProgress::Settling => self.image.clear(),
            _ => {}
        }
        let Some(words) = words(at) else { return };
        let words = tame(&format!("{}{words}", self.image));
        match &mut self.shown {
            Shown::Bar(bar) => {
                if let DfuProgress::Sending { sent, total } = at {
                    bar.set_length((*total).into());
                    bar.set_position((*sent).into());
                }
                // What was skipped is worth a line that stays.
                if matches!(at, DfuProgress::Skipped { .. }) {
                    bar.println(format!("  {words}"));
                }
                bar.set_message(words);
            }
            Shown::Lines { last } if *last != words => {
                output::tell(&format!("  {words}\n"));
                *last = words;
            }
            Shown::Lines { .. } | Shown::None => {}
        }
    }

    pub(super) fn clear(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> Shown {
    // The template is fixed, and a bar in the library's own style is still a bar.
    let style = ProgressStyle::with_template("  {bar:24} {percent:>3} %  {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(1).with_style(style.progress_chars("━╸─"));
    Shown::Bar(bar.with_finish(ProgressFinish::AndClear))
}

/// What is worth saying; of the beginning of an image, only what follows.
fn words(at: &DfuProgress) -> Option<String> {
    let words = match at {
        DfuProgress::Image { .. } => return None,
        DfuProgress::Resumed { held } => {
            return Some(format!("the device holds {held} bytes already, going on from there"));
        }
        DfuProgress::Skipped { reason } => return Some(format!("skipped, the device has it: {reason}")),
        DfuProgress::Preparing => "erasing and flashing the device through the probe",
        DfuProgress::Prepared => "the device has started",
        DfuProgress::Sending { .. } => "sending the firmware",
        DfuProgress::Restarting => "waiting until the device has restarted",
        DfuProgress::Reconnecting => "the link is lost, reconnecting",
        DfuProgress::Settling => "waiting until the device has settled",
        DfuProgress::ReadingBack => "reading the device back through the probe",
    };
    Some(words.to_owned())
}
