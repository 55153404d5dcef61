//! Updates of SoftDevice, bootloader, both, and of images that are only stored (sections 7 and 10.2).

use gauntlet_nrf52::{Cut, Reset, Tear, TearPattern, cycles_from_ms};
use gauntlet_package::settings::BankCode;
use gauntlet_protocol::InitCommand;
use gauntlet_protocol::init_packet::{BootValidation, FwType, Hash, ValidationType};
use gauntlet_reference::images;
use gauntlet_reference::wire::Presence;
use gauntlet_reference::{Build, Layout, Profile};
use sha2::{Digest, Sha256};

use super::common::{Device, Setup, application, hex, noise, signed, unsigned};

const NEW_FWID: u16 = 0x0123;

fn layout() -> Layout {
    Layout::of(gauntlet_nrf52::Variant::Nrf52840)
}

fn softdevice(version: u32) -> Vec<u8> {
    images::softdevice_image(&layout(), NEW_FWID, version, 0x5000)
}

/// A bootloader that takes applications for hardware 53 only.
fn bootloader(build: &Build) -> Vec<u8> {
    images::bootloader(&layout(), &Build { hw_version: 53, ..build.clone() }).bytes
}

fn system(kind: FwType, sd: usize, bl: usize, image: &[u8], version: Option<u32>) -> InitCommand {
    InitCommand {
        fw_version: version,
        fw_type: Some(kind),
        sd_size: Some(sd as u32),
        bl_size: Some(bl as u32),
        app_size: Some(0),
        hash: Some(Hash::sha256(Sha256::digest(image).into())),
        boot_validation: vec![],
        ..application(image, 0)
    }
}

/// In DFU mode beside a valid application.
fn beside_application(profile: Profile) -> (Device, Build) {
    let setup = Setup::new(profile).with_application();
    let build = setup.build.clone();
    let mut device = setup.start();
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    device.reset(Reset::Soft);
    device.connect();
    (device, build)
}

#[test]
fn a_new_bootloader_takes_the_place_of_the_old_one_and_the_application_stays() {
    let (mut device, build) = beside_application(Profile::Ble);
    let image = bootloader(&build);
    let init = system(FwType::Bootloader, 0, image.len(), &image, Some(2));
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    assert_eq!(device.image(&image), hex("600401"));
    device.run(8000);
    assert_eq!(device.presence(), Presence::Silent, "ACT-019: the application runs");
    assert_eq!(device.flash(device.layout.bootloader, image.len()), image, "ACT-015");
    let settings = device.settings();
    assert_eq!(settings.bootloader_version, 2, "VAL-036");
    assert_eq!((settings.bank_0.code, settings.bank_1.code), (BankCode::Application, BankCode::Invalid));
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    device.reset(Reset::Soft);
    device.connect();
    assert_eq!(device.init(&signed(&application(&noise(4096), 2))), hex("60040b06"), "it is the new one");
    assert_eq!(
        device.init(&signed(&InitCommand { hw_version: Some(53), ..init })),
        hex("60040b05"),
        "FLT-030"
    );
}

#[test]
fn a_bootloader_that_is_there_already_is_counted_as_done() {
    let (mut device, build) = beside_application(Profile::Ble);
    let image = images::bootloader(&layout(), &build).bytes;
    let init = system(FwType::Bootloader, 0, image.len(), &image, Some(2));
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    assert_eq!(device.image(&image), hex("600401"));
    let erases = |device: &Device| device.machine.chip.page_erases((layout().bootloader / 4096) as usize);
    let before = erases(&device);
    device.run(8000);
    assert_eq!((device.presence(), erases(&device)), (Presence::Silent, before), "ACT-014");
}

#[test]
fn a_minor_softdevice_update_keeps_the_application_and_waits_ten_seconds_for_the_next() {
    let (mut device, _) = beside_application(Profile::Ble);
    let image = softdevice(7_003_000);
    let init = system(FwType::SoftDevice, image.len(), 0, &image, None);
    assert_eq!(device.init(&signed(&init)), hex("600401"), "VAL-013: without a version");
    assert_eq!(device.image(&image), hex("600401"));
    device.run(6000);
    assert_eq!(device.presence(), Presence::Waiting, "ACT-010");
    assert_eq!(device.flash(0x1000, image.len()), image, "ACT-009");
    let settings = device.settings();
    assert_eq!((settings.sd_size as usize, settings.app_version), (image.len(), 1));
    assert_eq!(settings.validation_sd.kind, ValidationType::GeneratedCrc);
    device.run(9000);
    assert_eq!(device.presence(), Presence::Silent, "ACT-012, TMR-009");
    assert!(!device.machine.is_guest_entered());
}

#[test]
fn a_major_softdevice_update_needs_a_bootloader_over_the_air_and_drops_the_application_elsewhere() {
    let image = softdevice(8_000_000);
    let init = system(FwType::SoftDevice, image.len(), 0, &image, Some(1));
    let (mut device, _) = beside_application(Profile::Ble);
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    assert_eq!(device.image(&image), hex("600405"), "VAL-024");
    device.run(5000);
    assert_eq!(device.presence(), Presence::Silent, "the application is kept");
    assert_eq!(device.settings().bank_1.code, BankCode::Invalid);

    let (mut device, _) = beside_application(Profile::Uart);
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    assert_eq!(device.image(&image), hex("600401"));
    device.run(8000);
    assert_eq!(device.presence(), Presence::Waiting, "ACT-011");
    assert_eq!(device.settings().bank_0.code, BankCode::Invalid);
    assert_eq!(device.flash(0x1000, image.len()), image);
    device.run(20_000);
    assert_eq!(device.presence(), Presence::Waiting);
}

#[test]
fn a_softdevice_that_is_none_or_does_not_fit_is_refused_at_the_end() {
    let good = softdevice(7_003_000);
    let changed = |at: usize, value: u32| {
        let mut image = good.clone();
        image[at..at + 4].copy_from_slice(&value.to_le_bytes());
        image
    };
    for image in [changed(0x2004, 0), changed(0x2008, 0x4000), changed(0x2010, 113)] {
        let (mut device, _) = beside_application(Profile::Ble);
        let init = system(FwType::SoftDevice, image.len(), 0, &image, None);
        assert_eq!(device.init(&signed(&init)), hex("600401"));
        assert_eq!(device.image(&image), hex("600405"), "VAL-023");
        device.run(5000);
        assert_eq!(device.presence(), Presence::Silent);
    }
}

fn both(build: &Build) -> (Vec<u8>, InitCommand) {
    let (sd, bl) = (softdevice(8_000_000), bootloader(build));
    let image = [&sd[..], &bl[..]].concat();
    let init = system(FwType::SoftDeviceBootloader, sd.len(), bl.len(), &image, Some(2));
    (image, init)
}

#[test]
fn softdevice_and_bootloader_then_the_application_for_them() {
    let (mut device, build) = beside_application(Profile::Ble);
    let (image, init) = both(&build);
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    assert_eq!(device.image(&image), hex("600401"));
    device.run(9000);
    assert_eq!(device.presence(), Presence::Waiting);
    assert_eq!(device.flash(0x1000, 0x5000), image[..0x5000]);
    assert_eq!(device.flash(device.layout.bootloader, image.len() - 0x5000), image[0x5000..]);
    let app = images::witness(device.layout.softdevice_end, 7, 5000);
    let next = InitCommand { hw_version: Some(53), sd_req: vec![NEW_FWID.into()], ..application(&app, 2) };
    device.connect();
    assert_eq!(device.init(&signed(&next)), hex("600401"));
    assert_eq!(device.image(&app), hex("600401"));
    device.run(5000);
    assert_eq!(device.presence(), Presence::Silent);
    assert_eq!(device.flash(device.layout.softdevice_end, app.len()), app);
}

/// PWR-010, PWR-013..015: whenever the supply fails while both are put in place, both are in place in the end.
#[test]
fn activation_of_both_survives_power_loss_at_any_operation() {
    let mut at_op = 3;
    loop {
        let (mut device, build) = beside_application(Profile::Ble);
        let (image, init) = both(&build);
        assert_eq!(device.init(&signed(&init)), hex("600401"));
        assert_eq!(device.image(&image), hex("600401"));
        // The commit is 450 operations; from there on the update can't be lost any more.
        let pattern = Tear::Torn(TearPattern::LowHalf);
        let cut = Cut { at_op: 450 + at_op, tear: pattern, off_for: Some(cycles_from_ms(500)) };
        device.machine.chip.arm_cut(cut);
        device.run(15_000);
        if device.machine.chip.cut_fired().is_none() {
            assert!(at_op > 6000, "{at_op}");
            return;
        }
        assert_eq!(device.flash(0x1000, 0x5000), image[..0x5000], "cut at {at_op}");
        assert_eq!(device.flash(device.layout.bootloader, image.len() - 0x5000), image[0x5000..], "{at_op}");
        assert_eq!(device.settings().bank_1.code, BankCode::Invalid, "cut at {at_op}");
        assert_eq!(device.presence(), Presence::Waiting, "cut at {at_op}");
        at_op += 211;
    }
}

#[test]
fn bootloaders_are_refused_for_version_size_and_missing_signature_whatever_the_build() {
    let mut setup = Setup::new(Profile::Uart);
    setup.build.require_signature = false;
    setup.build.downgrade_prevention = false;
    let build = setup.build.clone();
    let mut device = setup.start();
    device.connect();
    let image = bootloader(&build);
    let init = |version| system(FwType::Bootloader, 0, image.len(), &image, version);
    assert_eq!(device.init(&signed(&init(Some(0)))), hex("60040b05"), "VAL-015");
    assert_eq!(device.init(&signed(&init(None))), hex("60040b04"), "VAL-016");
    assert_eq!(device.init(&unsigned(&init(Some(2)))), hex("60040b08"), "7.2");
    let large = InitCommand { bl_size: Some(0x6004), ..init(Some(2)) };
    assert_eq!(device.init(&signed(&large)), hex("600404"), "VAL-019");
    let nothing = InitCommand { bl_size: None, ..init(Some(2)) };
    assert_eq!(device.init(&signed(&nothing)), hex("60040b04"));
    // A SoftDevice is a matter of configuration in a serial build.
    let sd = softdevice(7_003_000);
    let init = system(FwType::SoftDevice, sd.len(), 0, &sd, Some(0));
    assert_eq!(device.init(&unsigned(&init)), hex("600401"), "7.2");
}

#[test]
fn what_is_required_of_the_softdevice_depends_on_the_type() {
    // 7.3 with FWID 0x0100 installed, over the air.
    let image = noise(4096);
    let init = |kind, sd_req: &[u32]| InitCommand {
        sd_req: sd_req.to_vec(),
        app_size: Some(4096),
        ..system(kind, 4096, 4096, &image, Some(2))
    };
    let table: [(FwType, &[u32], &str); 12] = [
        (FwType::Application, &[], "60040b07"),
        (FwType::Application, &[0], "600401"),
        (FwType::Application, &[0, 0x0100], "60040b07"),
        (FwType::Application, &[0xFFFE], "60040b07"),
        (FwType::Application, &[0x99, 0x0100], "600401"),
        (FwType::SoftDevice, &[0], "60040b07"),
        (FwType::SoftDevice, &[0x0100], "600401"),
        (FwType::Bootloader, &[0], "600401"),
        (FwType::Bootloader, &[0x99], "60040b07"),
        (FwType::SoftDeviceBootloader, &[0], "600401"),
        (FwType::ExternalApplication, &[0], "60040b07"),
        (FwType::ExternalApplication, &[0xFFFE], "600401"),
    ];
    let mut setup = Setup::new(Profile::Ble);
    setup.build.external_application = true;
    let mut device = setup.start();
    device.connect();
    for (kind, sd_req, answer) in table {
        assert_eq!(device.init(&signed(&init(kind, sd_req))), hex(answer), "VAL-017: {kind} {sd_req:x?}");
        device.run(500);
    }
}

#[test]
fn an_external_application_is_stored_and_stays_where_it_is_supported() {
    let image = noise(8192);
    let init = InitCommand {
        fw_type: Some(FwType::ExternalApplication),
        sd_req: vec![0xFFFE],
        ..application(&image, 2)
    };
    let (mut device, _) = beside_application(Profile::Ble);
    assert_eq!(device.init(&signed(&init)), hex("60040b04"), "VAL-004");

    let mut setup = Setup::new(Profile::Ble).with_application();
    setup.build.external_application = true;
    let mut device = setup.start();
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    device.reset(Reset::Soft);
    device.connect();
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    assert_eq!(device.image(&image), hex("600401"));
    device.run(5000);
    assert_eq!(device.presence(), Presence::Silent, "the application runs");
    let settings = device.settings();
    assert_eq!(
        (settings.bank_1.code, settings.bank_1.size),
        (BankCode::ExternalApplication, 8192),
        "ACT-029"
    );
    assert_eq!(device.flash(settings.update_start_address(), 8192), image);
}

#[test]
fn a_debug_packet_skips_version_checks_on_a_debug_build_only() {
    let image = noise(4096);
    let init =
        InitCommand { hw_version: Some(99), sd_req: vec![0xFFFE], is_debug: true, ..application(&image, 0) };
    let (mut device, _) = beside_application(Profile::Ble);
    assert_eq!(device.init(&signed(&init)), hex("60040b06"), "VAL-008");
    let mut setup = Setup::new(Profile::Ble);
    setup.build.debug = true;
    let mut device = setup.start();
    device.connect();
    assert_eq!(device.init(&signed(&init)), hex("600401"), "VAL-007");
}

#[test]
fn builds_can_ask_for_a_boot_signature_and_for_two_banks() {
    let image = noise(4096);
    let mut setup = Setup::new(Profile::Ble);
    setup.build.app_signature_check = true;
    let mut device = setup.start();
    device.connect();
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    assert_eq!(device.image(&image), hex("600405"), "7.4");
    device.run(3000);
    device.connect();
    let key = gauntlet_package::keys::TestKey::Release.signing_key();
    let record = BootValidation { kind: ValidationType::EcdsaP256Sha256, bytes: key.sign(&image).to_vec() };
    let init = InitCommand { boot_validation: vec![record], ..application(&image, 1) };
    assert_eq!(device.init(&signed(&init)), hex("600401"));
    assert_eq!(device.image(&image), hex("600401"));

    let mut setup = Setup::new(Profile::Ble).with_application();
    setup.build.force_dual_bank = true;
    let mut device = setup.start();
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    device.reset(Reset::Soft);
    device.connect();
    let large = InitCommand { app_size: Some(0xCD_000), ..application(&image, 2) };
    assert_eq!(device.init(&signed(&large)), hex("600404"), "MEM-012: the application is kept");
}
