//! The stand-in SoftDevice: our own few instructions and an information structure, nothing of any vendor's.

use super::startup::{VECTORS, start_vector_table};
use super::thumb::{Assembler, vector_table};
use super::{Segment, filler};
use crate::layout::{Layout, PAGE};

/// First byte of a SoftDevice.
const BASE: u32 = 0x1000;
/// Where the information structure stands (MEM-001).
const INFO: u32 = 0x3000;
/// Version of the stand-in that devices are flashed with: 7.2.0.
const VERSION: u32 = 7_002_000;
/// Size of the structure, in bytes: reaches to the end of the unique string.
const INFO_SIZE: u32 = 0x2C;
/// What makes a SoftDevice recognisable.
pub(crate) const MAGIC: u32 = 0x51B1_E5DB;

/// A stand-in: starts the application behind it, and answers the questions that a bootloader asks of a SoftDevice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandIn {
    /// Firmware id.
    pub fwid: u16,
    /// Version: major * 1000000 + minor * 1000 + bugfix.
    pub version: u32,
    /// Address of the byte behind all that it occupies, where the application begins (MEM-002).
    pub end: u32,
    /// Which family it is of (VAL-023).
    pub id: u32,
    /// What makes it recognisable (MEM-001).
    pub magic: u32,
}

impl StandIn {
    /// The one that devices of `layout` are flashed with, with firmware id `fwid`.
    pub fn usual(layout: &Layout, fwid: u16) -> Self {
        Self { fwid, version: VERSION, end: layout.softdevice_end, id: layout.softdevice_id, magic: MAGIC }
    }

    /// The image of an update: the bytes from 0x1000 on, with something behind the information structure up to `size` bytes.
    pub fn image(&self, size: usize) -> Vec<u8> {
        let mut image = vec![0xFF; (INFO - BASE) as usize];
        for Segment { address, bytes } in self.parts() {
            let at = (address - BASE) as usize;
            image.resize(image.len().max(at + bytes.len()), 0xFF);
            image[at..at + bytes.len()].copy_from_slice(&bytes);
        }
        let padding = size.saturating_sub(image.len());
        image.extend(filler(u64::from(self.version) << 16 | u64::from(self.fwid), padding));
        image
    }

    fn parts(&self) -> Vec<Segment> {
        let origin = BASE + 4 * VECTORS as u32;
        let mut code = Assembler::at(origin);
        // An application begins with a page (MEM-002).
        code.load_literal(1, self.end.next_multiple_of(PAGE));
        start_vector_table(&mut code, 1);
        let hang = code.here();
        let forever = code.label();
        code.bind(forever).branch(forever);
        let mut bytes = vector_table(VECTORS, 0x2000_0400, origin, hang);
        bytes.extend(code.finish());

        let mut info = Vec::new();
        info.extend((INFO_SIZE | 0xFFFF_FF00).to_le_bytes());
        info.extend(self.magic.to_le_bytes());
        info.extend(self.end.to_le_bytes());
        info.extend((0xFFFF_0000 | u32::from(self.fwid)).to_le_bytes());
        info.extend(self.id.to_le_bytes());
        info.extend(self.version.to_le_bytes());
        info.resize(INFO_SIZE as usize, 0);
        vec![Segment::new(BASE, bytes), Segment::new(INFO, info)]
    }
}

/// The stand-in for `layout` with firmware id `fwid`: starts the application behind it, and answers the questions that
/// a bootloader asks of a SoftDevice (magic, end, FWID, id, version).
pub fn softdevice(layout: &Layout, fwid: u16) -> Vec<Segment> {
    StandIn::usual(layout, fwid).parts()
}

/// A stand-in as the image of an update: the bytes from 0x1000 on, with `version` (major * 1000000 + minor * 1000 + bugfix)
/// in its information structure and `size` bytes of something behind it.
pub fn softdevice_image(layout: &Layout, fwid: u16, version: u32, size: usize) -> Vec<u8> {
    StandIn { version, ..StandIn::usual(layout, fwid) }.image(size)
}
