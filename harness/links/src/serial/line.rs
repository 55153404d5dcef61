//! An open port: SLIP frames out, SLIP frames in.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use gauntlet_engine::LinkError;
use gauntlet_protocol::slip;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio_serial::{ClearBuffer, FlowControl, SerialPort as _, SerialPortBuilderExt as _, SerialStream};

use super::SerialOptions;
use super::greet::Frames;

/// Bytes that are read at a time.
const CHUNK: usize = 1024;
/// Bytes of frames that are gathered before they are written: an object and its escapes. A port that takes 1 kB/s has them
/// within the time that a client gives to one packet (FF-093).
const GATHERED: usize = 8192;

/// An open port.
#[derive(Debug)]
pub(super) struct Line {
    stream: SerialStream,
    decoder: slip::Decoder,
    messages: VecDeque<Vec<u8>>,
    /// Frames that have not been written yet. What of them was written is taken off at once, so that whoever stops
    /// waiting in the middle leaves no half frame behind that nobody completes.
    out: Vec<u8>,
}

/// Why a port can't be opened.
pub(super) enum Unopened {
    /// It may be there a little later.
    Missing(String),
    /// Waiting does not help.
    Refused(LinkError),
}

impl Line {
    /// Opens the port and drops what was left in it: half a frame of an earlier session must not become part of a new
    /// one (FF-087).
    pub(super) fn open(options: &SerialOptions) -> Result<Self, Unopened> {
        let name = options.path.to_string_lossy();
        let flow = if options.flow_control { FlowControl::Hardware } else { FlowControl::None };
        let opened = tokio_serial::new(name, options.baud).flow_control(flow).open_native_async();
        let stream = opened.map_err(|error| unopened(options, &error))?;
        stream.clear(ClearBuffer::Input).map_err(|error| unopened(options, &error))?;
        Ok(Self { stream, decoder: slip::Decoder::for_host(), messages: VecDeque::new(), out: Vec::new() })
    }

    /// Sends one frame with those that follow. A write costs as much as a thousand bytes do.
    pub(super) async fn gather(&mut self, message: &[u8]) -> Result<(), LinkError> {
        self.out.extend(slip::encode(message));
        if self.out.len() < GATHERED { Ok(()) } else { self.flush().await }
    }

    /// Bytes as they are, behind what was gathered.
    pub(super) async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.out.extend_from_slice(bytes);
        self.flush().await
    }

    /// The next bytes as they come; never empty.
    pub(super) async fn receive_raw(&mut self) -> Result<Vec<u8>, LinkError> {
        self.flush().await?;
        let mut bytes = [0; CHUNK];
        let mut room = ReadBuf::new(&mut bytes);
        let read = poll_fn(|context| Pin::new(&mut self.stream).poll_read(context, &mut room)).await;
        read.map_err(|error| lost(&error))?;
        if room.filled().is_empty() { Err(closed()) } else { Ok(room.filled().to_vec()) }
    }

    /// Writes what was gathered. Waits while the port has no room.
    pub(super) async fn flush(&mut self) -> Result<(), LinkError> {
        while !self.out.is_empty() {
            let Self { stream, out, .. } = &mut *self;
            let sent = poll_fn(|context| Pin::new(&mut *stream).poll_write(context, out)).await;
            match sent.map_err(|error| lost(&error))? {
                0 => return Err(closed()),
                count => drop(self.out.drain(..count)),
            }
        }
        Ok(())
    }
}

impl Frames for Line {
    /// Goes behind those that were gathered. Waits while the port has no room.
    async fn send(&mut self, message: &[u8]) -> Result<(), LinkError> {
        self.out.extend(slip::encode(message));
        self.flush().await
    }

    /// What was gathered goes out first, for nothing would be answered before. What was read is kept here.
    ///
    /// Frames are put together from whatever pieces the port gives (FF-092).
    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            if let Some(message) = self.messages.pop_front() {
                return Ok(message);
            }
            let bytes = self.receive_raw().await?;
            // An empty frame is noise on the line, and no answer.
            let frames = self.decoder.feed(&bytes);
            self.messages.extend(frames.into_iter().filter(|frame| !frame.is_empty()));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // The mark stays with a pseudo-terminal whose other end lives on, and would keep others out. A port that has
        // gone has no mark.
        #[cfg(unix)]
        let _gone = self.stream.set_exclusive(false);
    }
}

fn closed() -> LinkError {
    LinkError::Lost { detail: "the port was closed".to_owned() }
}

fn lost(error: &io::Error) -> LinkError {
    LinkError::Lost { detail: error.to_string() }
}

fn unopened(options: &SerialOptions, error: &tokio_serial::Error) -> Unopened {
    let detail = format!("{}: {}", options.path.display(), error.description);
    match error.kind() {
        tokio_serial::ErrorKind::NoDevice if options.path.exists() => {
            // Some systems say so of a port that somebody else has opened.
            Unopened::Refused(LinkError::Host { detail: format!("{detail} (is another program using it?)") })
        }
        tokio_serial::ErrorKind::NoDevice | tokio_serial::ErrorKind::Io(io::ErrorKind::NotFound) => {
            Unopened::Missing(detail)
        }
        _ => Unopened::Refused(LinkError::Host { detail }),
    }
}
