//! The link to the buttonless service of an application.

use async_trait::async_trait;
use btleplug::api::Characteristic;
use gauntlet_engine::{ApplicationLink, ButtonlessService, LinkError, PeerAddress, RunningApplication};

use super::BleError;
use super::connection::Connection;
use super::host::BleHost;
use super::uuids::{BONDED_BUTTONLESS, BUTTONLESS};

/// A BLE link to a device that runs its application, through the Bluetooth of this machine. Where the service asks for a
/// bond, the system must have paired with the device before.
pub struct BleApplication {
    host: BleHost,
    up: Option<Up>,
}

struct Up {
    connection: Connection,
    characteristic: Characteristic,
    service: ButtonlessService,
}

impl BleApplication {
    pub(super) fn of(host: BleHost) -> Self {
        Self { host, up: None }
    }

    fn up(&mut self) -> Result<&mut Up, LinkError> {
        self.up.as_mut().ok_or_else(|| LinkError::Lost { detail: "not connected".to_owned() })
    }

    async fn settle<T>(&mut self, end: Result<T, BleError>) -> Result<T, LinkError> {
        match end {
            Ok(value) => Ok(value),
            Err(error) => {
                self.host.note(&error);
                // Only a loss ends the link: the name of a bootloader may be refused without harm (FF-020).
                if !matches!(error, BleError::Refused { .. })
                    && let Some(up) = self.up.take()
                {
                    self.host.drop_connection(up.connection, &error).await;
                }
                Err(error.into())
            }
        }
    }
}

async fn prepare(connection: Connection) -> Result<Up, (Connection, BleError)> {
    let kinds = [(BONDED_BUTTONLESS, ButtonlessService::Bonded), (BUTTONLESS, ButtonlessService::Unbonded)];
    for (uuid, service) in kinds {
        if let Some(characteristic) = connection.find(uuid) {
            return Ok(Up { connection, characteristic, service });
        }
    }
    let device = connection.label().to_owned();
    let what = format!("buttonless DFU characteristic {BUTTONLESS} or {BONDED_BUTTONLESS}");
    Err((connection, BleError::Missing { device, what }))
}

#[async_trait(?Send)]
impl ApplicationLink for BleApplication {
    async fn connect(&mut self) -> Result<RunningApplication, LinkError> {
        if let Some(old) = self.up.take() {
            old.connection.close().await;
        }
        let reached = self.host.reach_application(prepare).await;
        let up = self.settle(reached).await?;
        let address: Option<PeerAddress> = up.connection.address().await;
        let service = up.service;
        self.up = Some(up);
        Ok(RunningApplication { address, service })
    }

    async fn enable_indications(&mut self) -> Result<(), LinkError> {
        let up = self.up()?;
        let end = up.connection.listen(up.characteristic.clone()).await;
        self.settle(end).await
    }

    async fn write(&mut self, request: &[u8]) -> Result<(), LinkError> {
        let up = self.up()?;
        let end = up.connection.request(&up.characteristic, request).await;
        self.settle(end).await
    }

    async fn indication(&mut self) -> Result<Vec<u8>, LinkError> {
        let end = self.up()?.connection.next_told().await;
        self.settle(end).await
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        if let Some(up) = self.up.take() {
            up.connection.close().await;
        }
        self.host.rest().await;
        Ok(())
    }
}
