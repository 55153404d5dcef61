//! A tape as a sequence of requests and answers for people.

use std::fmt::Write as _;
use std::time::Duration;

use gauntlet_protocol::{ObjectType, Opcode, Outcome, Request, Response};

use super::{Entry, What};

/// What has passed, a line for each request and answer; packets of object data that follow each other are one line. Times
/// are those of the tape, in seconds; faults are marked with `!!` where they fired.
pub fn words(entries: &[Entry]) -> String {
    let mut text = String::new();
    let mut burst: Option<Burst> = None;
    for entry in entries {
        if let What::Data(data) = &entry.what {
            let burst = burst.get_or_insert(Burst { at: entry.at, packets: 0, bytes: 0 });
            burst.packets += 1;
            burst.bytes += data.len();
            continue;
        }
        if let Some(burst) = burst.take() {
            burst.tell(&mut text);
        }
        let (sign, what) = match &entry.what {
            What::Connected(connected) => ("--", told(connected)),
            What::NotConnected(why) => ("--", format!("not connected: {why}")),
            What::Request(bytes) => ("->", request(bytes)),
            What::Message(bytes) => ("<-", message(bytes)),
            What::RawSent(bytes) => ("->", format!("raw bytes  [{}]", hex(bytes))),
            What::RawReceived(bytes) => ("<-", format!("raw bytes  [{}]", hex(bytes))),
            What::Lost(why) => ("--", format!("link lost: {why}")),
            What::Closed => ("--", "closed by the host".to_owned()),
            What::Fault(fault) => ("!!", format!("fault fired: {fault}")),
            What::Data(_) => continue,
        };
        line(&mut text, entry.at, sign, &what);
    }
    if let Some(burst) = burst {
        burst.tell(&mut text);
    }
    text
}

/// Packets that follow each other.
struct Burst {
    at: Duration,
    packets: usize,
    bytes: usize,
}

impl Burst {
    fn tell(&self, text: &mut String) {
        let packets = if self.packets == 1 { "packet" } else { "packets" };
        line(
            text,
            self.at,
            "->",
            &format!("{} {packets} with {} bytes of the object", self.packets, self.bytes),
        );
    }
}

fn line(text: &mut String, at: Duration, sign: &str, what: &str) {
    let _ = writeln!(text, "{:>13.6}  {sign} {what}", at.as_secs_f64());
}

fn told(connected: &gauntlet_engine::Connected) -> String {
    let mtu = connected.att_mtu.map(|mtu| format!(", ATT MTU {mtu}")).unwrap_or_default();
    let peer = connected.peer.as_ref().map(|peer| format!(" to {peer}")).unwrap_or_default();
    format!("connected{peer}{mtu}, up to {} data bytes a packet", connected.max_data)
}

fn object(object: ObjectType) -> &'static str {
    if object == ObjectType::Command { "init packet" } else { "data object" }
}

fn request(bytes: &[u8]) -> String {
    let words = match Request::parse(bytes) {
        Ok(Request::Create { object: kind, size }) => format!("create {}, {size} bytes", object(kind)),
        Ok(Request::Select { object: kind }) => format!("select {}", object(kind)),
        Ok(Request::SetPrn { packets: 0 }) => "set receipts: none".to_owned(),
        Ok(Request::SetPrn { packets }) => format!("set receipts: one every {packets} packets"),
        Ok(Request::GetCrc) => "get CRC".to_owned(),
        Ok(Request::Execute) => "execute".to_owned(),
        Ok(Request::GetMtu) => "get MTU".to_owned(),
        Ok(Request::Ping { id }) => format!("ping {id}"),
        Ok(Request::Write { data }) => format!("write {} bytes", data.len()),
        Ok(other) => other.opcode().to_string(),
        Err(error) => format!("no request ({error})"),
    };
    format!("{words}  [{}]", hex(bytes))
}

fn message(bytes: &[u8]) -> String {
    let words = match Response::parse(bytes) {
        Ok(response) => answer(&response),
        Err(error) => format!("no answer ({error})"),
    };
    format!("{words}  [{}]", hex(bytes))
}

fn answer(response: &Response) -> String {
    let (opcode, outcome) = (response.opcode, response.outcome());
    if outcome != Outcome::SUCCESS {
        return format!("{opcode} refused: {outcome}");
    }
    match opcode {
        Opcode::Select => response.select_answer().ok().map(|select| {
            format!(
                "selected: at most {} bytes, holds {}, CRC {:08x}",
                select.max_size, select.offset, select.crc
            )
        }),
        Opcode::GetCrc => {
            response.crc_answer().ok().map(|crc| format!("holds {} bytes, CRC {:08x}", crc.offset, crc.crc))
        }
        Opcode::GetMtu => response.mtu_answer().ok().map(|mtu| format!("MTU {}", mtu.mtu)),
        _ => None,
    }
    .unwrap_or_else(|| format!("{opcode}: success"))
}

/// The first bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}{}", shown.join(" "), if bytes.len() > 16 { " ..." } else { "" })
}
