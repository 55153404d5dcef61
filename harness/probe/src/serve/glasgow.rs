//! The probe of the Glasgow Interface Explorer, as probe-rs speaks to it.
//!
//! Bytes travel in packets: byte-stuffed (COBS), ended by a zero, the first byte names one of two endpoints. Commands
//! and answers of an endpoint are one stream; packets may end anywhere in it.

use gauntlet_nrf52::{DapError, DapPort};

use super::{Conversation, wire::Wire};
use crate::virtual_probe::SharedMachine;

const ROOT: u8 = 0;
const SWD: u8 = 1;

const IDENTIFIER: &[u8; 12] = b"probe-rs,v01";
const REFERENCE_CLOCK: u32 = 48_000_000;

const IDENTIFY: u8 = 0x00;
const GET_REFERENCE_CLOCK: u8 = 0x10;
const GET_DIVISOR: u8 = 0x11;
const SET_DIVISOR: u8 = 0x12;
const ASSERT_RESET: u8 = 0x20;
const CLEAR_RESET: u8 = 0x21;

const SEQUENCE: u8 = 0x20;
const READ: u8 = 0x02;
const ACCESS_PORT: u8 = 0x01;
const WITHOUT_DATA: u8 = 0x10;
const PROTOCOL_ERROR: u8 = 0x20;
const ACK_OK: u8 = 1;
const ACK_FAULT: u8 = 4;

const ABORT: u8 = 0x0;
const CLEAR_ERRORS: u32 = 0x1E;
/// Answers travel in packets no longer than this.
const PACKET: usize = 250;

pub(super) struct Glasgow {
    wire: Wire,
    /// A packet that has not ended yet.
    packet: Vec<u8>,
    root: Vec<u8>,
    swd: Vec<u8>,
    /// What the last read of an access port gave: it is the answer to the next one.
    posted: u32,
    divisor: [u8; 2],
}

/// The rest of a command has not come yet.
struct Incomplete;

impl Conversation for Glasgow {
    fn receive(&mut self, bytes: &[u8], answer: &mut Vec<u8>) {
        for &byte in bytes {
            if byte != 0 {
                self.packet.push(byte);
                continue;
            }
            let packet = unstuff(&std::mem::take(&mut self.packet));
            match packet.split_first() {
                Some((&ROOT, data)) => {
                    self.root.extend(data);
                    let mut out = Vec::new();
                    while self.root_command(&mut out).is_ok() {}
                    send(ROOT, &out, answer);
                }
                Some((&SWD, data)) => {
                    self.swd.extend(data);
                    let mut out = Vec::new();
                    while self.swd_command(&mut out).is_ok() {}
                    send(SWD, &out, answer);
                }
                _ => {}
            }
        }
    }
}

impl Glasgow {
    pub(super) fn new(machine: SharedMachine) -> Self {
        Self {
            wire: Wire::new(machine),
            packet: Vec::new(),
            root: Vec::new(),
            swd: Vec::new(),
            posted: 0,
            divisor: [0; 2],
        }
    }

    fn root_command(&mut self, out: &mut Vec<u8>) -> Result<(), Incomplete> {
        let [command] = take(&mut self.root, 0)?;
        let mut length = 1;
        match command {
            IDENTIFY => out.extend(IDENTIFIER),
            GET_REFERENCE_CLOCK => out.extend(REFERENCE_CLOCK.to_le_bytes()),
            GET_DIVISOR => out.extend(self.divisor),
            SET_DIVISOR => {
                self.divisor = take(&mut self.root, 1)?;
                length = 3;
            }
            ASSERT_RESET => self.wire.reset_line(true),
            CLEAR_RESET => self.wire.reset_line(false),
            _ => {}
        }
        self.root.drain(..length);
        Ok(())
    }

    fn swd_command(&mut self, out: &mut Vec<u8>) -> Result<(), Incomplete> {
        let [command] = take(&mut self.swd, 0)?;
        let reads = command & SEQUENCE == 0 && command & READ != 0;
        let value = if reads { 0 } else { u32::from_le_bytes(take(&mut self.swd, 1)?) };
        self.swd.drain(..if reads { 1 } else { 5 });
        if command & SEQUENCE != 0 {
            let count = match u32::from(command & 0x1F) {
                0 => 32,
                count => count,
            };
            self.wire.bits(count, |index| value >> index & 1 == 1);
            return Ok(());
        }
        let port = if command & ACCESS_PORT != 0 { DapPort::Access } else { DapPort::Debug };
        let outcome = if reads {
            self.read(port, command & 0xC).map(Some)
        } else {
            self.write(port, command & 0xC, value)
        };
        match outcome {
            Ok(Some(value)) => {
                out.push(ACK_OK);
                out.extend(value.to_le_bytes());
            }
            Ok(None) => out.push(WITHOUT_DATA | ACK_OK),
            Err(error) => {
                out.push(match error {
                    DapError::Fault => WITHOUT_DATA | ACK_FAULT,
                    DapError::NoAcknowledge => PROTOCOL_ERROR,
                });
                // The tool has sent a batch, and takes no answers to the rest of it after an error.
                self.swd.clear();
                let _ = self.wire.machine().dap_write(DapPort::Debug, ABORT, CLEAR_ERRORS);
            }
        }
        Ok(())
    }

    /// Access port reads are posted: the answer is what the read before gave, and RDBUFF gives the last one.
    fn read(&mut self, port: DapPort, address: u8) -> Result<u32, DapError> {
        let value = self.wire.machine().dap_read(port, address)?;
        match port {
            DapPort::Access => Ok(std::mem::replace(&mut self.posted, value)),
            DapPort::Debug => Ok(value),
        }
    }

    fn write(&mut self, port: DapPort, address: u8, value: u32) -> Result<Option<u32>, DapError> {
        self.wire.machine().dap_write(port, address, value).map(|()| None)
    }
}

fn take<const N: usize>(stream: &mut [u8], at: usize) -> Result<[u8; N], Incomplete> {
    stream.get(at..at + N).and_then(|bytes| bytes.try_into().ok()).ok_or(Incomplete)
}

fn send(endpoint: u8, data: &[u8], answer: &mut Vec<u8>) {
    for chunk in data.chunks(PACKET) {
        stuff(std::iter::once(endpoint).chain(chunk.iter().copied()), answer);
    }
}

/// Consistent overhead byte stuffing: no zero but the one at the end. For less than 254 bytes.
fn stuff(data: impl Iterator<Item = u8>, out: &mut Vec<u8>) {
    let mut start = out.len();
    out.push(1);
    for byte in data {
        if byte == 0 {
            start = out.len();
            out.push(1);
        } else {
            out.push(byte);
            out[start] += 1;
        }
    }
    out.push(0);
}

/// The other way; a packet that breaks the rules gives what can be read of it.
fn unstuff(packet: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(packet.len());
    let mut rest = packet;
    while let Some((&count, tail)) = rest.split_first() {
        let run = usize::from(count.saturating_sub(1)).min(tail.len());
        data.extend(&tail[..run]);
        rest = &tail[run..];
        if count < 0xFF && !rest.is_empty() {
            data.push(0);
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use gauntlet_nrf52::{Chip, Machine, Variant};

    use super::*;

    fn glasgow() -> Glasgow {
        Glasgow::new(Arc::new(Mutex::new(Machine::new(Chip::new(Variant::Nrf52832, 1)))))
    }

    fn ask(glasgow: &mut Glasgow, endpoint: u8, command: &[u8]) -> Vec<u8> {
        let (mut question, mut answer) = (Vec::new(), Vec::new());
        send(endpoint, command, &mut question);
        // One byte at a time: packets may come in pieces.
        for byte in question {
            glasgow.receive(&[byte], &mut answer);
        }
        let packets = answer.split(|&byte| byte == 0).filter(|packet| !packet.is_empty());
        packets.flat_map(|packet| unstuff(packet)[1..].to_vec()).collect()
    }

    #[test]
    fn stuffing_goes_both_ways() {
        for data in [&[][..], &[0], &[1, 0, 2], &[0, 0, 0], &[7; 200], &[0xFF, 0, 0xFF]] {
            let mut packet = Vec::new();
            stuff(data.iter().copied(), &mut packet);
            assert_eq!(packet.pop(), Some(0));
            assert!(!packet.contains(&0));
            assert_eq!(unstuff(&packet), data);
        }
        let long: Vec<u8> = [&[0xFF][..], &[9; 254], &[3, 1, 2]].concat();
        assert_eq!(unstuff(&long).len(), 256, "a full run is not followed by a zero");
    }

    #[test]
    fn it_says_who_it_is() {
        let mut glasgow = glasgow();
        assert_eq!(ask(&mut glasgow, ROOT, &[IDENTIFY]), IDENTIFIER);
        assert_eq!(ask(&mut glasgow, ROOT, &[SET_DIVISOR, 5, 1, GET_DIVISOR]), [5, 1]);
    }

    #[test]
    fn reads_are_posted_and_a_fault_ends_the_batch() {
        let mut glasgow = glasgow();
        assert_eq!(ask(&mut glasgow, SWD, &[READ]), [ACK_OK, 0x77, 0x14, 0xA0, 0x2B]);
        // CTRL/STAT: power up. SELECT: identification of access port 0.
        let answer = ask(&mut glasgow, SWD, &[0x04, 0, 0, 0, 0x50, 0x08, 0xF0, 0, 0, 0]);
        assert_eq!(answer, [WITHOUT_DATA | ACK_OK; 2]);
        let identify = READ | ACCESS_PORT | 0xC;
        let answer = ask(&mut glasgow, SWD, &[identify, READ | 0xC]);
        assert_eq!(answer[5..], [ACK_OK, 0x11, 0x00, 0x77, 0x24]);
        // TAR into nowhere, then three reads: one answer.
        ask(&mut glasgow, SWD, &[0x08, 0, 0, 0, 0, ACCESS_PORT | 0x4, 0, 0, 0, 0x30]);
        assert_eq!(ask(&mut glasgow, SWD, &[identify, identify, READ | 0xC]), [WITHOUT_DATA | ACK_FAULT]);
        assert_eq!(ask(&mut glasgow, SWD, &[READ])[0], ACK_OK);
    }
}
