//! The stand-in SoftDevice: our own few instructions and an information structure, nothing of any vendor's.

use super::Segment;
use super::startup::{VECTORS, start_vector_table};
use super::thumb::{Assembler, vector_table};
use crate::layout::Layout;

/// First byte of a SoftDevice.
const BASE: u32 = 0x1000;
/// Where the information structure stands (MEM-001).
const INFO: u32 = 0x3000;
/// Size of the structure, in bytes: reaches to the end of the unique string.
const INFO_SIZE: u32 = 0x2C;
/// What makes a SoftDevice recognisable.
pub(crate) const MAGIC: u32 = 0x51B1_E5DB;

/// The stand-in for `layout` with firmware id `fwid`: starts the application behind it, and answers the questions that
/// a bootloader asks of a SoftDevice (magic, end, FWID, id, version).
pub fn softdevice(layout: &Layout, fwid: u16) -> Vec<Segment> {
    let origin = BASE + 4 * VECTORS as u32;
    let mut code = Assembler::at(origin);
    code.load_literal(1, layout.softdevice_end);
    start_vector_table(&mut code, 1);
    let hang = code.here();
    let forever = code.label();
    code.bind(forever).branch(forever);
    let mut bytes = vector_table(VECTORS, 0x2000_0400, origin, hang);
    bytes.extend(code.finish());

    let mut info = Vec::new();
    info.extend((INFO_SIZE | 0xFFFF_FF00).to_le_bytes());
    info.extend(MAGIC.to_le_bytes());
    info.extend(layout.softdevice_end.to_le_bytes());
    info.extend((0xFFFF_0000 | u32::from(fwid)).to_le_bytes());
    info.extend(layout.softdevice_id.to_le_bytes());
    info.extend(7_002_000_u32.to_le_bytes());
    info.resize(INFO_SIZE as usize, 0);
    vec![Segment::new(BASE, bytes), Segment::new(INFO, info)]
}
