//! A central that does single things to attributes, as it is told. An update needs none of this; a test of the ATT level does.

use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{LinkError, PeerAddress};

/// Which firmware is on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Firmware {
    /// An application: it does not announce the DFU service.
    Application,
    /// A bootloader in DFU mode: it announces the DFU service.
    Bootloader,
}

/// A characteristic by its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Characteristic {
    /// DFU Control Point, 8EC90001.
    ControlPoint,
    /// DFU Packet, 8EC90002.
    Packet,
    /// Buttonless DFU: 8EC90004 where the application has bonds, else 8EC90003.
    Buttonless,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The value.
    Value,
    /// Its client characteristic configuration.
    Configuration,
}

/// What can be asked for by a Read Request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Readable {
    /// The GAP device name.
    Name,
    /// A part of a characteristic.
    Of(Characteristic, Part),
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WriteHow {
    /// Write Request.
    Request,
    /// Write Command.
    Command,
    /// Prepare Write Request.
    Prepare,
}

/// How a write has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Written {
    /// A Write Response has come.
    Ok,
    /// This ATT error has come.
    Error(u8),
    /// Nothing has come. A request ends its link by that, after 30 s.
    Nothing,
}

/// How pairing has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Paired {
    /// The link is encrypted.
    Done,
    /// The device has refused.
    Refused,
    /// The link is gone.
    LinkLost,
}

/// Why a link has ended that nobody here has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkEnd {
    /// The device has ended it, with a message (HCI reason 0x13).
    ByDevice,
    /// The device is silent: the supervision timeout has passed.
    Silence,
}

/// What advertises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertised {
    /// Its address.
    pub address: PeerAddress,
    /// Its complete name, if it advertises one.
    pub name: Option<String>,
}

/// One central, and its link while it has one.
#[async_trait(?Send)]
pub trait Gatt {
    /// What advertises, when it is `firmware`; looks no longer than `limit` of device time.
    async fn find(&mut self, firmware: Firmware, limit: Duration) -> Option<Advertised>;

    /// Connects to `firmware`, discovers its attributes, and exchanges ATT_MTU if one is asked for. Nothing is enabled.
    ///
    /// # Errors
    /// [`LinkError::NotFound`] when it does not advertise, [`LinkError::TimedOut`] when it does not accept.
    async fn connect(&mut self, firmware: Firmware, att_mtu: Option<u16>) -> Result<(), LinkError>;

    /// Exchanges ATT_MTU over the link that is up; what both ends can do afterwards.
    ///
    /// # Errors
    /// [`LinkError::Lost`].
    async fn exchange_mtu(&mut self, att_mtu: u16) -> Result<u16, LinkError>;

    /// Writes `value` in one of three ways. A configuration is always written by a request.
    ///
    /// # Errors
    /// [`LinkError::Lost`].
    async fn write(
        &mut self,
        to: Characteristic,
        part: Part,
        how: WriteHow,
        value: &[u8],
    ) -> Result<Written, LinkError>;

    /// The next notification or indication; an indication is confirmed if `confirm` says so. Pends until one comes.
    ///
    /// # Errors
    /// [`LinkError::Lost`].
    async fn hear(&mut self, confirm: bool) -> Result<Vec<u8>, LinkError>;

    /// Reads a value; what came, or the ATT error.
    ///
    /// # Errors
    /// [`LinkError::Lost`]; [`LinkError::Host`] for a central that reads nothing.
    async fn read(&mut self, what: Readable) -> Result<Result<Vec<u8>, u8>, LinkError> {
        let _ = what;
        Err(LinkError::Host { detail: "this central reads no values".to_owned() })
    }

    /// From the next connection on, Service Changed is not confirmed.
    ///
    /// # Errors
    /// [`LinkError::Host`] for a central that confirms it by itself.
    fn leave_services_unconfirmed(&mut self) -> Result<(), LinkError> {
        Err(LinkError::Host { detail: "this central confirms Service Changed by itself".to_owned() })
    }

    /// Asks for pairing.
    ///
    /// # Errors
    /// [`LinkError::TimedOut`] when nothing at all is answered.
    async fn pair(&mut self) -> Result<Paired, LinkError>;

    /// Asks for encryption with the key of the central's bond; false when the device does not know it (BLE-030), or the
    /// central has none.
    ///
    /// # Errors
    /// As [`Gatt::pair`], and [`LinkError::Lost`] for a device that goes instead of answering.
    async fn encrypt(&mut self) -> Result<bool, LinkError>;

    /// How the last link was lost; nothing for a central that isn't told.
    fn link_end(&self) -> Option<LinkEnd> {
        None
    }

    /// Ends the link, if there is one.
    async fn disconnect(&mut self);
}
