//! The UART of a virtual chip: real bytes in and out of its pins, at the speed of the line, in device time.
//!
//! What runs on the chip is of no interest here: any firmware that listens on a UART and speaks the serial transport can
//! be updated, and it answers as slowly, or as wrongly, as it does on a board.

mod host;

use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape};
use gauntlet_nrf52::UartSetting;
use gauntlet_protocol::{Opcode, Request, slip};
use tokio::time::Instant;

pub use host::{FlowControl, UartEnd, UartOptions};

use super::VirtualBoard;
use crate::serial::greet::{Frames, answer, greet};

/// Opcode of a Write frame.
const WRITE: u8 = 0x08;
/// How long the chip runs between two looks at what it has sent: a dozen bytes on the line.
const SLICE: Duration = Duration::from_millis(1);
/// How long a firmware may take to switch its UART on and to answer: what the link over a real port gives it, too.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a closing port waits for one more byte to go out: an erased page keeps flow control closed for so long.
const DRAIN: Duration = Duration::from_millis(100);
/// How long the device has to say its MTU.
const ASKED: Duration = Duration::from_millis(500);
/// Bytes that the host's driver takes before the sender waits.
const DRIVER_BUFFER: usize = 4096;
/// Object data in one Write frame for a device that does not say its MTU: that of a UART build, (131 - 1) / 2 - 1.
const USUAL_DATA: usize = 64;
/// The largest MTU there is, that of a USB build, and what fits into its Write frames.
const MAX_DATA: usize = 1024;

/// A serial link over the UART of a virtual chip.
pub struct ChipUart {
    board: VirtualBoard,
    options: UartOptions,
    patience: Duration,
    end: Option<UartEnd>,
    decoder: slip::Decoder,
    messages: VecDeque<Vec<u8>>,
}

impl ChipUart {
    /// A link over the UART on which the board's firmware listens.
    pub fn new(board: VirtualBoard, options: UartOptions) -> Self {
        let decoder = slip::Decoder::for_host();
        Self { board, options, patience: PATIENCE, end: None, decoder, messages: VecDeque::new() }
    }

    /// The same, but the device has only so much of its own time to listen and to answer.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// How the firmware has set up the port of an open link.
    pub fn setting(&self) -> Option<UartSetting> {
        self.end?.setting(&self.board.machine().chip)
    }

    fn end(&self) -> Result<UartEnd, LinkError> {
        self.end.ok_or_else(|| LinkError::Lost { detail: "the port is not open".to_owned() })
    }

    /// Waits for a port on which somebody listens.
    async fn find(&self, until: Instant) -> Result<UartEnd, LinkError> {
        loop {
            let found = { UartEnd::find(&mut self.board.machine().chip, &self.options) };
            if let Some(end) = found {
                return Ok(end);
            }
            if Instant::now() >= until {
                let port = self.options.port.map_or("any UART".to_owned(), |port| format!("UART {port}"));
                let detail = format!("the firmware listens on {port} of the chip at no time");
                return Err(LinkError::NotFound { detail });
            }
            self.board.run_for(SLICE).await;
        }
    }

    /// Finds a device that answers, and how much it takes in one frame.
    async fn meet(&mut self) -> Result<Connected, LinkError> {
        let until = Instant::now() + self.patience;
        let end = self.find(until).await?;
        // Half a frame of an earlier session must not become part of a new one (FF-087).
        {
            let chip = &mut self.board.machine().chip;
            end.give_up(chip);
            drop(end.take(chip));
        }
        self.messages.clear();
        self.decoder.reset();
        self.end = Some(end);
        if !greet(self, until).await? {
            let why = end.mismatch(&self.board.machine().chip, &self.options);
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            let detail = format!("nobody answers on UART {}{why}", end.port());
            return Err(LinkError::NotFound { detail });
        }
        self.send(&Request::GetMtu.encode()).await?;
        let mtu = match answer(self, Opcode::GetMtu, Instant::now() + ASKED).await?.as_deref() {
            Some([_, _, 1, low, high, ..]) => Some(usize::from(u16::from_le_bytes([*low, *high]))),
            _ => None,
        };
        // Every byte may have to be escaped, and one is the opcode (SER-009).
        let max_data = mtu.map_or(USUAL_DATA, |mtu| (mtu.saturating_sub(1) / 2).saturating_sub(1));
        let max_data = max_data.clamp(1, MAX_DATA);
        Ok(Connected { max_data, att_mtu: None, peer: Some(format!("UART {} of the chip", end.port())) })
    }

    /// Lets bytes go out; the driver takes some before it makes the sender wait.
    async fn put(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let end = self.end()?;
        self.board.catch_up();
        end.send(&mut self.board.machine().chip, bytes);
        while end.waiting(&self.board.machine().chip) > DRIVER_BUFFER {
            self.board.run_for(SLICE).await;
        }
        Ok(())
    }

    fn take_in(&mut self, end: UartEnd) {
        let bytes = { end.take(&mut self.board.machine().chip) };
        for byte in bytes {
            // An empty frame is noise on the line, and no answer.
            self.messages.extend(self.decoder.push(byte.value).filter(|frame| !frame.is_empty()));
        }
    }
}

impl Frames for ChipUart {
    /// Bytes for a device that does not listen are lost, and nobody says so.
    async fn send(&mut self, message: &[u8]) -> Result<(), LinkError> {
        self.put(&slip::encode(message)).await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            let end = self.end()?;
            self.board.catch_up();
            self.take_in(end);
            if let Some(message) = self.messages.pop_front() {
                return Ok(message);
            }
            self.board.run_for(SLICE).await;
        }
    }
}

#[async_trait(?Send)]
impl Link for ChipUart {
    fn shape(&self) -> Shape {
        Shape::Serial
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        self.end = None;
        let met = self.meet().await;
        if met.is_err() {
            self.end = None;
        }
        met
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        Frames::send(self, request).await
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        let mut message = Vec::with_capacity(data.len() + 1);
        message.push(WRITE);
        message.extend_from_slice(data);
        Frames::send(self, &message).await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        Frames::receive(self).await
    }

    async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.put(bytes).await
    }

    async fn receive_raw(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            let end = self.end()?;
            self.board.catch_up();
            let bytes: Vec<u8> =
                { end.take(&mut self.board.machine().chip) }.into_iter().map(|byte| byte.value).collect();
            if !bytes.is_empty() {
                return Ok(bytes);
            }
            self.board.run_for(SLICE).await;
        }
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        // What the driver has taken still goes out, unless the device keeps it from that. Nothing on the line says that
        // nobody listens any more.
        if let Some(end) = self.end.take() {
            self.board.catch_up();
            let mut left = end.waiting(&self.board.machine().chip);
            while left > 0 {
                self.board.run_for(DRAIN).await;
                let now = end.waiting(&self.board.machine().chip);
                if now >= left {
                    break;
                }
                left = now;
            }
        }
        Ok(())
    }
}
