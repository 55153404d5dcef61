//! Serves a blank virtual board to a debug tool until standard input ends:
//! `cargo run -p gauntlet-probe --example serve -- glasgow|pyocd nRF52832_xxAA|nRF52840_xxAA [PORT]`.
//!
//! The line it prints is the selector to give to the tool. The line `power-cycle` on standard input takes the power away
//! and gives it back; each such line is answered with `done`.

#![expect(clippy::print_stdout, reason = "an example talks to who started it")]

use std::{
    error::Error,
    io::BufRead,
    sync::{Arc, Mutex, PoisonError},
};

use gauntlet_nrf52::{Chip, Machine, Variant};
use gauntlet_probe::serve::{Protocol, Server};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut arguments = arguments.iter().map(String::as_str);
    let protocol = match arguments.next() {
        Some("glasgow") => Protocol::Glasgow,
        Some("pyocd") => Protocol::PyOcd,
        _ => return Err("usage: serve glasgow|pyocd TARGET [PORT]".into()),
    };
    let target = arguments.next().unwrap_or("nRF52832_xxAA");
    let variant = [Variant::Nrf52832, Variant::Nrf52840]
        .into_iter()
        .find(|variant| variant.target_name() == target)
        .ok_or("the chip is nRF52832_xxAA or nRF52840_xxAA")?;
    let port = arguments.next().map_or(Ok(0), str::parse)?;

    let machine = Arc::new(Mutex::new(Machine::new(Chip::new(variant, 1))));
    let server = Server::start(protocol, Arc::clone(&machine), port)?;
    println!("{}", server.selector());
    for line in std::io::stdin().lock().lines() {
        if line?.trim() == "power-cycle" {
            let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
            machine.power_off();
            machine.power_on();
            println!("done");
        }
    }
    Ok(())
}
