//! From what the engine sees to what the journal tells.

use gauntlet_engine::{Object, UpdateEvent};
use gauntlet_protocol::crc32;
use gauntlet_record::{Event, Word};

use super::Way;
use crate::packages::Sendable;

/// Turns what the engine sees into what the journal tells.
pub(super) struct Observed<'a> {
    way: &'a Way<'a>,
    package: &'a Sendable,
    /// The image that is being sent, from 0.
    image: usize,
    connected: bool,
    sending: bool,
    reconnects: u32,
}

impl<'a> Observed<'a> {
    pub(super) fn new(way: &'a Way<'a>, package: &'a Sendable) -> Self {
        Self { way, package, image: 0, connected: false, sending: false, reconnects: 0 }
    }

    pub(super) fn see(&mut self, event: &UpdateEvent) {
        if let UpdateEvent::Image { number, .. } = event {
            self.image = number.saturating_sub(1) as usize;
        }
        let Some(image) = self.package.images.get(self.image) else { return };
        let (init_packet, firmware) = (&image.init_packet, &image.firmware);
        let told = match event {
            UpdateEvent::Connected(_) if self.connected => {
                self.reconnects += 1;
                Event::LinkReconnected { count: self.reconnects }
            }
            UpdateEvent::Connected(connected) => {
                self.connected = true;
                Event::LinkConnected {
                    link: if connected.att_mtu.is_some() { "ble" } else { "serial" }.to_owned(),
                    att_mtu: connected.att_mtu,
                    max_data: connected.max_data as u32,
                }
            }
            UpdateEvent::Progress { .. } if !self.sending => {
                self.sending = true;
                Event::DataStarted
            }
            UpdateEvent::LinkLost(error) => Event::LinkLost { reason: error.to_string() },
            UpdateEvent::Resumed { object, offset } => {
                let (what, bytes) = match object {
                    Object::Init => ("init", init_packet),
                    Object::Data(_) => ("firmware", firmware),
                };
                let held = &bytes[..bytes.len().min(*offset as usize)];
                Event::UpdateResumed { object: what.to_owned(), offset: *offset, crc32: Word(crc32(held)) }
            }
            UpdateEvent::Executed { object: Object::Init, .. } => {
                Event::InitAccepted { bytes: init_packet.len() as u32, crc32: Word(crc32(init_packet)) }
            }
            UpdateEvent::Executed { object: Object::Data(object), .. } => {
                let end = firmware.len().min(*object as usize * 4096);
                Event::ObjectExecuted {
                    object: *object,
                    of: firmware.len().div_ceil(4096) as u32,
                    offset: end as u32,
                    crc32: Word(crc32(&firmware[..end])),
                }
            }
            _ => return,
        };
        self.way.tell(told);
    }
}
