//! One step of starts: settings pages, registers and reasons that a seed chooses, and what the device makes of them.
//!
//! | module | what it has |
//! |---|---|
//! | `chosen` | what a start finds |
//! | `made` | what the specification makes of it, written from the rules (8.2, 10.3, VAL-027..032) |
//! | `probe` | how it gets there, and what is there afterwards |

mod chosen;
mod made;
mod probe;

use std::time::Duration;

use gauntlet_bench::{Layout, Mode};
use gauntlet_package::settings::Settings;
use gauntlet_record::Finding;
use gauntlet_scenario::model::Starts;

use crate::chance::Chance;
use crate::observe::Ground;
use crate::trouble::Trouble;
use crate::update::Way;
use chosen::Chosen;
use made::Made;
use probe::Found;

/// A device that has come to no rest by then does not.
const SETTLE: Duration = Duration::from_secs(30);
/// Where a SoftDevice begins (MEM-001).
const SOFTDEVICE: u32 = 0x1000;
/// A wrong device is wrong again and again.
const TOLD: usize = 3;

/// What stands in the device while it is started: all but the settings pages, which are what they were in the end.
struct Firmware {
    flash: Vec<u8>,
    ground: Ground,
    /// The settings before the first start.
    settings: Settings,
}

impl Firmware {
    fn new(flash: Vec<u8>, layout: &Layout) -> Result<Self, Trouble> {
        let page = flash.get(layout.settings_page as usize..).unwrap_or_default();
        let settings = Settings::parse(page).map_err(|error| Trouble::Internal(error.to_string()))?;
        Ok(Self { ground: Ground::of(&flash), settings, flash })
    }

    /// The application if it had `size` bytes; nothing where flash ends before, so that whatever is recorded of it is wrong.
    fn application(&self, size: u32) -> &[u8] {
        self.bytes(self.ground.base, size).unwrap_or_default()
    }

    /// The SoftDevice, in the same way.
    fn softdevice(&self, size: u32) -> &[u8] {
        self.bytes(SOFTDEVICE, size).unwrap_or_default()
    }

    /// `size` bytes from `start` on; `None` where flash ends before.
    fn bytes(&self, start: u32, size: u32) -> Option<&[u8]> {
        let start = start as usize;
        self.flash.get(start..start.checked_add(size as usize)?)
    }
}

/// Starts the device again and again; what was otherwise than specified.
pub(crate) async fn run(way: &Way<'_>, step: &Starts) -> Result<Vec<Finding>, Trouble> {
    let board = &**way.board;
    let layout = way.device.layout();
    let firmware = Firmware::new(probe::flash(board, &layout)?, &layout)?;
    let before = probe::look(board, &layout)?;
    let mut chance = Chance::new(u64::from(step.seed));
    let mut findings = Vec::new();
    for number in 1..=step.starts {
        if way.cancel.is_cancelled() {
            return Err(Trouble::Interrupted);
        }
        let mut chosen = Chosen::draw(&mut chance, &firmware);
        probe::start(board, way.device, &mut chosen)?;
        let made = Made::of(&chosen, &way.device.build, &firmware)
            .ok_or_else(|| Trouble::Internal("`starts` is about settings of version 2".to_owned()))?;
        let mode = board.settle(SETTLE).await;
        let found = probe::look(board, &layout)?;
        findings.extend(differences(&made, mode, &found).map(|difference| Finding {
            check: format!("start {number} of the seed {}: {}", step.seed, difference.what),
            expected: difference.expected,
            found: difference.found,
            detail: Some(chosen.words()),
        }));
        if findings.len() >= TOLD {
            break;
        }
    }
    probe::start(board, way.device, &mut Chosen::as_it_was(before.pages))?;
    board.settle(SETTLE).await;
    Ok(findings)
}

struct Difference {
    what: String,
    expected: String,
    found: String,
}

/// The first thing that is otherwise; the rest follows from it.
fn differences(made: &Made, mode: Mode, found: &Found) -> Option<Difference> {
    let words = |mode| match mode {
        Mode::Application => "application",
        Mode::Dfu => "DFU mode",
        Mode::Unsettled => "neither application nor DFU mode",
    };
    if mode != made.mode {
        let (expected, found) = (words(made.mode).to_owned(), words(mode).to_owned());
        return Some(Difference { what: "mode".to_owned(), expected, found });
    }
    for (name, made, found) in
        [("settings", &made.pages[0], &found.pages[0]), ("settings-backup", &made.pages[1], &found.pages[1])]
    {
        if let Some(at) = made.iter().zip(found).position(|(made, found)| made != found) {
            return Some(Difference {
                what: format!("byte {at:#05x} of {name}"),
                expected: format!("{:#04x}", made[at]),
                found: format!("{:#04x}", found[at]),
            });
        }
    }
    let registers = [("retained", 0), ("retained-2", 1)];
    let (name, at) = registers.into_iter().find(|(_, at)| made.registers[*at] != found.registers[*at])?;
    Some(Difference {
        what: format!("register {name}"),
        expected: format!("{:#04x}", made.registers[at]),
        found: format!("{:#04x}", found.registers[at]),
    })
}
