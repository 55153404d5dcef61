//! The socket, the connections of programs, and the thread that serves them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fs, io, process, thread};

use futures_util::StreamExt as _;
use gauntlet_links::direct::VirtualBoard;
use gauntlet_reference::gap::Central;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;
use tokio::time::{MissedTickBehavior, interval};
use zbus::connection::{AuthMechanism, Builder};
use zbus::message::Type;
use zbus::{Connection, Guid, Message, MessageStream};

use crate::bluez::Bluez;
use crate::fault::{Fault, Options};

/// How often time passes for a board that nobody talks to.
const TICK: Duration = Duration::from_millis(5);

/// What the machine is to devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Its identity, and its bond with the device if it has one.
    pub central: Central,
    /// The largest ATT_MTU that it asks for, 23..=517 (BlueZ: `ExchangeMTU`).
    pub att_mtu: u16,
}

static SERVERS: AtomicU32 = AtomicU32::new(0);

/// The service on its socket. It is gone when this is dropped.
pub struct FakeBluez {
    place: PathBuf,
    /// What was made for the socket.
    folder: Option<PathBuf>,
    unfired: Arc<Mutex<Vec<Fault>>>,
    host: Arc<Mutex<Host>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeBluez {
    /// Serves `board` until this is dropped.
    ///
    /// # Errors
    /// What the system says about the socket or the thread.
    pub fn start(board: VirtualBoard, options: Options) -> io::Result<Self> {
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("gauntlet-bluez-{}-{number}", process::id()));
        fs::create_dir_all(&folder)?;
        match Self::start_at(board, options, &socket(&folder)) {
            Ok(mut bluez) => {
                bluez.folder = Some(folder);
                Ok(bluez)
            }
            Err(error) => {
                let _gone = fs::remove_dir_all(&folder);
                Err(error)
            }
        }
    }

    /// The same on a socket at `place`, where nothing may be yet. For programs that keep to one address.
    ///
    /// # Errors
    /// What the system says about the socket or the thread.
    pub fn start_at(board: VirtualBoard, options: Options, place: &Path) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            UnixListener::bind(place)?
        };
        let unfired = Arc::new(Mutex::new(options.faults.clone()));
        let (stop, stopped) = oneshot::channel();
        let told = Arc::clone(&unfired);
        let host = Arc::new(Mutex::new(Host { central: options.central, att_mtu: options.att_mtu }));
        let is = Arc::clone(&host);
        let serve = move || {
            let server = Rc::new(Server {
                bluez: RefCell::new(Bluez::new(board, options, is)),
                programs: RefCell::default(),
                unfired: told,
            });
            LocalSet::new().block_on(&runtime, server.serve(listener, stopped));
        };
        let thread = thread::Builder::new().name("org.bluez".to_owned()).spawn(serve)?;
        let place = place.to_owned();
        Ok(Self { place, folder: None, unfired, host, stop: Some(stop), thread: Some(thread) })
    }

    /// Where the bus is, for `DBUS_SYSTEM_BUS_ADDRESS`.
    pub fn address(&self) -> String {
        format!("unix:path={}", self.place.display())
    }

    /// What the machine is to devices from the next connection on.
    pub fn become_host(&self, host: Host) {
        *self.host.lock().unwrap_or_else(PoisonError::into_inner) = host;
    }

    /// The faults that have not fired.
    pub fn unfired(&self) -> Vec<Fault> {
        self.unfired.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for FakeBluez {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been told already.
            let _ended = thread.join();
        }
        let _gone = match self.folder.take() {
            Some(folder) => fs::remove_dir_all(folder),
            None => fs::remove_file(&self.place),
        };
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("bus")
}

/// A program on the bus.
struct Program {
    connection: Connection,
    out: mpsc::UnboundedSender<Message>,
}

struct Server {
    bluez: RefCell<Bluez>,
    programs: RefCell<BTreeMap<u64, Program>>,
    unfired: Arc<Mutex<Vec<Fault>>>,
}

impl Server {
    async fn serve(self: Rc<Self>, listener: UnixListener, mut stopped: oneshot::Receiver<()>) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut number = 0;
        loop {
            tokio::select! {
                _ = &mut stopped => {
                    // A radio without its service holds no link.
                    self.bluez.borrow_mut().link_lost();
                    return;
                }
                _ = ticks.tick() => {
                    self.bluez.borrow_mut().tick();
                    self.send();
                    if self.bluez.borrow().closed {
                        self.close().await;
                    }
                }
                Ok((stream, _)) = listener.accept() => {
                    number += 1;
                    let server = Rc::clone(&self);
                    if let Ok(stream) = stream.into_std() {
                        // A program that can't say hello is gone again.
                        tokio::task::spawn_local(async move { server.meet(number, stream).await.ok() });
                    }
                }
            }
        }
    }

    async fn meet(self: Rc<Self>, who: u64, stream: std::os::unix::net::UnixStream) -> zbus::Result<()> {
        let connection = Builder::unix_stream(stream)
            .server(Guid::generate())
            .p2p()
            .auth_mechanism(AuthMechanism::External)
            .build()
            .await?;
        let mut calls = MessageStream::from(&connection);
        let (out, mut waiting) = mpsc::unbounded_channel::<Message>();
        self.programs.borrow_mut().insert(who, Program { connection: connection.clone(), out });
        let writer = tokio::task::spawn_local(async move {
            while let Some(message) = waiting.recv().await {
                if connection.send(&message).await.is_err() {
                    return;
                }
            }
        });
        while let Some(Ok(message)) = calls.next().await {
            if message.message_type() == Type::MethodCall {
                self.bluez.borrow_mut().call(who, &message);
                self.send();
            }
        }
        self.programs.borrow_mut().remove(&who);
        self.bluez.borrow_mut().leave(who);
        writer.abort();
        Ok(())
    }

    /// Hands out what is to be sent.
    fn send(&self) {
        let mut bluez = self.bluez.borrow_mut();
        let programs = self.programs.borrow();
        for (who, message) in bluez.take_out() {
            let to = programs.iter().filter(|(number, _)| who.is_none_or(|who| who == **number));
            for (_, program) in to {
                // One that has just gone needs no message.
                let _gone = program.out.send(message.clone());
            }
        }
        *self.unfired.lock().unwrap_or_else(PoisonError::into_inner) = bluez.unfired();
    }

    /// The bus goes away under all programs.
    async fn close(&self) {
        self.bluez.borrow_mut().closed = false;
        let programs = std::mem::take(&mut *self.programs.borrow_mut());
        for (_, program) in programs {
            let _closed = program.connection.close().await;
        }
    }
}
