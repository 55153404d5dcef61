//! BLE through an nRF connectivity dongle: an nRF52 board with connectivity firmware on a serial port.
//!
//! The dongle is reset and configured whenever the link connects and something was wrong with it before. Every wait has an
//! end, and every error says who has failed: the port, the dongle, the radio link, or the device.

mod central;
mod discovery;
mod driver;
mod error;
mod port;

use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, PeerAddress, Shape, Target};
use tokio::time::Instant;

use central::{Advertiser, Central, failed_to_begin};
use discovery::{DFU_BASE, Handles, discover};
use driver::Driver;

pub use error::{DongleError, Party};
pub use port::{Port, SerialDongle, Stream};

/// How often a dongle is reset before it counts as one that does not start.
const STARTS: u32 = 2;
/// How often a device is connected to that does not stay.
const CONNECTIONS: u32 = 3;
/// How long it is scanned without anybody being found, before the scan is started afresh.
const SCAN: Duration = Duration::from_secs(4);
/// Opcode and handle in front of a value.
const ATT_HEADER: u16 = 3;
/// The longest value of the Packet characteristic.
const MAX_DATA: u16 = 244;
/// Types of advertising data: service lists and names.
const SERVICES_16: [u8; 2] = [0x02, 0x03];
const NAMES: [u8; 2] = [0x08, 0x09];
const DFU_SERVICE: [u8; 2] = 0xFE59u16.to_le_bytes();
/// Value of a configuration: notifications.
const NOTIFY: [u8; 2] = [1, 0];

/// How a device is looked for, and talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DongleOptions {
    /// The name that it advertises; without name and address, any device in DFU mode.
    pub name: Option<String>,
    /// Its address.
    pub address: Option<PeerAddress>,
    /// The ATT_MTU that is asked for, 23 to 247.
    pub att_mtu: u16,
    /// How long a port may be missing, and a device be looked for.
    pub patience: Duration,
}

impl Default for DongleOptions {
    fn default() -> Self {
        Self { name: None, address: None, att_mtu: 247, patience: Duration::from_secs(10) }
    }
}

/// A BLE link to a bootloader through a dongle. Needs a tokio runtime with time, and with I/O for serial ports.
pub struct DongleLink {
    port: Box<dyn Port>,
    options: DongleOptions,
    target: Option<Target>,
    central: Option<Central>,
    handles: Option<Handles>,
}

impl DongleLink {
    /// A link over the dongle at `port`, not opened yet.
    pub fn new(port: impl Port + 'static, options: DongleOptions) -> Self {
        Self { port: Box::new(port), options, target: None, central: None, handles: None }
    }

    /// The dongle, configured; it is reset if it was not before, or has failed.
    async fn central(&mut self) -> Result<(Central, u8), DongleError> {
        if let Some(mut central) = self.central.take().filter(Central::is_up)
            && !central.is_connected()
            && let Ok(kind) = central.add_base(DFU_BASE).await
        {
            return Ok((central, kind));
        }
        let mut attempt = 1;
        loop {
            match self.start().await {
                Err(error) if error.is_of_dongle() && attempt < STARTS => attempt += 1,
                started => return started,
            }
        }
    }

    async fn start(&mut self) -> Result<(Central, u8), DongleError> {
        let stream = port::open(&mut *self.port, self.options.patience).await?;
        let driver = Driver::start(stream).await?;
        let mut central = Central::enable(driver, self.options.att_mtu.clamp(23, 247)).await?;
        let kind = central.add_base(DFU_BASE).await?;
        Ok((central, kind))
    }

    async fn set_up(&mut self) -> Result<Connected, DongleError> {
        let (mut central, kind) = self.central().await?;
        let found = self.find(&mut central).await?;
        let peer = found.address.to_string();
        let (mut attempts, mut reason);
        attempts = 0;
        let result = loop {
            attempts += 1;
            match self.begin(&mut central, &found, kind).await {
                Ok(Some(connected)) => break Ok(connected),
                Ok(None) => reason = "it does not accept the connection".to_owned(),
                Err(error) if failed_to_begin(&error) => reason = error.to_string(),
                Err(error) => break Err(error),
            }
            if attempts == CONNECTIONS {
                break Err(DongleError::NotConnected { peer, attempts, reason });
            }
        };
        if matches!(&result, Err(error) if !error.is_of_dongle()) {
            // The dongle stays as it is. Whatever it says to this, the first error tells more.
            let _ended = central.disconnect().await;
        }
        self.central = Some(central);
        result
    }

    async fn find(&self, central: &mut Central) -> Result<Advertiser, DongleError> {
        let end = Instant::now() + self.options.patience;
        while Instant::now() < end {
            let limit = SCAN.min(end - Instant::now());
            if let Some(found) = central.scan(limit, |one| self.is_wanted(one)).await? {
                return Ok(found);
            }
        }
        let who = match (&self.target, &self.options) {
            (Some(target), _) => format!("no {target}"),
            (None, DongleOptions { name: Some(name), .. }) => format!("no `{name}`"),
            (None, DongleOptions { address: Some(address), .. }) => format!("no {address}"),
            _ => "nobody with the DFU service".to_owned(),
        };
        let patience = self.options.patience;
        Err(DongleError::NotFound(format!("{who} advertises within {patience:?} and reach of the dongle")))
    }

    fn is_wanted(&self, found: &Advertiser) -> bool {
        let structures = || structures(&found.data);
        let name = structures().find(|(kind, _)| NAMES.contains(kind)).map(|(_, name)| name);
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        let mut bytes = found.address.bytes;
        bytes.reverse();
        let address = PeerAddress { bytes, random: found.address.is_random() };
        let in_dfu = structures().any(|(kind, list)| {
            SERVICES_16.contains(&kind) && list.chunks_exact(2).any(|one| one == DFU_SERVICE)
        });
        match (&self.target, &self.options) {
            (Some(target), _) => in_dfu && target.is(Some(&address), name),
            // A name or an address that was asked for may stand alone: the service may be in a scan response.
            (None, DongleOptions { name: Some(wanted), .. }) => name == Some(wanted),
            (None, DongleOptions { address: Some(wanted), .. }) => address.bytes == wanted.bytes,
            (None, _) => in_dfu,
        }
    }

    async fn begin(
        &mut self,
        central: &mut Central,
        found: &Advertiser,
        kind: u8,
    ) -> Result<Option<Connected>, DongleError> {
        let peer = found.address.to_string();
        if central.connect(found.address).await?.is_none() {
            return Ok(None);
        }
        let Some(handles) = discover(central, kind).await? else {
            return Err(DongleError::NotInDfu(peer));
        };
        let att_mtu = match self.options.att_mtu {
            0..=23 => 23,
            wanted => central.exchange_mtu(wanted.min(247)).await?,
        };
        central.lengthen_packets(att_mtu).await?;
        central.write(handles.configuration, &NOTIFY, "the configuration of the control point").await?;
        self.handles = Some(handles);
        let max_data = usize::from((att_mtu - ATT_HEADER).min(MAX_DATA));
        let peer = Some(format!("{peer} through {}", self.port.name()));
        Ok(Some(Connected { max_data, att_mtu: Some(att_mtu), peer }))
    }

    fn connected(&mut self) -> Result<(&mut Central, Handles), LinkError> {
        match (&mut self.central, self.handles) {
            (Some(central), Some(handles)) if central.is_connected() && central.is_up() => {
                Ok((central, handles))
            }
            _ => Err(DongleError::Unconnected.on_the_way()),
        }
    }

    /// A dongle that has failed is let go; the next connect resets it.
    fn settle<T>(&mut self, end: Result<T, DongleError>) -> Result<T, LinkError> {
        if end.as_ref().is_err_and(DongleError::is_of_dongle) {
            self.central = None;
        }
        end.map_err(DongleError::on_the_way)
    }
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
        self.handles = None;
        let end = self.set_up().await;
        if end.as_ref().is_err_and(DongleError::is_of_dongle) {
            self.central = None;
        }
        end.map_err(DongleError::on_connecting)
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        let (central, handles) = self.connected()?;
        let end = central.write(handles.control_point, request, "the control point").await;
        self.settle(end)
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        let (central, handles) = self.connected()?;
        let end = central.command(handles.packet, data).await;
        self.settle(end)
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        let (central, _) = self.connected()?;
        let end = central.told().await;
        self.settle(end)
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.handles = None;
        let Some(central) = &mut self.central else { return Ok(()) };
        if central.disconnect().await.is_err() {
            // Resetting it ends its connection, too.
            self.central = None;
        }
        Ok(())
    }
}

/// Kind and content of each structure of advertising data; a torn one ends it.
fn structures(data: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (&length, behind) = rest.split_first()?;
        let (structure, next) = behind.split_at_checked(length.into())?;
        rest = next;
        let (kind, content) = structure.split_first()?;
        Some((*kind, content))
    })
}
