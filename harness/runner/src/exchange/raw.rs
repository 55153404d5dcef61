//! Bytes on a serial line as they are: what comes back has no frame that says where it ends.

use std::time::Duration;

use gauntlet_engine::{Link, LinkError};
use gauntlet_record::Finding;
use gauntlet_scenario::model::Answer;
use tokio::time::{Instant, timeout_at};

use super::{PATIENCE, SILENCE, compare};
use crate::update::Way;

/// When the line has been quiet for so long behind the expected number of bytes, there are no more.
const QUIET: Duration = Duration::from_millis(100);
/// A device that never stops sending is not listened to any longer.
const MOST: usize = 64 * 1024;

/// Waits for the bytes that must come; `Some` when they are others, fewer or more.
pub(super) async fn hear(
    link: &mut dyn Link,
    way: &Way<'_>,
    sent: &[u8],
    expected: Option<&Answer>,
) -> Result<Option<Finding>, LinkError> {
    let Some(expected) = expected else { return Ok(None) };
    let (wanted, patience) = match expected {
        Answer::Silence => (0, SILENCE),
        Answer::Bytes(pattern) => (pattern.as_slice().len(), PATIENCE),
    };
    let mut heard = Vec::new();
    let mut until = Instant::now() + patience;
    while heard.len() < MOST {
        match timeout_at(until, link.receive_raw()).await {
            Ok(Ok(bytes)) => heard.extend(bytes),
            // A port that goes away is silent, too (CP-024).
            Ok(Err(LinkError::Lost { .. })) if wanted == 0 => break,
            Ok(Err(error)) => return Err(error),
            Err(_elapsed) => break,
        }
        if heard.len() >= wanted {
            until = Instant::now() + QUIET;
        }
    }
    let heard = (!heard.is_empty()).then_some(heard);
    Ok(compare(way, sent, expected, heard))
}
