//! The link to the device in memory.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape};
use gauntlet_protocol::Request;

use super::{Device, OnPacket, OnRequest};

/// The test's own hold on the device.
#[derive(Clone)]
pub struct Handle(Rc<RefCell<Device>>);

impl Handle {
    pub fn device(&self) -> RefMut<'_, Device> {
        self.0.borrow_mut()
    }
}

pub struct FakeLink(Rc<RefCell<Device>>);

impl FakeLink {
    pub fn new(device: Device) -> (Self, Handle) {
        let device = Rc::new(RefCell::new(device));
        (Self(device.clone()), Handle(device))
    }
}

fn lost() -> LinkError {
    LinkError::Lost { detail: "cut by the test".to_owned() }
}

#[async_trait(?Send)]
impl Link for FakeLink {
    fn shape(&self) -> Shape {
        self.0.borrow().shape
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        let mut device = self.0.borrow_mut();
        if !device.in_dfu && !device.come_back() {
            return Err(LinkError::NotFound { detail: "the fake is not in DFU mode".to_owned() });
        }
        device.connected = true;
        device.connections += 1;
        Ok(Connected { max_data: device.max_data, att_mtu: None, peer: None })
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        let mut device = self.0.borrow_mut();
        if !device.connected || !device.in_dfu {
            device.cut();
            return Err(lost());
        }
        let request = Request::parse(request).expect("the engine sends whole requests");
        device.requests.push(request.clone());
        let n = device.requests.len() as u64;
        let mut hook = device.on_request.take();
        let what = hook.as_mut().map_or(OnRequest::Pass, |hook| hook(n, &request));
        device.on_request = hook;
        let answer = match &what {
            OnRequest::LoseBefore => {
                device.cut();
                return Err(lost());
            }
            OnRequest::Restart => {
                device.restart();
                return Ok(());
            }
            OnRequest::Say(messages) => {
                device.outbox.extend(messages.iter().cloned());
                return Ok(());
            }
            _ => device.handle(&request).encode(),
        };
        match what {
            OnRequest::LoseAfter => device.cut(),
            OnRequest::Mute => {}
            OnRequest::SayBefore(messages) => {
                device.outbox.extend(messages);
                device.outbox.push_back(answer);
            }
            _ => device.outbox.push_back(answer),
        }
        Ok(())
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        let mut device = self.0.borrow_mut();
        if !device.connected {
            return Err(lost());
        }
        device.packets.push(data.len());
        let n = device.packets.len() as u64;
        let mut hook = device.on_packet.take();
        let what = hook.as_mut().map_or(OnPacket::Pass, |hook| hook(n, data));
        device.on_packet = hook;
        match what {
            OnPacket::Pass => device.write(data),
            OnPacket::Drop => {}
            OnPacket::Restart => device.restart(),
            OnPacket::Twice => {
                device.write(data);
                device.write(data);
            }
            OnPacket::Flip(byte) => {
                let mut data = data.to_vec();
                data[byte] ^= 0x10;
                device.write(&data);
            }
            OnPacket::LoseBefore => {
                device.cut();
                return Err(lost());
            }
            OnPacket::LoseAfter => {
                device.write(data);
                device.cut();
            }
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        {
            let mut device = self.0.borrow_mut();
            if let Some(message) = device.outbox.pop_front() {
                return Ok(message);
            }
            if !device.connected {
                return Err(lost());
            }
            if device.resetting {
                device.reset();
                return Err(lost());
            }
            if device.done {
                device.connected = false;
                return Err(lost());
            }
        }
        std::future::pending().await
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        let mut device = self.0.borrow_mut();
        if device.resetting {
            device.reset();
        }
        device.cut();
        Ok(())
    }
}
