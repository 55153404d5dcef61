//! The flash operations of a case, judged one by one: what the device writes, where, and in which order.
//!
//! What flash holds at the end says nothing of the way there, and the way is what a power cut meets. So on a bench that sees
//! every operation ([`Board::flash_log`](gauntlet_bench::Board::flash_log)) each case is judged by these, too, from the first
//! start of the freshly flashed device to the end of the closing update.
//!
//! | module | what of the specification |
//! |---|---|
//! | `shadow` | flash as it was before each operation, and what the settings in it mean (8.2, MEM-001..003) |
//! | `work` | what the device is doing: receiving, copying, replacing its bootloader (10.2) |
//! | `pages` | how the settings pages are written (SET-005, 13.1) |
//! | `load` | what a start makes of the two settings pages (8.2, SET-008) |
//! | `fields` | which fields of the settings may change, and when (7.6, 8.1) |
//! | `record` | what a new settings page may say (7.6, ACT-004) |
//! | `validation` | what is stored for the checks at every start (7.4, VAL-026) |
//! | `ending` | how soon a reset follows what was written last (TMR-010, TMR-011) |
//! | `image` | where firmware may be written, and what (MEM-011, OBJ-020, ACT-002) |

mod ending;
mod fields;
mod image;
mod load;
mod pages;
mod record;
mod shadow;
mod validation;
mod work;

use gauntlet_bench::flash_log::{FlashAction, FlashOp, Outcome, Source, Start};
use gauntlet_bench::{Device, FlashLog};
use gauntlet_reference::layout::{MBR_END, PAGE};

use crate::judge::Check;
use ending::Ending;
pub(crate) use load::loaded;
use pages::Open;
use shadow::Shadow;
use work::Work;

/// Where the bootloader notes its own place and that of the params page (MEM-017).
const MBR_WORDS: [u32; 2] = [0xFF8, 0xFFC];
/// Words of UICR that close the debug port (10.1, step 3).
const DEBUG_PORT_WORDS: [u32; 2] = [0x1000_1208, 0x1000_1210];
/// Words of UICR that make a pin the reset pin. Firmware sets them at its first start.
const RESET_PIN_WORDS: [u32; 2] = [0x1000_1200, 0x1000_1204];
const UICR: u32 = 0x1000_1000;
/// A wrong device is wrong again and again; the first few operations tell what is wrong.
const TOLD: usize = 3;

/// What is wrong with an operation: the requirement, what must hold, what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wrong {
    rule: &'static str,
    found: String,
}

fn wrong(rule: &'static str, found: impl Into<String>) -> Result<(), Wrong> {
    Err(Wrong { rule, found: found.into() })
}

/// Judges everything in `log` that `device` has done; one check that holds, or one for each of the first operations that
/// must not be.
pub(crate) fn flash(log: &FlashLog, device: &Device) -> Vec<Check> {
    let mut audit = Audit::new(log, device);
    for op in &log.ops {
        audit.take(op);
        if audit.wrong.len() >= TOLD {
            break;
        }
    }
    audit.finish();
    audit.overwritten(log);
    if audit.wrong.is_empty() {
        return vec![Check::new("flash operations", "as specified", "as specified", true)];
    }
    let told = audit.wrong.into_iter().take(TOLD);
    told.map(|(place, Wrong { rule, found })| {
        Check::new("flash operations", rule, format!("{found} ({place})"), false)
    })
    .collect()
}

struct Audit<'a> {
    device: &'a Device,
    shadow: Shadow,
    /// The start of the device that the last operation belongs to; none after somebody else changed the flash.
    boot: Option<u32>,
    work: Work,
    /// The settings page that is being written.
    open: Option<Open>,
    /// The main page was rewritten since this start, and the backup was not yet.
    backup_due: bool,
    /// No settings page was erased since this start.
    untouched: bool,
    /// The start in which the bench changed flash last: the settings that the device works with may be older.
    changed_in: Option<u32>,
    /// Peer data and name were erased since this start, which is done when an application follows (SET-021).
    records_erased: bool,
    /// What was written to the settings leads to a reset.
    ending: Option<Ending>,
    starts: &'a [Start],
    last: Option<FlashOp>,
    wrong: Vec<(String, Wrong)>,
}

impl<'a> Audit<'a> {
    fn new(log: &'a FlashLog, device: &'a Device) -> Self {
        Self {
            device,
            shadow: Shadow::new(log.base.clone(), device),
            boot: None,
            work: Work::Receive { place: None, page: None },
            open: None,
            backup_due: false,
            untouched: true,
            changed_in: None,
            records_erased: false,
            ending: None,
            starts: &log.starts,
            last: None,
            wrong: Vec::new(),
        }
    }

    fn take(&mut self, op: &FlashOp) {
        if matches!(op.source, Source::Debugger | Source::ControlPort) {
            // The bench has changed it, so nothing of what was known still holds.
            (self.open, self.ending) = (None, None);
            self.boot = None;
            self.changed_in = Some(op.boot);
            self.shadow.apply(op);
            return;
        }
        if self.boot != Some(op.boot) {
            self.leave_boot();
            self.boot = Some(op.boot);
            self.backup_due = false;
            self.untouched = true;
            self.records_erased = false;
            self.shadow.read_build(self.device);
            self.work = Work::of_boot(&self.shadow);
        } else if self.open.as_ref().is_some_and(|open| open.is_left_by(op)) {
            let closed = self.close_page();
            self.note(op, closed);
        }
        let judged = self.judge(op);
        self.note(op, judged);
        self.shadow.apply(op);
        self.last = Some(*op);
    }

    fn judge(&mut self, op: &FlashOp) -> Result<(), Wrong> {
        let address = match op.action {
            FlashAction::Program { address, value } => {
                self.is_erased(address, value)?;
                address
            }
            FlashAction::ErasePage { address } | FlashAction::ErasePart { address, .. } => address,
            FlashAction::EraseUicr => return wrong("UICR is not touched", "UICR was erased"),
            FlashAction::EraseAll => return wrong("nothing else is erased", "everything was erased"),
        };
        let layout = self.shadow.layout;
        if address >= UICR {
            let word = matches!(op.action, FlashAction::Program { value: 0, .. });
            let closes = self.shadow.build.debug_port_disable && DEBUG_PORT_WORDS.contains(&address) && word;
            let names_pin = self.device.firmware.is_some()
                && RESET_PIN_WORDS.contains(&address)
                && matches!(op.action, FlashAction::Program { .. });
            return if closes || names_pin {
                Ok(())
            } else {
                wrong("UICR is not touched", format!("{}", Words(op)))
            };
        }
        if address < MBR_END {
            return self.mbr_page(op);
        }
        if address >= layout.backup_page {
            return self.settings_page(op, address & !(PAGE - 1));
        }
        self.image(op, address)
    }

    /// A word is programmed once between two erases, except where the specification says so (7.6, MEM-012), and by an MBR in
    /// its own page.
    fn is_erased(&self, address: u32, value: u32) -> Result<(), Wrong> {
        let Some(old) = self.shadow.word(address) else { return Ok(()) };
        let softdevice = address == shadow::SD_MAGIC_WORD && value == 0 && old == shadow::SD_MAGIC;
        let of_mbr =
            self.device.firmware.is_some() && address & !(PAGE - 1) == self.shadow.layout.backup_page;
        if old == u32::MAX || softdevice || of_mbr || address >= UICR {
            return Ok(());
        }
        let found = format!("{value:#010x} was programmed over {old:#010x} at {address:#010x}");
        wrong("only erased words are programmed (OBJ-020, OBJ-024, ACT-002)", found)
    }

    /// MEM-017, MEM-018.
    fn mbr_page(&self, op: &FlashOp) -> Result<(), Wrong> {
        let layout = self.shadow.layout;
        let values = [layout.bootloader, layout.backup_page];
        let noted = MBR_WORDS
            .into_iter()
            .zip(values)
            .any(|(address, value)| op.action == FlashAction::Program { address, value });
        if noted || self.device.firmware.is_some() {
            return Ok(());
        }
        wrong(
            "the MBR page gets the words at 0xff8 and 0xffc and no more (MEM-017, MEM-018)",
            format!("{}", Words(op)),
        )
    }

    fn note(&mut self, op: &FlashOp, judged: Result<(), Wrong>) {
        if let Err(found) = judged {
            self.wrong.push((format!("operation {}, start {}", op.n, op.boot), found));
        }
    }

    /// A reset or the end: what was being written may have been cut short, which is nobody's fault.
    fn leave_boot(&mut self) {
        let Some(last) = self.last.filter(|last| last.outcome == Outcome::Complete) else {
            (self.open, self.ending) = (None, None);
            return;
        };
        let page = self.open.as_ref().and_then(|open| self.shadow.page(open.page));
        let whole =
            page.is_some_and(|page| page.crc_ok() && (page.version != 2 || page.boot_validation_crc_ok()));
        if whole {
            let closed = self.close_page();
            self.note(&last, closed);
        }
        self.open = None;
        let ended = self.reset_follows(&last);
        self.note(&last, ended);
    }

    fn finish(&mut self) {
        if self.boot.is_some() {
            self.leave_boot();
        }
    }

    /// nWRITE of the chip's data sheet.
    fn overwritten(&mut self, log: &FlashLog) {
        let Some(began) = log.ops.first().map(|op| op.start) else { return };
        let by_device = log.overwrites.iter().filter(|over| over.at >= began);
        let by_device = by_device.filter(|over| matches!(over.source, Source::Cpu | Source::Guest));
        for over in by_device {
            let found = Wrong {
                rule: "a word is not written more often than the chip allows between two erases (nWRITE)",
                found: format!("{:#010x} was", over.address),
            };
            self.wrong.push(("data sheet".to_owned(), found));
        }
    }
}

/// An operation in words.
struct Words<'a>(&'a FlashOp);

impl std::fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.action {
            FlashAction::Program { address, value } => {
                write!(f, "{value:#010x} was programmed at {address:#010x}")
            }
            FlashAction::ErasePage { address } | FlashAction::ErasePart { address, .. } => {
                write!(f, "the page at {address:#010x} was erased")
            }
            FlashAction::EraseUicr => f.write_str("UICR was erased"),
            FlashAction::EraseAll => f.write_str("everything was erased"),
        }
    }
}
