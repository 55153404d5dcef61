//! The buttonless service of an application on a virtual board.

use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{ApplicationLink, ButtonlessService, LinkError, PeerAddress, RunningApplication};
use gauntlet_reference::att::{Attribute, INDICATE};
use gauntlet_reference::gap::{Address, DFU_SERVICE};

use super::central::VirtualCentral;

/// How long a scan looks for an application.
const SCAN: Duration = Duration::from_secs(5);

/// A BLE link to the application of a virtual board.
pub struct DirectApplication {
    central: VirtualCentral,
    characteristic: Attribute,
}

impl DirectApplication {
    /// A link of `central`.
    pub fn of(central: VirtualCentral) -> Self {
        Self { central, characteristic: Attribute::Buttonless }
    }
}

#[async_trait(?Send)]
impl ApplicationLink for DirectApplication {
    async fn connect(&mut self) -> Result<RunningApplication, LinkError> {
        // A bootloader announces its service, an application need not.
        let found = self.central.scan(SCAN, |found| !found.has_service(DFU_SERVICE)).await;
        let Some(found) = found else {
            return Err(LinkError::NotFound { detail: "no application advertises".to_owned() });
        };
        let database = self.central.connect(&found).await?;
        let service = if database.contains(&Attribute::BondedButtonless) {
            self.characteristic = Attribute::BondedButtonless;
            ButtonlessService::Bonded
        } else if database.contains(&Attribute::Buttonless) {
            self.characteristic = Attribute::Buttonless;
            ButtonlessService::Unbonded
        } else {
            self.central.disconnect().await;
            let detail = format!("{} has no buttonless service", found.address);
            return Err(LinkError::NotFound { detail });
        };
        if service == ButtonlessService::Bonded && !self.central.encrypt().await? {
            self.central.disconnect().await;
            let detail = "the application asks for a bond, and there is none with this host".to_owned();
            return Err(LinkError::Refused { code: None, detail });
        }
        Ok(RunningApplication { address: Some(peer_address(found.address)), service })
    }

    async fn enable_indications(&mut self) -> Result<(), LinkError> {
        self.central.write(Attribute::ButtonlessCccd, &INDICATE.to_le_bytes()).await
    }

    async fn write(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.central.write(self.characteristic, request).await
    }

    async fn indication(&mut self) -> Result<Vec<u8>, LinkError> {
        self.central.told().await
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.central.disconnect().await;
        Ok(())
    }
}

/// An address as the engine writes it.
pub(super) fn peer_address(address: Address) -> PeerAddress {
    let mut bytes = address.bytes;
    bytes.reverse();
    PeerAddress { bytes, random: address.random }
}
