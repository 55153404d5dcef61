//! Virtual boards for other people's debug tools, over TCP on the loopback interface.
//!
//! | protocol | tool | how |
//! |---|---|---|
//! | [`Protocol::Glasgow`] | probe-rs, the command line and the library | `--probe 20b7:9db1:tcp:127.0.0.1:PORT` |
//! | [`Protocol::PyOcd`] | pyOCD, and gdb behind it | `--uid remote:127.0.0.1:PORT` |
//!
//! The tools need no change and no driver. They see the chip as it is: they can erase it, and they can lock it.
//!
//! A tool that waits for the chip makes the chip's time pass with its polls; while no tool asks, time stands still.

mod glasgow;
mod pyocd;
mod wire;

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::virtual_probe::SharedMachine;

/// How a tool talks to its probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The protocol of the Glasgow Interface Explorer, which probe-rs speaks over TCP, too.
    Glasgow,
    /// The remote probe protocol of pyOCD.
    PyOcd,
}

/// One end of a conversation with a tool: bytes in, bytes out, no waiting.
trait Conversation {
    fn receive(&mut self, bytes: &[u8], answer: &mut Vec<u8>);
}

/// A server for one board. It serves one tool after the other, in a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct Server {
    protocol: Protocol,
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How often a waiting server looks whether it shall stop.
const STOP_INTERVAL: Duration = Duration::from_millis(50);

impl Server {
    /// Starts a server on 127.0.0.1. Port 0 takes a free one.
    ///
    /// # Errors
    /// The port is taken, or the host has no loopback interface.
    pub fn start(protocol: Protocol, machine: SharedMachine, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name(format!("{protocol:?} {address}")).spawn({
            let stop = Arc::clone(&stop);
            move || serve(&listener, protocol, &machine, &stop)
        })?;
        Ok(Self { protocol, address, stop, thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the tool wants to be told to find the board.
    pub fn selector(&self) -> String {
        match self.protocol {
            Protocol::Glasgow => format!("20b7:9db1:tcp:{}", self.address),
            Protocol::PyOcd => format!("remote:{}", self.address),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A listener that waits wakes up when somebody comes.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, protocol: Protocol, machine: &SharedMachine, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let Ok((stream, _)) = listener.accept() else { return };
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let machine = Arc::clone(machine);
        let mut conversation: Box<dyn Conversation> = match protocol {
            Protocol::Glasgow => Box::new(glasgow::Glasgow::new(machine)),
            Protocol::PyOcd => Box::new(pyocd::PyOcd::new(machine)),
        };
        if let Err(error) = converse(stream, &mut *conversation, stop) {
            tracing::debug!(%error, "a debug tool went away");
        }
    }
}

fn converse(mut stream: TcpStream, conversation: &mut dyn Conversation, stop: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(STOP_INTERVAL))?;
    let mut buffer = vec![0; 1 << 16];
    let mut answer = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                conversation.receive(&buffer[..count], &mut answer);
                stream.write_all(&answer)?;
                answer.clear();
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
