//! A clone of a chip goes on exactly as the original does, wherever it was taken; and a chip goes on exactly as if nobody had
//! taken one.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use gauntlet_nrf52::{
    Chip, Cut, Fault, Machine, NonVolatile, Reset, Tear, TearPattern, Variant, cycles_from_ms, cycles_from_us,
};

/// Everything of a chip that can be seen from outside.
type Seen = (u64, u64, u32, Vec<u32>, Vec<u8>, NonVolatile, Vec<(u8, u64)>, u64, usize, Vec<u32>);

fn seen(chip: &Chip) -> Seen {
    let core = chip.core();
    let mut registers: Vec<u32> = (0..16).map(|n| core.reg(n)).collect();
    registers.extend([
        core.xpsr(),
        core.msp(),
        core.psp(),
        core.control(),
        core.basepri().into(),
        core.fpscr(),
    ]);
    registers.extend((0..32).map(|n| core.float_reg(n)));
    registers.extend([core.primask(), core.is_sleeping(), chip.is_powered()].map(u32::from));
    let mut private = core.clone();
    let blocks =
        [(0xE000_E010, 4), (0xE000_E100, 192), (0xE000_ED00, 16), (0xE000_EDF0, 4), (0xE000_1000, 2)];
    registers.extend(
        blocks
            .iter()
            .flat_map(|&(base, words)| (0..words).map(move |n| base + 4 * n))
            .map(|at| private.ppb_read(at)),
    );
    // A look at peripherals may change them: it is taken at a copy.
    let mut copy = chip.clone();
    let peripherals = [
        0x4000_0400,
        0x4000_040C,
        0x4000_0418,
        0x4000_051C,
        0x4000_2110,
        0x4000_253C,
        0x4000_254C,
        0x4000_8140,
        0x4000_8540,
        0x4000_B504,
        0x4000_D508,
        0x4001_0400,
        0x4001_0404,
        0x4001_1504,
        0x4001_E400,
        0x4001_E504,
        0x4001_F500,
        0x5000_0510,
    ];
    let peripherals = peripherals.iter().map(|&at| copy.load_word(at).unwrap_or(0xDEAD)).collect();
    (
        chip.now(),
        chip.instructions(),
        chip.starts(),
        registers,
        chip.ram().to_vec(),
        chip.non_volatile(),
        chip.uart_sent(0).iter().map(|byte| (byte.value, byte.at)).collect(),
        chip.flash_ops(),
        chip.journal().len(),
        peripherals,
    )
}

/// Does a bit of everything, for ever: erases and writes flash, sends what it writes over the serial port and receives over it,
/// computes with floats, and counts the interrupts of a timer.
///
/// ```text
/// 200  main: CPACR on, timer 0 with an interrupt every 200 us, UARTE with pins, enabled, receiving
///      round: CONFIG 2, ERASEPAGE 0x8000, CONFIG 1, 16 words, each followed by its transmission, CONFIG 0, again
/// 300  handler: clears the event, counts in RAM, vadd.f32 s0, s0, s1
/// ```
fn busy(variant: Variant) -> Chip {
    // Stores of the table, one after the other, then the words of flash in a loop.
    const SET_UP: [(u32, u32); 20] = [
        (0xE000_ED88, 0x00F0_0000),
        (0x4000_8510, 4),
        (0x4000_8508, 3),
        (0x4000_8540, 200),
        (0x4000_8200, 1),
        (0x4000_8304, 1 << 16),
        (0xE000_E100, 1 << 8),
        (0x4000_8000, 1),
        (0x4000_250C, 6),
        (0x4000_2514, 8),
        (0x4000_2524, 0x1000_0000),
        (0x4000_2500, 8),
        (0x4000_2534, 0x2000_0200),
        (0x4000_2538, 3),
        (0x4000_2200, 1 << 5),
        (0x4000_2000, 1),
        (0x4000_2544, 0x2000_0300),
        (0x4000_2548, 2),
        (0x4000_D000, 1),
        (0x4000_0008, 1),
    ];
    // 200  ldr r4, =table   202 ldr r5, =end     204 ldmia r4!, {r0, r1}   206 str r1, [r0]   208 cmp r4, r5   20A bne 204
    // 20C  ldr r0, =CONFIG  20E round: movs r1, #2      210 str r1, [r0]   212 ldr r2, =0x8000
    // 214  str r2, [r0, #4] 216 movs r1, #1             218 str r1, [r0]   21A movs r3, #16
    // 21C  ldr r6, =STARTTX 21E word: str r3, [r2]      220 str r1, [r6]   222 adds r2, #4    224 subs r3, #1
    // 226  bne 21E          228 b 20E                   22A nop
    // 22C  =table, =end, =CONFIG, =0x8000, =STARTTX
    let main: [u16; 22] = [
        0x4C0A, 0x4D0B, 0xCC03, 0x6001, 0x42AC, 0xD1FB, 0x4809, 0x2102, 0x6001, 0x4A09, 0x6042, 0x2101,
        0x6001, 0x2310, 0x4E07, 0x6013, 0x6031, 0x3204, 0x3B01, 0xD1FA, 0xE7F1, 0xBF00,
    ];
    let literals = [0x400, 0x400 + 8 * SET_UP.len() as u32, 0x4001_E504, 0x8000, 0x4000_2008];
    // 300  ldr r0, =COMPARE0  302 movs r1, #0  304 str r1, [r0]  306 ldr r0, =RAM  308 ldr r1, [r0]  30A adds r1, #1
    // 30C  str r1, [r0]       30E vadd.f32 s0, s0, s1             312 bx lr
    let handler: [u16; 10] = [0x4804, 0x2100, 0x6001, 0x4804, 0x6801, 0x3101, 0x6001, 0xEE30, 0x0A20, 0x4770];
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let halves = |halves: &[u16]| halves.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<u8>>();
    let mut chip = Chip::new(variant, 4);
    let vectors: Vec<u32> = [0x2000_1000, 0x201].into_iter().chain([0x301; 62]).collect();
    chip.put_image(0, &words(&vectors));
    chip.put_image(0x200, &[halves(&main), words(&literals)].concat());
    chip.put_image(0x300, &[halves(&handler), words(&[0x4000_8140, 0x2000_0100])].concat());
    chip.put_image(0x400, &words(&SET_UP.iter().flat_map(|&(at, value)| [at, value]).collect::<Vec<_>>()));
    chip.set_recording(true);
    chip.reset(Reset::PowerOn);
    chip.uart_send(0, &[0x11; 4000]);
    chip
}

#[test]
fn the_busy_firmware_is_busy() {
    for variant in [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840] {
        let mut chip = busy(variant);
        chip.run_until(cycles_from_ms(200));
        assert!(chip.flash_ops() > 30, "{}", chip.flash_ops());
        assert!(chip.uart_sent(0).len() > 20 && chip.uart_waiting(0) < 4000);
        let count = u32::from_le_bytes(chip.ram()[0x100..0x104].try_into().unwrap());
        assert!(count > 10, "{count} interrupts");
        assert_eq!(chip.touches().count(), 0);
    }
}

/// In the middle of an erase, of a write, of a serial byte, of a handler; right after start and before it.
#[test]
fn a_clone_goes_on_as_the_original_wherever_it_is_taken() {
    for variant in [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840] {
        let mut undisturbed = busy(variant);
        undisturbed.run_until(cycles_from_ms(120));
        let mut in_operations = 0;
        for step in 0..24 {
            let mut chip = busy(variant);
            // Odd times, close together where words are written and further apart in the erase.
            let at = if step < 8 { cycles_from_ms(11 * step) } else { cycles_from_ms(85) + 3_331 * step };
            chip.run_until(at);
            in_operations += u32::from(chip.clone().load_word(0x4001_E400) == Ok(0));
            let mut copy = chip.clone();
            assert!(seen(&copy) == seen(&chip), "{variant:?} at {at}");
            let end = cycles_from_ms(120);
            copy.run_until(end);
            chip.run_until(end);
            assert!(seen(&copy) == seen(&chip), "{variant:?} at {at}: the copy goes another way");
            assert_eq!(copy.journal(), chip.journal());
            assert_eq!(chip.ram(), undisturbed.ram(), "{variant:?} at {at}: the look has changed the run");
            assert!(chip.non_volatile() == undisturbed.non_volatile());
        }
        assert!(in_operations > 6, "{in_operations} in the middle of an operation");
    }
}

#[test]
fn a_clone_taken_in_a_handler_returns_from_it() {
    let mut chip = busy(Variant::Nrf52832);
    chip.run_until(cycles_from_ms(85));
    let mut found = 0;
    while found < 3 && chip.now() < cycles_from_ms(400) {
        chip.run_until(chip.now() + 1);
        if chip.core().exception() != 0 {
            found += 1;
            let (mut one, mut other) = (chip.clone(), chip.clone());
            one.run_until(chip.now() + cycles_from_ms(2));
            other.run_until(chip.now() + cycles_from_ms(1));
            other.run_until(chip.now() + cycles_from_ms(2));
            assert_eq!((one.core().reg(15), one.ram()), (other.core().reg(15), other.ram()));
            chip.run_until(chip.now() + cycles_from_us(300));
        }
    }
    assert_eq!(found, 3);
}

/// What is armed belongs to the snapshot, and so does a chip without power that waits for its return.
#[test]
fn faults_and_the_time_without_power_are_part_of_it() {
    let tear = Tear::Torn(TearPattern::random(2));
    let mut chip = busy(Variant::Nrf52840);
    chip.arm(Fault::Cut(Cut { at_op: 6, tear, off_for: Some(cycles_from_ms(5)) }));
    chip.arm(Fault::ResetAt { cycle: cycles_from_ms(130), kind: Reset::Watchdog, finishes: false });
    for at in [1, 60, 86, 88, 92, 120, 140] {
        chip.run_until(cycles_from_ms(at));
        let mut copy = chip.clone();
        let mut original = chip.clone();
        original.run_until(cycles_from_ms(300));
        copy.run_until(cycles_from_ms(at + 1));
        copy.run_until(cycles_from_ms(300));
        assert_eq!(copy.faults_fired().len(), 2);
        assert_eq!(copy.faults_fired(), original.faults_fired(), "at {at} ms");
        assert!(copy.non_volatile() == original.non_volatile() && copy.ram() == original.ram());
        assert_eq!(copy.starts(), original.starts());
    }
}

/// The debug port is part of it too: a debugger finds the copy as it left the original.
#[test]
fn a_halted_chip_stays_halted_and_steps_in_the_same_way() {
    use gauntlet_nrf52::DapPort::{Access, Debug};
    let connect = |chip: Chip| {
        let mut machine = Machine::new(chip);
        machine.dap_write(Debug, 4, 0x5000_0000).unwrap();
        machine.dap_write(Debug, 8, 0).unwrap();
        for (register, value) in [(0x0, 0x2300_0042), (0x4, 0xE000_EDF0), (0xC, 0xA05F_0003)] {
            machine.dap_write(Access, register, value).unwrap();
        }
        machine
    };
    let mut chip = busy(Variant::Nrf52832);
    chip.run_until(cycles_from_ms(87));
    let mut machine = connect(chip);
    let mut copy = Machine::new(machine.chip.clone());
    for _ in 0..40 {
        for machine in [&mut machine, &mut copy] {
            machine.dap_write(Access, 0x4, 0xE000_EDF0).unwrap();
            machine.dap_write(Access, 0xC, 0xA05F_0005).unwrap();
            // A step may wait for an erase.
            machine.run_for(cycles_from_ms(90));
        }
        assert!(machine.chip.core().is_halted());
        assert_eq!(machine.chip.core().reg(15), copy.chip.core().reg(15));
    }
    assert!(seen(&machine.chip) == seen(&copy.chip));
}
