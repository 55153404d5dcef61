//! What is said about a case in the end.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ExitCode;

/// The outcome of one case. Never a bool: a wrong device, a broken bench and a case that did not run are different.
///
/// In JSON: `{"is":"fail","because":[...]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", content = "because", rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything that had to hold was checked and held.
    Pass,
    /// The device is wrong. Holds at least one finding, in the order of the checks.
    Fail(Vec<Finding>),
    /// Nothing can be said about the device: the bench, a tool or the harness failed, or a fault did not fire.
    Error(ErrorReport),
    /// The case did not run, for a reason known before it started.
    Skipped {
        /// What was missing, for example "the bench has no power-cut".
        reason: String,
    },
}

/// The four kinds of [`Verdict`], without their reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictClass {
    /// See [`Verdict::Pass`].
    Pass,
    /// See [`Verdict::Fail`].
    Fail,
    /// See [`Verdict::Error`].
    Error,
    /// See [`Verdict::Skipped`].
    Skipped,
}

/// One thing that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was checked, for example "application", "unchanged bootloader" or "outcome".
    pub check: String,
    /// What should have been, in words or hexadecimal.
    pub expected: String,
    /// What was.
    pub found: String,
    /// Anything that helps to understand it, for example the first differing address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Why nothing can be said about the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// Who is to blame.
    pub class: ErrorClass,
    /// The outermost message: what failed and what to do.
    pub message: String,
    /// The causes behind it, the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// For [`ErrorClass::FaultDidNotFire`]: the fault, as the scenario words it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// Who is to blame for an [`ErrorReport`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// A fault of the scenario never fired, so the case did not test what it is there for.
    FaultDidNotFire,
    /// Probe, board, link or power did not do their work.
    Bench,
    /// A program or file that the case needs failed, for example an external DFU client.
    Tool,
    /// The harness contradicts itself.
    Internal,
    /// The user stopped the run while the case was running.
    Interrupted,
    /// A case passed although it is on record as a known failure: the record is out of date.
    KnownFailurePassed,
}

impl Verdict {
    /// The kind, without the reasons.
    pub fn class(&self) -> VerdictClass {
        match self {
            Self::Pass => VerdictClass::Pass,
            Self::Fail(_) => VerdictClass::Fail,
            Self::Error(_) => VerdictClass::Error,
            Self::Skipped { .. } => VerdictClass::Skipped,
        }
    }

    /// The exit code that a run with only this case would have. A skipped case weighs nothing here; that a run with
    /// nothing but skipped cases is no pass is decided by [`ExitCode::of_run`].
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Pass | Self::Skipped { .. } => ExitCode::Pass,
            Self::Fail(_) => ExitCode::Failed,
            Self::Error(report) => report.class.exit_code(),
        }
    }
}

impl ErrorReport {
    /// A report with a message only.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), causes: Vec::new(), fault: None }
    }

    /// A report from an error value and the chain of its sources.
    pub fn from_error(class: ErrorClass, error: &(dyn std::error::Error + 'static)) -> Self {
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        Self { causes: causes.map(ToString::to_string).collect(), ..Self::new(class, error.to_string()) }
    }

    /// A report that a fault never fired. `fault` is the fault as the scenario words it.
    pub fn fault_did_not_fire(fault: impl Into<String>, message: impl Into<String>) -> Self {
        Self { fault: Some(fault.into()), ..Self::new(ErrorClass::FaultDidNotFire, message) }
    }
}

impl ErrorClass {
    /// The exit code that belongs to this class.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::FaultDidNotFire | Self::KnownFailurePassed => ExitCode::FaultDidNotFire,
            Self::Bench | Self::Tool => ExitCode::BenchUnusable,
            Self::Internal => ExitCode::Internal,
            Self::Interrupted => ExitCode::Interrupted,
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FaultDidNotFire => "fault did not fire",
            Self::Bench => "bench",
            Self::Tool => "tool",
            Self::Internal => "internal",
            Self::Interrupted => "interrupted",
            Self::KnownFailurePassed => "known failure passed",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.check, self.expected, self.found)?;
        self.detail.as_ref().map_or(Ok(()), |detail| write!(f, " ({detail})"))
    }
}

/// How many cases ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Cases that ended with [`Verdict::Pass`].
    pub passed: u64,
    /// Cases that ended with [`Verdict::Fail`].
    pub failed: u64,
    /// Cases that ended with [`Verdict::Error`].
    pub errors: u64,
    /// Cases that ended with [`Verdict::Skipped`].
    pub skipped: u64,
    /// Cases that were planned but have no verdict, because the run ended before.
    #[serde(default)]
    pub not_run: u64,
}

impl Counts {
    /// Counts one more case.
    pub fn add(&mut self, verdict: &Verdict) {
        let count = match verdict.class() {
            VerdictClass::Pass => &mut self.passed,
            VerdictClass::Fail => &mut self.failed,
            VerdictClass::Error => &mut self.errors,
            VerdictClass::Skipped => &mut self.skipped,
        };
        *count += 1;
    }

    /// Cases with a verdict.
    pub fn finished(&self) -> u64 {
        self.passed + self.failed + self.errors + self.skipped
    }

    /// All planned cases.
    pub fn planned(&self) -> u64 {
        self.finished() + self.not_run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_what_it_is_and_why() {
        let finding = Finding {
            check: "application".into(),
            expected: "witness 2".into(),
            found: "witness 1".into(),
            detail: None,
        };
        assert_eq!(finding.to_string(), "application: expected witness 2, found witness 1");
        let cases = [
            (Verdict::Pass, r#"{"is":"pass"}"#),
            (
                Verdict::Fail(vec![finding]),
                r#"{"is":"fail","because":[{"check":"application","expected":"witness 2","found":"witness 1"}]}"#,
            ),
            (
                Verdict::Error(ErrorReport::fault_did_not_fire("disconnect", "never reached byte 9")),
                r#"{"is":"error","because":{"class":"fault-did-not-fire","message":"never reached byte 9","fault":"disconnect"}}"#,
            ),
            (
                Verdict::Skipped { reason: "no ble".into() },
                r#"{"is":"skipped","because":{"reason":"no ble"}}"#,
            ),
        ];
        for (verdict, json) in cases {
            assert_eq!(serde_json::to_string(&verdict).unwrap(), json);
            assert_eq!(serde_json::from_str::<Verdict>(json).unwrap(), verdict);
        }
    }

    #[test]
    fn an_error_report_keeps_the_chain_of_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("link lost")]
        struct Outer(#[source] std::io::Error);
        let report = ErrorReport::from_error(ErrorClass::Bench, &Outer(std::io::Error::other("port gone")));
        assert_eq!((report.message.as_str(), report.causes), ("link lost", vec!["port gone".to_owned()]));
    }

    #[test]
    fn counts_add_up() {
        let mut counts = Counts { not_run: 2, ..Counts::default() };
        for verdict in
            [Verdict::Pass, Verdict::Pass, Verdict::Fail(vec![]), Verdict::Skipped { reason: String::new() }]
        {
            counts.add(&verdict);
        }
        assert_eq!((counts.passed, counts.failed, counts.errors, counts.skipped), (2, 1, 0, 1));
        assert_eq!((counts.finished(), counts.planned()), (4, 6));
    }
}
