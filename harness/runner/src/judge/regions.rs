//! What must not have changed (rules 4 and INV-7).

use gauntlet_bench::Region;
use gauntlet_scenario::model::{self, Expect};

use super::{Check, Evidence};

const PAGE: usize = 0x1000;

/// The regions that no application update may touch.
const NEIGHBOURS: &[&str] = &["start-up", "softdevice", "app-data", "bootloader", "uicr"];

/// Neighbours, free flash, and what the scenario names beside them.
pub(super) fn unchanged(evidence: &Evidence<'_>, expect: &Expect) -> Vec<Check> {
    let mut checks = always(evidence);
    for region in &expect.unchanged {
        let name = region.to_string();
        if *region == model::Region::Application {
            let size = evidence.flashed.len();
            checks.push(compare(evidence, "application", "unchanged application", 0..size));
        } else if !NEIGHBOURS.contains(&name.as_str()) {
            checks.push(whole(evidence, &name));
        }
    }
    checks
}

/// What holds for every case.
pub(super) fn always(evidence: &Evidence<'_>) -> Vec<Check> {
    let regions = evidence.device.regions();
    let present = |name: &&&str| regions.iter().any(|region: &Region| region.name == **name);
    let mut checks: Vec<Check> =
        NEIGHBOURS.iter().filter(present).map(|name| whole(evidence, name)).collect();
    let area = evidence.after.region("application").len();
    let free = reach(evidence).min(area)..area;
    checks.push(compare(evidence, "application", "unchanged free flash", free));
    checks
}

/// How far bank 0 and bank 1 can reach into the area for images, in bytes.
fn reach(evidence: &Evidence<'_>) -> usize {
    let pages = |size: usize| size.next_multiple_of(PAGE);
    let sent = || evidence.packages.iter().map(|package| package.firmware.len());
    let flashed = evidence.flashed.len();
    let bank_0 = sent().chain([flashed]).max().unwrap_or(0);
    // An update that does not replace the application goes behind it, so only what can be in bank 0 when it begins counts.
    let largest_sent = sent().max().unwrap_or(0);
    let bank_1_start = if evidence.packages.len() > 1 { pages(bank_0) } else { pages(flashed) };
    (bank_1_start + pages(largest_sent)).max(pages(bank_0))
}

fn whole(evidence: &Evidence<'_>, name: &str) -> Check {
    let size = evidence.after.region(name).len();
    compare(evidence, name, &format!("unchanged {name}"), 0..size)
}

fn compare(evidence: &Evidence<'_>, name: &str, check: &str, range: std::ops::Range<usize>) -> Check {
    let start =
        evidence.device.regions().iter().find(|region| region.name == name).map_or(0, |region| region.start);
    let before = evidence.before.region(name).get(range.clone()).unwrap_or_default();
    let after = evidence.after.region(name).get(range.clone()).unwrap_or_default();
    let differing = before.iter().zip(after).filter(|(old, new)| old != new).count();
    let first = before.iter().zip(after).position(|(old, new)| old != new);
    let detail = first.map(|at| {
        let address = start as usize + range.start + at;
        format!("first at {address:#010x}: {:#04x} was {:#04x}", after[at], before[at])
    });
    let found = if differing == 0 { "unchanged".to_owned() } else { format!("{differing} bytes differ") };
    Check::new(check, "unchanged", found, differing == 0).detail(detail)
}
