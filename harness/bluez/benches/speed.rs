//! How fast the engine moves firmware through the unmodified btleplug and the service to a device that takes no wall time:
//! `cargo bench -p gauntlet-bluez --bench speed`. A figure to look at, not a test.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(dead_code, reason = "the board and the client are those of the tests")]

#[path = "../tests/btleplug/board.rs"]
mod board;
#[path = "../tests/btleplug/client.rs"]
mod client;

use std::process::{Command, Stdio};

use gauntlet_bluez::{FakeBluez, Options};

use board::{Before, board, is_updated};

/// Bytes of firmware: thirty data objects; two such images fit into flash.
const SIZE: usize = 122_880;
const ROUNDS: usize = 5;

fn main() {
    if let Ok(task) = std::env::var(client::CLIENT) {
        client::run(&task);
        return;
    }
    for round in 1..=ROUNDS {
        let (device, _) = board(Before::Nothing);
        let bluez = FakeBluez::start(device.clone(), Options::default()).expect("a service");
        let output = Command::new(std::env::current_exe().expect("this program"))
            .env(client::CLIENT, format!("DfuTarg||{SIZE}"))
            .env(client::INSTANT, "1")
            .env("DBUS_SYSTEM_BUS_ADDRESS", bluez.address())
            .stdin(Stdio::null())
            .output()
            .expect("a client");
        drop(bluez);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(is_updated(&device, SIZE), "{said}");
        let micros = said.lines().find_map(|line| line.strip_prefix("firmware_us=")?.parse::<u64>().ok());
        let micros = micros.expect("a client says how long it took");
        println!("round {round}: {SIZE} bytes in {micros} us, {:.2} MB/s", SIZE as f64 / micros as f64);
    }
}
