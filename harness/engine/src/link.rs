//! The one trait for every way to reach a device.
//!
//! Everything above a [`Link`] speaks unframed protocol messages; everything below it (ATT writes, SLIP frames, a
//! dongle's serialisation) is the link's own business. Serial and BLE differ only below this line, apart from the few
//! habits that [`Shape`] names.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::Target;

/// Which family of transport a link belongs to; the engine asks it for the habits that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Bluetooth LE: reduced protocol (no Ping, no Get MTU), data goes to its own characteristic.
    Ble,
    /// UART or USB: full protocol, data travels in Write frames on the same stream as the requests.
    Serial,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ble => "BLE",
            Self::Serial => "serial",
        })
    }
}

/// What a link learnt while it connected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connected {
    /// Bytes of object data that fit into one packet (BLE: ATT_MTU - 3, at most 244) or one Write frame. A serial link
    /// that does not know it before Get MTU says its own upper bound; the engine takes the smaller of the two.
    pub max_data: usize,
    /// The ATT_MTU after the exchange (23..=517); `None` where there is no such thing.
    pub att_mtu: Option<u16>,
    /// Address or port of the device, for reports only.
    pub peer: Option<String>,
}

/// Why a link could not do what was asked.
///
/// None of these speaks of the device's answers: an error *answer* is a message like any other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LinkError {
    /// The link was up and is gone (supervision timeout, remote disconnect, port vanished).
    #[error("link lost: {detail}")]
    Lost {
        /// What the link saw, in a few words.
        detail: String,
    },
    /// No device in DFU mode to connect to: it does not advertise, or the port is gone.
    #[error("no device in DFU mode found: {detail}")]
    NotFound {
        /// What was looked for.
        detail: String,
    },
    /// An operation of the link itself did not end in its own time.
    #[error("link operation timed out: {detail}")]
    TimedOut {
        /// Which operation.
        detail: String,
    },
    /// The other end refused the operation below the DFU protocol, for example with an ATT error.
    #[error("refused below the protocol: {detail}")]
    Refused {
        /// The error code, if the transport has one (ATT error code).
        code: Option<u8>,
        /// What was refused.
        detail: String,
    },
    /// The host's own side failed: stack, dongle, driver.
    #[error("host fault: {detail}")]
    Host {
        /// What failed.
        detail: String,
    },
}

/// One way to reach one device.
///
/// A link is not connected when it is made; [`connect`](Link::connect) may be called again after a loss or a
/// disconnect. After a loss every call fails with [`LinkError::Lost`] until the next `connect`.
#[async_trait(?Send)]
pub trait Link {
    /// The family of this link; constant over its life.
    fn shape(&self) -> Shape;

    /// Whether the link itself makes sure that bytes arrive as they were sent, so that they are lost at most. BLE and
    /// USB do; a UART does not, nor does a USB adapter with a UART behind it. Constant over the link's life.
    fn guards_content(&self) -> bool {
        self.shape() == Shape::Ble
    }

    /// From now on the device in DFU mode is `target` and nothing else. A link that has but one device within reach need
    /// not listen.
    fn look_for(&mut self, target: &Target) {
        let _ = target;
    }

    /// Find the device in DFU mode and connect, up to the point where requests are answered.
    ///
    /// # Errors
    /// [`LinkError::NotFound`] when no device in DFU mode is there; the other variants as they say.
    async fn connect(&mut self) -> Result<Connected, LinkError>;

    /// Send one control request: opcode and parameters, unframed.
    ///
    /// # Errors
    /// The link's own errors; never the device's answer.
    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError>;

    /// Send object data as one packet (BLE write command) or one Write frame (serial): 1 to
    /// [`Connected::max_data`] bytes, without an opcode. The link may gather packets and send many at once, in their
    /// order and in front of the next request.
    ///
    /// # Errors
    /// The link's own errors.
    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError>;

    /// Hand over what the link may have gathered of earlier packets. Called before every wait that is not a
    /// [`receive`](Link::receive); a request and a `receive` do the same by themselves. A link that gathers nothing
    /// needs none.
    ///
    /// # Errors
    /// The link's own errors.
    async fn flush(&mut self) -> Result<(), LinkError> {
        Ok(())
    }

    /// The next message from the device, `60 op result ...`, unframed.
    ///
    /// Waits for as long as it takes; the caller bounds it with [`tokio::time::timeout`], so it must be safe to drop
    /// the future without losing a message.
    ///
    /// # Errors
    /// [`LinkError::Lost`] when the link goes down while waiting.
    async fn receive(&mut self) -> Result<Vec<u8>, LinkError>;

    /// Send bytes as they are on a serial line: nothing is framed or escaped, so that they can be what no host would send.
    ///
    /// # Errors
    /// [`LinkError::Host`] on a link that has no such bytes, which is every one but a serial one; the link's own errors.
    async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let _ = bytes;
        Err(no_raw_bytes())
    }

    /// The next bytes from the line as they are, one or more; they belong to no message of [`receive`](Link::receive) then.
    ///
    /// Waits for as long as it takes, and may be dropped without losing a byte, as with [`receive`](Link::receive).
    ///
    /// # Errors
    /// As with [`send_raw`](Link::send_raw).
    async fn receive_raw(&mut self) -> Result<Vec<u8>, LinkError> {
        Err(no_raw_bytes())
    }

    /// Close the link in good order.
    ///
    /// # Errors
    /// The link's own errors; a link that is already down gives `Ok`.
    async fn disconnect(&mut self) -> Result<(), LinkError>;
}

fn no_raw_bytes() -> LinkError {
    LinkError::Host { detail: "only a serial line has bytes without frames".to_owned() }
}

macro_rules! forward_link {
    ($($type:ty),+) => {$(
        #[async_trait(?Send)]
        impl<L: Link + ?Sized> Link for $type {
            fn shape(&self) -> Shape {
                (**self).shape()
            }
            fn guards_content(&self) -> bool {
                (**self).guards_content()
            }
            fn look_for(&mut self, target: &Target) {
                (**self).look_for(target);
            }
            async fn connect(&mut self) -> Result<Connected, LinkError> {
                (**self).connect().await
            }
            async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
                (**self).send_request(request).await
            }
            async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
                (**self).send_data(data).await
            }
            async fn flush(&mut self) -> Result<(), LinkError> {
                (**self).flush().await
            }
            async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
                (**self).receive().await
            }
            async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
                (**self).send_raw(bytes).await
            }
            async fn receive_raw(&mut self) -> Result<Vec<u8>, LinkError> {
                (**self).receive_raw().await
            }
            async fn disconnect(&mut self) -> Result<(), LinkError> {
                (**self).disconnect().await
            }
        }
    )+};
}
forward_link!(Box<L>, &mut L);

/// Brings a device that runs its application back to DFU mode (buttonless service, retained register and reset, pin).
#[async_trait(?Send)]
pub trait DfuEntry {
    /// Make the device enter DFU mode; returns when the way is prepared, the engine connects afterwards.
    ///
    /// # Errors
    /// Whatever the way in ran into, as a link error.
    async fn enter(&mut self) -> Result<(), LinkError>;

    /// Where the device is to be looked for after [`enter`](DfuEntry::enter), if the way in has changed that.
    fn target(&self) -> Option<&Target> {
        None
    }

    /// The longest that [`enter`](DfuEntry::enter) may take, where it needs more than any connection attempt.
    fn time_limit(&self) -> Option<Duration> {
        None
    }
}
