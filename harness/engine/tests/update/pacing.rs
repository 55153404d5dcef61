//! Devices whose buffers overflow while they erase, and how the pace adapts to them.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use gauntlet_engine::{
    Connected, Link, LinkError, Outcome, Pace, Shape, Silent, UpdateEvent, UpdateImage, UpdateOptions, update,
};
use gauntlet_protocol::{ObjectType, Request};
use tokio::time::Instant;

use super::fake::{Device, FakeLink, OnPacket, OnRequest};
use super::{BOUND, firmware, init_packet, run, small_firmware};

/// A BLE device that erases for `erase` behind every Create, and has room for `room` packets until it is over.
fn erasing(length: usize, erase: Duration, room: u32) -> Device {
    let mut device = Device::new(Shape::Ble, length);
    let until = Rc::new(Cell::new(None));
    let (begins, held) = (until.clone(), Cell::new(0u32));
    device.on_request = Some(Box::new(move |_, request| {
        if matches!(request, Request::Create { object: ObjectType::Data, .. }) {
            begins.set(Some((Instant::now() + erase, 0)));
        }
        OnRequest::Pass
    }));
    device.on_packet = Some(Box::new(move |_, _| match until.get() {
        Some((end, _)) if Instant::now() >= end => {
            until.set(None);
            held.set(0);
            OnPacket::Pass
        }
        Some((end, count)) if count < room => {
            until.set(Some((end, count + 1)));
            OnPacket::Pass
        }
        Some(_) => OnPacket::Drop,
        None => OnPacket::Pass,
    }));
    device
}

/// FF-060, FF-073, BLE-023: the first object overflows once; from then on a burst that fits and one wait per object.
#[tokio::test(start_paused = true)]
async fn one_overflow_is_enough_to_learn_from() {
    let image = firmware(20 * 4096);
    let device = erasing(image.len(), Duration::from_millis(85), 15);
    let began = Instant::now();
    let (result, _) = run(device, &image, &UpdateOptions::default()).await;
    let report = result.unwrap();
    assert_eq!(report.outcome, Outcome::Completed);
    assert_eq!((report.crc_mismatches, report.slowdowns, report.prn), (1, 1, 0));
    // The tail of the first object: 4096 - 15 * 244 bytes.
    assert_eq!(report.bytes_resent, 436);
    // Once behind the init packet, then one erase for each object.
    assert_eq!(began.elapsed(), Duration::from_millis(300 + 20 * 100));
}

/// A device that is fast enough is not waited for, but for the settings behind the init packet.
#[tokio::test(start_paused = true)]
async fn full_speed_until_something_is_lost() {
    let image = firmware(20 * 4096);
    for (shape, millis) in [(Shape::Ble, 300), (Shape::Serial, 0)] {
        let began = Instant::now();
        let (result, _) = run(Device::new(shape, image.len()), &image, &UpdateOptions::default()).await;
        let report = result.unwrap();
        assert_eq!((report.slowdowns, report.receipts), (0, 0));
        assert_eq!(began.elapsed(), Duration::from_millis(millis));
    }
}

/// FF-041, FF-070: very little room, or packets that are cut, need small packets and receipts in the end.
#[tokio::test(start_paused = true)]
async fn devices_with_little_room_are_served_in_the_end() {
    let image = small_firmware();
    for room in [3, 6, 8, 12, 16] {
        for erase in [10, 85, 150, 390] {
            let device = erasing(image.len(), Duration::from_millis(erase), room);
            let (result, _) = run(device, &image, &UpdateOptions::default()).await;
            let report = result.unwrap_or_else(|e| panic!("{room} {erase}: {e}"));
            assert_eq!(report.outcome, Outcome::Completed);
        }
    }
    let mut device = Device::new(Shape::Ble, image.len());
    device.cuts_packets_to = Some(20);
    let (result, handle) = run(device, &image, &UpdateOptions::default()).await;
    let report = result.unwrap();
    assert_eq!((report.outcome, report.payload), (Outcome::Completed, 20));
    assert_eq!(handle.device().packets.last(), Some(&(904 % 20)));
}

/// FF-095: something on the way spoils what lies behind the first 64 bytes of a frame.
#[tokio::test(start_paused = true)]
async fn a_line_that_spoils_long_frames_gets_short_ones() {
    let image = small_firmware();
    let mut device = Device::new(Shape::Serial, image.len());
    device.on_packet =
        Some(Box::new(
            |_, data| if data.len() > 60 { OnPacket::Flip(data.len() - 1) } else { OnPacket::Pass },
        ));
    let (result, _) = run(device, &image, &UpdateOptions::default()).await;
    let report = result.unwrap();
    assert_eq!((report.outcome, report.payload, report.slowdowns), (Outcome::Completed, 28, 3));
}

/// A link that gathers packets until it is made to hand them over, and notes when it does.
struct Gathering {
    link: FakeLink,
    held: Vec<Vec<u8>>,
    arrivals: Vec<Instant>,
}

#[async_trait::async_trait(?Send)]
impl Link for Gathering {
    fn shape(&self) -> Shape {
        self.link.shape()
    }
    async fn connect(&mut self) -> Result<Connected, LinkError> {
        self.link.connect().await
    }
    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.flush().await?;
        self.link.send_request(request).await
    }
    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.held.push(data.to_vec());
        Ok(())
    }
    async fn flush(&mut self) -> Result<(), LinkError> {
        for packet in std::mem::take(&mut self.held) {
            self.arrivals.push(Instant::now());
            self.link.send_data(&packet).await?;
        }
        Ok(())
    }
    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        self.flush().await?;
        self.link.receive().await
    }
    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.held.clear();
        self.link.disconnect().await
    }
}

/// What is sent before a pause arrives before it, on links that gather, too.
#[tokio::test(start_paused = true)]
async fn a_pause_is_a_pause_on_the_line() {
    let (image, init) = (firmware(4096), init_packet());
    let (link, _) = FakeLink::new(Device::new(Shape::Serial, image.len()));
    let mut link = Gathering { link, held: Vec::new(), arrivals: Vec::new() };
    let pace = Pace { between_packets: Duration::from_millis(10), ..Pace::default() };
    let sent = UpdateImage { init_packet: &init, firmware: &image };
    let options = UpdateOptions { pace, ..UpdateOptions::default() };
    update(&mut link, &sent, &options, &mut Silent).await.unwrap();
    assert_eq!(link.arrivals.len(), 3 + 64);
    assert!(link.arrivals.windows(2).all(|pair| pair[1] - pair[0] == Duration::from_millis(10)));

    // Without a pause they arrive with the next request, and the update is the same.
    let (inner, handle) = FakeLink::new(Device::new(Shape::Serial, image.len()));
    let mut link = Gathering { link: inner, held: Vec::new(), arrivals: Vec::new() };
    for prn in [0, 8] {
        let options = UpdateOptions { prn, ..UpdateOptions::default() };
        update(&mut link, &sent, &options, &mut Silent).await.unwrap();
        assert!(handle.device().flash == image);
        handle.device().awake();
        handle.device().progress = super::fake::Progress::default();
        handle.device().done = false;
    }
}

/// SR-19: after enough objects without a loss it is faster again, and never at full speed.
#[tokio::test(start_paused = true)]
async fn the_pace_recovers() {
    let image = firmware(60 * 4096);
    let init = init_packet();
    let mut device = Device::new(Shape::Ble, image.len());
    let mut bad = 3;
    device.on_packet = Some(Box::new(move |n, _| {
        if n > 20 && bad > 0 {
            bad -= 1;
            return OnPacket::Drop;
        }
        OnPacket::Pass
    }));
    let (mut link, _) = FakeLink::new(device);
    let mut paces = Vec::new();
    let mut observer = |event: &UpdateEvent| {
        if let UpdateEvent::Pace { level, prn, burst, payload } = event {
            paces.push((*level, *prn, *burst, *payload));
        }
    };
    let sent = UpdateImage { init_packet: &init, firmware: &image };
    let options = UpdateOptions { prn: 1, ..UpdateOptions::default() };
    let update = update(&mut link, &sent, &options, &mut observer);
    let report = tokio::time::timeout(BOUND, update).await.unwrap().unwrap();
    assert_eq!(report.slowdowns, 3);
    let expected = [
        (1, 1, Some(12), 244),
        (2, 1, Some(6), 244),
        (3, 1, Some(3), 20),
        (2, 1, Some(6), 244),
        (1, 1, Some(12), 244),
    ];
    assert_eq!(paces, expected);
}
