//! Parts of a bench, looked at one by one: what `gauntlet bench doctor` does. Nothing is erased or flashed.

use std::path::Path;
use std::time::Duration;

use gauntlet_bench::hardware::{Command, CommandError, Supply, look_at};
use gauntlet_bench::{BoardSelector, Debugger, ProbeError};
use gauntlet_links::ble::{BleHost, BleOptions, Party, Wanted};
use gauntlet_links::dongle::{Port as _, SerialDongle};
use gauntlet_links::serial::SerialOptions;

/// A part in order, in words; or what is wrong.
pub type Checked = Result<String, Wrong>;

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What was found.
    pub what: String,
    /// What to do.
    pub advice: String,
}

/// DHCSR, and its mark of a reset since it was last read.
const STATUS: u32 = 0xE000_EDF0;
const WAS_RESET: u32 = 1 << 25;
/// How long the supply is away for a look.
const OFF: Duration = Duration::from_millis(500);
/// From the supply, or a reset, to a chip that answers.
const START: Duration = Duration::from_millis(500);

fn wrong(what: impl ToString, advice: &str) -> Wrong {
    Wrong { what: what.to_string(), advice: advice.to_owned() }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

fn inside<T>(work: impl Future<Output = T>) -> Result<T, Wrong> {
    let runtime = crate::client::runtime().map_err(|trouble| wrong(chain(&trouble), "try again"))?;
    Ok(runtime.block_on(work))
}

/// The Bluetooth adapter, and the service in front of it.
///
/// # Errors
/// [`Wrong`].
pub fn adapter(adapter: Option<&str>) -> Checked {
    let wanted = BleOptions { adapter: adapter.map(ToOwned::to_owned), ..BleOptions::new(Wanted::Anyone) };
    let found = inside(async { BleHost::new(wanted).adapter().await })?;
    let advice = |party| match party {
        Party::Adapter => {
            "plug the adapter in and switch it on: `bluetoothctl power on`, `rfkill unblock bluetooth`"
        }
        _ => {
            "start the service: `systemctl start bluetooth`; its bus is the one in DBUS_SYSTEM_BUS_ADDRESS, if that is set"
        }
    };
    found
        .map(|name| format!("the adapter {name} is on"))
        .map_err(|error| wrong(&error, advice(error.party())))
}

/// A serial port. It is opened and closed; nothing is sent.
///
/// # Errors
/// [`Wrong`].
pub fn serial(options: &SerialOptions) -> Checked {
    port(&options.path)
}

/// The port of a dongle. It is opened and closed; nothing is sent.
///
/// # Errors
/// [`Wrong`].
pub fn dongle(path: &Path) -> Checked {
    port(path)
}

fn port(path: &Path) -> Checked {
    let mut port = SerialDongle(path.to_owned());
    match inside(async { port.open().map(drop) })? {
        Ok(()) => Ok(format!("{} can be opened", path.display())),
        Err(error) => Err(wrong(
            chain(&error),
            "plug it in, close other programs that use it, and see to the access rights (group dialout)",
        )),
    }
}

/// The switch of the supply. With a board, it has to fall silent without its supply, and to answer afterwards.
///
/// # Errors
/// [`Wrong`].
pub fn power(supply: &Supply, board: Option<&BoardSelector>) -> Checked {
    let failed = |error: CommandError| wrong(chain(&error), "correct the command in the bench file");
    let mut silent = false;
    match supply {
        Supply::Switch { off, on } => {
            off.perform_now().map_err(failed)?;
            let answers = board.is_some_and(|board| look_at(board).is_ok());
            silent = board.is_some() && !answers;
            on.perform_now().map_err(failed)?;
            if answers {
                return Err(wrong(
                    "the chip still answers while its supply is off",
                    "the command switches something else, or the board has another supply: the probe's, a USB port, a signal",
                ));
            }
        }
        Supply::Cycle(_) => inside(supply.cycle(OFF))?.map_err(failed)?,
    }
    std::thread::sleep(START);
    if let Some(board) = board {
        look_at(board).map_err(|error| {
            wrong(
                chain(&error),
                "the chip does not answer after its supply has come back: look at the command and the wires",
            )
        })?;
    }
    Ok(if silent { "the chip falls silent without its supply, and comes back" } else { "the commands run" }
        .to_owned())
}

/// The reset command. With a board, its core has to be reset by it.
///
/// # Errors
/// [`Wrong`].
pub fn reset(command: &Command, board: Option<&BoardSelector>) -> Checked {
    let failed = |error: CommandError| wrong(chain(&error), "correct the command in the bench file");
    let Some(board) = board else {
        return command.perform_now().map(|()| "the command runs".to_owned()).map_err(failed);
    };
    let probe = |error: ProbeError| wrong(chain(&error), "look at the probe first");
    let mut debugger = Debugger::attach(board).map_err(probe)?;
    // The mark of earlier resets goes with the reading.
    debugger.read_word(STATUS).map_err(probe)?;
    command.perform_now().map_err(failed)?;
    std::thread::sleep(START);
    // A pin reset may end the debug session of some chips: then it has happened, too.
    let was_reset = debugger.read_word(STATUS).map_or(true, |status| status & WAS_RESET != 0);
    drop(debugger);
    if was_reset {
        return Ok("the command resets the chip".to_owned());
    }
    Err(wrong(
        "the command runs, and the chip is not reset by it",
        "look at the wire; the pin works only where the firmware's UICR names it (PSELRESET)",
    ))
}
