//! Into DFU mode through the probe, by the retained register and a reset, as an application does it (ACT-023), and out of it.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_bench::{Board, Device, Mode, ProbeError};
use gauntlet_engine::{DfuEntry, LinkError};

use crate::trouble::Trouble;

/// Retained over a soft reset.
const GPREGRET: u32 = 0x4000_051C;
/// "Start DFU mode", with the pattern that the bootloader recognises.
const ENTER_DFU: u32 = 0xB1;
/// How long the supply is taken.
const OFF: Duration = Duration::from_millis(500);
/// From the reset to advertising, with room for settings pages that have to be written first.
const START_UP: Duration = Duration::from_secs(5);

/// Asks the firmware for DFU mode. Afterwards the device is starting.
///
/// A probe that finds the access port closed can't, and a bootloader that does not look at the register does not hear it;
/// then the reset pin is pulled, where the bootloader takes that for the same.
pub(crate) fn request_dfu(board: &dyn Board, device: &Device) -> Result<(), Trouble> {
    let entry = device.build.entry;
    if entry.pin_reset && !entry.gpregret {
        return Ok(board.reset_pin()?);
    }
    let mut debugger = match board.attach() {
        Err(ProbeError::Locked { .. }) if entry.pin_reset => return Ok(board.reset_pin()?),
        attached => attached?,
    };
    debugger.write_word(GPREGRET, ENTER_DFU)?;
    debugger.reset()?;
    Ok(debugger.detach()?)
}

/// Sends a device that waits in DFU mode back to its application, and says where it is then. DFU mode would end by itself
/// after the inactivity timeout, by the same reset.
pub(crate) async fn leave_dfu(board: &dyn Board, mode: Mode, settle: Duration) -> Result<Mode, Trouble> {
    if mode == Mode::Dfu { restart(board, settle).await } else { Ok(mode) }
}

/// Resets the core through the probe, or takes its supply where the access port is closed, and says where the device is
/// then.
pub(crate) async fn restart(board: &dyn Board, settle: Duration) -> Result<Mode, Trouble> {
    match board.attach() {
        Err(ProbeError::Locked { .. }) => board.power_cycle(OFF).await?,
        attached => {
            let mut debugger = attached?;
            debugger.reset()?;
            debugger.detach()?;
        }
    }
    Ok(board.settle(settle).await)
}

/// The way in that the engine takes when it finds no device in DFU mode.
pub(crate) struct ProbeEntry {
    board: Rc<dyn Board>,
    device: Device,
    /// What the probe said when it failed: the bench's trouble, not the device's.
    pub(crate) failed: Option<Trouble>,
}

impl ProbeEntry {
    pub(crate) fn new(board: Rc<dyn Board>, device: Device) -> Self {
        Self { board, device, failed: None }
    }
}

#[async_trait(?Send)]
impl DfuEntry for ProbeEntry {
    async fn enter(&mut self) -> Result<(), LinkError> {
        // A device that is still starting, copying or without power is left to itself.
        if self.board.settle(START_UP).await == Mode::Dfu {
            return Ok(());
        }
        if let Err(error) = request_dfu(&*self.board, &self.device) {
            let detail = error.to_string();
            self.failed = Some(error);
            return Err(LinkError::Host { detail });
        }
        self.board.settle(START_UP).await;
        Ok(())
    }
}
