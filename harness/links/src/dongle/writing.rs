//! Writes of a central, with and without a response.

use std::time::Duration;

use gauntlet_connectivity::codes;
use gauntlet_connectivity::event::What;
use gauntlet_connectivity::gatt::{self, Status, Write};
use gauntlet_connectivity::{Command, command::op};
use tokio::time::Instant;

use super::central::{Central, PROCEDURE, UNANSWERED};
use super::error::DongleError;

/// ATT gives a device 30 s for an answer, and the dongle tells the end of that by an event.
const ATT_TIMEOUT: Duration = Duration::from_secs(31);
/// A device that has answered a request has also taken the write; its end is not awaited for longer than this.
const OVERTAKEN: Duration = Duration::from_secs(1);
/// For a buffer, while Write Commands go out.
const BUFFER: Duration = Duration::from_secs(5);

impl Central {
    /// Writes with a response.
    pub(super) async fn write(
        &mut self,
        handle: u16,
        value: &[u8],
        what: &'static str,
    ) -> Result<(), DongleError> {
        let status = self.begin_write(handle, gatt::WRITE_REQUEST, value).await?;
        match status.code {
            0 => Ok(()),
            status => Err(DongleError::Att { status, what }),
        }
    }

    async fn begin_write(&mut self, handle: u16, op: u8, value: &[u8]) -> Result<Status, DongleError> {
        if self.unended {
            // Somebody has stopped waiting for the last one.
            self.end_of_write().await?;
        }
        self.ask_to_write(handle, op, value).await?;
        self.end_of_write().await
    }

    async fn ask_to_write(&mut self, handle: u16, op: u8, value: &[u8]) -> Result<(), DongleError> {
        let conn = self.conn()?;
        self.unended = true;
        let write = Write { op, flags: 0, handle, offset: 0, value: value.to_vec() };
        let called = self.call(Command::Write { conn, write }).await;
        if called.is_err() {
            self.unended = false;
        }
        called.map(drop)
    }

    /// Writes in one of the ways that have a response, and waits for it for as long as ATT allows.
    pub(super) async fn request(&mut self, handle: u16, op: u8, value: &[u8]) -> Result<Status, DongleError> {
        self.ask_to_write(handle, op, value).await?;
        let ended = self.event_until(Instant::now() + ATT_TIMEOUT, ended).await?;
        self.unended = false;
        ended.ok_or(DongleError::NoEvent { op: op::WRITE, waited: ATT_TIMEOUT })
    }

    async fn end_of_write(&mut self) -> Result<Status, DongleError> {
        let began = Instant::now();
        let end = began + PROCEDURE;
        while Instant::now() < end {
            let told = self.told.len();
            let overtaken = told > 0;
            let until = if overtaken { end.min(Instant::now() + OVERTAKEN) } else { end };
            let mut heard = false;
            let status = self.event_until(until, |what| {
                heard |= matches!(what, What::HandleValue { .. });
                ended(what).map(Some).or((heard && !overtaken).then_some(None))
            });
            match status.await? {
                Some(Some(status)) => {
                    self.unended = false;
                    return Ok(status);
                }
                // The device has answered the request, so it has been written; only the event was lost.
                None if overtaken => {
                    self.unended = false;
                    return Ok(Status::SUCCESS);
                }
                _ => {}
            }
        }
        self.whose_silence(began).await
    }

    /// The end of a write was not told. A dongle that waits for the device refuses another procedure.
    async fn whose_silence(&mut self, began: Instant) -> Result<Status, DongleError> {
        let conn = self.conn()?;
        match self.call(Command::DiscoverServices { conn, start: 1, only: None }).await {
            Err(DongleError::Refused { result: codes::BUSY, .. }) => {}
            Err(error) if !matches!(error, DongleError::Refused { .. }) => return Err(error),
            _ => return Err(DongleError::NoEvent { op: op::WRITE, waited: PROCEDURE }),
        }
        let status = self.event_until(began + UNANSWERED, ended).await?;
        self.unended = false;
        status.ok_or(DongleError::AttTimeout)
    }

    /// Writes without a response. Waits for a buffer.
    pub(super) async fn command(&mut self, handle: u16, value: &[u8]) -> Result<(), DongleError> {
        let end = Instant::now() + BUFFER;
        loop {
            self.take_events().await?;
            let conn = self.conn()?;
            let write = Write { op: gatt::WRITE_COMMAND, flags: 0, handle, offset: 0, value: value.to_vec() };
            match self.call(Command::Write { conn, write }).await {
                Err(DongleError::Refused { result: codes::RESOURCES, .. }) if Instant::now() < end => {
                    let sent = |what: &What| matches!(what, What::CommandsSent(..)).then_some(());
                    self.event_until(end, sent).await?;
                }
                result => return result.map(drop),
            }
        }
    }
}

/// How a write has ended, if that is what is told.
fn ended(what: &What) -> Option<Status> {
    match what {
        What::Written { status, .. } => Some(*status),
        _ => None,
    }
}
