//! How many cold boots a second a power-cut sweep of the demo bootloader does: `cargo bench -p gauntlet-nrf52 --bench
//! cold_boots`. An application of 20 KB is put onto the chip over its serial port, with a journal; then every flash
//! operation is cut, before and in the middle, and a board is booted from each state.
//!
//! `--all` sweeps every declared torn state, and takes minutes.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops when something fails"
)]

use std::{path::Path, time::Instant};

use gauntlet_nrf52::{
    Chip, Landing, Landmarks, Reset, Sweep, Tears, Variant, cycles_from_ms, us_from_cycles,
};
use gauntlet_package::{build::AppPackage, keys::TestKey};
use gauntlet_protocol::{ObjectType, Request, slip};

const APPLICATION: u32 = 0x1000;
const SIZE: usize = 20_000;

fn main() {
    let all = std::env::args().any(|argument| argument == "--all");
    for (variant, name) in [(Variant::Nrf52832, "nrf52832"), (Variant::Nrf52840, "nrf52840")] {
        let mut chip = flashed(variant, name);
        let start = (Instant::now(), chip.now());
        update(&mut chip);
        println!(
            "{name}: update of {SIZE} bytes in {:.2} s, {:.1} s on the chip, {} flash operations",
            start.0.elapsed().as_secs_f64(),
            us_from_cycles(chip.now() - start.1) as f64 / 1e6,
            chip.journal().len()
        );
        let landmarks =
            Landmarks { application: APPLICATION..APPLICATION + SIZE as u32, ..Landmarks::default() };
        let sweep = Sweep::of(&chip, landmarks).unwrap();
        let start = Instant::now();
        let mut instructions = 0;
        let mut worst = (0, String::new());
        let tally = sweep.run(if all { &Tears::All } else { &Tears::Random }, |boot, _| {
            instructions += if boot.repeated { 0 } else { boot.instructions };
            if boot.instructions > worst.0 {
                worst = (boot.instructions, format!("{boot:?}"));
            }
            if !matches!(boot.landing, Landing::Application | Landing::Listening) {
                println!("  {boot:?}");
            }
            true
        });
        let seconds = start.elapsed().as_secs_f64();
        println!("  {tally}");
        println!(
            "  {:.0} cold boots a second, {:.0} states a second; {} instructions a boot on average, at most {}",
            tally.boots() as f64 / seconds,
            tally.points() as f64 / seconds,
            instructions / tally.boots().max(1),
            worst.0
        );
    }
}

/// A chip with start-up page and bootloader, waiting for an update.
fn flashed(variant: Variant, name: &str) -> Chip {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets/firmware/hex");
    let mut chip = Chip::new(variant, 1);
    for file in ["start-up.hex".to_owned(), format!("demo-uart-{name}.hex")] {
        let text = std::fs::read_to_string(images.join(&file)).unwrap();
        for (address, bytes) in intel_hex(&text) {
            assert!(chip.put_image(address, &bytes), "{file} at {address:#x}");
        }
    }
    chip.set_recording(true);
    chip.reset(Reset::PowerOn);
    let deadline = chip.now() + cycles_from_ms(2_000);
    while !chip.uart_listens(0) {
        assert!(chip.now() < deadline, "the bootloader listens");
        chip.run_until(chip.now() + cycles_from_ms(1));
    }
    chip
}

/// Data records with their addresses.
fn intel_hex(text: &str) -> Vec<(u32, Vec<u8>)> {
    let mut base = 0;
    let mut records = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix(':')) {
        let bytes: Vec<u8> = (0..line.trim().len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap())
            .collect();
        let (head, data) = (&bytes[..4], &bytes[4..bytes.len() - 1]);
        match head[3] {
            0 => records.push((base + u32::from(u16::from_be_bytes([head[1], head[2]])), data.to_vec())),
            2 => base = u32::from(u16::from_be_bytes([data[0], data[1]])) << 4,
            4 => base = u32::from(u16::from_be_bytes([data[0], data[1]])) << 16,
            _ => {}
        }
    }
    records
}

/// A whole update, until the application runs.
fn update(chip: &mut Chip) {
    let mut firmware = vec![0x00, 0x10, 0x00, 0x20];
    firmware.extend([0x41, 0x10, 0, 0].repeat(15));
    // wfe; b back
    firmware.extend([0x20, 0xBF, 0xFD, 0xE7]);
    firmware.resize_with(SIZE, {
        let mut noise = 1u32;
        move || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        }
    });
    let package = AppPackage::new(firmware)
        .version(2)
        .hw_version(52)
        .sd_req([0])
        .sign(TestKey::Release.signing_key())
        .build()
        .unwrap();
    let mut decoder = slip::Decoder::unlimited();
    let mut ask = |request: Request| {
        let answered = !matches!(request, Request::Write { .. });
        chip.uart_send(0, &slip::encode(&request.encode()));
        let deadline = chip.now() + cycles_from_ms(10_000);
        loop {
            if !answered && chip.uart_waiting(0) == 0 {
                return;
            }
            assert!(chip.now() < deadline, "no answer to {request:?}");
            chip.run_until(chip.now() + cycles_from_ms(1) / 4);
            let bytes: Vec<u8> = chip.uart_take(0).iter().map(|byte| byte.value).collect();
            if let Some(answer) = decoder.feed(&bytes).pop() {
                assert_eq!((answer[0], answer[2]), (0x60, 1), "{answer:02X?}");
                return;
            }
        }
    };
    ask(Request::SetPrn { packets: 0 });
    let mut object = |object: ObjectType, bytes: &[u8]| {
        ask(Request::Create { object, size: bytes.len() as u32 });
        bytes.chunks(60).for_each(|data| ask(Request::Write { data: data.to_vec() }));
        ask(Request::GetCrc);
        ask(Request::Execute);
    };
    object(ObjectType::Command, &package.init_packet);
    package.firmware.chunks(4096).for_each(|bytes| object(ObjectType::Data, bytes));
    let deadline = chip.now() + cycles_from_ms(20_000);
    while !(APPLICATION..APPLICATION + SIZE as u32).contains(&chip.core().reg(15)) {
        assert!(chip.now() < deadline, "the application runs");
        chip.run_until(chip.now() + cycles_from_ms(1));
    }
}
