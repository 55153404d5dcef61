//! The Bluetooth of this machine, as the links to one device share it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gauntlet_engine::Target;
use tokio::time::Instant;

use super::application::BleApplication;
use super::connection::Connection;
use super::gatt::BleGatt;
use super::link::BleLink;
use super::radio::Radio;
use super::wanted::{self, Choice, Sighting};
use super::{BleError, Wanted, adapter};

/// Which device, over which adapter, and the bounds of every wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BleOptions {
    /// The device.
    pub wanted: Wanted,
    /// Name (`hci0`) or address of the adapter; the first one by name without.
    pub adapter: Option<String>,
    /// How long a scan looks for the device.
    pub patience: Duration,
    /// How often it is looked who was heard.
    pub look: Duration,
    /// How long it is watched whether a device has a double, or announces its services a little later.
    pub doubt: Duration,
    /// For one attempt to connect, and for one discovery of attributes.
    pub connect: Duration,
    /// For the service to take a packet, and for the device to answer an ATT request.
    pub answer: Duration,
    /// Attempts to connect, each with a scan of its own.
    pub attempts: u32,
    /// No attempt begins when this time has passed.
    pub in_all: Duration,
}

impl BleOptions {
    /// `wanted`, with bounds that suit real radios: a device that advertises every second, and a service that needs several
    /// attempts.
    pub fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            adapter: None,
            patience: Duration::from_secs(10),
            look: Duration::from_millis(100),
            doubt: Duration::from_millis(500),
            connect: Duration::from_secs(15),
            answer: Duration::from_secs(8),
            attempts: 4,
            in_all: Duration::from_secs(45),
        }
    }

    /// The longest that connecting may take with these bounds, questions to the service included.
    pub fn longest_connect(&self) -> Duration {
        let questions = Duration::from_secs(20);
        self.in_all + self.patience + self.connect * 4 + self.answer * 3 + questions
    }
}

/// The Bluetooth of this machine. Its links must be used inside a `current_thread` runtime of tokio with I/O and time: the
/// Linux backend of the library panics now and then on a runtime with several threads.
#[derive(Clone)]
pub struct BleHost {
    pub(super) options: Rc<BleOptions>,
    /// One connection to the service for all links, and none before it is needed.
    radio: Rc<RefCell<Option<Rc<Radio>>>>,
    failure: Rc<RefCell<Option<BleError>>>,
}

impl BleHost {
    /// Nothing is opened yet.
    pub fn new(options: BleOptions) -> Self {
        Self { options: Rc::new(options), radio: Rc::default(), failure: Rc::default() }
    }

    /// A link to the device in DFU mode.
    pub fn link(&self) -> BleLink {
        BleLink::of(self.clone())
    }

    /// A central that does single things to the device's attributes, as far as the Bluetooth service lets programs do them.
    pub fn gatt(&self) -> BleGatt {
        BleGatt::of(self.clone())
    }

    /// A link to the device in its application.
    pub fn application(&self) -> BleApplication {
        BleApplication::of(self.clone())
    }

    /// The last error of any of the links, with the party to blame.
    pub fn failure(&self) -> Option<BleError> {
        self.failure.borrow().clone()
    }

    /// The name of the adapter, once it has been found and has power. Nothing is scanned or connected.
    ///
    /// # Errors
    /// [`BleError`] that names the adapter or the service.
    pub async fn adapter(&self) -> Result<String, BleError> {
        let radio = self.radio().await?;
        radio.health("asking for an adapter").await?;
        Ok(radio.name().to_owned())
    }

    /// Takes note of `error`.
    pub(super) fn note(&self, error: &BleError) {
        *self.failure.borrow_mut() = Some(error.clone());
        // The next attempt opens another connection to the service; this one leads nowhere.
        if matches!(
            error,
            BleError::NoService { .. } | BleError::ServiceSilent { .. } | BleError::AdapterGone { .. }
        ) {
            *self.radio.borrow_mut() = None;
        }
    }

    pub(super) async fn radio(&self) -> Result<Rc<Radio>, BleError> {
        let opened = self.radio.borrow().clone();
        if let Some(radio) = opened {
            return Ok(radio);
        }
        let radio = Rc::new(adapter::open(self.options.adapter.as_deref()).await?);
        *self.radio.borrow_mut() = Some(Rc::clone(&radio));
        Ok(radio)
    }

    /// What `prepare` makes of a connection to the bootloader, after as many attempts as it takes.
    pub(super) async fn reach_bootloader<T>(
        &self,
        target: Option<&Target>,
        prepare: impl AsyncFn(Connection) -> Result<T, (Connection, BleError)>,
    ) -> Result<T, BleError> {
        let who = match target {
            Some(target) => format!("the bootloader of {target}"),
            None => self.options.wanted.to_string(),
        };
        let choose = |seen: &[Sighting]| wanted::bootloader(&self.options.wanted, target, seen);
        self.reach(&who, &choose, prepare).await
    }

    /// The same of the application.
    pub(super) async fn reach_application<T>(
        &self,
        prepare: impl AsyncFn(Connection) -> Result<T, (Connection, BleError)>,
    ) -> Result<T, BleError> {
        let choose = |seen: &[Sighting]| wanted::application(&self.options.wanted, seen);
        self.reach(&self.options.wanted.to_string(), &choose, prepare).await
    }

    pub(super) async fn reach<T>(
        &self,
        who: &str,
        choose: &dyn Fn(&[Sighting]) -> Choice,
        prepare: impl AsyncFn(Connection) -> Result<T, (Connection, BleError)>,
    ) -> Result<T, BleError> {
        let end = Instant::now() + self.options.in_all;
        let mut attempt = 1;
        loop {
            let error = match self.attempt(who, choose, &prepare).await {
                Ok(reached) => return Ok(reached),
                Err(error) => error,
            };
            let last = attempt >= self.options.attempts || Instant::now() >= end;
            if last || !error.may_pass() {
                return Err(match error {
                    BleError::NotConnected { device, detail, .. } => {
                        BleError::NotConnected { device, attempts: attempt, detail }
                    }
                    other => other,
                });
            }
            attempt += 1;
        }
    }

    async fn attempt<T>(
        &self,
        who: &str,
        choose: &dyn Fn(&[Sighting]) -> Choice,
        prepare: &impl AsyncFn(Connection) -> Result<T, (Connection, BleError)>,
    ) -> Result<T, BleError> {
        let radio = self.radio().await?;
        radio.let_go().await;
        let peer = radio.look(who, &self.options, choose).await?;
        let opened = Connection::open(Rc::clone(&radio), peer, &self.options).await;
        let result = match opened {
            Ok(connection) => prepare(connection).await,
            Err(error) => {
                radio.let_go().await;
                return Err(error);
            }
        };
        match result {
            Ok(reached) => Ok(reached),
            Err((connection, error)) => {
                self.drop_connection(connection, &error).await;
                Err(error)
            }
        }
    }

    /// Ends a connection on which `error` happened.
    pub(super) async fn drop_connection(&self, connection: Connection, error: &BleError) {
        match error {
            BleError::NoService { .. } | BleError::ServiceSilent { .. } | BleError::AdapterGone { .. } => {
                connection.abandon();
            }
            _ => connection.close().await,
        }
    }

    /// Lets go of whatever the service still holds or does for these links.
    pub(super) async fn rest(&self) {
        let opened = self.radio.borrow().clone();
        if let Some(radio) = opened {
            radio.stop_scan().await;
            radio.let_go().await;
        }
    }
}
