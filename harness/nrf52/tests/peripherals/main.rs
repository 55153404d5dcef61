//! The peripherals, register by register, with time passing between the accesses; and with firmware that is interrupted.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod clock;
mod interconnect;
mod interrupts;
mod journal;
mod pins;
mod resets;
mod rtc;
mod small;
mod storm;
mod timer;
mod touch_lists;
mod uart;
mod uart_line;

use gauntlet_nrf52::{Chip, Reset, Variant};

const RAM: u32 = 0x2000_0000;

/// What tests do to a chip, in the words of the data sheet.
trait Registers {
    fn get(&mut self, address: u32) -> u32;
    fn set(&mut self, address: u32, value: u32);
    fn trigger(&mut self, address: u32) {
        self.set(address, 1);
    }
    /// Lets time pass, with the CPU standing still.
    fn wait(&mut self, cycles: u64);
}

impl Registers for Chip {
    fn get(&mut self, address: u32) -> u32 {
        self.load_word(address).unwrap()
    }

    fn set(&mut self, address: u32, value: u32) {
        self.store_word(address, value).unwrap();
    }

    fn wait(&mut self, cycles: u64) {
        self.pass_time(self.now() + cycles);
    }
}

fn chip() -> Chip {
    Chip::new(Variant::Nrf52840, 1)
}

/// Starts the 32768 Hz clock from the RC oscillator and waits until it runs.
fn start_lf_clock(chip: &mut Chip) {
    chip.trigger(0x4000_0008);
    chip.wait(64_000);
    assert_eq!(chip.get(0x4000_0104), 1);
}

/// Moves on to the next edge of the 32768 Hz clock and a little further, so that tests know where they are.
fn to_tick(chip: &mut Chip) {
    let tick = chip.now() * 8 / 15_625 + 1;
    chip.pass_time((tick * 15_625).div_ceil(8) + 10);
}

/// A chip that sleeps, with one interrupt enabled. The handler clears `event` and counts its calls at the start of RAM.
///
/// ```text
/// 200  ldr r0, ISER    202  ldr r1, bit     204  str r1, [r0]    206  wfi    208  b 206
/// 300  ldr r0, event   302  movs r1, #0     304  str r1, [r0]    306  ldr r1, [r0]
/// 308  ldr r2, RAM     30A  ldr r3, [r2]    30C  adds r3, #1     30E  str r3, [r2]    310  bx lr
/// ```
fn sleeper(variant: Variant, irq: u32, event: u32) -> Chip {
    let mut image = vec![0; 0x400];
    let mut put = |at: usize, halves: &[u16], words: &[u32]| {
        let bytes = halves.iter().flat_map(|half| half.to_le_bytes());
        let bytes: Vec<u8> = bytes.chain(words.iter().flat_map(|word| word.to_le_bytes())).collect();
        image[at..at + bytes.len()].copy_from_slice(&bytes);
    };
    put(0, &[], &[RAM + 0x1000, 0x201]);
    for vector in 2..0x80 {
        put(4 * vector, &[], &[0x301]);
    }
    let enable = [0xE000_E100 + irq / 32 * 4, 1 << (irq % 32)];
    put(0x200, &[0x4802, 0x4903, 0x6001, 0xBF30, 0xE7FD, 0xBF00], &enable);
    let handler = [0x4804, 0x2100, 0x6001, 0x6801, 0x4A03, 0x6813, 0x3301, 0x6013, 0x4770, 0xBF00];
    put(0x300, &handler, &[event, RAM]);
    let mut chip = Chip::new(variant, 1);
    assert!(chip.put_image(0, &image));
    chip.reset(Reset::PowerOn);
    chip.set(RAM, 0);
    chip.run_until(chip.now() + 1000);
    chip
}
