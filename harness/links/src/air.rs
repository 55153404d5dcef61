//! What a central sees of a device beside what it asked for: notes for whoever judges how the device behaves on the air.

use gauntlet_engine::PeerAddress;

/// One thing that a central has seen, in the order in which it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A link to what advertised this is up, and its attributes have been discovered.
    Connected {
        /// Who advertised.
        address: PeerAddress,
        /// The advertising data.
        data: Vec<u8>,
        /// UUIDs of the attributes, in the order of their handles.
        attributes: Vec<&'static str>,
    },
    /// The device asked for connection parameters, in the units of the air: 1.25 ms for the interval, 10 ms for the timeout.
    Parameters {
        /// Shortest and longest interval.
        interval: [u16; 2],
        /// Events that the device may sleep through.
        latency: u16,
        /// Supervision timeout.
        timeout: u16,
    },
    /// The first response of the device over this link.
    Responded,
    /// An exchange of ATT_MTU, in bytes.
    Mtu {
        /// What the central asked for.
        asked: u16,
        /// What the device answered.
        granted: u16,
    },
    /// The link is encrypted with the bond.
    Encrypted,
    /// The handles that Service Changed names, first and last.
    ServiceChanged {
        /// The value of the indication.
        value: Vec<u8>,
        /// First handle of the DFU service.
        service: u16,
        /// The link was encrypted by then.
        encrypted: bool,
    },
    /// The answer to a request came before the response to the write that carried it.
    Early {
        /// Opcode of the request.
        opcode: u8,
    },
    /// A notification or an indication came although it had not been turned on over this link.
    Unasked {
        /// Its value.
        value: Vec<u8>,
    },
}
