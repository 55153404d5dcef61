//! The witness application: stores a known word in RAM and sleeps, so that a probe can prove which application runs.

use super::filler;
use super::thumb::{Assembler, vector_table};

/// Where the witness leaves its words: behind the RAM that MBR-like code reserves.
pub const WITNESS_ADDRESS: u32 = 0x2000_0010;
/// First word of a witness that has started.
pub const WITNESS_MAGIC: u32 = 0x5749_544E;
/// Smallest witness, in bytes.
pub const WITNESS_MIN_SIZE: usize = 128;

/// Vectors of the core itself; the witness enables no interrupt.
pub(super) const VECTORS: usize = 16;

/// A witness linked at `base` that says `id`, padded with bytes of its own to `size` (at least [`WITNESS_MIN_SIZE`]).
///
/// Two witnesses of different id differ in every 4 KiB page, so a page that was left behind is seen.
pub fn witness(base: u32, id: u32, size: usize) -> Vec<u8> {
    let origin = base + 4 * VECTORS as u32;
    let mut code = Assembler::at(origin);
    let sleep = code.label();
    say(&mut code, id);
    code.bind(sleep).wait_for_interrupt().branch(sleep);
    let hang = code.here();
    let forever = code.label();
    code.bind(forever).branch(forever);
    let mut bytes = vector_table(VECTORS, 0x2000_4000, origin, hang);
    bytes.extend(code.finish());
    let size = size.max(WITNESS_MIN_SIZE);
    let padding = size - bytes.len();
    bytes.extend(filler(u64::from(id) << 32 | u64::from(base), padding));
    bytes
}

/// Leaves the words of the witness `id`.
pub(super) fn say(code: &mut Assembler, id: u32) {
    // The magic is stored last: who reads it can trust the id.
    code.load_literal(0, WITNESS_ADDRESS).load_literal(1, id).store(1, 0, 1);
    code.load_literal(1, WITNESS_MAGIC).store(1, 0, 0);
}
