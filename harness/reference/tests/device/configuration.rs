//! Section 0.2: switches of a build that change what a host or a probe sees.

use gauntlet_nrf52::Reset;
use gauntlet_package::keys::TestKey;
use gauntlet_protocol::crc32;
use gauntlet_reference::wire::Presence;
use gauntlet_reference::{Build, Generation, Profile, SettingsVersion};

use super::common::{Device, Setup, application, hex, noise, settings_for, signed};

const RESETREAS: u32 = 0x4000_0400;

fn started(profile: Profile, change: impl FnOnce(&mut Build)) -> Device {
    let mut setup = Setup::new(profile).with_application();
    change(&mut setup.build);
    setup.start()
}

#[test]
fn a_pin_reset_asks_for_dfu_mode_where_the_build_says_so() {
    let mut device = started(Profile::Ble, |build| build.entry.pin_reset = true);
    assert_eq!(device.presence(), Presence::Waiting, "10.3: the device was started by its pin");
    assert_eq!(device.peripheral(RESETREAS) & 1, 0, "the flag is taken back");
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Silent);
    device.reset(Reset::Pin);
    assert_eq!(device.presence(), Presence::Waiting);
    let mut device = started(Profile::Ble, |_| ());
    device.reset(Reset::Pin);
    assert_eq!(device.presence(), Presence::Silent, "disabled by default");
}

#[test]
fn the_flag_in_the_settings_asks_once_and_goes_from_the_main_page() {
    for (allowed, presence) in [(true, Presence::Waiting), (false, Presence::Silent)] {
        let mut setup = Setup::new(Profile::Uart).with_application();
        setup.build.entry.settings_flag = allowed;
        let mut settings = settings_for(&setup.application.as_ref().unwrap().0, 1);
        settings.enter_buttonless_dfu = 1;
        settings.update_crcs();
        let page = settings.to_bytes().to_vec();
        setup.pages = Some([page.clone(), page.clone()]);
        let mut device = setup.start();
        assert_eq!(device.presence(), presence, "SET-022");
        let flag = |device: &Device, page: u32| device.flash(page + 0x58, 4)[0];
        let layout = device.layout;
        assert_eq!(flag(&device, layout.settings_page), u8::from(!allowed));
        assert_eq!(flag(&device, layout.backup_page), 1, "SET-022: a write of the main page alone");
        device.reset(Reset::Soft);
        assert_eq!(device.presence(), Presence::Silent, "once");
    }
}

#[test]
fn button_and_register_can_be_switched_off() {
    let mut device = started(Profile::Ble, |build| {
        build.entry.button = false;
        build.entry.gpregret = false;
    });
    device.machine.chip.store_word(0x4000_051C, 0xB1).unwrap();
    let pin = device.layout.dfu_button;
    device.machine.chip.button(pin, true);
    device.reset(Reset::Soft);
    assert_eq!(device.presence(), Presence::Silent);
    assert_eq!(device.peripheral(0x4000_051C), 0xB1);
}

#[test]
fn requests_are_there_as_the_build_says() {
    let answers = |profile, change: fn(&mut Build)| {
        let mut setup = Setup::new(profile);
        change(&mut setup.build);
        let mut device = setup.start();
        device.connect();
        ["00", "07", "0905", "0A", "0B00"].map(|request| device.ask(request)[2])
    };
    assert_eq!(answers(Profile::Uart, |_| ()), [1; 5]);
    assert_eq!(answers(Profile::Ble, |_| ()), [2; 5], "CP-005");
    assert_eq!(answers(Profile::Uart, |build| build.reduced_protocol = true), [2; 5]);
    assert_eq!(answers(Profile::Ble, |build| build.reduced_protocol = false), [1; 5]);
    assert_eq!(answers(Profile::Usb, |build| build.protocol_version_message = false), [2, 1, 1, 1, 1]);
    assert_eq!(answers(Profile::Usb, |build| build.firmware_version_message = false), [1, 1, 1, 1, 2]);
}

#[test]
fn generations_differ_on_a_boundary_that_was_executed() {
    let key = TestKey::Release.signing_key().public_key_le();
    for (generation, answer) in
        [(Generation::Sdk14, "600401"), (Generation::Sdk15To17, "600408"), (Generation::Sdk17, "600401")]
    {
        let mut setup = Setup::new(Profile::Ble);
        setup.build = Build { save_progress: true, ..Build::of_generation(generation, Profile::Ble, key) };
        let mut device = setup.start();
        device.connect();
        let image = noise(8192);
        assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
        device.object(&image[..4096]);
        assert_eq!(device.ask("04"), hex("600401"));
        device.run(500);
        device.disconnect();
        device.connect();
        let boundary = [&hex("600601 00100000 00100000")[..], &crc32(&image[..4096]).to_le_bytes()].concat();
        assert_eq!(device.ask("0602"), boundary, "OBJ-040");
        assert_eq!(device.ask("04"), hex(answer), "OBJ-041, {generation:?}");
        assert_eq!(device.image(&image[4096..]), hex("600401"), "{generation:?}");
    }
}

#[test]
fn version_1_takes_init_packets_of_256_bytes() {
    for (version, max, refused) in [
        (SettingsVersion::V1, "00010000", "0101 01010000"),
        (SettingsVersion::V2, "00020000", "0101 01020000"),
    ] {
        let mut setup = Setup::new(Profile::Uart);
        setup.build.settings_version = version;
        let mut device = setup.start();
        device.connect();
        assert_eq!(device.ask("0601"), hex(&format!("600601 {max} 00000000 00000000")), "CP-014");
        assert_eq!(device.ask(refused), hex("600104"), "OBJ-002");
        assert_eq!(device.ask(&format!("0101 {max}")), hex("600101"), "OBJ-003");
    }
}

#[test]
fn a_closed_debug_port_needs_one_more_start() {
    let device = started(Profile::Ble, |build| build.debug_port_disable = true);
    assert_eq!(device.presence(), Presence::Silent, "the application runs");
    let uicr = device.machine.chip.uicr();
    assert_eq!((uicr[0x208], uicr[0x210]), (0, 0), "10.1, step 3");
    assert_eq!(started(Profile::Ble, |_| ()).machine.chip.uicr()[0x208], 0xFF);
}

#[test]
fn a_device_of_sdk_14_keeps_settings_of_version_1() {
    let key = TestKey::Release.signing_key().public_key_le();
    for profile in Profile::ALL {
        let mut setup = Setup::new(profile);
        setup.build = Build::of_generation(Generation::Sdk14, profile, key);
        let mut device = setup.start();
        device.connect();
        let image = gauntlet_reference::images::witness(device.layout.softdevice_end, 7, 5000);
        let packet = signed(&application(&image, 3));
        assert_eq!(device.init(&packet), hex("600401"));
        device.run(500);
        let page = device.flash(device.layout.settings_page, 1024);
        assert_eq!(page[4..8], [1, 0, 0, 0]);
        assert_eq!(page[0x38..0x3A], (packet.len() as u16).to_le_bytes(), "SET-014");
        assert_eq!(page[0x5C..0x5C + packet.len()], packet);
        assert_eq!(page[0x1B8..], [0xFF; 1024 - 0x1B8], "8.1: nothing behind the name");
        assert_eq!(device.image(&image), hex("600401"));
        device.run(5000);
        assert_eq!(device.presence(), Presence::Silent, "{profile:?}");
        assert!(device.flash(device.layout.softdevice_end, 5000) == image);
        let pages =
            [device.layout.settings_page, device.layout.backup_page].map(|at| device.flash(at, 0x1B8));
        assert_eq!(pages[0][..0x15C], pages[1][..0x15C]);
        assert_eq!((pages[0][8], pages[0][0x20]), (3, 1), "SET-016: version and bank 0");
        // Spoiled, it is judged by the CRC of its bank.
        assert!(device.machine.chip.put_image(device.layout.softdevice_end + 4000, &[0; 4]));
        device.reset(Reset::Pin);
        assert_eq!(device.presence(), Presence::Waiting, "VAL-029");
    }
}

#[test]
fn a_device_updated_from_version_1_to_2_and_back_never_reads_what_is_not_there() {
    let key = TestKey::Release.signing_key().public_key_le();
    let newer = Setup::new(Profile::Ble).with_application().start();
    let page = newer.flash(newer.layout.settings_page, 896);
    let mut setup = Setup::new(Profile::Ble).with_application();
    setup.build = Build::of_generation(Generation::Sdk14, Profile::Ble, key);
    setup.pages = Some([page.clone(), page]);
    let device = setup.start();
    assert_eq!(device.presence(), Presence::Silent, "the CRC of the bank is right");
    let page = device.flash(device.layout.settings_page, 896);
    assert_eq!(page[4], 2, "SET-010: the word is kept");
}

#[test]
fn a_reset_can_be_made_to_wait() {
    for profile in Profile::ALL {
        let mut setup = Setup::new(profile);
        setup.build.reset_delay_ms = 2000;
        let mut device = setup.start();
        device.connect();
        let starts = device.machine.chip.starts();
        let began = device.machine.now();
        device.request(&hex("0C"));
        while device.machine.chip.starts() == starts {
            device.run(1);
        }
        let took = device.machine.now() - began;
        let ms = |ms| gauntlet_nrf52::cycles_from_ms(ms);
        assert!((ms(2000)..ms(2500)).contains(&took), "TMR-010, {profile:?}: {took} cycles");
    }
}
