//! A device that exists only in memory: the object rules of the protocol without flash, time or cryptography. Whatever
//! should go wrong is put into its hooks.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each user of this module needs another part of it"
)]

mod link;

use std::collections::VecDeque;

use gauntlet_engine::Shape;
use gauntlet_protocol::{
    Crc32, CrcAnswer, MtuAnswer, ObjectType, Opcode, Outcome, Request, Response, ResultCode, SelectAnswer,
};

pub use link::{FakeLink, Handle};

/// What a hook makes of a request.
pub enum OnRequest {
    /// Nothing special.
    Pass,
    /// The link goes down before the device sees it.
    LoseBefore,
    /// The link goes down when the device has handled it; the answer is lost.
    LoseAfter,
    /// The device handles it and never answers.
    Mute,
    /// The device does not handle it and says this instead.
    Say(Vec<Vec<u8>>),
    /// The device handles it and says this before its answer.
    SayBefore(Vec<Vec<u8>>),
    /// The device starts anew and never sees it; the link stays up.
    Restart,
}

/// What a hook makes of a packet.
pub enum OnPacket {
    Pass,
    Drop,
    Twice,
    Flip(usize),
    LoseBefore,
    LoseAfter,
    /// The device starts anew and never sees it; the link stays up.
    Restart,
}

pub type RequestHook = Box<dyn FnMut(u64, &Request) -> OnRequest>;
pub type PacketHook = Box<dyn FnMut(u64, &[u8]) -> OnPacket>;

/// How the device comes back after an image that was not the last one.
pub struct Return {
    /// The length of the next firmware.
    pub firmware_length: usize,
    /// Connections that fail before.
    pub missed: u32,
    /// Connections that come about before and are lost with the first request: the device on its way out.
    pub met_leaving: u32,
    /// It comes back into its application.
    pub into_application: bool,
}

impl Return {
    pub fn with(firmware_length: usize) -> Self {
        Self { firmware_length, missed: 0, met_leaving: 0, into_application: false }
    }
}

#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Progress {
    pub offset: usize,
    pub executed: usize,
    /// Size of the open object.
    pub size: usize,
}

pub struct Device {
    pub shape: Shape,
    /// The length that the init packet promises.
    pub firmware_length: usize,
    /// What is left of the progress after a lost link: everything, executed objects, or nothing.
    pub keeps_open_objects: bool,
    pub keeps_executed_objects: bool,
    /// Whether an Execute with nothing to execute is refused (OBJ-041 as reported of some devices).
    pub refuses_idle_execute: bool,
    pub max_data: usize,
    pub mtu: Option<u16>,
    pub data_size: usize,

    /// What follows each image that is taken.
    pub returns: VecDeque<Return>,
    /// The init packets and images that were taken.
    pub taken: Vec<(Vec<u8>, Vec<u8>)>,
    /// An init packet that was taken once is refused with this the next time.
    pub refuses_again: Option<Outcome>,

    /// Asked when the last object is executed; a refusal ends the session with a reset, as a wrong hash does (OBJ-030).
    pub refuses_image: Option<Box<dyn FnMut() -> Option<Outcome>>>,
    /// After such a reset it starts its application.
    pub leaves_dfu_when_refused: bool,
    /// The refusal has been said; the device resets.
    pub resetting: bool,

    /// Bytes of a packet that arrive.
    pub cuts_packets_to: Option<usize>,

    pub on_request: Option<RequestHook>,
    pub on_packet: Option<PacketHook>,

    /// In DFU mode, so that it can be found.
    pub in_dfu: bool,
    pub connected: bool,
    /// The image was taken.
    pub done: bool,
    pub flash: Vec<u8>,
    pub init: Vec<u8>,
    pub init_size: usize,
    /// The init packet that survives a lost link.
    pub stored_init: Vec<u8>,
    pub init_ok: bool,
    pub progress: Progress,
    pub selected: ObjectType,
    pub prn: u16,
    pub prn_left: u16,
    pub outbox: VecDeque<Vec<u8>>,

    pub requests: Vec<Request>,
    pub packets: Vec<usize>,
    pub connections: u32,
}

impl Device {
    pub fn new(shape: Shape, firmware_length: usize) -> Self {
        Self {
            shape,
            firmware_length,
            keeps_open_objects: shape == Shape::Serial,
            keeps_executed_objects: shape == Shape::Serial,
            refuses_idle_execute: false,
            max_data: 244,
            mtu: Some(131),
            data_size: 4096,
            returns: VecDeque::new(),
            taken: Vec::new(),
            refuses_again: None,
            refuses_image: None,
            leaves_dfu_when_refused: false,
            resetting: false,
            cuts_packets_to: None,
            on_request: None,
            on_packet: None,
            in_dfu: true,
            connected: false,
            done: false,
            flash: Vec::new(),
            init: Vec::new(),
            init_size: 0,
            stored_init: Vec::new(),
            init_ok: false,
            progress: Progress::default(),
            selected: ObjectType::Command,
            prn: 0,
            prn_left: 0,
            outbox: VecDeque::new(),
            requests: Vec::new(),
            packets: Vec::new(),
            connections: 0,
        }
    }

    /// Behind a refused image: everything of it is gone.
    pub fn reset(&mut self) {
        self.resetting = false;
        self.connected = false;
        self.outbox.clear();
        self.flash.clear();
        self.init.clear();
        self.stored_init.clear();
        self.progress = Progress::default();
        (self.init_ok, self.selected) = (false, ObjectType::Command);
        self.in_dfu = !self.leaves_dfu_when_refused;
    }

    /// The link went down.
    pub fn cut(&mut self) {
        if !self.connected {
            return;
        }
        self.connected = false;
        self.outbox.clear();
        // What it took, it keeps.
        if !self.keeps_open_objects && !self.done {
            self.init = self.stored_init.clone();
            self.init_size = self.init.len();
            let executed = if self.keeps_executed_objects { self.progress.executed } else { 0 };
            self.progress = Progress { offset: executed, executed, size: 0 };
            self.flash.truncate(executed);
        }
    }

    /// It starts anew, and the link does not tell, as a UART does not: what lives in RAM is gone.
    pub fn restart(&mut self) {
        self.outbox.clear();
        self.init = self.stored_init.clone();
        self.init_size = self.init.len();
        let executed = if self.keeps_executed_objects { self.progress.executed } else { 0 };
        self.progress = Progress { offset: executed, executed, size: 0 };
        self.flash.truncate(executed);
        self.selected = ObjectType::Command;
        (self.prn, self.prn_left) = (0, 0);
    }

    fn crc(&self) -> CrcAnswer {
        let mut crc = Crc32::default();
        match self.selected {
            ObjectType::Data => crc.update(&self.flash[..self.progress.offset]),
            _ => crc.update(&self.init),
        }
        CrcAnswer { offset: crc.offset, crc: crc.value }
    }

    pub fn handle(&mut self, request: &Request) -> Response {
        let ok = |opcode| Response::new(opcode, Outcome::SUCCESS);
        let opcode = request.opcode();
        match request {
            Request::Select { object } => {
                self.selected = *object;
                let max_size = if *object == ObjectType::Data { self.data_size as u32 } else { 512 };
                let CrcAnswer { offset, crc } = self.crc();
                Response::select(SelectAnswer { max_size, offset, crc })
            }
            Request::Create { object, size } => {
                self.selected = *object;
                self.prn_left = self.prn;
                match self.create(*size as usize) {
                    Ok(()) => ok(opcode),
                    Err(result) => Response::new(opcode, result),
                }
            }
            Request::SetPrn { packets } => {
                (self.prn, self.prn_left) = (*packets, *packets);
                ok(opcode)
            }
            Request::GetCrc => Response::crc(self.crc()),
            Request::Execute => match self.execute() {
                Ok(()) => ok(opcode),
                Err(result) => Response::new(opcode, result),
            },
            Request::GetMtu if self.shape == Shape::Serial => match self.mtu {
                Some(mtu) => Response::mtu(MtuAnswer { mtu }),
                None => Response::new(opcode, ResultCode::OpcodeNotSupported),
            },
            Request::Ping { id } if self.shape == Shape::Serial => Response::success(opcode, vec![*id]),
            _ => Response::new(opcode, ResultCode::OpcodeNotSupported),
        }
    }

    fn create(&mut self, size: usize) -> Result<(), ResultCode> {
        if self.selected == ObjectType::Command {
            self.init.clear();
            self.init_size = size;
            self.init_ok = false;
            self.progress = Progress::default();
            return Ok(());
        }
        if !self.init_ok {
            return Err(ResultCode::OperationNotPermitted);
        }
        let executed = self.progress.executed;
        if size != self.data_size.min(self.firmware_length - executed) {
            return Err(ResultCode::InvalidParameter);
        }
        self.progress = Progress { offset: executed, executed, size };
        self.flash.truncate(executed);
        Ok(())
    }

    /// A connection attempt while the device is not in DFU mode; whether it is now.
    pub fn come_back(&mut self) -> bool {
        let Some(next) = self.returns.front_mut() else {
            return false;
        };
        if next.missed > 0 {
            next.missed -= 1;
            return false;
        }
        if next.met_leaving > 0 {
            next.met_leaving -= 1;
            return true;
        }
        if next.into_application {
            return false;
        }
        self.awake();
        true
    }

    /// In DFU mode again, for the next image.
    pub fn awake(&mut self) {
        if let Some(next) = self.returns.pop_front() {
            self.firmware_length = next.firmware_length;
            self.flash.clear();
            self.progress = Progress::default();
            (self.init_ok, self.done) = (false, false);
        }
        self.in_dfu = true;
    }

    fn execute(&mut self) -> Result<(), Outcome> {
        if self.selected == ObjectType::Command {
            if self.init.len() != self.init_size || self.init.is_empty() {
                return Err(ResultCode::OperationNotPermitted.into());
            }
            if let Some(outcome) = self.refuses_again
                && self.taken.iter().any(|(init, _)| *init == self.init)
            {
                self.init.clear();
                self.init_size = 0;
                return Err(outcome);
            }
            self.init_ok = true;
            self.stored_init = self.init.clone();
            return Ok(());
        }
        let Progress { offset, executed, size } = self.progress;
        if offset - executed != size || (size == 0 && self.refuses_idle_execute) {
            return Err(ResultCode::OperationNotPermitted.into());
        }
        self.progress = Progress { offset, executed: offset, size: 0 };
        if offset == self.firmware_length {
            if let Some(outcome) = self.refuses_image.as_mut().and_then(|refuse| refuse()) {
                self.resetting = true;
                return Err(outcome);
            }
            self.done = true;
            self.in_dfu = false;
            self.taken.push((std::mem::take(&mut self.init), self.flash.clone()));
            self.stored_init.clear();
        }
        Ok(())
    }

    /// Takes a packet; the result counts only in a receipt.
    pub fn write(&mut self, data: &[u8]) {
        let data = &data[..data.len().min(self.cuts_packets_to.unwrap_or(usize::MAX))];
        let result = if self.selected == ObjectType::Command {
            if self.init.len() + data.len() > self.init_size {
                Err(ResultCode::InvalidParameter)
            } else {
                self.init.extend_from_slice(data);
                Ok(())
            }
        } else if !self.init_ok {
            Err(ResultCode::OperationNotPermitted)
        } else if self.progress.offset - self.progress.executed + data.len() > self.progress.size {
            Err(ResultCode::InvalidParameter)
        } else {
            self.flash.extend_from_slice(data);
            self.progress.offset += data.len();
            Ok(())
        };
        if self.prn > 0 {
            self.prn_left -= 1;
            if self.prn_left == 0 {
                self.prn_left = self.prn;
                let receipt = match result {
                    Ok(()) => Response::crc(self.crc()),
                    Err(result) => Response::new(Opcode::GetCrc, result),
                };
                self.outbox.push_back(receipt.encode());
            }
        }
    }
}
