//! What the debug probe does to a device that runs: registers that survive a reset, and single words of flash.

use gauntlet_bench::{Board, Debugger, Device, ProbeError, Region};
use gauntlet_record::Finding;
use gauntlet_scenario::model::{self, ProbeAction, ProbeItem, Register, Retained};

use crate::closed;
use crate::trouble::Trouble;

/// Registers of POWER.
pub(crate) const GPREGRET: u32 = 0x4000_051C;
pub(crate) const GPREGRET2: u32 = 0x4000_0520;
const RESETREAS: u32 = 0x4000_0400;
/// Registers of the flash controller.
const NVMC_READY: u32 = 0x4001_E400;
const NVMC_CONFIG: u32 = 0x4001_E504;
const NVMC_ERASE_PAGE: u32 = 0x4001_E508;
const READ_ONLY: u32 = 0;
const WRITE: u32 = 1;
const ERASE: u32 = 2;
/// Erases the whole UICR.
const NVMC_ERASE_UICR: u32 = 0x4001_E514;
/// Registers of the watchdog.
const WDT_START: u32 = 0x4001_0000;
const WDT_RELOAD_VALUE: u32 = 0x4001_0504;
const WDT_RELOAD_ENABLE: u32 = 0x4001_0508;
const WDT_CONFIG: u32 = 0x4001_050C;
/// It runs while the CPU sleeps, and stands while a debugger holds it.
const RUNS_ASLEEP: u32 = 1;
/// Ticks of the watchdog in a second, and the fewest that it counts.
const WDT_HERTZ: u128 = 32_768;
const WDT_FEWEST: u32 = 15;
const PAGE: u32 = 0x1000;
/// How often the flash controller is asked whether it is ready; an erase takes 85 ms.
const PATIENCE: u32 = 100_000;
/// Where a SoftDevice says what it is and where it ends (MEM-001).
const SOFTDEVICE: [u32; 2] = [0x3004, 0x3008];
const MAGIC: u32 = 0x51B1_E5DB;

/// Does everything of a step; words that are not what they must be are found. `reset_follows`: the next step is a reset by
/// the probe. Returns, too, whether that reset is done already.
pub(crate) fn run(
    board: &dyn Board,
    device: &Device,
    items: &[ProbeItem],
    reset_follows: bool,
) -> Result<(Vec<Finding>, bool), Trouble> {
    let mut probe = board.attach()?;
    probe.halt()?;
    let changes =
        |item: &ProbeItem| matches!(item.action, ProbeAction::Erase(_) | ProbeAction::Program { .. });
    let opened = items.iter().any(changes) && closed::is_closed_to_probe(&mut probe, device.variant)?;
    if opened {
        // Only a reset opens the regions again; the firmware is not let in to close them before the words are changed.
        probe.reset_and_halt()?;
    }
    let base = if probe.read_word(SOFTDEVICE[0])? == MAGIC {
        probe.read_word(SOFTDEVICE[1])?.checked_next_multiple_of(PAGE).unwrap_or(u32::MAX)
    } else {
        PAGE
    };
    let regions = device.regions_with(base);
    let place = |region: model::Region| -> Result<Region, Trouble> {
        let name = region.to_string();
        let found = regions.iter().find(|known| known.name == name).copied();
        found.ok_or_else(|| Trouble::Internal(format!("the device has no region `{name}`")))
    };
    let mut findings = Vec::new();
    for item in items {
        match item.action {
            ProbeAction::Retain { register, value } => {
                probe.write_word(place_of(register), u32::from(value))?;
            }
            ProbeAction::Register { register, value } => {
                // Two of them have 8 bits; of the reasons only one is higher, a wake-up.
                let place = match register {
                    Register::First => GPREGRET,
                    Register::Second => GPREGRET2,
                    Register::Reasons => RESETREAS,
                };
                let found = probe.read_word(place)? & 0xFF;
                if found != u32::from(value) {
                    findings.push(Finding {
                        check: format!("register {register}"),
                        expected: format!("{value:#04x}"),
                        found: format!("{found:#04x}"),
                        detail: None,
                    });
                }
            }
            ProbeAction::Watchdog { timeout, registers } => {
                let ticks = timeout.as_millis() * WDT_HERTZ / 1000;
                let reload = u32::try_from(ticks.saturating_sub(1)).unwrap_or(u32::MAX).max(WDT_FEWEST);
                probe.write_word(WDT_RELOAD_VALUE, reload)?;
                probe.write_word(WDT_RELOAD_ENABLE, 0xFF >> 8u8.saturating_sub(registers).min(7))?;
                probe.write_word(WDT_CONFIG, RUNS_ASLEEP)?;
                probe.write_word(WDT_START, 1)?;
            }
            ProbeAction::Erase(model::Region::Uicr) => {
                probe.write_word(NVMC_CONFIG, ERASE)?;
                probe.write_word(NVMC_ERASE_UICR, 1)?;
                ready(|address| probe.read_word(address))?;
                probe.write_word(NVMC_CONFIG, READ_ONLY)?;
            }
            ProbeAction::Erase(region) => {
                let region = place(region)?;
                for page in (region.start..region.end).step_by(PAGE as usize) {
                    erase(&mut probe, page)?;
                }
            }
            ProbeAction::Program { region, at, value } => {
                let address = address(place(region)?, at)?;
                probe.write_word(NVMC_CONFIG, WRITE)?;
                probe.write_word(address, value)?;
                ready(|address| probe.read_word(address))?;
                probe.write_word(NVMC_CONFIG, READ_ONLY)?;
            }
            ProbeAction::Closed { region, closed } => {
                let found = closed::is_closed(&mut probe, device.variant, place(region)?.start)?;
                if found != closed {
                    let word = |closed: bool| if closed { "closed" } else { "open" }.to_owned();
                    findings.push(Finding {
                        check: format!("first page of {region}"),
                        expected: word(closed),
                        found: word(found),
                        detail: None,
                    });
                }
            }
            // No part of what gets through the access port.
            ProbeAction::AccessPort(_) | ProbeAction::Recover(_) => {}
            ProbeAction::Read { region, at, value } => {
                let found = probe.read_word(address(place(region)?, at)?)?;
                if found != value {
                    findings.push(Finding {
                        check: format!("word {at:#x} of {region}"),
                        expected: format!("{value:#010x}"),
                        found: format!("{found:#010x}"),
                        detail: None,
                    });
                }
            }
        }
    }
    // The case is about the start after its own reset. One more, after the reset that opened the regions, would use up
    // what holds for one start only (VAL-032).
    let was_reset = opened && reset_follows;
    if was_reset {
        probe.reset()?
    } else {
        probe.run()?
    }
    probe.detach()?;
    Ok((findings, was_reset))
}

/// Erases the page at `address` and programs `bytes` from its beginning on.
pub(crate) fn rewrite(probe: &mut Debugger, address: u32, bytes: &[u8]) -> Result<(), Trouble> {
    erase(probe, address)?;
    probe.write_word(NVMC_CONFIG, WRITE)?;
    for (address, word) in (address..).step_by(4).zip(bytes.chunks(4)) {
        let mut value = [0xFF; 4];
        value[..word.len()].copy_from_slice(word);
        if value != [0xFF; 4] {
            probe.write_word(address, u32::from_le_bytes(value))?;
            ready(|address| probe.read_word(address))?;
        }
    }
    Ok(probe.write_word(NVMC_CONFIG, READ_ONLY)?)
}

fn erase(probe: &mut Debugger, page: u32) -> Result<(), Trouble> {
    probe.write_word(NVMC_CONFIG, ERASE)?;
    probe.write_word(NVMC_ERASE_PAGE, page)?;
    ready(|address| probe.read_word(address))?;
    Ok(probe.write_word(NVMC_CONFIG, READ_ONLY)?)
}

fn place_of(register: Retained) -> u32 {
    match register {
        Retained::First => GPREGRET,
        Retained::Second => GPREGRET2,
    }
}

fn address(region: Region, at: u32) -> Result<u32, Trouble> {
    let address = region.start.saturating_add(at);
    if address < region.end {
        return Ok(address);
    }
    Err(Trouble::Internal(format!("{at:#x} is behind the end of `{}`", region.name)))
}

fn ready(mut read: impl FnMut(u32) -> Result<u32, ProbeError>) -> Result<(), Trouble> {
    for _ in 0..PATIENCE {
        if read(NVMC_READY)? & 1 == 1 {
            return Ok(());
        }
    }
    Err(Trouble::Stuck("the flash controller does not become ready".to_owned()))
}
