//! The reference device, driven by lines on stdin: for comparing it with other models of the same specification.
//!
//! ```text
//! device nrf52840 uart single_bank=1 softdevice=0 app_version=7   a new device; every pair is optional
//! put 0xff000 0011..                                             bytes into flash, as a programmer would
//! send 0901c0                                                    bytes on the serial line, or `control`, `packet`
//! wait 500                                                       milliseconds
//! settle                                                         until DFU mode, or an application, has lasted
//! reset soft                                                     or `pin`, `power`
//! poke 0x4000051c 0xb1                                           a word in a register
//! cut 12 before                                                  power fails at a flash operation, or `after`, `torn`;
//!                                                                `no-cut` takes it back, `reset power` switches on again
//! dump flash.bin                                                 the whole flash
//! ```
//!
//! Every line is answered by `< bytes` for each message of the device, then by one line `. state at_ms`, where the state is
//! `waiting`, `connected`, `application`, `silent` or `off`. Time passes in `wait`, `settle` and, until the device has done what it
//! was asked for, in `send`; never otherwise.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead, Write as _};

use gauntlet_nrf52::{
    Chip, Cut, Fill, Machine, Reset, Tear, TearPattern, Variant, cycles_from_ms, cycles_from_us,
};
use gauntlet_package::settings::{Bank, BankCode, Settings, StoredValidation};
use gauntlet_protocol::crc32;
use gauntlet_reference::images;
use gauntlet_reference::wire::{Closed, FromHost, Presence, ToHost};
use gauntlet_reference::{Build, Layout, Profile, ReferenceDevice, SharedWire};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A device that has not changed for so long has settled.
const LASTING_MS: u64 = 400;
/// Longest wait of `settle`: activation of a whole flash, and an inactivity timeout behind it.
const SETTLE_LIMIT_MS: u64 = 400_000;
/// Time that a request is given to begin to be worked on.
const TAKE_IN_US: u64 = 200;
const APPLICATION_SIZE: usize = 8192;

struct Device {
    machine: Machine,
    wire: SharedWire,
}

impl Device {
    /// A flashed device in its first second, from the words behind `device`.
    fn new(words: &[&str]) -> Outcome<Self> {
        let variant = if words.first() == Some(&"nrf52840") { Variant::Nrf52840 } else { Variant::Nrf52832 };
        let profile = match words.get(1) {
            Some(&"ble") => Profile::Ble,
            Some(&"usb") => Profile::Usb,
            _ => Profile::Uart,
        };
        let mut build = Build::release(profile, [0; 64]);
        let (mut softdevice, mut app_version) = (true, Some(0));
        for word in words.iter().skip(2) {
            let (name, value) = word.split_once('=').ok_or("a pair name=value")?;
            match name {
                "softdevice" => softdevice = value == "1",
                "app_version" => app_version = value.parse().ok(),
                "key" => build.public_key = bytes(value)?.try_into().map_err(|_| "a key of 64 bytes")?,
                _ => switch(&mut build, name, value)?,
            }
        }
        let layout = Layout::for_profile(variant, profile);
        let mut chip = Chip::new(variant, 1);
        chip.fill_flash(Fill::Byte(0xFF));
        let mut segments = vec![images::start_up(), images::bootloader(&layout, &build)];
        if softdevice {
            segments.extend(images::softdevice(&layout, layout.softdevice_fwid));
        }
        if let Some(version) = app_version {
            let base = layout.application(softdevice);
            let image = images::witness(base, 1, APPLICATION_SIZE);
            let page = settings(&image, version);
            segments.push(images::Segment::new(base, image));
            segments.push(images::Segment::new(layout.settings_page, page.clone()));
            segments.push(images::Segment::new(layout.backup_page, page));
        }
        for segment in segments {
            chip.put_image(segment.address, &segment.bytes);
        }
        chip.put_image(0x1000_1014, &layout.bootloader.to_le_bytes());
        chip.put_image(0x1000_1018, &layout.backup_page.to_le_bytes());
        let wire = SharedWire::default();
        let firmware = ReferenceDevice::new(layout, wire.clone());
        let mut machine = Machine::with_guest(chip, Box::new(firmware));
        machine.reset(Reset::Pin);
        Ok(Self { machine, wire })
    }

    fn run(&mut self, cycles: u64) {
        let until = self.machine.now() + cycles;
        self.machine.run_until(until);
    }

    fn state(&self) -> &'static str {
        if !self.machine.chip.is_powered() {
            return "off";
        }
        match (self.machine.is_guest_entered(), self.wire.lock().presence()) {
            (false, _) => "application",
            (_, Presence::Waiting) => "waiting",
            (_, Presence::Connected) => "connected",
            _ => "silent",
        }
    }

    /// Gives the device a message and the time that it needs for it.
    fn send(&mut self, message: FromHost) {
        let now = self.machine.now();
        {
            let mut wire = self.wire.lock();
            if wire.presence() == Presence::Waiting {
                wire.connect(247);
            }
            wire.send(now, message);
        }
        self.run(cycles_from_us(TAKE_IN_US));
        loop {
            let (next, unread) = {
                let wire = self.wire.lock();
                (wire.next_to_host(), wire.waiting_for_device())
            };
            let now = self.machine.now();
            if let Some(at) = next.filter(|at| *at > now) {
                self.machine.run_until(at);
            } else if unread > 0 && self.state() == "connected" {
                self.run(cycles_from_ms(1));
            } else {
                break;
            }
        }
    }

    /// Until nothing has changed for a while.
    fn settle(&mut self) {
        let end = self.machine.now() + cycles_from_ms(SETTLE_LIMIT_MS);
        let (mut state, mut since) = ("", 0);
        while self.machine.now() < end {
            let now = self.machine.now();
            if self.state() != state {
                (state, since) = (self.state(), now);
            } else if state != "silent" && now - since >= cycles_from_ms(LASTING_MS) {
                return;
            }
            self.run(cycles_from_ms(20));
        }
    }

    fn reset(&mut self, kind: &str) {
        if kind == "power" {
            self.machine.power_off();
            let now = self.machine.now();
            self.wire.lock().close(now, Closed::Vanished);
            self.run(cycles_from_ms(10));
            self.machine.power_on();
        } else {
            self.machine.reset(if kind == "pin" { Reset::Pin } else { Reset::Soft });
        }
    }

    fn cut(&mut self, at_op: u64, tear: &str) {
        let tear = match tear {
            "before" => Tear::Before,
            "after" => Tear::After,
            _ => Tear::Torn(TearPattern::random(at_op)),
        };
        self.machine.chip.arm_cut(Cut { at_op, tear, off_for: None });
    }

    /// What the device has said until now.
    fn said(&mut self) -> Vec<Vec<u8>> {
        let now = self.machine.now();
        let mut wire = self.wire.lock();
        let mut said = Vec::new();
        while let Some(message) = wire.receive(now) {
            if let ToHost::Serial(bytes) | ToHost::Notification(bytes) = message {
                said.push(bytes);
            }
        }
        said
    }

    fn obey(&mut self, words: &[&str]) -> Outcome<()> {
        match words {
            ["put", address, data] => {
                self.machine.chip.put_image(number(address)?, &bytes(data)?);
            }
            ["send", data] => self.send(FromHost::Serial(bytes(data)?)),
            ["control", data] => self.send(FromHost::Control(bytes(data)?)),
            ["packet", "-"] => self.send(FromHost::Packet(Vec::new())),
            ["packet", data] => self.send(FromHost::Packet(bytes(data)?)),
            ["disconnect"] => self.send(FromHost::Disconnected),
            ["unplug"] => self.send(FromHost::Unplugged),
            ["line-error"] => self.send(FromHost::LineError),
            ["wait", ms] => self.run(cycles_from_ms(ms.parse()?)),
            ["settle"] => self.settle(),
            ["reset", kind] => self.reset(kind),
            ["poke", address, value] => self.machine.chip.store_word(number(address)?, number(value)?)?,
            ["cut", at_op, tear] => self.cut(at_op.parse()?, tear),
            ["no-cut"] => {
                self.machine.chip.disarm_cut();
            }
            ["dump", path] => std::fs::write(path, self.machine.chip.flash())?,
            _ => return Err(format!("no such command: {}", words.join(" ")).into()),
        }
        Ok(())
    }
}

/// One switch of the bootloader's build.
fn switch(build: &mut Build, name: &str, value: &str) -> Outcome<()> {
    let on = value == "1";
    match name {
        "require_signature" => build.require_signature = on,
        "downgrade_prevention" => build.downgrade_prevention = on,
        "accept_same_version" => build.accept_same_version = on,
        "single_bank" => build.single_bank = on,
        "force_dual_bank" => build.force_dual_bank = on,
        "save_progress" => build.save_progress = on,
        "external_application" => build.external_application = on,
        "app_signature_check" => build.app_signature_check = on,
        "debug" => build.debug = on,
        "hw_version" => build.hw_version = value.parse()?,
        "inactivity_ms" => build.inactivity_ms = value.parse()?,
        "continuation_ms" => build.continuation_ms = value.parse()?,
        "copy_step_pages" => build.copy_step_pages = value.parse()?,
        _ => return Err(format!("no such switch: {name}").into()),
    }
    Ok(())
}

/// The settings page of a device with `image` in bank 0.
fn settings(image: &[u8], version: u32) -> Vec<u8> {
    let crc = crc32(image);
    let mut settings = Settings::zeroed(2);
    settings.app_version = version;
    settings.bootloader_version = 1;
    settings.bank_0 = Bank { size: image.len() as u32, crc, code: BankCode::Application };
    settings.validation_app = StoredValidation::crc(crc);
    settings.update_crcs();
    settings.to_bytes().to_vec()
}

fn number(text: &str) -> Outcome<u32> {
    Ok(match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16)?,
        None => text.parse()?,
    })
}

fn bytes(text: &str) -> Outcome<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(std::str::from_utf8);
    pairs.map(|pair| Ok(u8::from_str_radix(pair?, 16)?)).collect()
}

fn main() -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    let mut device = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match (words.first(), &mut device) {
            (Some(&"device"), _) => device = Some(Device::new(&words[1..])?),
            (_, Some(device)) => device.obey(&words)?,
            (_, None) => return Err("no device yet".into()),
        }
        let Some(device) = &mut device else { continue };
        let mut text = String::new();
        for message in device.said() {
            text.push_str("< ");
            for byte in message {
                write!(text, "{byte:02x}")?;
            }
            text.push('\n');
        }
        writeln!(text, ". {} {}", device.state(), device.machine.now() / cycles_from_ms(1))?;
        out.write_all(text.as_bytes())?;
        out.flush()?;
    }
    Ok(())
}
