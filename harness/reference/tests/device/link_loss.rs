//! A link that ends while the device works: what it does all the same, and what the next session sees.

use gauntlet_nrf52::cycles_from_ms;
use gauntlet_reference::Profile;
use gauntlet_reference::wire::{Closed, FromHost, Presence, ToHost};

use super::common::{Device, Setup, application, hex, noise, signed};

fn page(device: &Device, address: u32) -> Vec<u8> {
    device.flash(address, 896)
}

#[test]
fn a_link_lost_before_the_commit_shows_the_older_command_and_takes_data() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(4096);
    let packet = signed(&application(&image, 1));
    device.request(&[&[1, 1][..], &(packet.len() as u32).to_le_bytes()].concat());
    assert_eq!(device.answer(), Some(hex("600101")));
    device.data(&packet);
    device.request(&[4]);
    assert_eq!(device.answer(), Some(hex("600401")));
    // The first page is being erased now.
    device.send(FromHost::Disconnected);
    device.run(40);
    assert_eq!(device.presence(), Presence::Waiting, "BLE-025: at once");
    device.connect();
    assert_eq!(device.ask("0601"), hex("600601 00020000 00000000 00000000"), "OBJ-046, PWR-019");
    assert_eq!(device.ask("0102 00100000"), hex("600101"), "OBJ-046: in force all the same");
    device.run(500);
    let size = (packet.len() as u32).to_le_bytes();
    assert_eq!(page(&device, device.layout.settings_page)[0x38..0x3C], size, "the writes are completed");
    assert_eq!(page(&device, device.layout.backup_page)[0x38..0x3C], size);
}

#[test]
fn abort_ends_the_link_before_it_touches_flash() {
    let mut device = Device::connected(Profile::Ble);
    // A backup that differs from the main page.
    let backup = device.layout.backup_page;
    assert!(device.machine.chip.put_image(backup, &[0xFF; 64]));
    device.machine.chip.set_recording(true);
    let began = device.machine.now();
    device.request(&hex("0C"));
    device.run(600);
    let mut said = std::iter::from_fn(|| device.wire.lock().receive(u64::MAX));
    assert!(said.any(|message| message == ToHost::Closed(Closed::ByDevice)), "BLE-026");
    let journal = device.machine.chip.journal();
    let first = journal.first().unwrap().start;
    assert!(first >= began + cycles_from_ms(200), "CP-024, TMR-011: transports first");
    assert_eq!(page(&device, backup), page(&device, device.layout.settings_page), "SET-019");
}

#[test]
fn a_host_that_leaves_behind_the_last_answer_keeps_nothing_from_happening() {
    let mut device = Setup::new(Profile::Ble).start();
    device.connect();
    let image = noise(4096);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    assert_eq!(device.image(&image), hex("600401"));
    device.send(FromHost::Disconnected);
    device.run(5000);
    assert_eq!(device.presence(), Presence::Silent, "OBJ-030: the application runs");
    assert_eq!(device.flash(device.layout.softdevice_end, 4096), image);
}

#[test]
fn a_second_execute_behind_the_last_one_has_no_answer() {
    let mut device = Device::connected(Profile::Ble);
    let image = noise(4096);
    assert_eq!(device.init(&signed(&application(&image, 1))), hex("600401"));
    device.object(&image);
    device.request(&[4]);
    device.request(&[4]);
    let mut answers = Vec::new();
    for _ in 0..100 {
        device.run(10);
        let now = device.machine.now();
        if let Some(ToHost::Notification(answer)) = { device.wire.lock().receive(now) } {
            answers.push(answer);
        }
    }
    assert_eq!(answers, [hex("600401")], "FLT-012");
}
