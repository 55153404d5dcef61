//! BLE without a radio: connection events of the device, ATT rules that a host can see.

use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape, Target};
use gauntlet_reference::att::{ATT_HEADER, Attribute, NOTIFY};
use gauntlet_reference::gap::{Advertisement, Central, DFU_SERVICE};
use gauntlet_reference::wire::FromHost;

use super::VirtualBoard;
use super::application::peer_address;
use super::central::VirtualCentral;

/// How long a scan looks for the device.
const SCAN: Duration = Duration::from_secs(3);
/// Largest and smallest ATT_MTU.
const ATT_MTU: std::ops::RangeInclusive<u16> = 23..=247;

/// A BLE link to the bootloader of a virtual board.
pub struct DirectBle {
    central: VirtualCentral,
    wanted_mtu: u16,
    /// The one to be found; any device in DFU mode without.
    target: Option<Target>,
}

impl DirectBle {
    /// A link that asks for `att_mtu` bytes of ATT_MTU when it connects, of a central without a bond.
    pub fn new(board: VirtualBoard, att_mtu: u16) -> Self {
        Self::of(VirtualCentral::new(board, Central::stranger()), att_mtu)
    }

    /// The same of any central.
    pub fn of(central: VirtualCentral, att_mtu: u16) -> Self {
        Self { central, wanted_mtu: att_mtu.clamp(*ATT_MTU.start(), *ATT_MTU.end()), target: None }
    }

    async fn set_up(&mut self, found: &Advertisement) -> Result<Connected, LinkError> {
        let database = self.central.connect(found).await?;
        if !database.contains(&Attribute::ControlPoint) {
            let detail = format!("{} runs its application, not its bootloader", found.address);
            return Err(LinkError::NotFound { detail });
        }
        // A database with Service Changed is that of a bonded build. A central without a bond goes on and is refused.
        let bonded = database.contains(&Attribute::ServiceChangedCccd) && self.central.who().bond.is_some();
        if bonded && !self.central.encrypt().await? {
            let detail = "the bootloader does not know the bond of this host".to_owned();
            return Err(LinkError::Refused { code: None, detail });
        }
        let att_mtu = self.central.exchange_mtu(self.wanted_mtu).await?;
        self.central.write(Attribute::ControlPointCccd, &NOTIFY.to_le_bytes()).await?;
        let name = found.name().unwrap_or_default();
        Ok(Connected {
            max_data: usize::from(att_mtu - ATT_HEADER),
            att_mtu: Some(att_mtu),
            peer: Some(format!("{} `{}`", found.address, String::from_utf8_lossy(name))),
        })
    }
}

#[async_trait(?Send)]
impl Link for DirectBle {
    fn shape(&self) -> Shape {
        Shape::Ble
    }

    fn look_for(&mut self, target: &Target) {
        self.target = Some(target.clone());
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        let target = self.target.as_ref();
        let found = self.central.scan(SCAN, |found| is_wanted(found, target)).await;
        let Some(found) = found else {
            let who = target.map_or("nobody".to_owned(), |target| format!("no {target}"));
            return Err(LinkError::NotFound { detail: format!("{who} advertises the DFU service") });
        };
        let result = self.set_up(&found).await;
        if result.is_err() {
            self.central.disconnect().await;
        }
        result
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.central.write(Attribute::ControlPoint, request).await
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.central.send(FromHost::Packet(data.to_vec())).await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        self.central.told().await
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.central.disconnect().await;
        Ok(())
    }
}

fn is_wanted(found: &Advertisement, target: Option<&Target>) -> bool {
    let name = found.name().and_then(|name| std::str::from_utf8(name).ok());
    found.has_service(DFU_SERVICE)
        && target.is_none_or(|target| target.is(Some(&peer_address(found.address)), name))
}
