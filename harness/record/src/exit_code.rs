//! How the program ends.

use std::fmt;

use crate::{Verdict, VerdictClass};

/// The exit codes of `gauntlet`, and which one wins when several apply.
///
/// The order of the variants is the precedence, weakest first, so [`ExitCode::and`] is the maximum. Strongest first:
///
/// 1. A code that says that the run never started ([`Usage`](Self::Usage), [`BadScenario`](Self::BadScenario),
///    [`NothingSelected`](Self::NothingSelected)) beats everything; there are no verdicts to report then.
/// 2. [`Failed`](Self::Failed): a wrong device is the news, whatever else went wrong.
/// 3. [`FaultDidNotFire`](Self::FaultDidNotFire), then [`Internal`](Self::Internal): no case failed, but some passes
///    of this run, or the harness itself, can't be trusted.
/// 4. [`BenchUnusable`](Self::BenchUnusable): cases have no verdict for reasons outside the device and the harness.
/// 5. [`Interrupted`](Self::Interrupted): the user ended it; what ran was good.
/// 6. [`ReportNotWritten`](Self::ReportNotWritten): everything passed, but nobody will read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ExitCode {
    /// Everything that ran passed, and something ran.
    #[default]
    Pass,
    /// A report or the journal could not be written.
    ReportNotWritten,
    /// The user stopped the run.
    Interrupted,
    /// Probe, board, link, power or a needed tool did not work.
    BenchUnusable,
    /// The harness contradicts itself: a bug of Gauntlet.
    Internal,
    /// A case did not do what it is there for: a fault never fired, or a known failure passed.
    FaultDidNotFire,
    /// At least one case failed: the device is wrong.
    Failed,
    /// No case was selected, or every selected case was skipped.
    NothingSelected,
    /// A scenario or a configuration file is wrong.
    BadScenario,
    /// The command line is wrong.
    Usage,
}

impl ExitCode {
    /// Every code, in the order of the variants.
    pub const ALL: [Self; 10] = [
        Self::Pass,
        Self::ReportNotWritten,
        Self::Interrupted,
        Self::BenchUnusable,
        Self::Internal,
        Self::FaultDidNotFire,
        Self::Failed,
        Self::NothingSelected,
        Self::BadScenario,
        Self::Usage,
    ];

    /// The number the process ends with.
    pub const fn number(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Usage => 2,
            Self::NothingSelected => 4,
            Self::BadScenario => 96,
            Self::BenchUnusable => 97,
            Self::FaultDidNotFire => 98,
            Self::Internal => 99,
            Self::Failed => 100,
            Self::ReportNotWritten => 110,
            Self::Interrupted => 130,
        }
    }

    /// The stronger of two codes.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }

    /// The code of a run: from its verdicts, and from how many planned cases have none.
    ///
    /// A run in which every case was skipped has proven nothing: it is [`NothingSelected`](Self::NothingSelected) and
    /// not a pass. A run with planned cases that never got a verdict was at least [`Interrupted`](Self::Interrupted).
    pub fn of_run<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>, not_run: u64) -> Self {
        let mut code = if not_run > 0 { Self::Interrupted } else { Self::Pass };
        let mut proven = not_run > 0;
        for verdict in verdicts {
            proven |= verdict.class() != VerdictClass::Skipped;
            code = code.and(verdict.exit_code());
        }
        if proven { code } else { Self::NothingSelected }
    }

    /// What the code says, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::ReportNotWritten => "a report could not be written",
            Self::Interrupted => "interrupted",
            Self::BenchUnusable => "the bench is not usable",
            Self::Internal => "internal error",
            Self::FaultDidNotFire => "a fault did not fire, or a known failure passed",
            Self::Failed => "a scenario failed",
            Self::NothingSelected => "nothing selected",
            Self::BadScenario => "bad scenario or configuration",
            Self::Usage => "wrong usage",
        }
    }
}

impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number(), self.meaning())
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorClass, ErrorReport};

    fn error(class: ErrorClass) -> Verdict {
        Verdict::Error(ErrorReport::new(class, "x"))
    }

    #[test]
    fn derived_order_follows_the_variants_and_not_the_numbers() {
        assert!(ExitCode::ALL.is_sorted());
        assert!(ExitCode::Failed > ExitCode::Interrupted);
    }

    #[test]
    fn the_numbers_are_the_published_ones() {
        let numbers: Vec<u8> = ExitCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, [0, 110, 130, 97, 99, 98, 100, 4, 96, 2]);
    }

    #[test]
    fn a_failure_beats_every_error_and_errors_have_their_order() {
        let classes = [
            (ErrorClass::Interrupted, ExitCode::Interrupted),
            (ErrorClass::Bench, ExitCode::BenchUnusable),
            (ErrorClass::Tool, ExitCode::BenchUnusable),
            (ErrorClass::Internal, ExitCode::Internal),
            (ErrorClass::FaultDidNotFire, ExitCode::FaultDidNotFire),
        ];
        let mut all = vec![Verdict::Pass];
        for (class, code) in classes {
            assert_eq!(ExitCode::of_run(&[Verdict::Pass, error(class)], 0), code);
            all.push(error(class));
            assert_eq!(ExitCode::of_run(&all, 1), code, "{class} beats all before it");
        }
        all.push(Verdict::Fail(vec![]));
        assert_eq!(ExitCode::of_run(&all, 1), ExitCode::Failed);
        assert_eq!(ExitCode::Failed.and(ExitCode::ReportNotWritten), ExitCode::Failed);
        assert_eq!(ExitCode::Pass.and(ExitCode::ReportNotWritten), ExitCode::ReportNotWritten);
    }

    #[test]
    fn a_run_that_proved_nothing_is_no_pass() {
        let skipped = Verdict::Skipped { reason: "no ble".into() };
        assert_eq!(ExitCode::of_run(&[], 0), ExitCode::NothingSelected);
        assert_eq!(ExitCode::of_run(std::slice::from_ref(&skipped), 0), ExitCode::NothingSelected);
        assert_eq!(ExitCode::of_run(&[skipped, Verdict::Pass], 0), ExitCode::Pass);
        assert_eq!(ExitCode::of_run(&[Verdict::Pass], 3), ExitCode::Interrupted);
    }
}
