//! A central without a radio: one link to whatever firmware of a virtual board is on the air.

use std::collections::VecDeque;
use std::time::Duration;

use gauntlet_engine::LinkError;
use gauntlet_reference::att::{AttError, Attribute, DFU_SERVICE_HANDLE, WriteKind};
use gauntlet_reference::gap::{Advertisement, Central};
use gauntlet_reference::wire::{Closed, FromHost, Parameters, ToHost};

use super::application::peer_address;
use super::manners::Manners;
use super::{SLICE, VirtualBoard};
use crate::air::Seen;

/// From a found advertisement to the end of the discovery.
const DISCOVERY: Duration = Duration::from_millis(225);
/// How long a connection request is repeated before it counts as not accepted.
const CONNECTING: Duration = Duration::from_secs(3);
/// Packets that the host's controller takes before it makes the sender wait.
const CONTROLLER_BUFFERS: usize = 8;
/// After this time without a response a host ends the link (BLE-020).
const ATT_TIMEOUT: Duration = Duration::from_secs(30);

/// One central, and its link while it has one.
pub struct VirtualCentral {
    board: VirtualBoard,
    who: Central,
    linked: bool,
    /// An ATT request waits for its response; no other can be sent.
    asked: bool,
    /// Notifications and indications that came while something else was waited for.
    told: VecDeque<Vec<u8>>,
    /// Indications wait for [`VirtualCentral::confirm`].
    by_hand: bool,
    /// Indications that have not been confirmed.
    unconfirmed: usize,
    /// Service Changed is never confirmed.
    services_unconfirmed: bool,
    /// The last response.
    response: Option<ToHost>,
    /// Up to when the host has waited for something. The chip can be ahead: it does an erase in one go, and a host that
    /// waits for nothing goes on sending meanwhile.
    waited_until: u64,
    /// How the last link was lost.
    closed: Option<Closed>,
    /// What this link has seen.
    manners: Manners,
}

impl VirtualCentral {
    /// `who` within reach of `board`.
    pub fn new(board: VirtualBoard, who: Central) -> Self {
        Self {
            board,
            who,
            linked: false,
            asked: false,
            told: VecDeque::new(),
            by_hand: false,
            unconfirmed: 0,
            services_unconfirmed: false,
            response: None,
            waited_until: 0,
            closed: None,
            manners: Manners::default(),
        }
    }

    /// The same, but an indication that it is told is not confirmed before [`VirtualCentral::confirm`].
    #[must_use]
    pub fn confirming_by_hand(self) -> Self {
        Self { by_hand: true, ..self }
    }

    /// From now on it does not confirm that services have changed.
    pub fn leave_services_unconfirmed(&mut self) {
        self.services_unconfirmed = true;
    }

    /// Confirms every indication that waits for it.
    pub fn confirm(&mut self) {
        let now = self.board.machine().chip.now();
        for _ in 0..std::mem::take(&mut self.unconfirmed) {
            self.board.wire().lock().send(now, FromHost::Confirm);
        }
    }

    /// Who it is.
    pub fn who(&self) -> &Central {
        &self.who
    }

    /// How the last link was lost, if it was.
    pub fn closed(&self) -> Option<Closed> {
        self.closed
    }

    /// The board it can reach.
    pub fn board(&self) -> &VirtualBoard {
        &self.board
    }

    /// True while it knows of no loss.
    pub fn is_linked(&self) -> bool {
        self.linked
    }

    /// What advertises, once `wanted` is true for it; looks no longer than `limit`.
    pub async fn scan(
        &self,
        limit: Duration,
        wanted: impl Fn(&Advertisement) -> bool,
    ) -> Option<Advertisement> {
        let mut scanned = Duration::ZERO;
        loop {
            let found = { self.board.wire().lock().advertisement().cloned() };
            if let Some(advertisement) = found.filter(&wanted) {
                return Some(advertisement);
            }
            if scanned >= limit {
                return None;
            }
            self.board.run_for(SLICE).await;
            scanned += SLICE;
        }
    }

    /// Connects to what was found, and discovers its attributes.
    ///
    /// # Errors
    /// [`LinkError::TimedOut`] when the device does not accept it, or is gone.
    pub async fn connect(&mut self, to: &Advertisement) -> Result<Vec<Attribute>, LinkError> {
        let mut tried = Duration::ZERO;
        loop {
            {
                let mut wire = self.board.wire().lock();
                let there = wire.advertisement().is_some_and(|found| found.address == to.address);
                if there && wire.connect_as(&self.who) {
                    break;
                }
            }
            if tried >= CONNECTING {
                let detail = format!("{} does not accept the connection", to.address);
                return Err(LinkError::TimedOut { detail });
            }
            self.board.run_for(SLICE).await;
            tried += SLICE;
        }
        self.linked = true;
        self.asked = false;
        self.told.clear();
        self.unconfirmed = 0;
        self.board.run_for(DISCOVERY).await;
        self.waited_until = self.board.machine().chip.now();
        (self.manners, self.closed) = (Manners::default(), None);
        let database = self.board.wire().lock().database().to_vec();
        // Without one the device has gone meanwhile.
        if !database.is_empty() {
            let (address, data) = (peer_address(to.address), to.data.clone());
            let attributes = database.iter().map(|attribute| attribute.uuid()).collect();
            self.board.note(Seen::Connected { address, data, attributes });
        }
        Ok(database)
    }

    /// Exchanges ATT_MTU; what the device grants (BLE-009).
    ///
    /// # Errors
    /// As [`VirtualCentral::request`].
    pub async fn exchange_mtu(&mut self, wanted: u16) -> Result<u16, LinkError> {
        match self.request(FromHost::ExchangeMtu(wanted)).await? {
            ToHost::Mtu(granted) => Ok(granted.min(wanted)),
            other => Err(unexpected(&other)),
        }
    }

    /// Encrypts the link with the bond, if there is one; true when the device has the key, too.
    ///
    /// # Errors
    /// As [`VirtualCentral::request`].
    pub async fn encrypt(&mut self) -> Result<bool, LinkError> {
        let Some(bond) = self.who.bond else { return Ok(false) };
        match self.request(FromHost::Encrypt(bond)).await? {
            ToHost::Encrypted(encrypted) => Ok(encrypted),
            other => Err(unexpected(&other)),
        }
    }

    /// Asks for pairing; true when the link is encrypted now.
    ///
    /// # Errors
    /// As [`VirtualCentral::request`]. A bootloader resets instead of answering (BLE-028).
    pub async fn pair(&mut self) -> Result<bool, LinkError> {
        match self.request(FromHost::Pair).await? {
            ToHost::Encrypted(encrypted) => Ok(encrypted),
            other => Err(unexpected(&other)),
        }
    }

    /// Writes with a response.
    ///
    /// # Errors
    /// [`LinkError::Refused`] with the ATT error; others as [`VirtualCentral::request`].
    pub async fn write(&mut self, attribute: Attribute, value: &[u8]) -> Result<(), LinkError> {
        let message = match attribute {
            Attribute::ControlPoint => FromHost::Control(value.to_vec()),
            _ => FromHost::Write { attribute, kind: WriteKind::Request, value: value.to_vec() },
        };
        match self.request(message).await? {
            ToHost::Written(Ok(())) => Ok(()),
            ToHost::Written(Err(error)) => Err(refused(error, attribute)),
            other => Err(unexpected(&other)),
        }
    }

    /// Reads a value.
    ///
    /// # Errors
    /// As [`VirtualCentral::write`].
    pub async fn read(&mut self, attribute: Attribute) -> Result<Vec<u8>, LinkError> {
        match self.request(FromHost::Read(attribute)).await? {
            ToHost::Value(Ok(value)) => Ok(value),
            ToHost::Value(Err(error)) => Err(refused(error, attribute)),
            other => Err(unexpected(&other)),
        }
    }

    /// Sends anything that is not answered by the stack: a Write Command, the beginning of a long write.
    ///
    /// # Errors
    /// [`LinkError::Lost`].
    pub async fn send(&mut self, message: FromHost) -> Result<(), LinkError> {
        loop {
            self.take_in()?;
            let (linked, waiting) = {
                let wire = self.board.wire().lock();
                (wire.is_linked(), wire.waiting_for_device())
            };
            // What is done by hand is sent at the time at which the host has come to it, and waits in the host for as long
            // as it has to.
            if linked && (self.by_hand || waiting < CONTROLLER_BUFFERS) {
                let now = self.board.machine().chip.now();
                let at = if self.by_hand { self.waited_until.min(now) } else { now };
                self.board.wire().lock().send(at, message);
                return Ok(());
            }
            // Without a link, until its loss shows: a host does not know before.
            self.board.run_for(SLICE).await;
        }
    }

    /// Sends a request of the stack and waits for its response.
    ///
    /// # Errors
    /// [`LinkError::Lost`]; [`LinkError::TimedOut`] after the 30 s that ATT allows, which ends the link.
    pub async fn request(&mut self, message: FromHost) -> Result<ToHost, LinkError> {
        // The response to a request that nobody waits for any more comes first.
        self.response().await?;
        self.response = None;
        self.manners.asks(&message);
        self.send(message).await?;
        self.asked = true;
        self.response().await?;
        self.response.take().ok_or_else(|| lost("no response"))
    }

    async fn response(&mut self) -> Result<(), LinkError> {
        let mut waited = Duration::ZERO;
        while self.asked {
            self.take_in()?;
            if !self.asked {
                break;
            }
            if waited >= ATT_TIMEOUT {
                self.disconnect().await;
                return Err(LinkError::TimedOut {
                    detail: "the device does not answer a request".to_owned(),
                });
            }
            self.wait().await;
            waited += SLICE;
        }
        Ok(())
    }

    /// The next notification or indication, which has been confirmed unless that is done by hand.
    ///
    /// # Errors
    /// [`LinkError::Lost`].
    pub async fn told(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            if let Some(message) = self.told.pop_front() {
                return Ok(message);
            }
            self.take_in()?;
            if self.told.is_empty() {
                self.wait().await;
            }
        }
    }

    /// Waits for what the device does next.
    async fn wait(&mut self) {
        self.waited_until = self.waited_until.max(self.board.machine().chip.now());
        self.board.run_for(SLICE).await;
    }

    /// Takes in what has come.
    fn take_in(&mut self) -> Result<(), LinkError> {
        while self.linked {
            let now = self.board.machine().chip.now();
            let Some(received) = ({ self.board.wire().lock().receive_timed(now) }) else { return Ok(()) };
            self.waited_until = self.waited_until.max(received.at);
            match received.message {
                ToHost::Notification(value) => {
                    self.look_at(&value, false);
                    self.told.push_back(value);
                }
                ToHost::Indication { attribute, value } => {
                    // What it says is discovered anyway.
                    let said = attribute != Attribute::ServiceChanged;
                    if said {
                        self.look_at(&value, true);
                    } else {
                        let encrypted = self.manners.encrypted;
                        let (value, service) = (value.clone(), DFU_SERVICE_HANDLE);
                        self.board.note(Seen::ServiceChanged { value, service, encrypted });
                    }
                    if said && self.by_hand {
                        self.unconfirmed += 1;
                    } else if said || !self.services_unconfirmed {
                        self.board.wire().lock().send(now, FromHost::Confirm);
                    }
                    if said {
                        self.told.push_back(value);
                    }
                }
                ToHost::Closed(reason) => {
                    self.linked = false;
                    self.asked = false;
                    self.closed = Some(reason);
                    return Err(lost(match reason {
                        Closed::ByDevice => "the device ended the link",
                        Closed::Vanished => "supervision timeout",
                    }));
                }
                ToHost::Parameters(Parameters { interval, latency, timeout }) => {
                    self.board.note(Seen::Parameters { interval, latency, timeout });
                }
                ToHost::Serial(_) => {}
                response => {
                    self.take_response(&response);
                    self.asked = false;
                    self.response = Some(response);
                }
            }
        }
        Err(lost("not connected"))
    }

    fn look_at(&mut self, value: &[u8], indicated: bool) {
        if self.manners.is_unasked(indicated) {
            self.board.note(Seen::Unasked { value: value.to_vec() });
        }
        if let Some(opcode) = self.manners.is_early(value) {
            self.board.note(Seen::Early { opcode });
        }
    }

    fn take_response(&mut self, response: &ToHost) {
        if !std::mem::replace(&mut self.manners.responded, true) {
            self.board.note(Seen::Responded);
        }
        match (response, self.manners.asked_mtu()) {
            (ToHost::Mtu(granted), Some(asked)) => {
                self.board.note(Seen::Mtu { asked, granted: *granted });
            }
            (ToHost::Encrypted(true), _) => {
                self.manners.encrypted = true;
                self.board.note(Seen::Encrypted);
            }
            _ => {}
        }
        self.manners.is_answered(response);
    }

    /// Ends the link.
    pub async fn disconnect(&mut self) {
        self.asked = false;
        if std::mem::take(&mut self.linked) {
            let now = self.board.machine().chip.now();
            self.board.wire().lock().send(now, FromHost::Disconnected);
            // Until the device has seen it.
            self.board.run_for(4 * SLICE).await;
        }
    }
}

fn lost(detail: &str) -> LinkError {
    LinkError::Lost { detail: detail.to_owned() }
}

fn refused(error: AttError, attribute: Attribute) -> LinkError {
    let detail = format!("ATT error 0x{:02X} ({error:?}) for {attribute:?}", error.code());
    LinkError::Refused { code: Some(error.code()), detail }
}

fn unexpected(message: &ToHost) -> LinkError {
    LinkError::Host { detail: format!("a response to something else came: {message:?}") }
}
