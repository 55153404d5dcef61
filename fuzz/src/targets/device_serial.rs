//! The reference device on a serial line: whatever is sent, it never panics, never runs an image that was not verified, and
//! never touches what an application update must leave alone.
//!
//! An input is a little program: each byte is a step, followed by what the step needs. Whole frames of good and bad updates
//! are steps, so that chance gets deep into an update.

use crate::{Outcome, Target};
use gauntlet_nrf52::{Chip, Fill, Machine, Reset, Variant, cycles_from_ms};
use gauntlet_package::build::{AppPackage, BuiltPackage, Tamper};
use gauntlet_package::keys::{SigningKey, TestKey};
use gauntlet_package::settings::{Bank, BankCode, Settings, StoredValidation};
use gauntlet_protocol::{ObjectType, Request, crc32, slip};
use gauntlet_reference::wire::{FromHost, Presence, ToHost};
use gauntlet_reference::{Build, Layout, Profile, ReferenceDevice, SharedWire, images};
use std::ops::Range;
use std::sync::LazyLock;

/// The target.
pub const TARGET: Target = Target { name: "device_serial", run, seeds, words: &[], max_len: 600 };

/// Register that asks a bootloader for DFU mode, and its value (ACT-023).
const RETAINED: u32 = 0x4000_051C;
const DFU_MODE: u32 = 0xB1;
/// Milliseconds in which a device has started and put a received image into place.
const SETTLE_MS: u64 = 3000;
/// Bytes of the witness applications: little more than a page.
const SIZE: usize = 4400;

struct World {
    layout: Layout,
    /// The device in flash, in DFU mode after a start.
    chip: Chip,
    /// Images that may run: the one at the start, and the ones signed with the right key and of no older version.
    allowed: Vec<Vec<u8>>,
    /// The frames of one update each, unframed.
    updates: Vec<Vec<Vec<u8>>>,
    /// Flash that stays as it is, with its content.
    kept: Vec<(Range<usize>, Vec<u8>)>,
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

impl World {
    fn new() -> Self {
        let layout = Layout::of(Variant::Nrf52832);
        let base = layout.softdevice_end;
        let key = TestKey::Release.signing_key();
        let build = Build::release(Profile::Uart, key.public_key_le());
        let before = images::witness(base, 0xC0FFEE, SIZE);
        let chip = started_once(&layout, flashed(&layout, &build, &before));

        let sd_req = [u32::from(layout.softdevice_fwid)];
        let package = |id: u32, version: u32, key: Option<&SigningKey>, tamper: Option<Tamper>| {
            let mut package =
                AppPackage::new(images::witness(base, id, SIZE)).version(version).sd_req(sd_req);
            if let Some(key) = key {
                package = package.sign(key.clone());
            }
            if let Some(tamper) = tamper {
                package = package.tamper(tamper);
            }
            package.build().expect("a package of an application")
        };
        let other = TestKey::Other.signing_key();
        let good = [package(1, 2, Some(&key), None), package(2, 5, Some(&key), None)];
        let bad = [
            package(3, 6, Some(&other), None),
            package(4, 6, None, None),
            package(5, 6, Some(&key), Some(Tamper::HashBit)),
            package(6, 6, Some(&key), Some(Tamper::FirmwareBit(4300))),
            package(7, 6, Some(&key), Some(Tamper::VersionAfterSigning(9))),
            // A good signature over a version that is too old.
            package(8, 0, Some(&key), None),
        ];
        let allowed = [before].into_iter().chain(good.iter().map(|built| built.firmware.clone())).collect();
        let updates = good.iter().chain(&bad).map(frames).collect();
        let flash = chip.flash();
        let untouched = [0..base as usize, layout.bootloader as usize..layout.backup_page as usize];
        let kept = untouched.map(|range| (range.clone(), flash[range].to_vec())).into();
        Self { layout, chip, allowed, updates, kept }
    }
}

/// A chip with everything in its place, which starts into DFU mode.
fn flashed(layout: &Layout, build: &Build, application: &[u8]) -> Chip {
    let mut chip = Chip::new(layout.variant, 1);
    chip.fill_flash(Fill::Byte(0xFF));
    let mut segments = vec![images::start_up(), images::bootloader(layout, build)];
    segments.extend(images::softdevice(layout, layout.softdevice_fwid));
    let mut parts: Vec<(u32, Vec<u8>)> = segments.into_iter().map(|s| (s.address, s.bytes)).collect();
    let crc = crc32(application);
    let mut settings = Settings::zeroed(2);
    settings.app_version = 1;
    settings.bootloader_version = 1;
    settings.bank_0 = Bank { size: application.len() as u32, crc, code: BankCode::Application };
    settings.validation_app = StoredValidation::crc(crc);
    settings.update_crcs();
    let page = settings.to_bytes().to_vec();
    parts.push((layout.application(true), application.to_vec()));
    parts.push((layout.settings_page, page.clone()));
    parts.push((layout.backup_page, page));
    parts.push((0x1000_1014, layout.bootloader.to_le_bytes().to_vec()));
    parts.push((0x1000_1018, layout.backup_page.to_le_bytes().to_vec()));
    for (address, bytes) in parts {
        assert!(chip.put_image(address, &bytes), "everything fits into flash");
    }
    chip
}

/// At its first start a bootloader leaves its own address in the MBR page; after that the page never changes.
fn started_once(layout: &Layout, chip: Chip) -> Chip {
    let device = ReferenceDevice::new(*layout, SharedWire::default());
    let mut machine = Machine::with_guest(chip, Box::new(device));
    machine.reset(Reset::Pin);
    machine.run_for(cycles_from_ms(SETTLE_MS));
    machine.chip
}

/// A whole update as a host without receipts sends it.
fn frames(built: &BuiltPackage) -> Vec<Vec<u8>> {
    let mut frames = vec![Request::SetPrn { packets: 0 }.encode(), Request::GetMtu.encode()];
    let mut object = |object: ObjectType, bytes: &[u8]| {
        frames.push(Request::Create { object, size: bytes.len() as u32 }.encode());
        frames.extend(bytes.chunks(64).map(|data| Request::Write { data: data.to_vec() }.encode()));
        frames.push(Request::GetCrc.encode());
        frames.push(Request::Execute.encode());
    };
    object(ObjectType::Command, &built.init_packet);
    built.firmware.chunks(4096).for_each(|bytes| object(ObjectType::Data, bytes));
    frames
}

struct Bench {
    machine: Machine,
    wire: SharedWire,
    decoder: slip::Decoder,
    /// Kinds of answers seen, as one number.
    seen: u64,
    accepted: u64,
}

impl Bench {
    fn new(world: &World) -> Self {
        let wire = SharedWire::default();
        let device = ReferenceDevice::new(world.layout, wire.clone());
        let machine = Machine::with_guest(world.chip.clone(), Box::new(device));
        let decoder = slip::Decoder::unlimited();
        let mut bench = Self { machine, wire, decoder, seen: 0, accepted: 0 };
        bench.start_in_dfu_mode();
        bench
    }

    fn run_for(&mut self, ms: u64) {
        self.machine.run_for(cycles_from_ms(ms));
        let now = self.machine.now();
        while let Some(message) = { self.wire.lock().receive(now) } {
            if let ToHost::Serial(bytes) = message {
                for answer in self.decoder.feed(&bytes) {
                    let [0x60, opcode, result, ..] = answer[..] else { panic!("no answer: {answer:02X?}") };
                    assert!(answer.len() <= 64, "an answer is short");
                    self.seen |= 1 << ((u32::from(opcode) * 5 + u32::from(result)) % 60);
                    self.accepted += u64::from(opcode == 4 && result == 1);
                }
            }
        }
    }

    /// Whoever waits is connected to; a device that runs its application is sent back to DFU mode.
    fn start_in_dfu_mode(&mut self) {
        self.machine.reset(Reset::Pin);
        self.machine.chip.store_word(RETAINED, DFU_MODE).expect("a register of the chip");
        self.machine.reset(Reset::Soft);
        self.run_for(SETTLE_MS);
        assert_eq!(self.wire.lock().presence(), Presence::Waiting, "the device is in DFU mode");
        self.wire.lock().connect(247);
    }

    fn send(&mut self, bytes: &[u8], ms: u64) {
        if self.wire.lock().presence() == Presence::Waiting {
            self.wire.lock().connect(247);
        }
        let now = self.machine.now();
        self.wire.lock().send(now, FromHost::Serial(bytes.to_vec()));
        self.run_for(ms);
    }

    /// Whatever runs is an image that may run, and nothing else was touched.
    fn judge(&self, world: &World) {
        let flash = self.machine.chip.flash();
        for (range, content) in &world.kept {
            let touched = flash[range.clone()].iter().zip(content).position(|(now, before)| now != before);
            assert_eq!(touched.map(|at| range.start + at), None, "flash outside of the banks was touched");
        }
        if !self.machine.is_guest_entered() {
            let at = world.layout.softdevice_end as usize;
            let runs = world.allowed.iter().any(|image| flash[at..].starts_with(image));
            assert!(runs, "an image runs that nobody has verified");
        }
    }
}

fn run(input: &[u8]) -> Outcome {
    let world = &*WORLD;
    let mut bench = Bench::new(world);
    let mut steps = input.iter().copied();
    while let Some(step) = steps.next() {
        let mut byte = || steps.next().unwrap_or(0);
        match step % 8 {
            // Some frames of an update, from one on; enough time for flash between them.
            0..=2 => {
                let update = &world.updates[usize::from(byte()) % world.updates.len()];
                let first = usize::from(byte()) % update.len();
                let last = (first + 1 + usize::from(byte())).min(update.len());
                for frame in &update[first..last] {
                    bench.send(&slip::encode(frame), if frame[0] == 8 { 6 } else { 250 });
                }
            }
            3 => {
                let frame: Vec<u8> = (0..byte() % 140).map(|_| byte()).collect();
                bench.send(&slip::encode(&frame), 50);
            }
            // Bytes as they are, and no time for the device.
            4 => {
                let bytes: Vec<u8> = (0..byte() % 140).map(|_| byte()).collect();
                bench.send(&bytes, 0);
            }
            5 => bench.run_for(u64::from(byte()) * 20),
            6 => {
                bench.machine.reset(if byte() % 2 == 0 { Reset::Pin } else { Reset::Soft });
                bench.run_for(SETTLE_MS);
                bench.judge(world);
            }
            _ => {
                bench.run_for(SETTLE_MS);
                bench.judge(world);
                bench.start_in_dfu_mode();
            }
        }
    }
    bench.run_for(SETTLE_MS);
    bench.judge(world);
    bench.machine.reset(Reset::Pin);
    bench.run_for(SETTLE_MS);
    bench.judge(world);
    Outcome(bench.seen).with(bench.accepted.min(6))
}

/// Every update whole, two behind each other, some broken off, and single requests.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = (0..8).map(|update| vec![0, update, 0, 255]).collect();
    for (one, two) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 7)] {
        seeds.push(vec![0, one, 0, 255, 7, 0, two, 0, 255]);
        seeds.push(vec![0, one, 0, 20, 6, 0, 7, 0, two, 0, 255]);
        // The init packet of one, the data of the other.
        seeds.push(vec![0, one, 0, 8, 0, two, 8, 255]);
    }
    seeds.extend((0..13).map(|opcode| vec![3, 6, opcode, 1, 0, 1, 0, 0]));
    seeds.push(vec![4, 5, 9, 0xDB, 1, 0xC0, 9, 3, 2, 9, 7]);
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The judge is worth something: good updates run, and the bad ones do not.
    #[test]
    fn every_good_update_runs_and_no_bad_one() {
        let world = &*WORLD;
        for (number, update) in world.updates.iter().enumerate() {
            let mut bench = Bench::new(world);
            for frame in update {
                bench.send(&slip::encode(frame), if frame[0] == 8 { 6 } else { 250 });
            }
            bench.run_for(SETTLE_MS);
            bench.machine.reset(Reset::Pin);
            bench.run_for(SETTLE_MS);
            assert!(!bench.machine.is_guest_entered(), "an application runs after update {number}");
            let runs = &bench.machine.chip.flash()[world.layout.softdevice_end as usize..];
            let expected = if number < 2 { number + 1 } else { 0 };
            assert!(runs.starts_with(&world.allowed[expected]), "update {number}");
        }
    }
}
