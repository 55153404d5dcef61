//! Types of the calls and events of pairing and encryption.

use crate::bytes::{DecodeError, Reader, Writer};
use crate::gap::Address;

/// [`SecParams::flags`]: the keys are to be kept.
pub const BOND: u8 = 0x01;
/// [`SecParams::flags`]: neither a display nor a keyboard.
pub const NO_INPUT_NO_OUTPUT: u8 = 3 << 4;
/// Key distribution: encryption key.
pub const ENCRYPTION_KEY: u8 = 0x01;
/// Key distribution: identity.
pub const IDENTITY_KEY: u8 = 0x02;

/// What a side of a pairing can do, and what it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecParams {
    /// Bit 0: keep the keys; 1: protection against somebody in the middle; 2: secure connections; 3: keypresses; bits 4 to 6:
    /// input and output; 7: out of band.
    pub flags: u8,
    /// Bytes of the shortest key, 7 to 16.
    pub min_key: u8,
    /// Bytes of the longest key, 7 to 16.
    pub max_key: u8,
    /// The keys that this side gives, in bits.
    pub own_keys: u8,
    /// The keys that the peer gives, in bits.
    pub peer_keys: u8,
}

impl SecParams {
    /// A bond without anybody typing or reading anything.
    pub const JUST_WORKS: Self = Self {
        flags: BOND | NO_INPUT_NO_OUTPUT,
        min_key: 7,
        max_key: 16,
        own_keys: ENCRYPTION_KEY | IDENTITY_KEY,
        peer_keys: ENCRYPTION_KEY | IDENTITY_KEY,
    };

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (flags, min_key, max_key) = (from.u8()?, from.u8()?, from.u8()?);
        Ok(Self { flags, min_key, max_key, own_keys: from.u8()?, peer_keys: from.u8()? })
    }

    pub(crate) fn write(to: &mut Writer, params: &Self) {
        to.u8(params.flags).u8(params.min_key).u8(params.max_key);
        to.u8(params.own_keys).u8(params.peer_keys);
    }
}

/// The numbers by which the owner of a key finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyName {
    /// Encrypted diversifier.
    pub ediv: u16,
    /// Random number.
    pub rand: [u8; 8],
}

impl KeyName {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { ediv: from.u16()?, rand: from.array()? })
    }

    pub(crate) fn write(to: &mut Writer, name: &Self) {
        to.u16(name.ediv).bytes(&name.rand);
    }
}

/// A long term key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LongTermKey {
    /// The key, least significant byte first.
    pub ltk: [u8; 16],
    /// Bit 0: of secure connections; 1: authenticated; bits 2 to 7: its length in bytes.
    pub flags: u8,
}

impl LongTermKey {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { ltk: from.array()?, flags: from.u8()? })
    }

    pub(crate) fn write(to: &mut Writer, key: &Self) {
        to.bytes(&key.ltk).u8(key.flags);
    }
}

/// Who somebody is, whatever address is used at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdentityKey {
    /// Identity resolving key.
    pub irk: [u8; 16],
    /// Identity address.
    pub address: Address,
}

impl IdentityKey {
    fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { irk: from.array()?, address: Address::read(from)? })
    }

    fn write(to: &mut Writer, key: &Self) {
        to.bytes(&key.irk);
        Address::write(to, &key.address);
    }
}

/// The keys of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keys {
    /// To encrypt with, and how it is found.
    pub encryption: Option<(LongTermKey, KeyName)>,
    /// To be recognised by.
    pub identity: Option<IdentityKey>,
    /// To sign with.
    pub signing: Option<[u8; 16]>,
    /// Public key of secure connections.
    pub public: Option<[u8; 64]>,
}

impl Keys {
    /// Room for all of them, as a host offers it for a pairing.
    pub const ROOM: Self = Self {
        encryption: Some((LongTermKey { ltk: [0; 16], flags: 0 }, KeyName { ediv: 0, rand: [0; 8] })),
        identity: Some(IdentityKey { irk: [0; 16], address: Address { flags: 0, bytes: [0; 6] } }),
        signing: Some([0; 16]),
        public: Some([0; 64]),
    };

    fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            encryption: from.opt(|from| Ok((LongTermKey::read(from)?, KeyName::read(from)?)))?,
            identity: from.opt(IdentityKey::read)?,
            signing: from.opt(Reader::array)?,
            public: from.opt(Reader::array)?,
        })
    }

    fn write(to: &mut Writer, keys: &Self) {
        to.opt(keys.encryption.as_ref(), |to, (key, name)| {
            LongTermKey::write(to, key);
            KeyName::write(to, name);
        });
        to.opt(keys.identity.as_ref(), IdentityKey::write);
        to.opt(keys.signing.as_ref(), |to, key| {
            to.bytes(key);
        });
        to.opt(keys.public.as_ref(), |to, key| {
            to.bytes(key);
        });
    }
}

/// The keys of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeySet {
    /// Of the dongle.
    pub own: Keys,
    /// Of its peer.
    pub peer: Keys,
}

impl KeySet {
    /// Room for all keys of both sides.
    pub const ROOM: Self = Self { own: Keys::ROOM, peer: Keys::ROOM };

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { own: Keys::read(from)?, peer: Keys::read(from)? })
    }

    pub(crate) fn write(to: &mut Writer, set: &Self) {
        Keys::write(to, &set.own);
        Keys::write(to, &set.peer);
    }
}

/// How a pairing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthStatus {
    /// 0 is success; see [`crate::codes::pairing`].
    pub status: u8,
    /// Bits 0 and 1: who found the error; 2: a bond; 3: secure connections.
    pub flags: u8,
    /// The security levels that are possible, in bits, of the modes 1 and 2.
    pub levels: [u8; 2],
    /// The keys that this side has given, in bits.
    pub own_keys: u8,
    /// The keys that the peer has given, in bits.
    pub peer_keys: u8,
    /// The keys, where the host has offered room for them.
    pub keys: Option<Box<KeySet>>,
}

impl AuthStatus {
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (status, flags, levels) = (from.u8()?, from.u8()?, from.array()?);
        let (own_keys, peer_keys) = (from.u8()?, from.u8()?);
        let keys = if from.end().is_ok() { None } else { Some(Box::new(KeySet::read(from)?)) };
        Ok(Self { status, flags, levels, own_keys, peer_keys, keys })
    }

    pub(crate) fn write(to: &mut Writer, auth: &Self) {
        to.u8(auth.status).u8(auth.flags).bytes(&auth.levels).u8(auth.own_keys).u8(auth.peer_keys);
        if let Some(keys) = &auth.keys {
            KeySet::write(to, keys);
        }
    }
}
