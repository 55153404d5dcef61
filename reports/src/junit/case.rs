//! One case as a JUnit test case.

use std::fmt::Write as _;

use gauntlet_record::{ErrorClass, ErrorReport, Finding, RerunCommand, Verdict};
use junit_report::{TestCase, TestResult};

use super::text::{attribute, block};
use crate::{CaseAccount, Ending};

pub(super) fn test_case(case: &CaseAccount, rerun: &RerunCommand) -> TestCase {
    let mut test = TestCase::success(&attribute(case.id.as_str()), super::duration(case.wall));
    test.classname = Some(attribute(case.id.parent()));
    test.filepath = case.file.as_deref().map(attribute);
    test.result = result(case, &rerun.for_case(&case.id).to_string());
    // A skipped case did nothing that could be told.
    if !case.title.is_empty() || !case.story.is_empty() {
        test.system_out = Some(block(&account(case)));
    }
    test
}

fn result(case: &CaseAccount, rerun: &str) -> TestResult {
    let again = |body: String| Some(block(&format!("{body}\nto run this case again:\n  {rerun}\n")));
    match &case.ending {
        Ending::Verdict(Verdict::Pass) => TestResult::Success,
        Ending::Verdict(Verdict::Fail(findings)) => TestResult::Failure {
            type_: "fail".to_owned(),
            message: attribute(&headline(findings)),
            cause: again(findings.iter().map(finding).collect()),
        },
        Ending::Verdict(Verdict::Error(report)) => TestResult::Error {
            type_: kind(report.class).to_owned(),
            message: attribute(&report.message),
            cause: again(error(report)),
        },
        Ending::Verdict(Verdict::Skipped { reason }) => TestResult::SkippedWithCause {
            type_: "skipped".to_owned(),
            message: attribute(reason),
            cause: None,
        },
        Ending::CutShort => {
            let message = "the run ended while this case was running";
            TestResult::Error {
                type_: kind(ErrorClass::Interrupted).to_owned(),
                message: message.to_owned(),
                cause: again(format!("{message}\n")),
            }
        }
        Ending::NotStarted => TestResult::SkippedWithCause {
            type_: "not-run".to_owned(),
            message: "the run ended before this case".to_owned(),
            cause: None,
        },
    }
}

/// The first finding in one line, and how many more there are.
fn headline(findings: &[Finding]) -> String {
    let Some(first) = findings.first() else { return "failed without a finding".to_owned() };
    match findings.len() - 1 {
        0 => first.to_string(),
        more => format!("{first}; and {more} more"),
    }
}

fn finding(finding: &Finding) -> String {
    let Finding { check, expected, found, detail } = finding;
    let detail = detail.as_ref().map_or(String::new(), |detail| format!("  detail:   {detail}\n"));
    format!("{check}\n  expected: {expected}\n  found:    {found}\n{detail}")
}

fn error(report: &ErrorReport) -> String {
    let mut text = format!("{}: {}\n", report.class, report.message);
    let fault = report.fault.iter().map(|fault| ("fault:", fault));
    for (what, line) in fault.chain(report.causes.iter().map(|cause| ("cause:", cause))) {
        let _ = writeln!(text, "  {what} {line}");
    }
    text
}

/// The class as a word without blanks, for the `type` attribute.
fn kind(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::FaultDidNotFire => "fault-did-not-fire",
        ErrorClass::Bench => "bench",
        ErrorClass::Tool => "tool",
        ErrorClass::Internal => "internal",
        ErrorClass::Interrupted => "interrupted",
        ErrorClass::KnownFailurePassed => "known-failure-passed",
    }
}

/// What the case is about and what happened.
fn account(case: &CaseAccount) -> String {
    let mut text = String::new();
    let requirements = case.requirements.join(", ");
    let device = format!("{:.3} s", case.device.as_seconds());
    let lines = [
        ("", &case.title),
        ("on ", &case.place),
        ("requirements: ", &requirements),
        ("device time: ", &device),
    ];
    for (what, line) in lines.into_iter().filter(|(_, line)| !line.is_empty()) {
        let _ = writeln!(text, "{what}{line}");
    }
    for line in &case.story {
        let _ = writeln!(text, "{line}");
    }
    text
}
