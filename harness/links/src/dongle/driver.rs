//! The host's end of the three-wire UART: a task that owns the port.
//!
//! It answers whatever comes at once, also while nobody waits for anything, so that the dongle never gives up on an event.
//! One thing waits for acknowledgements, responses and time together; so none of them can be missed in between.

use std::time::Duration;

use gauntlet_connectivity::delivery::{Arrived, Repeats, Undelivered};
use gauntlet_connectivity::h5::{CONFIGURATION, Decoder, H5Packet};
use gauntlet_connectivity::{Command, Delivery, Event, Packet, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::error::DongleError;
use super::port::Stream;

/// A dongle on a UART restarts at once, one on USB after 100 ms; what it says before that means nothing.
const RESTART: Duration = Duration::from_millis(200);
/// Between two packets of the start-up. One that comes too early costs nothing.
const START_UP: Duration = Duration::from_millis(100);
/// Packets of each kind at most: some dongles answer late.
const ATTEMPTS: u32 = 30;
/// From the acknowledgement of a call to its response.
const RESPONSE: Duration = Duration::from_millis(1500);
/// A port takes a packet in far less.
const STUCK: Duration = Duration::from_secs(2);
/// Bytes that are read at a time.
const CHUNK: usize = 2048;

type Reply = oneshot::Sender<Result<Response, DongleError>>;

/// A call, and who waits for its response.
struct Call {
    command: Command,
    reply: Reply,
}

/// The way to a running driver. The dongle is let go when this is dropped.
pub(super) struct Driver {
    calls: mpsc::UnboundedSender<Call>,
    events: mpsc::UnboundedReceiver<Result<Event, DongleError>>,
    failed: Option<DongleError>,
}

impl Driver {
    /// Resets the dongle behind `stream` and brings the link up. Must be called inside a runtime.
    ///
    /// # Errors
    /// [`DongleError::Silent`], [`DongleError::NotConfigured`], and those of the port.
    pub(super) async fn start(stream: Box<dyn Stream>) -> Result<Self, DongleError> {
        let (calls, from_handle) = mpsc::unbounded_channel();
        let (to_handle, events) = mpsc::unbounded_channel();
        let mut line = Line::new(stream);
        line.start_up().await?;
        tokio::spawn(line.run(from_handle, to_handle));
        Ok(Self { calls, events, failed: None })
    }

    /// Calls the SoftDevice.
    ///
    /// # Errors
    /// Those of port and dongle. An error result is a response like any other.
    pub(super) async fn call(&mut self, command: Command) -> Result<Response, DongleError> {
        let (reply, response) = oneshot::channel();
        if self.calls.send(Call { command, reply }).is_err() {
            return Err(self.failure().await);
        }
        match response.await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                self.failed = Some(error.clone());
                Err(error)
            }
            Err(_gone) => Err(self.failure().await),
        }
    }

    /// The next event. Dropping the future loses none.
    ///
    /// # Errors
    /// Those of port and dongle.
    pub(super) async fn event(&mut self) -> Result<Event, DongleError> {
        match self.events.recv().await {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                self.failed = Some(error.clone());
                Err(error)
            }
            None => Err(self.failed.clone().unwrap_or(DongleError::Unconnected)),
        }
    }

    /// An event that is there already.
    ///
    /// # Errors
    /// Those of port and dongle.
    pub(super) fn waiting_event(&mut self) -> Result<Option<Event>, DongleError> {
        match self.events.try_recv() {
            Ok(Ok(event)) => Ok(Some(event)),
            Ok(Err(error)) => {
                self.failed = Some(error.clone());
                Err(error)
            }
            Err(_) => Ok(None),
        }
    }

    /// True while nothing has failed.
    pub(super) fn is_up(&self) -> bool {
        self.failed.is_none() && !self.calls.is_closed()
    }

    /// Why the task has ended. Events before that are of no use any more.
    async fn failure(&mut self) -> DongleError {
        while self.failed.is_none() {
            match self.events.recv().await {
                Some(Err(error)) => self.failed = Some(error),
                Some(Ok(_)) => {}
                None => break,
            }
        }
        self.failed.clone().unwrap_or(DongleError::Unconnected)
    }
}

/// A call under way.
struct Pending {
    op: u8,
    reply: Reply,
    /// Its packet was acknowledged, so a response is due.
    deadline: Option<Instant>,
}

struct Line {
    stream: Box<dyn Stream>,
    decoder: Decoder,
    delivery: Delivery,
    began: Instant,
    /// Op code of the call that was sent last.
    op: u8,
}

impl Line {
    fn new(stream: Box<dyn Stream>) -> Self {
        let delivery = Delivery::new(Repeats::HOST);
        Self { stream, decoder: Decoder::new(), delivery, began: Instant::now(), op: 0 }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), DongleError> {
        match timeout(STUCK, self.stream.write_all(bytes)).await {
            Ok(written) => Ok(written?),
            Err(_elapsed) => Err(DongleError::PortStuck(STUCK)),
        }
    }

    /// What has come by `end`; nothing when that has passed.
    async fn read_until(&mut self, end: Instant) -> Result<Vec<H5Packet>, DongleError> {
        let mut bytes = [0; CHUNK];
        tokio::select! {
            biased;
            read = self.stream.read(&mut bytes) => match read? {
                0 => Err(DongleError::PortLost("end of file".to_owned())),
                // What is no packet is left out: the dongle sends it again.
                count => Ok(self.decoder.feed(&bytes[..count]).into_iter().flatten().collect()),
            },
            () = sleep_until(end) => Ok(Vec::new()),
        }
    }

    /// RESET, SYNC, CONFIG. Both sides do that at once, and each answers the other in every state.
    async fn start_up(&mut self) -> Result<(), DongleError> {
        self.write(&H5Packet::Reset.encode()).await?;
        let restarted = Instant::now() + RESTART;
        while Instant::now() < restarted {
            // What was said before the restart means nothing.
            self.read_until(restarted).await?;
        }
        self.decoder = Decoder::new();
        for (ours, answer, missing) in [
            (H5Packet::Sync, H5Packet::SyncResponse, DongleError::Silent),
            (
                H5Packet::Config(CONFIGURATION),
                H5Packet::ConfigResponse(CONFIGURATION),
                DongleError::NotConfigured,
            ),
        ] {
            if !self.ask(&ours, &answer).await? {
                return Err(missing);
            }
        }
        Ok(())
    }

    async fn ask(&mut self, ours: &H5Packet, answer: &H5Packet) -> Result<bool, DongleError> {
        for _ in 0..ATTEMPTS {
            self.write(&ours.encode()).await?;
            let end = Instant::now() + START_UP;
            while Instant::now() < end {
                for packet in self.read_until(end).await? {
                    if packet == *answer {
                        return Ok(true);
                    }
                    self.answer_start_up(&packet).await?;
                    if matches!(packet, H5Packet::Sync | H5Packet::Config(_)) {
                        // Now that it is answered, the dongle may be ready for ours.
                        self.write(&ours.encode()).await?;
                    }
                }
            }
        }
        Ok(false)
    }

    async fn answer_start_up(&mut self, packet: &H5Packet) -> Result<(), DongleError> {
        match packet {
            H5Packet::Sync => self.write(&H5Packet::SyncResponse.encode()).await,
            H5Packet::Config(CONFIGURATION) => {
                self.write(&H5Packet::ConfigResponse(CONFIGURATION).encode()).await
            }
            _ => Ok(()),
        }
    }

    /// Carries calls and events until the handle is dropped or something fails.
    async fn run(
        mut self,
        mut calls: mpsc::UnboundedReceiver<Call>,
        events: mpsc::UnboundedSender<Result<Event, DongleError>>,
    ) {
        let mut pending = None;
        let Err(error) = self.carry(&mut calls, &events, &mut pending).await else { return };
        if let Some(Pending { reply, .. }) = pending {
            // Nobody may be waiting any more; the same with the events.
            let _unheard = reply.send(Err(error.clone()));
        }
        let _unheard = events.send(Err(error));
    }

    async fn carry(
        &mut self,
        calls: &mut mpsc::UnboundedReceiver<Call>,
        events: &mpsc::UnboundedSender<Result<Event, DongleError>>,
        pending: &mut Option<Pending>,
    ) -> Result<(), DongleError> {
        let mut bytes = [0; CHUNK];
        loop {
            let now = self.began.elapsed();
            let op = self.op;
            let due = self.delivery.poll(now);
            if let Some(frame) = due.map_err(|undelivered| DongleError::Undelivered { op, undelivered })? {
                self.write(&frame).await?;
            }
            if let Some(Pending { op, deadline: Some(deadline), .. }) = pending
                && Instant::now() >= *deadline
            {
                return Err(DongleError::NoResponse { op: *op, waited: RESPONSE });
            }
            let resend = self.delivery.due().map(|due| self.began + due);
            let deadline = pending.as_ref().and_then(|pending| pending.deadline);
            let wake = resend.into_iter().chain(deadline).min();
            tokio::select! {
                // What has come is taken before anything is sent again.
                biased;
                read = self.stream.read(&mut bytes) => {
                    let count = read?;
                    if count == 0 {
                        return Err(DongleError::PortLost("end of file".to_owned()));
                    }
                    for packet in self.decoder.feed(&bytes[..count]).into_iter().flatten() {
                        self.take(packet, events, pending).await?;
                    }
                }
                call = calls.recv(), if pending.is_none() => {
                    let Some(Call { command, reply }) = call else { return Ok(()) };
                    self.op = command.op();
                    *pending = Some(Pending { op: self.op, reply, deadline: None });
                    self.delivery.queue(Packet::from(command).encode());
                }
                () = wait(wake) => {}
            }
        }
    }

    async fn take(
        &mut self,
        packet: H5Packet,
        events: &mpsc::UnboundedSender<Result<Event, DongleError>>,
        pending: &mut Option<Pending>,
    ) -> Result<(), DongleError> {
        match packet {
            H5Packet::Ack(ack) => match self.delivery.acknowledged(ack) {
                Ok(true) => {
                    if let Some(pending) = pending {
                        pending.deadline = Some(Instant::now() + RESPONSE);
                    }
                    Ok(())
                }
                Ok(false) => Ok(()),
                // A late copy means nothing while nothing is under way.
                Err(_) if self.delivery.is_idle() => Ok(()),
                Err(undelivered @ Undelivered::ImpossibleAck { .. }) => {
                    Err(DongleError::Undelivered { op: self.op, undelivered })
                }
                Err(undelivered) => Err(DongleError::Undelivered { op: self.op, undelivered }),
            },
            H5Packet::Reliable { seq, payload, .. } => {
                let arrived = self.delivery.arrived(seq, payload);
                self.write(&self.delivery.ack().encode()).await?;
                match arrived {
                    Arrived::New(payload) => deliver(&payload, events, pending),
                    Arrived::Again(_) => Ok(()),
                }
            }
            // Only a dongle that begins anew says this.
            H5Packet::Sync => Err(DongleError::Restarted),
            config @ H5Packet::Config(_) => self.answer_start_up(&config).await,
            H5Packet::SyncResponse | H5Packet::ConfigResponse(_) | H5Packet::Reset => Ok(()),
        }
    }
}

/// Hands on what a reliable packet carries.
fn deliver(
    payload: &[u8],
    events: &mpsc::UnboundedSender<Result<Event, DongleError>>,
    pending: &mut Option<Pending>,
) -> Result<(), DongleError> {
    match Packet::decode(payload) {
        Ok(Packet::Response(response)) => {
            // A response to another call is a leftover.
            if let Some(Pending { reply, .. }) = pending.take_if(|pending| pending.op == response.op) {
                let _unheard = reply.send(Ok(response));
            }
            Ok(())
        }
        Ok(Packet::Event(event)) => {
            let _unheard = events.send(Ok(event));
            Ok(())
        }
        // A response is told by its first byte; an event that can't be read is of no use.
        Err(_) if payload.first() == Some(&1) => {
            Err(DongleError::Garbled { op: payload.get(1).copied().unwrap_or_default() })
        }
        Ok(Packet::Command(_)) | Err(_) => Ok(()),
    }
}

async fn wait(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}
