//! The direct BLE link: who is found, and what is refused below the DFU protocol.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use gauntlet_engine::{Link, LinkError, PeerAddress, Target};
use gauntlet_links::direct::{DirectBle, VirtualBoard, VirtualCentral};
use gauntlet_nrf52::{Chip, Fill, Machine, Variant};
use gauntlet_reference::att::{Attribute, NOTIFY, WriteKind};
use gauntlet_reference::gap::{Address, Central, DFU_SERVICE};
use gauntlet_reference::wire::FromHost;
use gauntlet_reference::{Build, Layout, Profile, ReferenceDevice, SharedWire, images};

/// A board without an application, so that it waits in DFU mode.
fn board() -> (VirtualBoard, PeerAddress) {
    let variant = Variant::Nrf52840;
    let layout = Layout::of(variant);
    let mut chip = Chip::new(variant, 7);
    chip.fill_flash(Fill::Byte(0xFF));
    let mut segments = vec![images::start_up()];
    segments.push(images::bootloader(&layout, &Build::release(Profile::Ble, [1; 64])));
    for segment in segments {
        assert!(chip.put_image(segment.address, &segment.bytes));
    }
    assert!(chip.put_image(0x1000_1014, &layout.bootloader.to_le_bytes()));
    assert!(chip.put_image(0x1000_1018, &layout.backup_page.to_le_bytes()));
    let mut bytes = Address::of_chip(&mut chip).unwrap().bytes;
    bytes.reverse();
    let wire = SharedWire::default();
    let guest = ReferenceDevice::new(layout, wire.clone());
    let machine = Arc::new(Mutex::new(Machine::with_guest(chip, Box::new(guest))));
    (VirtualBoard::new(machine, wire), PeerAddress { bytes, random: true })
}

async fn connected(central: &mut VirtualCentral) {
    let limit = std::time::Duration::from_secs(3);
    let found = central.scan(limit, |found| found.has_service(DFU_SERVICE)).await.unwrap();
    assert!(central.connect(&found).await.unwrap().contains(&Attribute::ControlPoint));
}

#[tokio::test(start_paused = true)]
async fn only_the_target_is_connected_to() {
    let (board, own) = board();
    let mut link = DirectBle::new(board, 247);
    link.connect().await.unwrap();
    link.disconnect().await.unwrap();
    // FF-023: a carry would lead to a neighbour, and so would a guessed name.
    let neighbour = PeerAddress { bytes: [9; 6], ..own };
    for target in [
        Target { addresses: vec![neighbour, own], name: None },
        Target { addresses: vec![PeerAddress { random: false, ..own.next() }], name: None },
        Target { addresses: Vec::new(), name: Some("Pump".to_owned()) },
    ] {
        link.look_for(&target);
        let error = link.connect().await.unwrap_err();
        assert!(matches!(error, LinkError::NotFound { .. }), "{error}");
    }
    link.look_for(&Target { addresses: vec![own.next(), own], name: None });
    let peer = link.connect().await.unwrap().peer.unwrap();
    assert_eq!(peer, format!("{} `DfuTarg`", own.next()), "BLE-003");
    link.send_request(&[6, 1]).await.unwrap();
    assert_eq!(link.receive().await.unwrap()[..3], [0x60, 6, 1]);
    let error = link.send_request(&[3; 24]).await.unwrap_err();
    assert!(matches!(error, LinkError::Refused { code: Some(0x0D), .. }), "BLE-021: {error}");
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_stack_come_back_with_their_code() {
    let (board, _) = board();
    let mut central = VirtualCentral::new(board, Central::stranger());
    connected(&mut central).await;
    assert_eq!(central.exchange_mtu(185).await.unwrap(), 183, "BLE-009");
    central.write(Attribute::ControlPointCccd, &[0, 0]).await.unwrap();
    let error = central.write(Attribute::ControlPoint, &[3]).await.unwrap_err();
    assert!(matches!(error, LinkError::Refused { code: Some(0xFD), .. }), "BLE-014: {error}");
    central.write(Attribute::ControlPointCccd, &NOTIFY.to_le_bytes()).await.unwrap();
    assert_eq!(central.read(Attribute::DeviceName).await.unwrap(), b"DfuTarg");
    let error = central.pair().await.unwrap_err();
    assert!(matches!(error, LinkError::Lost { .. }), "BLE-028: {error}");
    connected(&mut central).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_never_answered_ends_the_link_after_thirty_seconds() {
    let (board, _) = board();
    let mut central = VirtualCentral::new(board, Central::stranger());
    connected(&mut central).await;
    let began = tokio::time::Instant::now();
    let prepare =
        FromHost::Write { attribute: Attribute::ControlPoint, kind: WriteKind::Prepare, value: vec![3] };
    let error = central.request(prepare).await.unwrap_err();
    assert!(matches!(error, LinkError::TimedOut { .. }), "BLE-020: {error}");
    assert!(began.elapsed().as_secs() >= 30 && !central.is_linked());
    connected(&mut central).await;
}
