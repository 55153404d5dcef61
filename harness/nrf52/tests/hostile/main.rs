//! Broken and hostile firmware: the host never panics, every run comes back at its limit, nothing that is kept for the user
//! grows without bound, and every run repeats.

mod images;

use gauntlet_nrf52::{Chip, ChipStop, Machine, MachineStop, Reset, Variant, cycles_from_ms};
use images::{KINDS, cut, image};

const VARIANTS: [Variant; 3] = [Variant::Nrf52832, Variant::Nrf52833, Variant::Nrf52840];
/// Virtual time of one run.
const TIME: u64 = cycles_from_ms(5);

fn chip(variant: Variant, image: &[u8]) -> Chip {
    let mut chip = Chip::new(variant, 9);
    assert!(chip.put_image(0, image));
    chip.set_recording(true);
    chip.set_journal_limit(1_000);
    chip.reset(Reset::PowerOn);
    chip
}

/// Runs in slices, as a bench does, with a host that sends bytes.
fn run(variant: Variant, image: &[u8]) -> Chip {
    let mut chip = chip(variant, image);
    let end = chip.now() + TIME;
    while chip.now() < end {
        let slice = chip.now() + TIME / 16;
        chip.uart_send(0, &[0xC0, 0x01, 0xC0]);
        match chip.run_until(slice) {
            ChipStop::Limit | ChipStop::Sleeping | ChipStop::Stopped => assert!(chip.now() >= slice),
            // Firmware has switched debugging on; nobody can go on from here but a debugger.
            ChipStop::Halted | ChipStop::Lockup => break,
            ChipStop::HostTrap(_) => panic!("there is no host to trap into"),
            ChipStop::PoweredOff => panic!("nobody took the power away"),
        }
    }
    chip
}

fn is_bounded(chip: &Chip) {
    assert!(chip.touches().count() <= 256 && chip.dma_refusals().len() <= 256);
    assert!(chip.refusals().len() <= 64 && chip.overwrites().len() <= 64);
    assert!(chip.journal().len() <= 1_000);
    assert!(chip.uart_sent(0).len() <= 1 << 20);
    let mut array = chip.journal_base().expect("it records").clone();
    chip.journal().iter().for_each(|op| array.apply(op));
    assert!(array == chip.non_volatile());
}

#[test]
fn no_image_brings_the_host_down() {
    for kind in 0..KINDS {
        for seed in 0..24 {
            let variant = VARIANTS[seed as usize % 3];
            let whole = image(kind, seed);
            let image = if seed % 4 == 3 { cut(whole, seed) } else { whole };
            let chip = run(variant, &image);
            is_bounded(&chip);
            if seed < 4 {
                let again = run(variant, &image);
                assert!(again.ram() == chip.ram() && again.non_volatile() == chip.non_volatile());
                assert_eq!(
                    (again.now(), again.instructions(), again.starts(), again.flash_ops()),
                    (chip.now(), chip.instructions(), chip.starts(), chip.flash_ops()),
                    "kind {kind} seed {seed}"
                );
            }
        }
    }
}

/// A wait for an interrupt that never comes costs nothing, however long it is.
#[test]
fn a_core_that_sleeps_for_ever_comes_back_at_once() {
    let mut machine = Machine::new(chip(Variant::Nrf52840, &image(5, 0)));
    // wfi; b back
    machine.chip.put_image(0, &[0x00, 0x10, 0x00, 0x20, 0x09, 0, 0, 0, 0x30, 0xBF, 0xFD, 0xE7]);
    machine.reset(Reset::Pin);
    assert_eq!(machine.run_for(cycles_from_ms(3_600_000)), MachineStop::Limit);
    assert!(machine.chip.instructions() < 10_000);
}

/// A debugger gets into all of them.
#[test]
fn a_debugger_halts_whatever_runs() {
    for kind in 0..KINDS {
        let mut machine = Machine::new(chip(Variant::Nrf52840, &image(kind, 1)));
        machine.run_for(TIME);
        machine.chip.reset(Reset::Pin);
        machine.run_for(cycles_from_ms(1));
        use gauntlet_nrf52::DapPort::{Access, Debug};
        machine.dap_write(Debug, 4, 0x5000_0000).expect("power for the debug domain");
        machine.dap_write(Debug, 8, 0).expect("the first access port");
        for (register, value) in [(0x0, 0x2300_0042), (0x4, 0xE000_EDF0), (0xC, 0xA05F_0003)] {
            machine.dap_write(Access, register, value).expect("the access port is open");
        }
        machine.dap_write(Access, 0x4, 0xE000_EDF0).expect("the address register");
        let status = machine.dap_read(Access, 0xC).expect("the status of the core");
        assert_eq!(status >> 17 & 1, 1, "kind {kind}: {status:#010x}");
    }
}
