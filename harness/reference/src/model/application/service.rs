//! The buttonless service as a central sees it (sections 11.1 and 11.2).

use crate::att::{AttError, Attribute, DEFAULT_ATT_MTU, INDICATE, WriteKind};
use crate::bugs::PlantedBug;
use crate::gap::Central;
use crate::images::Service;
use crate::model::air::Air;
use crate::model::gatt::ATT_MTU_MAX;
use crate::wire::{FromHost, SharedWire, ToHost};

/// Opcodes and codes of the service.
pub(super) const ENTER: u8 = 0x01;
pub(super) const SET_NAME: u8 = 0x02;
pub(super) const RESPONSE: u8 = 0x20;
pub(super) const SUCCESS: u8 = 0x01;
pub(super) const NOT_SUPPORTED: u8 = 0x02;
pub(super) const FAILED: u8 = 0x04;
pub(super) const BAD_NAME: u8 = 0x05;
pub(super) const BUSY: u8 = 0x06;
pub(super) const NOT_BONDED: u8 = 0x07;

/// Longest value of the characteristic.
const VALUE_MAX: usize = 23;

/// The attributes that a discovery finds.
pub(super) fn database(service: Service) -> &'static [Attribute] {
    match service {
        Service::Unbonded => &[Attribute::DeviceName, Attribute::Buttonless, Attribute::ButtonlessCccd],
        Service::Bonded => &[Attribute::DeviceName, Attribute::BondedButtonless, Attribute::ButtonlessCccd],
    }
}

fn characteristic(service: Service) -> Attribute {
    match service {
        Service::Unbonded => Attribute::Buttonless,
        Service::Bonded => Attribute::BondedButtonless,
    }
}

/// What a message leads to, beyond what has been answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// A request of the service.
    Request(Vec<u8>),
    /// The indication that was under way has arrived.
    Confirmed,
}

/// A link to a central.
#[derive(Debug)]
pub(super) struct Connection {
    central: Central,
    service: Service,
    configuration: u16,
    encrypted: bool,
    /// Encrypted with the key of a bond that is stored.
    stored_bond: bool,
    /// An indication waits for its confirmation.
    indicating: bool,
    /// A planted bug: indications need not be enabled.
    undemanding: bool,
}

impl Connection {
    pub(super) fn new(central: Central, service: Service, bug: Option<PlantedBug>) -> Self {
        Self {
            central,
            service,
            configuration: 0,
            encrypted: false,
            stored_bond: false,
            indicating: false,
            undemanding: bug == Some(PlantedBug::IndicationsNotRequired),
        }
    }

    pub(super) fn has_stored_bond(&self) -> bool {
        self.stored_bond
    }

    /// Sends an indication; false while another one is under way.
    pub(super) fn indicate(&mut self, now: u64, air: &Air, wire: &SharedWire, value: [u8; 3]) -> bool {
        if self.indicating {
            return false;
        }
        self.indicating = true;
        let attribute = characteristic(self.service);
        air.answer(now, wire, ToHost::Indication { attribute, value: value.to_vec() });
        true
    }

    pub(super) fn take(&mut self, now: u64, air: &Air, wire: &SharedWire, message: FromHost) -> Effect {
        let answer = |message| air.answer(now, wire, message);
        match message {
            FromHost::Write { attribute, kind: WriteKind::Request, value } => {
                let result = self.write(attribute, &value);
                answer(ToHost::Written(result));
                if result.is_ok() && attribute == characteristic(self.service) {
                    return Effect::Request(value);
                }
            }
            FromHost::Control(_) | FromHost::Write { kind: WriteKind::Prepare, .. } => {
                answer(ToHost::Written(Err(AttError::InvalidHandle)));
            }
            FromHost::Read(Attribute::DeviceName) => answer(ToHost::Value(Ok(super::NAME.to_vec()))),
            FromHost::Read(Attribute::ButtonlessCccd) => {
                answer(ToHost::Value(Ok(self.configuration.to_le_bytes().to_vec())));
            }
            FromHost::Read(attribute) if attribute == characteristic(self.service) => {
                answer(ToHost::Value(Err(AttError::ReadNotPermitted)));
            }
            FromHost::Read(_) => answer(ToHost::Value(Err(AttError::InvalidHandle))),
            // A name of 20 bytes and the request around it do not fit into the smallest.
            FromHost::ExchangeMtu(wanted) => {
                answer(ToHost::Mtu(wanted.clamp(DEFAULT_ATT_MTU, ATT_MTU_MAX)));
            }
            FromHost::Confirm => {
                self.indicating = false;
                return Effect::Confirmed;
            }
            // Just works, without a bond that would be stored (BTN-014).
            FromHost::Pair => {
                self.encrypted = self.service == Service::Bonded;
                answer(ToHost::Encrypted(self.encrypted));
            }
            FromHost::Encrypt(key) => {
                self.stored_bond = self.service == Service::Bonded
                    && self.central.identity == Central::bonded().identity
                    && Central::bonded().bond == Some(key);
                self.encrypted |= self.stored_bond;
                answer(ToHost::Encrypted(self.stored_bond));
            }
            // Neither a Packet characteristic nor a serial line; connecting is dealt with elsewhere.
            _ => {}
        }
        Effect::Nothing
    }

    fn write(&mut self, attribute: Attribute, value: &[u8]) -> Result<(), AttError> {
        let configuration = match attribute {
            Attribute::ButtonlessCccd => true,
            attribute if attribute == characteristic(self.service) => false,
            Attribute::DeviceName => return Err(AttError::WriteNotPermitted),
            _ => return Err(AttError::InvalidHandle),
        };
        // BTN-014: refused by the stack.
        if self.service == Service::Bonded && !self.encrypted {
            return Err(if self.central.bond.is_some() {
                AttError::InsufficientEncryption
            } else {
                AttError::InsufficientAuthentication
            });
        }
        if configuration {
            self.configuration = u16::from_le_bytes(value.try_into().map_err(|_| AttError::InvalidLength)?);
            return Ok(());
        }
        if value.len() > VALUE_MAX {
            return Err(AttError::InvalidLength);
        }
        // BTN-001.
        let enabled = self.configuration & INDICATE != 0 || self.undemanding;
        if enabled { Ok(()) } else { Err(AttError::ConfigurationImproper) }
    }
}
