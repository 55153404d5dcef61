//! Single attributes of a virtual board.

use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::LinkError;
use gauntlet_reference::att::{Attribute, WriteKind};
use gauntlet_reference::gap::{Advertisement, DFU_SERVICE};
use gauntlet_reference::wire::{Closed, FromHost, ToHost};

use super::application::peer_address;
use super::central::VirtualCentral;
use crate::gatt::{
    Advertised, Characteristic, Firmware, Gatt, LinkEnd, Paired, Part, Readable, WriteHow, Written,
};

/// How long a connection looks for the device first.
const SCAN: Duration = Duration::from_secs(5);

/// A central that confirms indications when it is told to.
pub struct DirectGatt {
    central: VirtualCentral,
    /// What the discovery of the present link has found.
    database: Vec<Attribute>,
}

impl DirectGatt {
    /// What `central` does.
    pub fn of(central: VirtualCentral) -> Self {
        Self { central: central.confirming_by_hand(), database: Vec::new() }
    }

    fn attribute(&self, characteristic: Characteristic, part: Part) -> Attribute {
        match (characteristic, part) {
            (Characteristic::ControlPoint, Part::Value) => Attribute::ControlPoint,
            (Characteristic::ControlPoint, Part::Configuration) => Attribute::ControlPointCccd,
            // It has no configuration: whoever writes one all the same writes the value.
            (Characteristic::Packet, _) => Attribute::Packet,
            (Characteristic::Buttonless, Part::Configuration) => Attribute::ButtonlessCccd,
            (Characteristic::Buttonless, Part::Value) => {
                let bonded = self.database.contains(&Attribute::BondedButtonless);
                if bonded { Attribute::BondedButtonless } else { Attribute::Buttonless }
            }
        }
    }
}

#[async_trait(?Send)]
impl Gatt for DirectGatt {
    async fn find(&mut self, firmware: Firmware, limit: Duration) -> Option<Advertised> {
        let found = self.central.scan(limit, |found| is(found, firmware)).await?;
        let name = found.name().map(|name| String::from_utf8_lossy(name).into_owned());
        Some(Advertised { address: peer_address(found.address), name })
    }

    async fn connect(&mut self, firmware: Firmware, att_mtu: Option<u16>) -> Result<(), LinkError> {
        let found = self.central.scan(SCAN, |found| is(found, firmware)).await.ok_or_else(|| {
            let who = match firmware {
                Firmware::Application => "no application",
                Firmware::Bootloader => "no bootloader",
            };
            LinkError::NotFound { detail: format!("{who} advertises") }
        })?;
        self.database = self.central.connect(&found).await?;
        if self.central.who().bond.is_some() && self.database.iter().any(|one| is_of_bonds(*one)) {
            // A refusal shows in what is done next.
            self.central.encrypt().await?;
        }
        if let Some(att_mtu) = att_mtu {
            self.central.exchange_mtu(att_mtu).await?;
        }
        Ok(())
    }

    async fn exchange_mtu(&mut self, att_mtu: u16) -> Result<u16, LinkError> {
        self.central.exchange_mtu(att_mtu).await
    }

    async fn write(
        &mut self,
        to: Characteristic,
        part: Part,
        how: WriteHow,
        value: &[u8],
    ) -> Result<Written, LinkError> {
        let attribute = self.attribute(to, part);
        let write = |kind| FromHost::Write { attribute, kind, value: value.to_vec() };
        let response = match how {
            WriteHow::Command => {
                self.central.send(write(WriteKind::Command)).await?;
                return Ok(Written::Nothing);
            }
            WriteHow::Request => self.central.request(write(WriteKind::Request)).await,
            WriteHow::Prepare => self.central.request(write(WriteKind::Prepare)).await,
        };
        match response {
            Ok(ToHost::Written(Ok(()))) => Ok(Written::Ok),
            Ok(ToHost::Written(Err(error))) => Ok(Written::Error(error.code())),
            Ok(other) => {
                Err(LinkError::Host { detail: format!("a response to something else came: {other:?}") })
            }
            Err(LinkError::TimedOut { .. }) => Ok(Written::Nothing),
            Err(error) => Err(error),
        }
    }

    async fn hear(&mut self, confirm: bool) -> Result<Vec<u8>, LinkError> {
        let told = self.central.told().await?;
        if confirm {
            self.central.confirm();
        }
        Ok(told)
    }

    async fn read(&mut self, what: Readable) -> Result<Result<Vec<u8>, u8>, LinkError> {
        let attribute = match what {
            Readable::Name => Attribute::DeviceName,
            Readable::Of(characteristic, part) => self.attribute(characteristic, part),
        };
        match self.central.request(FromHost::Read(attribute)).await? {
            ToHost::Value(value) => Ok(value.map_err(|error| error.code())),
            other => Err(LinkError::Host { detail: format!("a response to something else came: {other:?}") }),
        }
    }

    fn leave_services_unconfirmed(&mut self) -> Result<(), LinkError> {
        self.central.leave_services_unconfirmed();
        Ok(())
    }

    async fn pair(&mut self) -> Result<Paired, LinkError> {
        match self.central.pair().await {
            Ok(true) => Ok(Paired::Done),
            Ok(false) => Ok(Paired::Refused),
            Err(LinkError::Lost { .. }) => Ok(Paired::LinkLost),
            Err(error) => Err(error),
        }
    }

    async fn encrypt(&mut self) -> Result<bool, LinkError> {
        self.central.encrypt().await
    }

    fn link_end(&self) -> Option<LinkEnd> {
        self.central.closed().map(|closed| match closed {
            Closed::ByDevice => LinkEnd::ByDevice,
            Closed::Vanished => LinkEnd::Silence,
        })
    }

    async fn disconnect(&mut self) {
        self.central.disconnect().await;
    }
}

fn is(found: &Advertisement, firmware: Firmware) -> bool {
    found.has_service(DFU_SERVICE) == (firmware == Firmware::Bootloader)
}

/// In the databases of firmware that works with bonds.
fn is_of_bonds(attribute: Attribute) -> bool {
    matches!(attribute, Attribute::BondedButtonless | Attribute::ServiceChangedCccd)
}
