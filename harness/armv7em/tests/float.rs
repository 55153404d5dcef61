//! Floating-point instructions: vectors of an independent implementation, and what the manual says where it differs.

mod common;

use common::RAM;
use common::rig::*;
use gauntlet_armv7em::{CoreConfig, Stop};

const VECTORS: &str = include_str!("data/float.txt");
const UFSR_UNDEFINSTR: u32 = 1 << 16;
const UFSR_NOCP: u32 = 1 << 19;
const UFSR_UNALIGNED: u32 = 1 << 24;

const IOC: u32 = 1;
const DZC: u32 = 2;
const OFC: u32 = 4;
const UFC: u32 = 8;
const IXC: u32 = 16;
const IDC: u32 = 128;
const UP: u32 = 1 << 22;
const DOWN: u32 = 2 << 22;
const TO_ZERO: u32 = 3 << 22;
const FZ: u32 = 1 << 24;
const DN: u32 = 1 << 25;
const AHP: u32 = 1 << 26;

const QUIET: u32 = 0x7FC0_0000;
const INFINITY: u32 = 0x7F80_0000;
const ONE: u32 = 0x3F80_0000;
const MAX: u32 = 0x7F7F_FFFF;
const MINUS: u32 = 1 << 31;

const VADD: u32 = 0xEE30_0A81;
const VSUB: u32 = 0xEE30_0AC1;
const VMUL: u32 = 0xEE20_0A81;
const VMLA: u32 = 0xEE00_0A81;
const VDIV: u32 = 0xEE80_0A81;
const VFMA: u32 = 0xEEA0_0A81;
const VSQRT: u32 = 0xEEB1_0AE0;
const VCMP: u32 = 0xEEB4_0A60;
const VCMPE: u32 = 0xEEB4_0AE0;

/// A core with access to its floating-point unit that executes one instruction.
fn ready(encoding: u32) -> Rig {
    Rig::new(&[(encoding >> 16) as u16, encoding as u16, LOOP]).set(&[(CPACR, 0xF << 20), (FPCCR, 0)])
}

/// S0 and FPSCR after an instruction with the given S0 to S2 and FPSCR.
fn compute(encoding: u32, [s0, s1, s2]: [u32; 3], fpscr: u32) -> (u32, u32) {
    let mut rig = ready(encoding);
    for (n, value) in [(0, s0), (1, s1), (2, s2)] {
        rig.core.set_float_reg(n, value);
    }
    rig.core.set_fpscr(fpscr);
    rig.steps(1);
    assert_eq!(rig.core.reg(15), CODE + 4, "{encoding:#x} faulted");
    (rig.core.float_reg(0), rig.core.fpscr())
}

#[test]
fn results_are_those_of_another_implementation() {
    let mut count = 0;
    for line in VECTORS.lines() {
        let words: Vec<u32> = line
            .split(' ')
            .map(|word| u32::from_str_radix(word, 16).expect("a vector is hexadecimal"))
            .collect();
        let [encoding, s0, s1, s2, fpscr, result, after] = words[..] else { panic!("seven words: {line}") };
        assert_eq!(compute(encoding, [s0, s1, s2], fpscr), (result, after), "{line}");
        count += 1;
    }
    assert!(count > 1500);
}

#[test]
fn modes_flags_and_special_values() {
    let smallest = 1;
    let denormal = 0x0040_0000;
    let normal = 0x0080_0000;
    let signalling = 0x7F80_0001;
    let cases = [
        ("1 + tiny", VADD, [0, ONE, 0x3300_0000], 0, ONE, IXC),
        ("1 + tiny, up", VADD, [0, ONE, 0x3300_0000], UP, ONE + 1, IXC),
        ("tie to even", VADD, [0, ONE | 1, 0x3380_0000], 0, ONE + 2, IXC),
        ("1 - 1", VSUB, [0, ONE, ONE], 0, 0, 0),
        ("1 - 1, down", VSUB, [0, ONE, ONE], DOWN, MINUS, 0),
        ("-0 + -0", VADD, [0, MINUS, MINUS], 0, MINUS, 0),
        ("overflow", VMUL, [0, MAX, MAX], 0, INFINITY, OFC | IXC),
        ("overflow towards zero", VMUL, [0, MAX, MAX], TO_ZERO, MAX, OFC | IXC),
        ("negative overflow, up", VMUL, [0, MAX | MINUS, MAX], UP, MAX | MINUS, OFC | IXC),
        ("exact denormal", VMUL, [0, normal, 0x3F00_0000], 0, denormal, 0),
        ("inexact denormal", VMUL, [0, normal + 1, 0x3F00_0000], 0, denormal, UFC | IXC),
        // Tininess is detected before rounding: the result is normal, and underflow is still signalled.
        ("rounded up to normal", VMUL, [0, 0x00FF_FFFF, 0x3F00_0000], 0, normal, UFC | IXC),
        ("flushed result", VMUL, [0, normal, 0x3F00_0000], FZ, 0, UFC),
        ("flushed operand", VADD, [0, denormal, ONE], FZ, ONE, IDC),
        ("flushed negative result", VMUL, [0, normal | MINUS, 0x3F00_0000], FZ, MINUS, UFC),
        ("infinity - infinity", VSUB, [0, INFINITY, INFINITY], 0, QUIET, IOC),
        ("0 * infinity", VMUL, [0, 0, INFINITY], 0, QUIET, IOC),
        ("1 / 0", VDIV, [0, ONE, MINUS], 0, INFINITY | MINUS, DZC),
        ("0 / 0", VDIV, [0, 0, 0], 0, QUIET, IOC),
        ("infinity / 0", VDIV, [0, INFINITY, 0], 0, INFINITY, 0),
        ("root of -1", VSQRT, [0, ONE | MINUS, 0], 0, QUIET, IOC),
        ("root of -0", VSQRT, [0, MINUS, 0], 0, MINUS, 0),
        ("root of 2", VSQRT, [0, 0x4000_0000, 0], 0, 0x3FB5_04F3, IXC),
        ("quiet operand", VADD, [0, 0xFFC1_2345, ONE], 0, 0xFFC1_2345, 0),
        ("signalling operand", VADD, [0, ONE, signalling], 0, QUIET | 1, IOC),
        ("signalling first", VADD, [0, QUIET | 5, signalling], 0, QUIET | 1, IOC),
        ("default NaN", VADD, [0, 0xFFC1_2345, ONE], DN, QUIET, 0),
        ("default NaN, signalling", VADD, [0, signalling, ONE], DN, QUIET, IOC),
        // (1 + e)^2 - (1 + 2e): nothing is left after two roundings, e squared after one.
        ("multiply, then add", VMLA, [0xBF80_0002, ONE + 1, ONE + 1], 0, 0, IXC),
        ("fused", VFMA, [0xBF80_0002, ONE + 1, ONE + 1], 0, 0x2880_0000, 0),
        ("infinity * 0 + quiet", VFMA, [QUIET | 7, INFINITY, 0], 0, QUIET, IOC),
        ("infinity * 0 + signalling", VFMA, [signalling, INFINITY, 0], 0, QUIET | 1, IOC),
        ("smallest + smallest", VADD, [0, smallest, smallest], 0, 2, 0),
    ];
    for (name, encoding, operands, fpscr, result, flags) in cases {
        assert_eq!(compute(encoding, operands, fpscr), (result, fpscr | flags), "{name}");
    }
}

#[test]
fn flags_accumulate() {
    assert_eq!(compute(VADD, [0, ONE, ONE], IOC | IDC | 0xF000_0000), (0x4000_0000, IOC | IDC | 0xF000_0000));
}

#[test]
fn comparisons() {
    let less = 8 << 28;
    let equal = 6 << 28;
    let greater = 2 << 28;
    let unordered = 3 << 28;
    for (encoding, a, b, fpscr, after) in [
        (VCMP, ONE, 0x4000_0000, 0, less),
        (VCMP, ONE | MINUS, 0xC000_0000, less, greater),
        (VCMP, 0, MINUS, 0, equal),
        (VCMP, INFINITY, INFINITY, 0, equal),
        (VCMP, QUIET, ONE, 0, unordered),
        (VCMPE, QUIET, ONE, 0, unordered | IOC),
        (VCMP, 0x7F80_0001, ONE, 0, unordered | IOC),
        (VCMP, 1, 0, 0, greater),
        (VCMP, 1, 0, FZ, equal | FZ | IDC),
    ] {
        assert_eq!(compute(encoding, [a, b, 0], fpscr), (a, after), "{a:#x} {b:#x}");
    }
}

#[test]
fn conversions() {
    const TO_SIGNED: u32 = 0xEEBD_0AE0;
    const TO_SIGNED_ROUNDED: u32 = 0xEEBD_0A60;
    const TO_UNSIGNED: u32 = 0xEEBC_0AE0;
    const FROM_SIGNED: u32 = 0xEEB8_0AE0;
    // S0 to and from a signed word with 8 bits of fraction.
    const TO_FIXED: u32 = 0xEEBE_0ACC;
    const FROM_FIXED: u32 = 0xEEBA_0ACC;
    // S0 to a signed half-word without fraction.
    const TO_FIXED_16: u32 = 0xEEBE_0A48;
    let cases = [
        ("2.5 truncated", TO_SIGNED, [0, 0x4020_0000], UP, 2, IXC),
        ("2.5 to even", TO_SIGNED_ROUNDED, [0, 0x4020_0000], 0, 2, IXC),
        ("2.5 up", TO_SIGNED_ROUNDED, [0, 0x4020_0000], UP, 3, IXC),
        ("-2.5 down", TO_SIGNED_ROUNDED, [0, 0xC020_0000], DOWN, -3_i32 as u32, IXC),
        ("too large", TO_SIGNED, [0, 0x4F00_0000], 0, 0x7FFF_FFFF, IOC),
        ("smallest", TO_SIGNED, [0, 0xCF00_0000], 0, 0x8000_0000, 0),
        ("negative to unsigned", TO_UNSIGNED, [0, 0xBF80_0000], 0, 0, IOC),
        ("-0.5 to unsigned", TO_UNSIGNED, [0, 0xBF00_0000], 0, 0, IXC),
        ("NaN", TO_SIGNED, [0, QUIET], 0, 0, IOC),
        ("-infinity", TO_SIGNED, [0, INFINITY | MINUS], 0, 0x8000_0000, IOC),
        ("denormal", TO_SIGNED, [0, 1], FZ, 0, IDC),
        ("integer", FROM_SIGNED, [0, 0x0100_0001], 0, 0x4B80_0000, IXC),
        ("integer up", FROM_SIGNED, [0, 0x0100_0001], UP, 0x4B80_0001, IXC),
        ("zero", FROM_SIGNED, [0, 0], DOWN, 0, 0),
        ("to fixed", TO_FIXED, [0xBFC0_0000, 0], 0, -384_i32 as u32, 0),
        // From fixed point it is to nearest, whatever the rounding mode.
        ("from fixed", FROM_FIXED, [0x0100_0001, 0], UP, 0x4780_0000, IXC),
        ("to 16 bits", TO_FIXED_16, [0xC720_0000, 0], 0, 0xFFFF_8000, IOC),
    ];
    for (name, encoding, [s0, s1], fpscr, result, flags) in cases {
        assert_eq!(compute(encoding, [s0, s1, 0], fpscr), (result, fpscr | flags), "{name}");
    }
}

#[test]
fn half_precision() {
    // To the top and from the bottom half.
    const TO_TOP: u32 = 0xEEB3_0AE0;
    const TO_BOTTOM: u32 = 0xEEB3_0A60;
    const FROM_BOTTOM: u32 = 0xEEB2_0A60;
    let cases = [
        ("1", TO_TOP, [0x1234_5678, ONE], 0, 0x3C00_5678, 0),
        ("overflow", TO_BOTTOM, [0, 0x4780_0000], 0, 0x7C00, OFC | IXC),
        ("alternative", TO_BOTTOM, [0, 0x4780_0000], AHP, 0x7C00, 0),
        ("alternative overflow", TO_BOTTOM, [0, 0x4800_0000], AHP, 0x7FFF, IOC),
        ("alternative NaN", TO_BOTTOM, [0, QUIET | MINUS], AHP, 0x8000, IOC),
        ("alternative infinity", TO_BOTTOM, [0, INFINITY], AHP, 0x7FFF, IOC),
        ("NaN", TO_BOTTOM, [0, 0x7F80_2000], 0, 0x7E01, IOC),
        // Flush to zero is about singles: a half may be denormal.
        ("denormal half", TO_BOTTOM, [0, 0x3380_0000], FZ, 1, 0),
        ("inexact denormal half", TO_BOTTOM, [0, 0x3380_0001], FZ, 1, UFC | IXC),
        ("from denormal", FROM_BOTTOM, [0, 0xFFFF_0001], FZ, 0x3380_0000, 0),
        ("from infinity", FROM_BOTTOM, [0, 0xFC00], 0, INFINITY | MINUS, 0),
        ("from alternative", FROM_BOTTOM, [0, 0xFC00], AHP, 0xC780_0000, 0),
        ("from NaN", FROM_BOTTOM, [0, 0x7C01], 0, 0x7FC0_2000, IOC),
        ("from NaN, default", FROM_BOTTOM, [0, 0x7E01], DN, QUIET, 0),
    ];
    for (name, encoding, [s0, s1], fpscr, result, flags) in cases {
        assert_eq!(compute(encoding, [s0, s1, 0], fpscr), (result, fpscr | flags), "{name}");
    }
}

#[test]
fn status_goes_to_the_flags_and_back() {
    // VMSR FPSCR, R0; VMRS R1, FPSCR; VMRS APSR_nzcv, FPSCR.
    let mut rig = Rig::new(&[0xEEE1, 0x0A10, 0xEEF1, 0x1A10, 0xEEF1, 0xFA10, LOOP])
        .set(&[(CPACR, 0xF << 20)])
        .with(&[(0, 0xFFFF_FFFF)]);
    rig.core.set_xpsr(1 << 27 | 1 << 24 | 5 << 16);
    rig.steps(3);
    assert_eq!(rig.core.reg(1), 0xF7C0_009F, "the bits that exist");
    assert_eq!(rig.core.xpsr(), 0xF900_0000 | 5 << 16, "Q and GE stay");
}

#[test]
fn lists_of_registers() {
    // VPUSH {S1-S3}; VPOP {D4-D5} reads one word more than was pushed.
    let mut rig = Rig::new(&[0xED6D, 0x0A03, 0xECBD, 0x4B04, LOOP]).set(&[(CPACR, 0xF << 20)]);
    for n in 0..4 {
        rig.core.set_float_reg(n, 0x100 + u32::from(n));
    }
    rig.memory.set_word(STACK, 0x200);
    rig.steps(1);
    assert_eq!(rig.core.reg(13), STACK - 12);
    assert_eq!([0, 1, 2].map(|n| rig.frame(n)), [0x101, 0x102, 0x103]);
    rig.steps(1);
    assert_eq!(rig.core.reg(13), STACK + 4);
    assert_eq!([8, 9, 10, 11].map(|n| rig.core.float_reg(n)), [0x101, 0x102, 0x103, 0x200]);
}

#[test]
fn a_faulting_transfer_changes_nothing() {
    // VLDMIA R0!, {S0-S3} that runs off the end of RAM; VLDR S0, [R0] at an odd half-word.
    for (code, address, cfsr) in
        [([0xECB0, 0x0A04], RAM + 0xFFF8, 0x8200), ([0xED90, 0x0A00], RAM + 2, UFSR_UNALIGNED)]
    {
        let mut rig = Rig::new(&[code[0], code[1], LOOP]).set(&[(CPACR, 0xF << 20)]).with(&[(0, address)]);
        rig.core.set_float_reg(0, 42);
        rig.steps(1);
        assert_eq!((rig.core.exception(), rig.read(CFSR)), (HARD_FAULT, cfsr));
        assert_eq!((rig.core.float_reg(0), rig.core.reg(0)), (42, address));
    }
}

#[test]
fn access_comes_before_the_encoding() {
    let cause = |code: &[u16], cpacr: u32, privileged: bool| {
        let mut rig = Rig::new(code).set(&[(CPACR, cpacr << 20)]);
        if !privileged {
            // MSR CONTROL, R0.
            rig.put(CODE, &msr_r0(20));
            rig.put(CODE + 4, code);
            rig.core.set_reg(0, 1);
            rig.steps(1);
        }
        rig.steps(1);
        rig.read(CFSR)
    };
    let add: &[u16] = &[0xEE30, 0x0A81, LOOP];
    let double: &[u16] = &[0xEE30, 0x0B81, LOOP];
    for (code, cpacr, privileged, cfsr) in [
        (add, 0xF, true, 0),
        (add, 0xF, false, 0),
        (add, 0x5, true, 0),
        (add, 0x5, false, UFSR_NOCP),
        (add, 0, true, UFSR_NOCP),
        (double, 0xF, true, UFSR_UNDEFINSTR),
        (double, 0, true, UFSR_NOCP),
        // FPv5 (VSEL), D16, and another coprocessor.
        (&[0xFE00, 0x0A00], 0xF, true, UFSR_UNDEFINSTR),
        (&[0xEDD0, 0x0B00], 0xF, true, UFSR_UNDEFINSTR),
        (&[0xEE00, 0x0910], 0xF, true, UFSR_NOCP),
        (&[0xEF00, 0x0A10], 0, true, UFSR_UNDEFINSTR),
    ] {
        assert_eq!(cause(code, cpacr, privileged), cfsr, "{code:x?} {cpacr:x} {privileged}");
    }
}

#[test]
fn a_skipped_instruction_needs_no_access() {
    // IT EQ; VADDEQ.
    let mut rig = Rig::new(&[0xBF08, 0xEE30, 0x0A81, LOOP]);
    rig.core.set_xpsr(1 << 24);
    rig.steps(2);
    assert_eq!((rig.core.reg(15), rig.read(CFSR)), (CODE + 6, 0));
}

#[test]
fn without_a_unit_there_are_no_registers() {
    let mut rig = Rig::new(&[0xEE30, 0x0A81, LOOP]);
    rig.core = gauntlet_armv7em::Core::new(CoreConfig { fpu: false, ..CoreConfig::default() });
    rig.core.reset(&mut rig.memory, gauntlet_armv7em::ResetKind::PowerOn);
    rig = rig.set(&[(CPACR, 0xF << 20), (FPDSCR, AHP), (DHCSR, 0xA05F_0003)]);
    assert_eq!(rig.run(10), Stop::Halted);
    for (register, value) in [(64, 7), (33, AHP), (20, 4 << 24)] {
        rig.write(DCRDR, value);
        rig.write(DCRSR, 1 << 16 | register);
        rig.write(DCRSR, register);
        assert_eq!(rig.read(DCRDR), 0, "{register}");
    }
    for address in [CPACR, FPCCR, FPCAR, FPDSCR, 0xE000_EF40, 0xE000_EF44] {
        assert_eq!(rig.read(address), 0, "{address:#x}");
    }
    rig.write(DHCSR, 0xA05F_0001);
    rig.steps(1);
    assert_eq!(rig.read(CFSR), UFSR_NOCP);
}
