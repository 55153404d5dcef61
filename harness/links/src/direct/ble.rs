//! BLE without a radio: connection events of the device, ATT rules that a host can see.

use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape};
use gauntlet_reference::wire::{Closed, FromHost, Presence, ToHost};

use super::{SLICE, VirtualBoard};

/// How long a scan looks for the device.
const SCAN: Duration = Duration::from_secs(3);
/// From a found advertisement to a configured link: connection, MTU exchange, discovery, CCCD.
const SET_UP: Duration = Duration::from_millis(300);
/// Packets that the host's controller takes before it makes the sender wait.
const CONTROLLER_BUFFERS: usize = 8;
/// Largest and smallest ATT_MTU.
const ATT_MTU: std::ops::RangeInclusive<u16> = 23..=247;
/// Bytes of ATT header in front of a write.
const ATT_HEADER: u16 = 3;

/// A BLE link to a virtual board.
pub struct DirectBle {
    board: VirtualBoard,
    wanted_mtu: u16,
    connected: bool,
}

impl DirectBle {
    /// A link that asks for `att_mtu` bytes of ATT_MTU when it connects.
    pub fn new(board: VirtualBoard, att_mtu: u16) -> Self {
        Self { board, wanted_mtu: att_mtu.clamp(*ATT_MTU.start(), *ATT_MTU.end()), connected: false }
    }

    /// What the device grants (BLE-009).
    fn granted_mtu(&self) -> u16 {
        match self.wanted_mtu {
            247.. => 247,
            wanted => ATT_HEADER + (wanted - ATT_HEADER) / 4 * 4,
        }
    }

    fn next_message(&mut self) -> Result<Option<Vec<u8>>, LinkError> {
        if !self.connected {
            return Err(lost("not connected"));
        }
        let now = self.board.machine().chip.now();
        match self.board.wire().lock().receive(now) {
            Some(ToHost::Notification(message)) => Ok(Some(message)),
            Some(ToHost::Closed(reason)) => {
                self.connected = false;
                Err(lost(match reason {
                    Closed::ByDevice => "the device ended the link",
                    Closed::Vanished => "supervision timeout",
                }))
            }
            Some(ToHost::Serial(_)) | None => Ok(None),
        }
    }

    /// Sends, or waits until the loss of the link shows: a host does not know before.
    async fn send(&mut self, message: FromHost) -> Result<(), LinkError> {
        loop {
            if !self.connected {
                return Err(lost("not connected"));
            }
            let now = self.board.machine().chip.now();
            let (present, waiting) = {
                let wire = self.board.wire().lock();
                (wire.presence() == Presence::Connected, wire.waiting_for_device())
            };
            if present && waiting < CONTROLLER_BUFFERS {
                self.board.wire().lock().send(now, message);
                return Ok(());
            }
            if !present {
                // What is still under way from the device is lost to a sender that waits for the loss.
                self.next_message()?;
            }
            self.board.run_for(SLICE).await;
        }
    }
}

#[async_trait(?Send)]
impl Link for DirectBle {
    fn shape(&self) -> Shape {
        Shape::Ble
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        let mut scanned = Duration::ZERO;
        let att_mtu = self.granted_mtu();
        while !self.board.wire().lock().connect(att_mtu) {
            if scanned >= SCAN {
                return Err(LinkError::NotFound { detail: "nobody advertises the DFU service".to_owned() });
            }
            self.board.run_for(SLICE).await;
            scanned += SLICE;
        }
        self.connected = true;
        self.board.run_for(SET_UP).await;
        Ok(Connected {
            max_data: usize::from(att_mtu - ATT_HEADER),
            att_mtu: Some(att_mtu),
            peer: Some("DfuTarg".to_owned()),
        })
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.send(FromHost::Control(request.to_vec())).await
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.send(FromHost::Packet(data.to_vec())).await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            if let Some(message) = self.next_message()? {
                return Ok(message);
            }
            self.board.run_for(SLICE).await;
        }
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        if std::mem::take(&mut self.connected) {
            let now = self.board.machine().chip.now();
            self.board.wire().lock().send(now, FromHost::Disconnected);
            // Until the device has seen it.
            self.board.run_for(4 * SLICE).await;
        }
        Ok(())
    }
}

fn lost(detail: &str) -> LinkError {
    LinkError::Lost { detail: detail.to_owned() }
}
