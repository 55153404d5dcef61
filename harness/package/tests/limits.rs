//! What reading a package costs: at most 64 MiB of memory and one second of a processor, whatever the package.
//!
//! Each package is read by a process of its own, so that nothing another one has left behind is used again. The process asks
//! its system how much memory it ever had, test harness included, and how long its thread was on a processor. No clock on
//! the wall is looked at, so a busy machine changes nothing.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of the tests; one process tells another"
)]

mod support;

use gauntlet_package::build::{Part, UpdatePackage};
use gauntlet_package::keys::TestKey;
use gauntlet_package::mutate::{MUTATIONS, mutate};
use gauntlet_package::{ReadOptions, Reason, read_bytes, read_with};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{data, index, text};

const MIB: u64 = 1024 * 1024;
const MOST_MEMORY: u64 = 64 * MIB;
const MOST_PROCESSOR_MS: u64 = 1000;
/// Names the file to a process that measures.
const FILE: &str = "GAUNTLET_TEST_MEASURED_PACKAGE";

/// What one reading cost.
struct Cost {
    memory: u64,
    processor_ms: u64,
    accepted: bool,
}

/// Not a test of its own: the process that measures.
#[test]
#[ignore = "started by the other test of this file"]
fn read_one_package() {
    let path = PathBuf::from(std::env::var_os(FILE).unwrap());
    let key = TestKey::Release.signing_key().public_key();
    let before = processor_ns();
    let outcome = read_with(path, &ReadOptions { public_key: Some(key), ..Default::default() });
    let processor_ms = (processor_ns() - before) / 1_000_000;
    println!("measured {} {processor_ms} {}", peak(), outcome.is_ok());
}

/// Most memory this process ever had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

/// How long this thread was on a processor, in nanoseconds.
fn processor_ns() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    times.split_whitespace().next().unwrap().parse().unwrap()
}

fn cost(path: &Path) -> Cost {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "read_one_package", "--ignored", "--nocapture", "--test-threads=1"]);
    let output = command.env(FILE, path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let measured = said.split("measured ").nth(1).unwrap_or_else(|| panic!("{}: {said}", path.display()));
    let mut words = measured.split_whitespace();
    let mut number = || words.next().unwrap().parse().unwrap();
    let (memory, processor_ms) = (number(), number());
    Cost { memory, processor_ms, accepted: words.next() == Some("true") }
}

fn signed(application: usize, softdevice: Option<usize>) -> Vec<u8> {
    // Bytes that do not pack well.
    let image = |size: usize| (0..size as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let update = UpdatePackage {
        application: Some(Part::new("app", image(application))),
        application_version: Some(1),
        softdevice: softdevice.map(|size| Part::new("soft", image(size))),
        hw_version: Some(52),
        sd_req: vec![0x0101],
        sd_id: vec![0x0102],
        key: Some(TestKey::Release.signing_key()),
        ..Default::default()
    };
    update.build().unwrap().zip
}

/// The broken packages of the vectors, the same damage done to a package of our own, and the largest one that is taken.
#[test]
fn no_package_costs_more_than_64_mib_or_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<PathBuf> = index("broken").iter().map(|vector| data(text(vector, "file"))).collect();
    assert_eq!(files.len(), 119);
    let key = TestKey::Release.signing_key();
    let good = read_bytes("good.zip", &signed(200_000, None), &ReadOptions::default()).unwrap();
    let mut keep = |name: &str, zip: &[u8]| {
        let path = folder.path().join(format!("{name}.zip"));
        std::fs::write(&path, zip).unwrap();
        files.push(path);
    };
    for mutation in MUTATIONS {
        keep(mutation.name, &mutate(mutation.name, &good, &key).unwrap());
    }
    let limits = ReadOptions::default().limits;
    // Both images as large as they may be, and one byte too many for the file.
    let room = limits.total - limits.entry - 64 * 1024;
    keep("largest", &signed(limits.entry, Some(room)));
    keep("too_large", &vec![b'P'; limits.file + 1]);

    let costs: Vec<Cost> = files.iter().map(|file| cost(file)).collect();
    for (file, cost) in files.iter().zip(&costs) {
        let name = file.display();
        assert!(cost.memory <= MOST_MEMORY, "{name} took {} KiB", cost.memory / 1024);
        assert!(
            cost.processor_ms <= MOST_PROCESSOR_MS,
            "{name} took {} ms of a processor",
            cost.processor_ms
        );
    }
    let [.., largest, too_large] = costs.as_slice() else { panic!("no costs") };
    assert!(largest.accepted && !too_large.accepted);
    // The measure measures: file and content of the largest package are really held.
    assert!(largest.memory > 2 * limits.entry as u64, "{} KiB", largest.memory / 1024);
    // A bomb is refused by what it announces, before anything of it is unpacked.
    let bomb = files.iter().zip(&costs).filter(|(file, _)| file.to_string_lossy().contains("bomb_64MiB"));
    for (file, cost) in bomb {
        assert!(cost.memory < 16 * MIB, "{}: {} KiB", file.display(), cost.memory / 1024);
    }
}

/// The limits are the user's, and each of them is looked at before anything is unpacked.
#[test]
fn every_limit_is_kept() {
    let zip = signed(5000, None);
    let refused = |change: fn(&mut gauntlet_package::ReadOptions)| {
        let mut options = ReadOptions::default();
        change(&mut options);
        read_bytes("x.zip", &zip, &options).err().map(|error| error.finding().unwrap().reason)
    };
    assert_eq!(refused(|_| {}), None);
    assert_eq!(refused(|options| options.limits.file = 5000), Some(Reason::TooLarge));
    assert_eq!(refused(|options| options.limits.entry = 4999), Some(Reason::TooLarge));
    assert_eq!(refused(|options| options.limits.entry = 5000), None);
    assert_eq!(refused(|options| options.limits.total = 5100), Some(Reason::TooLarge));
    assert_eq!(refused(|options| options.limits.entries = 2), Some(Reason::TooManyEntries));
    assert_eq!(refused(|options| options.limits.entries = 3), None);
}
