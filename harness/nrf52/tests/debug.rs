//! The debug port, register by register.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod adiv5;

use adiv5::*;
use gauntlet_nrf52::{
    ApprotectGeneration, Chip, Cut, DapError, DapPort, Fill, Machine, MachineStop, Outcome, Profile, Reset,
    Tear, Variant, cycles_from_ms,
};

const NVMC_CONFIG: u32 = 0x4001_E504;
const NVMC_ERASE_PAGE: u32 = 0x4001_E508;
const UICR_APPROTECT: u32 = 0x1000_1208;

fn machine(variant: Variant) -> Machine {
    let mut chip = Chip::new(variant, 1);
    chip.fill_flash(Fill::Noise(2));
    Machine::new(chip)
}

fn connected(variant: Variant) -> Machine {
    let mut machine = machine(variant);
    connect(&mut machine).unwrap();
    machine
}

#[test]
fn identification() {
    for variant in [Variant::Nrf52832, Variant::Nrf52840] {
        let mut machine = connected(variant);
        assert_eq!(machine.dap_read(DapPort::Debug, 0), Ok(0x2BA0_1477));
        assert_eq!(machine.dap_read(DapPort::Debug, CTRL_STAT), Ok(0xF000_0000));
        assert_eq!(ap(&mut machine, 0, 0xFC), Ok(0x2477_0011));
        assert_eq!(ap(&mut machine, 0, 0xF8), Ok(0xE00F_F003));
        assert_eq!(ap(&mut machine, 1, 0xFC), Ok(0x0288_0000));
        assert_eq!(ap(&mut machine, 2, 0xFC), Ok(0), "the scan of access ports ends here");
        let part = peek(&mut machine, 0xE00F_FFE0).unwrap();
        assert_eq!(part, machine.chip.profile().id);
        assert_eq!(peek(&mut machine, 0x1000_0100), Ok(machine.chip.profile().part));
    }
}

#[test]
fn access_ports_answer_only_when_powered_up() {
    let mut machine = machine(Variant::Nrf52832);
    assert_eq!(machine.dap_read(DapPort::Access, CSW), Err(DapError::Fault));
    connect(&mut machine).unwrap();
    machine.dap_read(DapPort::Access, CSW).unwrap();
}

#[test]
fn an_error_sticks_until_it_is_cleared() {
    let mut machine = connected(Variant::Nrf52832);
    assert_eq!(peek(&mut machine, 0x3000_0000), Err(DapError::Fault));
    assert_eq!(machine.dap_read(DapPort::Access, CSW), Err(DapError::Fault));
    assert_eq!(machine.dap_read(DapPort::Debug, CTRL_STAT).unwrap() >> 5 & 1, 1);
    machine.dap_write(DapPort::Debug, 0, CLEAR_ERRORS).unwrap();
    assert_eq!(machine.dap_read(DapPort::Debug, CTRL_STAT).unwrap() >> 5 & 1, 0);
    peek(&mut machine, 0).unwrap();
}

#[test]
fn bytes_and_halves_travel_on_their_lanes() {
    let mut machine = connected(Variant::Nrf52832);
    poke(&mut machine, 0x2000_0000, 0x4433_2211).unwrap();
    machine.dap_write(DapPort::Access, CSW, 0x2300_0010).unwrap();
    machine.dap_write(DapPort::Access, TAR, 0x2000_0001).unwrap();
    assert_eq!(machine.dap_read(DapPort::Access, DRW), Ok(0x2200));
    assert_eq!(machine.dap_read(DapPort::Access, DRW), Ok(0x33_0000));
    machine.dap_write(DapPort::Access, DRW, 0xEE00_0000).unwrap();
    machine.dap_write(DapPort::Access, CSW, 0x2300_0001).unwrap();
    machine.dap_write(DapPort::Access, TAR, 0x2000_0002).unwrap();
    assert_eq!(machine.dap_read(DapPort::Access, DRW), Ok(0xEE33_0000));
    assert_eq!(machine.dap_read(DapPort::Access, TAR), Ok(0x2000_0002), "no increment was asked for");
    machine.dap_write(DapPort::Access, CSW, 0x2300_0022).unwrap();
    assert_eq!(
        machine.dap_read(DapPort::Access, CSW).unwrap() & 0x37,
        0x12,
        "packed is not fitted, and says so"
    );
}

#[test]
fn blocks_are_the_same_as_single_transfers_and_wrap_at_4_kib() {
    let mut machine = connected(Variant::Nrf52840);
    let flash = machine.chip.flash();
    let word = |address: usize| u32::from_le_bytes(flash[address..address + 4].try_into().unwrap());
    machine.dap_write(DapPort::Access, TAR, 0x3FF8).unwrap();
    let before = machine.dap_transfers();
    let mut block = [0; 4];
    machine.dap_read_block(DapPort::Access, DRW, &mut block).unwrap();
    assert_eq!(block, [word(0x3FF8), word(0x3FFC), word(0x3000), word(0x3004)]);
    assert_eq!(machine.dap_transfers() - before, 4);
    assert_eq!(machine.dap_read(DapPort::Access, TAR), Ok(0x3008));
    assert_eq!(machine.dap_read(DapPort::Debug, 0xC), Ok(0x3008), "RDBUFF returns the last value again");

    machine.dap_write(DapPort::Access, TAR, 0x2000_0FFC).unwrap();
    machine.dap_write_block(DapPort::Access, DRW, &[1, 2, 3]).unwrap();
    assert_eq!(peek(&mut machine, 0x2000_0FFC), Ok(1));
    assert_eq!(peek(&mut machine, 0x0080_0000), Ok(2));
    assert_eq!(peek(&mut machine, 0x2000_0004), Ok(3));
}

#[test]
fn a_block_that_runs_into_a_hole_faults_there() {
    let mut machine = connected(Variant::Nrf52832);
    machine.dap_write(DapPort::Access, TAR, 0x0007_FFF0).unwrap();
    let mut block = [0; 4];
    machine.dap_read_block(DapPort::Access, DRW, &mut block).unwrap();
    machine.dap_write(DapPort::Access, TAR, 0x0008_0000).unwrap();
    assert_eq!(machine.dap_read_block(DapPort::Access, DRW, &mut block), Err(DapError::Fault));
}

#[test]
fn the_debugger_obeys_the_flash_rules() {
    let mut machine = connected(Variant::Nrf52832);
    assert_eq!(poke(&mut machine, 0x4000, 0), Err(DapError::Fault));
    machine.dap_write(DapPort::Debug, 0, CLEAR_ERRORS).unwrap();
    poke(&mut machine, NVMC_CONFIG, 2).unwrap();
    poke(&mut machine, NVMC_ERASE_PAGE, 0x4000).unwrap();
    assert_eq!(peek(&mut machine, 0x4000), Ok(0xFFFF_FFFF));
    poke(&mut machine, NVMC_CONFIG, 1).unwrap();
    poke(&mut machine, 0x4000, 0x1234).unwrap();
    assert_eq!(peek(&mut machine, 0x4000), Ok(0x1234));
    assert_eq!(machine.chip.flash_ops(), 2);
}

#[test]
fn power_that_fails_in_the_middle_of_an_erase_tears_it() {
    let mut machine = Machine::new(Chip::new(Variant::Nrf52840, 3));
    machine.chip.fill_flash(Fill::Byte(0));
    connect(&mut machine).unwrap();
    machine.chip.set_recording(true);
    let mut array = machine.chip.non_volatile();
    poke(&mut machine, NVMC_CONFIG, 2).unwrap();
    poke(&mut machine, NVMC_ERASE_PAGE, 0x4000).unwrap();
    machine.chip.pass_time(machine.now() + cycles_from_ms(40));
    machine.power_off();
    let risen: u32 = machine.chip.flash()[0x4000..0x5000].iter().map(|byte| byte.count_ones()).sum();
    assert!((12_000..20_000).contains(&risen), "about half of 32768 bits: {risen}");
    assert!(matches!(machine.chip.journal(), [op] if matches!(op.outcome, Outcome::Torn(_))));
    array.apply(&machine.chip.journal()[0]);
    assert!(array == machine.chip.non_volatile());
}

#[test]
fn without_power_nobody_answers() {
    let mut machine = connected(Variant::Nrf52832);
    machine.power_off();
    assert_eq!(machine.dap_read(DapPort::Debug, 0), Err(DapError::NoAcknowledge));
    assert_eq!(machine.dap_line_reset(), Err(DapError::NoAcknowledge));
    machine.power_on();
    assert_eq!(machine.dap_read(DapPort::Debug, 0), Ok(0x2BA0_1477));
    assert_eq!(
        machine.dap_read(DapPort::Access, CSW),
        Err(DapError::Fault),
        "the debug domain lost its power, too"
    );
}

#[test]
fn a_cut_takes_the_wire_with_it() {
    let mut machine = connected(Variant::Nrf52832);
    poke(&mut machine, NVMC_CONFIG, 2).unwrap();
    machine.chip.arm_cut(Cut { at_op: 0, tear: Tear::After, off_for: Some(cycles_from_ms(5)) });
    assert_eq!(poke(&mut machine, NVMC_ERASE_PAGE, 0x4000), Err(DapError::NoAcknowledge));
    assert_eq!(machine.dap_read(DapPort::Debug, 0), Err(DapError::NoAcknowledge));
    machine.run_for(cycles_from_ms(6));
    connect(&mut machine).unwrap();
    assert_eq!(peek(&mut machine, 0x4000), Ok(0xFFFF_FFFF));
}

fn protect(machine: &mut Machine) {
    machine.chip.nvmc_write_word(UICR_APPROTECT, 0xFFFF_FF00).unwrap();
}

fn erase_through_control_port(machine: &mut Machine) {
    set_ap(machine, 1, 0x00, 1).unwrap();
    set_ap(machine, 1, 0x00, 0).unwrap();
    set_ap(machine, 1, 0x04, 1).unwrap();
    assert_eq!(ap(machine, 1, 0x08), Ok(0));
    set_ap(machine, 1, 0x00, 1).unwrap();
    set_ap(machine, 1, 0x00, 0).unwrap();
}

#[test]
fn protection_comes_with_the_next_hard_reset_and_goes_with_an_erase() {
    for variant in [Variant::Nrf52832, Variant::Nrf52840] {
        let mut machine = machine(variant);
        protect(&mut machine);
        machine.reset(Reset::Soft);
        connect(&mut machine).unwrap();
        peek(&mut machine, 0).unwrap();

        machine.power_off();
        machine.power_on();
        connect(&mut machine).unwrap();
        assert_eq!(machine.dap_read(DapPort::Access, CSW).unwrap() & 0x40, 0);
        assert_eq!(ap(&mut machine, 1, 0x0C), Ok(0));
        assert_eq!(peek(&mut machine, 0), Err(DapError::Fault));
        machine.dap_write(DapPort::Debug, 0, CLEAR_ERRORS).unwrap();

        let before = machine.now();
        erase_through_control_port(&mut machine);
        assert!(machine.now() - before >= cycles_from_ms(169), "erasing takes its time");
        assert_eq!(ap(&mut machine, 1, 0x0C), Ok(1));
        assert_eq!(peek(&mut machine, 0), Ok(0xFFFF_FFFF));
        assert_eq!(peek(&mut machine, UICR_APPROTECT), Ok(0xFFFF_FFFF));
    }
}

#[test]
fn the_new_generation_is_closed_unless_firmware_opens_it() {
    let profile = Profile { approtect: ApprotectGeneration::New, ..Variant::Nrf52832.profile() };
    let mut machine = Machine::new(Chip::with_profile(profile, 1));
    assert!(machine.chip.is_protected(), "blank, and closed");
    connect(&mut machine).unwrap();
    erase_through_control_port(&mut machine);
    assert!(!machine.chip.is_protected());
    machine.chip.nvmc_write_word(UICR_APPROTECT, 0xFFFF_FF5A).unwrap();
    machine.power_off();
    machine.power_on();
    assert!(machine.chip.is_protected(), "half of the key does not open");
    machine.chip.store_word(0x4000_0558, 0x5A).unwrap();
    assert!(!machine.chip.is_protected());
    machine.chip.store_word(0x4000_0550, 0).unwrap();
    assert!(machine.chip.is_protected(), "firmware closed it until the next reset");
}

#[test]
fn the_reset_line_works_only_when_it_is_connected() {
    let mut machine = connected(Variant::Nrf52832);
    let starts = machine.chip.starts();
    machine.set_reset_line(true);
    assert_eq!(machine.chip.starts(), starts);
    machine.dap_read(DapPort::Debug, 0).unwrap();
    machine.set_reset_line(false);

    for register in [0x1000_1200, 0x1000_1204] {
        machine.chip.nvmc_write_word(register, 0x7FFF_FFD5).unwrap();
    }
    machine.set_reset_line(true);
    assert_eq!(machine.chip.starts(), starts + 1);
    assert_eq!(machine.dap_read(DapPort::Debug, 0), Err(DapError::NoAcknowledge));
    assert_eq!(machine.run_for(cycles_from_ms(1)), MachineStop::Stopped);
    machine.set_reset_line(false);
    machine.dap_read(DapPort::Debug, 0).unwrap();
    assert_eq!(machine.chip.last_reset(), Reset::Pin);
}
