//! The start-up stub: a small program of our own that stands where the MBR stands.

use super::Segment;
use super::thumb::{Assembler, vector_table};

/// Where the bootloader address is kept in the MBR page (MEM-017), and in UICR.
const MBR_BOOTLOADER_WORD: u32 = 0x0000_0FF8;
const UICR_BOOTLOADER_WORD: u32 = 0x1000_1014;
/// The same for the params page, which holds what a bootloader wants copied over itself.
const MBR_PARAMS_WORD: u32 = 0x0000_0FFC;
const UICR_PARAMS_WORD: u32 = 0x1000_1018;
/// First word of such a wish.
pub(crate) const COPY_PENDING: u32 = 0x4C42_5043;
/// The trap by which the stub has it done.
pub(crate) const START_UP_HAND_OVER: u8 = 0xD1;
/// The word that says where exceptions are forwarded to.
const FORWARD_WORD: u32 = 0x2000_0000;
/// Where a device without bootloader starts.
const FIRST_FIRMWARE: u32 = 0x0000_1000;
/// Vectors of a Cortex-M4 with 48 interrupt lines.
pub(super) const VECTORS: usize = 64;

/// The stub at address 0: has a pending bootloader copy finished, starts the bootloader named by 0xFF8 or UICR, or what stands at 0x1000 when there is none,
/// and forwards every exception to the table of whoever was started.
pub fn start_up() -> Segment {
    let origin = 4 * VECTORS as u32;
    let mut code = Assembler::at(origin);
    let (params, boot) = (code.label(), code.label());
    code.load_literal(0, MBR_PARAMS_WORD).load(1, 0, 0).add(2, 1, 1).branch_not_equal(params);
    code.load_literal(0, UICR_PARAMS_WORD).load(1, 0, 0).add(2, 1, 1).branch_not_equal(params);
    // No params page: the vector table stands in, whose first word is no wish.
    code.load_literal(1, 0);
    code.bind(params).load(2, 1, 0).load_literal(3, COPY_PENDING).compare(2, 3).branch_not_equal(boot);
    code.undefined(START_UP_HAND_OVER);
    code.bind(boot);
    let (found, start) = (code.label(), code.label());
    code.load_literal(0, MBR_BOOTLOADER_WORD).load(1, 0, 0).add(2, 1, 1).branch_not_equal(found);
    code.load_literal(0, UICR_BOOTLOADER_WORD).load(1, 0, 0).add(2, 1, 1).branch_not_equal(found);
    code.load_literal(1, FIRST_FIRMWARE);
    // An erased first word means that nothing can be started there.
    code.bind(found).load(2, 1, 0).add(2, 2, 1).branch_not_equal(start).load_literal(1, FIRST_FIRMWARE);
    code.bind(start);
    start_vector_table(&mut code, 1);
    let forward = code.here();
    code.load_literal(0, FORWARD_WORD).load(0, 0, 0).exception_number(1).shift_left(1, 1, 2);
    code.load_indexed(0, 0, 1).branch_to(0);
    let mut bytes = vector_table(VECTORS, 0x2000_0400, origin, forward);
    bytes.extend(code.finish());
    Segment::new(0, bytes)
}

/// Makes the vector table at `[table]` the one exceptions go to, and starts its reset handler.
pub(super) fn start_vector_table(code: &mut Assembler, table: u16) {
    code.load_literal(0, FORWARD_WORD).store(table, 0, 0);
    code.load(2, table, 0).set_main_stack(2).load(2, table, 1).branch_to(2);
}
