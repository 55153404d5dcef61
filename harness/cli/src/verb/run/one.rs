//! One run over one backend: shown, told in a journal, summed up in reports.

use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::Duration;
use std::time::{Instant, SystemTime};

use gauntlet_bench::Bench;
use gauntlet_record::{ExitCode, JournalWriter, PlanOrder, Recorder, WriteError};
use gauntlet_reports::{HtmlReport, JsonReport, JunitReport};
#[cfg(unix)]
use gauntlet_runner::ExternalClient;
use gauntlet_runner::RunOptions;
use gauntlet_scenario::Case;

use crate::args::{RunArgs, Way};
use crate::display::{Closing, Display};
use crate::failure::Failure;
use crate::verb::compare::JOURNAL;

/// Cases that run over one way at a time, with the same options.
pub(super) struct OneRun<'a> {
    pub(super) args: &'a RunArgs,
    pub(super) cases: &'a [&'a Case],
    pub(super) options: &'a RunOptions,
}

/// Where the reports of one run go.
pub(super) struct Files<'a> {
    /// Journal and JUnit report.
    pub(super) folder: &'a Path,
    /// Another JUnit report.
    pub(super) junit: Option<PathBuf>,
    pub(super) json: Option<PathBuf>,
    pub(super) html: Option<PathBuf>,
    /// Captures go to a folder of the backend's own.
    pub(super) is_one_of_several: bool,
}

impl OneRun<'_> {
    /// Runs the cases over `way`, shows it and writes the reports.
    pub(super) fn over(&self, way: &Way, bench: &dyn Bench, files: &Files<'_>) -> Result<ExitCode, Failure> {
        let mut display = Display::on_stderr(self.args.progress);
        let mut unwritten: Vec<WriteError> = Vec::new();
        let mut reports = vec![files.folder.join("junit.xml")];
        reports.extend(files.junit.clone().filter(|path| *path != reports[0]));

        let began = Instant::now();
        let mut recorder = Recorder::new(move || began.elapsed().into()).began(SystemTime::now());
        for path in &reports {
            recorder = recorder.with(PlanOrder::new(JunitReport::new(path)));
        }
        if let Some(path) = &files.json {
            recorder = recorder.with(PlanOrder::new(JsonReport::new(path)));
        }
        if let Some(path) = &files.html {
            recorder = recorder.with(PlanOrder::new(HtmlReport::new(path)));
        }
        reports.extend(files.json.iter().chain(&files.html).cloned());
        let journal = files.folder.join(JOURNAL);
        // A journal that can't be written does not keep the run from going on; it weighs in at the end.
        match JournalWriter::create(&journal) {
            Ok(writer) => recorder = recorder.with(PlanOrder::new(writer)),
            Err(error) => unwritten.push(error),
        }
        reports.push(journal);
        let recorder = recorder.with(PlanOrder::new(&mut display));

        let mut options = self.options.clone();
        if files.is_one_of_several {
            options.capture = options.capture.map(|folder| folder.join(way.name()));
        }
        self.set_client(&mut options, way, files.folder);
        #[cfg(unix)]
        {
            options.workers = super::workers(bench)?;
        }
        let end = gauntlet_runner::run(bench, self.cases, &options, recorder);

        unwritten.extend(end.unwritten);
        let missing = if unwritten.is_empty() { ExitCode::Pass } else { ExitCode::ReportNotWritten };
        let exit_code = end.exit_code.and(missing);
        let written = written(&reports, &unwritten);
        display.close(&Closing { reports: &written, unwritten: &unwritten, exit_code });
        Ok(exit_code)
    }

    #[cfg(unix)]
    fn set_client(&self, options: &mut RunOptions, way: &Way, folder: &Path) {
        if let Way::Tool(tool) = way {
            options.client = Some(ExternalClient {
                name: tool.name.clone(),
                command: tool.command.clone(),
                limit: Duration::from_secs(self.args.client_timeout),
                outputs: Some(folder.join("output")),
            });
        }
    }

    #[cfg(not(unix))]
    fn set_client(&self, _: &mut RunOptions, _: &Way, _: &Path) {}
}

/// The reports that are there.
fn written<'a>(reports: &'a [PathBuf], unwritten: &[WriteError]) -> Vec<&'a Path> {
    let missing = |path: &Path| unwritten.iter().any(|error| error.path == path);
    reports.iter().map(PathBuf::as_path).filter(|path| !missing(path)).collect()
}
