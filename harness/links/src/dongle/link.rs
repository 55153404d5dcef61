//! The link to a bootloader.

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape, Target};

use super::error::DongleError;
use super::host::{DongleHost, Radio, Reached};
use super::port::Port;
use super::seeking::Seeking;
use super::table::Table;
use super::{DongleOptions, LARGEST_MTU, SMALLEST_MTU};
use crate::gatt::Firmware;

/// Opcode and handle in front of a value.
const ATT_HEADER: u16 = 3;
/// The longest value of the Packet characteristic.
const MAX_DATA: u16 = 244;
/// Value of a configuration: notifications.
const NOTIFY: [u8; 2] = [1, 0];

/// A BLE link to a bootloader through a dongle. Needs a tokio runtime with time, and with I/O for serial ports.
pub struct DongleLink {
    host: DongleHost,
    target: Option<Target>,
    up: Option<Up>,
}

#[derive(Debug, Clone, Copy)]
struct Up {
    number: u64,
    control_point: u16,
    packet: u16,
}

impl DongleLink {
    /// A link over the dongle at `port`, not opened yet.
    pub fn new(port: impl Port + 'static, options: DongleOptions) -> Self {
        Self::of(DongleHost::new(port, options))
    }

    pub(super) fn of(host: DongleHost) -> Self {
        Self { host, target: None, up: None }
    }

    async fn set_up(&mut self) -> Result<Connected, DongleError> {
        let DongleOptions { name, address, patience, .. } = self.host.options().clone();
        let firmware = Firmware::Bootloader;
        let seeking = Seeking { firmware, target: self.target.clone(), name, address, limit: patience };
        let reached = self.host.reach(&seeking).await?;
        let mut radio = self.host.radio().await;
        let end = prepare(&mut radio, &self.host, &reached).await;
        if end.is_err() {
            radio.disconnect(reached.number).await;
        }
        let (up, att_mtu) = radio.settle(end)?;
        self.up = Some(up);
        let max_data = usize::from((att_mtu - ATT_HEADER).min(MAX_DATA));
        Ok(Connected { max_data, att_mtu: Some(att_mtu), peer: Some(reached.found.label()) })
    }

    fn up(&self) -> Result<Up, LinkError> {
        self.up.ok_or_else(|| DongleError::Unconnected.on_the_way())
    }
}

/// Encryption where there is a bond, ATT_MTU, longer packets, notifications.
async fn prepare(radio: &mut Radio, host: &DongleHost, reached: &Reached) -> Result<(Up, u16), DongleError> {
    let Reached { number, found, table } = reached;
    let peer = found.address.to_string();
    let Table { control_point: Some(control), packet: Some(packet), .. } = *table else {
        return Err(DongleError::NotInDfu(peer));
    };
    let Some(configuration) = control.configuration else { return Err(DongleError::NotInDfu(peer)) };
    let central = radio.connected(*number)?;
    // A database with Service Changed is that of a bonded build. A central without a bond goes on and is refused.
    if let Some(bond) = host.bond().filter(|_| table.is_of_bonds())
        && !central.encrypt(bond).await?
    {
        return Err(DongleError::NoBond("the bootloader does not know the bond of this host"));
    }
    let att_mtu = match host.options().att_mtu {
        0..=SMALLEST_MTU => SMALLEST_MTU,
        wanted => central.exchange_mtu(wanted.min(LARGEST_MTU)).await?,
    };
    central.lengthen_packets(att_mtu).await?;
    central.write(configuration, &NOTIFY, "the configuration of the control point").await?;
    Ok((Up { number: *number, control_point: control.value, packet: packet.value }, att_mtu))
}

#[async_trait(?Send)]
impl Link for DongleLink {
    fn shape(&self) -> Shape {
        Shape::Ble
    }

    fn look_for(&mut self, target: &Target) {
        self.target = Some(target.clone());
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        self.up = None;
        self.set_up().await.map_err(DongleError::on_connecting)
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        let up = self.up()?;
        let mut radio = self.host.radio().await;
        let end = match radio.connected(up.number) {
            Ok(central) => central.write(up.control_point, request, "the control point").await,
            Err(error) => Err(error),
        };
        radio.settle(end).map_err(DongleError::on_the_way)
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        let up = self.up()?;
        let mut radio = self.host.radio().await;
        let end = match radio.connected(up.number) {
            Ok(central) => central.command(up.packet, data).await,
            Err(error) => Err(error),
        };
        radio.settle(end).map_err(DongleError::on_the_way)
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        let up = self.up()?;
        let mut radio = self.host.radio().await;
        let end = match radio.connected(up.number) {
            Ok(central) => central.told().await,
            Err(error) => Err(error),
        };
        radio.settle(end).map_err(DongleError::on_the_way)
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        if let Some(up) = self.up.take() {
            self.host.radio().await.disconnect(up.number).await;
        }
        Ok(())
    }
}
