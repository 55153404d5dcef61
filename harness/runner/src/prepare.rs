//! A device from nothing: erased, flashed, verified, started and read back as the baseline.

use std::time::Duration;

use gauntlet_bench::{Board, Device, DeviceImage, Mode, ProbeError};
use gauntlet_probe::Image;
use gauntlet_record::{Erased, Event, Region, Sha256, Word};
use sha2::Digest;

use crate::factory::Factory;
use crate::observe::{self, Snapshot};
use crate::told::Teller;
use crate::trouble::Trouble;

/// From the reset to an application that runs: the first boot writes to the MBR page and may write both settings pages.
const FIRST_BOOT: Duration = Duration::from_secs(10);

/// Makes the board the device, and returns what was flashed and what is there afterwards.
pub(crate) async fn prepare(
    board: &dyn Board,
    device: &Device,
    factory: &Factory,
    teller: &Teller,
) -> Result<(DeviceImage, Snapshot), Trouble> {
    let mut image = device.image();
    factory.write(device, &mut image);
    let segments = image.segments.iter();
    let flash: Image = segments
        .map(|segment| gauntlet_probe::Segment::new(segment.address, segment.bytes.clone()))
        .collect();
    let mut debugger = match board.attach() {
        Err(ProbeError::Locked { .. }) => board.recover()?,
        attached => attached?,
    };
    debugger.erase_all()?;
    debugger.flash(&flash, true, &mut |_| {})?;
    // From here on it is the device that changes its flash; the first start does so as well (MEM-017, SET-001).
    board.watch_flash();
    debugger.reset()?;
    debugger.detach()?;
    teller.tell(board, prepared(device, &image));

    let mode = board.settle(FIRST_BOOT).await;
    let baseline = observe::read(board, device, mode)?;
    let known = device.application.filter(|_| factory.knows_application());
    let expected = known.map(|app| app.witness);
    let comes_up = match expected {
        Some(_) => mode == Mode::Application && baseline.witness == expected,
        None => mode == Mode::Dfu,
    };
    if !comes_up {
        return Err(Trouble::NotPrepared { found: format!("{mode:?}, witness {:?}", baseline.witness) });
    }
    teller.tell(board, baseline.event());
    if factory.start(board)? {
        board.settle(FIRST_BOOT).await;
    }
    Ok((image, baseline))
}

fn prepared(device: &Device, image: &DeviceImage) -> Event {
    let mut segments: Vec<_> = image.segments.iter().collect();
    segments.sort_by_key(|segment| segment.address);
    let mut digest = sha2::Sha256::new();
    let mut flashed = 0;
    for segment in segments {
        digest.update(&segment.bytes);
        flashed += segment.bytes.len() as u64;
    }
    let regions = device.regions().into_iter();
    Event::DevicePrepared {
        erased: Erased::All,
        flashed_bytes: flashed,
        image_sha256: Sha256(digest.finalize().into()),
        regions: regions
            .map(|region| Region {
                name: region.name.to_owned(),
                start: Word(region.start),
                len: region.len(),
            })
            .collect(),
    }
}
