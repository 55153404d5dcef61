//! Any link, with a referee beside it.

use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape, Target};

use super::{Eyes, Referee};

/// Wraps any [`Link`] and lets a [`Referee`] watch, without changing anything. It stands inside the faults of a scenario, so
/// that it sees what really reaches the device and what the device really says.
pub(crate) struct RefereeLink {
    link: Box<dyn Link>,
    eyes: Eyes,
    up: bool,
}

impl RefereeLink {
    pub(super) fn new(link: Box<dyn Link>, eyes: Eyes) -> Self {
        Self { link, eyes, up: false }
    }

    /// Takes note of how an operation ended.
    fn seen<T>(&mut self, result: Result<T, LinkError>) -> Result<T, LinkError> {
        match &result {
            Err(LinkError::Lost { .. }) if std::mem::take(&mut self.up) => self.eyes.lost(),
            Err(_) => self.eyes.doubt(),
            Ok(_) => {}
        }
        result
    }
}

/// A wait that is given up says so.
struct Waiting<'a> {
    eyes: &'a Eyes,
    since: Duration,
    ended: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.eyes.silence(self.since);
        }
    }
}

/// Something that is being sent, and may be given up half-way.
struct Sending<'a> {
    eyes: &'a Eyes,
    ended: bool,
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.eyes.raw();
        }
    }
}

#[async_trait(?Send)]
impl Link for RefereeLink {
    fn shape(&self) -> Shape {
        self.link.shape()
    }

    fn guards_content(&self) -> bool {
        self.link.guards_content()
    }

    fn look_for(&mut self, target: &Target) {
        self.link.look_for(target);
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        if std::mem::take(&mut self.up) {
            self.eyes.lost();
        }
        let result = self.link.connect().await;
        self.up = result.is_ok();
        if self.up {
            self.eyes.connected();
        }
        result
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.eyes.request(request);
        let mut sending = Sending { eyes: &self.eyes, ended: false };
        let result = self.link.send_request(request).await;
        sending.ended = true;
        drop(sending);
        self.seen(result)
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.eyes.data(data);
        let mut sending = Sending { eyes: &self.eyes, ended: false };
        let result = self.link.send_data(data).await;
        sending.ended = true;
        drop(sending);
        self.seen(result)
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        let result = self.link.flush().await;
        self.seen(result)
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        let mut waiting = Waiting { eyes: &self.eyes, since: self.eyes.now(), ended: false };
        let result = self.link.receive().await;
        waiting.ended = true;
        drop(waiting);
        if let Ok(message) = &result {
            self.eyes.message(message);
        }
        self.seen(result)
    }

    async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.eyes.raw();
        self.link.send_raw(bytes).await
    }

    async fn receive_raw(&mut self) -> Result<Vec<u8>, LinkError> {
        self.eyes.doubt();
        self.link.receive_raw().await
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        let result = self.link.disconnect().await;
        if std::mem::take(&mut self.up) {
            self.eyes.lost();
        }
        result
    }
}

impl Referee {
    /// `link` with this referee beside it.
    pub(super) fn beside(link: Box<dyn Link>, eyes: Eyes) -> Box<dyn Link> {
        Box::new(RefereeLink::new(link, eyes))
    }
}
