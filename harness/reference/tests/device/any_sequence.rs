//! Whatever is sent, and whatever happens: no panic, no image that was not verified runs, what an update must leave alone stays,
//! and requests have at most one answer each, of a form that there is.

use gauntlet_nrf52::{Chip, Cut, Machine, Reset, Tear, TearPattern, cycles_from_ms};
use gauntlet_package::keys::TestKey;
use gauntlet_protocol::init_packet::{SignatureType, encode_init_command, wrap_signed};
use gauntlet_protocol::slip;
use gauntlet_reference::images::{self, WITNESS_ADDRESS, WITNESS_MAGIC};
use gauntlet_reference::wire::{FromHost, Presence, ToHost};
use gauntlet_reference::{Build, Layout, PlantedBug, Profile, ReferenceDevice, SharedWire};

use super::common::{Setup, application, signed, unsigned};
use super::sequences::{Step, Update, session};

/// Sessions for each profile.
const SESSIONS: u64 = 1000;
/// Bytes of an image: more than an object.
const SIZE: usize = 4400;
const WITNESS_BEFORE: u32 = 0xC0_FFEE;
const GPREGRET: u32 = 0x4000_051C;

/// A device before a session, and what is sent to it.
struct World {
    profile: Profile,
    layout: Layout,
    chip: Chip,
    updates: Vec<Update>,
}

/// Makes the init packet for an image.
type PacketOf<'a> = dyn Fn(&[u8]) -> Vec<u8> + 'a;

/// Witnesses of good updates; those of bad ones have other numbers.
const GOOD: [u32; 2] = [0xA1, 0xA2];

impl World {
    fn new(profile: Profile, change: fn(&mut Build)) -> Self {
        let mut setup = Setup::new(profile).with_application();
        change(&mut setup.build);
        let device = setup.start();
        assert_eq!(device.presence(), Presence::Silent);
        let layout = device.layout;
        let image = |id: u32| images::witness(layout.softdevice_end, id, SIZE);
        let foreign = |init: &gauntlet_protocol::InitCommand| {
            let bytes = encode_init_command(init);
            wrap_signed(&bytes, SignatureType::EcdsaP256Sha256, &TestKey::Other.signing_key().sign(&bytes))
        };
        let mut updates: Vec<_> = GOOD
            .into_iter()
            .zip(2..)
            .map(|(id, version)| Update {
                packet: signed(&application(&image(id), version)),
                image: image(id),
            })
            .collect();
        let bad: [&PacketOf<'_>; 7] = [
            &|image| foreign(&application(image, 9)),
            &|image| unsigned(&application(image, 9)),
            &|image| signed(&application(image, 0)),
            &|image| signed(&gauntlet_protocol::InitCommand { hw_version: Some(1), ..application(image, 9) }),
            // The right signature for an image of the same size that never comes.
            &|image| signed(&application(&vec![0; image.len()], 9)),
            &|image| {
                foreign(&gauntlet_protocol::InitCommand {
                    app_size: Some(image.len() as u32),
                    ..application(&[], 9)
                })
            },
            &|image| signed(&application(image, 9))[..100].to_vec(),
        ];
        updates.extend(bad.iter().zip(0xE1..).map(|(packet, id)| {
            let image = image(id);
            Update { packet: packet(&image), image }
        }));
        Self { profile, layout, chip: device.machine.chip.clone(), updates }
    }
}

struct Session<'a> {
    world: &'a World,
    machine: Machine,
    wire: SharedWire,
    decoder: slip::Decoder,
    /// Requests sent and answers received, by opcode, since the link was made.
    asked: [u32; 256],
    answered: [u32; 256],
    /// Something without frames was sent, so nobody knows how many requests that made.
    raw: bool,
}

impl<'a> Session<'a> {
    fn new(world: &'a World) -> Self {
        let wire = SharedWire::default();
        let firmware = ReferenceDevice::new(world.layout, wire.clone());
        let machine = Machine::with_guest(world.chip.clone(), Box::new(firmware));
        let decoder = slip::Decoder::unlimited();
        let mut session =
            Self { world, machine, wire, decoder, asked: [0; 256], answered: [0; 256], raw: false };
        session.enter_dfu();
        session
    }

    fn run(&mut self, ms: u64) {
        let until = self.machine.now() + cycles_from_ms(ms);
        self.machine.run_until(until);
        self.receive();
    }

    /// As an application would ask for it.
    fn enter_dfu(&mut self) {
        if self.machine.chip.is_powered() && self.wire.lock().presence() == Presence::Silent {
            let _stored = self.machine.chip.store_word(GPREGRET, 0xB1);
            self.machine.reset(Reset::Soft);
        }
        self.run(60);
        self.connect();
    }

    fn connect(&mut self) {
        if self.wire.lock().presence() == Presence::Waiting {
            self.wire.lock().connect(247);
            (self.asked, self.answered) = ([0; 256], [0; 256]);
            self.decoder.reset();
        }
    }

    fn send(&mut self, message: FromHost) {
        let now = self.machine.now();
        self.wire.lock().send(now, message);
    }

    fn request(&mut self, bytes: &[u8]) {
        self.asked[usize::from(bytes.first().copied().unwrap_or(0))] += 1;
        // An empty frame repeats whatever stands in the buffer (FLT-014).
        self.raw |= bytes.is_empty() && self.world.profile.is_serial();
        self.send(match self.world.profile {
            Profile::Ble => FromHost::Control(bytes.to_vec()),
            Profile::Uart | Profile::Usb => FromHost::Serial(slip::encode(bytes)),
        });
    }

    fn receive(&mut self) {
        let now = self.machine.now();
        while let Some(message) = { self.wire.lock().receive(now) } {
            match message {
                ToHost::Notification(answer) => self.judge(&answer),
                ToHost::Serial(bytes) => {
                    for answer in self.decoder.feed(&bytes) {
                        self.judge(&answer);
                    }
                }
                _ => {}
            }
        }
    }

    fn judge(&mut self, answer: &[u8]) {
        let [0x60, opcode, result, payload @ ..] = answer else { panic!("no answer: {answer:02x?}") };
        match result {
            1 => {}
            0x0B => assert_eq!(payload.len(), 1, "CP-003: {answer:02x?}"),
            2..=5 | 8 | 0x0A => assert!(payload.is_empty(), "CP-002: {answer:02x?}"),
            _ => panic!("a result that is never sent: {answer:02x?}"),
        }
        let opcode = usize::from(*opcode);
        self.answered[opcode] += 1;
        // Receipts look like answers to Get CRC, and raw bytes may be any number of requests.
        assert!(
            opcode == 3 || self.raw || self.answered[opcode] <= self.asked[opcode],
            "more answers than requests: {answer:02x?}"
        );
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Ask(bytes) => {
                self.request(bytes);
                let before = self.answered;
                // An answer takes a connection event, a page erase, or the check of a signature.
                for _ in 0..12 {
                    self.run(20);
                    if self.answered != before {
                        break;
                    }
                }
            }
            Step::Request(bytes) => self.request(bytes),
            Step::Data { bytes, packet } => {
                for chunk in bytes.chunks(*packet) {
                    self.send(match self.world.profile {
                        Profile::Ble => FromHost::Packet(chunk.to_vec()),
                        _ => FromHost::Serial(slip::encode(&[&[8], chunk].concat())),
                    });
                    self.run(3);
                }
                self.run(20);
            }
            Step::Raw(bytes) => {
                self.raw = true;
                self.send(FromHost::Serial(bytes.clone()));
            }
            Step::Reconnect => {
                self.send(FromHost::Disconnected);
                self.run(30);
                self.enter_dfu();
            }
            Step::Unplug => self.send(FromHost::Unplugged),
            Step::LineError => self.send(FromHost::LineError),
            Step::PinReset => {
                self.machine.reset(Reset::Pin);
                self.run(100);
                self.nothing_else_runs();
                self.enter_dfu();
            }
            Step::Cut(at_op) => {
                let tear = Tear::Torn(TearPattern::LowHalf);
                let off_for = Some(cycles_from_ms(5));
                self.machine.chip.arm_cut(Cut { at_op: *at_op, tear, off_for });
            }
            Step::Wait(ms) => self.run(*ms),
        }
    }

    /// INV-2: what has run since RAM was last lost is the application of the beginning, or one of a good update.
    fn nothing_else_runs(&self) {
        let ram = self.machine.chip.ram();
        let at = (WITNESS_ADDRESS - 0x2000_0000) as usize;
        let word = |at: usize| u32::from_le_bytes([ram[at], ram[at + 1], ram[at + 2], ram[at + 3]]);
        let id = word(at + 4);
        if word(at) == WITNESS_MAGIC {
            assert!(id == WITNESS_BEFORE || GOOD.contains(&id), "witness {id:x} runs");
        }
    }

    /// The end: the device starts as it likes, and flash is what it may be. Gives what runs.
    fn end(mut self) -> Option<u32> {
        self.machine.power_on();
        self.run(3000);
        self.machine.reset(Reset::Pin);
        self.run(3000);
        self.nothing_else_runs();
        let layout = self.world.layout;
        let (before, after) = (self.world.chip.flash(), self.machine.chip.flash());
        let kept = [
            ("start-up and SoftDevice", 0..layout.softdevice_end),
            ("the application's data", layout.image_area_end()..layout.bootloader),
            ("bootloader", layout.bootloader..layout.backup_page),
        ];
        for (what, range) in kept {
            let range = range.start as usize..range.end as usize;
            assert!(before[range.clone()] == after[range], "INV-7: {what} changed");
        }
        assert_eq!(self.world.chip.uicr(), self.machine.chip.uicr(), "INV-7: UICR");
        if self.machine.is_guest_entered() {
            assert_ne!(self.wire.lock().presence(), Presence::Silent, "neither DFU mode nor an application");
            return None;
        }
        let ram = self.machine.chip.ram();
        let at = (WITNESS_ADDRESS - 0x2000_0000) as usize + 4;
        let id = u32::from_le_bytes([ram[at], ram[at + 1], ram[at + 2], ram[at + 3]]);
        let image = if id == WITNESS_BEFORE {
            images::witness(layout.softdevice_end, id, 6000)
        } else {
            images::witness(layout.softdevice_end, id, SIZE)
        };
        let start = layout.softdevice_end as usize;
        assert!(after[start..start + image.len()] == image[..], "what runs is whole");
        Some(id)
    }
}

fn holds_for(profile: Profile, change: fn(&mut Build), sessions: u64) {
    let world = World::new(profile, change);
    let mut new = 0;
    for seed in 0..sessions {
        let steps = session(seed, &world.updates);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut session = Session::new(&world);
            steps.iter().for_each(|step| session.step(step));
            session.end()
        }));
        match outcome {
            Ok(Some(id)) => new += u64::from(GOOD.contains(&id)),
            Ok(None) => {}
            Err(_) => panic!("seed {seed} of {profile:?}: {steps:x?}"),
        }
    }
    // Otherwise nothing was tried that could have gone wrong.
    assert!(new > sessions / 50, "only {new} of {sessions} sessions ended with a new application");
}

#[test]
fn over_the_air() {
    holds_for(Profile::Ble, |_| (), SESSIONS);
}

#[test]
fn over_a_uart() {
    holds_for(Profile::Uart, |_| (), SESSIONS);
}

#[test]
fn over_usb() {
    holds_for(Profile::Usb, |_| (), SESSIONS);
}

#[test]
fn with_one_bank_and_saved_progress() {
    for profile in Profile::ALL {
        let change = |build: &mut Build| {
            build.single_bank = true;
            build.save_progress = true;
        };
        holds_for(profile, change, SESSIONS / 5);
    }
}

/// The checks see what they are there for.
#[test]
#[should_panic(expected = "seed")]
fn a_bootloader_that_does_not_check_signatures_is_found() {
    let change = |build: &mut Build| build.planted_bug = Some(PlantedBug::SignatureNotChecked);
    holds_for(Profile::Uart, change, 200);
}
