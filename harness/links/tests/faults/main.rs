//! Faults at counted positions, during whole updates of a device in memory.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../../engine/tests/fake/mod.rs"]
mod fake;
mod recorder;

mod board;
mod bytes;
mod client;
mod fit;
mod notifications;
mod packets;
mod requests;
mod sweep;

use std::time::Duration;

use gauntlet_engine::{
    CrcExchange, Object, Pace, Shape, Silent, UpdateError, UpdateImage, UpdateOptions, UpdateReport, update,
};
use gauntlet_links::{Action, BoardAction, Fault, FaultLink, FaultReport, Position};

use fake::{Device, FakeLink, Handle};
use recorder::Recorder;

const INIT: usize = 140;
/// Two whole objects and a short one; in packets of 244 bytes 17, 17 and 4.
const FIRMWARE: usize = 2 * 4096 + 904;

fn image(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 + i / 256) as u8).collect()
}

fn device() -> Device {
    Device::new(Shape::Ble, FIRMWARE)
}

/// Every CRC is asked for, and nothing waited for, so that positions and times are plain.
fn options() -> UpdateOptions {
    let pace = Pace { after_init: Duration::ZERO, ..Pace::default() };
    UpdateOptions { crc: CrcExchange::EveryObject, pace, ..UpdateOptions::default() }
}

fn fault(at: Position, action: Action) -> Fault {
    Fault::new(at, action).unwrap()
}

fn byte(object: Object, byte: u32) -> Position {
    Position::Byte { object, byte }
}

/// Everything that is known after an update with faults.
struct Run {
    result: Result<UpdateReport, UpdateError>,
    faults: Vec<FaultReport>,
    all_fired: bool,
    device: Handle,
    /// The packets that got through, with their bytes.
    arrived: Vec<Vec<u8>>,
}

impl Run {
    fn report(&self) -> &UpdateReport {
        self.result.as_ref().unwrap()
    }

    /// How often the first fault fired.
    fn fired(&self) -> usize {
        self.faults[0].fired.len()
    }
}

async fn run(device: Device, faults: Vec<Fault>, options: &UpdateOptions) -> Run {
    run_with_board(device, faults, options, None).await
}

async fn run_with_board(
    device: Device,
    faults: Vec<Fault>,
    options: &UpdateOptions,
    board: Option<Box<dyn BoardAction>>,
) -> Run {
    let (init, firmware) = (image(INIT), image(FIRMWARE));
    let sent = UpdateImage { init_packet: &init, firmware: &firmware };
    let (link, device) = FakeLink::new(device);
    let (link, arrived) = Recorder::new(link);
    let mut link = FaultLink::new(link, faults);
    if let Some(board) = board {
        link = link.with_board(board);
    }
    let watch = link.watch();
    let result =
        tokio::time::timeout(Duration::from_secs(900), update(&mut link, &sent, options, &mut Silent))
            .await
            .expect("an update must end by itself");
    if device.device().done {
        assert!(device.device().flash == firmware, "the device has taken something else");
    }
    drop(link);
    let arrived = arrived.take();
    Run { result, faults: watch.reports(), all_fired: watch.all_fired(), device, arrived }
}
