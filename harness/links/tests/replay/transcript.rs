//! Recorded frames.

use std::path::Path;

use gauntlet_protocol::slip;

/// Who sent a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Host,
    Device,
}

/// One line of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) from: From,
    /// As it was on the line.
    pub(crate) frame: Vec<u8>,
    /// Without its framing.
    pub(crate) message: Vec<u8>,
}

pub(crate) struct Transcript(pub(crate) Vec<Said>);

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

impl Transcript {
    pub(crate) fn load(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/serial").join(format!("{name}.txt"));
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let said = lines.map(|line| {
            let (who, digits) = line.split_once(' ').unwrap();
            let from = if who == ">" { From::Host } else { From::Device };
            let frame = hex(digits);
            let [message] = slip::Decoder::for_host().feed(&frame).try_into().unwrap();
            Said { from, frame, message }
        });
        Self(said.collect())
    }

    pub(crate) fn frames(&self) -> Vec<Vec<u8>> {
        self.0.iter().map(|said| said.frame.clone()).collect()
    }

    /// The same messages in our framing.
    pub(crate) fn reframed(&self) -> Vec<Vec<u8>> {
        self.0.iter().map(|said| slip::encode(&said.message)).collect()
    }

    /// Messages of the host, Writes joined to what they carry between two other requests.
    pub(crate) fn host(&self) -> Vec<Vec<u8>> {
        joined(self.0.iter().filter(|said| said.from == From::Host).map(|said| said.message.clone()))
    }

    pub(crate) fn init_packet(&self) -> Vec<u8> {
        self.written().remove(0)
    }

    pub(crate) fn firmware(&self) -> Vec<u8> {
        self.written().remove(1)
    }

    fn written(&self) -> Vec<Vec<u8>> {
        let writes = self.host().into_iter().filter(|message| message[0] == 8);
        writes.map(|message| message[1..].to_vec()).collect()
    }
}

/// Consecutive Writes as one.
pub(crate) fn joined(messages: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    for message in messages {
        match out.last_mut() {
            Some(last) if last[0] == 8 && message[0] == 8 => last.extend(&message[1..]),
            _ => out.push(message),
        }
    }
    out
}
