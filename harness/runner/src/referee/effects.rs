//! What a request does to the device once it is answered, and what a Write does (sections 1 to 3, 15.2).

use gauntlet_protocol::crc32;
use gauntlet_protocol::init_packet::{FwType, decode};

use super::answers::{
    CREATE, EXECUTE, GET_CRC, INSUFFICIENT, INVALID_OBJECT, INVALID_PARAMETER, NOT_PERMITTED, SELECT, object,
    size,
};
use super::forecast::{Allowed, EXTENDED, SUCCESS, any, known};
use super::init::Kept;
use super::marks::{Mark, Marks};
use super::model::Model;
use super::state::{Command, Data, Selected, State, Stored};

/// Receive buffers of a serial build: refused writes take them for good (FLT-010).
const SERIAL_BUFFERS: usize = 3;

/// What became of a write.
enum Room {
    Fits,
    None,
    Unknown,
}

impl Model {
    /// Follows the answer to a request. False when the device says of an object what can't be.
    pub(super) fn follow(&mut self, request: &[u8], answer: &[u8]) -> bool {
        let result = answer.get(2).copied().unwrap_or_default();
        match request.first() {
            Some(&CREATE) => self.created(request, result),
            Some(&GET_CRC) if result == SUCCESS => return self.said(self.state.selected, answer.get(3..)),
            Some(&GET_CRC) => self.state.selected = Some(Selected::Invalid),
            Some(&SELECT) => {
                self.state.selected = match (object(request), result) {
                    (Some(1), SUCCESS) => Some(Selected::Command),
                    (Some(2), SUCCESS) => Some(Selected::Data),
                    (Some(_), _) => Some(Selected::Invalid),
                    (None, _) => None,
                };
                return result != SUCCESS || self.said(self.state.selected, answer.get(7..));
            }
            Some(&EXECUTE) => match self.state.selected {
                Some(Selected::Command) => self.command_executed(result),
                Some(Selected::Data) => self.data_executed(result),
                Some(Selected::Invalid) => {}
                None => self.state = State::default(),
            },
            _ => {}
        }
        true
    }

    /// The device says how much it holds of an object.
    fn said(&mut self, selected: Option<Selected>, payload: Option<&[u8]>) -> bool {
        let Some(mark) = payload.and_then(Mark::read) else { return true };
        match selected {
            Some(Selected::Command) => {
                let command = &mut self.state.command;
                let whole =
                    |packet: &&Vec<u8>| packet.len() == mark.offset as usize && crc32(packet) == mark.crc;
                if command.bytes.is_none() {
                    command.bytes = self.known_packets.iter().find(whole).cloned();
                }
                command.at.settle(mark)
            }
            Some(Selected::Data) => {
                let data = &mut self.state.data;
                if data.size == Some(0) {
                    // With no object open, what is there is what was executed.
                    data.executed = Some(mark);
                }
                data.at.settle(mark)
            }
            Some(Selected::Invalid) | None => true,
        }
    }

    fn created(&mut self, request: &[u8], result: u8) {
        let (kind, size) = (object(request), size(request));
        match kind {
            Some(1) => {
                self.state.selected = Some(Selected::Command);
                if result == SUCCESS {
                    self.state.init_ok = Some(false);
                    self.state.command = Command { size, ..Command::empty(0) };
                    self.state.data = Data::empty();
                }
            }
            Some(2) => {
                self.state.selected = Some(Selected::Data);
                // OBJ-022: where the erase can't be queued the rest has happened.
                if matches!(result, SUCCESS | INVALID_OBJECT) {
                    let data = &mut self.state.data;
                    data.size = size;
                    data.at = data.executed.map_or_else(Marks::default, Marks::sure);
                    self.flash_ops += 1;
                }
                if result != NOT_PERMITTED {
                    self.state.init_ok = Some(true);
                }
            }
            Some(_) => self.state.selected = Some(Selected::Invalid),
            // It took what stood behind the request.
            None => self.state = State { stored: self.state.stored.take(), ..State::default() },
        }
    }

    fn command_executed(&mut self, result: u8) {
        let left = self.init_left();
        let state = &mut self.state;
        let image = state.command.bytes.as_deref().and_then(|bytes| decode(bytes).ok());
        match result {
            SUCCESS => {
                state.init_ok = Some(true);
                state.command.size = state.command.at.only().map(|mark| mark.offset);
                state.fw_size = image.map(|packet| packet.init.image_size());
                self.store();
            }
            NOT_PERMITTED => {}
            // OBJ-008: nothing was there, and nothing has changed.
            INVALID_OBJECT if state.command.size == Some(0) => {}
            // OBJ-009 keeps the bytes of a packet that can't be read; a wrong signature does not (7.1). A signature of another
            // length is refused like settings that can't be queued, which leaves all as it was (OBJ-012).
            INVALID_OBJECT | super::answers::FAILED if left.is_some() => {
                state.init_ok = Some(false);
                if left == Some(Kept::Nothing) {
                    state.command = Command::empty(0);
                    state.data = Data::empty();
                    state.fw_size = Some(0);
                }
            }
            INVALID_OBJECT | super::answers::FAILED => {
                state.init_ok = if result == INVALID_OBJECT { Some(false) } else { None };
                let zero = || Marks::sure(Mark::default());
                let at = Marks::one_of([state.command.at.clone(), zero()]);
                state.command = Command { size: None, at, bytes: None };
                if state.data != Data::empty() {
                    let at = Marks::one_of([state.data.at.clone(), zero()]);
                    state.data = Data { size: None, at, executed: None };
                }
                state.fw_size = None;
                if result == super::answers::FAILED {
                    state.stored = None;
                    self.storing = None;
                }
            }
            // OBJ-010.
            INSUFFICIENT | EXTENDED => {
                state.init_ok = Some(false);
                state.command = Command::empty(0);
                state.data = Data::empty();
                state.fw_size = if result == EXTENDED { Some(0) } else { None };
            }
            _ => {}
        }
    }

    /// What a refusal leaves of an init packet that is wrong in itself.
    fn init_left(&self) -> Option<Kept> {
        let bytes = self.state.command.bytes.as_deref().filter(|_| self.state.init_ok == Some(false));
        self.rules.init.as_ref().zip(bytes).and_then(|(rules, bytes)| rules.leaves(bytes))
    }

    fn data_executed(&mut self, result: u8) {
        let at = self.state.data.at.only();
        if result == NOT_PERMITTED {
            return;
        }
        let last = match (at, self.state.fw_size) {
            _ if result != SUCCESS => Some(true),
            (Some(at), Some(size)) => Some(at.offset == size),
            _ => None,
        };
        if last == Some(true) {
            // OBJ-030: it commits, closes and resets; what it says meanwhile is open (FLT-012, FLT-013).
            if result == SUCCESS && self.brings_bootloader() {
                self.retire();
            }
            self.forget();
            self.mute = true;
            return;
        }
        // OBJ-029: the answer comes when the flash is idle.
        self.stored_in_flash();
        if !self.unaligned {
            self.flash_ops = 0;
        }
        let marks = self.state.data.at.clone();
        self.state.data = at.map_or(Data { size: Some(0), at: marks, executed: None }, Data::executed);
        if last.is_none() {
            self.state.stored = None;
        } else if self.rules.save_progress {
            self.store();
        }
    }

    /// The image that was received may be another bootloader.
    fn brings_bootloader(&self) -> bool {
        match &self.state.command.bytes {
            Some(bytes) => brings_bootloader(bytes),
            None => self.known_packets.iter().any(|packet| brings_bootloader(packet)),
        }
    }

    /// The settings are being written: over BLE behind the answer, so that an end of the connection may come first (OBJ-046).
    fn store(&mut self) {
        let state = &self.state;
        let stored =
            Stored { command: state.command.clone(), data: state.data.clone(), fw_size: state.fw_size };
        self.stored_in_flash();
        self.storing = Some(stored);
        self.stored_at = self.last;
    }

    /// What was being stored is in flash.
    pub(super) fn stored_in_flash(&mut self) {
        self.stored_at = None;
        if let Some(stored) = self.storing.take() {
            self.state.stored = Some(vec![stored]);
        }
    }

    /// What may be in flash at this moment.
    pub(super) fn in_flash(&mut self) -> Option<Vec<Stored>> {
        self.stored_at = None;
        let storing = self.storing.take();
        let mut stored = self.state.stored.take()?;
        stored.extend(storing);
        Some(stored)
    }

    /// A Write is worked on; what a receipt for it may say.
    pub(super) fn write(&mut self, data: &[u8]) -> Vec<Allowed> {
        let lost = self.buffers_may_be_full();
        if lost {
            self.receipts.lose_count();
        }
        match self.state.selected {
            Some(Selected::Invalid) => {
                self.leak();
                vec![Allowed::Code(INVALID_OBJECT)]
            }
            Some(Selected::Command) => self.write_command(data, lost),
            Some(Selected::Data) if self.state.init_ok == Some(false) => {
                self.leak();
                vec![Allowed::Code(NOT_PERMITTED)]
            }
            Some(Selected::Data) => self.write_data(data, lost),
            None => {
                (self.state.command, self.state.data) = (Command::default(), Data::default());
                self.maybe_leaked += 1;
                self.flash_ops += 1;
                vec![
                    Allowed::Success(any(8)),
                    Allowed::Code(INVALID_PARAMETER),
                    Allowed::Code(INVALID_OBJECT),
                    Allowed::Code(NOT_PERMITTED),
                ]
            }
        }
    }

    /// OBJ-005, OBJ-006, OBJ-014.
    fn write_command(&mut self, data: &[u8], lost: bool) -> Vec<Allowed> {
        let command = &mut self.state.command;
        let room = room(&command.at, command.size, data.len());
        match room {
            Room::Fits => {
                command.at.write(data, lost);
                match &mut command.bytes {
                    Some(bytes) if !command.at.is_loose() => bytes.extend(data),
                    bytes => *bytes = None,
                }
                said(&command.at)
            }
            Room::None if command.at.is_loose() => {
                command.at.overfull(command.size.unwrap_or(u32::MAX));
                command.bytes = None;
                vec![Allowed::Success(any(8)), Allowed::Code(INVALID_PARAMETER)]
            }
            Room::None => vec![Allowed::Code(INVALID_PARAMETER)],
            Room::Unknown => {
                (command.at, command.bytes) = (Marks::default(), None);
                vec![Allowed::Success(any(8)), Allowed::Code(INVALID_PARAMETER)]
            }
        }
    }

    /// OBJ-024..027.
    fn write_data(&mut self, data: &[u8], lost: bool) -> Vec<Allowed> {
        let end = match (self.state.data.executed, self.state.data.size) {
            (Some(executed), Some(size)) => Some(executed.offset.wrapping_add(size)),
            _ => None,
        };
        let known_init = self.state.init_ok.is_some();
        let room = room(&self.state.data.at, end.filter(|_| known_init), data.len());
        let lossy = lost || self.flash_may_be_full();
        let at = &mut self.state.data.at;
        match room {
            Room::Fits => {
                at.write(data, lossy);
                let mut allowed = said(at);
                if lossy {
                    // PRN-016.
                    allowed.push(Allowed::Success(known(&[0; 8])));
                }
                self.flash_ops += 1;
                self.unaligned |= !data.len().is_multiple_of(4);
                allowed
            }
            Room::None if !at.is_loose() => {
                self.leak();
                vec![Allowed::Code(INVALID_PARAMETER)]
            }
            room => {
                match room {
                    Room::None => at.overfull(end.unwrap_or(u32::MAX)),
                    Room::Fits | Room::Unknown => *at = Marks::default(),
                }
                self.flash_ops += 1;
                self.maybe_leaked += 1;
                self.unaligned |= !data.len().is_multiple_of(4);
                let codes = [INVALID_PARAMETER, NOT_PERMITTED].map(Allowed::Code);
                [vec![Allowed::Success(any(8))], codes.to_vec()].concat()
            }
        }
    }

    /// A refused write keeps its buffer. A serial receiver without one is deaf.
    fn leak(&mut self) {
        self.leaked += 1;
        if !self.rules.ble && self.leaked >= SERIAL_BUFFERS {
            self.doubt();
        }
    }

    /// A serial receiver may be deaf.
    pub(super) fn may_be_deaf(&self) -> bool {
        !self.rules.ble && self.leaked + self.maybe_leaked >= SERIAL_BUFFERS
    }
}

/// Whether an init packet announces a bootloader.
pub(super) fn brings_bootloader(packet: &[u8]) -> bool {
    decode(packet).is_ok_and(|packet| {
        matches!(packet.init.fw_type, Some(FwType::Bootloader | FwType::SoftDeviceBootloader))
    })
}

/// Whether a write of `length` bytes fits in front of `end`.
fn room(at: &Marks, end: Option<u32>, length: usize) -> Room {
    let Some(end) = end else { return Room::Unknown };
    let fits = |mark: &Mark| u64::from(mark.offset) + length as u64 <= u64::from(end);
    let Some(marks) = at.few().map_or_else(|| at.full().map(|mark| vec![mark]), |few| Some(few.to_vec()))
    else {
        return Room::Unknown;
    };
    match (marks.iter().all(fits), marks.iter().any(fits)) {
        (true, _) => Room::Fits,
        (_, false) => Room::None,
        _ => Room::Unknown,
    }
}

/// What a receipt says of these marks.
fn said(at: &Marks) -> Vec<Allowed> {
    match at.few() {
        Some(few) => few.iter().map(|mark| Allowed::Success(known(&mark.bytes()))).collect(),
        None => vec![Allowed::Success(any(8))],
    }
}
