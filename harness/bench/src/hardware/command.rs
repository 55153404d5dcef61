//! Commands of a bench file: for the shell, with a bound, judged by their exit code.

use std::io::{self, Read as _};
use std::process::{self, Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a command is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// Of what a command complains, so much is kept.
const KEPT: u64 = 2000;

/// A command for the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The command.
    pub run: String,
    /// After this time it is ended, with everything that it has started, and has failed.
    pub within: Duration,
}

/// A command that did not do its part.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no shell.
    #[error("the command `{run}` can't be started")]
    NotStarted {
        /// The command.
        run: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ended with another code than 0.
    #[error("the command `{run}` failed ({status}){}", said(words))]
    Failed {
        /// The command.
        run: String,
        /// How it ended.
        status: ExitStatus,
        /// What it wrote to stderr, in a line.
        words: String,
    },
    /// It did not end.
    #[error("the command `{run}` did not end within {} ms and was ended", within.as_millis())]
    TooLong {
        /// The command.
        run: String,
        /// Its bound.
        within: Duration,
    },
}

fn said(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

impl Command {
    /// The same with `value` in place of `name`.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        Self { run: self.run.replace(name, value), ..self.clone() }
    }

    pub(super) fn longer_by(self, span: Duration) -> Self {
        Self { within: self.within + span, ..self }
    }

    /// Does it; other tasks go on meanwhile.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn perform(&self) -> Result<(), CommandError> {
        let mut running = self.start()?;
        loop {
            if let Some(end) = running.look() {
                return end;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Does it, and nothing else goes on meanwhile.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn perform_now(&self) -> Result<(), CommandError> {
        let mut running = self.start()?;
        loop {
            if let Some(end) = running.look() {
                return end;
            }
            thread::sleep(LOOK);
        }
    }

    fn start(&self) -> Result<Running<'_>, CommandError> {
        let not_started = |source| CommandError::NotStarted { run: self.run.clone(), source };
        let mut shell = shell(&self.run);
        shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = shell.spawn().map_err(not_started)?;
        let complaints = child.stderr.take().map(|stderr| {
            thread::spawn(move || {
                let (mut kept, mut rest) = (Vec::new(), stderr);
                // What can't be read any more was not worth reading.
                let _read = rest.by_ref().take(KEPT).read_to_end(&mut kept);
                let _rest = io::copy(&mut rest, &mut io::sink());
                String::from_utf8_lossy(&kept).into_owned()
            })
        });
        Ok(Running { command: self, child, complaints, end: Instant::now() + self.within })
    }
}

#[cfg(unix)]
fn shell(run: &str) -> process::Command {
    use std::os::unix::process::CommandExt as _;
    let mut shell = process::Command::new("sh");
    // A group of its own, so that it can be ended with all that it has started.
    shell.args(["-c", run]).process_group(0);
    shell
}

#[cfg(not(unix))]
fn shell(run: &str) -> process::Command {
    let mut shell = process::Command::new("cmd");
    shell.args(["/C", run]);
    shell
}

struct Running<'c> {
    command: &'c Command,
    child: Child,
    complaints: Option<thread::JoinHandle<String>>,
    end: Instant,
}

impl Running<'_> {
    /// How it has ended, once it has.
    fn look(&mut self) -> Option<Result<(), CommandError>> {
        let run = || self.command.run.clone();
        match self.child.try_wait() {
            Ok(Some(status)) if status.success() => Some(Ok(())),
            Ok(Some(status)) => {
                let run = run();
                Some(Err(CommandError::Failed { run, status, words: self.words() }))
            }
            Ok(None) if Instant::now() < self.end => None,
            Ok(None) => Some(Err(CommandError::TooLong { run: run(), within: self.command.within })),
            Err(source) => Some(Err(CommandError::NotStarted { run: run(), source })),
        }
    }

    /// What it complained of, in one line. A child of its own may hold the pipe open; that one is not waited for.
    fn words(&mut self) -> String {
        let patience = Instant::now() + LOOK * 20;
        while self.complaints.as_ref().is_some_and(|thread| !thread.is_finished())
            && Instant::now() < patience
        {
            thread::sleep(LOOK);
        }
        let finished = self.complaints.take().filter(thread::JoinHandle::is_finished);
        let words = finished.and_then(|thread| thread.join().ok()).unwrap_or_default();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            end(&mut self.child);
        }
    }
}

#[cfg(unix)]
fn end(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        // It may have gone by itself at this very moment.
        let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _reaped = child.wait();
}

#[cfg(not(unix))]
fn end(child: &mut Child) {
    let _gone = child.kill();
    let _reaped = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn command(run: &str, ms: u64) -> Command {
        Command { run: run.to_owned(), within: Duration::from_millis(ms) }
    }

    #[test]
    fn a_command_is_judged_by_its_exit_code_and_its_bound() {
        assert!(command("true", 5000).perform_now().is_ok());
        let failed = command("echo no relay >&2; exit 3", 5000).perform_now().unwrap_err();
        assert!(failed.to_string().ends_with("no relay"), "{failed}");
        let long = command("sleep 60 & sleep 60", 50).perform_now().unwrap_err();
        assert!(matches!(long, CommandError::TooLong { .. }), "{long}");
        assert_eq!(command("relay {ms}", 1).with("{ms}", "500").run, "relay 500");
    }
}
