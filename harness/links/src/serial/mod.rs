//! A serial port of this machine: a UART, a USB CDC port, or a pseudo-terminal. Real time, real bytes.

pub(crate) mod greet;
mod line;
mod usb;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape};

use greet::{Frames as _, greet};
use line::{Line, Unopened};
use tokio::time::{Instant, sleep};

/// Object data in one Write frame at the largest MTU there is, that of a USB build: (2051 - 1) / 2 - 1. The engine asks
/// the device for its own.
const MAX_DATA: usize = 1024;
/// Opcode of a Write frame.
const WRITE: u8 = 0x08;
/// How long a missing port is left alone.
const MISSING: Duration = Duration::from_millis(100);

/// A serial port and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialOptions {
    /// Its name: `/dev/ttyACM0`, `COM3`. A USB device may get another number when it restarts (FF-084); a name by serial
    /// number, as below `/dev/serial/by-id`, stays.
    pub path: PathBuf,
    /// Bits per second. Means nothing on USB and pseudo-terminals.
    pub baud: u32,
    /// RTS/CTS, as the bootloaders of the SDK use it (section 5.1). Without it bytes are lost while flash is erased.
    pub flow_control: bool,
    /// Whether the device itself is the USB port, so that nothing but USB is between it and the host. Then the bytes are
    /// guarded all the way (see [`Link::guards_content`]). `None` asks the system, where it tells (Linux).
    pub usb: Option<bool>,
    /// How long a port may be missing, and a device silent, before it counts as not found. A USB port is missing for a
    /// while whenever the device restarts.
    pub patience: Duration,
}

impl SerialOptions {
    /// The port at `path` with what the SDK's bootloaders use: 115200 baud, 8N1, RTS/CTS (SER-022).
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            baud: 115_200,
            flow_control: true,
            usb: None,
            patience: Duration::from_secs(10),
        }
    }
}

/// A serial link to a device in DFU mode. Needs a tokio runtime with I/O and time.
#[derive(Debug)]
pub struct SerialLink {
    options: SerialOptions,
    line: Option<Line>,
}

impl SerialLink {
    /// A link over this port, not opened yet.
    pub fn new(options: SerialOptions) -> Self {
        Self { options, line: None }
    }

    /// The open line. A line that fails is closed, so that everything says so until the next connect.
    fn line(&mut self) -> Result<&mut Line, LinkError> {
        self.line.as_mut().ok_or_else(|| LinkError::Lost { detail: "the port is not open".to_owned() })
    }

    async fn send(&mut self, message: &[u8]) -> Result<(), LinkError> {
        let end = self.line()?.send(message).await;
        self.settle(end)
    }

    fn settle<T>(&mut self, end: Result<T, LinkError>) -> Result<T, LinkError> {
        if end.is_err() {
            self.line = None;
        }
        end
    }
}

#[async_trait(?Send)]
impl Link for SerialLink {
    fn shape(&self) -> Shape {
        Shape::Serial
    }

    fn guards_content(&self) -> bool {
        self.options.usb.unwrap_or_else(|| usb::is_bootloader(&self.options.path))
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        // The system lets nobody open a port twice.
        self.line = None;
        self.line = Some(open_and_greet(&self.options).await?);
        let peer = self.options.path.display().to_string();
        Ok(Connected { max_data: MAX_DATA, att_mtu: None, peer: Some(peer) })
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.send(request).await
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        let mut message = Vec::with_capacity(data.len() + 1);
        message.push(WRITE);
        message.extend_from_slice(data);
        let end = self.line()?.gather(&message).await;
        self.settle(end)
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        let end = self.line()?.flush().await;
        self.settle(end)
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        let end = self.line()?.receive().await;
        self.settle(end)
    }

    async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let end = self.line()?.send_raw(bytes).await;
        self.settle(end)
    }

    async fn receive_raw(&mut self) -> Result<Vec<u8>, LinkError> {
        let end = self.line()?.receive_raw().await;
        self.settle(end)
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.line = None;
        Ok(())
    }
}

/// Opens the port and pings until somebody answers.
async fn open_and_greet(options: &SerialOptions) -> Result<Line, LinkError> {
    let end = Instant::now() + options.patience;
    let mut line = open(options, end).await?;
    if greet(&mut line, end).await? {
        return Ok(line);
    }
    let path = options.path.display();
    Err(LinkError::NotFound { detail: format!("nobody answers on {path} within {:?}", options.patience) })
}

async fn open(options: &SerialOptions, end: Instant) -> Result<Line, LinkError> {
    loop {
        match Line::open(options) {
            Ok(line) => return Ok(line),
            Err(Unopened::Refused(error)) => return Err(error),
            Err(Unopened::Missing(detail)) if Instant::now() >= end => {
                return Err(LinkError::NotFound { detail });
            }
            Err(Unopened::Missing(_)) => sleep(MISSING).await,
        }
    }
}
