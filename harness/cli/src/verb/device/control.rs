//! The switch of a served device's supply, and its reset pin: a socket with a line for each request.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gauntlet_bench::serve::RadioBoard;
use gauntlet_record::{ExitCode, WriteError};

use crate::args::PowerChoice;
use crate::failure::Failure;

/// Nobody takes longer to say a word.
const PATIENCE: Duration = Duration::from_secs(5);
const DONE: &str = "done";

/// A socket that switches a device. It is gone when this is dropped.
pub(super) struct Control {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Listens at `path`. A socket on which nobody listens any more is replaced.
    pub(super) fn open(path: &Path, board: RadioBoard) -> io::Result<Self> {
        if UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            std::fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let serve = move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                // Whoever goes away in the middle has nothing to hear.
                let _gone = stream.and_then(|stream| answer(stream, &board));
            }
        };
        let thread = thread::Builder::new().name("control".to_owned()).spawn(serve)?;
        Ok(Self { path: path.to_owned(), stop, thread: Some(thread) })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A listener that waits wakes up when somebody comes.
        let woken = UnixStream::connect(&self.path);
        if let Some(thread) = self.thread.take().filter(|_| woken.is_ok()) {
            let _ended = thread.join();
        }
        let _gone = std::fs::remove_file(&self.path);
    }
}

fn answer(mut stream: UnixStream, board: &RadioBoard) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let said = match (words.next(), words.next()) {
        (Some("off"), None) => {
            board.power_off();
            DONE
        }
        (Some("on"), None) => {
            board.power_on();
            DONE
        }
        (Some("reset"), None) => {
            board.reset();
            DONE
        }
        (Some("cycle"), Some(span)) => match span.parse() {
            Ok(span) => {
                board.power_off();
                thread::sleep(Duration::from_millis(span));
                board.power_on();
                DONE
            }
            Err(_) => "how many milliseconds is that?",
        },
        _ => "say off, on, cycle MS or reset",
    };
    writeln!(stream, "{said}")
}

/// Asks a served device to be switched.
pub(super) fn power(what: PowerChoice, ms: u32, control: &Path) -> Result<ExitCode, Failure> {
    match what {
        PowerChoice::Off => ask("off", Duration::ZERO, control),
        PowerChoice::On => ask("on", Duration::ZERO, control),
        PowerChoice::Cycle => ask(&format!("cycle {ms}"), Duration::from_millis(ms.into()), control),
    }
}

/// Asks a served device to be reset by its pin.
pub(super) fn reset(control: &Path) -> Result<ExitCode, Failure> {
    ask("reset", Duration::ZERO, control)
}

fn ask(request: &str, longer: Duration, control: &Path) -> Result<ExitCode, Failure> {
    let answered = || -> io::Result<String> {
        let mut stream = UnixStream::connect(control)?;
        stream.set_read_timeout(Some(PATIENCE + longer))?;
        writeln!(stream, "{request}")?;
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line)?;
        Ok(line.trim().to_owned())
    };
    let failed = |error: io::Error| Failure::Write(WriteError::new("request to the device", control, error));
    match answered().map_err(failed)?.as_str() {
        DONE => Ok(ExitCode::Pass),
        other => Err(failed(io::Error::other(other.to_owned()))),
    }
}
