//! The recorded host and our device.

use std::collections::VecDeque;

use gauntlet_nrf52::{Chip, Fill, Machine, Reset, Variant, cycles_from_ms};
use gauntlet_protocol::slip;
use gauntlet_reference::wire::{FromHost, Presence, ToHost};
use gauntlet_reference::{Build, Layout, Profile, ReferenceDevice, SharedWire, images};

use super::KEY;
use super::transcript::{From, Transcript, hex};

struct Device {
    machine: Machine,
    wire: SharedWire,
    layout: Layout,
    decoder: slip::Decoder,
    answers: VecDeque<Vec<u8>>,
}

impl Device {
    /// In DFU mode, without an application, with the SoftDevice that the recorded packet asks for.
    fn new(profile: Profile) -> Self {
        let layout = Layout::for_profile(Variant::Nrf52840, profile);
        let build = Build::release(profile, hex(KEY).try_into().unwrap());
        let mut chip = Chip::new(Variant::Nrf52840, 1);
        chip.fill_flash(Fill::Byte(0xFF));
        let mut segments = vec![images::start_up(), images::bootloader(&layout, &build)];
        segments.extend(images::softdevice(&layout, layout.softdevice_fwid));
        for segment in segments {
            assert!(chip.put_image(segment.address, &segment.bytes));
        }
        assert!(chip.put_image(0x1000_1014, &layout.bootloader.to_le_bytes()));
        assert!(chip.put_image(0x1000_1018, &layout.backup_page.to_le_bytes()));
        let wire = SharedWire::default();
        let mut machine = Machine::with_guest(chip, Box::new(ReferenceDevice::new(layout, wire.clone())));
        machine.reset(Reset::Pin);
        let mut device =
            Self { machine, wire, layout, decoder: slip::Decoder::for_host(), answers: VecDeque::new() };
        device.run(3000);
        assert!(device.wire.lock().connect(0), "in DFU mode");
        device
    }

    fn run(&mut self, ms: u64) {
        self.machine.run_for(cycles_from_ms(ms));
        let now = self.machine.now();
        while let Some(message) = { self.wire.lock().receive(now) } {
            if let ToHost::Serial(bytes) = message {
                self.answers.extend(self.decoder.feed(&bytes));
            }
        }
    }

    fn send(&mut self, frame: &[u8]) {
        let now = self.machine.now();
        assert!(self.wire.lock().send(now, FromHost::Serial(frame.to_vec())));
        // A Write on the line, and flash.
        self.run(12);
    }

    /// The next answer, which comes within a second.
    fn answer(&mut self) -> Vec<u8> {
        for _ in 0..100 {
            if let Some(answer) = self.answers.pop_front() {
                return answer;
            }
            self.run(10);
        }
        panic!("the device says nothing");
    }
}

/// An answer of ours that is not the recorded one: the request it answers (`None` if nothing was recorded), theirs, ours.
type Difference = (Vec<u8>, Option<Vec<u8>>, Vec<u8>);

/// Plays the host's frames and gives what our device says differently. In the end it must run the recorded image.
fn differences(name: &str, profile: Profile) -> Vec<Difference> {
    let transcript = Transcript::load(name);
    let mut device = Device::new(profile);
    let mut found = Vec::new();
    let mut request = Vec::new();
    let mut said = transcript.0.iter().peekable();
    while let Some(line) = said.next() {
        match line.from {
            From::Host => {
                request.clone_from(&line.message);
                device.send(&line.frame);
                let heard = said.peek().is_some_and(|next| next.from == From::Device);
                // A Write is followed by the next one at once, with or without a receipt on its way.
                if !heard && request[0] != 8 {
                    found.push((request.clone(), None, device.answer()));
                }
            }
            From::Device => {
                let ours = device.answer();
                if ours != line.message {
                    found.push((request.clone(), Some(line.message.clone()), ours));
                }
            }
        }
    }
    assert!(device.answers.is_empty(), "{name}: more is said than was recorded: {:02x?}", device.answers);
    if name != "silent" {
        device.run(3000);
        assert!(!device.machine.is_guest_entered(), "{name}: the application runs");
        let at = device.layout.softdevice_end as usize;
        assert_eq!(device.machine.chip.flash()[at..at + 600], transcript.firmware(), "{name}");
    }
    found
}

#[test]
fn a_whole_update_is_answered_byte_for_byte() {
    assert_eq!(differences("plain", Profile::Uart), []);
}

#[test]
fn receipts_come_where_they_came() {
    assert_eq!(differences("receipts", Profile::Uart), []);
}

/// The recorded device was a stand-in that said it had the MTU of a UART; a USB build has a larger one (CP-022). The host
/// would have sent longer Writes to ours, but short ones are right, too.
#[test]
fn a_usb_device_differs_in_its_mtu_only() {
    let mtu = (hex("07"), Some(hex("60 07 01 83 00")), hex("60 07 01 03 08"));
    assert_eq!(differences("usb", Profile::Usb), [mtu]);
    assert_eq!(differences("usb", Profile::Uart), []);
}

/// Ours does not ignore the first Pings (CP-023): each gets its answer.
#[test]
fn every_ping_is_answered() {
    let pong = |id: u8| (vec![9, id], None, vec![0x60, 9, 1, id]);
    assert_eq!(differences("ping_retries", Profile::Uart), [pong(1), pong(2)]);
    assert_eq!(differences("silent", Profile::Uart), [pong(1), pong(2), pong(3)]);
}

/// Ours knows Ping (CP-023).
#[test]
fn ping_is_not_refused() {
    let ping = (hex("09 01"), Some(hex("60 09 02")), hex("60 09 01 01"));
    assert_eq!(differences("ping_refused", Profile::Uart), [ping]);
}

/// No build has an MTU of 64 (CP-022), so no host cuts an image into Writes of 30 bytes for ours. If one does, the second
/// Write of the image starts inside a word, and a serial build faults there (FLT-020): it resets, and runs nothing.
#[test]
fn writes_that_end_inside_a_word_end_in_a_reset() {
    let transcript = Transcript::load("small_mtu");
    let mut device = Device::new(Profile::Uart);
    let (mut differences, mut data) = (Vec::new(), 0);
    for line in &transcript.0 {
        match line.from {
            From::Host if device.wire.lock().presence() != Presence::Connected => break,
            From::Host => {
                let image = transcript.firmware();
                data += usize::from(
                    line.message[0] == 8 && image.windows(20).any(|part| line.message[1..].starts_with(part)),
                );
                device.send(&line.frame);
            }
            From::Device => {
                let ours = device.answer();
                if ours != line.message {
                    differences.push((line.message.clone(), ours));
                }
            }
        }
    }
    assert_eq!(differences, [(hex("60 07 01 40 00"), hex("60 07 01 83 00"))]);
    assert_eq!(data, 2, "Writes of the image");
    device.run(5000);
    assert_eq!(device.wire.lock().presence(), Presence::Waiting, "in DFU mode again");
}
