//! From what the engine sees to what the journal tells.

use gauntlet_engine::{Object, UpdateEvent, UpdateReport};
use gauntlet_protocol::crc32;
use gauntlet_record::{Event, Word};

use super::Way;
use crate::packages::Sendable;

/// Turns what the engine sees into what the journal tells.
pub(super) struct Observed<'a> {
    way: &'a Way<'a>,
    package: &'a Sendable,
    last: Option<UpdateReport>,
    connected: bool,
    reconnects: u32,
}

impl<'a> Observed<'a> {
    pub(super) fn new(way: &'a Way<'a>, package: &'a Sendable) -> Self {
        Self { way, package, last: None, connected: false, reconnects: 0 }
    }

    /// The engine's figures, which it gives last.
    pub(super) fn into_report(self) -> UpdateReport {
        self.last.unwrap_or_default()
    }

    pub(super) fn see(&mut self, event: &UpdateEvent) {
        let firmware = &self.package.firmware;
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
            UpdateEvent::LinkLost(error) => Event::LinkLost { reason: error.to_string() },
            UpdateEvent::Resumed { object, offset } => {
                let (what, bytes) = match object {
                    Object::Init => ("init", &self.package.init_packet),
                    Object::Data(_) => ("firmware", firmware),
                };
                let held = &bytes[..bytes.len().min(*offset as usize)];
                Event::UpdateResumed { object: what.to_owned(), offset: *offset, crc32: Word(crc32(held)) }
            }
            UpdateEvent::Executed { object: Object::Init, .. } => Event::InitAccepted {
                bytes: self.package.init_packet.len() as u32,
                crc32: Word(crc32(&self.package.init_packet)),
            },
            UpdateEvent::Executed { object: Object::Data(object), .. } => {
                let end = firmware.len().min(*object as usize * 4096);
                Event::ObjectExecuted {
                    object: *object,
                    of: firmware.len().div_ceil(4096) as u32,
                    offset: end as u32,
                    crc32: Word(crc32(&firmware[..end])),
                }
            }
            UpdateEvent::Finished(report) => {
                self.last = Some((**report).clone());
                return;
            }
            _ => return,
        };
        self.way.tell(told);
    }
}
