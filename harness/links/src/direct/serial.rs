//! A UART or USB cable without wires: SLIP frames at the speed of the line.

use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape};
use gauntlet_nrf52::cycles_from_us;
use gauntlet_protocol::slip;
use gauntlet_reference::Profile;
use gauntlet_reference::wire::{FromHost, Presence, ToHost};

use super::{SLICE, VirtualBoard};

/// Microseconds of one byte at 115200 baud, 8N1.
const BYTE_US: u64 = 87;
/// Opcode of a Write frame.
const WRITE: u8 = 0x08;
/// How long a port is watched for a device in DFU mode.
const LOOK: Duration = Duration::from_secs(3);
/// Bytes that the host's driver takes before flow control makes the sender wait.
const DRIVER_BUFFER_US: u64 = 4096 * BYTE_US;

/// A serial link to a virtual board.
pub struct DirectSerial {
    board: VirtualBoard,
    profile: Profile,
    decoder: slip::Decoder,
    messages: VecDeque<Vec<u8>>,
    line_free: u64,
    open: bool,
}

impl DirectSerial {
    /// A link over the board's UART.
    pub fn new(board: VirtualBoard) -> Self {
        Self::of(board, Profile::Uart)
    }

    /// A link over the board's USB: larger frames, and no line speed.
    pub fn usb(board: VirtualBoard) -> Self {
        Self::of(board, Profile::Usb)
    }

    fn of(board: VirtualBoard, profile: Profile) -> Self {
        Self {
            board,
            profile,
            decoder: slip::Decoder::unlimited(),
            messages: VecDeque::new(),
            line_free: 0,
            open: false,
        }
    }

    /// Bytes for a device that does not listen are lost, and nobody says so.
    async fn send(&mut self, message: &[u8]) -> Result<(), LinkError> {
        if !self.open {
            return Err(LinkError::Lost { detail: "the port is not open".to_owned() });
        }
        self.put(slip::encode(message)).await;
        Ok(())
    }

    /// Lets bytes go out at the speed of the line.
    async fn put(&mut self, bytes: Vec<u8>) {
        let now = self.board.machine().chip.now();
        let byte_us = if self.profile == Profile::Uart { BYTE_US } else { 0 };
        let sent = self.line_free.max(now) + cycles_from_us(byte_us * bytes.len() as u64);
        self.line_free = sent;
        {
            let mut wire = self.board.wire().lock();
            if wire.presence() == Presence::Waiting {
                wire.connect(0);
            }
            wire.send(sent, FromHost::Serial(bytes));
        }
        while self.line_free > self.board.machine().chip.now() + cycles_from_us(DRIVER_BUFFER_US) {
            self.board.run_for(SLICE).await;
        }
    }

    fn take_in(&mut self) {
        let now = self.board.machine().chip.now();
        while let Some(message) = { self.board.wire().lock().receive(now) } {
            if let ToHost::Serial(bytes) = message {
                self.messages.extend(self.decoder.feed(&bytes));
            }
        }
    }
}

#[async_trait(?Send)]
impl Link for DirectSerial {
    fn shape(&self) -> Shape {
        Shape::Serial
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        let mut looked = Duration::ZERO;
        while self.board.wire().lock().presence() == Presence::Silent {
            if looked >= LOOK {
                return Err(LinkError::NotFound { detail: "nothing listens on the port".to_owned() });
            }
            self.board.run_for(SLICE).await;
            looked += SLICE;
        }
        // Opening a port drops what was left in it.
        self.messages.clear();
        self.decoder.reset();
        self.open = true;
        let peer = if self.profile == Profile::Uart { "virtual UART" } else { "virtual USB port" };
        let max_data = self.profile.write_payload();
        Ok(Connected { max_data, att_mtu: None, peer: Some(peer.to_owned()) })
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.send(request).await
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        let mut frame = vec![WRITE];
        frame.extend_from_slice(data);
        self.send(&frame).await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            if !self.open {
                return Err(LinkError::Lost { detail: "the port is not open".to_owned() });
            }
            self.take_in();
            if let Some(message) = self.messages.pop_front() {
                return Ok(message);
            }
            self.board.run_for(SLICE).await;
        }
    }

    async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        if !self.open {
            return Err(LinkError::Lost { detail: "the port is not open".to_owned() });
        }
        self.put(bytes.to_vec()).await;
        Ok(())
    }

    async fn receive_raw(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            if !self.open {
                return Err(LinkError::Lost { detail: "the port is not open".to_owned() });
            }
            let now = self.board.machine().chip.now();
            let mut bytes = Vec::new();
            while let Some(message) = { self.board.wire().lock().receive(now) } {
                if let ToHost::Serial(some) = message {
                    bytes.extend(some);
                }
            }
            if !bytes.is_empty() {
                return Ok(bytes);
            }
            self.board.run_for(SLICE).await;
        }
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        if std::mem::take(&mut self.open) {
            // Nothing on the line says so; the wire only learns that nobody listens any more.
            let now = self.board.machine().chip.now();
            self.board.wire().lock().send(self.line_free.max(now), FromHost::Disconnected);
            self.board.run_for(4 * SLICE).await;
        }
        Ok(())
    }
}
