//! Single attributes through a dongle.

use std::time::Duration;

use async_trait::async_trait;
use gauntlet_connectivity::gatt::{PREPARE_WRITE, WRITE_REQUEST};
use gauntlet_engine::LinkError;

use super::central::Pairing;
use super::error::DongleError;
use super::host::{DongleHost, find};
use super::seeking::Seeking;
use super::table::Table;
use super::{LARGEST_MTU, SMALLEST_MTU};
use crate::gatt::{Advertised, Characteristic, Firmware, Gatt, Paired, Part, WriteHow, Written};

/// How long a connection looks for the device first.
const SCAN: Duration = Duration::from_secs(5);
/// ATT: there is no such attribute.
const INVALID_HANDLE: u8 = 0x01;

/// A central that confirms indications when it is told to.
pub struct DongleGatt {
    host: DongleHost,
    up: Option<(u64, Table)>,
}

impl DongleGatt {
    pub(super) fn of(host: DongleHost) -> Self {
        Self { host, up: None }
    }

    fn seeking(&self, firmware: Firmware, limit: Duration) -> Seeking {
        let address = self.host.options().address;
        Seeking { firmware, target: None, name: None, address, limit }
    }

    fn up(&self) -> Result<(u64, Table), LinkError> {
        self.up.ok_or_else(|| DongleError::Unconnected.on_the_way())
    }

    async fn set_up(&mut self, firmware: Firmware, att_mtu: Option<u16>) -> Result<(), DongleError> {
        let reached = self.host.reach(&self.seeking(firmware, SCAN)).await?;
        let mut radio = self.host.radio().await;
        let central = radio.connected(reached.number)?;
        central.confirm_by_hand();
        if let Some(bond) = self.host.bond().filter(|_| reached.table.is_of_bonds()) {
            // A refusal shows in what is done next.
            central.encrypt(bond).await?;
        }
        if let Some(att_mtu) = att_mtu {
            let att_mtu = central.exchange_mtu(att_mtu.clamp(SMALLEST_MTU, LARGEST_MTU)).await?;
            central.lengthen_packets(att_mtu).await?;
        }
        self.up = Some((reached.number, reached.table));
        Ok(())
    }
}

fn handle(table: &Table, characteristic: Characteristic, part: Part) -> Option<u16> {
    let handles = match characteristic {
        Characteristic::ControlPoint => table.control_point,
        Characteristic::Packet => table.packet,
        Characteristic::Buttonless => table.bonded_buttonless.or(table.buttonless),
    }?;
    match (characteristic, part) {
        // It has no configuration: whoever writes one all the same writes the value.
        (Characteristic::Packet, _) | (_, Part::Value) => Some(handles.value),
        (_, Part::Configuration) => handles.configuration,
    }
}

#[async_trait(?Send)]
impl Gatt for DongleGatt {
    async fn find(&mut self, firmware: Firmware, limit: Duration) -> Option<Advertised> {
        let mut radio = self.host.radio().await;
        // A dongle that fails has found nobody; whoever connects is told why.
        let mut central = radio.ready(self.host.options().patience).await.ok()?;
        let found = find(&mut central, &self.seeking(firmware, limit)).await;
        if !found.as_ref().is_err_and(DongleError::is_of_dongle) {
            radio.rest(central);
        }
        found.ok().map(|found| Advertised { address: found.peer(), name: found.name() })
    }

    async fn connect(&mut self, firmware: Firmware, att_mtu: Option<u16>) -> Result<(), LinkError> {
        self.up = None;
        let end = self.set_up(firmware, att_mtu).await;
        self.host.radio().await.settle(end).map_err(DongleError::on_connecting)
    }

    async fn exchange_mtu(&mut self, att_mtu: u16) -> Result<u16, LinkError> {
        let (number, _) = self.up()?;
        let mut radio = self.host.radio().await;
        let end = match radio.connected(number) {
            Ok(central) => central.exchange_mtu(att_mtu.clamp(SMALLEST_MTU, LARGEST_MTU)).await,
            Err(error) => Err(error),
        };
        radio.settle(end).map_err(DongleError::on_the_way)
    }

    async fn write(
        &mut self,
        to: Characteristic,
        part: Part,
        how: WriteHow,
        value: &[u8],
    ) -> Result<Written, LinkError> {
        let (number, table) = self.up()?;
        let handle = handle(&table, to, part);
        let op = match how {
            WriteHow::Command => None,
            WriteHow::Request => Some(WRITE_REQUEST),
            WriteHow::Prepare => Some(PREPARE_WRITE),
        };
        // What was not discovered is not there: a server would say so to a request, and nothing to a command.
        let Some(handle) = handle else {
            return Ok(op.map_or(Written::Nothing, |_| Written::Error(INVALID_HANDLE)));
        };
        let mut radio = self.host.radio().await;
        let central = radio.connected(number).map_err(DongleError::on_the_way)?;
        let end = match op {
            None => central.command(handle, value).await.map(|()| Written::Nothing),
            Some(op) => match central.request(handle, op, value).await {
                Ok(status) => Ok(match (status.code, status.att_error()) {
                    (0, _) => Written::Ok,
                    (_, Some(code)) => Written::Error(code),
                    (code, None) => Written::Error(code.to_le_bytes()[0]),
                }),
                // The end of its link.
                Err(DongleError::AttTimeout) => {
                    radio.disconnect(number).await;
                    Ok(Written::Nothing)
                }
                Err(error) => Err(error),
            },
        };
        radio.settle(end).map_err(DongleError::on_the_way)
    }

    async fn hear(&mut self, confirm: bool) -> Result<Vec<u8>, LinkError> {
        let (number, _) = self.up()?;
        let mut radio = self.host.radio().await;
        let end = match radio.connected(number) {
            Ok(central) => match central.told().await {
                Ok(told) if confirm => central.confirm().await.map(|()| told),
                told => told,
            },
            Err(error) => Err(error),
        };
        radio.settle(end).map_err(DongleError::on_the_way)
    }

    async fn pair(&mut self) -> Result<Paired, LinkError> {
        let (number, _) = self.up()?;
        let mut radio = self.host.radio().await;
        let end = match radio.connected(number) {
            Ok(central) => central.pair().await,
            Err(error) => Err(error),
        };
        match radio.settle(end) {
            Ok(Pairing::Done) => Ok(Paired::Done),
            Ok(Pairing::Refused) => Ok(Paired::Refused),
            Err(DongleError::Disconnected { .. } | DongleError::Unconnected) => Ok(Paired::LinkLost),
            Err(error) => Err(error.on_the_way()),
        }
    }

    async fn encrypt(&mut self) -> Result<bool, LinkError> {
        let (number, _) = self.up()?;
        let Some(bond) = self.host.bond() else { return Ok(false) };
        let mut radio = self.host.radio().await;
        let end = match radio.connected(number) {
            Ok(central) => central.encrypt(bond).await,
            Err(error) => Err(error),
        };
        radio.settle(end).map_err(DongleError::on_the_way)
    }

    async fn disconnect(&mut self) {
        if let Some((number, _)) = self.up.take() {
            self.host.radio().await.disconnect(number).await;
        }
    }
}
