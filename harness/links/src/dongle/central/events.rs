//! What the dongle tells: kept, answered where it has to be, and handed to whom it is for.

use gauntlet_connectivity::event::{NO_CONNECTION, What};
use gauntlet_connectivity::{Command, Event, gatt};
use tokio::time::{Instant, timeout_at};

use super::Central;
use crate::dongle::error::DongleError;

impl Central {
    /// Only these values tell something from now on; what others say is none of ours.
    pub(in super::super) fn hear_only(&mut self, heard: Vec<u16>) {
        self.told.clear();
        self.heard = Some(heard);
    }

    /// Indications that tell something are not confirmed before [`Central::confirm`].
    pub(in super::super) fn confirm_by_hand(&mut self) {
        self.by_hand = true;
    }

    /// Confirms what waits for it.
    pub(in super::super) async fn confirm(&mut self) -> Result<(), DongleError> {
        for handle in std::mem::take(&mut self.unconfirmed) {
            let conn = self.conn()?;
            self.call(Command::Confirm { conn, handle }).await?;
        }
        Ok(())
    }

    /// The next notification or indication.
    pub(in super::super) async fn told(&mut self) -> Result<Vec<u8>, DongleError> {
        loop {
            if let Some(value) = self.told.pop_front() {
                return Ok(value);
            }
            self.conn()?;
            let event = self.driver.event().await?;
            self.note(&event).await?;
        }
    }

    /// Takes the events that are there.
    pub(in super::super) async fn take_events(&mut self) -> Result<(), DongleError> {
        while let Some(event) = self.driver.waiting_event()? {
            self.note(&event).await?;
        }
        Ok(())
    }

    /// Events until one is wanted, or `end` has passed.
    pub(in super::super) async fn event_until<T>(
        &mut self,
        end: Instant,
        mut wanted: impl FnMut(&What) -> Option<T>,
    ) -> Result<Option<T>, DongleError> {
        while let Ok(event) = timeout_at(end, self.driver.event()).await {
            let event = event?;
            // A connection of the past may still have something to say.
            let ours = event.conn == NO_CONNECTION || self.conn.is_none_or(|conn| conn == event.conn);
            let found = if ours { wanted(&event.what) } else { None };
            self.note(&event).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Keeps what an event says, and answers what has to be answered.
    async fn note(&mut self, event: &Event) -> Result<(), DongleError> {
        let Some(conn) = self.conn.filter(|conn| *conn == event.conn) else { return Ok(()) };
        self.keep(&event.what)?;
        let answer = match &event.what {
            What::ParamsWanted(params) => Command::ConnParamUpdate { conn, params: Some(*params) },
            What::DataLengthWanted(_) => Command::DataLengthUpdate { conn, length: None, limitation: false },
            What::PhyWanted(..) => Command::PhyUpdate { conn, tx: 0, rx: 0 },
            What::HandleValue { handle, kind: gatt::INDICATION, .. } => {
                if self.by_hand && self.tells(*handle) {
                    self.unconfirmed.push(*handle);
                    return Ok(());
                }
                Command::Confirm { conn, handle: *handle }
            }
            _ => return Ok(()),
        };
        match self.driver.call(answer).await {
            // A refused answer is the peer's loss.
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn tells(&self, handle: u16) -> bool {
        self.heard.as_ref().is_none_or(|heard| heard.contains(&handle))
    }

    fn keep(&mut self, what: &What) -> Result<(), DongleError> {
        match what {
            What::HandleValue { handle, value, .. } if self.tells(*handle) => {
                self.told.push_back(value.clone())
            }
            What::Written { .. } => self.unended = false,
            What::Disconnected(reason) => {
                self.conn = None;
                return Err(DongleError::Disconnected { reason: *reason });
            }
            What::GattTimeout(..) => return Err(DongleError::AttTimeout),
            _ => {}
        }
        Ok(())
    }
}
