//! Where the independent implementation is wrong about Q: what the manual says (DDI 0403, SMLAD).

mod common;

use common::rig::*;

const Q: u32 = 1 << 27;

#[test]
fn the_whole_sum_decides_on_q() {
    // SMLAD R3, R0, R1, R2. Both products are 2^30, so that they overflow alone.
    for (accumulator, result, q) in
        [(0_u32, 0x8000_0000_u32, Q), (u32::MAX, 0x7FFF_FFFF, 0), (0x8000_0000, 0, 0), (1, 0x8000_0001, Q)]
    {
        let mut rig =
            Rig::new(&[0xFB20, 0x2301, LOOP]).with(&[(0, 0x8000_8000), (1, 0x8000_8000), (2, accumulator)]);
        rig.steps(1);
        assert_eq!((rig.core.reg(3), rig.core.xpsr() & Q), (result, q), "accumulator {accumulator:#x}");
    }
}
