//! What a strict reader says about a packet that the bootloader would take.
//!
//! The bootloader's decoder is generous: it jumps over what it does not know and lets padding pass. A tool that is about
//! to send a package can be stricter, because a packet made by a sane tool has none of these.

use super::wire::{BYTES, FIXED32, FIXED64, VARINT};

/// One oddity of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// A field that no version of the schema has.
    UnknownField {
        /// The message it stands in.
        message: &'static str,
        /// Field number.
        field: u32,
    },
    /// A field that may occur once occurs again.
    RepeatedField {
        /// The message it stands in.
        message: &'static str,
        /// Field number.
        field: u32,
    },
    /// An integer that is written with more bytes than it needs.
    LongVarint {
        /// Where in the packet.
        offset: usize,
    },
    /// `sd_req` as one field per value; legal, but not what nrfutil writes.
    UnpackedSdReq,
    /// Bytes that are no field: a zero where a tag belongs, an unfinished tag, or anything behind either.
    TrailingBytes {
        /// The message they stand in.
        message: &'static str,
        /// Where in the packet.
        offset: usize,
        /// How many.
        count: usize,
    },
    /// Fields of the command behind the init command: the bootloader takes them for init command fields (PKG-008).
    FieldsBehindInit {
        /// Where in the packet.
        offset: usize,
    },
    /// The packet can't be followed any further from here.
    Malformed {
        /// Where in the packet.
        offset: usize,
    },
}

/// How a known field is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Uint,
    Bytes,
    PackedUints,
    Message(&'static Schema),
}

#[derive(PartialEq, Eq)]
struct Schema {
    name: &'static str,
    /// Field number, how it is written, whether it may be repeated.
    fields: &'static [(u32, Kind, bool)],
}

static PACKET: Schema = Schema {
    name: "Packet",
    fields: &[(1, Kind::Message(&COMMAND), false), (2, Kind::Message(&SIGNED_COMMAND), false)],
};
static SIGNED_COMMAND: Schema = Schema {
    name: "SignedCommand",
    fields: &[(1, Kind::Message(&COMMAND), false), (2, Kind::Uint, false), (3, Kind::Bytes, false)],
};
static COMMAND: Schema = Schema {
    name: "Command",
    fields: &[
        (1, Kind::Uint, false),
        (2, Kind::Message(&INIT_COMMAND), false),
        (3, Kind::Message(&RESET_COMMAND), false),
    ],
};
static RESET_COMMAND: Schema = Schema { name: "ResetCommand", fields: &[(1, Kind::Uint, false)] };
static INIT_COMMAND: Schema = Schema {
    name: "InitCommand",
    fields: &[
        (1, Kind::Uint, false),
        (2, Kind::Uint, false),
        (3, Kind::PackedUints, true),
        (4, Kind::Uint, false),
        (5, Kind::Uint, false),
        (6, Kind::Uint, false),
        (7, Kind::Uint, false),
        (8, Kind::Message(&TYPED_BYTES), false),
        (9, Kind::Uint, false),
        (10, Kind::Message(&TYPED_BYTES), true),
    ],
};
static TYPED_BYTES: Schema =
    Schema { name: "Hash or BootValidation", fields: &[(1, Kind::Uint, false), (2, Kind::Bytes, false)] };

/// All oddities of a packet in the order of its bytes; none for what nrfutil writes.
#[must_use]
pub fn remarks(packet: &[u8]) -> Vec<Remark> {
    let mut walk = Walk { data: packet, remarks: Vec::new() };
    if let Err(offset) = walk.message(&PACKET, 0, packet.len()) {
        walk.remarks.push(Remark::Malformed { offset });
    }
    walk.remarks
}

struct Walk<'a> {
    data: &'a [u8],
    remarks: Vec<Remark>,
}

/// Where the packet stopped making sense.
type Stop = usize;

impl Walk<'_> {
    fn message(&mut self, schema: &'static Schema, start: usize, end: usize) -> Result<(), Stop> {
        let mut pos = start;
        let mut seen: u64 = 0;
        let mut init_seen = false;
        while pos < end {
            let field_start = pos;
            let Some(tag) = self.varint(&mut pos, end).ok().filter(|&tag| tag != 0) else {
                let count = end - field_start;
                self.remarks.push(Remark::TrailingBytes { message: schema.name, offset: field_start, count });
                return Ok(());
            };
            let (field, wire_type) = ((tag >> 3) as u32, (tag & 7) as u8);
            if init_seen {
                self.remarks.push(Remark::FieldsBehindInit { offset: field_start });
                init_seen = false;
            }
            let known = schema.fields.iter().find(|(number, ..)| *number == field);
            match known {
                None => self.remarks.push(Remark::UnknownField { message: schema.name, field }),
                Some((_, _, repeated)) => {
                    let bit = 1 << (field & 63);
                    if seen & bit != 0 && !repeated {
                        self.remarks.push(Remark::RepeatedField { message: schema.name, field });
                    }
                    seen |= bit;
                }
            }
            let kind = known.map(|(_, kind, _)| *kind);
            pos = self.value(kind, wire_type, pos, end)?;
            init_seen |= kind == Some(Kind::Message(&INIT_COMMAND));
        }
        Ok(())
    }

    /// Walks one value and gives the position behind it.
    fn value(&mut self, kind: Option<Kind>, wire_type: u8, start: usize, end: usize) -> Result<usize, Stop> {
        let mut pos = start;
        let fixed = |size: usize| (end - start >= size).then_some(start + size).ok_or(start);
        match wire_type {
            VARINT => {
                if kind == Some(Kind::PackedUints) && !self.remarks.contains(&Remark::UnpackedSdReq) {
                    self.remarks.push(Remark::UnpackedSdReq);
                }
                self.varint(&mut pos, end)?;
                Ok(pos)
            }
            FIXED64 => fixed(8),
            FIXED32 => fixed(4),
            BYTES => {
                let len = usize::try_from(self.varint(&mut pos, end)?).map_err(|_| start)?;
                let inner_end = pos.checked_add(len).filter(|&inner_end| inner_end <= end).ok_or(start)?;
                match kind {
                    Some(Kind::Message(schema)) => self.message(schema, pos, inner_end)?,
                    Some(Kind::PackedUints) => {
                        while pos < inner_end {
                            self.varint(&mut pos, inner_end)?;
                        }
                    }
                    _ => {}
                }
                Ok(inner_end)
            }
            _ => Err(start),
        }
    }

    fn varint(&mut self, pos: &mut usize, end: usize) -> Result<u64, Stop> {
        let start = *pos;
        let mut value = 0u64;
        for i in 0..10 {
            let byte = (*pos < end).then(|| self.data.get(*pos)).flatten().ok_or(start)?;
            *pos += 1;
            value |= u64::from(byte & 0x7F) << (7 * i);
            if byte & 0x80 == 0 {
                if i > 0 && *byte == 0 {
                    self.remarks.push(Remark::LongVarint { offset: start });
                }
                return Ok(value);
            }
        }
        Err(start)
    }
}
