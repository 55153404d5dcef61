//! The reference bootloader as an image: a vector table, the hand-over to the model, and its build configuration.

use super::startup::start_vector_table;
use super::thumb::{Assembler, vector_table};
use super::{Segment, filler};
use crate::build::{BUILD_OFFSET, Build};
use crate::layout::Layout;

/// The trap by which the image hands over to the model in the host.
pub(crate) const HAND_OVER: u8 = 0xD0;
/// Bytes of the image: big enough that a torn or overwritten bootloader is noticed.
const SIZE: usize = 0x1800;
const VECTORS: usize = 64;

/// The bootloader image for `layout`, with `build` inside it: two builds are two images, as with real firmware.
pub fn bootloader(layout: &Layout, build: &Build) -> Segment {
    let origin = layout.bootloader + BUILD_OFFSET + Build::SIZE as u32;
    let mut code = Assembler::at(origin);
    // The model comes back with the vector table to start in r0.
    code.undefined(HAND_OVER).add(1, 0, 0);
    start_vector_table(&mut code, 1);
    let hang = code.here();
    let forever = code.label();
    code.bind(forever).branch(forever);

    let mut bytes = vector_table(VECTORS, 0x2000_8000, origin, hang);
    debug_assert_eq!(bytes.len(), BUILD_OFFSET as usize);
    bytes.extend(build.to_bytes());
    bytes.extend(code.finish());
    let padding = SIZE - bytes.len();
    bytes.extend(filler(u64::from(layout.bootloader), padding));
    Segment::new(layout.bootloader, bytes)
}
