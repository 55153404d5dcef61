//! Writing init packets as nrfutil does: all fields in ascending order, zeros included, `sd_req` packed.

use super::wire::{put_bytes, put_uint, put_varint};
use super::{InitCommand, OP_CODE_INIT, SignatureType};

/// The init command: the bytes to sign. Fields that are `None` are left out; `is_debug` is always written.
#[must_use]
pub fn encode_init_command(init: &InitCommand) -> Vec<u8> {
    let mut out = Vec::with_capacity(96);
    let uint = |out: &mut Vec<u8>, field, value: Option<u32>| {
        if let Some(value) = value {
            put_uint(out, field, value.into());
        }
    };
    uint(&mut out, 1, init.fw_version);
    uint(&mut out, 2, init.hw_version);
    if !init.sd_req.is_empty() {
        let mut packed = Vec::new();
        for &id in &init.sd_req {
            put_varint(&mut packed, id.into());
        }
        put_bytes(&mut out, 3, &packed);
    }
    uint(&mut out, 4, init.fw_type.map(|kind| kind.code().into()));
    uint(&mut out, 5, init.sd_size);
    uint(&mut out, 6, init.bl_size);
    uint(&mut out, 7, init.app_size);
    if let Some(hash) = &init.hash {
        put_bytes(&mut out, 8, &typed_bytes(hash.kind.code(), &hash.bytes));
    }
    put_uint(&mut out, 9, init.is_debug.into());
    for record in &init.boot_validation {
        put_bytes(&mut out, 10, &typed_bytes(record.kind.code(), &record.bytes));
    }
    out
}

/// An unsigned packet around an encoded init command.
#[must_use]
pub fn wrap_unsigned(init_command: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, 1, &command(init_command));
    out
}

/// A signed packet around an encoded init command. The signature is taken as it is.
#[must_use]
pub fn wrap_signed(init_command: &[u8], kind: SignatureType, signature: &[u8]) -> Vec<u8> {
    let mut signed = Vec::new();
    put_bytes(&mut signed, 1, &command(init_command));
    put_uint(&mut signed, 2, kind.code().into());
    put_bytes(&mut signed, 3, signature);
    let mut out = Vec::new();
    put_bytes(&mut out, 2, &signed);
    out
}

fn command(init_command: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_uint(&mut out, 1, OP_CODE_INIT.into());
    put_bytes(&mut out, 2, init_command);
    out
}

/// The message shape that hash and boot validation share: a type and bytes.
fn typed_bytes(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_uint(&mut out, 1, kind.into());
    put_bytes(&mut out, 2, bytes);
    out
}
