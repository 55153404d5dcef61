//! Which SoftDevice and which bootloader are in the device, and that nothing around them has changed.

use gauntlet_bench::Region;
use gauntlet_scenario::model::{Expect, ExpectedBootloader, ExpectedSoftDevice};

use super::regions::{compare, whole};
use super::{Check, Evidence, record};

const PAGE: u32 = 0x1000;
/// Where a SoftDevice begins.
const MBR_END: u32 = 0x1000;

/// What `expect` says of SoftDevice and bootloader; the previous ones where it says nothing.
pub(super) fn expected(evidence: &Evidence<'_>, expect: &Expect) -> Vec<Check> {
    let mut checks = match &expect.softdevice {
        None | Some(ExpectedSoftDevice::Previous) => whole(evidence, "softdevice").into_iter().collect(),
        Some(ExpectedSoftDevice::None) => vec![no_softdevice(evidence)],
        Some(ExpectedSoftDevice::Package(name)) => softdevice(evidence, name.as_str()),
    };
    checks.extend(match &expect.bootloader {
        None | Some(ExpectedBootloader::Previous) => whole(evidence, "bootloader").into_iter().collect(),
        Some(ExpectedBootloader::Package(name)) => bootloader(evidence, name.as_str()),
    });
    checks
}

/// Both as they were.
pub(super) fn unchanged(evidence: &Evidence<'_>) -> Vec<Check> {
    ["softdevice", "bootloader"].into_iter().filter_map(|name| whole(evidence, name)).collect()
}

/// MEM-001.
fn no_softdevice(evidence: &Evidence<'_>) -> Check {
    let fwid = evidence.after.ground().fwid;
    let found = fwid.map_or_else(|| "none".to_owned(), |fwid| format!("one with firmware id {fwid:#06x}"));
    Check::new("softdevice", "none", found, fwid.is_none())
}

/// The image stands at its place, and what lies between its last page and the application is as it was (ACT-009).
fn softdevice(evidence: &Evidence<'_>, name: &str) -> Vec<Check> {
    let Some(image) = package(evidence, name).and_then(|package| package.softdevice.as_ref()) else {
        return Vec::new();
    };
    let end = MBR_END + image.len() as u32;
    let mut checks = vec![holds(evidence, "softdevice in flash", name, MBR_END, image)];
    let base = evidence.before.ground().base.min(evidence.after.ground().base);
    let behind = Region { name: "softdevice", start: end.next_multiple_of(PAGE), end: base };
    if behind.start < behind.end {
        checks.push(compare(evidence, "unchanged flash behind the softdevice", behind));
    }
    checks.extend(record::of_softdevice(evidence, image));
    checks
}

/// The image stands at its place with nothing behind it in its last page, and the pages behind that are as they were
/// (ACT-015).
fn bootloader(evidence: &Evidence<'_>, name: &str) -> Vec<Check> {
    let image = package(evidence, name).and_then(|package| package.bootloader.as_ref());
    let (Some((image, _)), Some(place)) = (image, evidence.after.place("bootloader")) else {
        return Vec::new();
    };
    let mut whole_pages = image.clone();
    whole_pages.resize(image.len().next_multiple_of(PAGE as usize), 0xFF);
    let behind = Region { start: place.start + whole_pages.len() as u32, ..place };
    vec![
        holds(evidence, "bootloader in flash", name, place.start, &whole_pages),
        compare(evidence, "unchanged flash behind the bootloader", behind),
    ]
}

fn package<'a>(evidence: &'a Evidence<'_>, name: &str) -> Option<&'a crate::packages::Sendable> {
    evidence.packages.iter().find(|package| package.name == name).copied()
}

fn holds(evidence: &Evidence<'_>, check: &str, package: &str, start: u32, image: &[u8]) -> Check {
    let place = Region { name: "", start, end: start + image.len() as u32 };
    let held = evidence.after.bytes(place);
    let differing = held.iter().zip(image).filter(|(a, b)| a != b).count() + (image.len() - held.len());
    let first = held.iter().zip(image).position(|(a, b)| a != b);
    let detail = first.map(|at| {
        format!("first at {:#010x}: {:#04x} instead of {:#04x}", start as usize + at, held[at], image[at])
    });
    let wanted = format!("that of package {package}");
    let found =
        if differing == 0 { wanted.clone() } else { format!("{differing} of {} bytes differ", image.len()) };
    Check::new(check, wanted, found, differing == 0).detail(detail)
}
