//! What each request must be answered with (sections 1 and 2), from what is known of the device.

use super::forecast::{Allowed, EXTENDED, Forecast, any, known};
use super::model::Model;
use super::state::Selected;

pub(super) const PROTOCOL_VERSION: u8 = 0x00;
pub(super) const CREATE: u8 = 0x01;
pub(super) const SET_RECEIPTS: u8 = 0x02;
pub(super) const GET_CRC: u8 = 0x03;
pub(super) const EXECUTE: u8 = 0x04;
pub(super) const SELECT: u8 = 0x06;
pub(super) const GET_MTU: u8 = 0x07;
pub(super) const WRITE: u8 = 0x08;
pub(super) const PING: u8 = 0x09;
pub(super) const HARDWARE_VERSION: u8 = 0x0A;
pub(super) const FIRMWARE_VERSION: u8 = 0x0B;
pub(super) const ABORT: u8 = 0x0C;

pub(super) const NOT_SUPPORTED: u8 = 0x02;
pub(super) const INVALID_PARAMETER: u8 = 0x03;
pub(super) const INSUFFICIENT: u8 = 0x04;
pub(super) const INVALID_OBJECT: u8 = 0x05;
pub(super) const NOT_PERMITTED: u8 = 0x08;
pub(super) const FAILED: u8 = 0x0A;
/// The image is another than the init packet announced.
const HASH_DIFFERS: u8 = 0x0C;
/// What an init packet may be refused with (section 7.1).
const INIT_EXTENDED: [u8; 6] = [0x04, 0x05, 0x06, 0x07, 0x08, 0x09];
const SIGNATURE_TYPE: u8 = 0x0B;

/// Bytes of a data object at most.
pub(super) const DATA_MAX: u32 = 4096;

/// The object type and size that a Create names, or the type of a Select; nothing when the request is too short for them, and
/// the device takes what it finds behind (FLT-001).
pub(super) fn object(request: &[u8]) -> Option<u8> {
    request.get(1).copied()
}

pub(super) fn size(request: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(request.get(2..6)?.try_into().ok()?))
}

impl Model {
    /// What `request` must be answered with; `None` is anything, but it has to be an answer to it.
    pub(super) fn forecast(&self, request: &[u8]) -> Option<Forecast> {
        let opcode = *request.first()?;
        let rules = &self.rules;
        let unsupported = |rule| Some(Forecast::code(opcode, rule, NOT_SUPPORTED));
        match opcode {
            PROTOCOL_VERSION | GET_MTU | PING | HARDWARE_VERSION | FIRMWARE_VERSION if rules.reduced => {
                unsupported("CP-005")
            }
            PROTOCOL_VERSION if !rules.protocol_version => unsupported("section 0.2"),
            FIRMWARE_VERSION if !rules.firmware_version => unsupported("section 0.2"),
            PROTOCOL_VERSION => success(opcode, "CP-007", known(&[1])),
            CREATE => self.create(request),
            SET_RECEIPTS => Some(Forecast::success(opcode, "CP-013")),
            GET_CRC => Some(self.get_crc()),
            EXECUTE => Some(self.execute()),
            SELECT => self.select(request),
            GET_MTU => success(opcode, "CP-022", known(&rules.mtu.to_le_bytes())),
            PING => success(opcode, "CP-023", request.get(1).map_or(any(1), |id| known(&[*id]))),
            HARDWARE_VERSION => Some(self.account.hardware(opcode, rules)),
            FIRMWARE_VERSION => {
                // Until now it was dropped in RAM at most, which a lost link or a reset undoes.
                let dropped = self.state.init_ok != Some(false);
                Some(self.account.firmware(opcode, *request.get(1)?, rules, dropped))
            }
            _ => unsupported("CP-006"),
        }
    }

    /// CP-017, OBJ-001..003, OBJ-015..022.
    fn create(&self, request: &[u8]) -> Option<Forecast> {
        let refused = |rule, code| Some(Forecast::code(CREATE, rule, code));
        match (object(request)?, size(request)) {
            (1, Some(0)) => refused("OBJ-001", INVALID_PARAMETER),
            (1, Some(size)) if size > self.rules.command_max => refused("OBJ-002", INSUFFICIENT),
            (1, Some(_)) => Some(Forecast::success(CREATE, "OBJ-003")),
            (2, _) if self.state.init_ok == Some(false) => refused("OBJ-015", NOT_PERMITTED),
            (2, Some(size)) => Some(self.create_data(size)),
            (1 | 2, None) => None,
            _ => refused("CP-017", INVALID_OBJECT),
        }
    }

    fn create_data(&self, size: u32) -> Forecast {
        let not_permitted = (self.state.init_ok.is_none()).then_some(Allowed::Code(NOT_PERMITTED));
        let fits = |rule| {
            let mut allowed = vec![Allowed::Success(Vec::new())];
            if self.flash_may_be_full() {
                // OBJ-022: the erase can't be queued.
                allowed.push(Allowed::Code(INVALID_OBJECT));
            }
            Forecast::new(CREATE, rule, allowed)
        };
        let code = |rule, code| Forecast::code(CREATE, rule, code);
        let ragged = !size.is_multiple_of(DATA_MAX);
        let end = self.state.data.executed.map(|mark| u64::from(mark.offset) + u64::from(size));
        let mut forecast = match (end, self.state.fw_size.map(u64::from)) {
            _ if size == 0 => code("OBJ-016", INVALID_PARAMETER),
            (Some(end), Some(whole)) if ragged && end != whole => code("OBJ-017", INVALID_PARAMETER),
            (Some(_), Some(_)) if size > DATA_MAX => code("OBJ-018", INSUFFICIENT),
            (Some(end), Some(whole)) if end > whole => code("OBJ-019", NOT_PERMITTED),
            (Some(_), Some(_)) => fits("OBJ-020"),
            _ if !ragged && size > DATA_MAX => code("OBJ-018", INSUFFICIENT),
            _ => {
                let mut forecast = fits("OBJ-017..020");
                let refusals: &[u8] = match (ragged, size > DATA_MAX) {
                    (true, true) => &[INVALID_PARAMETER, INSUFFICIENT],
                    (true, false) => &[INVALID_PARAMETER],
                    (false, _) => &[NOT_PERMITTED],
                };
                if ragged && size > DATA_MAX {
                    forecast.allowed.clear();
                }
                forecast.allowed.extend(refusals.iter().copied().map(Allowed::Code));
                forecast
            }
        };
        forecast.allowed.extend(not_permitted.filter(|code| !forecast.allowed.contains(code)));
        forecast
    }

    /// CP-014..018, OBJ-033, OBJ-035: the marks of what is selected, for the whole image.
    fn progress(&self, selected: Selected) -> Vec<Vec<Option<u8>>> {
        let marks = match selected {
            Selected::Invalid => return Vec::new(),
            Selected::Command => &self.state.command.at,
            Selected::Data => &self.state.data.at,
        };
        match marks.few() {
            Some(few) => few.iter().map(|mark| known(&mark.bytes())).collect(),
            None => vec![any(8)],
        }
    }

    fn get_crc(&self) -> Forecast {
        let progress = |selected| self.progress(selected).into_iter().map(Allowed::Success).collect();
        match self.state.selected {
            Some(Selected::Invalid) => Forecast::code(GET_CRC, "CP-017", INVALID_OBJECT),
            Some(selected) => Forecast::new(GET_CRC, "CP-018", progress(selected)),
            None => {
                let allowed = vec![Allowed::Success(any(8)), Allowed::Code(INVALID_OBJECT)];
                Forecast::new(GET_CRC, "CP-018", allowed)
            }
        }
    }

    fn select(&self, request: &[u8]) -> Option<Forecast> {
        let (selected, most, rule) = match object(request)? {
            1 => (Selected::Command, self.rules.command_max, "CP-014"),
            2 => (Selected::Data, DATA_MAX, "CP-015"),
            _ => return Some(Forecast::code(SELECT, "CP-017", INVALID_OBJECT)),
        };
        let most = known(&most.to_le_bytes());
        let progress = self.progress(selected).into_iter();
        let allowed = progress.map(|bytes| Allowed::Success([most.clone(), bytes].concat())).collect();
        Some(Forecast::new(SELECT, rule, allowed))
    }

    fn execute(&self) -> Forecast {
        match self.state.selected {
            Some(Selected::Invalid) => Forecast::code(EXECUTE, "CP-017", INVALID_OBJECT),
            Some(Selected::Command) => self.execute_command(),
            Some(Selected::Data) => self.execute_data(),
            None => {
                let mut allowed = init_results();
                allowed.push(Allowed::Code(NOT_PERMITTED));
                allowed.push(Allowed::Extended(HASH_DIFFERS));
                Forecast::new(EXECUTE, "CP-021", allowed)
            }
        }
    }

    /// OBJ-007..013, section 7.1.
    fn execute_command(&self) -> Forecast {
        let command = &self.state.command;
        let complete = match (command.at.only(), command.size) {
            (Some(mark), Some(size)) => Some(mark.offset == size),
            _ => None,
        };
        match (complete, self.state.init_ok) {
            (Some(false), _) => Forecast::code(EXECUTE, "OBJ-007", NOT_PERMITTED),
            (Some(true), Some(true)) => {
                // OBJ-012: the settings can't be queued.
                let allowed = vec![Allowed::Success(Vec::new()), Allowed::Code(FAILED)];
                Forecast::new(EXECUTE, "OBJ-013", allowed)
            }
            (Some(true), Some(false)) if command.size == Some(0) => {
                Forecast::code(EXECUTE, "OBJ-008", INVALID_OBJECT)
            }
            (Some(true), init_ok) => {
                let bytes = command.bytes.as_deref();
                let exact = self.rules.init.as_ref().zip(bytes).map(|(rules, bytes)| rules.answers(bytes));
                let mut allowed = exact.unwrap_or_else(init_results);
                if init_ok.is_none() {
                    // It may be in force, and is not looked at again (OBJ-013).
                    allowed.push(Allowed::Success(Vec::new()));
                }
                if init_ok.is_none() || self.flash_may_be_full() {
                    allowed.push(Allowed::Code(FAILED));
                }
                Forecast::new(EXECUTE, "section 7.1", allowed)
            }
            (None, _) => {
                let mut allowed = init_results();
                allowed.push(Allowed::Code(NOT_PERMITTED));
                Forecast::new(EXECUTE, "section 7.1", allowed)
            }
        }
    }

    /// OBJ-028..032, OBJ-041, section 7.4.
    fn execute_data(&self) -> Forecast {
        let data = &self.state.data;
        let last = || vec![Allowed::Success(Vec::new()), Allowed::Extended(HASH_DIFFERS), Allowed::Code(5)];
        let incomplete = Allowed::Code(NOT_PERMITTED);
        let (Some(at), Some(size), Some(executed)) = (data.at.only(), data.size, data.executed) else {
            let mut allowed = last();
            allowed.push(incomplete);
            return Forecast::new(EXECUTE, "OBJ-028..032", allowed);
        };
        if at.offset.wrapping_sub(executed.offset) != size {
            return Forecast::new(EXECUTE, "OBJ-028", vec![incomplete]);
        }
        let again = size == 0 && at.offset > 0 && self.rules.boundary_refused;
        let (rule, mut allowed) = match self.state.fw_size {
            Some(0) if at.offset == 0 => ("OBJ-032", vec![Allowed::Extended(HASH_DIFFERS)]),
            Some(whole) if at.offset == whole => ("OBJ-030", last()),
            Some(_) if size == 0 => ("OBJ-031", vec![Allowed::Success(Vec::new())]),
            Some(_) => ("OBJ-029", vec![Allowed::Success(Vec::new())]),
            None => ("OBJ-029..032", last()),
        };
        if again {
            allowed.push(incomplete);
        }
        Forecast::new(EXECUTE, rule, allowed)
    }
}

fn success(opcode: u8, rule: &'static str, payload: Vec<Option<u8>>) -> Option<Forecast> {
    Some(Forecast::new(opcode, rule, vec![Allowed::Success(payload)]))
}

/// What a whole init packet may be answered with.
fn init_results() -> Vec<Allowed> {
    let mut allowed = vec![Allowed::Success(Vec::new())];
    allowed.extend([INVALID_OBJECT, INSUFFICIENT, FAILED].map(Allowed::Code));
    allowed.extend(INIT_EXTENDED.into_iter().chain([SIGNATURE_TYPE]).map(Allowed::Extended));
    allowed
}

/// Whether an answer says that result 0B refused it.
pub(super) fn is_extended(answer: &[u8]) -> bool {
    answer.get(2) == Some(&EXTENDED)
}
