//! Counts, the slowest cases and the exit code of a run.

use gauntlet_record::{CaseId, Counts, ExitCode, Millis, Verdict};

use crate::{CaseAccount, RunAccount};

/// What is said about a run as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many cases ended how.
    pub counts: Counts,
    /// The exit code that the verdicts give. A report that can't be written may still weigh in.
    pub exit_code: ExitCode,
    /// Wall time of the run.
    pub wall: Millis,
    /// Cases that ran, the one with the longest wall time first; the plan decides between equals.
    pub slowest: Vec<(CaseId, Millis)>,
    /// Cases with a verdict that is neither a pass nor skipped, in the order of the plan.
    pub unsuccessful: Vec<(CaseId, Verdict)>,
}

impl Summary {
    /// Sums up what an account holds by now.
    pub fn of(account: &RunAccount) -> Self {
        let mut counts = Counts::default();
        for case in account.cases() {
            match case.ending.verdict() {
                Some(verdict) => counts.add(verdict),
                None => counts.not_run += 1,
            }
        }
        let verdicts =
            || account.cases().filter_map(|case| case.ending.verdict().map(|verdict| (case, verdict)));
        let exit_code = ExitCode::of_run(verdicts().map(|(_, verdict)| verdict), counts.not_run);
        let ran =
            |case: &&CaseAccount| !matches!(case.ending.verdict(), None | Some(Verdict::Skipped { .. }));
        let mut slowest: Vec<_> =
            account.cases().filter(ran).map(|case| (case.id.clone(), case.wall)).collect();
        slowest.sort_by_key(|(_, wall)| std::cmp::Reverse(*wall));
        let unsuccessful = verdicts()
            .filter(|(_, verdict)| matches!(verdict, Verdict::Fail(_) | Verdict::Error(_)))
            .map(|(case, verdict)| (case.id.clone(), verdict.clone()))
            .collect();
        let interrupted = if account.was_interrupted() { ExitCode::Interrupted } else { ExitCode::Pass };
        let exit_code = exit_code.and(interrupted);
        Self { counts, exit_code, wall: account.wall(), slowest, unsuccessful }
    }
}
