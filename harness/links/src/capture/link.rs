//! Any link, with a tape running.

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape, Target};

use super::{Tape, What};

/// Wraps any [`Link`] and writes down what passes, without changing anything. Inside a
/// [`FaultLink`](crate::FaultLink) it sees what really passes: a packet that a fault has dropped is not on the tape.
pub struct CaptureLink<L> {
    link: L,
    tape: Tape,
    up: bool,
}

impl<L: Link> CaptureLink<L> {
    /// A link with this tape.
    pub fn new(link: L, tape: Tape) -> Self {
        Self { link, tape, up: false }
    }

    /// Takes note of a loss, once.
    fn seen<T>(&mut self, result: Result<T, LinkError>) -> Result<T, LinkError> {
        if let Err(LinkError::Lost { detail }) = &result
            && std::mem::take(&mut self.up)
        {
            self.tape.note(What::Lost(detail.clone()));
        }
        result
    }
}

#[async_trait(?Send)]
impl<L: Link> Link for CaptureLink<L> {
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
        let result = self.link.connect().await;
        self.up = result.is_ok();
        self.tape.note(match &result {
            Ok(connected) => What::Connected(connected.clone()),
            Err(error) => What::NotConnected(error.to_string()),
        });
        result
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.tape.note(What::Request(request.to_vec()));
        let result = self.link.send_request(request).await;
        self.seen(result)
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.tape.note(What::Data(data.to_vec()));
        let result = self.link.send_data(data).await;
        self.seen(result)
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        let result = self.link.flush().await;
        self.seen(result)
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        // Nothing is awaited behind the message, so that none is lost when the caller stops waiting.
        let result = self.link.receive().await;
        if let Ok(message) = &result {
            self.tape.note(What::Message(message.clone()));
        }
        self.seen(result)
    }

    async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.tape.note(What::RawSent(bytes.to_vec()));
        let result = self.link.send_raw(bytes).await;
        self.seen(result)
    }

    async fn receive_raw(&mut self) -> Result<Vec<u8>, LinkError> {
        let result = self.link.receive_raw().await;
        if let Ok(bytes) = &result {
            self.tape.note(What::RawReceived(bytes.clone()));
        }
        self.seen(result)
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        if std::mem::take(&mut self.up) {
            self.tape.note(What::Closed);
        }
        self.link.disconnect().await
    }
}
