//! One reset from outside.

use gauntlet_bench::Board;
use gauntlet_scenario::model::ResetKind;

use crate::case::SETTLE;
use crate::trouble::Trouble;

/// Resets the device. `was_reset`: the probe has done a soft reset already, together with what it did before.
pub(crate) async fn run(board: &dyn Board, kind: ResetKind, was_reset: &mut bool) -> Result<(), Trouble> {
    match kind {
        ResetKind::Pin => board.reset_pin()?,
        ResetKind::Button => {
            board.hold_button(true)?;
            board.reset_pin()?;
            // It is looked at in the start, so it may be let go when the device has come to rest.
            board.settle(SETTLE).await;
            board.hold_button(false)?;
        }
        ResetKind::Wake => board.wake_from_off()?,
        ResetKind::Soft if std::mem::take(was_reset) => {}
        ResetKind::Soft => {
            let mut debugger = board.attach()?;
            debugger.reset()?;
            debugger.detach()?;
        }
    }
    Ok(())
}
