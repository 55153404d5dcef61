//! UARTE and UART: what the registers say while bytes come and go.

use gauntlet_nrf52::{Chip, Variant};

use super::{RAM, Registers, chip, sleeper};

pub(super) const UARTE: u32 = 0x4000_2000;
pub(super) const START_RX: u32 = UARTE;
pub(super) const STOP_RX: u32 = UARTE + 4;
pub(super) const START_TX: u32 = UARTE + 8;
pub(super) const STOP_TX: u32 = UARTE + 0xC;
pub(super) const FLUSH_RX: u32 = UARTE + 0x2C;
pub(super) const RXD_READY: u32 = UARTE + 0x108;
pub(super) const END_RX: u32 = UARTE + 0x110;
pub(super) const TXD_READY: u32 = UARTE + 0x11C;
pub(super) const END_TX: u32 = UARTE + 0x120;
pub(super) const ERROR: u32 = UARTE + 0x124;
pub(super) const RX_TIMEOUT: u32 = UARTE + 0x144;
pub(super) const RX_STARTED: u32 = UARTE + 0x14C;
pub(super) const TX_STARTED: u32 = UARTE + 0x150;
pub(super) const TX_STOPPED: u32 = UARTE + 0x158;
pub(super) const SHORTS: u32 = UARTE + 0x200;
pub(super) const ERROR_SOURCE: u32 = UARTE + 0x480;
pub(super) const ENABLE: u32 = UARTE + 0x500;
pub(super) const CONFIG: u32 = UARTE + 0x56C;
pub(super) const RX_AMOUNT: u32 = UARTE + 0x53C;
const TX_AMOUNT: u32 = UARTE + 0x54C;
/// Cycles of a byte at 1 Mbaud.
pub(super) const BYTE: u64 = 640;

/// Sets the port up at 1 Mbaud on pins 5 to 8, with or without flow control.
pub(super) fn set_up(chip: &mut Chip, flow_control: bool) {
    for (register, pin) in [(0x508, 5), (0x50C, 6), (0x510, 7), (0x514, 8)] {
        chip.set(UARTE + register, pin);
    }
    chip.set(UARTE + 0x524, 0x1000_0000);
    chip.set(CONFIG, flow_control.into());
    chip.set(ENABLE, 8);
}

pub(super) fn port() -> Chip {
    let mut chip = chip();
    set_up(&mut chip, false);
    chip
}

pub(super) fn receive_to(chip: &mut Chip, address: u32, length: u32) {
    chip.set(UARTE + 0x534, address);
    chip.set(UARTE + 0x538, length);
}

pub(super) fn send_from(chip: &mut Chip, address: u32, length: u32) {
    chip.set(UARTE + 0x544, address);
    chip.set(UARTE + 0x548, length);
    chip.trigger(START_TX);
}

fn values(chip: &mut Chip) -> Vec<u8> {
    chip.uart_take(0).iter().map(|byte| byte.value).collect()
}

#[test]
fn bytes_leave_one_by_one_with_their_time() {
    let mut chip = port();
    chip.set(RAM, 0x0043_4241);
    let start = chip.now();
    send_from(&mut chip, RAM, 3);
    assert_eq!([TX_STARTED, TXD_READY].map(|event| chip.get(event)), [1, 0]);
    chip.wait(3 * BYTE - 1);
    assert_eq!([TXD_READY, END_TX].map(|event| chip.get(event)), [1, 0]);
    chip.wait(1);
    assert_eq!((chip.get(END_TX), chip.get(TX_AMOUNT)), (1, 3));
    let sent: Vec<_> = chip.uart_take(0).iter().map(|byte| (byte.value, byte.at - start)).collect();
    assert_eq!(sent, [(b'A', BYTE), (b'B', 2 * BYTE), (b'C', 3 * BYTE)]);
    assert_eq!(chip.get(TX_STOPPED), 0);
    chip.trigger(STOP_TX);
    assert_eq!(chip.get(TX_STOPPED), 1);
}

#[test]
fn an_empty_transfer_ends_at_once_and_a_stopped_one_after_its_byte() {
    let mut chip = port();
    send_from(&mut chip, RAM, 0);
    assert_eq!((chip.get(END_TX), chip.get(TX_AMOUNT)), (1, 0));
    chip.set(END_TX, 0);
    send_from(&mut chip, RAM, 200);
    chip.wait(10 * BYTE + 10);
    chip.trigger(STOP_TX);
    assert_eq!(chip.get(TX_STOPPED), 0);
    chip.wait(BYTE);
    assert_eq!([END_TX, TX_STOPPED, TX_AMOUNT].map(|register| chip.get(register)), [1, 1, 11]);
    chip.wait(100 * BYTE);
    assert_eq!(chip.uart_take(0).len(), 11);
}

#[test]
fn parity_and_a_second_stop_bit_make_bytes_longer() {
    for (config, bits) in [(0, 10), (0xE, 11), (0x10, 11), (0x1E, 12)] {
        let mut chip = port();
        chip.set(CONFIG, config);
        let start = chip.now();
        send_from(&mut chip, RAM, 1);
        chip.wait(2 * BYTE);
        assert_eq!(chip.uart_take(0)[0].at - start, 64 * bits);
    }
}

#[test]
fn received_bytes_fill_the_buffer_and_what_lies_behind_stays() {
    let mut chip = port();
    chip.set(RAM + 4, 0x5555_5555);
    receive_to(&mut chip, RAM + 4, 2);
    chip.trigger(START_RX);
    assert_eq!(chip.get(RX_STARTED), 1);
    // The pointer is free for the next buffer while the first one is filled.
    receive_to(&mut chip, RAM + 8, 1);
    chip.uart_send(0, b"xyz");
    chip.wait(BYTE);
    assert_eq!([RXD_READY, END_RX].map(|event| chip.get(event)), [1, 0]);
    chip.wait(BYTE);
    assert_eq!([END_RX, RX_AMOUNT].map(|register| chip.get(register)), [1, 2]);
    assert_eq!(chip.ram()[4..8], *b"xyUU");
    // The third byte waits in the FIFO.
    chip.wait(5 * BYTE);
    chip.set(END_RX, 0);
    chip.trigger(START_RX);
    assert_eq!([END_RX, RX_AMOUNT].map(|register| chip.get(register)), [1, 1]);
    assert_eq!(chip.ram()[8], b'z');
}

#[test]
fn the_shortcut_starts_the_next_buffer_by_itself() {
    let mut chip = port();
    chip.set(SHORTS, 1 << 5);
    receive_to(&mut chip, RAM, 4);
    chip.trigger(START_RX);
    receive_to(&mut chip, RAM + 0x10, 4);
    chip.uart_send(0, b"12345678");
    chip.wait(8 * BYTE);
    assert_eq!(&chip.ram()[..4], b"1234");
    assert_eq!(&chip.ram()[0x10..0x14], b"5678");
}

#[test]
fn a_stopped_receiver_takes_four_more_bytes_then_says_so() {
    let mut chip = port();
    receive_to(&mut chip, RAM, 20);
    chip.trigger(START_RX);
    chip.uart_send(0, b"ab");
    chip.wait(2 * BYTE);
    chip.uart_send(0, b"cdefgh");
    chip.trigger(STOP_RX);
    chip.wait(4 * BYTE - 1);
    assert_eq!([END_RX, RX_TIMEOUT].map(|event| chip.get(event)), [0, 0]);
    chip.wait(1);
    assert_eq!([END_RX, RX_TIMEOUT, RX_AMOUNT].map(|register| chip.get(register)), [1, 1, 6]);
    chip.wait(2 * BYTE);
    assert_eq!((&chip.ram()[..6], chip.uart_unheard(0)), (&b"abcdef"[..], 2));
}

#[test]
fn flushing_empties_the_fifo_and_leaves_the_amount_alone_if_it_is_empty() {
    let mut chip = port();
    receive_to(&mut chip, RAM, 1);
    chip.trigger(START_RX);
    chip.uart_send(0, b"123");
    chip.wait(3 * BYTE);
    chip.trigger(STOP_RX);
    chip.wait(4 * BYTE);
    receive_to(&mut chip, RAM + 8, 6);
    for _ in 0..2 {
        chip.set(END_RX, 0);
        chip.trigger(FLUSH_RX);
        assert_eq!([END_RX, RX_AMOUNT].map(|register| chip.get(register)), [1, 2]);
    }
    assert_eq!(&chip.ram()[8..10], b"23");
}

#[test]
fn without_easy_dma_bytes_go_through_two_registers() {
    let mut chip = port();
    chip.set(ENABLE, 4);
    chip.trigger(START_RX);
    chip.trigger(START_TX);
    chip.uart_send(0, b"12");
    chip.set(UARTE + 0x51C, b'a'.into());
    chip.wait(2 * BYTE);
    assert_eq!([RXD_READY, TXD_READY, END_RX].map(|event| chip.get(event)), [1, 1, 0]);
    chip.set(RXD_READY, 0);
    assert_eq!(chip.get(UARTE + 0x518), b'1'.into());
    assert_eq!(chip.get(RXD_READY), 1, "the next byte takes its place");
    assert_eq!(chip.get(UARTE + 0x518), b'2'.into());
    assert_eq!(values(&mut chip), b"a");
}

#[test]
fn transfers_outside_of_data_ram_are_refused_and_noted() {
    let mut chip = port();
    for address in [0x1000, 0x0080_0000] {
        send_from(&mut chip, address, 4);
        chip.wait(10 * BYTE);
        receive_to(&mut chip, address, 1);
        chip.trigger(START_RX);
        chip.uart_send(0, b"x");
        chip.wait(BYTE);
    }
    assert_eq!(chip.get(TX_AMOUNT), 0);
    assert!(chip.uart_take(0).is_empty());
    let refused: Vec<_> =
        chip.dma_refusals().iter().map(|refusal| (refusal.peripheral, refusal.address)).collect();
    assert_eq!(refused, [(UARTE, 0x1000), (UARTE, 0x1000), (UARTE, 0x80_0000), (UARTE, 0x80_0000)]);
}

#[test]
fn each_byte_interrupts_and_the_second_port_works_like_the_first() {
    let mut chip = sleeper(Variant::Nrf52832, 2, END_RX);
    set_up(&mut chip, false);
    chip.set(SHORTS, 1 << 5);
    chip.set(UARTE + 0x304, 1 << 4);
    receive_to(&mut chip, RAM + 0x100, 1);
    chip.trigger(START_RX);
    chip.uart_send(0, &[7; 50]);
    chip.run_until(chip.now() + 60 * BYTE);
    assert_eq!(chip.get(RAM), 50);

    let mut chip = Chip::new(Variant::Nrf52840, 1);
    let second = 0x4002_8000;
    for (register, value) in [(0x50C, 1), (0x524, 0x1000_0000), (0x500, 8), (0x544, RAM), (0x548, 2), (8, 1)]
    {
        chip.set(second + register, value);
    }
    chip.wait(2 * BYTE);
    assert_eq!((chip.uart_take(1).len(), chip.uart_take(0).len(), chip.get(second + 0x120)), (2, 0, 1));
}

#[test]
fn the_host_side_sees_how_the_firmware_has_set_the_port_up() {
    let mut chip = port();
    let setting = chip.uart_setting(0).expect("a port that is on");
    assert_eq!([setting.rts, setting.tx, setting.cts, setting.rx], [5, 6, 7, 8].map(Some));
    assert_eq!((setting.baud, setting.flow_control, setting.parity), (1_000_000, false, false));
    assert!(!setting.listens);
    chip.trigger(START_RX);
    chip.set(CONFIG, 0xF);
    chip.set(UARTE + 0x508, u32::MAX);
    let setting = chip.uart_setting(0).expect("a port that is on");
    assert!(setting.flow_control && setting.parity && setting.listens && setting.rts.is_none());
    let other = chip.uart_setting(1);
    assert_eq!((chip.uarts(), other), (2, None));
    assert_eq!(Chip::new(Variant::Nrf52832, 1).uarts(), 1);
    chip.set(ENABLE, 0);
    assert_eq!(chip.uart_setting(0), None);
}
