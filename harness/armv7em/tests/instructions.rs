//! Every class of instructions against vectors of an independent implementation, and encodings that are undefined.
//!
//! `ci/fuzz-cpu/golden.py` writes the vectors. States are drawn from a seed by a function that both have.

#[path = "common/single.rs"]
mod single;

use std::collections::BTreeMap;

use single::{After, CODE, Case, EXECUTED, RAM, Single, UNDEFINED};

const VECTORS: &str = include_str!("data/instructions.txt");
const CORNERS: [u32; 11] =
    [0, 1, !0, 1 << 31, !0 >> 1, 0x8000, 0x7FFF, 0x8080_8080, 0x8000_8000, 0x7FFF_7FFF, 0xFF];
const FLOATS: [u32; 16] = [
    0,
    1 << 31,
    1,
    0x007F_FFFF,
    0x0080_0000,
    0x3F80_0000,
    0xBF80_0000,
    0x3F80_0001,
    0x4B00_0000,
    0x7F7F_FFFF,
    0x7F80_0000,
    0xFF80_0000,
    0x7FC0_0000,
    0x7F80_0001,
    0x3380_0000,
    0x7C00_FC00,
];
/// The hash of an untouched memory.
const UNTOUCHED: u64 = 0xCBF2_9CE4_8422_2325;

/// A word of a case.
fn mix(seed: u32, n: u32) -> u32 {
    let mut h = seed.wrapping_mul(0x9E37_79B9).wrapping_add(n.wrapping_mul(0x85EB_CA6B));
    for factor in [0x85EB_CA6B, 0xC2B2_AE35] {
        h = (h ^ h >> 15).wrapping_mul(factor);
    }
    h ^ h >> 16
}

fn register(seed: u32, n: u32) -> u32 {
    let h = mix(seed, n);
    let rest = h >> 3;
    match h & 7 {
        0 | 1 => RAM + 0x1000 + rest % 0x2000,
        2 | 3 => RAM + 0x1000 + rest % 0x800 * 4,
        4 => CORNERS[rest as usize % CORNERS.len()],
        5 => rest & 63,
        6 => mix(h, 1),
        _ => mix(h, 2),
    }
}

fn single_precision(seed: u32, n: u32) -> u32 {
    let h = mix(seed, 64 + n);
    match h & 3 {
        1 | 3 => FLOATS[(h >> 4 & 15) as usize],
        2 => h & 0x807F_FFFF | (120 + (h >> 4) % 16) << 23,
        _ => mix(h, 3),
    }
}

fn registers(seed: u32) -> [u32; 15] {
    let mut registers: [u32; 15] = std::array::from_fn(|n| register(seed, n as u32));
    registers[13] = RAM + 0x2000 + mix(seed, 13) % 0x200 * 4;
    registers
}

fn hexadecimal(word: &str) -> u32 {
    u32::from_str_radix(word, 16).expect("a vector is hexadecimal")
}

fn pairs<'a>(words: impl Iterator<Item = &'a str>) -> Vec<(usize, u32)> {
    let pair = |word: &str| {
        let (n, value) = word.split_once('=').expect("a register and its value");
        (hexadecimal(n) as usize, hexadecimal(value))
    };
    words.map(pair).collect()
}

/// What a line says: mode, state before, and what differs after or the status.
fn parse(line: &str) -> (&str, Case, &str) {
    let (before, after) = line.split_once(" >").expect("before and after");
    let mut words = before.split(' ');
    let mode = words.next().expect("a mode");
    let [encoding, seed, xpsr, prefix] = std::array::from_fn(|_| hexadecimal(words.next().expect("a field")));
    let mut case = Case {
        encoding,
        address: CODE + 0x2000 + seed % 8 * 2,
        registers: registers(seed),
        xpsr,
        prefix,
        special: 0,
        other_stack: 0,
        float: None,
    };
    for (n, value) in pairs(words) {
        case.registers[n] = value;
    }
    if mode == "f" {
        let mut float: [u32; 33] = std::array::from_fn(|n| single_precision(seed, n as u32));
        float[32] = mix(seed, 96) & 0xF7C0_0000;
        if encoding & 0xFFBE_0E50 == 0xEEBA_0A40 {
            // From fixed point it is always to nearest, and the other implementation is right only then.
            float[32] &= !(3 << 22);
        }
        case.float = Some(float);
    }
    if mode == "s" {
        case.special = mix(seed, 16) & 0x0301_E001;
        case.other_stack = RAM + 0x1800 + mix(seed, 17) % 0x100 * 4;
    }
    (mode, case, after.trim_start())
}

/// The answer that a line gives, as words: R0 to R15, xPSR, hash of the memory, status, more registers.
fn expected(mode: &str, case: &Case, after: &str) -> Vec<u32> {
    let mut words = case.registers.to_vec();
    words.extend([case.address, case.xpsr, UNTOUCHED as u32, (UNTOUCHED >> 32) as u32, EXECUTED]);
    match mode {
        "f" => words.extend(case.float.expect("a state with floating point")),
        "s" => words.extend([0; 3]),
        _ => {}
    }
    if let Some(status) = after.strip_prefix('!') {
        words.fill(0);
        words[19] = status.parse().expect("a status");
        return words;
    }
    for (n, value) in pairs(after.split(' ')) {
        words[n] = value;
    }
    words
}

fn answer(mode: &str, after: &After) -> Vec<u32> {
    let mut words = after.registers.to_vec();
    words.extend([after.xpsr, after.hash as u32, (after.hash >> 32) as u32, after.status]);
    match mode {
        "f" => words.extend(after.float),
        "s" => words.extend(after.special),
        _ => {}
    }
    words
}

#[test]
fn results_are_those_of_another_implementation() {
    let mut single = Single::new();
    let (mut class, mut counts) = ("", BTreeMap::<&str, usize>::new());
    for line in VECTORS.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            class = name;
        } else if !line.starts_with("undefined") {
            let (mode, case, after) = parse(line);
            assert_eq!(
                answer(mode, &single.execute(&case)),
                expected(mode, &case, after),
                "{class}: {line}, in {:x?}",
                case.registers
            );
            *counts.entry(class).or_default() += 1;
        }
    }
    assert!(counts.len() >= 31, "{counts:?}");
    assert!(counts.values().all(|&count| count > 60), "{counts:?}");
    for class in ["VFP arithmetic", "VFP memory", "DSP multiply", "saturating", "exclusive", "system", "IT"] {
        assert!(counts.contains_key(class), "{class} is missing");
    }
}

#[test]
fn undefined_encodings_fault() {
    let mut single = Single::new();
    let mut count = 0;
    for word in VECTORS.lines().filter_map(|line| line.strip_prefix("undefined ")).flat_map(|l| l.split(' '))
    {
        let encoding = hexadecimal(word);
        // Without a floating-point unit its encodings are those of an absent coprocessor.
        let floating = encoding >> 26 & 0x3B == 0x3B && encoding >> 9 & 7 == 5;
        let case = Case {
            encoding,
            address: CODE + 0x2000,
            registers: registers(encoding),
            xpsr: 1 << 24,
            prefix: 0,
            special: 0,
            other_stack: 0,
            float: floating.then_some([0; 33]),
        };
        assert_eq!(single.execute(&case).status, UNDEFINED, "{encoding:08x}");
        count += 1;
    }
    assert!(count > 1500, "{count}");
}
