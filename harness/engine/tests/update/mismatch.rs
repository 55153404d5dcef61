//! Packets that are lost, doubled or changed, and receipts that do not tell the truth.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use gauntlet_engine::{Awaited, Object, Outcome, Pace, Phase, Shape, UpdateError, UpdateOptions};
use gauntlet_protocol::{Opcode, Request};
use tokio::time::Instant;

use super::fake::{Device, OnPacket, OnRequest};
use super::{SHAPES, options, run, small_firmware};

/// Something that goes wrong with one packet, and its name.
type Trouble = (&'static str, fn() -> OnPacket);

const TROUBLES: [Trouble; 3] =
    [("drop", || OnPacket::Drop), ("twice", || OnPacket::Twice), ("flip", || OnPacket::Flip(3))];

#[tokio::test(start_paused = true)]
async fn one_bad_packet_anywhere_is_mended() {
    let image = small_firmware();
    for shape in SHAPES {
        for prn in [0, 1, 8, 17] {
            for (name, trouble) in TROUBLES {
                let packets = if shape == Shape::Ble { 39 } else { 146 };
                for bad in 1..=packets {
                    let mut device = Device::new(shape, image.len());
                    device.on_packet =
                        Some(Box::new(move |n, _| if n == bad { trouble() } else { OnPacket::Pass }));
                    let (result, handle) = run(device, &image, &options(prn)).await;
                    let report = result.unwrap_or_else(|e| panic!("{shape} {prn} {name} {bad}: {e}"));
                    assert_eq!(report.outcome, Outcome::Completed);
                    assert!(report.packets >= packets, "{}", report.packets);
                    assert_eq!((report.reconnects, report.fresh_starts), (0, 0));
                    // Doubling the last packet of an object leaves what the device holds as it is.
                    if name != "twice" {
                        assert_eq!(report.crc_mismatches, 1, "{shape} {prn} {name} {bad}");
                        assert!(report.bytes_resent <= 4096);
                    }
                    assert!(handle.device().done);
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_tail_is_all_that_is_sent_again() {
    let image = small_firmware();
    let mut device = Device::new(Shape::Ble, image.len());
    // The last packet of the second object.
    device.on_packet = Some(Box::new(|n, _| if n == 1 + 34 { OnPacket::Drop } else { OnPacket::Pass }));
    let (result, handle) = run(device, &image, &options(0)).await;
    assert_eq!(result.unwrap().bytes_resent, 192);
    let creates = handle.device().requests.iter().filter(|r| r.opcode() == Opcode::Create).count();
    assert_eq!(creates, 1 + 3);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_slower_and_the_last_one_tells() {
    let image = small_firmware();
    for retries in [0, 1, 3] {
        let slow = UpdateOptions { object_retries: retries, ..options(0) };
        let mut device = Device::new(Shape::Ble, image.len());
        let prns = Rc::new(Cell::new((0u64, 0u16)));
        let seen = prns.clone();
        device.on_request = Some(Box::new(move |_, request| {
            if let Request::SetPrn { packets } = request {
                seen.set((seen.get().0 + 1, *packets));
            }
            OnRequest::Pass
        }));
        device.on_packet = Some(Box::new(|n, _| if n > 1 { OnPacket::Flip(0) } else { OnPacket::Pass }));
        let began = Instant::now();
        let (result, _) = run(device, &image, &slow).await;
        let error = result.unwrap_err();
        let UpdateError::Transfer { object, expected, found, attempts } = &error else {
            panic!("{error}");
        };
        assert_eq!((*object, *attempts, expected.offset), (Object::Data(1), retries + 1, 4096));
        assert_ne!(found, expected);
        assert_eq!(error.phase(), Some(Phase::Data));
        // Receipts off at first and in the first paced attempt, then 8, then 2.
        assert_eq!(prns.get(), [(1, 0), (1, 0), (2, 8), (3, 2)][retries as usize]);
        // Behind the init packet, then for the erase, each time longer; the last time a receipt tells before.
        let paused: u64 = [300, 100, 200, 0][..=retries as usize].iter().sum();
        assert_eq!(began.elapsed(), Duration::from_millis(paused));
    }
}

#[tokio::test(start_paused = true)]
async fn the_pace_is_kept_between_packets() {
    let image = small_firmware();
    let pace = Pace {
        after_init: Duration::from_millis(50),
        between_packets: Duration::from_millis(10),
        ..Pace::default()
    };
    let began = Instant::now();
    let device = Device::new(Shape::Ble, image.len());
    let (result, _) = run(device, &image, &UpdateOptions { pace, ..options(0) }).await;
    let report = result.unwrap();
    assert_eq!(began.elapsed(), Duration::from_millis(50 + 39 * 10));
    assert_eq!(report.elapsed, began.elapsed());
    assert_eq!(report.time_in(Phase::InitPacket), Duration::from_millis(10));
    assert_eq!(report.time_in(Phase::Data), Duration::from_millis(50 + 38 * 10));
    assert_eq!(report.time_in(Phase::Finish), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_sends_no_receipts_is_named() {
    let image = small_firmware();
    let mut device = Device::new(Shape::Ble, image.len());
    device.on_request = Some(Box::new(|_, request| match request {
        // Accepted, and forgotten.
        Request::SetPrn { .. } => OnRequest::Say(vec![vec![0x60, 2, 1]]),
        _ => OnRequest::Pass,
    }));
    let once = UpdateOptions { reconnects: 0, ..options(4) };
    let (result, _) = run(device, &image, &once).await;
    let error = result.unwrap_err();
    assert!(matches!(error, UpdateError::Silent { awaited: Awaited::Receipt, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn lost_and_doubled_receipts_do_no_harm() {
    let image = small_firmware();
    for prn in [1, 3, 8] {
        for which in 1..=4u64 {
            for copies in [0usize, 2, 3] {
                let init = super::init_packet();
                let (link, handle) = super::fake::FakeLink::new(Device::new(Shape::Ble, image.len()));
                let mut link = Receipts { link, asked: 0, seen: 0, which, copies, again: Vec::new() };
                let sent = gauntlet_engine::UpdateImage { init_packet: &init, firmware: &image };
                let options = options(prn);
                let mut silent = gauntlet_engine::Silent;
                let update = gauntlet_engine::update(&mut link, &sent, &options, &mut silent);
                let report = tokio::time::timeout(super::BOUND, update).await.unwrap().unwrap();
                assert!(handle.device().flash == image);
                assert_eq!(report.crc_mismatches, 0, "{prn} {which} {copies}");
                assert_eq!(report.receipts_missing, u32::from(copies == 0), "{prn} {which} {copies}");
                assert_eq!(report.bytes_resent, 0);
                if copies > 0 {
                    assert!(report.strays >= copies as u32 - 1);
                }
            }
        }
    }
}

/// A link that loses or repeats the `which`-th receipt, and no answer to Get CRC.
struct Receipts {
    link: super::fake::FakeLink,
    asked: u32,
    seen: u64,
    which: u64,
    copies: usize,
    again: Vec<Vec<u8>>,
}

#[async_trait::async_trait(?Send)]
impl gauntlet_engine::Link for Receipts {
    fn shape(&self) -> Shape {
        self.link.shape()
    }
    async fn connect(&mut self) -> Result<gauntlet_engine::Connected, gauntlet_engine::LinkError> {
        self.link.connect().await
    }
    async fn send_request(&mut self, request: &[u8]) -> Result<(), gauntlet_engine::LinkError> {
        self.asked += u32::from(request == [3]);
        self.link.send_request(request).await
    }
    async fn send_data(&mut self, data: &[u8]) -> Result<(), gauntlet_engine::LinkError> {
        self.link.send_data(data).await
    }
    async fn receive(&mut self) -> Result<Vec<u8>, gauntlet_engine::LinkError> {
        loop {
            if let Some(message) = self.again.pop() {
                return Ok(message);
            }
            let message = self.link.receive().await?;
            if message.starts_with(&[0x60, 3, 1]) && self.asked > 0 {
                self.asked -= 1;
            } else if message.starts_with(&[0x60, 3, 1]) {
                self.seen += 1;
                if self.seen == self.which {
                    self.again = vec![message; self.copies];
                    continue;
                }
            }
            return Ok(message);
        }
    }
    async fn disconnect(&mut self) -> Result<(), gauntlet_engine::LinkError> {
        self.link.disconnect().await
    }
}
