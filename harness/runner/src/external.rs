//! An update by somebody else's client: a program that is given a port and a package, and is judged by what the device has
//! afterwards. Its exit code is compared with that, and never believed.
//!
//! The port is the device's own serial line; or, for a client of BLE, that of a virtual dongle with the device within reach.
//!
//! The program lives in wall time, and so does the port for as long as it is served.

use std::fs::File;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use gauntlet_bench::serve::{DongleSetup, Line, Moment, Observed, SerialPort, Served, Timing};
use gauntlet_bench::{Board, BoardError, Device, Mode};
use gauntlet_links::virtual_dongle::DonglePace;
use gauntlet_package::{ReadOptions, read_bytes};
use gauntlet_record::{Event, Finding};
use gauntlet_scenario::Case;
use gauntlet_scenario::model::{self, Entry, Link, Outcome, Peer, StepKind, Update};
use rustix::process::{WaitId, WaitIdOptions};

use crate::captures::file_name;
use crate::case::SETTLE;
use crate::cpu;
use crate::entry::request_dfu;
use crate::faults;
use crate::landed::landed;
use crate::observe;
use crate::packages::Parcel;
use crate::trouble::Trouble;
use crate::update::Way;

/// How often the program is looked after while the device has nothing to say.
const LOOK: Duration = Duration::from_millis(10);
/// How much of the program's last words is shown.
const LAST_WORDS: usize = 300;

/// A client to be tested.
#[derive(Debug, Clone)]
pub struct ExternalClient {
    /// Its short name, for tables.
    pub name: String,
    /// The command for the shell, with `{port}` and `{package}` where the port and the package file are put in; and `{name}`
    /// or `{address}` of the device, when it is a client of BLE.
    pub command: String,
    /// Folder for what the program prints, a file for each update; nothing is kept without.
    pub outputs: Option<PathBuf>,
    /// Wall time after which the program, and everything it has started, is ended.
    pub limit: Duration,
}

/// Whether the program has ended by itself.
enum Over {
    Ended,
    /// It has to be ended: its time is over.
    Late,
}

/// How the program ended.
enum Ended {
    Exit(ExitStatus),
    /// It was ended after the time limit.
    Late,
}

impl ExternalClient {
    /// It is a BLE client: it asks for name or address of the device, and its port is that of a dongle.
    pub fn uses_ble(&self) -> bool {
        self.command.contains("{name}") || self.command.contains("{address}")
    }
}

/// Why a case can't be run with an external client; `None` if it can.
pub(crate) fn unfit(case: &Case, client: &ExternalClient) -> Option<String> {
    let updates = || {
        case.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Update(update) => Some(update),
            _ => None,
        })
    };
    if updates().next().is_none() {
        return Some("no update is in it that the client could do".to_owned());
    }
    if updates().any(|update| update.entry == Entry::Buttonless) {
        return Some("the client is given a device in DFU mode".to_owned());
    }
    if updates().any(|update| update.faults.iter().any(model::Fault::is_of_host)) {
        return Some("the client itself is at fault in it, and this one is a program of its own".to_owned());
    }
    if !client.uses_ble() {
        return updates()
            .any(|update| update.link == Link::Ble)
            .then(|| "the client is given a serial port, and this update goes over ble".to_owned());
    }
    if updates().any(|update| update.link != Link::Ble) {
        return Some("the client is given a dongle, and this update goes over a serial line".to_owned());
    }
    if updates().any(|update| update.central != Peer::Known)
        || case.device.bootloader.bonds == model::Bonds::Required
    {
        return Some("the dongle of the client has no bond with the device".to_owned());
    }
    let on_the_link = |fault: &model::Fault| !matches!(fault.at, model::Position::FlashOp(_));
    updates()
        .any(|update| update.faults.iter().any(on_the_link))
        .then(|| "the dongle of the client has no faults at counted positions".to_owned())
}

/// Lets the client do one update, the `number`th of its case. What is wrong is found; a fault that did not fire comes back
/// beside it.
pub(crate) async fn update(
    way: &Way<'_>,
    client: &ExternalClient,
    update: &Update,
    parcel: &Parcel,
    number: u32,
) -> Result<(Vec<Finding>, Option<Trouble>, String), Trouble> {
    let board = &**way.board;
    let zip = parcel.zip.as_deref().ok_or_else(|| Trouble::Build {
        name: update.package.to_string(),
        why: "it is not a file that another client could be given".to_owned(),
    })?;
    if board.settle(SETTLE).await != Mode::Dfu {
        request_dfu(board, way.device)?;
        board.settle(SETTLE).await;
    }
    let mut armed = faults::arm(&update.faults, board)?;
    let dongle = client.uses_ble().then(|| DongleSetup { pace: DonglePace::PATIENT, faults: Vec::new() });
    let line = Line {
        profile: way.device.build.profile,
        timing: Timing::Instant,
        faults: std::mem::take(&mut armed.link),
        dongle,
    };
    let mut port = board.serial_port(&line)?;
    if let Some(watch) = port.watch() {
        armed.watched(watch);
    }
    let folder = tempfile::tempdir().map_err(|error| trouble(&error))?;
    let package = folder.path().join("update.zip");
    std::fs::write(&package, zip).map_err(|error| trouble(&error))?;
    let place = folder.path().join("port");
    let log = match &client.outputs {
        Some(outputs) => {
            output_file(outputs, way.teller.case().as_str(), number).map_err(|error| trouble(&error))?
        }
        None => folder.path().join("log"),
    };
    symlink(port.path(), &place).map_err(|error| trouble(&error))?;
    let (name, address) = port.advertised().unwrap_or_default();
    let command = client
        .command
        .replace("{port}", &place.to_string_lossy())
        .replace("{package}", &package.to_string_lossy())
        .replace("{name}", &name)
        .replace("{address}", &address.map(|byte| format!("{byte:02X}")).join(":"));
    let began = board.device_time();
    let image = parcel.sendable.as_ref();
    way.teller.tell(
        board,
        Event::UpdateStarted {
            package: update.package.to_string(),
            init_bytes: image
                .map_or(0, |package| package.images.iter().map(|i| i.init_packet.len() as u32).sum()),
            firmware_bytes: image.map_or(0, |package| package.firmware_len() as u32),
        },
    );
    let mut child = start(&command, &log).map_err(|error| trouble(&error))?;
    let ended = attend(way, &mut child, &mut port, &place, client.limit).await;
    // Whatever it has started goes with it.
    if let Some(group) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        let _gone_already = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _no_child = is_over(&child, true);
    way.teller.others_used(cpu::of_process(child.id()).unwrap_or_default());
    let status = child.wait();
    let over = ended?;
    let ended = match over {
        Over::Late => Ended::Late,
        Over::Ended => Ended::Exit(status.map_err(|error| trouble(&error))?),
    };
    let observed = port.observed();
    drop(port);
    let took = board.device_time() - began;
    let mode = board.settle(SETTLE).await;
    let missed = armed.account(board, way.teller);
    let there = is_there(board, way.device, mode, zip)?;
    let finding = judge(&ended, update.expect.outcome, there, client.limit, &last_words(&log));
    let outcome = match &ended {
        Ended::Exit(status) => {
            format!("{}, {}", told(*status), if there { "installed" } else { "not installed" })
        }
        Ended::Late => "ended after its time limit".to_owned(),
    };
    tell_traffic(way, &observed, began);
    way.teller.tell(
        board,
        Event::UpdateFinished {
            outcome: if there { Outcome::Completed } else { Outcome::Lost }.to_string(),
            words: Some(outcome.clone()),
            bytes: observed.traffic.bytes,
            resent: observed.traffic.resent,
            reconnects: observed.traffic.connections.saturating_sub(1),
            took_ms: took.into(),
        },
    );
    Ok((finding.into_iter().collect(), missed, outcome))
}

/// Tells when the client has sent its first byte of object data, and when the device has said its last word.
fn tell_traffic(way: &Way<'_>, observed: &Observed, began: Duration) {
    let tell = |moment: Option<Moment>, event: Event| {
        if let Some(Moment { at, device }) = moment {
            way.teller.send_late(at, Some((began + device).into()), event);
        }
    };
    tell(observed.first_data, Event::DataStarted);
    tell(observed.last_answer.filter(|_| observed.first_data.is_some()), Event::DataEnded);
}

/// A file for what the client prints in one update.
fn output_file(folder: &Path, case: &str, number: u32) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let name = file_name(case);
    let number = if number > 1 { format!("-{number}") } else { String::new() };
    Ok(folder.join(format!("{name}{number}.txt")))
}

fn trouble(error: &std::io::Error) -> Trouble {
    Trouble::Link(format!("the client can't be started: {error}"))
}

/// Starts the command in a process group of its own.
fn start(command: &str, log: &Path) -> std::io::Result<Child> {
    let output = File::create(log)?;
    let errors = output.try_clone()?;
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
    shell.spawn()
}

/// Whether the program has ended; its end is not taken note of, so that it can still be asked what it has used.
fn is_over(child: &Child, wait: bool) -> std::io::Result<bool> {
    let Some(pid) = rustix::process::Pid::from_raw(child.id().cast_signed()) else { return Ok(true) };
    let mut options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    options.set(WaitIdOptions::NOHANG, !wait);
    let status = rustix::io::retry_on_intr(|| rustix::process::waitid(WaitId::Pid(pid), options))?;
    Ok(status.is_some())
}

/// Serves the port until the program has ended, or is late.
async fn attend(
    way: &Way<'_>,
    child: &mut Child,
    port: &mut SerialPort,
    place: &Path,
    limit: Duration,
) -> Result<Over, Trouble> {
    let board = &**way.board;
    let began = Instant::now();
    loop {
        let stop = || {
            way.cancel.is_cancelled()
                || began.elapsed() >= limit
                || !matches!(is_over(child, false), Ok(false))
        };
        let served = port.serve(&stop).map_err(BoardError::Port)?;
        if way.cancel.is_cancelled() {
            return Err(Trouble::Interrupted);
        }
        if is_over(child, false).map_err(|error| trouble(&error))? {
            return Ok(Over::Ended);
        }
        if began.elapsed() >= limit {
            return Ok(Over::Late);
        }
        match served {
            Served::Stopped => {}
            // The cable is in again: the port has the name that the program knows.
            Served::HungUp => {
                let _gone_already = std::fs::remove_file(place);
                symlink(port.path(), place).map_err(|error| trouble(&error))?;
            }
            Served::LeftDfu => {
                if board.settle(SETTLE).await != Mode::Dfu {
                    // Nobody answers any more; what the program makes of that is its own affair.
                    sleep(LOOK);
                }
            }
        }
    }
}

/// Whether flash holds everything of the package, and an application runs if there is one in it.
fn is_there(board: &dyn Board, device: &Device, mode: Mode, zip: &[u8]) -> Result<bool, Trouble> {
    let Ok(package) = read_bytes("update.zip", zip, &ReadOptions::default()) else { return Ok(false) };
    let found = observe::read(board, device, mode)?;
    let parts = landed(&package.images, found.flash(), &device.layout());
    Ok(mode == Mode::Application && !parts.is_empty() && parts.iter().all(|part| part.landed()))
}

fn told(status: ExitStatus) -> String {
    match status.code() {
        Some(0) => "success reported (exit code 0)".to_owned(),
        Some(code) => format!("failure reported (exit code {code})"),
        None => "ended by a signal".to_owned(),
    }
}

/// What the client said, held against what the device has.
fn judge(ended: &Ended, wanted: Outcome, there: bool, limit: Duration, last_words: &str) -> Option<Finding> {
    let device = if there { "the device has the package" } else { "the device does not have the package" };
    let good = wanted == Outcome::Completed;
    let (expected, found) = match ended {
        Ended::Late => (
            "a client that ends".to_owned(),
            format!("it did not end within {} s, and {device}", limit.as_secs()),
        ),
        Ended::Exit(status) => {
            let holds = status.success() == there && there == good;
            if holds {
                return None;
            }
            let link = if status.success() == there { "and" } else { "although" };
            let expected = if good {
                "success reported, and the package in the device"
            } else {
                "failure reported, and the device as it was"
            };
            (expected.to_owned(), format!("{} {link} {device}", told(*status)))
        }
    };
    let detail = (!last_words.is_empty()).then(|| format!("its last words: {last_words}"));
    Some(Finding { check: "client".to_owned(), expected, found, detail })
}

/// The end of what the program printed, in one line.
fn last_words(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let begin = text.char_indices().rev().nth(LAST_WORDS).map_or(0, |(at, _)| at);
    text[begin..].to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    fn words(code: i32, wanted: Outcome, there: bool) -> Option<String> {
        let ended = Ended::Exit(ExitStatus::from_raw(code << 8));
        judge(&ended, wanted, there, Duration::from_secs(9), "").map(|finding| finding.found)
    }

    #[test]
    fn a_client_is_held_against_the_device() {
        assert_eq!(words(0, Outcome::Completed, true), None);
        assert_eq!(words(1, Outcome::Refused, false), None);
        let found = words(0, Outcome::Completed, false);
        assert_eq!(
            found.as_deref(),
            Some("success reported (exit code 0) although the device does not have the package")
        );
        let found = words(3, Outcome::Completed, true);
        assert_eq!(
            found.as_deref(),
            Some("failure reported (exit code 3) although the device has the package")
        );
        let found = words(1, Outcome::Completed, false);
        assert_eq!(
            found.as_deref(),
            Some("failure reported (exit code 1) and the device does not have the package")
        );
        assert!(words(0, Outcome::Refused, false).is_some());
        assert!(words(0, Outcome::Refused, true).is_some());
        let late = judge(&Ended::Late, Outcome::Completed, true, Duration::from_secs(9), "wait");
        assert!(late.is_some_and(|finding| finding.found.contains("did not end within 9 s")));
    }
}
