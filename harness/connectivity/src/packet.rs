//! What a reliable packet carries.

use crate::bytes::{DecodeError, Reader, Writer};
use crate::{Command, Event, Response};

const COMMAND: u8 = 0;
const RESPONSE: u8 = 1;
const EVENT: u8 = 2;

/// A serialised call, its answer, or an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// From the host.
    Command(Command),
    /// From the dongle.
    Response(Response),
    /// From the dongle.
    Event(Event),
}

impl Packet {
    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Writer::default();
        match self {
            Self::Command(command) => command.encode(to.u8(COMMAND)),
            Self::Response(response) => response.encode(to.u8(RESPONSE)),
            Self::Event(event) => event.encode(to.u8(EVENT)),
        }
        to.finish()
    }

    /// Reads it; every byte must belong to it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new(bytes);
        let packet = match from.u8()? {
            COMMAND => Self::Command(Command::decode(&mut from)?),
            RESPONSE => Self::Response(Response::decode(&mut from)?),
            EVENT => Self::Event(Event::decode(&mut from)?),
            other => return Err(DecodeError::Type(other)),
        };
        from.end()?;
        Ok(packet)
    }
}

impl From<Command> for Packet {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}

impl From<Response> for Packet {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

impl From<Event> for Packet {
    fn from(event: Event) -> Self {
        Self::Event(event)
    }
}
