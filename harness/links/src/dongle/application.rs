//! The link to the buttonless service of an application.

use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{ApplicationLink, ButtonlessService, LinkError, RunningApplication};

use super::error::DongleError;
use super::host::{DongleHost, Reached};
use super::seeking::Seeking;
use super::table::Handles;
use super::{DongleOptions, LARGEST_MTU, SMALLEST_MTU};
use crate::gatt::Firmware;

/// How long a scan looks for an application.
const SCAN: Duration = Duration::from_secs(5);
/// Value of a configuration: indications.
const INDICATE: [u8; 2] = [2, 0];

/// A BLE link to the buttonless service of an application through a dongle.
pub struct DongleApplication {
    host: DongleHost,
    up: Option<(u64, Handles)>,
}

impl DongleApplication {
    pub(super) fn of(host: DongleHost) -> Self {
        Self { host, up: None }
    }

    fn up(&self) -> Result<(u64, Handles), LinkError> {
        self.up.ok_or_else(|| DongleError::Unconnected.on_the_way())
    }

    async fn set_up(&mut self) -> Result<RunningApplication, DongleError> {
        let DongleOptions { name, address, .. } = self.host.options().clone();
        let firmware = Firmware::Application;
        let seeking = Seeking { firmware, target: None, name, address, limit: SCAN };
        let reached = self.host.reach(&seeking).await?;
        let end = self.prepare(&reached).await;
        let mut radio = self.host.radio().await;
        if end.is_err() {
            radio.disconnect(reached.number).await;
        }
        let (service, handles) = radio.settle(end)?;
        self.up = Some((reached.number, handles));
        Ok(RunningApplication { address: Some(reached.found.peer()), service })
    }

    async fn prepare(&self, reached: &Reached) -> Result<(ButtonlessService, Handles), DongleError> {
        let Reached { number, found, table } = reached;
        let found = match (table.bonded_buttonless, table.buttonless) {
            (Some(handles), _) => (ButtonlessService::Bonded, handles),
            (None, Some(handles)) => (ButtonlessService::Unbonded, handles),
            (None, None) => {
                return Err(DongleError::NotFound(format!("{} has no buttonless service", found.address)));
            }
        };
        if found.0 == ButtonlessService::Bonded {
            let encrypted = match self.host.bond() {
                Some(bond) => self.host.radio().await.connected(*number)?.encrypt(bond).await?,
                None => false,
            };
            if !encrypted {
                let missing = "the application asks for a bond, and there is none with this host";
                return Err(DongleError::NoBond(missing));
            }
        }
        // A name is longer than the smallest ATT_MTU allows.
        let att_mtu = self.host.options().att_mtu.clamp(SMALLEST_MTU, LARGEST_MTU);
        if att_mtu > SMALLEST_MTU {
            self.host.radio().await.connected(*number)?.exchange_mtu(att_mtu).await?;
        }
        Ok(found)
    }

    async fn request(&mut self, handle: u16, value: &[u8], what: &'static str) -> Result<(), LinkError> {
        let (number, _) = self.up()?;
        let mut radio = self.host.radio().await;
        let end = match radio.connected(number) {
            Ok(central) => central.write(handle, value, what).await,
            Err(error) => Err(error),
        };
        radio.settle(end).map_err(DongleError::on_the_way)
    }
}

#[async_trait(?Send)]
impl ApplicationLink for DongleApplication {
    async fn connect(&mut self) -> Result<RunningApplication, LinkError> {
        self.up = None;
        self.set_up().await.map_err(DongleError::on_connecting)
    }

    async fn enable_indications(&mut self) -> Result<(), LinkError> {
        let (_, handles) = self.up()?;
        let what = "the configuration of the buttonless characteristic";
        match handles.configuration {
            Some(handle) => self.request(handle, &INDICATE, what).await,
            None => Err(DongleError::Att { status: ATTRIBUTE_NOT_FOUND, what }.on_the_way()),
        }
    }

    async fn write(&mut self, request: &[u8]) -> Result<(), LinkError> {
        let (_, handles) = self.up()?;
        self.request(handles.value, request, "the buttonless characteristic").await
    }

    async fn indication(&mut self) -> Result<Vec<u8>, LinkError> {
        let (number, _) = self.up()?;
        let mut radio = self.host.radio().await;
        let end = match radio.connected(number) {
            Ok(central) => central.told().await,
            Err(error) => Err(error),
        };
        radio.settle(end).map_err(DongleError::on_the_way)
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        if let Some((number, _)) = self.up.take() {
            self.host.radio().await.disconnect(number).await;
        }
        Ok(())
    }
}

/// There is no such attribute.
const ATTRIBUTE_NOT_FOUND: u16 = 0x010A;
