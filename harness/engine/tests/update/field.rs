//! What was reported from the field of hosts, tried on ours. Each test names its report.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{
    Connected, Link, LinkError, Outcome, Phase, Shape, Silent, UpdateError, UpdateImage, UpdateOptions,
    UpdateReport, update, update_with_entry,
};
use gauntlet_protocol::{CrcAnswer, ObjectType, Opcode, Request, Response};
use tokio::time::Instant;

use super::fake::{Device, FakeLink, OnPacket, OnRequest, Progress};
use super::{BOUND, Entry, SHAPES, firmware, init_packet, options, run, small_firmware};

/// A link that fails on demand: the n-th connection, or the n-th request, counted from 1.
struct Failing<'a> {
    link: FakeLink,
    connects: u32,
    requests: u32,
    on_connect: &'a dyn Fn(u32) -> Option<LinkError>,
    on_request: &'a dyn Fn(u32) -> Option<LinkError>,
    /// Every message comes this much later.
    delay: Duration,
    /// Packets that are taken before the link takes no more and says nothing.
    takes: u32,
}

impl Failing<'_> {
    fn over(link: FakeLink) -> Self {
        let takes = u32::MAX;
        let delay = Duration::ZERO;
        Self { link, connects: 0, requests: 0, on_connect: &|_| None, on_request: &|_| None, delay, takes }
    }
}

#[async_trait(?Send)]
impl Link for Failing<'_> {
    fn shape(&self) -> Shape {
        self.link.shape()
    }
    async fn connect(&mut self) -> Result<Connected, LinkError> {
        self.connects += 1;
        match (self.on_connect)(self.connects) {
            Some(error) => Err(error),
            None => self.link.connect().await,
        }
    }
    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.requests += 1;
        match (self.on_request)(self.requests) {
            Some(error) => Err(error),
            None => self.link.send_request(request).await,
        }
    }
    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        if self.takes == 0 {
            return std::future::pending().await;
        }
        self.takes -= 1;
        self.link.send_data(data).await
    }
    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        let message = self.link.receive().await?;
        tokio::time::sleep(self.delay).await;
        Ok(message)
    }
    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.link.disconnect().await
    }
}

async fn send(
    link: &mut dyn Link,
    firmware: &[u8],
    options: &UpdateOptions,
) -> Result<UpdateReport, UpdateError> {
    let init = init_packet();
    let image = UpdateImage { init_packet: &init, firmware };
    tokio::time::timeout(BOUND, update(link, &image, options, &mut Silent))
        .await
        .expect("it must end by itself")
}

/// FF-010, FF-018: lengths that end inside a word or a packet are counted and checked to the last byte.
#[tokio::test(start_paused = true)]
async fn the_last_bytes_count() {
    for shape in SHAPES {
        let payload = if shape == Shape::Ble { 244 } else { 64 };
        let lengths =
            [4097, 4098, 4099, 3 * payload + 4, 3 * payload + 8, 3 * payload + 16, 1, 4096 + payload + 1];
        for length in lengths {
            for prn in [0, 1, 3] {
                let image = firmware(length);
                let (result, handle) = run(Device::new(shape, length), &image, &options(prn)).await;
                assert_eq!(result.unwrap().outcome, Outcome::Completed, "{shape} {length} {prn}");
                assert!(handle.device().flash == image);
            }
        }
    }
}

/// FF-037: connections that fail are tried again, each time later, without another jump, and not for ever.
#[tokio::test(start_paused = true)]
async fn connections_that_fail_are_tried_again_with_growing_pauses() {
    let (image, init) = (small_firmware(), init_packet());
    let sent = UpdateImage { init_packet: &init, firmware: &image };
    let times = RefCell::new(Vec::new());
    for failures in 1..=5u32 {
        times.borrow_mut().clear();
        let refuse = |n: u32| {
            times.borrow_mut().push(Instant::now());
            (n <= failures).then(|| LinkError::TimedOut { detail: "no answer from the radio".to_owned() })
        };
        let (link, handle) = FakeLink::new(Device::new(Shape::Ble, image.len()));
        let mut link = Failing { on_connect: &refuse, ..Failing::over(link) };
        let mut entry = Entry(handle.clone());
        let options = options(0);
        let mut silent = Silent;
        let update = update_with_entry(&mut link, &mut entry, &sent, &options, &mut silent);
        let result = tokio::time::timeout(BOUND, update).await.unwrap();
        if failures <= 3 {
            let report = result.unwrap();
            assert_eq!((report.outcome, report.dfu_entries), (Outcome::Completed, 0));
        } else {
            let error = result.unwrap_err();
            assert!(matches!(error, UpdateError::Link { source: LinkError::TimedOut { .. }, .. }), "{error}");
            assert!(!handle.device().done);
        }
        let pauses: Vec<_> = times.borrow().windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 1500][..failures.min(3) as usize]);
    }
}

/// FF-042, FF-089: answers that are late, but within the bound, make an update slow and nothing else.
#[tokio::test(start_paused = true)]
async fn late_answers_are_waited_for_and_nothing_is_asked_twice() {
    let image = small_firmware();
    for shape in SHAPES {
        let (link, handle) = FakeLink::new(Device::new(shape, image.len()));
        send(&mut Failing::over(link), &image, &options(0)).await.unwrap();
        let plain = handle.device().requests.clone();
        for millis in [100, 500, 990] {
            let (link, handle) = FakeLink::new(Device::new(shape, image.len()));
            let delay = Duration::from_millis(millis);
            let report =
                send(&mut Failing { delay, ..Failing::over(link) }, &image, &options(0)).await.unwrap();
            assert_eq!((report.silences, report.reconnects, report.strays), (0, 0, 0));
            assert!(handle.device().requests == plain, "{shape} {millis}");
        }
    }
    let (link, _) = FakeLink::new(Device::new(Shape::Ble, image.len()));
    let delay = Duration::from_millis(9_900);
    assert!(send(&mut Failing { delay, ..Failing::over(link) }, &image, &options(0)).await.is_ok());
}

/// FF-044, FF-124: ten updates one behind the other are ten times the same, and each closes its link.
#[tokio::test(start_paused = true)]
async fn ten_updates_in_a_row_are_the_same() {
    let image = small_firmware();
    for shape in SHAPES {
        let (mut link, handle) = FakeLink::new(Device::new(shape, image.len()));
        let mut first = None;
        for _ in 0..10 {
            let report = send(&mut link, &image, &options(8)).await.unwrap();
            assert_eq!(report.outcome, Outcome::Completed);
            let mut device = handle.device();
            assert!(device.flash == image && !device.connected);
            let requests = std::mem::take(&mut device.requests);
            assert!(requests == *first.get_or_insert_with(|| requests.clone()));
            (device.in_dfu, device.done, device.init_ok) = (true, false, false);
            device.progress = Progress::default();
            device.flash.clear();
        }
    }
}

/// FF-057: the receipt interval on the line is the one that was asked for.
#[tokio::test(start_paused = true)]
async fn the_receipt_interval_is_the_one_configured() {
    let image = small_firmware();
    for shape in SHAPES {
        for prn in [0, 1, 12, 300, u16::MAX] {
            let (result, handle) = run(Device::new(shape, image.len()), &image, &options(prn)).await;
            let told: Vec<u16> = handle
                .device()
                .requests
                .iter()
                .filter_map(|r| if let Request::SetPrn { packets } = r { Some(*packets) } else { None })
                .collect();
            assert_eq!((told.as_slice(), result.unwrap().prn), ([prn].as_slice(), prn));
        }
    }
}

/// FF-058: a first write that the host's own stack refuses is tried once more after a pause; then it is an error that can
/// be read.
#[tokio::test(start_paused = true)]
async fn a_first_write_that_fails_on_the_host_is_tried_once_more() {
    let image = small_firmware();
    for shape in SHAPES {
        for failures in [1, 2] {
            let refuse = |n: u32| (n <= failures).then(|| LinkError::Host { detail: "error 133".to_owned() });
            let (link, handle) = FakeLink::new(Device::new(shape, image.len()));
            let mut link = Failing { on_request: &refuse, ..Failing::over(link) };
            let began = Instant::now();
            let result = send(&mut link, &image, &options(0)).await;
            assert!(began.elapsed() >= Duration::from_millis(500));
            if failures == 1 {
                assert_eq!(result.unwrap().outcome, Outcome::Completed);
            } else {
                let error = result.unwrap_err();
                assert_eq!(error.to_string(), "host fault: error 133 (preparing the session)");
                assert_eq!(handle.device().requests.len(), 0);
            }
        }
    }
    // Later ones are not: nobody knows what became of them.
    let refuse = |n: u32| (n == 4).then(|| LinkError::Host { detail: "error 133".to_owned() });
    let (link, handle) = FakeLink::new(Device::new(Shape::Ble, image.len()));
    let mut link = Failing { on_request: &refuse, ..Failing::over(link) };
    assert!(send(&mut link, &image, &options(0)).await.is_err());
    assert_eq!(handle.device().connections, 1);
}

/// FF-062: whatever was lost, no object is created with a size that can't be.
#[tokio::test(start_paused = true)]
async fn objects_keep_their_sizes_after_a_loss() {
    let image = small_firmware();
    for lost in [2..=9u64, 9..=18, 2..=18, 19..=36, 36..=39] {
        let mut device = Device::new(Shape::Ble, image.len());
        device.on_packet =
            Some(Box::new(move |n, _| if lost.contains(&n) { OnPacket::Drop } else { OnPacket::Pass }));
        let (result, handle) = run(device, &image, &UpdateOptions::default()).await;
        assert_eq!(result.unwrap().outcome, Outcome::Completed);
        for request in &handle.device().requests {
            if let Request::Create { object: ObjectType::Data, size } = request {
                assert!([4096, 904].contains(size), "{size}");
            }
        }
    }
}

/// FF-063: a device that suddenly says it holds nothing, or more than was sent, is an error at worst.
#[tokio::test(start_paused = true)]
async fn a_device_that_loses_count_is_started_over_or_named() {
    let image = small_firmware();
    for claim in [(0, 0), (0, 7), (4096, 1), (u32::MAX, 0), (9097, 0)] {
        for always in [false, true] {
            let mut device = Device::new(Shape::Ble, image.len());
            let asked = Cell::new(0);
            device.on_request = Some(Box::new(move |_, request| {
                if request.opcode() != Opcode::GetCrc {
                    return OnRequest::Pass;
                }
                asked.set(asked.get() + 1);
                if asked.get() != 4 && !(always && asked.get() > 4) {
                    return OnRequest::Pass;
                }
                OnRequest::Say(vec![Response::crc(CrcAnswer { offset: claim.0, crc: claim.1 }).encode()])
            }));
            let (result, _) = run(device, &image, &options(0)).await;
            match result {
                Ok(report) => assert_eq!(report.outcome, Outcome::Completed),
                Err(error) => assert!(always && matches!(error, UpdateError::Transfer { .. }), "{error}"),
            }
        }
    }
}

/// FF-075: a stack that never becomes ready again is an error within the bound, not an update that stands still.
#[tokio::test(start_paused = true)]
async fn a_link_that_takes_no_more_packets_ends_the_update() {
    let image = small_firmware();
    for takes in [0, 1, 20, 38] {
        let (link, handle) = FakeLink::new(Device::new(Shape::Ble, image.len()));
        let mut link = Failing { takes, ..Failing::over(link) };
        let options = UpdateOptions { reconnects: 0, ..options(0) };
        let began = Instant::now();
        let error = send(&mut link, &image, &options).await.unwrap_err();
        let phase = if takes == 0 { Phase::InitPacket } else { Phase::Data };
        assert!(matches!(error, UpdateError::Link { source: LinkError::TimedOut { .. }, .. }), "{error}");
        assert_eq!(error.phase(), Some(phase));
        assert!(began.elapsed() <= Duration::from_secs(11));
        assert!(!handle.device().connected);
        // The link is made again where that is allowed, and the rest goes through.
        link.takes = u32::MAX;
        assert!(send(&mut link, &image, &options).await.is_ok());
    }
}

/// FF-061, H-1: no image is said to be complete that the device did not execute to its end.
#[tokio::test(start_paused = true)]
async fn completed_means_that_the_device_executed_everything() {
    let image = small_firmware();
    for shape in SHAPES {
        // Every answer to Execute is a lie from the second on, and nothing is executed.
        let executes = Rc::new(Cell::new(0));
        let count = executes.clone();
        let mut device = Device::new(shape, image.len());
        device.on_request = Some(Box::new(move |_, request| {
            if request.opcode() != Opcode::Execute {
                return OnRequest::Pass;
            }
            count.set(count.get() + 1);
            if count.get() == 2 { OnRequest::Say(vec![vec![0x60, 4, 1]]) } else { OnRequest::Pass }
        }));
        // The device rewinds to what it executed, so the next object does not follow on.
        let (result, handle) = run(device, &image, &options(0)).await;
        match result {
            Ok(report) => assert!(report.outcome == Outcome::Completed && handle.device().flash == image),
            Err(error) => assert!(!handle.device().done, "{error}"),
        }
    }
}
