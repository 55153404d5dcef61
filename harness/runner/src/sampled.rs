//! Cases whose power cuts happen at counted flash operations, on a bench that can only cut at moments of a transfer.
//!
//! What holds whenever power goes is still judged: where the device is in the end. What depends on the operation is not
//! asked for: how often the client had to connect again, and what it sent twice.

use gauntlet_scenario::Case;
use gauntlet_scenario::model::{Outcome, Position, StepKind};

/// The case as it is run there, or why it can't be; `None` when it cuts at no counted operation.
pub(crate) fn fitted(case: &Case) -> Result<Option<Case>, String> {
    let mut fitted = case.clone();
    let mut samples = false;
    for step in &mut fitted.steps {
        let StepKind::Update(update) = &mut step.kind else { continue };
        if !update.faults.iter().any(|fault| matches!(fault.at, Position::FlashOp(_))) {
            continue;
        }
        samples = true;
        if update.expect.outcome != Outcome::Completed {
            return Err(
                "its outcome depends on the flash operation at which power goes, and this bench can only cut the supply \
                 at moments of a transfer"
                    .to_owned(),
            );
        }
        update.expect.reconnects = None;
        update.expect.resent = None;
        update.expect.init_resumed = None;
    }
    if samples {
        fitted.title = format!("{} [sampled: power goes at some moment of the transfer instead]", case.title);
    }
    Ok(samples.then_some(fitted))
}
