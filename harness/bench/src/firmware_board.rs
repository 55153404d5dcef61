//! A virtual chip with somebody's firmware in it, and nothing else: what it does is up to the firmware.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gauntlet_links::direct::SharedMachine;
use gauntlet_nrf52::{self as nrf52, ApprotectGeneration, Chip, Machine, Variant, cycles_from_us};
use gauntlet_probe::serve::{Protocol, Server};
use gauntlet_probe::virtual_probe::{self, Registration};
use gauntlet_probe::{BoardSelector, Debugger, ProbeError};
use gauntlet_reference::Layout;

use crate::board::{BoardError, Cut, Tear};
use crate::images::{FirmwareFile, Misfit, put};
#[cfg(unix)]
use crate::serve::{FirmwareLine, FirmwarePort, Timing, Whereabouts};

/// Closes the debug port when it is not 0xFF, or not 0x5A on chips with the newer protection.
const APPROTECT_WORD: u32 = 0x1000_1208;
const CLOSED: u32 = 0xFFFF_FF00;
const GPREGRET: u32 = 0x4000_051C;
/// "Start DFU mode", as bootloaders recognise it (ACT-023).
const ENTER_DFU: u32 = 0xB1;
/// Versions, bank layout and bank 0 in a settings page: what an update changes when it is activated.
const ON_RECORD: Range<usize> = 0x08..0x24;

static BOARDS: AtomicU64 = AtomicU64::new(0);

/// What is put into a chip, and how the chip is.
#[derive(Debug, Clone)]
pub struct FirmwareSetup {
    /// The chip.
    pub variant: Variant,
    /// What every choice of chance is derived from.
    pub seed: u64,
    /// What flash and UICR hold; all else is erased.
    pub files: Vec<FirmwareFile>,
    /// The debug port is closed.
    pub locked: bool,
    /// The chip is of a revision with the newer protection, which is closed unless firmware opens it.
    pub newer_protection: bool,
    /// The supply is cut at this flash operation, counted from the first start.
    pub cut: Option<Cut>,
}

/// A chip with firmware.
pub struct FirmwareBoard {
    machine: SharedMachine,
    selector: BoardSelector,
    /// The probe can be found for as long as this lives.
    _probe: Registration,
    start_up: bool,
    before: Vec<u8>,
}

/// How the flash was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    /// Through the debug port.
    Probe,
    /// Out of the model, because the debug port is closed.
    Model,
}

impl FirmwareBoard {
    /// Fills a blank chip and switches it on. It has not executed anything yet.
    ///
    /// # Errors
    /// What does not fit into the chip.
    pub fn new(setup: &FirmwareSetup) -> Result<Self, Misfit> {
        let mut profile = setup.variant.profile();
        if setup.newer_protection {
            profile.approtect = ApprotectGeneration::New;
        }
        let mut chip = Chip::with_profile(profile, setup.seed);
        let start_up = put(&mut chip, &setup.files)?;
        if setup.locked {
            chip.put_image(APPROTECT_WORD, &CLOSED.to_le_bytes());
        }
        let before = chip.flash();
        chip.power_off();
        chip.power_on();
        if let Some(cut) = setup.cut {
            let tear = match cut.tear {
                Tear::Before => nrf52::Tear::Before,
                Tear::After => nrf52::Tear::After,
                Tear::Torn => {
                    nrf52::Tear::Torn(nrf52::TearPattern::Density { percent: 50, seed: setup.seed })
                }
            };
            let off_for = Some(cycles(cut.off));
            chip.arm_cut(nrf52::Cut { at_op: cut.flash_op, tear, off_for });
        }
        let machine: SharedMachine = Arc::new(Mutex::new(Machine::new(chip)));
        let (probe, name) = register(&machine);
        let selector = BoardSelector::new(name, setup.variant.target_name());
        Ok(Self { machine, selector, _probe: probe, start_up, before })
    }

    /// Whether none of the files had anything at address 0, so that our own start-up stands there.
    pub fn has_our_start_up(&self) -> bool {
        self.start_up
    }

    /// Where its bootloader and its application stand, if it has a bootloader.
    #[cfg(unix)]
    pub fn whereabouts(&self) -> Option<Whereabouts> {
        Whereabouts::of(&self.machine().chip)
    }

    /// Its UART as a serial port. `shared` when debug tools are let in, too.
    ///
    /// # Errors
    /// [`BoardError::Port`].
    #[cfg(unix)]
    pub fn port(&self, timing: Timing, shared: bool) -> Result<FirmwarePort, BoardError> {
        let line = FirmwareLine { timing, shared, whereabouts: self.whereabouts() };
        FirmwarePort::open(Arc::clone(&self.machine), line).map_err(BoardError::Port)
    }

    /// Offers its debug port to a tool, for as long as the server lives. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`BoardError::Serve`].
    pub fn serve(&self, protocol: Protocol, port: u16) -> Result<Server, BoardError> {
        Server::start(protocol, Arc::clone(&self.machine), port)
            .map_err(|cause| BoardError::Serve { port, cause })
    }

    /// Asks the bootloader for DFU mode through the debug port: the retained register, and a reset.
    ///
    /// # Errors
    /// [`ProbeError`], for instance because the port is closed.
    pub fn request_dfu(&self) -> Result<(), ProbeError> {
        let mut debugger = Debugger::attach(&self.selector)?;
        debugger.write_word(GPREGRET, ENTER_DFU)?;
        debugger.reset()?;
        debugger.detach()
    }

    /// Whether flash holds another firmware on record than at the first start: versions and bank 0 of the settings page,
    /// or the bootloader itself. Without a settings page where bootloaders have it, any byte of the application counts.
    #[cfg(unix)]
    pub fn is_updated(&self, flash: &[u8]) -> bool {
        let layout = Layout::of(self.machine().chip.variant());
        let part = |flash: &[u8], range: Range<usize>| flash.get(range).unwrap_or_default().to_vec();
        let settings = layout.settings_page as usize;
        let changed = |range: Range<usize>| part(flash, range.clone()) != part(&self.before, range);
        let Some(whereabouts) = self.whereabouts() else { return changed(0..flash.len()) };
        let bootloader = whereabouts.bootloader as usize;
        let record = settings + ON_RECORD.start..settings + ON_RECORD.end;
        let unwritten = part(flash, record.clone()).iter().all(|byte| *byte == 0xFF);
        let on_record = if unwritten {
            changed(whereabouts.application as usize..bootloader)
        } else {
            // A first start writes a settings page; an application on record is what an update leaves.
            let application = part(flash, settings + 0x18..settings + 0x24);
            let empty =
                application.iter().all(|byte| *byte == 0) || application.iter().all(|byte| *byte == 0xFF);
            changed(record) && !empty
        };
        on_record || changed(bootloader..layout.backup_page as usize)
    }

    /// The whole flash. The device stands still behind it, if the debug port is open.
    ///
    /// # Errors
    /// [`ProbeError`] for any reason but a closed port.
    pub fn read_back(&self) -> Result<(Vec<u8>, ReadBack), ProbeError> {
        let size = self.machine().chip.profile().flash_size;
        if self.machine().chip.is_protected() || !self.machine().chip.is_powered() {
            return Ok((self.machine().chip.flash(), ReadBack::Model));
        }
        let mut debugger = Debugger::attach(&self.selector)?;
        debugger.halt()?;
        let found = debugger.read_back(std::slice::from_ref(&(0..size)))?;
        debugger.detach()?;
        Ok((found.into_iter().flat_map(|segment| segment.bytes).collect(), ReadBack::Probe))
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        // A panic elsewhere must not hide what the machine has to tell.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cycles(span: Duration) -> u64 {
    cycles_from_us(u64::try_from(span.as_micros()).unwrap_or(u64::MAX / 64))
}

/// A name under which the probe is found that nobody in this process has.
fn register(machine: &SharedMachine) -> (Registration, String) {
    loop {
        let number = BOARDS.fetch_add(1, Ordering::Relaxed);
        if let Ok(probe) = virtual_probe::register(&format!("FIRMWARE{number:06}"), Arc::clone(machine)) {
            let selector = probe.selector();
            return (probe, selector);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn setup(files: Vec<FirmwareFile>) -> FirmwareSetup {
        FirmwareSetup {
            variant: Variant::Nrf52832,
            seed: 1,
            files,
            locked: false,
            newer_protection: false,
            cut: None,
        }
    }

    fn file(address: u32, data: &[u8]) -> FirmwareFile {
        let segments = vec![gauntlet_package::image::Segment { address, data: data.to_vec() }];
        FirmwareFile { name: "part".to_owned(), segments }
    }

    #[test]
    fn a_locked_chip_is_read_out_of_the_model() {
        let files = vec![file(0x1000, &[1, 2, 3, 4])];
        let open = FirmwareBoard::new(&setup(files.clone())).unwrap();
        assert!(open.has_our_start_up());
        let (flash, how) = open.read_back().unwrap();
        assert_eq!(
            (&flash[0x1000..0x1005], how, flash.len()),
            (&[1, 2, 3, 4, 0xFF][..], ReadBack::Probe, 512 << 10)
        );
        for newer_protection in [false, true] {
            let options = FirmwareSetup { locked: true, newer_protection, ..setup(files.clone()) };
            let locked = FirmwareBoard::new(&options).unwrap();
            assert!(locked.request_dfu().is_err());
            assert_eq!(locked.read_back().unwrap(), (flash.clone(), ReadBack::Model));
        }
    }

    #[test]
    fn an_update_is_what_the_record_or_the_bootloader_says() {
        let files = vec![file(0x1000_1014, &0x78000u32.to_le_bytes()), file(0x78000, &[1; 64])];
        let board = FirmwareBoard::new(&setup(files)).unwrap();
        let mut flash = board.before.clone();
        assert!(!board.is_updated(&flash));
        flash[0x7F004..0x7F024].fill(0);
        assert!(!board.is_updated(&flash), "a settings page without an application");
        flash[0x20000] = 0;
        assert!(!board.is_updated(&flash), "half of an update");
        let mut new = flash.clone();
        new[0x7F018] = 7;
        assert!(board.is_updated(&new));
        flash[0x78000] = 0;
        assert!(board.is_updated(&flash));
    }
}
