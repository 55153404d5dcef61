//! Saying something to the device and hearing its answer, always within a bound (H-2).

use std::future::Future;
use std::time::Duration;

use gauntlet_protocol::{Opcode, Request, Response, ResponseError};
use tokio::time::{Instant, timeout};

use crate::engine::Engine;
use crate::{Awaited, Cancel, LinkError, Object, UpdateError, UpdateEvent, Violation};

/// Messages that answer nothing, before their number alone is an error. A device that floods the host without time
/// passing would otherwise never meet the timeout.
const MOST_STRAYS: usize = 1000;

/// A link operation came to its end, or not.
pub(crate) enum Bounded<T> {
    Done(Result<T, LinkError>),
    TimedOut,
    Cancelled,
}

/// Runs a link operation no longer than `limit`, and no longer than until it is cancelled.
pub(crate) async fn bounded<T>(
    cancel: &Cancel,
    limit: Duration,
    operation: impl Future<Output = Result<T, LinkError>>,
) -> Bounded<T> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Bounded::Cancelled,
        result = timeout(limit, operation) => match result {
            Ok(result) => Bounded::Done(result),
            Err(_) => Bounded::TimedOut,
        },
    }
}

impl Engine<'_> {
    /// What becomes of a link operation called `what` that was given `limit`.
    pub(crate) fn settle<T>(&self, end: Bounded<T>, what: &str, limit: Duration) -> Result<T, UpdateError> {
        match end {
            Bounded::Done(Ok(value)) => Ok(value),
            Bounded::Done(Err(source)) => Err(self.link_error(source)),
            Bounded::TimedOut => {
                Err(self
                    .link_error(LinkError::TimedOut { detail: format!("{what} took longer than {limit:?}") }))
            }
            Bounded::Cancelled => Err(UpdateError::Cancelled { phase: self.phase() }),
        }
    }

    /// Waits in device time.
    pub(crate) async fn pause(&mut self, time: Duration) -> Result<(), UpdateError> {
        if time.is_zero() {
            return Ok(());
        }
        // What was sent before the pause is to arrive before it. A link that is down has nothing to hand over.
        if self.link_up {
            let limit = self.options.response_timeout;
            let end = bounded(&self.options.cancel, limit, self.link.flush()).await;
            self.settle(end, "sending packets", limit)?;
        }
        tokio::select! {
            biased;
            () = self.options.cancel.cancelled() => Err(UpdateError::Cancelled { phase: self.phase() }),
            () = tokio::time::sleep(time) => Ok(()),
        }
    }

    /// Waits until `instant`, if it has not passed.
    pub(crate) async fn pause_until(&mut self, instant: Instant) -> Result<(), UpdateError> {
        self.pause(instant.saturating_duration_since(Instant::now())).await
    }

    /// Hands a request to the link.
    pub(crate) async fn send(&mut self, request: &Request) -> Result<(), UpdateError> {
        let limit = self.options.response_timeout;
        let end = bounded(&self.options.cancel, limit, self.link.send_request(&request.encode())).await;
        self.settle(end, "sending a request", limit)?;
        self.report.requests += 1;
        Ok(())
    }

    /// Hands the bytes `from..to` of an image to the link as one packet.
    pub(crate) async fn send_packet(
        &mut self,
        object: Object,
        from: usize,
        to: usize,
    ) -> Result<(), UpdateError> {
        let limit = self.options.response_timeout;
        let data = &self.prefixes(object).bytes()[from..to];
        let end = bounded(&self.options.cancel, limit, self.link.send_data(data)).await;
        self.settle(end, "sending a packet", limit)?;
        self.sent(object, from, to);
        Ok(())
    }

    /// The next message, whatever it is; `None` when `deadline` passes first.
    pub(crate) async fn message(&mut self, deadline: Instant) -> Result<Option<Vec<u8>>, UpdateError> {
        let limit = deadline.saturating_duration_since(Instant::now());
        match bounded(&self.options.cancel, limit, self.link.receive()).await {
            Bounded::TimedOut => Ok(None),
            end => self.settle(end, "receiving", limit).map(Some),
        }
    }

    /// Reads a message, or says what is wrong with it.
    pub(crate) fn read(&self, message: &[u8]) -> Result<Response, UpdateError> {
        Response::parse(message).map_err(|problem| self.broken(message.to_vec(), problem))
    }

    /// Sends a request and returns its answer, good or bad. Answers are matched by their opcode (H-4); what answers
    /// something else is late, doubled or a receipt, and is skipped and counted.
    pub(crate) async fn exchange(&mut self, request: &Request) -> Result<Response, UpdateError> {
        self.send(request).await?;
        let awaited = request.opcode();
        let limit = match awaited {
            Opcode::Execute => self.options.execute_timeout,
            _ => self.options.response_timeout,
        };
        let deadline = Instant::now() + limit;
        for _ in 0..MOST_STRAYS {
            let Some(message) = self.message(deadline).await? else {
                return Err(self.silence(awaited, limit));
            };
            let response = self.read(&message)?;
            if response.opcode == awaited {
                self.note_length(&response);
                return Ok(response);
            }
            self.stray(message);
        }
        Err(self.flood(awaited))
    }

    /// [`exchange`](Self::exchange), with a refusal as an error.
    pub(crate) async fn accepted(
        &mut self,
        request: &Request,
        object: Option<Object>,
    ) -> Result<Response, UpdateError> {
        let response = self.exchange(request).await?;
        match response.accepted() {
            Ok(_) => Ok(response),
            Err(refusal) => Err(UpdateError::Refused { phase: self.phase(), object, refusal }),
        }
    }

    /// Takes what a typed answer says, where a refusal is an error as well.
    pub(crate) fn typed<T>(
        &self,
        response: &Response,
        object: Option<Object>,
        answer: Result<T, ResponseError>,
    ) -> Result<T, UpdateError> {
        answer.map_err(|problem| match problem {
            ResponseError::Refused(refusal) => UpdateError::Refused { phase: self.phase(), object, refusal },
            problem => self.broken(response.encode(), problem),
        })
    }

    pub(crate) fn broken(&self, message: Vec<u8>, problem: ResponseError) -> UpdateError {
        self.violation(Violation::Message { message, problem })
    }

    pub(crate) fn violation(&self, violation: Violation) -> UpdateError {
        UpdateError::Protocol { phase: self.phase(), violation }
    }

    pub(crate) fn flood(&self, awaited: Opcode) -> UpdateError {
        self.violation(Violation::Flood { count: MOST_STRAYS, awaited })
    }

    pub(crate) fn silence(&mut self, awaited: Opcode, waited: Duration) -> UpdateError {
        self.report.silences += 1;
        self.emit(UpdateEvent::Silence { opcode: awaited.code() });
        UpdateError::Silent { phase: self.phase(), awaited: Awaited::Answer(awaited), waited }
    }

    /// Answers longer than they should be are tolerated and counted (FF-052, FF-059).
    pub(crate) fn note_length(&mut self, response: &Response) {
        let fields = match (response.accepted().is_ok(), response.opcode) {
            (false, _) => 0,
            (true, Opcode::Select) => 12,
            (true, Opcode::GetCrc) => 8,
            (true, Opcode::GetMtu) => 2,
            (true, Opcode::Ping) => 1,
            (true, _) => 0,
        };
        if response.payload.len() > fields {
            self.report.long_answers += 1;
        }
    }

    /// How many stray messages one wait may see.
    pub(crate) const fn most_strays() -> usize {
        MOST_STRAYS
    }
}
