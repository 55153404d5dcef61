//! The link to a bootloader.

use std::sync::Arc;

use async_trait::async_trait;
use btleplug::api::Characteristic;
use gauntlet_engine::{Connected, Link, LinkError, Shape, Target};
use uuid::Uuid;

use super::connection::Connection;
use super::host::BleHost;
use super::uuids::{BUTTONLESS, CONTROL_POINT, PACKET, is_buttonless};
use super::{BleError, LONGEST_PACKET};

/// Bytes of an ATT header in front of a value.
const ATT_HEADER: u16 = 3;

/// A BLE link to a device in DFU mode, through the Bluetooth of this machine.
pub struct BleLink {
    host: BleHost,
    target: Option<Target>,
    up: Option<Up>,
}

/// What a link has while it is up.
struct Up {
    connection: Connection,
    control: Characteristic,
    packet: Arc<Characteristic>,
}

impl BleLink {
    pub(super) fn of(host: BleHost) -> Self {
        Self { host, target: None, up: None }
    }

    fn up(&mut self) -> Result<&mut Up, LinkError> {
        self.up.as_mut().ok_or_else(|| LinkError::Lost { detail: "not connected".to_owned() })
    }

    /// After an error the link is down until the next connect.
    async fn settle<T>(&mut self, end: Result<T, BleError>) -> Result<T, LinkError> {
        match end {
            Ok(value) => Ok(value),
            Err(error) => {
                self.host.note(&error);
                if let Some(up) = self.up.take() {
                    self.host.drop_connection(up.connection, &error).await;
                }
                Err(error.into())
            }
        }
    }
}

/// Control Point and Packet, with the notifications of the former enabled.
async fn prepare(mut connection: Connection) -> Result<Up, (Connection, BleError)> {
    let found = (connection.find(CONTROL_POINT), connection.find(PACKET));
    let (Some(control), Some(packet)) = found else {
        let error = what_it_is(&mut connection).await;
        return Err((connection, error));
    };
    match connection.listen(control.clone()).await {
        Ok(()) => Ok(Up { connection, control, packet: Arc::new(packet) }),
        Err(error) => Err((connection, error)),
    }
}

/// What a device without the two characteristics is.
async fn what_it_is(connection: &mut Connection) -> BleError {
    let device = connection.label().to_owned();
    let table = connection.characteristics();
    if table.is_empty() {
        return BleError::Missing { device, what: "DFU service FE59".to_owned() };
    }
    if !table.iter().any(|one| is_buttonless(one.uuid)) {
        let have = |uuid: Uuid| table.iter().any(|one| one.uuid == uuid);
        let (name, uuid) =
            if have(CONTROL_POINT) { ("Packet", PACKET) } else { ("Control Point", CONTROL_POINT) };
        return BleError::Missing { device, what: format!("DFU {name} characteristic {uuid}") };
    }
    // An application, or an application of the past that the service has kept. The application allows this; with bonds it
    // would ask for pairing first, so there it is believed.
    if let Some(buttonless) = connection.find(BUTTONLESS)
        && let Err(error) = connection.listen(buttonless).await
    {
        return error;
    }
    BleError::RunsApplication { device }
}

#[async_trait(?Send)]
impl Link for BleLink {
    fn shape(&self) -> Shape {
        Shape::Ble
    }

    fn look_for(&mut self, target: &Target) {
        self.target = Some(target.clone());
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        if let Some(old) = self.up.take() {
            old.connection.close().await;
        }
        let reached = self.host.reach_bootloader(self.target.as_ref(), prepare).await;
        let up = self.settle(reached).await?;
        let att_mtu = up.connection.att_mtu();
        let peer = Some(up.connection.label().to_owned());
        self.up = Some(up);
        let max_data = usize::from(att_mtu.saturating_sub(ATT_HEADER)).min(LONGEST_PACKET);
        Ok(Connected { max_data, att_mtu: Some(att_mtu), peer })
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        let up = self.up()?;
        let end = up.connection.request(&up.control, request).await;
        self.settle(end).await
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        let up = self.up()?;
        let end = up.connection.command(&up.packet, data).await;
        self.settle(end).await
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        let end = self.up()?.connection.flush().await;
        self.settle(end).await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
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
