//! How long the debug probe takes, on the wall clock, with probe-rs in between:
//! `cargo bench -p gauntlet-probe --bench flash`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops when something fails"
)]

use std::{
    slice,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use gauntlet_nrf52::{Chip, Machine, Variant, us_from_cycles};
use gauntlet_probe::{BoardSelector, Debugger, Image, virtual_probe};

const ROUNDS: usize = 15;

fn main() {
    for variant in [Variant::Nrf52832, Variant::Nrf52840] {
        measure(variant);
    }
}

fn measure(variant: Variant) {
    let machine = Arc::new(Mutex::new(Machine::new(Chip::new(variant, 1))));
    let board = virtual_probe::register(variant.target_name(), Arc::clone(&machine)).unwrap();
    let selector = BoardSelector::new(board.selector(), variant.target_name());
    let bytes: Vec<u8> = (0..100 << 10).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let image = Image::new().with(0x1000, bytes).with(0x1000_1014, [0, 0x80, 7, 0]);
    let flash_size = variant.profile().flash_size;

    let mut table = Table::default();
    for _ in 0..ROUNDS {
        let mut debugger = table.time("attach", || Debugger::attach(&selector)).unwrap();
        let start = Instant::now();
        table.time("erase all", || debugger.erase_all()).unwrap();
        table.time("flash 100 KiB and UICR, verify", || debugger.flash(&image, true, &mut |_| {})).unwrap();
        table
            .time("read back 100 KiB", || {
                debugger.read_back(slice::from_ref(&(0x1000..0x1000 + (100 << 10))))
            })
            .unwrap();
        table.add("erase, flash, verify, read back", start.elapsed());
        table.time("flash 100 KiB again", || debugger.flash(&image, false, &mut |_| {})).unwrap();
        table
            .time("read back the whole flash", || debugger.read_back(slice::from_ref(&(0..flash_size))))
            .unwrap();
        table.time("reset", || debugger.reset()).unwrap();
        table.time("read a word", || debugger.read_word(0x1000)).unwrap();
        table.time("detach", || debugger.detach()).unwrap();
    }
    let machine = machine.lock().unwrap();
    println!("{} (median and slowest of {ROUNDS})", variant.target_name());
    table.print();
    println!(
        "  per round: {} instructions, {} transfers, {} ms of device time\n",
        machine.chip.instructions() / ROUNDS as u64,
        machine.dap_transfers() / ROUNDS as u64,
        us_from_cycles(machine.now()) / 1000 / ROUNDS as u64,
    );
}

#[derive(Default)]
struct Table {
    rows: Vec<(&'static str, Vec<Duration>)>,
}

impl Table {
    fn time<T>(&mut self, name: &'static str, action: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let value = action();
        self.add(name, start.elapsed());
        value
    }

    fn add(&mut self, name: &'static str, time: Duration) {
        match self.rows.iter_mut().find(|(row, _)| *row == name) {
            Some((_, times)) => times.push(time),
            None => self.rows.push((name, vec![time])),
        }
    }

    fn print(&mut self) {
        for (name, times) in &mut self.rows {
            times.sort();
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            println!(
                "  {name:<34} {:>8.2} ms {:>8.2} ms",
                ms(times[times.len() / 2]),
                ms(times[times.len() - 1])
            );
        }
    }
}
