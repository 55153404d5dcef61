//! Follows what host and device say to each other, to know at any time where in the update they are.

use std::collections::VecDeque;

use gauntlet_engine::Object;
use gauntlet_protocol::{ObjectType, Opcode, Outcome, Request, Response, ResultCode};

/// A packet, placed in the update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PacketPlace {
    /// The object it belongs to.
    pub(super) object: Object,
    /// Bytes of the object before it.
    pub(super) start: u32,
    /// Bytes of the object before it and in it.
    pub(super) end: u32,
    /// Which packet since the object's last Create; 1 is the first.
    pub(super) in_object: u64,
    /// Which firmware packet of the update; `None` in the init packet.
    pub(super) in_update: Option<u64>,
    /// Bytes of the init packet or of the firmware before it.
    pub(super) offset: u32,
}

/// The running position. Offsets are those of the host's stream: a packet that does not arrive moves them as well,
/// until the device is asked and both start from what it says.
#[derive(Debug)]
pub(super) struct Tracker {
    requests: u64,
    by_opcode: [u64; 256],
    notifications: u64,
    firmware_packets: u64,
    packets_in_object: u64,
    selected: Option<ObjectType>,
    /// Requests whose answer changes the position, oldest first.
    open: VecDeque<Request>,
    /// Bytes of the init packet.
    init: u32,
    /// Bytes of the firmware.
    data: u32,
    /// Bytes of the firmware in executed objects: where the current object begins.
    executed: u32,
    /// The size of a whole data object.
    object_size: u32,
}

impl Tracker {
    pub(super) fn new() -> Self {
        Self {
            requests: 0,
            by_opcode: [0; 256],
            notifications: 0,
            firmware_packets: 0,
            packets_in_object: 0,
            selected: None,
            open: VecDeque::new(),
            init: 0,
            data: 0,
            executed: 0,
            object_size: 4096,
        }
    }

    /// A new connection: nothing is under way any more.
    pub(super) fn connected(&mut self) {
        self.open.clear();
    }

    /// A request is about to be sent.
    pub(super) fn request(&mut self, bytes: &[u8]) {
        self.requests += 1;
        if let Some(&opcode) = bytes.first() {
            self.by_opcode[usize::from(opcode)] += 1;
        }
        let Ok(request) = Request::parse(bytes) else {
            return;
        };
        match request {
            Request::Create { object, .. } | Request::Select { object } => {
                self.selected = Some(object);
                self.open.push_back(request);
            }
            Request::Execute | Request::GetCrc => self.open.push_back(request),
            _ => {}
        }
    }

    /// A packet is about to be sent.
    pub(super) fn packet(&mut self, length: usize) -> PacketPlace {
        let length = length as u32;
        self.packets_in_object += 1;
        let firmware = self.selected == Some(ObjectType::Data);
        let (object, at, base) = if firmware {
            self.firmware_packets += 1;
            (Object::Data(self.executed / self.object_size + 1), &mut self.data, self.executed)
        } else {
            (Object::Init, &mut self.init, 0)
        };
        let offset = *at;
        *at = at.saturating_add(length);
        let start = offset.saturating_sub(base);
        PacketPlace {
            object,
            start,
            end: start.saturating_add(length),
            in_object: self.packets_in_object,
            in_update: firmware.then_some(self.firmware_packets),
            offset,
        }
    }

    /// The device sent a message.
    pub(super) fn message(&mut self, bytes: &[u8]) {
        self.notifications += 1;
        let Ok(response) = Response::parse(bytes) else {
            return;
        };
        // Answers come in order (CP-004); what was passed over will not be answered any more.
        let Some(at) = self.open.iter().position(|request| request.opcode() == response.opcode) else {
            return;
        };
        let Some(request) = self.open.drain(..=at).next_back() else {
            return;
        };
        match response.outcome() {
            Outcome::SUCCESS => self.succeeded(&request, &response),
            // Nothing left to execute: the object was executed before (OBJ-041).
            Outcome::Result(ResultCode::OperationNotPermitted)
                if request == Request::Execute && self.data.is_multiple_of(self.object_size) =>
            {
                self.executed();
            }
            _ => {}
        }
    }

    fn succeeded(&mut self, request: &Request, response: &Response) {
        match request {
            Request::Create { object: ObjectType::Command, .. } => {
                (self.init, self.data, self.executed, self.packets_in_object) = (0, 0, 0, 0);
            }
            Request::Create { object: ObjectType::Data, .. } => {
                self.data = self.executed;
                self.packets_in_object = 0;
            }
            Request::Select { object } => {
                let Ok(answer) = response.select_answer() else {
                    return;
                };
                if *object == ObjectType::Command {
                    self.init = answer.offset;
                } else {
                    self.object_size = answer.max_size.max(1);
                    self.data = answer.offset;
                    // The object that holds the last byte may still have to be executed.
                    self.executed = answer.offset.saturating_sub(1) / self.object_size * self.object_size;
                }
            }
            Request::Execute => self.executed(),
            Request::GetCrc => {
                let Ok(answer) = response.crc_answer() else {
                    return;
                };
                if self.selected == Some(ObjectType::Data) {
                    self.data = answer.offset;
                } else {
                    self.init = answer.offset;
                }
            }
            _ => {}
        }
    }

    fn executed(&mut self) {
        if self.selected == Some(ObjectType::Data) {
            self.executed = self.data;
            self.packets_in_object = 0;
        }
    }

    /// Requests so far, of all kinds or with one opcode.
    pub(super) fn requests(&self, opcode: Option<Opcode>) -> u64 {
        opcode.map_or(self.requests, |opcode| self.by_opcode[usize::from(opcode.code())])
    }

    /// Messages of the device so far.
    pub(super) fn notifications(&self) -> u64 {
        self.notifications
    }

    /// Firmware packets so far.
    pub(super) fn packets(&self) -> u64 {
        self.firmware_packets
    }

    /// The object that a packet would belong to now, and the bytes of its image before it.
    pub(super) fn here(&self) -> (Option<Object>, u32) {
        match self.selected {
            None => (None, 0),
            Some(ObjectType::Data) => (Some(Object::Data(self.executed / self.object_size + 1)), self.data),
            Some(_) => (Some(Object::Init), self.init),
        }
    }
}
