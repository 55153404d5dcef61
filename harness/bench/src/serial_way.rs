//! The serial line of a virtual board as a pseudo-terminal, in the time of the runtime, and our own client's link at the
//! other end of it.
//!
//! Both ends are in one thread, and a poll moves on what is between them. So nothing is under way while the clock moves, and
//! the line takes the time that it takes on a board, and no other.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape};
use gauntlet_links::direct::VirtualBoard;
use gauntlet_links::serial::{SerialLink, SerialOptions};
use gauntlet_nrf52::cycles_from_us;
use gauntlet_protocol::slip;
use gauntlet_reference::Profile;
use gauntlet_reference::wire::{FromHost, Presence, ToHost};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::serve::Pty;

/// How long the board runs between two looks at its line.
const LOOK: Duration = Duration::from_millis(1);
/// Microseconds of one byte at 115200 baud, 8N1.
const BYTE_US: u64 = 87;
/// Bytes that are taken from the port before the line has carried them; the others wait in it, as under flow control.
const BUFFER: u64 = 4096;
/// How long a port is watched for a device in DFU mode.
const PATIENCE: Duration = Duration::from_secs(3);
/// Until a device has seen that nobody talks to it any more.
const SEEN: Duration = Duration::from_millis(20);

/// A port of this machine that ends at a virtual board.
#[derive(Clone)]
pub(crate) struct SerialWay {
    shared: Arc<Shared>,
    board: VirtualBoard,
    profile: Profile,
}

struct Shared {
    pty: Pty,
    /// Whether somebody has opened it.
    open: Mutex<bool>,
    changed: Arc<Notify>,
}

impl SerialWay {
    /// A port for `board`. Must be called inside a runtime with paused time and I/O.
    pub(crate) fn new(board: VirtualBoard, profile: Profile) -> io::Result<Self> {
        let changed = Arc::new(Notify::new());
        let shared = Shared { pty: Pty::open()?, open: Mutex::new(false), changed: changed.clone() };
        let shared = Arc::new(shared);
        let byte_us = if profile == Profile::Uart { BYTE_US } else { 0 };
        let line = Line { board: board.clone(), byte_us, free: 0, outgoing: VecDeque::new(), talks: false };
        tokio::spawn(line.serve(Arc::downgrade(&shared), changed));
        Ok(Self { shared, board, profile })
    }

    /// Our own client's link over it.
    pub(crate) fn link(&self) -> Box<dyn Link> {
        let options = SerialOptions {
            // A pseudo-terminal has no such lines.
            flow_control: false,
            usb: Some(self.profile == Profile::Usb),
            patience: PATIENCE,
            ..SerialOptions::new(self.shared.pty.path())
        };
        Box::new(PortLink { inner: SerialLink::new(options), way: self.clone() })
    }

    fn set_open(&self, open: bool) {
        *lock(&self.shared.open) = open;
        self.shared.changed.notify_one();
    }
}

/// The board's end of it.
struct Line {
    board: VirtualBoard,
    byte_us: u64,
    /// The line has carried everything by then.
    free: u64,
    /// Bytes of the device that the port had no room for.
    outgoing: VecDeque<u8>,
    /// Somebody has the port open.
    talks: bool,
}

impl Line {
    async fn serve(mut self, shared: Weak<Shared>, changed: Arc<Notify>) {
        loop {
            let talks = {
                let Some(shared) = shared.upgrade() else { return };
                let open = *lock(&shared.open);
                // A port that fails has nobody who could be told; the client hears nothing more.
                if self.carry(&shared.pty, open).is_err() {
                    return;
                }
                open
            };
            tokio::select! {
                () = changed.notified() => {}
                () = sleep(LOOK), if talks => {}
            }
        }
    }

    fn carry(&mut self, pty: &Pty, open: bool) -> io::Result<()> {
        let until = self.board.catch_up();
        let now = self.board.machine().now();
        let had = std::mem::replace(&mut self.talks, open);
        // What a client has sent before it closed the port still arrives.
        if (open || had) && self.free <= now + cycles_from_us(self.byte_us * BUFFER) {
            let bytes = pty.read_now()?;
            bytes.split_inclusive(|byte| *byte == slip::END).for_each(|piece| self.give(now, piece));
        }
        if had && !open {
            // Nothing on the line says so; the wire only learns that nobody listens any more.
            self.board.wire().lock().send(self.free.max(now), FromHost::Disconnected);
            self.outgoing.clear();
        }
        while let Some(message) = { self.board.wire().lock().receive(until) } {
            if let ToHost::Serial(bytes) = message {
                self.outgoing.extend(bytes);
            }
        }
        if !open {
            return Ok(());
        }
        while !self.outgoing.is_empty() {
            let sent = pty.write(self.outgoing.make_contiguous())?;
            if sent == 0 {
                break;
            }
            self.outgoing.drain(..sent);
        }
        // Moves it on to the other end.
        pty.is_unread().map(drop)
    }

    /// Bytes for a device that does not listen are lost, and nobody says so.
    fn give(&mut self, now: u64, bytes: &[u8]) {
        self.free = self.free.max(now) + cycles_from_us(self.byte_us * bytes.len() as u64);
        let mut wire = self.board.wire().lock();
        if wire.presence() == Presence::Waiting {
            wire.connect(0);
        }
        wire.send(self.free, FromHost::Serial(bytes.to_vec()));
    }
}

/// Our client's link, which tells the port when it is open.
struct PortLink {
    inner: SerialLink,
    way: SerialWay,
}

#[async_trait(?Send)]
impl Link for PortLink {
    fn shape(&self) -> Shape {
        self.inner.shape()
    }

    fn guards_content(&self) -> bool {
        self.inner.guards_content()
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        self.way.set_open(true);
        let connected = self.inner.connect().await;
        if connected.is_err() {
            self.way.set_open(false);
        }
        connected
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.inner.send_request(request).await
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.inner.send_data(data).await
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        self.inner.flush().await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        self.inner.receive().await
    }

    async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.inner.send_raw(bytes).await
    }

    async fn receive_raw(&mut self) -> Result<Vec<u8>, LinkError> {
        self.inner.receive_raw().await
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        let end = self.inner.disconnect().await;
        if *lock(&self.way.shared.open) {
            self.way.set_open(false);
            self.way.board.run_for(SEEN).await;
        }
        end
    }
}

impl Drop for PortLink {
    fn drop(&mut self) {
        self.way.set_open(false);
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves a value that is still whole.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
