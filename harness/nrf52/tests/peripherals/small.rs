//! RNG, TEMP, ECB, the watchdog's warning.

use gauntlet_nrf52::{Chip, Variant, cycles_from_ms, cycles_from_us};

use super::{RAM, Registers, chip, sleeper};

const RNG: u32 = 0x4000_D000;
const TEMP: u32 = 0x4000_C000;
const ECB: u32 = 0x4000_E000;
const WDT: u32 = 0x4001_0000;

#[test]
fn random_bytes_come_one_after_the_other_and_from_the_seed() {
    let bytes = |seed| {
        let mut chip = Chip::new(Variant::Nrf52832, seed);
        chip.set(RNG + 0x504, 1);
        chip.trigger(RNG);
        let mut bytes = Vec::new();
        while bytes.len() < 16 {
            chip.wait(cycles_from_us(119));
            assert_eq!(chip.get(RNG + 0x100), 0);
            chip.wait(cycles_from_us(1));
            assert_eq!(chip.get(RNG + 0x100), 1);
            chip.set(RNG + 0x100, 0);
            bytes.push(chip.get(RNG + 0x508));
        }
        bytes
    };
    assert_eq!(bytes(3), bytes(3));
    assert_ne!(bytes(3), bytes(4));
    assert!(bytes(3).iter().any(|byte| *byte != bytes(3)[0]));
}

#[test]
fn the_shortcut_stops_the_generator_after_one_byte() {
    let mut chip = chip();
    chip.set(RNG + 0x200, 1);
    chip.trigger(RNG);
    chip.wait(cycles_from_us(30));
    chip.set(RNG + 0x100, 0);
    chip.wait(cycles_from_ms(1));
    assert_eq!(chip.get(RNG + 0x100), 0);
}

#[test]
fn the_temperature_is_that_of_the_room() {
    let mut chip = chip();
    for quarters in [100, -17] {
        chip.set_temperature(quarters);
        chip.set(TEMP + 0x100, 0);
        chip.trigger(TEMP);
        chip.wait(cycles_from_us(35));
        assert_eq!(chip.get(TEMP + 0x100), 0);
        chip.wait(cycles_from_us(1));
        assert_eq!((chip.get(TEMP + 0x100), chip.get(TEMP + 0x508)), (1, quarters as u32));
    }
    chip.set(TEMP + 0x540, 5);
    assert_eq!(chip.get(TEMP + 0x540), 5);
}

#[test]
fn a_block_is_encrypted_in_ram() {
    let mut chip = chip();
    let words = |bytes: [u8; 16]| {
        bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect::<Vec<_>>()
    };
    let (key, text) = (std::array::from_fn(|i| i as u8), std::array::from_fn(|i| 0x11 * i as u8));
    for (index, word) in words(key).into_iter().chain(words(text)).enumerate() {
        chip.set(RAM + 0x40 + 4 * index as u32, word);
    }
    chip.set(ECB + 0x504, RAM + 0x40);
    chip.trigger(ECB);
    assert_eq!(chip.get(ECB + 0x100), 0);
    chip.wait(cycles_from_us(7));
    assert_eq!((chip.get(ECB + 0x100), chip.get(ECB + 0x104)), (1, 0));
    let cipher = 0x69C4_E0D8_6A7B_0430_D8CD_B780_70B4_C55A_u128.to_be_bytes();
    assert_eq!(chip.ram()[0x60..0x70], cipher);
}

#[test]
fn a_block_that_is_not_in_ram_or_is_stopped_is_an_error() {
    let mut chip = chip();
    chip.set(ECB + 0x504, 0x1000);
    chip.trigger(ECB);
    chip.wait(cycles_from_us(7));
    assert_eq!((chip.get(ECB + 0x100), chip.get(ECB + 0x104)), (0, 1));
    assert_eq!(chip.dma_refusals().iter().map(|refusal| refusal.address).collect::<Vec<_>>(), [0x1000]);
    chip.set(ECB + 0x104, 0);
    chip.trigger(ECB);
    chip.trigger(ECB + 4);
    assert_eq!(chip.get(ECB + 0x104), 1);
}

#[test]
fn the_watchdog_interrupts_two_ticks_before_it_bites() {
    let mut chip = sleeper(Variant::Nrf52832, 16, WDT + 0x100);
    let start = chip.starts();
    chip.set(WDT + 0x504, 0xFF);
    chip.set(WDT + 0x304, 1);
    chip.trigger(WDT);
    let bites = 258 * 15_625 / 8;
    chip.run_until(chip.now() + bites - 3000);
    assert_eq!((chip.get(RAM), chip.starts()), (1, start));
    chip.run_until(chip.now() + 4000);
    assert_eq!(chip.starts(), start + 1);
    assert_eq!(chip.get(WDT + 0x304), 0);
}
