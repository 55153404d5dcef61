//! What a device can be asked without changing anything: at the beginning of a connection, so that the referee hears what it
//! says of itself in whatever state a case has left it.

use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape, Target};

/// An answer that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Objects and their marks: first of all the one that is selected after a start (CP-019), then each of them, then one that
/// does not exist, on which nothing can be done until another is selected (CP-017), longer requests (CP-028), and objects of
/// sizes that are refused whatever the device holds (OBJ-001, OBJ-002, OBJ-015..018). Behind that the requests that a reduced
/// protocol is without (CP-005), and one that no device has (CP-006).
const ASKED: &[&[u8]] = &[
    &[0x03],
    &[0x06, 0x02],
    &[0x03],
    &[0x06, 0x01],
    &[0x03, 0x02],
    &[0x06, 0x00],
    &[0x03],
    &[0x04],
    &[0x06, 0x02, 0x01],
    &[0x01, 0x03, 0x00, 0x10, 0x00, 0x00],
    &[0x03],
    &[0x01, 0x02, 0x00, 0x00, 0x00, 0x00],
    &[0x03],
    &[0x01, 0x02, 0xFF, 0xFF, 0xFF, 0xFF],
    &[0x01, 0x01, 0x00, 0x00, 0x00, 0x00],
    &[0x03],
    &[0x01, 0x01, 0x00, 0x10, 0x00, 0x00],
    &[0x03],
    &[0x06, 0x01, 0x02],
    &[0x05],
    &[0x00],
    &[0x07],
    &[0x0A],
    &[0x0B, 0x00],
    &[0x0B, 0x01],
    &[0x0B, 0x02],
    &[0x0B, 0x03],
];

/// A link over which the device is asked when it is connected for the first time.
pub(super) struct Questions {
    link: Box<dyn Link>,
    asked: bool,
}

impl Questions {
    pub(super) fn before(link: Box<dyn Link>) -> Box<dyn Link> {
        Box::new(Self { link, asked: false })
    }

    /// Asks for everything. A device that does not answer is asked nothing more.
    async fn ask(&mut self) -> Result<(), LinkError> {
        for request in ASKED {
            self.link.send_request(request).await?;
            match tokio::time::timeout(PATIENCE, self.link.receive()).await {
                Ok(answer) => answer?,
                Err(_silent) => return Ok(()),
            };
        }
        Ok(())
    }
}

#[async_trait(?Send)]
impl Link for Questions {
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
        let connected = self.link.connect().await?;
        if !std::mem::replace(&mut self.asked, true) {
            self.ask().await?;
        }
        Ok(connected)
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.link.send_request(request).await
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.link.send_data(data).await
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        self.link.flush().await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        self.link.receive().await
    }

    async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.link.send_raw(bytes).await
    }

    async fn receive_raw(&mut self) -> Result<Vec<u8>, LinkError> {
        self.link.receive_raw().await
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.link.disconnect().await
    }
}
