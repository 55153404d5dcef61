//! Whole updates against a device in memory, in virtual time.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../fake/mod.rs"]
mod fake;

mod answers;
mod economy;
mod field;
mod good;
mod loss;
mod mismatch;
mod pacing;
mod packages;
mod refused;
mod restart;
mod resume;
mod stopping;

use std::time::Duration;

use gauntlet_engine::{
    CrcExchange, DfuEntry, LinkError, Outcome, Shape, Silent, UpdateError, UpdateImage, UpdateOptions,
    UpdateReport, update,
};

use fake::{Device, FakeLink, Handle};

const SHAPES: [Shape; 2] = [Shape::Ble, Shape::Serial];

/// No update may take longer than this, whatever happens to it.
const BOUND: Duration = Duration::from_secs(600);

fn init_packet() -> Vec<u8> {
    (0..140u32).map(|i| (i * 31 + 5) as u8).collect()
}

fn firmware(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 + i / 256) as u8).collect()
}

/// Three objects, the last one short.
fn small_firmware() -> Vec<u8> {
    firmware(2 * 4096 + 904)
}

/// Asks for every CRC, so that positions are the same on every link; `economy` is about the other way.
fn options(prn: u16) -> UpdateOptions {
    UpdateOptions { prn, crc: CrcExchange::EveryObject, ..UpdateOptions::default() }
}

/// An update that must end within [`BOUND`]; a completed one must have brought every byte across.
async fn run(
    device: Device,
    firmware: &[u8],
    options: &UpdateOptions,
) -> (Result<UpdateReport, UpdateError>, Handle) {
    let init = init_packet();
    let image = UpdateImage { init_packet: &init, firmware };
    let (mut link, handle) = FakeLink::new(device);
    let result = tokio::time::timeout(BOUND, update(&mut link, &image, options, &mut Silent))
        .await
        .expect("an update must end by itself");
    if let Ok(report) = &result {
        let device = handle.device();
        if report.outcome == Outcome::Completed {
            assert!(device.done, "completed, but the device has not taken the image");
        }
        if device.done {
            assert!(device.flash == firmware, "the device has taken something else");
        }
        assert!(!device.connected, "the link must be closed");
    }
    (result, handle)
}

/// Lets the device enter DFU mode again.
struct Entry(Handle);

#[async_trait::async_trait(?Send)]
impl DfuEntry for Entry {
    async fn enter(&mut self) -> Result<(), LinkError> {
        self.0.device().awake();
        Ok(())
    }
}
