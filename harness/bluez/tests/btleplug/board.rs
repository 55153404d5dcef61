//! The device under test, and what became of it.

use std::sync::{Arc, Mutex};

use gauntlet_links::direct::VirtualBoard;
use gauntlet_nrf52::{Chip, Fill, Machine, Variant, cycles_from_ms};
use gauntlet_package::build::AppPackage;
use gauntlet_package::keys::TestKey;
use gauntlet_package::settings::{Bank, BankCode, Settings, StoredValidation};
use gauntlet_package::{Image, read_bytes};
use gauntlet_protocol::crc32;
use gauntlet_reference::gap::Address;
use gauntlet_reference::images::{self, Buttonless, Habit, Service};
use gauntlet_reference::{Build, Layout, Profile, ReferenceDevice, SharedWire};

const VARIANT: Variant = Variant::Nrf52832;
/// The SoftDevice that the device has.
const FWID: u16 = 0x0101;

/// What runs on the device before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing: it waits in DFU mode.
    Nothing,
    /// An application with the buttonless service.
    Application,
}

/// The images of the package that every case sends: an application of `size` bytes.
pub(crate) fn package(size: usize) -> Vec<Image> {
    let base = Layout::of(VARIANT).application(true);
    let firmware = images::witness(base, 2, size);
    let package =
        AppPackage::new(firmware).version(2).sd_req([u32::from(FWID)]).sign(TestKey::Release.signing_key());
    let zip = package.build().expect("a package").zip;
    read_bytes("app.zip", &zip, &Default::default()).expect("a good package").images
}

/// The device, and its own address.
pub(crate) fn board(before: Before) -> (VirtualBoard, Address) {
    let layout = Layout::of(VARIANT);
    let mut chip = Chip::new(VARIANT, 7);
    chip.fill_flash(Fill::Byte(0xFF));
    let release = Build::release(Profile::Ble, TestKey::Release.signing_key().public_key_le());
    // Whoever comes back after a loss can go on.
    let build = Build { save_progress: true, ..release };
    let mut segments = vec![images::start_up(), images::bootloader(&layout, &build)];
    segments.extend(images::softdevice(&layout, FWID));
    for segment in segments {
        assert!(chip.put_image(segment.address, &segment.bytes));
    }
    assert!(chip.put_image(0x1000_1014, &layout.bootloader.to_le_bytes()));
    assert!(chip.put_image(0x1000_1018, &layout.backup_page.to_le_bytes()));
    if before == Before::Application {
        let service = Buttonless { service: Service::Unbonded, habit: Habit::None };
        let image = images::buttonless(layout.application(true), 1, 6000, service);
        let mut settings = Settings::zeroed(2);
        settings.bootloader_version = 1;
        settings.app_version = 1;
        let crc = crc32(&image);
        settings.bank_0 = Bank { size: image.len() as u32, crc, code: BankCode::Application };
        settings.validation_app = StoredValidation::crc(crc);
        settings.peer_data = [0xFF; 64];
        settings.adv_name = [0xFF; 28];
        settings.update_crcs();
        for page in [layout.settings_page, layout.backup_page] {
            assert!(chip.put_image(page, &settings.to_bytes()));
        }
        assert!(chip.put_image(layout.application(true), &image));
    }
    let address = Address::of_chip(&mut chip).expect("a chip with power");
    let wire = SharedWire::default();
    let guest = ReferenceDevice::new(layout, wire.clone());
    let machine = Arc::new(Mutex::new(Machine::with_guest(chip, Box::new(guest))));
    (VirtualBoard::new(machine, wire), address)
}

/// Whether the device holds the package and calls it valid, once it has come to rest.
pub(crate) fn is_updated(board: &VirtualBoard, size: usize) -> bool {
    let mut machine = board.machine();
    let end = machine.now() + cycles_from_ms(5000);
    machine.run_until(end);
    let flash = machine.chip.flash();
    let layout = Layout::of(VARIANT);
    let (base, page) = (layout.application(true) as usize, layout.settings_page as usize);
    let firmware = &package(size)[0].firmware;
    let settings = Settings::parse(&flash[page..page + 0x1000]);
    flash[base..].starts_with(firmware)
        && settings
            .is_ok_and(|settings| settings.bank_0.code == BankCode::Application && settings.app_version == 2)
}
