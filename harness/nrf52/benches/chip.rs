//! How fast the virtual chip is: `cargo bench -p gauntlet-nrf52 --bench chip`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops when something fails"
)]

use std::{hint::black_box, time::Instant};

use gauntlet_nrf52::{Chip, Fill, HostPort, Reset, Variant, cycles_from_ms};

/// Mixes a block of RAM for ever: loads, stores, shifts, multiplications and a branch.
///
/// ```text
/// 08  ldr  r0, =0x20000000    0A  movs r1, #0      0C  ldr  r5, =0x9E3779B9
/// 0E  lsls r2, r1, #2         10  ldr  r3, [r0, r2]
/// 12  muls r3, r5             14  lsrs r4, r3, #7
/// 16  eors r3, r4             18  adds r3, r3, r1
/// 1A  str  r3, [r0, r2]       1C  adds r1, #1
/// 1E  uxtb r1, r1             20  b    0E
/// ```
const PROGRAM: [u16; 18] = [
    0x4806, 0x2100, 0x4D06, 0x008A, 0x5883, 0x436B, 0x09DC, 0x4063, 0x185B, 0x5083, 0x3101, 0xB2C9, 0xE7F5,
    0xBF00, 0x0000, 0x2000, 0x79B9, 0x9E37,
];

fn main() {
    for variant in [Variant::Nrf52832, Variant::Nrf52840] {
        println!("{}", variant.target_name());
        interpreter(variant);
        snapshots(variant);
        flash(variant);
        serial(variant);
    }
}

fn interpreter(variant: Variant) {
    let mut chip = Chip::new(variant, 1);
    let mut image = vec![0x00, 0x10, 0x00, 0x20, 0x09, 0, 0, 0];
    image.extend(PROGRAM.iter().flat_map(|half| half.to_le_bytes()));
    assert!(chip.put_image(0, &image));
    chip.reset(Reset::Pin);
    chip.run_until(chip.now() + cycles_from_ms(10));
    let best = (0..5)
        .map(|_| {
            let (start, before) = (Instant::now(), chip.instructions());
            chip.run_until(chip.now() + cycles_from_ms(500));
            (chip.instructions() - before) as f64 / start.elapsed().as_secs_f64()
        })
        .fold(0.0, f64::max);
    println!("  {:.0} million instructions a second", best / 1e6);
}

fn snapshots(variant: Variant) {
    let mut chip = Chip::new(variant, 1);
    chip.fill_flash(Fill::Noise(1));
    let start = Instant::now();
    for _ in 0..1000 {
        black_box(chip.clone());
    }
    println!("  {:.1} us for a snapshot", start.elapsed().as_secs_f64() * 1e3);
}

fn flash(variant: Variant) {
    let mut chip = Chip::new(variant, 1);
    let start = Instant::now();
    for page in (0x1000..0x11000).step_by(4096) {
        chip.nvmc_erase_page(page).unwrap();
        for address in (page..page + 4096).step_by(4) {
            chip.nvmc_write_word(address, address).unwrap();
        }
    }
    println!(
        "  {:.2} ms for firmware in the host to erase and write 64 KiB",
        start.elapsed().as_secs_f64() * 1e3
    );
}

/// Enables interrupt 2, then sleeps; the handler starts the next transfer of one byte.
///
/// ```text
/// 08  ldr r0, =NVIC_ISER0    0A  movs r1, #4      0C  str r1, [r0]    0E  wfi    10  b 0E
/// 18  ldr r0, =UARTE0        1A  movs r1, #0      1C  movs r2, #1
/// 1E  ldr r3, =EVENTS_ENDRX  20  str r1, [r3]     22  str r2, [r0]    24  bx lr
/// ```
const BYTE_BY_BYTE: [u16; 20] = [
    0x4807, 0x2104, 0x6001, 0xBF30, 0xE7FD, 0xBF00, 0xBF00, 0xBF00, 0x4804, 0x2100, 0x2201, 0x4B04, 0x6019,
    0x6002, 0x4770, 0xBF00, 0xE100, 0xE000, 0x2000, 0x4000,
];

/// As the bootloaders receive: one interrupt and one transfer for each byte.
fn serial(variant: Variant) {
    const UARTE: u32 = 0x4000_2000;
    const BYTES: usize = 100_000;
    let mut chip = Chip::new(variant, 1);
    let mut image: Vec<u8> = BYTE_BY_BYTE.iter().flat_map(|half| half.to_le_bytes()).collect();
    image.extend((UARTE + 0x110).to_le_bytes());
    assert!(chip.put_image(0, &[0x00, 0x10, 0x00, 0x20, 0x09, 0, 0, 0]) && chip.put_image(8, &image));
    // The vector of interrupt 2 lies behind the code.
    assert!(chip.put_image(0x48, &[0x19, 0, 0, 0]));
    chip.reset(Reset::Pin);
    let receive =
        [(0x508, 5), (0x50C, 6), (0x510, 7), (0x514, 8), (0x56C, 1), (0x524, 0x1000_0000), (0x500, 8)];
    let one_byte = [(0x534, 0x2000_0100), (0x538, 1), (0x304, 1 << 4), (0x000, 1)];
    for (register, value) in receive.into_iter().chain(one_byte) {
        chip.store_word(UARTE + register, value).unwrap();
    }
    chip.set_uart_host(0, HostPort { obeys_rts: true, ..HostPort::default() });
    chip.uart_send(0, &vec![0x55; BYTES]);
    let start = Instant::now();
    // Twice the time the bytes take on the wire.
    chip.run_until(chip.now() + cycles_from_ms(2 * BYTES as u64 / 100));
    assert_eq!(chip.uart_waiting(0), 0);
    assert_eq!(chip.load_word(UARTE + 0x124), Ok(0), "nothing was lost");
    println!("  {:.1} million serial bytes a second", BYTES as f64 / start.elapsed().as_secs_f64() / 1e6);
}
