//! Firmware on a virtual chip: whatever image it is, the chip comes back at the limit of every run, keeps no more than it
//! promises, and a clone of it goes on in exactly the same way.
//!
//! The first byte picks the chip and where the image lies; the rest is the image. Between the slices of a run the host sends
//! bytes, drives pins and resets, by the seed of the input's length.

use crate::{Outcome, Target};
use gauntlet_nrf52::{Chip, ChipStop, Landmarks, Reset, Variant, cycles_from_us};

/// The target.
pub const TARGET: Target = Target { name: "firmware", run, seeds, words: WORDS, max_len: 1500 };

/// Addresses of registers that do something, and keys that open doors.
const WORDS: &[&[u8]] = &[
    &0x4001_E504u32.to_le_bytes(),
    &0x4001_E508u32.to_le_bytes(),
    &0x4000_2000u32.to_le_bytes(),
    &0x4000_2500u32.to_le_bytes(),
    &0x4000_0500u32.to_le_bytes(),
    &0x4000_8000u32.to_le_bytes(),
    &0x4000_B000u32.to_le_bytes(),
    &0x4001_0000u32.to_le_bytes(),
    &0x4001_F500u32.to_le_bytes(),
    &0x5002_A500u32.to_le_bytes(),
    &0xE000_ED0Cu32.to_le_bytes(),
    &0xE000_E100u32.to_le_bytes(),
    &0x05FA_0004u32.to_le_bytes(),
    &0x2000_1000u32.to_le_bytes(),
    // bx lr; wfi; b .; udf
    &[0x70, 0x47],
    &[0x30, 0xBF],
    &[0xFE, 0xE7],
    &[0x00, 0xDE],
];
const SLICES: u64 = 8;
const SLICE: u64 = cycles_from_us(300);

fn run(input: &[u8]) -> Outcome {
    let (&choice, image) = input.split_first().unwrap_or((&0, &[]));
    let variant = [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840][usize::from(choice % 3)];
    let mut chip = Chip::new(variant, 1);
    assert!(chip.put_image(if choice & 0x40 == 0 { 0 } else { 0x1000 }, image), "the image fits");
    chip.set_recording(true);
    chip.set_journal_limit(64);
    chip.reset(Reset::PowerOn);
    let mut twin = None;
    let mut last = ChipStop::Limit;
    for slice in 0..SLICES {
        if slice == SLICES / 2 {
            twin = Some(chip.clone());
        }
        last = go_on(&mut chip, slice, choice);
    }
    if let Some(mut twin) = twin {
        for slice in SLICES / 2..SLICES {
            go_on(&mut twin, slice, choice);
        }
        assert_eq!(
            (twin.now(), twin.instructions()),
            (chip.now(), chip.instructions()),
            "a clone goes on the same"
        );
        assert!(twin.ram() == chip.ram() && twin.non_volatile() == chip.non_volatile());
    }
    assert!(chip.touches().count() <= 256 && chip.refusals().len() <= 64 && chip.journal().len() <= 64);
    let mut array = chip.journal_base().expect("it records").clone();
    chip.journal().iter().for_each(|op| array.apply(op));
    assert!(array == chip.non_volatile(), "the journal tells what the flash holds");
    let landmarks = Landmarks { limit_ms: 1, resets: 5, instructions: 20_000, ..Landmarks::default() };
    Outcome::of(&(last, landmarks.watch(&mut chip)))
        .with(chip.touches().count() as u64)
        .with(u64::from(chip.starts().min(4)))
        .with(chip.flash_ops().min(3))
}

fn go_on(chip: &mut Chip, slice: u64, choice: u8) -> ChipStop {
    match slice {
        2 => chip.uart_send(0, &[0xC0, 9, 1, 0xC0]),
        3 => chip.drive_pin(choice & 31, Some(choice & 32 != 0)),
        5 if choice & 0x80 != 0 => chip.reset(Reset::Watchdog),
        _ => {}
    }
    let until = chip.now() + SLICE;
    let stop = chip.run_until(until);
    assert!(chip.now() >= until || matches!(stop, ChipStop::Halted), "{stop:?}");
    stop
}

/// Vectors that lead to the code behind them, and small programs.
fn seeds() -> Vec<Vec<u8>> {
    let programs: [&[u16]; 6] = [
        // b .
        &[0xE7FE],
        // wfi; b back
        &[0xBF30, 0xE7FD],
        // A store to a register, and again: ldr r0, [pc, #4]; ldr r1, [pc, #8]; str r1, [r0]; b back
        &[0x4801, 0x4902, 0x6001, 0xE7FD, 0x2000, 0x4000, 0x0001, 0x0000],
        // A reset.
        &[0x4801, 0x4902, 0x6001, 0xE7FE, 0xED0C, 0xE000, 0x0004, 0x05FA],
        // A page erase: CONFIG = 2, ERASEPAGE = 0x8000.
        &[0x4803, 0x2102, 0x6001, 0x2201, 0x03D2, 0x6042, 0xE7FE, 0xBF00, 0xE504, 0x4001],
        // svc; push; udf
        &[0xDF18, 0xB5FF, 0xDE00],
    ];
    let vectors = [0x2000_1000u32].into_iter().chain([0x41; 15]);
    let head: Vec<u8> = vectors.flat_map(u32::to_le_bytes).collect();
    programs
        .iter()
        .enumerate()
        .map(|(index, code)| {
            let code = code.iter().flat_map(|half| half.to_le_bytes());
            [index as u8].into_iter().chain(head.iter().copied()).chain(code).collect()
        })
        .collect()
}
