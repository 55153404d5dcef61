//! How fast the virtual chip is: `cargo bench -p gauntlet-nrf52 --bench chip`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops when something fails"
)]

use std::{hint::black_box, time::Instant};

use gauntlet_nrf52::{Chip, Fill, Reset, Variant, cycles_from_ms};

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
