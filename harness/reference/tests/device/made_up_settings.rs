//! Settings pages that nobody would write, with good CRCs: whatever they say, the model neither panics nor runs away with the
//! host's memory.

use gauntlet_package::settings::{Bank, Settings};
use gauntlet_protocol::init_packet::ValidationType;
use gauntlet_reference::Profile;
use gauntlet_reference::wire::Presence;

use super::common::{Setup, application, hex, noise, signed};
use super::sequences::Chance;

/// Devices for each profile.
const DEVICES: u64 = 12;

/// Numbers at which something may go wrong, and any other.
fn word(chance: &mut Chance) -> u32 {
    let any = chance.next() as u32;
    let words = [
        0,
        1,
        3,
        64,
        512,
        513,
        0x1000,
        0x1001,
        0x5000,
        0x2_7000,
        0x7_8000,
        0xF_4000,
        0xF_8000,
        0xF_F000,
        0x10_0000,
        0x7FFF_FFFF,
        0xFFFF_F000,
        u32::MAX,
        any & 0xFFFF,
        any & 0xF_FFFF,
        any,
    ];
    words[chance.below(words.len())]
}

fn bank(chance: &mut Chance) -> Bank {
    let codes = [0, 1, 1, 0xA5, 0xAA, 0xAC, 0xB1, 0x77];
    Bank { size: word(chance), crc: word(chance), code: codes[chance.below(codes.len())].into() }
}

fn settings(chance: &mut Chance, packet: &[u8]) -> Settings {
    let mut settings = Settings::zeroed([1, 2, 2, 2, 3][chance.below(5)]);
    settings.app_version = word(chance);
    settings.bank_0 = bank(chance);
    settings.bank_1 = bank(chance);
    settings.write_offset = word(chance);
    settings.sd_size = word(chance);
    let progress = &mut settings.progress;
    let fields = [
        &mut progress.cmd_size,
        &mut progress.cmd_offset,
        &mut progress.cmd_crc,
        &mut progress.obj_size,
        &mut progress.fw_crc,
        &mut progress.fw_crc_last,
        &mut progress.fw_offset,
        &mut progress.fw_offset_last,
    ];
    fields.into_iter().for_each(|field| *field = word(chance));
    if chance.below(2) == 0 {
        // A packet that is in force after the start.
        (progress.cmd_size, progress.cmd_offset) = (packet.len() as u32, packet.len() as u32);
    }
    settings.init_command[..packet.len()].copy_from_slice(packet);
    settings.enter_buttonless_dfu = word(chance);
    for record in [&mut settings.validation_sd, &mut settings.validation_app] {
        record.kind = ValidationType::from(chance.below(5) as u8);
    }
    settings.update_crcs();
    settings
}

fn survives(profile: Profile) {
    let image = noise(8192);
    let packet = signed(&application(&image, 9));
    let mut waited = 0;
    for seed in 0..DEVICES {
        let chance = &mut Chance(seed);
        let page = settings(chance, &packet).to_bytes().to_vec();
        let mut setup = Setup::new(profile).with_application();
        setup.softdevice = chance.below(2) == 0;
        setup.pages = Some([page.clone(), page]);
        let mut device = setup.start();
        for request in ["03", "0602", "0102 00100000", "03", "04", "0601", "04", "0602", "04"] {
            if device.presence() == Presence::Waiting {
                device.connect();
                waited += 1;
            }
            if device.presence() != Presence::Connected {
                break;
            }
            device.request(&hex(request));
            device.run(120);
            if device.presence() == Presence::Connected {
                device.write(&image[..64]);
                device.run(20);
            }
        }
    }
    assert!(waited > DEVICES / 10, "{waited} were in DFU mode");
}

#[test]
fn a_ble_device_survives_them() {
    survives(Profile::Ble);
}

#[test]
fn a_uart_device_survives_them() {
    survives(Profile::Uart);
}

#[test]
fn a_usb_device_survives_them() {
    survives(Profile::Usb);
}
