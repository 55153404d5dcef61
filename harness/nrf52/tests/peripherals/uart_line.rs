//! The wires: flow control, overruns, line errors, wrong rates, nobody listening.

use gauntlet_nrf52::{Chip, HostPort, LineFault};

use super::{
    RAM, Registers, chip,
    uart::{
        BYTE, ENABLE, END_RX, END_TX, ERROR, ERROR_SOURCE, RXD_READY, START_RX, STOP_RX, UARTE, port,
        receive_to, send_from, set_up,
    },
};

const CTS: u32 = UARTE + 0x100;
const NCTS: u32 = UARTE + 0x104;
const OVERRUN: u32 = 1;

fn polite() -> HostPort {
    HostPort { obeys_rts: true, ..HostPort::default() }
}

fn flow_controlled(host: HostPort) -> Chip {
    let mut chip = chip();
    set_up(&mut chip, true);
    chip.set_uart_host(0, host);
    chip
}

/// Reads on, one byte at a time, as a bootloader does.
fn take(chip: &mut Chip) -> u8 {
    receive_to(chip, RAM + 0x40, 1);
    chip.set(END_RX, 0);
    chip.trigger(START_RX);
    while chip.get(END_RX) == 0 {
        chip.wait(BYTE / 4);
    }
    chip.ram()[0x40]
}

#[test]
fn a_host_that_obeys_is_held_while_nobody_reads_and_loses_nothing() {
    let mut chip = flow_controlled(polite());
    let bytes: Vec<u8> = (0..100).collect();
    chip.uart_send(0, &bytes);
    chip.wait(20 * BYTE);
    assert_eq!(chip.uart_waiting(0), 100, "the receiver is off");
    assert_eq!(take(&mut chip), 0);
    chip.wait(200 * BYTE);
    assert!(!chip.uart_rts(0));
    let held = chip.uart_waiting(0);
    assert!((94..=97).contains(&held), "{held}");
    let rest: Vec<u8> = (1..100).map(|_| take(&mut chip)).collect();
    assert_eq!(rest, bytes[1..]);
    assert_eq!((chip.get(ERROR), chip.uart_waiting(0), chip.uart_unheard(0)), (0, 0, 0));
}

#[test]
fn a_host_that_does_not_obey_overruns_the_fifo() {
    for flow_control in [false, true] {
        let mut chip = chip();
        set_up(&mut chip, flow_control);
        receive_to(&mut chip, RAM, 1);
        chip.trigger(START_RX);
        chip.uart_send(0, &[1, 2, 3, 4, 5, 6, 7]);
        chip.wait(7 * BYTE);
        assert_eq!((chip.get(ERROR), chip.get(ERROR_SOURCE)), (0, 0), "one in RAM, six in the FIFO");
        chip.uart_send(0, &[8]);
        chip.wait(BYTE);
        assert_eq!((chip.get(ERROR), chip.get(ERROR_SOURCE)), (1, OVERRUN));
        chip.set(ERROR_SOURCE, OVERRUN);
        assert_eq!(chip.get(ERROR_SOURCE), 0);
        let rest: Vec<u8> = (0..6).map(|_| take(&mut chip)).collect();
        assert_eq!(rest, [2, 3, 4, 5, 6, 7]);
    }
}

#[test]
fn a_stopped_receiver_takes_rts_back() {
    let mut chip = flow_controlled(polite());
    receive_to(&mut chip, RAM, 100);
    chip.trigger(START_RX);
    assert!(chip.uart_rts(0));
    chip.trigger(STOP_RX);
    assert!(!chip.uart_rts(0));
    chip.uart_send(0, b"a");
    chip.wait(100 * BYTE);
    assert_eq!(chip.uart_waiting(0), 1);
}

#[test]
fn the_chip_waits_while_the_host_is_not_ready() {
    let mut chip = flow_controlled(HostPort { ready: false, ..HostPort::default() });
    send_from(&mut chip, RAM, 2);
    chip.wait(10 * BYTE);
    assert!(chip.uart_sent(0).is_empty());
    chip.set_uart_host(0, HostPort::default());
    let start = chip.now();
    chip.wait(BYTE + 1);
    chip.set_uart_host(0, HostPort { ready: false, ..HostPort::default() });
    chip.wait(10 * BYTE);
    let sent: Vec<_> = chip.uart_take(0).iter().map(|byte| byte.at - start).collect();
    assert_eq!(sent, [BYTE, 2 * BYTE], "a byte that has begun is sent to its end");
    assert_eq!([CTS, NCTS, END_TX].map(|event| chip.get(event)), [1, 1, 1]);
}

#[test]
fn line_errors_are_told_apart() {
    for (fault, source) in
        [(LineFault::Parity, 0b0010), (LineFault::Framing, 0b0100), (LineFault::Break, 0b1100)]
    {
        let mut chip = port();
        receive_to(&mut chip, RAM, 4);
        chip.trigger(START_RX);
        let at = chip.now();
        chip.uart_send_at(0, at, 0, Some(fault));
        chip.wait(BYTE);
        assert_eq!([ERROR, ERROR_SOURCE, RXD_READY].map(|register| chip.get(register)), [1, source, 1]);
    }
    let mut chip = port();
    receive_to(&mut chip, RAM, 4);
    chip.trigger(START_RX);
    let at = chip.now();
    chip.uart_send_at(0, at, 1, Some(LineFault::Lost));
    chip.uart_send_at(0, at, 2, None);
    chip.wait(2 * BYTE);
    assert_eq!((chip.ram()[0], chip.get(ERROR)), (2, 0));
}

#[test]
fn bytes_come_no_sooner_than_they_are_sent() {
    let mut chip = port();
    receive_to(&mut chip, RAM, 4);
    chip.trigger(START_RX);
    let at = chip.now() + 10_000;
    chip.uart_send_at(0, at, 1, None);
    chip.pass_time(at + BYTE - 1);
    assert_eq!(chip.get(RXD_READY), 0);
    chip.wait(1);
    assert_eq!(chip.get(RXD_READY), 1);
}

#[test]
fn a_wrong_rate_gives_noise_on_both_sides_and_a_nearly_right_one_does_not() {
    for (baud, fits) in [(1_000_000, true), (1_030_000, true), (921_600, false), (115_200, false)] {
        let mut chip = port();
        chip.set_uart_host(0, HostPort { baud: Some(baud), ..HostPort::default() });
        receive_to(&mut chip, RAM, 1);
        chip.trigger(START_RX);
        chip.uart_send(0, b"U");
        chip.set(RAM + 0x10, b'V'.into());
        send_from(&mut chip, RAM + 0x10, 1);
        chip.wait(20 * BYTE);
        assert_eq!(chip.get(ERROR), u32::from(!fits), "{baud}");
        assert_eq!(chip.uart_take(0)[0].garbled, !fits, "{baud}");
        assert!(!fits || chip.ram()[0] == b'U');
    }
}

#[test]
fn a_port_without_pins_or_switched_off_hears_and_says_nothing() {
    for (pin, value) in [(0x514, u32::MAX), (0x50C, u32::MAX), (0x500, 0)] {
        let mut chip = port();
        chip.set(UARTE + pin, value);
        receive_to(&mut chip, RAM, 1);
        chip.trigger(START_RX);
        chip.uart_send(0, b"U");
        send_from(&mut chip, RAM, 1);
        chip.wait(10 * BYTE);
        assert_eq!(chip.uart_unheard(0), u64::from(pin != 0x50C));
        assert_eq!(chip.uart_take(0).len(), usize::from(pin == 0x514));
    }
    let mut chip = port();
    assert!(!chip.uart_listens(0));
    chip.trigger(START_RX);
    assert!(chip.uart_listens(0));
    chip.set(ENABLE, 0);
    assert!(!chip.uart_listens(0));
}
