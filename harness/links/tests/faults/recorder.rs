//! A link that writes down which packets got as far as this.

use std::cell::RefCell;
use std::rc::Rc;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape};

use super::fake::FakeLink;

pub(crate) struct Recorder {
    link: FakeLink,
    packets: Rc<RefCell<Vec<Vec<u8>>>>,
}

impl Recorder {
    pub(crate) fn new(link: FakeLink) -> (Self, Rc<RefCell<Vec<Vec<u8>>>>) {
        let packets = Rc::new(RefCell::new(Vec::new()));
        (Self { link, packets: packets.clone() }, packets)
    }
}

#[async_trait(?Send)]
impl Link for Recorder {
    fn shape(&self) -> Shape {
        self.link.shape()
    }
    async fn connect(&mut self) -> Result<Connected, LinkError> {
        self.link.connect().await
    }
    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.link.send_request(request).await
    }
    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.packets.borrow_mut().push(data.to_vec());
        self.link.send_data(data).await
    }
    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        self.link.receive().await
    }
    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.link.disconnect().await
    }
}
