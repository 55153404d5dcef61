//! The remote probe protocol of pyOCD: one JSON object a line, each way.

use gauntlet_nrf52::{DapError, DapPort};
use serde_json::{Value, json};

use super::{Conversation, wire::Wire};
use crate::virtual_probe::SharedMachine;

const VERSION: u64 = 1;
const REFUSED: u64 = 1;
const TRANSFER_ERROR: u64 = 10;
const FAULT: u64 = 12;

pub(super) struct PyOcd {
    wire: Wire,
    line: Vec<u8>,
    is_open: bool,
    is_connected: bool,
    reset_asserted: bool,
}

/// A request that was not carried out: the status code, and what to say.
struct Refusal(u64, String);

type Answer = Result<Value, Refusal>;

impl From<DapError> for Refusal {
    fn from(error: DapError) -> Self {
        let status = match error {
            DapError::Fault => FAULT,
            DapError::NoAcknowledge => TRANSFER_ERROR,
        };
        Self(status, error.to_string())
    }
}

impl Conversation for PyOcd {
    fn receive(&mut self, bytes: &[u8], answer: &mut Vec<u8>) {
        for &byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            // Every line is answered: the tool would wait for ever.
            let request: Value = serde_json::from_slice(&line).unwrap_or(Value::Null);
            let name = request["request"].as_str().unwrap_or_default();
            let mut response = json!({ "id": request["id"] });
            match self.answer(name, &request["arguments"]) {
                Ok(result) => {
                    response["status"] = json!(0);
                    response["result"] = result;
                }
                Err(Refusal(status, text)) => {
                    response["status"] = json!(status);
                    response["error"] = json!(text);
                }
            }
            answer.extend(response.to_string().bytes());
            answer.push(b'\n');
        }
    }
}

impl PyOcd {
    pub(super) fn new(machine: SharedMachine) -> Self {
        Self {
            wire: Wire::new(machine),
            line: Vec::new(),
            is_open: false,
            is_connected: false,
            reset_asserted: false,
        }
    }

    fn answer(&mut self, request: &str, arguments: &Value) -> Answer {
        match request {
            "hello" if arguments[0] == VERSION => {}
            "hello" => return Err(Refusal(REFUSED, "only version 1 of the protocol is spoken".to_owned())),
            "open" => self.is_open = true,
            "close" => self.is_open = false,
            "connect" => self.is_connected = true,
            "disconnect" => self.is_connected = false,
            "lock" | "unlock" | "flush" | "set_clock" | "swo_start" | "swo_stop" | "jtag_sequence" => {}
            "readprop" => return Ok(self.property(arguments[0].as_str().unwrap_or_default())),
            "has_swo" => return Ok(json!(false)),
            "swo_read" => return Ok(json!([])),
            // No handle: the tool then uses the registers of the access port.
            "get_memory_interface_for_ap" => return Ok(Value::Null),
            "reset" => {
                self.wire.reset_line(true);
                self.wire.reset_line(false);
            }
            "assert_reset" => {
                self.reset_asserted = arguments[0].as_bool().unwrap_or_default();
                self.wire.reset_line(self.reset_asserted);
            }
            "is_reset_asserted" => return Ok(json!(self.reset_asserted)),
            "swj_sequence" => self.sequence(&arguments[0], &arguments[1]),
            "swd_sequence" => {
                for part in arguments[0].as_array().into_iter().flatten() {
                    self.sequence(&part[0], &part[1]);
                }
                return Ok(json!([0, []]));
            }
            "read_dp" => return self.read(DapPort::Debug, &arguments[0]),
            "read_ap" => return self.read(DapPort::Access, &arguments[0]),
            "write_dp" => return self.write(DapPort::Debug, &arguments[0], &arguments[1]),
            "write_ap" => return self.write(DapPort::Access, &arguments[0], &arguments[1]),
            "read_ap_multiple" => {
                // The tool's own limit is far below; this keeps a stray number from eating the memory.
                let count = number(&arguments[1])?.min(1 << 20) as usize;
                let mut values = vec![0; count];
                self.wire.machine().dap_read_block(DapPort::Access, register(&arguments[0])?, &mut values)?;
                return Ok(json!(values));
            }
            "write_ap_multiple" => {
                let values = arguments[1].as_array().into_iter().flatten().map(number);
                let values = values.collect::<Result<Vec<u32>, Refusal>>()?;
                self.wire.machine().dap_write_block(DapPort::Access, register(&arguments[0])?, &values)?;
            }
            _ => return Err(Refusal(REFUSED, format!("unknown request {request:?}"))),
        }
        Ok(Value::Null)
    }

    fn property(&self, name: &str) -> Value {
        match name {
            "vendor_name" => json!("Gauntlet"),
            "product_name" => json!("virtual board"),
            "unique_id" => json!("virtual"),
            "supported_wire_protocols" => json!(["DEFAULT", "SWD"]),
            "wire_protocol" if self.is_connected => json!("SWD"),
            "is_open" => json!(self.is_open),
            "capabilities" => json!([]),
            _ => Value::Null,
        }
    }

    fn read(&mut self, port: DapPort, address: &Value) -> Answer {
        let value = self.wire.machine().dap_read(port, register(address)?)?;
        Ok(json!(value))
    }

    fn write(&mut self, port: DapPort, address: &Value, value: &Value) -> Answer {
        self.wire.machine().dap_write(port, register(address)?, number(value)?)?;
        Ok(Value::Null)
    }

    /// A sequence may be longer than any number here: then it comes in decimal digits JSON allows, and serde_json as a
    /// float. Only line resets and short switch sequences are sent; a number that does not fit is all ones.
    fn sequence(&mut self, length: &Value, bits: &Value) {
        let length = length.as_u64().unwrap_or(0).min(1024) as u32;
        let bits = bits.as_u64();
        self.wire.bits(length, |index| bits.is_none_or(|bits| index < 64 && bits >> index & 1 == 1));
    }
}

fn number(value: &Value) -> Result<u32, Refusal> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| Refusal(REFUSED, format!("{value} is not a number of 32 bits")))
}

/// The tool selects banks itself: of an address only bits 2 and 3 count.
fn register(address: &Value) -> Result<u8, Refusal> {
    Ok((number(address)? & 0xC) as u8)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use gauntlet_nrf52::{Chip, Machine, Variant};

    use super::*;

    fn ask(pyocd: &mut PyOcd, request: &str, arguments: &Value) -> Value {
        let mut answer = Vec::new();
        let line = json!({ "id": 7, "request": request, "arguments": arguments }).to_string();
        pyocd.receive(line.as_bytes(), &mut answer);
        assert!(answer.is_empty(), "the line has not ended");
        pyocd.receive(b"\n", &mut answer);
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["id"], 7);
        answer
    }

    #[test]
    fn every_request_is_answered() {
        let machine = Arc::new(Mutex::new(Machine::new(Chip::new(Variant::Nrf52840, 1))));
        let mut pyocd = PyOcd::new(machine);
        assert_eq!(ask(&mut pyocd, "hello", &json!([1]))["status"], 0);
        assert_eq!(ask(&mut pyocd, "hello", &json!([2]))["status"], REFUSED);
        assert_eq!(ask(&mut pyocd, "dance", &json!([]))["status"], REFUSED);
        assert_eq!(ask(&mut pyocd, "read_dp", &json!(["x"]))["status"], REFUSED);
        assert_eq!(ask(&mut pyocd, "read_dp", &json!([0]))["result"], 0x2BA0_1477);
        assert_eq!(ask(&mut pyocd, "read_ap", &json!([0]))["status"], FAULT, "not powered up");
        let mut answer = Vec::new();
        pyocd.receive(b"nonsense\n", &mut answer);
        assert!(!answer.is_empty());
    }

    #[test]
    fn memory_through_the_access_port() {
        let machine = Arc::new(Mutex::new(Machine::new(Chip::new(Variant::Nrf52840, 1))));
        let mut pyocd = PyOcd::new(machine);
        ask(&mut pyocd, "write_dp", &json!([4, 0x5000_0000]));
        ask(&mut pyocd, "write_ap", &json!([0, 0x2300_0012]));
        ask(&mut pyocd, "write_ap", &json!([4, 0x2000_0000]));
        assert_eq!(ask(&mut pyocd, "write_ap_multiple", &json!([0xC, [1, 2, 3]]))["status"], 0);
        ask(&mut pyocd, "write_ap", &json!([4, 0x2000_0000]));
        assert_eq!(ask(&mut pyocd, "read_ap_multiple", &json!([0xC, 3]))["result"], json!([1, 2, 3]));
    }
}
