//! What must not have changed (rules 4 and INV-7).

use gauntlet_bench::Region;
use gauntlet_scenario::model::{self, AccessPort, Expect};

use super::{Check, Evidence};
use crate::lock;

const PAGE: usize = 0x1000;
/// Where a SoftDevice begins.
const MBR_END: u32 = 0x1000;

/// The regions that no update of any kind may touch.
const NEIGHBOURS: &[&str] = &["start-up", "app-data"];
const UICR: &str = "uicr";

/// Neighbours, free flash, and what the scenario names beside them.
pub(super) fn unchanged(evidence: &Evidence<'_>, expect: &Expect) -> Vec<Check> {
    let mut checks = always(evidence);
    for region in &expect.unchanged {
        let name = region.to_string();
        if *region == model::Region::Application {
            let place = evidence.before.place("application");
            let size = evidence.flashed.len() as u32;
            let flashed = place.map(|place| Region { end: place.start + size, ..place });
            checks.extend(flashed.map(|place| compare(evidence, "unchanged application", place)));
        } else if !model::Region::ALWAYS.contains(region) {
            checks.extend(whole(evidence, &name));
        }
    }
    checks
}

/// What holds for every case.
pub(super) fn always(evidence: &Evidence<'_>) -> Vec<Check> {
    let mut checks: Vec<Check> = NEIGHBOURS.iter().filter_map(|name| whole(evidence, name)).collect();
    checks.extend(uicr(evidence));
    if let Some(area) = evidence.after.place("application") {
        let free = Region { start: reach(evidence).min(area.end), ..area };
        checks.push(compare(evidence, "unchanged free flash", free));
    }
    checks
}

/// The UICR, in which a new bootloader may have closed the access port, and nothing else (10.1, step 3).
fn uicr(evidence: &Evidence<'_>) -> Option<Check> {
    let place = evidence.before.place(UICR)?;
    let mut before = evidence.before.bytes(place).to_vec();
    let now = evidence.after.region("bootloader");
    let closes = evidence
        .packages
        .iter()
        .filter_map(|package| package.bootloader.as_ref())
        .any(|(image, bootloader)| bootloader.debug_port == AccessPort::Closed && now.starts_with(image));
    if closes {
        for word in lock::words(evidence.device.variant) {
            if let Some(word) = before.get_mut(*word as usize..*word as usize + 4) {
                word.fill(0);
            }
        }
    }
    Some(same(&format!("unchanged {UICR}"), place, &before, evidence.after.bytes(place)))
}

/// The address up to which bank 0 and bank 1 can reach into the area for images.
fn reach(evidence: &Evidence<'_>) -> u32 {
    let pages = |size: usize| size.next_multiple_of(PAGE);
    let images = || evidence.packages.iter().flat_map(|package| &package.images);
    let flashed = evidence.flashed.len();
    let bank_0 = images().map(|image| image.firmware.len()).chain([flashed]).max().unwrap_or(0);
    // An update that does not replace the application goes behind it, so only what can be in bank 0 when it begins counts.
    let largest_sent = images().map(|image| image.firmware.len()).max().unwrap_or(0);
    let bank_1_start = if images().count() > 1 { pages(bank_0) } else { pages(flashed) };
    let banks = (bank_1_start + pages(largest_sent)).max(pages(bank_0)) as u32;
    let (before, after) = (evidence.before.ground().base, evidence.after.ground().base);
    // Where a SoftDevice was given up, bank 0 has grown by its size (7.6).
    let given_up = before.saturating_sub(after).saturating_sub(MBR_END);
    before.max(after).saturating_add(banks).saturating_add(given_up)
}

/// A region of the device from before, as a whole; nothing when it had none.
pub(super) fn whole(evidence: &Evidence<'_>, name: &str) -> Option<Check> {
    let place = evidence.before.place(name)?;
    Some(compare(evidence, &format!("unchanged {name}"), place))
}

/// A place in flash, before and after.
pub(super) fn compare(evidence: &Evidence<'_>, check: &str, place: Region) -> Check {
    same(check, place, evidence.before.bytes(place), evidence.after.bytes(place))
}

fn same(check: &str, place: Region, before: &[u8], after: &[u8]) -> Check {
    let differing = before.iter().zip(after).filter(|(old, new)| old != new).count();
    let first = before.iter().zip(after).position(|(old, new)| old != new);
    let detail = first.map(|at| {
        let address = place.start as usize + at;
        format!("first at {address:#010x}: {:#04x} was {:#04x}", after[at], before[at])
    });
    let found = if differing == 0 { "unchanged".to_owned() } else { format!("{differing} bytes differ") };
    Check::new(check, "unchanged", found, differing == 0).detail(detail)
}
