//! The adapter, and the questions whose answers tell who is to blame.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use btleplug::Error;
use btleplug::api::{Central as _, CentralState, Peripheral as _};
use btleplug::platform::{Adapter, Manager, Peripheral};
use tokio::time::{Instant, sleep, timeout};

use super::BleError;
use super::symptom::{self, Symptom};

/// How long the Bluetooth service may take to answer a question that needs no radio.
const QUESTION: Duration = Duration::from_secs(2);
/// How long the loss of a link may take to be known when it made a request fail: a device that resets at once takes its
/// response with it.
const LATE_LOSS: Duration = Duration::from_secs(1);
/// How long a disconnection may take.
const LET_GO: Duration = Duration::from_secs(5);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Runs `question` no longer than [`QUESTION`]; how it was answered is the caller's business.
pub(super) async fn answered<T>(
    doing: &'static str,
    question: impl Future<Output = Result<T, Error>>,
) -> Result<Result<T, Error>, BleError> {
    timeout(QUESTION, question).await.map_err(|_| BleError::ServiceSilent { doing, waited: QUESTION })
}

/// The answer to a question that concerns nobody but the Bluetooth service.
pub(super) async fn asked<T>(
    doing: &'static str,
    question: impl Future<Output = Result<T, Error>>,
) -> Result<T, BleError> {
    answered(doing, question).await?.map_err(|error| match symptom::of(&error) {
        Symptom::Unreachable => BleError::NoService { detail: error.to_string() },
        Symptom::Unanswered => BleError::ServiceSilent { doing, waited: QUESTION },
        _ => BleError::ServiceFailed { doing, detail: error.to_string() },
    })
}

/// What failed: an operation with an error, or one that did not end in its time.
#[derive(Debug)]
pub(super) enum Failed {
    With(Error),
    Late(Duration),
}

impl Failed {
    pub(super) fn symptom(&self) -> Symptom {
        match self {
            Self::With(error) => symptom::of(error),
            Self::Late(_) => Symptom::Unanswered,
        }
    }

    /// The ATT error of the device, where the service tells it.
    fn att_error(&self) -> Option<u8> {
        match self {
            Self::With(error) => symptom::att_error(error),
            Self::Late(_) => None,
        }
    }

    /// For people.
    pub(super) fn words(&self) -> String {
        match self {
            Self::With(error) => error.to_string(),
            Self::Late(limit) => format!("no end within {limit:?}"),
        }
    }

    fn waited(&self) -> Duration {
        match self {
            Self::With(_) => Duration::ZERO,
            Self::Late(limit) => *limit,
        }
    }
}

/// Runs an operation no longer than `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    operation: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failed> {
    match timeout(limit, operation).await {
        Ok(result) => result.map_err(Failed::With),
        Err(_) => Err(Failed::Late(limit)),
    }
}

/// Whose answer an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// The device's.
    Device,
    /// The Bluetooth service's alone, as for a Write Command.
    Service,
}

/// An opened adapter.
pub(super) struct Radio {
    pub(super) manager: Manager,
    pub(super) adapter: Adapter,
    /// `hci0`, where there are such names.
    pub(super) name: String,
    /// A scan was begun and not ended.
    pub(super) scanning: Cell<bool>,
    /// A device that the service may still be connecting or connected to, and that nobody uses.
    pub(super) pending: RefCell<Option<Peer>>,
}

impl Radio {
    pub(super) fn new(manager: Manager, adapter: Adapter, name: String) -> Self {
        Self { manager, adapter, name, scanning: Cell::new(false), pending: RefCell::new(None) }
    }

    /// Lets go of a device that the service still holds or tries to reach. Without this every further attempt fails at once.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) async fn let_go(&self) {
        let pending = self.pending.borrow_mut().take();
        if let Some(peer) = pending {
            // A device that the service has forgotten is let go, too.
            let _gone = within(LET_GO, peer.peripheral.disconnect()).await;
        }
    }

    /// Whether service and adapter are well; what is wrong with them explains whatever failed while `doing`.
    pub(super) async fn health(&self, doing: &'static str) -> Result<(), BleError> {
        if !self.is_there().await? {
            return Err(BleError::AdapterGone { adapter: self.name.clone(), doing });
        }
        let state = asked("asking for an adapter", self.adapter.adapter_state()).await?;
        if state == CentralState::PoweredOff {
            return Err(BleError::AdapterOff { adapter: self.name.clone() });
        }
        Ok(())
    }

    /// Who is to blame for what `failed` without a device.
    pub(super) async fn blame(&self, doing: &'static str, failed: &Failed) -> BleError {
        let detail = failed.words();
        match failed.symptom() {
            Symptom::Unreachable => return BleError::NoService { detail },
            Symptom::Off => return BleError::AdapterOff { adapter: self.name.clone() },
            _ => {}
        }
        if let Err(error) = self.health(doing).await {
            return error;
        }
        match failed.symptom() {
            Symptom::Unanswered => BleError::ServiceSilent { doing, waited: failed.waited() },
            _ => BleError::ServiceFailed { doing, detail },
        }
    }

    /// Who is to blame for what `failed` on a link that was up.
    pub(super) async fn blame_on_link(
        &self,
        peer: &Peer,
        doing: &'static str,
        answers: Answers,
        failed: &Failed,
    ) -> BleError {
        let symptom = failed.symptom();
        if symptom == Symptom::Unreachable {
            return BleError::NoService { detail: failed.words() };
        }
        if let Err(error) = self.health(doing).await {
            return error;
        }
        if let Err(error) = self.is_up(peer).await {
            return error;
        }
        let device = peer.label.clone();
        match (symptom, answers) {
            (Symptom::Unanswered, Answers::Device) => {
                BleError::DeviceSilent { device, doing, waited: failed.waited() }
            }
            (Symptom::Unanswered, Answers::Service) => {
                BleError::ServiceSilent { doing, waited: failed.waited() }
            }
            (_, Answers::Service) => BleError::ServiceFailed { doing, detail: failed.words() },
            (_, Answers::Device) => {
                let end = Instant::now() + LATE_LOSS;
                while Instant::now() < end {
                    sleep(LOOK).await;
                    if let Err(error) = self.is_up(peer).await {
                        return error;
                    }
                }
                BleError::Refused { code: failed.att_error(), device, doing, detail: failed.words() }
            }
        }
    }

    /// Whether the link to `peer` is up, as far as the service knows.
    pub(super) async fn is_up(&self, peer: &Peer) -> Result<(), BleError> {
        let lost = |detail| Err(BleError::Lost { device: peer.label.clone(), detail });
        match answered("asking for a device", peer.peripheral.is_connected()).await? {
            Ok(true) => Ok(()),
            Ok(false) => lost("the service says that it is not connected"),
            Err(error) if symptom::of(&error) == Symptom::Gone => lost("the service knows it no more"),
            Err(error) => Err(self.blame("asking for a device", &Failed::With(error)).await),
        }
    }
}

/// A device with the name that messages give it.
#[derive(Clone)]
pub(super) struct Peer {
    pub(super) peripheral: Peripheral,
    /// Address and name.
    pub(super) label: String,
}
