//! From a name to a line at whose other end a device answers.

use std::time::Duration;

use gauntlet_engine::LinkError;
use gauntlet_protocol::{Opcode, Request};
use tokio::time::{Instant, sleep, timeout_at};

use super::SerialOptions;
use super::line::{Line, Unopened};

/// How long a missing port is left alone.
const MISSING: Duration = Duration::from_millis(100);
/// How long the device has for a Ping before the next one is sent.
const PING: Duration = Duration::from_millis(300);
/// First byte of every answer.
const ANSWER: u8 = 0x60;

/// Opens the port and pings until somebody answers.
///
/// The device may hold half a frame of an earlier session, which swallows the first Ping (FF-087, SER-004). An empty
/// frame would end it, too, but no host may send one (SER-005).
pub(super) async fn open_and_greet(options: &SerialOptions) -> Result<Line, LinkError> {
    let end = Instant::now() + options.patience;
    let mut line = open(options, end).await?;
    let mut id = 0x80u8;
    while Instant::now() < end {
        id = id.wrapping_add(1);
        line.send(&Request::Ping { id }.encode()).await?;
        let next = end.min(Instant::now() + PING);
        while let Ok(message) = timeout_at(next, line.receive()).await {
            // A device that does not know Ping says at least that.
            if message?.starts_with(&[ANSWER, Opcode::Ping.code()]) {
                return Ok(line);
            }
        }
    }
    let path = options.path.display();
    Err(LinkError::NotFound { detail: format!("nobody answers on {path} within {:?}", options.patience) })
}

async fn open(options: &SerialOptions, end: Instant) -> Result<Line, LinkError> {
    loop {
        match Line::open(options) {
            Ok(line) => return Ok(line),
            Err(Unopened::Refused(error)) => return Err(error),
            Err(Unopened::Missing(detail)) if Instant::now() >= end => {
                return Err(LinkError::NotFound { detail });
            }
            Err(Unopened::Missing(_)) => sleep(MISSING).await,
        }
    }
}
