//! Protobuf by hand: the fields of a message, to be changed one by one.

/// A field with its tag, as it is encoded.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A number.
pub(super) fn uint(number: u32, value: u64) -> Vec<u8> {
    [varint(u64::from(number) << 3), varint(value)].concat()
}

/// Bytes, or a message.
pub(super) fn nested(number: u32, content: &[u8]) -> Vec<u8> {
    [&varint(u64::from(number) << 3 | 2)[..], &varint(content.len() as u64), content].concat()
}

/// A type and bytes: a hash, or a boot validation.
pub(super) fn typed(number: u32, kind: u64, content: &[u8]) -> Vec<u8> {
    nested(number, &[uint(1, kind), nested(2, content)].concat())
}

/// Takes a message apart; nothing for one that holds other than numbers and bytes.
pub(super) fn fields(mut message: &[u8]) -> Option<Vec<Field>> {
    let mut all = Vec::new();
    while !message.is_empty() {
        let (tag, tag_len) = read_varint(message)?;
        let (value, value_len) = read_varint(&message[tag_len..])?;
        let len = match tag & 7 {
            0 => tag_len + value_len,
            2 => (tag_len + value_len).checked_add(usize::try_from(value).ok()?)?,
            _ => return None,
        };
        let (bytes, rest) = message.split_at_checked(len)?;
        all.push(Field { number: u32::try_from(tag >> 3).ok()?, bytes: bytes.to_vec() });
        message = rest;
    }
    Some(all)
}

fn read_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

/// Puts all fields together again.
pub(super) fn join(fields: &[Field]) -> Vec<u8> {
    fields.iter().flat_map(|field| field.bytes.iter().copied()).collect()
}
