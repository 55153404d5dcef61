//! One update of a known image, byte by byte, against the values that the specification gives (its Appendices A and B).

use gauntlet_nrf52::{Reset, Variant};
use gauntlet_reference::images::{self, WITNESS_ADDRESS, WITNESS_MAGIC};
use gauntlet_reference::wire::Presence;
use gauntlet_reference::{Layout, Profile};

use super::common::{Device, Setup, hex};

const KEY: &str = "b69ff2602e6269e66cfa613b92b849c0686d35c674eb61c9319d5a25bad4fe60
                   992246d494c2a377519f7e2d0cb2f1f264bc2856e9e91aa499bcb80810fe0379";
const PACKET: &str = "1289010a430801123f
    080210341a028002200028003000388827422408031220105b8a4e8758c83f5e43838d1777ff8142787b7a2a267dee782505f15f855c1b4800520408011200
    10001a40
    521ca2c7dd5aea5c2ed38b1bf6dafe0587b9c3493acff623d868b0b564122244
    f3d96f24e8c04d1036bb753fcc42986fdeacbadbbdef4c8a6a2495b8fb162b06";

fn known_image() -> Vec<u8> {
    (0..5000_u32).map(|i| (7 * i + i / 256) as u8).collect()
}

#[test]
fn the_known_image_is_taken_byte_by_byte_as_specified() {
    let mut setup = Setup::new(Profile::Ble);
    setup.build.public_key = hex(KEY).try_into().unwrap();
    let mut device = setup.start();
    let virgin = device.settings();
    assert_eq!((virgin.crc, virgin.boot_validation_crc), (0x54C8_C87F, 0xACDA_1BA2), "SET-002");
    device.connect();
    let (image, packet) = (known_image(), hex(PACKET));
    assert_eq!(device.ask("020000"), hex("600201"));
    assert_eq!(device.ask("0601"), hex("600601 00020000 00000000 00000000"));
    assert_eq!(device.ask("010100000000"), hex("600103"), "OBJ-001");
    assert_eq!(device.ask("01018c000000"), hex("600101"));
    device.data(&packet);
    assert_eq!(device.ask("03"), hex("600301 8c000000 a602cb5a"));
    assert_eq!(device.ask("04"), hex("600401"));
    assert_eq!(device.ask("0602"), hex("600601 00100000 00000000 00000000"));
    assert_eq!(device.ask("0102 00100000"), hex("600101"));
    device.data(&image[..4096]);
    assert_eq!(device.ask("03"), hex("600301 00100000 211e2c46"));
    assert_eq!(device.ask("04"), hex("600401"));
    assert_eq!(device.ask("0102 88030000"), hex("600101"));
    device.data(&image[4096..]);
    assert_eq!(device.ask("03"), hex("600301 88130000 8e8df0a4"));
    assert_eq!(device.ask("04"), hex("600401"));

    // The commit, before the reset that activates.
    device.run(400);
    let mut seen = device.wire.lock().presence();
    assert_eq!(seen, Presence::Silent);
    device.run(5000);
    seen = device.wire.lock().presence();
    assert_eq!(seen, Presence::Silent, "the application runs, whatever it is");
    let start = device.layout.softdevice_end as usize;
    assert_eq!(&device.machine.chip.flash()[start..start + 5000], image, "in bank 0");
    assert!(
        device.machine.chip.flash()[start + 5000..start + 8192].iter().all(|&byte| byte == 0xFF),
        "ACT-007"
    );
    let settings = device.settings();
    assert_eq!((settings.crc, settings.boot_validation_crc), (0x40E6_CA68, 0x589F_BA9A), "after activation");
}

#[test]
fn a_valid_application_is_started_and_leaves_its_word() {
    let layout = Layout::of(Variant::Nrf52840);
    let image = images::witness(layout.softdevice_end, 0xC0FFEE, 6000);
    let mut setup = Setup::new(Profile::Ble);
    setup.application = Some((image, 1));
    let device = setup.start();
    assert_eq!(device.wire.lock().presence(), Presence::Silent);
    let at = (WITNESS_ADDRESS - 0x2000_0000) as usize;
    let ram = device.machine.chip.ram();
    let word = |at: usize| u32::from_le_bytes(ram[at..at + 4].try_into().unwrap());
    assert_eq!((word(at), word(at + 4)), (WITNESS_MAGIC, 0xC0FFEE));
}

#[test]
fn a_chip_without_the_bootloader_does_not_come_up() {
    let mut device: Device = Setup::new(Profile::Ble).start();
    assert_eq!(device.wire.lock().presence(), Presence::Waiting);
    device.machine.chip.put_image(device.layout.bootloader, &[0xFF; 0x1000]);
    device.machine.reset(Reset::Pin);
    device.run(1000);
    assert_eq!(device.wire.lock().presence(), Presence::Silent);
    assert!(!device.machine.is_guest_entered());
}
