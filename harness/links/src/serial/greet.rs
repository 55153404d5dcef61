//! From a line to one at whose other end a device answers.

use std::time::Duration;

use gauntlet_engine::LinkError;
use gauntlet_protocol::{Opcode, Request};
use tokio::time::{Instant, timeout_at};

/// How long the device has for a Ping before the next one is sent.
const PING: Duration = Duration::from_millis(300);
/// First byte of every answer.
const ANSWER: u8 = 0x60;

/// Frames both ways, whatever carries their bytes.
pub(crate) trait Frames {
    /// Sends one frame now.
    async fn send(&mut self, message: &[u8]) -> Result<(), LinkError>;
    /// The next frame. Dropping the future loses nothing.
    async fn receive(&mut self) -> Result<Vec<u8>, LinkError>;
}

/// Pings until somebody answers, or until `end`; says whether somebody did.
///
/// The device may hold half a frame of an earlier session, which swallows the first Ping (FF-087, SER-004). An empty
/// frame would end it, too, but no host may send one (SER-005).
pub(crate) async fn greet(line: &mut impl Frames, end: Instant) -> Result<bool, LinkError> {
    let mut id = 0x80u8;
    while Instant::now() < end {
        id = id.wrapping_add(1);
        line.send(&Request::Ping { id }.encode()).await?;
        let next = end.min(Instant::now() + PING);
        // A device that does not know Ping says at least that.
        if answer(line, Opcode::Ping, next).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The next answer to `opcode` that comes until `end`, whatever it says; others are passed over.
pub(crate) async fn answer(
    line: &mut impl Frames,
    opcode: Opcode,
    end: Instant,
) -> Result<Option<Vec<u8>>, LinkError> {
    while let Ok(message) = timeout_at(end, line.receive()).await {
        let message = message?;
        if message.starts_with(&[ANSWER, opcode.code()]) {
            return Ok(Some(message));
        }
    }
    Ok(None)
}
