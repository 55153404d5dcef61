//! Firmware gone mad: whatever is written to the registers, the chip goes on, and in the same way every time.

use gauntlet_nrf52::{Chip, Reset, Variant};

use super::{RAM, Registers};

/// Peripherals with behaviour, and the pages between them.
const PAGES: u32 = 0x30;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as u32 % sides
    }

    fn address(&mut self) -> u32 {
        let page = if self.roll(20) == 0 { 0x5000_0000 } else { 0x4000_0000 + 0x1000 * self.roll(PAGES) };
        let part = [0x000, 0x100, 0x200, 0x300, 0x500, 0x540, 0x500, 0x800][self.roll(8) as usize];
        page + part + 4 * self.roll(32)
    }

    fn value(&mut self) -> u32 {
        match self.roll(6) {
            0 => u32::MAX,
            1 => self.address(),
            2 => RAM + self.roll(0x1_0000),
            3 => self.roll(0x1_0000),
            4 => 1 << self.roll(32),
            _ => 1,
        }
    }
}

fn storm(seed: u64, variant: Variant) -> (u64, Vec<u8>, Vec<u32>) {
    let mut dice = Dice(0x9E37_79B9 + seed);
    let mut chip = Chip::new(variant, seed);
    // The CPU runs through it all: it stays where it is.
    chip.put_image(0, &[0x00, 0x10, 0x00, 0x20, 0x09, 0, 0, 0, 0xFE, 0xE7]);
    chip.reset(Reset::PowerOn);
    let mut seen = Vec::new();
    for _ in 0..3000 {
        let address = dice.address();
        if dice.roll(3) == 0 {
            seen.push(chip.get(address));
        } else {
            // The flash controller may refuse; everything else takes what comes.
            let _ = chip.store_word(address, dice.value());
        }
        match dice.roll(20) {
            0 => chip.uart_send(0, &[1, 2, 3]),
            1 => chip.drive_pin(dice.roll(70) as u8, Some(dice.roll(2) == 1)),
            2 => drop(chip.uart_take(0)),
            3..10 => {
                chip.run_until(chip.now() + u64::from(dice.roll(2000)));
            }
            _ => {}
        }
        if chip.is_stopped_for_good() {
            chip.reset(Reset::Pin);
        }
    }
    (chip.now(), chip.ram().to_vec(), seen)
}

trait Stopped {
    fn is_stopped_for_good(&mut self) -> bool;
}

impl Stopped for Chip {
    fn is_stopped_for_good(&mut self) -> bool {
        self.run_until(self.now()) == gauntlet_nrf52::ChipStop::Stopped
    }
}

#[test]
fn random_accesses_never_bring_the_chip_down_and_repeat_exactly() {
    for variant in [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840] {
        for seed in 0..6 {
            assert!(storm(seed, variant) == storm(seed, variant), "seed {seed} of {variant:?}");
        }
    }
}
