//! Each planted bug is found by what `bugs.yaml` says, and by that only: the bootloader without bugs passes the same.

use gauntlet_nrf52::{Cut, Tear, Variant, cycles_from_ms};
use gauntlet_package::keys::TestKey;
use gauntlet_protocol::crc32;

use crate::rig::Rig;
use crate::update::{application, send};

/// True when something is wrong.
type Check = fn(&mut Rig) -> bool;

/// A bug, what finds it, and whether only a power cut does.
const BUGS: [(&str, Check, bool); 12] = [
    ("signature-not-checked", takes_another_key, false),
    ("hash-not-checked", takes_a_flipped_bit, false),
    ("downgrade-accepted", takes_an_older_version, false),
    ("version-raised-early", remembers_a_broken_off_version, false),
    ("crc-kept-by-create", counts_what_was_thrown_away, false),
    ("one-byte-too-many", takes_a_byte_behind_the_object, false),
    ("chunk-overlaps", loses_a_larger_application, false),
    ("tail-not-erased", loses_another_tail, false),
    ("backup-not-erased", has_a_bad_backup, false),
    ("pages-erased-together", loses_everything_with_the_power, true),
    ("progress-ahead", loses_everything_with_the_power, true),
    ("bank-1-cleared-early", loses_everything_with_the_power, true),
];

fn takes_another_key(rig: &mut Rig) -> bool {
    let package = application(6, 128).sign(TestKey::Other.signing_key()).build().unwrap();
    rig.init(&package.init_packet) != [0x60, 4, 5]
}

fn takes_a_flipped_bit(rig: &mut Rig) -> bool {
    let mut package = application(6, 6000).build().unwrap();
    package.firmware[4500] ^= 4;
    assert_eq!(rig.init(&package.init_packet), [0x60, 4, 1]);
    rig.image(&package.firmware) != [0x60, 4, 0x0B, 0x0C]
}

fn takes_an_older_version(rig: &mut Rig) -> bool {
    let package = application(4, 128).build().unwrap();
    rig.init(&package.init_packet) != [0x60, 4, 0x0B, 5]
}

fn remembers_a_broken_off_version(rig: &mut Rig) -> bool {
    assert_eq!(rig.init(&application(9, 128).build().unwrap().init_packet), [0x60, 4, 1]);
    rig.ask_for_dfu();
    rig.init(&application(7, 128).build().unwrap().init_packet) != [0x60, 4, 1]
}

fn counts_what_was_thrown_away(rig: &mut Rig) -> bool {
    let package = application(6, 4096).build().unwrap();
    rig.init(&package.init_packet);
    assert_eq!(rig.ask(&[1, 2, 0, 16, 0, 0]), [0x60, 1, 1]);
    rig.send(&[8, 1, 2, 3, 4]);
    assert_eq!(rig.ask(&[1, 2, 0, 16, 0, 0]), [0x60, 1, 1]);
    let data = &package.firmware[..8];
    rig.send(&[&[8], data].concat());
    let expected = [&[0x60, 3, 1, 8, 0, 0, 0][..], &crc32(data).to_le_bytes()].concat();
    rig.ask(&[3]) != expected
}

fn takes_a_byte_behind_the_object(rig: &mut Rig) -> bool {
    let package = application(6, 128).build().unwrap();
    rig.init(&package.init_packet);
    rig.object_bytes(2, &package.firmware, 128);
    rig.ask(&[2, 1, 0]);
    rig.ask(&[8, 0xFF]) != [0x60, 3, 3]
}

/// Updates to the application `id`; whether another one, or none, runs then.
fn loses(rig: &mut Rig, id: u32, size: usize) -> bool {
    send(rig, &application(id, size).build().unwrap());
    rig.forget_witness();
    rig.run_ms(4_000);
    rig.witness() != Some(id)
}

fn loses_a_larger_application(rig: &mut Rig) -> bool {
    assert!(!loses(rig, 6, 128));
    rig.ask_for_dfu();
    loses(rig, 7, 9000)
}

fn loses_another_tail(rig: &mut Rig) -> bool {
    loses(rig, 6, 6000)
}

fn has_a_bad_backup(rig: &mut Rig) -> bool {
    loses(rig, 6, 6000);
    rig.flash(rig.layout.settings_page, 896) != rig.flash(rig.layout.backup_page, 896)
}

/// Cuts the power at operations all over an update; whether ever no application runs afterwards.
fn loses_everything_with_the_power(rig: &mut Rig) -> bool {
    send(rig, &application(6, 6000).build().unwrap());
    rig.forget_witness();
    (0..3000).step_by(111).any(|at_op| {
        let mut rig = rig.clone();
        rig.chip.arm_cut(Cut { at_op, tear: Tear::Before, off_for: Some(cycles_from_ms(1)) });
        rig.run_ms(4_000);
        rig.witness().is_none()
    })
}

/// A bootloader of this name, with version 5 of an application of two pages installed.
fn prepared(bootloader: &str) -> Rig {
    let mut rig = Rig::with_bootloader(Variant::Nrf52832, bootloader);
    rig.enter_dfu();
    assert!(!loses(&mut rig, 5, 6000), "{bootloader}");
    rig.ask_for_dfu();
    rig
}

#[test]
fn planted_bugs_are_found_and_nothing_is_found_without_them() {
    let without = prepared("demo-uart-nrf52832");
    for (bug, finds, _) in BUGS {
        assert!(!finds(&mut without.clone()), "{bug} is found where it is not");
        assert!(finds(&mut prepared(&format!("demo-uart-nrf52832-{bug}"))), "{bug} is not found");
    }
}

#[test]
fn some_bugs_are_found_by_power_cuts_alone() {
    for (bug, _, only_by_power_cuts) in BUGS {
        if !only_by_power_cuts {
            continue;
        }
        let rig = prepared(&format!("demo-uart-nrf52832-{bug}"));
        for (other, finds, by_power_cuts) in BUGS {
            assert!(by_power_cuts || !finds(&mut rig.clone()), "{bug} is found by the check for {other}");
        }
    }
}

/// The list that other tools read says the same.
#[test]
fn the_list_of_bugs_is_complete() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../targets/firmware/bugs.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let of = |key: &str| -> Vec<String> {
        let values = text.lines().filter_map(|line| line.trim_start_matches(['-', ' ']).strip_prefix(key));
        values.map(|value| value.trim().to_owned()).collect()
    };
    let here: Vec<_> = BUGS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(of("name:"), here);
    let here: Vec<_> = BUGS.iter().map(|(.., cuts)| cuts.to_string()).collect();
    assert_eq!(of("only_by_power_cuts:"), here);
}
