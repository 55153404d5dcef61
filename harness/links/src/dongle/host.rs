//! One dongle for all that goes through it: the link to the bootloader, that to the application, single attributes.

use std::rc::Rc;
use std::time::Duration;

use gauntlet_engine::{ApplicationLink, Link};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::DongleOptions;
use super::application::DongleApplication;
use super::attributes::DongleGatt;
use super::central::{Advertiser, Bond, Central, failed_to_begin};
use super::driver::Driver;
use super::error::DongleError;
use super::link::DongleLink;
use super::port::{self, Port};
use super::seeking::Seeking;
use super::table::{DFU_BASE, Table, discover};
use crate::gatt::Gatt;

/// How often a dongle is reset before it counts as one that does not start.
const STARTS: u32 = 2;
/// How often a device is connected to that does not stay.
const CONNECTIONS: u32 = 3;
/// How long it is scanned without anybody being found, before the scan is started afresh.
const SCAN: Duration = Duration::from_secs(4);

/// A dongle on its port. Clones are the same dongle; it has one connection at a time, that of whoever has connected last.
#[derive(Clone)]
pub struct DongleHost {
    radio: Rc<Mutex<Radio>>,
    options: DongleOptions,
}

/// A connection, and what was found behind it.
pub(super) struct Reached {
    /// Which of the radio's connections it is.
    pub(super) number: u64,
    pub(super) found: Advertiser,
    pub(super) table: Table,
}

impl DongleHost {
    /// The dongle at `port`, not opened yet.
    pub fn new(port: impl Port + 'static, options: DongleOptions) -> Self {
        let radio = Radio { port: Box::new(port), central: None, kind: 0, number: 0 };
        Self { radio: Rc::new(Mutex::new(radio)), options }
    }

    /// The same dongle, with other options for what is made from now on.
    #[must_use]
    pub fn with(&self, options: DongleOptions) -> Self {
        Self { radio: self.radio.clone(), options }
    }

    /// How devices are looked for, and talked to.
    pub fn options(&self) -> &DongleOptions {
        &self.options
    }

    /// A link to a bootloader, not connected yet.
    pub fn link(&self) -> Box<dyn Link> {
        Box::new(DongleLink::of(self.clone()))
    }

    /// A link to the buttonless service of an application, not connected yet.
    pub fn application(&self) -> Box<dyn ApplicationLink> {
        Box::new(DongleApplication::of(self.clone()))
    }

    /// A central that does single things to attributes, not connected yet.
    pub fn gatt(&self) -> Box<dyn Gatt> {
        Box::new(DongleGatt::of(self.clone()))
    }

    /// The dongle, for as long as nobody else needs it.
    pub(super) async fn radio(&self) -> MutexGuard<'_, Radio> {
        self.radio.lock().await
    }

    /// The key that this host has in common with the device.
    pub(super) fn bond(&self) -> Option<&Bond> {
        self.options.bond.as_ref()
    }

    /// Finds somebody, connects, and discovers. A connection that there was before is ended.
    pub(super) async fn reach(&self, seeking: &Seeking) -> Result<Reached, DongleError> {
        let mut radio = self.radio().await;
        let end = radio.reach(seeking, self.options.patience, self.options.bond.is_some()).await;
        radio.settle(end)
    }
}

/// The dongle, whoever uses it.
pub(super) struct Radio {
    port: Box<dyn Port>,
    central: Option<Central>,
    /// That of the DFU characteristics' UUIDs.
    kind: u8,
    /// Of the last connection.
    number: u64,
}

impl Radio {
    /// The central while it has connection `number`.
    pub(super) fn connected(&mut self, number: u64) -> Result<&mut Central, DongleError> {
        let current = number == self.number;
        let central = self.central.as_mut().filter(|central| current && central.is_connected());
        central.filter(|central| central.is_up()).ok_or(DongleError::Unconnected)
    }

    /// A dongle that has failed is let go; the next one who needs it resets it.
    pub(super) fn settle<T>(&mut self, end: Result<T, DongleError>) -> Result<T, DongleError> {
        if end.as_ref().is_err_and(DongleError::is_of_dongle) {
            self.central = None;
        }
        end
    }

    /// Ends connection `number`, if it is still there.
    pub(super) async fn disconnect(&mut self, number: u64) {
        if let Ok(central) = self.connected(number)
            && central.disconnect().await.is_err()
        {
            // Resetting it ends its connection, too.
            self.central = None;
        }
    }

    /// The dongle, configured and without a connection; it is reset if it was not before, or has failed. It is taken out
    /// of here, so that whoever stops waiting in the middle leaves one behind that is reset.
    pub(super) async fn ready(&mut self, patience: Duration) -> Result<Central, DongleError> {
        if let Some(mut central) = self.central.take().filter(Central::is_up)
            && (!central.is_connected() || central.disconnect().await.is_ok())
        {
            return Ok(central);
        }
        let mut attempt = 1;
        loop {
            match self.start(patience).await {
                Err(error) if error.is_of_dongle() && attempt < STARTS => attempt += 1,
                started => return started,
            }
        }
    }

    async fn start(&mut self, patience: Duration) -> Result<Central, DongleError> {
        let stream = port::open(&mut *self.port, patience).await?;
        let driver = Driver::start(stream).await?;
        let mut central = Central::enable(driver).await?;
        self.kind = central.add_base(DFU_BASE).await?;
        Ok(central)
    }

    /// Gives a dongle back that is in good order.
    pub(super) fn rest(&mut self, central: Central) {
        self.central = Some(central);
    }

    async fn reach(
        &mut self,
        seeking: &Seeking,
        patience: Duration,
        thorough: bool,
    ) -> Result<Reached, DongleError> {
        let mut central = self.ready(patience).await?;
        let result = self.meet(&mut central, seeking, thorough).await;
        if matches!(&result, Err(error) if !error.is_of_dongle()) {
            // The dongle stays as it is. Whatever it says to this, the first error tells more.
            let _ended = central.disconnect().await;
        }
        self.rest(central);
        let (found, table) = result?;
        self.number += 1;
        Ok(Reached { number: self.number, found, table })
    }

    async fn meet(
        &mut self,
        central: &mut Central,
        seeking: &Seeking,
        thorough: bool,
    ) -> Result<(Advertiser, Table), DongleError> {
        let found = find(central, seeking).await?;
        let peer = found.address.to_string();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let reason = match self.begin(central, &found, thorough).await {
                Ok(Some(table)) => return Ok((found, table)),
                Ok(None) => "it does not accept the connection".to_owned(),
                Err(error) if failed_to_begin(&error) => error.to_string(),
                Err(error) => return Err(error),
            };
            if attempts == CONNECTIONS {
                return Err(DongleError::NotConnected { peer, attempts, reason });
            }
        }
    }

    async fn begin(
        &mut self,
        central: &mut Central,
        found: &Advertiser,
        thorough: bool,
    ) -> Result<Option<Table>, DongleError> {
        if central.connect(found.address).await?.is_none() {
            return Ok(None);
        }
        let table = discover(central, self.kind, thorough).await?;
        central.hear_only(table.told());
        Ok(Some(table))
    }
}

/// Scans until somebody is found who is wanted.
pub(super) async fn find(central: &mut Central, seeking: &Seeking) -> Result<Advertiser, DongleError> {
    let end = Instant::now() + seeking.limit;
    while Instant::now() < end {
        let limit = SCAN.min(end - Instant::now());
        if let Some(found) = central.scan(limit, |one| seeking.is(one)).await? {
            return Ok(found);
        }
    }
    Err(seeking.in_vain())
}
