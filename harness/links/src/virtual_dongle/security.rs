//! Pairing and encryption of a connection of a virtual dongle.

use gauntlet_connectivity::Command;
use gauntlet_connectivity::codes::{self, PAIRING_NOT_SUPPORTED};
use gauntlet_connectivity::event::What;
use gauntlet_connectivity::response::Data;
use gauntlet_connectivity::security::{AuthStatus, KeySet, SecParams};
use gauntlet_reference::gap::BondKey;
use gauntlet_reference::wire::FromHost;

/// Mode 1, level 1: nothing is encrypted.
const OPEN: u8 = 0x11;
/// Mode 1, level 2: encrypted, by nobody in particular.
const ENCRYPTED: u8 = 0x21;
/// Bytes of a key.
const KEY_SIZE: u8 = 16;
/// Levels 1 and 2 of mode 1 are possible.
const LEVELS: [u8; 2] = [0x03, 0];
/// The peer has refused.
const BY_PEER: u8 = 1;
/// What a device wants that stores no bond: encryption, and no more.
const DEVICE: SecParams = SecParams { flags: 0, min_key: 7, max_key: 16, own_keys: 0, peer_keys: 0 };

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    /// The device has been asked to pair.
    Pairing,
    /// It agrees, and the host has to say with what.
    Agreed,
    /// The device has been asked for the key of a bond.
    Encrypting,
}

/// The one procedure of security that can be under way.
#[derive(Debug, Default)]
pub(super) struct Security {
    state: State,
}

impl Security {
    /// Does what the host calls for: what the device is asked, and the events that are due at once.
    pub(super) fn call(
        &mut self,
        command: &Command,
        data: &mut Data,
    ) -> Result<(Option<FromHost>, Vec<What>), u32> {
        match (command, self.state) {
            (Command::SecParamsReply { status, keys, .. }, State::Agreed) => {
                self.state = State::Idle;
                if let Some(room) = keys {
                    *data = Data::Keys(room.clone());
                }
                if *status != 0 {
                    return Ok((None, vec![ended(*status, 0, keys.clone())]));
                }
                let encrypted = What::Security { level: ENCRYPTED, key_size: KEY_SIZE };
                Ok((None, vec![encrypted, ended(0, 0, keys.clone())]))
            }
            (Command::SecParamsReply { .. }, _) => Err(codes::INVALID_STATE),
            (_, State::Pairing | State::Agreed | State::Encrypting) => Err(codes::BUSY),
            (Command::Authenticate { params: Some(_), .. }, State::Idle) => {
                self.state = State::Pairing;
                Ok((Some(FromHost::Pair), Vec::new()))
            }
            (Command::Encrypt { name: Some(name), key: Some(key), .. }, State::Idle) => {
                self.state = State::Encrypting;
                let bond = BondKey { ltk: key.ltk, ediv: name.ediv, rand: name.rand };
                Ok((Some(FromHost::Encrypt(bond)), Vec::new()))
            }
            _ => Err(codes::INVALID_PARAM),
        }
    }

    /// What the host is told when the device has answered.
    pub(super) fn answered(&mut self, yes: bool) -> Option<What> {
        let (state, what) = match (self.state, yes) {
            (State::Pairing, true) => (State::Agreed, What::SecParamsWanted(DEVICE)),
            (State::Pairing, false) => (State::Idle, ended(PAIRING_NOT_SUPPORTED, BY_PEER, None)),
            (State::Encrypting, true) => {
                (State::Idle, What::Security { level: ENCRYPTED, key_size: KEY_SIZE })
            }
            // The device has no such key.
            (State::Encrypting, false) => (State::Idle, What::Security { level: OPEN, key_size: 0 }),
            (State::Idle | State::Agreed, _) => return None,
        };
        self.state = state;
        Some(what)
    }
}

fn ended(status: u8, flags: u8, keys: Option<Box<KeySet>>) -> What {
    let levels = if status == 0 { LEVELS } else { [0; 2] };
    What::AuthStatus(AuthStatus { status, flags, levels, own_keys: 0, peer_keys: 0, keys })
}
