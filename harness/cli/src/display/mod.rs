//! What a person sees of a run: a line for each case, the reasons under those that are no pass, a summary.
//!
//! Everything goes to stderr; stdout is for what was asked for. The terminal is one more consumer of the events of a
//! run and knows nothing that the journal does not know.
//!
//! | module | what it holds |
//! |---|---|
//! | `look`     | [`Look`]: width and colours, and how they are found out |
//! | `progress` | [`ProgressChoice`] and what moves while a run goes on |
//! | `lines`    | a case as lines of text |
//! | `closing`  | [`Closing`] and the summary at the end |
//! | `matrix`   | several runs beside each other |
//! | `amounts`  | times and counts as people say them |

mod amounts;
mod closing;
mod lines;
mod look;
pub(crate) mod matrix;
mod progress;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use gauntlet_record::{Counts, Event, Record, Sink};
use gauntlet_reports::{RunAccount, Summary};

pub(crate) use amounts::{counted, time};
pub(crate) use closing::Closing;
pub(crate) use look::{Look, tame};
use progress::Indicator;
pub(crate) use progress::ProgressChoice;

/// Shows a run while it goes on.
pub(crate) struct Display {
    account: RunAccount,
    counts: Counts,
    look: Look,
    indicator: Indicator,
    out: Box<dyn Write + Send>,
}

impl Display {
    /// Shows on stderr, in the form that suits what stderr is.
    pub(crate) fn on_stderr(choice: ProgressChoice) -> Self {
        Self::new(Look::of_stderr(), Indicator::on_stderr(choice), Box::new(io::stderr()))
    }

    fn new(look: Look, indicator: Indicator, out: Box<dyn Write + Send>) -> Self {
        Self { account: RunAccount::default(), counts: Counts::default(), look, indicator, out }
    }

    /// What the run came to, by what has been seen of it.
    pub(crate) fn summary(&self) -> Summary {
        Summary::of(&self.account)
    }

    /// Shows the summary. Call it once, after the reports have been written.
    pub(crate) fn close(&mut self, closing: &Closing<'_>) {
        self.indicator.clear();
        let text = closing::text(&self.summary(), &self.account, closing, &self.look);
        self.write(&text);
    }

    /// A terminal that has gone away must not end the run, so errors are of no interest here.
    fn write(&mut self, text: &str) {
        let out = &mut self.out;
        self.indicator.beside(|| {
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        });
    }
}

impl Sink for Display {
    fn accept(&mut self, record: &Record) {
        self.account.accept(record);
        match (&record.event, &record.case) {
            (Event::RunStarted { planned, .. }, _) => {
                self.indicator.begin(planned.len(), &self.look);
                let counter = self.indicator.counter();
                let text = lines::heading(&self.account, planned.len(), counter.len(), &self.look);
                self.write(&text);
            }
            (Event::CaseFinished { verdict, .. }, Some(id)) => {
                self.counts.add(verdict);
                self.indicator.case_finished(&self.counts);
                if let Some(case) = self.account.case(id) {
                    let counter = self.indicator.counter();
                    let text = lines::result(case, &counter, self.account.rerun(), &self.look);
                    self.write(&text);
                }
            }
            (event, Some(id)) => {
                if let Some(activity) = progress::activity(id, event) {
                    self.indicator.show(&self.counts, Some(activity));
                }
            }
            _ => {}
        }
    }
}
