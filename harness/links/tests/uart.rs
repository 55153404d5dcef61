//! The link over a chip's own UART, with a few instructions of firmware behind it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gauntlet_engine::{Link, LinkError};
use gauntlet_links::direct::{ChipUart, FlowControl, UartOptions, VirtualBoard};
use gauntlet_nrf52::{Chip, Machine, Reset, Variant};
use gauntlet_protocol::slip;
use gauntlet_reference::SharedWire;

/// Answers a frame `op x ...` with `60 op 01 x 00`, x being 131 where there is none, and a Write not at all. UART0 without
/// EasyDMA at 115200 baud, TX on pin 6 and RX on pin 8, by looking at the events all the time.
const ECHO: [u16; 72] = [
    0x1000, 0x2000, 0x0009, 0x0000, 0x481E, 0x2106, 0x60C1, 0x2108, 0x6141, 0xF04F, 0x71EB, 0x6241, 0x2104,
    0x6001, 0x4A1A, 0x2101, 0x6011, 0x6091, 0x2300, 0x4F19, 0x2400, 0x2683, 0x68B9, 0x2900, 0xD0FC, 0x60BB,
    0x6981, 0x29C0, 0xD007, 0x2C00, 0xD100, 0x460D, 0x2C01, 0xD100, 0x460E, 0x3401, 0xE7F0, 0x2C00, 0xD0EC,
    0x2D08, 0xD0EA, 0x2160, 0xF000, 0xF810, 0x4629, 0xF000, 0xF80D, 0x2101, 0xF000, 0xF80A, 0x4631, 0xF000,
    0xF807, 0x2100, 0xF000, 0xF804, 0x21C0, 0xF000, 0xF801, 0xE7D7, 0x61C1, 0x69F9, 0x2900, 0xD0FC, 0x61FB,
    0x4770, 0x2500, 0x4000, 0x2000, 0x4000, 0x2100, 0x4000,
];

fn board(firmware: &[u16]) -> VirtualBoard {
    let mut chip = Chip::new(Variant::Nrf52832, 3);
    let bytes: Vec<u8> = firmware.iter().flat_map(|half| half.to_le_bytes()).collect();
    assert!(chip.put_image(0, &bytes));
    chip.reset(Reset::Pin);
    VirtualBoard::new(Arc::new(Mutex::new(Machine::new(chip))), SharedWire::default())
}

fn link(board: &VirtualBoard) -> ChipUart {
    ChipUart::new(board.clone(), UartOptions::default()).with_patience(Duration::from_millis(400))
}

async fn not_found(mut link: ChipUart) -> String {
    match link.connect().await.unwrap_err() {
        LinkError::NotFound { detail } => detail,
        other => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_firmware_is_found_and_asked_how_much_it_takes() {
    let board = board(&ECHO);
    let mut link = link(&board);
    assert!(matches!(link.send_request(&[7]).await, Err(LinkError::Lost { .. })));
    let connected = link.connect().await.unwrap();
    assert_eq!((connected.max_data, connected.att_mtu), (64, None));
    let setting = link.setting().unwrap();
    assert_eq!((setting.tx, setting.rx, setting.flow_control), (Some(6), Some(8), false));
    link.send_data(&[0xC0; 64]).await.unwrap();
    link.send_request(&[3, 0x21]).await.unwrap();
    assert_eq!(link.receive().await.unwrap(), [0x60, 3, 1, 0x21, 0]);
}

/// The firmware answers no Write, so what it answers shows that it has seen the frame's end; and time is the line's.
#[tokio::test(start_paused = true)]
async fn bytes_take_the_time_of_the_line() {
    let board = board(&ECHO);
    let mut link = link(&board);
    link.connect().await.unwrap();
    let began = tokio::time::Instant::now();
    for _ in 0..100 {
        link.send_data(&[1; 64]).await.unwrap();
    }
    link.send_request(&[3, 1]).await.unwrap();
    link.receive().await.unwrap();
    let bytes = 100 * 66 + 3 + 6;
    let took = began.elapsed().as_micros() as u64;
    assert!((bytes * 86..bytes * 88 + 2000).contains(&took), "{took} us");
}

#[tokio::test(start_paused = true)]
async fn a_chip_without_a_program_or_without_power_is_not_found() {
    let empty = board(&[]);
    assert!(not_found(link(&empty)).await.contains("listens on any UART"));
    let board = board(&ECHO);
    let mut open = link(&board);
    open.connect().await.unwrap();
    board.machine().power_off();
    open.send_request(&[3]).await.unwrap();
    let silence = tokio::time::timeout(Duration::from_secs(5), open.receive()).await;
    assert!(silence.is_err(), "nothing on a UART says that the device has gone");
    assert!(not_found(link(&board)).await.contains("listens"));
    board.machine().power_on();
    open.connect().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_port_that_is_set_otherwise_is_named() {
    let board = board(&ECHO);
    let with = |options| ChipUart::new(board.clone(), options).with_patience(Duration::from_millis(400));
    let fast = with(UartOptions { baud: 1_000_000, ..UartOptions::default() });
    assert!(not_found(fast).await.ends_with("the firmware runs at 114746 baud, the host at 1000000"));
    // Without RTS a host that waits for it waits for ever.
    let obeyed = FlowControl::Obeyed;
    let waiting = with(UartOptions { flow_control: obeyed, ..UartOptions::default() });
    assert!(not_found(waiting).await.contains("nobody answers on UART 0"));
    assert!(
        not_found(with(UartOptions { port: Some(1), ..UartOptions::default() })).await.contains("UART 1")
    );
    with(UartOptions { flow_control: FlowControl::Ignored, ..UartOptions::default() })
        .connect()
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_session_left_on_either_side_does_no_harm() {
    let board = board(&ECHO);
    let mut first = link(&board);
    first.connect().await.unwrap();
    // An answer that nobody waits for, half a frame in the device, and bytes that have not gone out.
    first.send_request(&[1, 1]).await.unwrap();
    board.run_for(Duration::from_millis(5)).await;
    board.machine().chip.uart_send(0, &[8, 1, 2]);
    board.run_for(Duration::from_millis(5)).await;
    board.machine().chip.uart_send(0, &slip::encode(&[4; 500]));
    let mut second = link(&board);
    second.connect().await.unwrap();
    second.send_request(&[6, 2]).await.unwrap();
    assert_eq!(second.receive().await.unwrap(), [0x60, 6, 1, 2, 0]);
}

/// A client that has paused is ahead of the chip: its bytes are not sent in the chip's past.
#[tokio::test(start_paused = true)]
async fn the_client_and_the_chip_share_one_clock() {
    let board = board(&ECHO);
    let mut link = link(&board);
    link.connect().await.unwrap();
    let before = board.machine().now();
    tokio::time::sleep(Duration::from_secs(1)).await;
    link.send_request(&[3]).await.unwrap();
    assert!(board.machine().now() - before >= 64_000_000);
}
