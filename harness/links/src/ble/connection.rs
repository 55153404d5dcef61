//! One connection: from a found device to its attributes, and what goes to and fro.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use btleplug::Error;
use btleplug::api::bleuuid::uuid_from_u16;
use btleplug::api::{
    Central as _, CentralEvent, CentralState, Characteristic, Peripheral as _, ValueNotification, WriteType,
};
use futures_util::stream::{FuturesOrdered, Stream, StreamExt as _};
use gauntlet_engine::PeerAddress;
use tokio::time::sleep;
use uuid::Uuid;

use super::radio::{Answers, Failed, Peer, Radio, within};
use super::scan::{DFU_SERVICE, sighting};
use super::symptom::Symptom;
use super::uuids::BONDED_BUTTONLESS;
use super::{BleError, BleOptions};

/// Write Commands that the service may owe an answer for. It takes them one after the other either way; this saves waiting
/// for its words.
const WINDOW: usize = 16;
/// How often it is looked whether a quiet link is still up. Not every loss is told.
const QUIET: Duration = Duration::from_secs(2);
/// How often an empty list of attributes is asked for again: some services call it complete a little early.
const DISCOVERIES: u32 = 3;
const DISCOVERY_PAUSE: Duration = Duration::from_millis(200);
/// How long a device may take to confirm that nobody listens any more.
const UNSUBSCRIBE: Duration = Duration::from_secs(1);

type Told = Pin<Box<dyn Stream<Item = ValueNotification> + Send>>;
type Events = Pin<Box<dyn Stream<Item = CentralEvent> + Send>>;
type Write = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A connection that is up as far as anybody knows.
pub(super) struct Connection {
    radio: Rc<Radio>,
    peer: Peer,
    answer: Duration,
    /// Notifications of every characteristic. They never end by themselves.
    told: Told,
    /// What happens to the adapter and its devices.
    events: Events,
    /// The characteristic that is listened to.
    heard: Option<Characteristic>,
    /// Write Commands that the service has not answered.
    under_way: FuturesOrdered<Write>,
}

impl Connection {
    /// Connects to `peer`, and waits until its attributes are known.
    pub(super) async fn open(radio: Rc<Radio>, peer: Peer, options: &BleOptions) -> Result<Self, BleError> {
        // Whoever stops waiting in the middle leaves an attempt behind that goes on.
        *radio.pending.borrow_mut() = Some(peer.clone());
        if let Err(failed) = within(options.connect, peer.peripheral.connect()).await {
            let error = radio.blame_for_no_connection(&peer, &failed).await;
            radio.let_go().await;
            return Err(error);
        }
        let doing = "discovering its attributes";
        for attempt in 1..=DISCOVERIES {
            if let Err(failed) = within(options.connect, peer.peripheral.discover_services()).await {
                return Err(radio.blame_on_link(&peer, doing, Answers::Device, &failed).await);
            }
            if !peer.peripheral.services().is_empty() || attempt == DISCOVERIES {
                break;
            }
            sleep(DISCOVERY_PAUSE).await;
        }
        let doing = "listening to events";
        let told = within(options.answer, peer.peripheral.notifications()).await;
        let events = within(options.answer, radio.adapter.events()).await;
        let (told, events) = match (told, events) {
            (Ok(told), Ok(events)) => (told, events),
            (Err(failed), _) | (_, Err(failed)) => return Err(radio.blame(doing, &failed).await),
        };
        // A loss before the events were listened to has not been told.
        radio.is_up(&peer).await?;
        let (answer, under_way) = (options.answer, FuturesOrdered::new());
        Ok(Self { radio, peer, answer, told, events, heard: None, under_way })
    }

    /// Its address and name.
    pub(super) fn label(&self) -> &str {
        &self.peer.label
    }

    /// Its address, where the service tells.
    pub(super) async fn address(&self) -> Option<PeerAddress> {
        let properties = within(self.answer, self.peer.peripheral.properties()).await.ok()??;
        sighting(&properties).address
    }

    /// Bytes of ATT_MTU as far as the service tells, else the smallest there is.
    pub(super) fn att_mtu(&self) -> u16 {
        self.peer.peripheral.mtu()
    }

    /// The characteristics of the DFU service.
    pub(super) fn characteristics(&self) -> BTreeSet<Characteristic> {
        let services = self.peer.peripheral.services();
        let own = services.into_iter().filter(|service| service.uuid == uuid_from_u16(DFU_SERVICE));
        own.flat_map(|service| service.characteristics).collect()
    }

    /// The characteristic of the DFU service with this UUID.
    pub(super) fn find(&self, uuid: Uuid) -> Option<Characteristic> {
        self.characteristics().into_iter().find(|one| one.uuid == uuid)
    }

    /// Enables notifications or indications of `characteristic` and listens to it.
    pub(super) async fn listen(&mut self, characteristic: Characteristic) -> Result<(), BleError> {
        let doing = "enabling its notifications";
        let subscribing = within(self.answer, self.peer.peripheral.subscribe(&characteristic)).await;
        if let Err(failed) = subscribing {
            let error = self.radio.blame_on_link(&self.peer, doing, Answers::Device, &failed).await;
            // Every device allows this write to the right attribute: what was written to is something else.
            let refused = matches!(error, BleError::Refused { .. });
            // But for the one that asks for a bond first (BTN-014).
            let own = characteristic.uuid != BONDED_BUTTONLESS;
            return Err(if refused && own && failed.symptom() == Symptom::NotPermitted {
                let device = self.peer.label.clone();
                BleError::StaleTable { device, detail: failed.words() }
            } else {
                error
            });
        }
        self.heard = Some(characteristic);
        Ok(())
    }

    /// Ends the subscription to `characteristic`.
    pub(super) async fn stop_listening(&mut self, characteristic: &Characteristic) -> Result<(), BleError> {
        let doing = "ending its notifications";
        match within(self.answer, self.peer.peripheral.unsubscribe(characteristic)).await {
            Ok(()) => Ok(()),
            Err(failed) => Err(self.radio.blame_on_link(&self.peer, doing, Answers::Device, &failed).await),
        }
    }

    /// Sends a Write Command behind those that are under way. That it was taken does not mean that it was sent.
    pub(super) async fn command(&mut self, to: &Arc<Characteristic>, data: &[u8]) -> Result<(), BleError> {
        while self.under_way.len() >= WINDOW {
            self.one_taken().await?;
        }
        let (peripheral, to, data) = (self.peer.peripheral.clone(), Arc::clone(to), data.to_vec());
        self.under_way.push_back(Box::pin(async move {
            peripheral.write(&to, &data, WriteType::WithoutResponse).await
        }));
        // It goes to the service now, and what the service has answered meanwhile is taken note of.
        loop {
            let taken = poll_fn(|context| Poll::Ready(self.under_way.poll_next_unpin(context))).await;
            match taken {
                Poll::Ready(Some(Ok(()))) => {}
                Poll::Ready(Some(Err(error))) => return Err(self.not_taken(Failed::With(error)).await),
                Poll::Ready(None) | Poll::Pending => return Ok(()),
            }
        }
    }

    /// Waits until the service has taken every Write Command.
    pub(super) async fn flush(&mut self) -> Result<(), BleError> {
        while !self.under_way.is_empty() {
            self.one_taken().await?;
        }
        Ok(())
    }

    async fn one_taken(&mut self) -> Result<(), BleError> {
        let next = async { self.under_way.next().await.unwrap_or(Ok(())) };
        match within(self.answer, next).await {
            Ok(()) => Ok(()),
            Err(failed) => Err(self.not_taken(failed).await),
        }
    }

    async fn not_taken(&self, failed: Failed) -> BleError {
        self.radio.blame_on_link(&self.peer, "sending a packet", Answers::Service, &failed).await
    }

    /// Sends a Write Request behind everything that is under way, and waits for its response.
    pub(super) async fn request(&mut self, to: &Characteristic, data: &[u8]) -> Result<(), BleError> {
        self.flush().await?;
        let write = self.peer.peripheral.write(to, data, WriteType::WithResponse);
        match within(self.answer, write).await {
            Ok(()) => Ok(()),
            Err(failed) => {
                Err(self.radio.blame_on_link(&self.peer, "a request", Answers::Device, &failed).await)
            }
        }
    }

    /// What the device tells next. Safe to drop. Ends when the link is lost, which the library does not tell by itself.
    pub(super) async fn next_told(&mut self) -> Result<Vec<u8>, BleError> {
        let heard = self.heard.as_ref().map(|one| one.uuid);
        let id = self.peer.peripheral.id();
        loop {
            tokio::select! {
                biased;
                Some(told) = self.told.next() => {
                    if Some(told.uuid) == heard {
                        return Ok(told.value);
                    }
                }
                Some(taken) = self.under_way.next(), if !self.under_way.is_empty() => {
                    if let Err(error) = taken {
                        return Err(self.not_taken(Failed::With(error)).await);
                    }
                }
                Some(event) = self.events.next() => match event {
                    CentralEvent::DeviceDisconnected(gone) if gone == id => {
                        // It went with its adapter, or by itself.
                        self.radio.health("waiting for the device").await?;
                        let device = self.peer.label.clone();
                        return Err(BleError::Lost { device, detail: "it was disconnected" });
                    }
                    CentralEvent::StateUpdate(CentralState::PoweredOff) => {
                        return Err(BleError::AdapterOff { adapter: self.radio.name.clone() });
                    }
                    _ => {}
                },
                () = sleep(QUIET) => {
                    self.radio.health("waiting for the device").await?;
                    self.radio.is_up(&self.peer).await?;
                }
            }
        }
    }

    /// Ends the connection in good order. A service that still believes in a subscription writes it anew, to whatever stands
    /// in that place, when it connects the next time.
    pub(super) async fn close(mut self) {
        if let Some(heard) = self.heard.take() {
            let _quiet = within(UNSUBSCRIBE, self.peer.peripheral.unsubscribe(&heard)).await;
        }
        self.radio.let_go().await;
    }

    /// Gives up a connection whose bus or service is gone. The library panics in a task of its own when such a bus does not
    /// take its farewell, so it is given none.
    pub(super) fn abandon(self) {
        mem::forget((self.told, self.events));
    }
}

impl Radio {
    /// Who is to blame for a connection that did not come up.
    async fn blame_for_no_connection(&self, peer: &Peer, failed: &Failed) -> BleError {
        let doing = "connecting";
        match failed.symptom() {
            Symptom::Unreachable | Symptom::Off => return self.blame(doing, failed).await,
            _ => {}
        }
        if let Err(error) = self.health(doing).await {
            return error;
        }
        BleError::NotConnected { device: peer.label.clone(), attempts: 1, detail: failed.words() }
    }
}
