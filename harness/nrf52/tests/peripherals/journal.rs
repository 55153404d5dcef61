//! What the chip does not have is noted, with who asked for it.

use gauntlet_nrf52::{Chip, Reset, Variant};

use super::{Registers, chip};

/// Reads a register of the CryptoCell twice, then stays.
///
/// ```text
/// 08  ldr r0, 10    0A  ldr r1, [r0]    0C  ldr r1, [r0]    0E  b .
/// ```
#[test]
fn an_access_to_an_unmodelled_register_is_noted_with_its_program_counter() {
    let mut chip = Chip::new(Variant::Nrf52840, 1);
    let code: [u16; 6] = [0x4801, 0x6801, 0x6801, 0xE7FE, 0xA500, 0x5002];
    chip.put_image(0, &[0x00, 0x10, 0x00, 0x20, 0x09, 0, 0, 0]);
    chip.put_image(8, &code.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<_>>());
    chip.reset(Reset::PowerOn);
    chip.run_until(chip.now() + 1000);
    let touch = *chip.touches().next().unwrap();
    assert_eq!((touch.address, touch.pc, touch.written, touch.count), (0x5002_A500, Some(0x0A), None, 2));
    assert_eq!(touch.block(), "CryptoCell 310");
    assert_eq!(chip.touches().count(), 1);
}

#[test]
fn registers_that_are_modelled_or_only_store_are_not_noted() {
    let mut chip = chip();
    let known = [
        0x4000_0538,
        0x4000_053C,
        0x4000_0EE4,
        0x4000_2524,
        0x4000_6510,
        0x4000_9540,
        0x4001_1504,
        0x4001_4304,
        0x4001_3540,
        0x4001_F510,
        0x4002_0510,
        0x4002_8500,
        0x5000_0504,
        0x4000_C520,
        0x4000_173C,
        0x4000_5610,
    ];
    for address in known {
        let value = chip.get(address);
        chip.set(address, value);
    }
    assert_eq!(chip.touches().count(), 0);
    for (address, block) in [(0x4000_2550, "UART0"), (0x4000_B600, "RTC"), (0x4000_0700, "CLOCK, POWER")] {
        assert_eq!(chip.get(address), 0);
        let touch = chip.touches().find(|touch| touch.address == address).unwrap();
        assert_eq!((touch.block(), touch.pc), (block, None));
    }
    chip.trigger(0x4000_7000);
    let task = chip.touches().find(|touch| touch.address == 0x4000_7000).unwrap();
    assert_eq!((task.written, task.block()), (Some(1), "SAADC"));
}

#[test]
fn the_second_serial_port_is_only_where_the_chip_has_one() {
    let mut small = Chip::new(Variant::Nrf52832, 1);
    small.set(0x4002_8524, 1);
    assert_eq!(small.touches().count(), 1);
    assert_eq!(small.get(0x4002_8524), 0);
}

/// A chip that executes this from address 8 on, with handlers that stay where they are.
fn running(code: &[u16]) -> Chip {
    let mut chip = Chip::new(Variant::Nrf52840, 1);
    let mut image = vec![0x00, 0x10, 0x00, 0x20, 0x41, 0, 0, 0];
    image.extend([0x81, 0, 0, 0].repeat(14));
    image.extend(code.iter().flat_map(|half| half.to_le_bytes()));
    image.resize(0x80, 0);
    image.extend([0xFE, 0xE7]);
    assert!(chip.put_image(0, &image));
    chip.set_recording(true);
    chip.reset(Reset::PowerOn);
    chip.run_until(chip.now() + 100_000);
    chip
}

/// Stores two registers at once to words that do not exist, then loads PC from another one, which is 0.
///
/// ```text
/// 40  ldr r0, 50     42  movs r1, #7     44  stmia r0!, {r1, r2}     46  ldr.w pc, [r0]
/// 50  .word 0x40000C00
/// ```
#[test]
fn every_access_of_one_instruction_gets_its_address_even_if_it_branches() {
    let chip = running(&[0x4803, 0x2107, 0xC006, 0xF8D0, 0xF000, 0xBF00, 0xBF00, 0xBF00, 0x0C00, 0x4000]);
    let noted: Vec<_> = chip.touches().map(|touch| (touch.address, touch.pc, touch.written)).collect();
    let expected = [
        (0x4000_0C00, Some(0x44), Some(7)),
        (0x4000_0C04, Some(0x44), Some(0)),
        (0x4000_0C08, Some(0x46), None),
    ];
    assert_eq!(noted, expected);
}

/// Stores to flash while the controller is read-only: a bus fault, which becomes a hard fault.
///
/// ```text
/// 40  movs r0, #1    42  lsls r0, r0, #13    44  str r0, [r0]
/// ```
#[test]
fn a_refused_store_is_noted_with_the_address_of_its_instruction() {
    let mut chip = running(&[0x2001, 0x0340, 0x6000]);
    let [refusal] = chip.refusals() else { panic!("one refusal: {:?}", chip.refusals()) };
    assert_eq!((refusal.address, refusal.pc), (0x2000, 0x44));
    let fault = chip.take_first_fault().expect("the processor took a fault");
    assert_eq!((fault.pc, fault.address), (0x44, Some(0x2000)));
    assert_eq!(chip.take_first_fault(), None);
}

#[test]
fn reads_and_writes_are_counted_apart() {
    let mut chip = chip();
    for value in 0..3 {
        chip.set(0x4000_0C00, value);
        chip.get(0x4000_0C00);
    }
    let touch = chip.touches().next().unwrap();
    assert_eq!(
        (touch.written, touch.count, touch.writes),
        (Some(0), 6, 3),
        "one entry, with the first value"
    );
}

/// Enables the CryptoCell, then reads one of its registers until it is not 0.
///
/// ```text
/// 40  ldr r0, 50    42  movs r1, #1    44  str r1, [r0]    46  ldr r0, 54    48  ldr r1, [r0]    4A  cmp r1, #0
/// 4C  beq 48        4E  b .
/// ```
#[test]
fn firmware_that_waits_for_the_crypto_cell_is_told_so() {
    let code =
        [0x4803, 0x2101, 0x6001, 0x4803, 0x6801, 0x2900, 0xD0FC, 0xE7FE, 0xA500, 0x5002, 0xB0BC, 0x5002];
    let chip = running(&code);
    let missing = chip.missing_part().expect("it waits");
    assert_eq!((missing.first_use.pc, missing.register.pc), (Some(0x44), Some(0x48)));
    assert_eq!(
        missing.to_string(),
        "the firmware uses CryptoCell 310 at PC 0x00000044 and waits for its register 0x5002b0bc at PC 0x00000048; \
         CryptoCell 310 is not modelled: build the bootloader with a software backend (micro-ecc or nrf_oberon)"
    );
}

#[test]
fn the_crypto_cell_stores_and_says_that_it_is_in_use_and_only_one_chip_has_it() {
    for (variant, stores) in [(Variant::Nrf52840, true), (Variant::Nrf52833, false)] {
        let mut chip = Chip::new(variant, 1);
        assert_eq!(chip.get(0x5002_BA60), if stores { 2 } else { 0 });
        chip.set(0x5002_A500, 1);
        assert_eq!(chip.get(0x5002_A500), u32::from(stores));
        assert_eq!(chip.touches().map(|touch| touch.count).collect::<Vec<_>>(), [2, 1], "noted in any case");
        assert_eq!(chip.missing_part(), None, "a look is no wait");
    }
}
