//! A device on a chip, without any probe: images are put into flash, and a host talks to its wire.

use gauntlet_nrf52::{Chip, Fill, Machine, Reset, Variant, cycles_from_ms};
use gauntlet_package::keys::TestKey;
use gauntlet_package::settings::{Bank, BankCode, Settings, StoredValidation};
use gauntlet_protocol::init_packet::{
    BootValidation, FwType, Hash, SignatureType, ValidationType, encode_init_command, wrap_signed,
    wrap_unsigned,
};
use gauntlet_protocol::{InitCommand, crc32, slip};
use gauntlet_reference::images;
use gauntlet_reference::wire::{FromHost, Presence, ToHost};
use gauntlet_reference::{Build, Layout, Profile, ReferenceDevice, SharedWire};
use sha2::{Digest, Sha256};

/// Bytes from digits; everything else is for the eye.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// An image that says nothing.
pub(crate) fn noise(size: usize) -> Vec<u8> {
    (0..size as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// The init command of an application that the default device takes.
pub(crate) fn application(image: &[u8], version: u32) -> InitCommand {
    InitCommand {
        fw_version: Some(version),
        hw_version: Some(52),
        sd_req: vec![0x0100],
        fw_type: Some(FwType::Application),
        sd_size: Some(0),
        bl_size: Some(0),
        app_size: Some(image.len() as u32),
        hash: Some(Hash::sha256(Sha256::digest(image).into())),
        is_debug: false,
        boot_validation: vec![BootValidation { kind: ValidationType::GeneratedCrc, bytes: vec![] }],
    }
}

/// The packet of `init`, signed with the key that the device trusts.
pub(crate) fn signed(init: &InitCommand) -> Vec<u8> {
    let bytes = encode_init_command(init);
    wrap_signed(&bytes, SignatureType::EcdsaP256Sha256, &TestKey::Release.signing_key().sign(&bytes))
}

/// The packet of `init` without a signature.
pub(crate) fn unsigned(init: &InitCommand) -> Vec<u8> {
    wrap_unsigned(&encode_init_command(init))
}

/// What is flashed.
pub(crate) struct Setup {
    pub(crate) variant: Variant,
    pub(crate) build: Build,
    pub(crate) softdevice: bool,
    /// Image and version.
    pub(crate) application: Option<(Vec<u8>, u32)>,
    /// Bytes in both settings pages instead of those that fit the application.
    pub(crate) pages: Option<[Vec<u8>; 2]>,
}

impl Setup {
    pub(crate) fn new(profile: Profile) -> Self {
        let build = Build::release(profile, TestKey::Release.signing_key().public_key_le());
        Self { variant: Variant::Nrf52840, build, softdevice: true, application: None, pages: None }
    }

    /// With the witness of 6000 bytes in bank 0, version 1.
    pub(crate) fn with_application(mut self) -> Self {
        let layout = Layout::of(Variant::Nrf52840);
        let base = layout.application(self.softdevice);
        self.application = Some((images::witness(base, 0xC0FFEE, 6000), 1));
        self
    }

    pub(crate) fn start(self) -> Device {
        let variant = self.variant;
        let layout = Layout::for_profile(variant, self.build.profile);
        let mut chip = Chip::new(variant, 1);
        chip.fill_flash(Fill::Byte(0xFF));
        let mut segments = vec![images::start_up(), images::bootloader(&layout, &self.build)];
        if self.softdevice {
            segments.extend(images::softdevice(&layout, layout.softdevice_fwid));
        }
        for segment in segments {
            assert!(chip.put_image(segment.address, &segment.bytes));
        }
        assert!(chip.put_image(0x1000_1014, &layout.bootloader.to_le_bytes()));
        assert!(chip.put_image(0x1000_1018, &layout.backup_page.to_le_bytes()));
        let pages = self.pages.or_else(|| {
            let (image, version) = self.application.as_ref()?;
            let page = settings_for(image, *version).to_bytes().to_vec();
            Some([page.clone(), page])
        });
        if let Some((image, _)) = &self.application {
            assert!(chip.put_image(layout.application(self.softdevice), image));
        }
        if let Some([main, backup]) = pages {
            assert!(chip.put_image(layout.settings_page, &main));
            assert!(chip.put_image(layout.backup_page, &backup));
        }
        let wire = SharedWire::default();
        let firmware = ReferenceDevice::new(layout, wire.clone());
        let mut machine = Machine::with_guest(chip, Box::new(firmware));
        machine.reset(Reset::Pin);
        let profile = self.build.profile;
        let mut device = Device { machine, wire, layout, profile, decoder: slip::Decoder::unlimited() };
        device.run(3000);
        device
    }
}

/// Settings of a device with `image` in bank 0.
pub(crate) fn settings_for(image: &[u8], version: u32) -> Settings {
    let crc = crc32(image);
    let mut settings = Settings::zeroed(2);
    settings.app_version = version;
    settings.bootloader_version = 1;
    settings.bank_0 = Bank { size: image.len() as u32, crc, code: BankCode::Application };
    settings.validation_app = StoredValidation::crc(crc);
    settings.peer_data = [0xFF; 64];
    settings.adv_name = [0xFF; 28];
    settings.update_crcs();
    settings
}

/// A device and the host's end of its wire.
pub(crate) struct Device {
    pub(crate) machine: Machine,
    pub(crate) wire: SharedWire,
    pub(crate) layout: Layout,
    profile: Profile,
    decoder: slip::Decoder,
}

impl Device {
    /// In DFU mode, without an application, with a host.
    pub(crate) fn connected(profile: Profile) -> Self {
        let mut device = Setup::new(profile).start();
        device.connect();
        device
    }

    pub(crate) fn run(&mut self, ms: u64) {
        let until = self.machine.now() + cycles_from_ms(ms);
        self.machine.run_until(until);
    }

    pub(crate) fn presence(&self) -> Presence {
        self.wire.lock().presence()
    }

    pub(crate) fn reset(&mut self, kind: Reset) {
        self.machine.reset(kind);
        self.run(3000);
    }

    pub(crate) fn connect(&mut self) {
        assert!(self.wire.lock().connect(247), "in DFU mode");
    }

    pub(crate) fn disconnect(&mut self) {
        self.send(FromHost::Disconnected);
        self.run(100);
    }

    pub(crate) fn send(&mut self, message: FromHost) {
        let now = self.machine.now();
        assert!(self.wire.lock().send(now, message), "connected");
    }

    /// Sends a request without waiting for anything.
    pub(crate) fn request(&mut self, request: &[u8]) {
        self.send(match self.profile {
            Profile::Ble => FromHost::Control(request.to_vec()),
            Profile::Uart | Profile::Usb => FromHost::Serial(slip::encode(request)),
        });
    }

    pub(crate) fn ask(&mut self, request: &str) -> Vec<u8> {
        self.request(&hex(request));
        self.answer().expect("an answer")
    }

    /// The next message, if one comes within a second.
    pub(crate) fn answer(&mut self) -> Option<Vec<u8>> {
        for _ in 0..200 {
            self.run(5);
            let now = self.machine.now();
            let received = self.wire.lock().receive(now);
            match received {
                Some(ToHost::Notification(message)) => return Some(message),
                Some(ToHost::Serial(bytes)) => return self.decoder.feed(&bytes).into_iter().next(),
                _ => {}
            }
        }
        None
    }

    /// One Write.
    pub(crate) fn write(&mut self, data: &[u8]) {
        self.send(match self.profile {
            Profile::Ble => FromHost::Packet(data.to_vec()),
            Profile::Uart | Profile::Usb => FromHost::Serial(slip::encode(&[&[8], data].concat())),
        });
    }

    /// Object data, slow enough for every device.
    pub(crate) fn data(&mut self, bytes: &[u8]) {
        for packet in bytes.chunks(self.profile.write_payload()) {
            self.write(packet);
            self.run(6);
        }
        self.run(100);
    }

    /// Sends the init packet and executes it.
    pub(crate) fn init(&mut self, packet: &[u8]) -> Vec<u8> {
        self.request(&[&[1, 1][..], &(packet.len() as u32).to_le_bytes()].concat());
        assert_eq!(self.answer(), Some(hex("600101")));
        self.data(packet);
        self.ask("04")
    }

    /// Creates the object of `bytes` and sends it.
    pub(crate) fn object(&mut self, bytes: &[u8]) {
        self.request(&[&[1, 2][..], &(bytes.len() as u32).to_le_bytes()].concat());
        assert_eq!(self.answer(), Some(hex("600101")));
        self.data(bytes);
    }

    /// Sends and executes every object of `image`; the answer to the last Execute.
    pub(crate) fn image(&mut self, image: &[u8]) -> Vec<u8> {
        let mut last = Vec::new();
        for object in image.chunks(4096) {
            self.object(object);
            last = self.ask("04");
        }
        last
    }

    pub(crate) fn flash(&self, start: u32, size: usize) -> Vec<u8> {
        self.machine.chip.flash()[start as usize..][..size].to_vec()
    }

    /// Both settings pages, which must agree.
    pub(crate) fn settings(&self) -> Settings {
        let page = |start: u32| Settings::parse(&self.flash(start, 896)).unwrap();
        let main = page(self.layout.settings_page);
        assert_eq!(main, page(self.layout.backup_page), "main and backup");
        main
    }

    pub(crate) fn peripheral(&mut self, address: u32) -> u32 {
        self.machine.chip.load_word(address).unwrap()
    }
}
