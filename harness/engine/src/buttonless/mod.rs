//! The jump: a running application is asked over its buttonless service to start the bootloader (section 11).
//!
//! ```text
//!  connect ─► indications on ─► [set name, once] ─► enter ─► indication ─► wait until the link is gone ─► where to look
//! ```
//!
//! The request to enter is never repeated blindly (H-5): only an application that says it is busy is asked again, and one
//! that is found running later has shown that it did not jump. Every wait is bounded (H-2).

mod target;

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep, timeout};

use crate::{DfuEntry, LinkError};
pub use target::{PeerAddress, Target};

const ENTER: u8 = 0x01;
const SET_NAME: u8 = 0x02;
const RESPONSE: u8 = 0x20;
const SUCCESS: u8 = 0x01;
const BUSY: u8 = 0x06;
/// The longest advertising name, in bytes (BTN-005).
pub const NAME_MAX: usize = 20;

/// Which buttonless characteristic an application has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ButtonlessService {
    /// 8EC90003: the bootloader has the next address.
    Unbonded,
    /// 8EC90004: the bootloader has the same address, and the same bond.
    Bonded,
}

/// The application that a link has connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningApplication {
    /// Its address, where the system tells.
    pub address: Option<PeerAddress>,
    /// What it offers.
    pub service: ButtonlessService,
}

/// The way to a running application, whatever the radio is. Like a [`Link`](crate::Link), but for its buttonless service.
#[async_trait(?Send)]
pub trait ApplicationLink {
    /// Find the application by a scan, connect and discover; encrypt the link where the service asks for a bond.
    ///
    /// # Errors
    /// [`LinkError::NotFound`] when no such application is there; the other variants as they say.
    async fn connect(&mut self) -> Result<RunningApplication, LinkError>;

    /// Write the configuration of the characteristic.
    ///
    /// # Errors
    /// [`LinkError::Refused`] with the ATT error.
    async fn enable_indications(&mut self) -> Result<(), LinkError>;

    /// Write a request, with response.
    ///
    /// # Errors
    /// [`LinkError::Refused`] with the ATT error.
    async fn write(&mut self, request: &[u8]) -> Result<(), LinkError>;

    /// The next indication, which is confirmed. Waits for as long as it takes; it must be safe to drop the future.
    ///
    /// # Errors
    /// [`LinkError::Lost`] when the link goes down while waiting.
    async fn indication(&mut self) -> Result<Vec<u8>, LinkError>;

    /// End the link; one that is down already gives `Ok`.
    ///
    /// # Errors
    /// The link's own errors.
    async fn disconnect(&mut self) -> Result<(), LinkError>;
}

#[async_trait(?Send)]
impl<L: ApplicationLink + ?Sized> ApplicationLink for Box<L> {
    async fn connect(&mut self) -> Result<RunningApplication, LinkError> {
        (**self).connect().await
    }
    async fn enable_indications(&mut self) -> Result<(), LinkError> {
        (**self).enable_indications().await
    }
    async fn write(&mut self, request: &[u8]) -> Result<(), LinkError> {
        (**self).write(request).await
    }
    async fn indication(&mut self) -> Result<Vec<u8>, LinkError> {
        (**self).indication().await
    }
    async fn disconnect(&mut self) -> Result<(), LinkError> {
        (**self).disconnect().await
    }
}

/// The bounds of a jump.
#[derive(Debug, Clone)]
pub struct JumpOptions {
    /// For finding the application and connecting to it.
    pub connect: Duration,
    /// For an ATT response, and for an indication.
    pub answer: Duration,
    /// For the link to go down behind an accepted request: at least the longest supervision timeout of BLE, 32 s, because
    /// many applications reset without a word (FF-019).
    pub gone: Duration,
    /// How often an application that says it is busy is asked again.
    pub busy_retries: u32,
    /// Pause before that; it doubles every time.
    pub busy_pause: Duration,
}

impl Default for JumpOptions {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(5),
            gone: Duration::from_secs(33),
            busy_retries: 3,
            busy_pause: Duration::from_millis(500),
        }
    }
}

/// What was noteworthy about a jump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JumpNote {
    /// The bootloader will advertise with the chosen name.
    NameSet,
    /// The name could not be set, and the jump goes on without it (FF-020, FF-021). The code of the answer, if there was
    /// one.
    NameRefused(Option<u8>),
    /// The application was busy and is asked again.
    Busy,
    /// The link went down before the request was answered: the device may have jumped.
    GoneUnanswered,
    /// The request was not answered in time: the device may have jumped.
    Unanswered,
    /// The link was still up when the last bound had passed.
    LinkStayed,
}

/// Brings a device into DFU mode through its application.
pub struct Buttonless<L> {
    link: L,
    options: JumpOptions,
    name: Option<String>,
    target: Option<Target>,
    notes: Vec<JumpNote>,
}

impl<L: ApplicationLink> Buttonless<L> {
    /// The way in over `link`.
    pub fn new(link: L) -> Self {
        Self::with_options(link, JumpOptions::default())
    }

    /// The same with other bounds.
    pub fn with_options(link: L, options: JumpOptions) -> Self {
        Self { link, options, name: None, target: None, notes: Vec::new() }
    }

    /// Gives the bootloader a name first, so that it can be told from its neighbours: the first [`NAME_MAX`] bytes of
    /// `name`, whole characters. Tried once; where it does not work the jump goes on without. Only unbonded applications
    /// take names.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        let end = (0..=NAME_MAX.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
        self.name = Some(name[..end].to_owned()).filter(|name| !name.is_empty());
        self
    }

    /// What was noteworthy so far.
    pub fn notes(&self) -> &[JumpNote] {
        &self.notes
    }

    /// The link to the application.
    pub fn link(&self) -> &L {
        &self.link
    }

    /// Connected, with indications enabled.
    async fn open(&mut self) -> Result<RunningApplication, LinkError> {
        let found =
            bounded(self.options.connect, "connecting to the application", self.link.connect()).await?;
        let answer = self.options.answer;
        bounded(answer, "enabling indications", self.link.enable_indications()).await?;
        Ok(found)
    }

    /// The answer to a request: its code.
    async fn ask(&mut self, request: &[u8]) -> Result<u8, LinkError> {
        let answer = self.options.answer;
        bounded(answer, "writing a request", self.link.write(request)).await?;
        let end = Instant::now() + answer;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let told = bounded(left, "the answer of the application", self.link.indication()).await?;
            // Matched by opcode (H-4): an answer to something else is late.
            if let [RESPONSE, opcode, code, ..] = told[..]
                && Some(&opcode) == request.first()
            {
                return Ok(code);
            }
        }
    }

    /// FF-020, FF-021: whatever goes wrong, the jump goes on without a name. True when the link has to be opened again.
    async fn set_name(&mut self, name: &str) -> bool {
        let request = [&[SET_NAME, name.len() as u8], name.as_bytes()].concat();
        let (note, lost) = match self.ask(&request).await {
            Ok(SUCCESS) => {
                self.target = Some(Target { addresses: Vec::new(), name: Some(name.to_owned()) });
                (JumpNote::NameSet, false)
            }
            Ok(code) => (JumpNote::NameRefused(Some(code)), false),
            Err(LinkError::Refused { code, .. }) => (JumpNote::NameRefused(code), false),
            Err(_) => (JumpNote::NameRefused(None), true),
        };
        self.notes.push(note);
        lost
    }

    async fn jump(&mut self) -> Result<(), LinkError> {
        let mut found = self.open().await?;
        let unbonded = found.service == ButtonlessService::Unbonded;
        if let Some(name) = self.name.take_if(|_| unbonded)
            && self.set_name(&name).await
        {
            // The device may be starting again. It is the application that is waited for: nobody asked for a jump yet.
            self.hang_up().await;
            found = self.open().await?;
        }
        let name = self.target.take().and_then(|target| target.name);
        self.target = Some(Target { addresses: addresses(&found), name });
        self.enter_bootloader().await
    }

    async fn enter_bootloader(&mut self) -> Result<(), LinkError> {
        let mut pause = self.options.busy_pause;
        for attempt in 0..=self.options.busy_retries {
            match self.ask(&[ENTER]).await {
                Ok(SUCCESS) => return self.wait_until_gone().await,
                Ok(BUSY) if attempt < self.options.busy_retries => {
                    self.notes.push(JumpNote::Busy);
                    sleep(pause).await;
                    pause *= 2;
                }
                Ok(code) => return Err(refused(code)),
                // Asked for and not answered: it may have jumped. The bootloader is looked for, and nothing is repeated.
                Err(LinkError::Lost { .. }) => {
                    self.notes.push(JumpNote::GoneUnanswered);
                    return Ok(());
                }
                Err(LinkError::TimedOut { .. }) => {
                    self.notes.push(JumpNote::Unanswered);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Err(refused(BUSY))
    }

    /// FF-019: as long as a supervision timeout may take.
    async fn wait_until_gone(&mut self) -> Result<(), LinkError> {
        let end = Instant::now() + self.options.gone;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match timeout(left, self.link.indication()).await {
                // Doubled answers say nothing new.
                Ok(Ok(_)) => {}
                Ok(Err(_)) => return Ok(()),
                Err(_) => {
                    self.notes.push(JumpNote::LinkStayed);
                    return Ok(());
                }
            }
        }
    }

    async fn hang_up(&mut self) {
        // How the link to the application ends makes no difference.
        let _ = timeout(self.options.answer, self.link.disconnect()).await;
    }
}

#[async_trait(?Send)]
impl<L: ApplicationLink> DfuEntry for Buttonless<L> {
    async fn enter(&mut self) -> Result<(), LinkError> {
        self.target = None;
        let result = self.jump().await;
        self.hang_up().await;
        if result.is_err() {
            self.target = None;
        }
        result
    }

    fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    fn time_limit(&self) -> Option<Duration> {
        let JumpOptions { connect, answer, gone, busy_retries, busy_pause } = self.options;
        // Twice to the application, each wait for an answer, the growing pauses, and the end of the link.
        let asked = busy_retries + 1;
        Some(
            (connect + answer * 2) * 2
                + answer * 2 * asked
                + busy_pause * (1 << asked.min(10))
                + gone
                + answer,
        )
    }
}

/// The likeliest address first (FF-023).
fn addresses(found: &RunningApplication) -> Vec<PeerAddress> {
    let Some(own) = found.address else { return Vec::new() };
    match found.service {
        ButtonlessService::Unbonded => vec![own.next(), own],
        ButtonlessService::Bonded => vec![own, own.next()],
    }
}

async fn bounded<T>(
    limit: Duration,
    what: &str,
    operation: impl Future<Output = Result<T, LinkError>>,
) -> Result<T, LinkError> {
    timeout(limit, operation)
        .await
        .unwrap_or_else(|_| Err(LinkError::TimedOut { detail: format!("{what} took longer than {limit:?}") }))
}

fn refused(code: u8) -> LinkError {
    let meaning = match code {
        0x02 => "it does not know the request",
        0x04 => "the operation failed",
        0x05 => "the name is too long or empty",
        BUSY => "it is busy",
        0x07 => "there is no bond with this host",
        _ => "an unknown reason",
    };
    let detail = format!("the application does not start its bootloader: {meaning} (code {code:02X})");
    LinkError::Refused { code: Some(code), detail }
}
