//! The access port of a device: closed, looked at, and opened by making the device anew.

use std::time::Duration;

use gauntlet_bench::{Board, Device, DeviceImage, Mode, ProbeError, Variant};
use gauntlet_probe::Image;
use gauntlet_record::Finding;
use gauntlet_scenario::model::AccessPort;

use crate::factory::Factory;
use crate::observe::{self, Snapshot};
use crate::prepare::prepare;
use crate::told::Teller;
use crate::trouble::Trouble;

/// Words of the UICR that close the access port (10.1, step 3), as offsets. Not every chip has the second.
const APPROTECT: u32 = 0x208;
const DEBUGCTRL: u32 = 0x210;
const UICR: u32 = 0x1000_1000;
/// The supply has to go and come for what the UICR says to count.
const OFF: Duration = Duration::from_millis(500);
const SETTLE: Duration = Duration::from_secs(10);

/// The words of the UICR, as offsets, that firmware writes 0 to when it closes the access port.
pub(crate) fn words(variant: Variant) -> &'static [u32] {
    match variant {
        Variant::Nrf52832 => &[APPROTECT],
        Variant::Nrf52833 | Variant::Nrf52840 => &[APPROTECT, DEBUGCTRL],
    }
}

/// Closes the access port as a production line does. Returns what the device does afterwards.
pub(crate) async fn close(board: &dyn Board, device: &Device) -> Result<Mode, Trouble> {
    let words = words(device.variant).iter();
    let image: Image = words.map(|word| gauntlet_probe::Segment::new(UICR + word, vec![0; 4])).collect();
    let mut debugger = board.attach()?;
    debugger.flash(&image, true, &mut |_| {})?;
    // The programmer's code runs on the device's core; it is not the device that did this.
    board.watch_flash();
    debugger.reset()?;
    debugger.detach()?;
    board.power_cycle(OFF).await?;
    // Nobody looks at it through the probe from here on.
    Ok(board.settle(SETTLE).await)
}

/// Whether the access port is what it must be.
pub(crate) fn look(board: &dyn Board, expected: AccessPort) -> Result<Option<Finding>, ProbeError> {
    let found = match board.attach() {
        Err(ProbeError::Locked { .. }) => AccessPort::Closed,
        attached => {
            attached?.detach()?;
            AccessPort::Open
        }
    };
    Ok((found != expected).then(|| Finding {
        check: "access port".to_owned(),
        expected: expected.to_string(),
        found: found.to_string(),
        detail: None,
    }))
}

/// Erases the chip as a whole, which opens its access port, and makes the device anew.
pub(crate) async fn recover(
    board: &dyn Board,
    device: &Device,
    factory: &Factory,
    teller: &Teller,
) -> Result<(DeviceImage, Snapshot), Trouble> {
    board.recover()?.detach()?;
    let made = prepare(board, device, factory, teller).await?;
    observe::forget_witness(board)?;
    Ok(made)
}
