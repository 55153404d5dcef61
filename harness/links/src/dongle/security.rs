//! Pairing and encryption.

use std::time::Duration;

use gauntlet_connectivity::event::What;
use gauntlet_connectivity::security::{KeyName, KeySet, LongTermKey, SecParams};
use gauntlet_connectivity::{Command, command::op};
use tokio::time::Instant;

use super::central::{Bond, Central, Pairing};
use super::error::DongleError;

/// What the devices have for a pairing, and for an encryption: the timeout of the security manager.
const SECURITY: Duration = Duration::from_secs(30);
/// The dongle tells the end of that a little later.
const TOLD: Duration = Duration::from_secs(2);
/// The lowest level that means encryption.
const ENCRYPTED: u8 = 2;
/// Flags of a key: its length in bytes, above two others.
const WHOLE_KEY: u8 = 16 << 2;

impl Central {
    /// Encrypts with the key of a bond; false when the device does not know it.
    pub(super) async fn encrypt(&mut self, bond: &Bond) -> Result<bool, DongleError> {
        let name = KeyName { ediv: bond.ediv, rand: bond.rand };
        let key = LongTermKey { ltk: bond.ltk, flags: WHOLE_KEY };
        let conn = self.conn()?;
        self.call(Command::Encrypt { conn, name: Some(name), key: Some(key) }).await?;
        let level = |what: &What| match what {
            What::Security { level, .. } => Some(*level >> 4),
            _ => None,
        };
        let waited = SECURITY + TOLD;
        let level = self.event_until(Instant::now() + waited, level).await?;
        Ok(level.ok_or(DongleError::NoEvent { op: op::ENCRYPT, waited })? >= ENCRYPTED)
    }

    /// Asks for pairing, and accepts whatever the device has for it.
    pub(super) async fn pair(&mut self) -> Result<Pairing, DongleError> {
        let conn = self.conn()?;
        self.call(Command::Authenticate { conn, params: Some(SecParams::JUST_WORKS) }).await?;
        let end = Instant::now() + SECURITY + TOLD;
        let never = DongleError::NoEvent { op: op::AUTHENTICATE, waited: SECURITY + TOLD };
        let asked = self.event_until(end, |what| match what {
            What::SecParamsWanted(_) => Some(None),
            What::AuthStatus(auth) => Some(Some(auth.status)),
            _ => None,
        });
        if let Some(status) = asked.await?.ok_or(never.clone())? {
            // It has ended before it began.
            return Ok(ended(status));
        }
        let room = Some(Box::new(KeySet::ROOM));
        self.call(Command::SecParamsReply { conn, status: 0, params: None, keys: room }).await?;
        let status = self.event_until(end, |what| match what {
            What::AuthStatus(auth) => Some(auth.status),
            _ => None,
        });
        Ok(ended(status.await?.ok_or(never)?))
    }
}

fn ended(status: u8) -> Pairing {
    if status == 0 { Pairing::Done } else { Pairing::Refused }
}
