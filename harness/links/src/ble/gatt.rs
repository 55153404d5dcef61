//! Single attributes, as far as the Bluetooth service lets programs do something to them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use btleplug::api::Characteristic as Found;
use gauntlet_engine::{LinkError, PeerAddress};
use tokio::time::timeout;

use super::connection::Connection;
use super::host::BleHost;
use super::uuids::{BONDED_BUTTONLESS, BUTTONLESS, CONTROL_POINT, PACKET};
use super::wanted::{Choice, Sighting};
use super::{BleError, Wanted};
use crate::gatt::{Advertised, Characteristic, Firmware, Gatt, Paired, Part, WriteHow, Written};

/// A central behind the Bluetooth service of this machine.
///
/// The service keeps some things to itself: it writes configurations by subscribing only, confirms indications at once, and
/// shows no attributes but those that it has discovered. What would need more is an error of the host.
pub struct BleGatt {
    host: BleHost,
    connection: Option<Connection>,
    /// The application that was connected to. The service counts all that it has discovered among what a device advertises,
    /// the DFU service of the buttonless characteristic included, so that it would be taken for a bootloader.
    application: Option<PeerAddress>,
}

impl BleGatt {
    pub(super) fn of(host: BleHost) -> Self {
        Self { host, connection: None, application: None }
    }

    fn connection(&mut self) -> Result<&mut Connection, LinkError> {
        self.connection.as_mut().ok_or_else(|| LinkError::Lost { detail: "not connected".to_owned() })
    }

    fn found(&mut self, characteristic: Characteristic) -> Result<Found, LinkError> {
        let connection = self.connection()?;
        let uuids: &[_] = match characteristic {
            Characteristic::ControlPoint => &[CONTROL_POINT],
            Characteristic::Packet => &[PACKET],
            Characteristic::Buttonless => &[BONDED_BUTTONLESS, BUTTONLESS],
        };
        let found = uuids.iter().find_map(|uuid| connection.find(*uuid));
        found.ok_or_else(|| beyond(&format!("does not show {characteristic:?} of {}", connection.label())))
    }

    /// A refusal is a result; after any other error the link is down.
    async fn settle(&mut self, end: Result<(), BleError>) -> Result<Written, LinkError> {
        let error = match end {
            Ok(()) => return Ok(Written::Ok),
            Err(error) => error,
        };
        self.host.note(&error);
        match error {
            BleError::Refused { code: Some(code), .. } => Ok(Written::Error(code)),
            BleError::StaleTable { .. } => Ok(Written::Error(0x03)),
            BleError::Refused { .. } => Err(beyond("does not tell with which ATT error a write was refused")),
            error => {
                let silent = matches!(error, BleError::DeviceSilent { .. });
                if let Some(connection) = self.connection.take() {
                    self.host.drop_connection(connection, &error).await;
                }
                if silent { Ok(Written::Nothing) } else { Err(error.into()) }
            }
        }
    }

    fn choice(&self, firmware: Firmware) -> impl Fn(&[Sighting]) -> Choice + use<> {
        let (wanted, known) = (self.host.options.wanted.clone(), self.application);
        move |seen: &[Sighting]| {
            let is = |one: &Sighting| match firmware {
                Firmware::Bootloader => one.heard && one.dfu_service,
                Firmware::Application => {
                    let own = match &wanted {
                        Wanted::Anyone => true,
                        Wanted::Name(name) => one.names.contains(name),
                        Wanted::Address(bytes) => one.address.is_some_and(|own| own.bytes == *bytes),
                    };
                    let discovered = known.is_some() && one.address == known;
                    one.heard && own && (discovered || !one.dfu_service)
                }
            };
            seen.iter().position(is).map_or(Choice::Nobody, Choice::This)
        }
    }
}

/// The service can't do that, or does not let programs do it.
fn beyond(what: &str) -> LinkError {
    LinkError::Host { detail: format!("the Bluetooth service of this machine {what}") }
}

fn words(firmware: Firmware) -> &'static str {
    match firmware {
        Firmware::Application => "an application",
        Firmware::Bootloader => "a bootloader",
    }
}

#[async_trait(?Send)]
impl Gatt for BleGatt {
    async fn find(&mut self, firmware: Firmware, limit: Duration) -> Option<Advertised> {
        let (host, choose) = (self.host.clone(), self.choice(firmware));
        let looking = async {
            loop {
                let radio = host.radio().await.ok()?;
                let found = radio.sight(words(firmware), &host.options, &choose).await;
                match found {
                    Ok(found) => return Some(found),
                    Err(BleError::NotHeard { .. }) => {}
                    Err(error) => {
                        host.note(&error);
                        return None;
                    }
                }
            }
        };
        let found = timeout(limit, looking).await.ok().flatten();
        self.host.rest().await;
        let found = found?;
        Some(Advertised { address: found.address?, name: found.names.into_iter().next() })
    }

    async fn connect(&mut self, firmware: Firmware, att_mtu: Option<u16>) -> Result<(), LinkError> {
        // The service exchanges ATT_MTU by itself, and as it is told by its own settings.
        let _its_own = att_mtu;
        self.disconnect().await;
        let choose = self.choice(firmware);
        let reached = self.host.reach(words(firmware), &choose, async |connection| Ok(connection)).await;
        match reached {
            Ok(connection) => {
                if firmware == Firmware::Application {
                    self.application = connection.address().await;
                }
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => {
                self.host.note(&error);
                Err(error.into())
            }
        }
    }

    async fn exchange_mtu(&mut self, _: u16) -> Result<u16, LinkError> {
        Err(beyond("exchanges the ATT MTU by itself, when it connects"))
    }

    async fn write(
        &mut self,
        to: Characteristic,
        part: Part,
        how: WriteHow,
        value: &[u8],
    ) -> Result<Written, LinkError> {
        let found = self.found(to)?;
        let usual: [u8; 2] = if to == Characteristic::Buttonless { [2, 0] } else { [1, 0] };
        let connection = self.connection()?;
        let end = match (part, how) {
            (Part::Configuration, _) if value == usual => connection.listen(found).await,
            (Part::Configuration, _) if value == [0, 0] => connection.stop_listening(&found).await,
            (Part::Configuration, _) => {
                return Err(beyond("writes no configuration but those of a subscription and of its end"));
            }
            (Part::Value, WriteHow::Command) => {
                let sent = connection.command(&Arc::new(found), value).await;
                let sent = match sent {
                    Ok(()) => connection.flush().await,
                    Err(error) => Err(error),
                };
                self.settle(sent).await?;
                return Ok(Written::Nothing);
            }
            (Part::Value, WriteHow::Request) => connection.request(&found, value).await,
            (Part::Value, WriteHow::Prepare) => return Err(beyond("makes no long write of a short value")),
        };
        self.settle(end).await
    }

    async fn hear(&mut self, confirm: bool) -> Result<Vec<u8>, LinkError> {
        // The service has confirmed it, whoever wants what.
        let _confirmed = confirm;
        let end = self.connection()?.next_told().await;
        match end {
            Ok(told) => Ok(told),
            Err(error) => {
                self.host.note(&error);
                if let Some(connection) = self.connection.take() {
                    self.host.drop_connection(connection, &error).await;
                }
                Err(error.into())
            }
        }
    }

    async fn pair(&mut self) -> Result<Paired, LinkError> {
        Err(beyond("is not asked for pairing by the Bluetooth library"))
    }

    async fn encrypt(&mut self) -> Result<bool, LinkError> {
        Err(beyond("is not asked for encryption by the Bluetooth library"))
    }

    async fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
        self.host.rest().await;
    }
}
