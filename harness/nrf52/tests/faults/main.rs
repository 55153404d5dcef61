//! Faults on a chip with firmware on its processor: where they strike, what they leave, and that a run repeats exactly.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod properties;
mod resets;
mod single;
mod sweeping;

use gauntlet_nrf52::{Chip, NonVolatile, Reset, Variant, cycles_from_ms};

/// Erases the pages at 0x8000 and 0x9000, each followed by twelve words, waiting for READY; then says that it is done and
/// sleeps. 26 operations.
///
/// ```text
///  40  ldr r0, =0x4001E000    ldr r1, =CONFIG        ldr r4, =0x8000
///  4C  round: CONFIG = 2      ERASEPAGE = r4         bl ready
///  5A  CONFIG = 1             movs r5, #0            ldr r6, =0x13579BDF
///  62  word: r7 = r4 + 4 r5   66 str r6, [r7]        bl ready
///  6C  r6 += 0x01010107       r5 += 1, 12 times to word
///  76  CONFIG = 0             r4 += 0x1000           up to 0xA000 to round
///  88  [0x20000100] = 0xD05E
///  90  sleep: wfe             b sleep
///  94  ready: READY until it is 1, bx lr
/// ```
const UPDATE: [u16; 56] = [
    0x4817, 0xF240, 0x5104, 0x1841, 0xF44F, 0x4400, 0x2202, 0x600A, 0xF44F, 0x63A1, 0x50C4, 0xF000, 0xF81D,
    0x2201, 0x600A, 0x2500, 0x4E10, 0x00AF, 0x193F, 0x603E, 0xF000, 0xF814, 0x4B0E, 0x18F6, 0x3501, 0x2D0C,
    0xD1F5, 0x2200, 0x600A, 0xF44F, 0x5380, 0x18E4, 0xF44F, 0x4320, 0x429C, 0xD1E1, 0x4808, 0xF24D, 0x015E,
    0x6001, 0xBF20, 0xE7FD, 0xF44F, 0x6380, 0x58C3, 0x2B01, 0xD1FA, 0x4770, 0xE000, 0x4001, 0x9BDF, 0x1357,
    0x0107, 0x0101, 0x0100, 0x2000,
];
const OPS: u64 = 26;
/// Where the page erase and the word store are.
const ERASES: u32 = 0x54;
const STORES: u32 = 0x66;
/// Starts before that.
const FIRST: u32 = 1;
const DONE: usize = 0x100;
/// Longer than all of it takes, also twice.
const ENOUGH: u64 = cycles_from_ms(1_000);

/// A chip that is about to run this in its second start, with something in the pages it erases.
fn updater(variant: Variant) -> Chip {
    let mut chip = Chip::new(variant, 5);
    let mut image = vec![0x00, 0x10, 0x00, 0x20];
    image.extend([0x41, 0, 0, 0].repeat(15));
    image.extend(UPDATE.iter().flat_map(|half| half.to_le_bytes()));
    assert!(chip.put_image(0, &image));
    assert!(chip.put_image(0x8000, &[0x5A; 0x2000]));
    chip.reset(Reset::PowerOn);
    chip
}

fn is_done(chip: &Chip) -> bool {
    chip.ram()[DONE..DONE + 2] == [0x5E, 0xD0]
}

/// What the journal says the array holds.
fn replayed(chip: &Chip) -> NonVolatile {
    let mut array = chip.journal_base().unwrap().clone();
    chip.journal().iter().for_each(|op| array.apply(op));
    array
}
