//! How far an update is, on stderr.

use std::io::{self, IsTerminal};

use gauntlet_runner::dfu::DfuProgress;
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use crate::display::ProgressChoice;
use crate::output;

/// Shows how far an update is.
pub(super) enum Progress {
    /// A line that moves.
    Bar(ProgressBar),
    /// A line for each thing that is done.
    Lines { last: Option<&'static str> },
    /// Nothing.
    None,
}

impl Progress {
    /// What was chosen, fitted to what stderr is. A bar needs a terminal.
    pub(super) fn on_stderr(choice: ProgressChoice) -> Self {
        match choice {
            ProgressChoice::None => Self::None,
            ProgressChoice::Auto | ProgressChoice::Bar if io::stderr().is_terminal() => Self::bar(),
            _ => Self::Lines { last: None },
        }
    }

    fn bar() -> Self {
        // The template is fixed, and a bar in the library's own style is still a bar.
        let style = ProgressStyle::with_template("  {bar:24} {percent:>3} %  {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(1).with_style(style.progress_chars("━╸─"));
        Self::Bar(bar.with_finish(ProgressFinish::AndClear))
    }

    pub(super) fn show(&mut self, at: DfuProgress) {
        let words = words(at);
        match self {
            Self::Bar(bar) => {
                if let DfuProgress::Sending { sent, total } = at {
                    bar.set_length(total.into());
                    bar.set_position(sent.into());
                }
                bar.set_message(words);
            }
            Self::Lines { last } if *last != Some(words) => {
                *last = Some(words);
                output::tell(&format!("  {words}\n"));
            }
            Self::Lines { .. } | Self::None => {}
        }
    }

    pub(super) fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn words(at: DfuProgress) -> &'static str {
    match at {
        DfuProgress::Preparing => "erasing and flashing the device through the probe",
        DfuProgress::Prepared => "the device runs its previous application",
        DfuProgress::Sending { .. } => "sending the firmware",
        DfuProgress::Reconnecting => "the link is lost, reconnecting",
        DfuProgress::Settling => "waiting until the device has settled",
        DfuProgress::ReadingBack => "reading the device back through the probe",
    }
}
