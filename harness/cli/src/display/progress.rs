//! What moves while a run goes on.

use std::env;
use std::io::{self, IsTerminal};

use gauntlet_record::{CaseId, Counts, Event};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use super::look::{Look, tame};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum ProgressChoice {
    /// A bar on a terminal, a counter elsewhere and in CI.
    #[default]
    Auto,
    /// A line at the bottom that moves.
    Bar,
    /// The number of the case in front of each result.
    Counter,
    /// Results only.
    None,
}

/// Shows how far the run has come.
pub(crate) enum Indicator {
    Bar(ProgressBar),
    Counter { done: usize, planned: usize },
    None,
}

impl Indicator {
    /// What was chosen, fitted to what stderr is. A bar needs a terminal; without one it would be lost unseen.
    pub(crate) fn on_stderr(choice: ProgressChoice) -> Self {
        let terminal = io::stderr().is_terminal();
        let ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
        match choice {
            ProgressChoice::None => Self::None,
            ProgressChoice::Bar if terminal => Self::bar(ProgressDrawTarget::stderr()),
            ProgressChoice::Auto if terminal && !ci => Self::bar(ProgressDrawTarget::stderr()),
            ProgressChoice::Auto | ProgressChoice::Bar | ProgressChoice::Counter => Self::counting(),
        }
    }

    pub(crate) fn counting() -> Self {
        Self::Counter { done: 0, planned: 0 }
    }

    /// A bar that is drawn only once the run has begun.
    pub(crate) fn bar(target: ProgressDrawTarget) -> Self {
        Self::Bar(ProgressBar::with_draw_target(None, target).with_finish(ProgressFinish::AndClear))
    }

    /// The run has begun.
    pub(crate) fn begin(&mut self, cases: usize, look: &Look) {
        match self {
            Self::Bar(bar) => {
                let colour = if look.colour { ".green/dim" } else { "" };
                let template = format!("    {{bar:24{colour}}}  {{pos}}/{{len}}  {{wide_msg}}");
                // The template is fixed, and a bar in the library's own style is still a bar.
                let style =
                    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
                bar.set_style(style.progress_chars("━╸─"));
                bar.set_length(cases as u64);
            }
            Self::Counter { planned, .. } => *planned = cases,
            Self::None => {}
        }
    }

    /// One more case has its verdict.
    pub(crate) fn case_finished(&mut self, counts: &Counts) {
        self.show(counts, None);
        match self {
            Self::Bar(bar) => bar.inc(1),
            Self::Counter { done, .. } => *done += 1,
            Self::None => {}
        }
    }

    /// Shows what went wrong so far and what is going on now.
    pub(crate) fn show(&self, counts: &Counts, activity: Option<String>) {
        let Self::Bar(bar) = self else { return };
        let trouble = [(counts.failed, "failed"), (counts.errors, "with errors")];
        let trouble = trouble.into_iter().filter(|(count, _)| *count > 0);
        let parts = trouble.map(|(count, word)| format!("{count} {word}")).chain(activity);
        bar.set_message(parts.collect::<Vec<_>>().join("   "));
    }

    /// What stands in front of the times of a result: `12/45  ` when counting.
    pub(crate) fn counter(&self) -> String {
        let Self::Counter { done, planned } = self else { return String::new() };
        let planned = planned.to_string();
        format!("{done:>width$}/{planned} ", width = planned.len())
    }

    /// Writes beside the bar without smearing it.
    pub(crate) fn beside(&self, write: impl FnOnce()) {
        if let Self::Bar(bar) = self { bar.suspend(write) } else { write() }
    }

    /// The run is over.
    pub(crate) fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// What a case is doing at the moment, for the line that moves; nothing for events that are over at once.
pub(crate) fn activity(case: &CaseId, event: &Event) -> Option<String> {
    let doing = match event {
        Event::CaseStarted { .. } => "preparing".to_owned(),
        Event::DevicePrepared { .. } => "prepared".to_owned(),
        Event::StepStarted { step, of, what } => format!("step {step}/{of} {what}"),
        Event::ObjectExecuted { object, of, .. } => format!("object {object}/{of}"),
        Event::LinkLost { .. } => "reconnecting".to_owned(),
        Event::CaseRetried { attempt, .. } => format!("attempt {}", attempt + 1),
        _ => return None,
    };
    Some(format!("{case}   {}", tame(&doing)))
}
