//! What the client says of an update, and whether a step expected it to. It is never evidence about the device.

use gauntlet_engine::{Outcome, PackageError, PackageReport, Phase, UpdateError, UpdateReport};
use gauntlet_record::Finding;
use gauntlet_scenario::Word as _;
use gauntlet_scenario::model::{self, UpdateExpect};
use gauntlet_scenario::quantity::Comparison;

/// What the client says of an update.
pub(crate) struct Claim {
    result: Result<PackageReport, PackageError>,
    report: UpdateReport,
    images: usize,
    /// A bootloader that was not found where the jump must lead.
    pub(super) found_elsewhere: Option<Finding>,
}

impl Claim {
    /// Of a package with so many images.
    pub(super) fn new(result: Result<PackageReport, PackageError>, images: usize) -> Self {
        let report = match &result {
            Ok(report) => report.total(),
            Err(failed) => failed.report.total(),
        };
        Self { result, report, images, found_elsewhere: None }
    }

    fn error(&self) -> Option<&UpdateError> {
        self.result.as_ref().err().map(|failed| &failed.error)
    }

    /// What was done, image by image.
    pub(crate) fn package(&self) -> &PackageReport {
        match &self.result {
            Ok(report) => report,
            Err(failed) => &failed.report,
        }
    }

    /// The engine's figures.
    pub(crate) fn report(&self) -> &UpdateReport {
        &self.report
    }

    /// In the words of the language.
    pub(crate) fn outcome(&self) -> model::Outcome {
        match &self.result {
            Ok(report) if report.outcome() == Outcome::Completed => model::Outcome::Completed,
            Err(failed) if failed.error.refusal().is_some() => model::Outcome::Refused,
            // Neither a yes nor a no: the device or the link has gone.
            Ok(_) | Err(_) => model::Outcome::Lost,
        }
    }

    /// For people.
    pub(crate) fn words(&self) -> Option<String> {
        match &self.result {
            Ok(report) if report.outcome() == Outcome::CompletionUnconfirmed => {
                Some("the answer to the last Execute never came".to_owned())
            }
            Ok(_) => None,
            Err(failed) if self.images > 1 => Some(failed.to_string()),
            Err(failed) => Some(failed.error.to_string()),
        }
    }

    fn phase(&self) -> Option<model::Phase> {
        match self.error()?.phase()? {
            Phase::Connect | Phase::Prepare | Phase::InitPacket => Some(model::Phase::Init),
            Phase::Data | Phase::Finish => Some(model::Phase::Data),
        }
    }

    /// Everything that was expected of the update and is not so.
    pub(crate) fn findings(&self, expect: &UpdateExpect) -> Vec<Finding> {
        let refusal = self.error().and_then(UpdateError::refusal);
        let outcome = refusal.map(|refusal| refusal.outcome);
        let code = outcome.map(|outcome| outcome.result().code());
        let extended = outcome.and_then(|outcome| outcome.extended()).map(|extended| extended.code());
        let said = self.words().unwrap_or_else(|| self.outcome().to_string());
        let mut findings = Findings { said, list: Vec::new() };
        findings.check("outcome", &expect.outcome, self.outcome() == expect.outcome);
        if !findings.list.is_empty() {
            // What would follow from another outcome says nothing more.
            return findings.list;
        }
        if let Some(result) = expect.result {
            findings.check("result", &result, code == Some(result.code()));
        }
        if let Some(wanted) = expect.extended {
            findings.check("extended error", &wanted, extended == Some(wanted.code()));
        }
        if let Some(phase) = expect.phase {
            findings.check("phase", &phase, self.phase() == Some(phase));
        }
        let mut count = |name: &str, wanted: Option<Comparison>, found: u64| {
            if let Some(wanted) = wanted {
                findings.said = found.to_string();
                findings.check(name, &wanted, wanted.holds(found));
            }
        };
        let skipped = match &self.result {
            Ok(report) => report.skipped().count(),
            Err(failed) => failed.report.skipped().count(),
        };
        count("images skipped", expect.skipped, skipped as u64);
        count("reconnects", expect.reconnects, u64::from(self.report.reconnects));
        count("bytes of firmware resent", expect.resent, self.report.firmware_resent);
        count("bytes sent", expect.sent, self.report.bytes_sent);
        count("receipts", expect.receipts, u64::from(self.report.receipts));
        count("checksums that differed", expect.crc_mismatches, u64::from(self.report.crc_mismatches));
        count("requests without an answer", expect.silences, u64::from(self.report.silences));
        if let Some(wanted) = expect.init_resumed {
            findings.said = self.report.init_resumed.to_string();
            findings.check("init packet resumed", &wanted, self.report.init_resumed == wanted);
        }
        findings.list.extend(self.found_elsewhere.clone());
        findings.list
    }
}

/// Everything that was expected of a package that the client did not send, and is not so.
pub(crate) fn rejection(cause: &gauntlet_package::PackageError, expect: &UpdateExpect) -> Vec<Finding> {
    let mut findings = Findings { said: format!("rejected: {cause}"), list: Vec::new() };
    findings.check("outcome", &expect.outcome, expect.outcome == model::Outcome::Rejected);
    let finding = cause.finding();
    let said = |found: Option<&str>| found.unwrap_or("nothing").to_owned();
    if let Some(wanted) = expect.stage {
        let stage = finding.map(|finding| finding.stage.name());
        findings.said = said(stage);
        findings.check("stage", &wanted, stage == Some(wanted.word()));
    }
    if let Some(wanted) = expect.reason {
        let reason = finding.map(|finding| finding.reason.name());
        findings.said = said(reason);
        findings.check("reason", &wanted, reason == Some(wanted.name()));
    }
    findings.list
}

struct Findings {
    said: String,
    list: Vec<Finding>,
}

impl Findings {
    fn check(&mut self, check: &str, expected: &dyn std::fmt::Display, holds: bool) {
        if !holds {
            self.list.push(Finding {
                check: check.to_owned(),
                expected: expected.to_string(),
                found: self.said.clone(),
                detail: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_protocol::{ExtendedError, ResultCode};
    use gauntlet_scenario::Word as _;

    use super::model;

    #[test]
    fn scenarios_and_the_protocol_use_the_same_words() {
        for result in model::ResultCode::ALL {
            assert_eq!(ResultCode::from(result.code()).name(), result.word());
        }
        for extended in model::ExtendedCode::ALL {
            assert_eq!(ExtendedError::from(extended.code()).name(), extended.word());
        }
    }
}
