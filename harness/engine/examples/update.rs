//! An update in about twenty lines. The device is one in memory; any other [`gauntlet_engine::Link`] does as well.
//!
//! `cargo run -p gauntlet-engine --example update`
#![allow(clippy::print_stdout, reason = "this is a program")]

#[path = "../tests/fake/mod.rs"]
mod fake;

use gauntlet_engine::{Phase, Shape, UpdateError, UpdateEvent, UpdateImage, UpdateOptions, update};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), UpdateError> {
    let firmware: Vec<u8> = (0..30 * 1024u32).map(|i| (i % 251) as u8).collect();
    let image = UpdateImage { init_packet: &[0x12; 140], firmware: &firmware };
    let (mut link, _device) = fake::FakeLink::new(fake::Device::new(Shape::Ble, firmware.len()));

    let options = UpdateOptions { prn: 12, ..UpdateOptions::default() };
    let mut show = |event: &UpdateEvent| match event {
        UpdateEvent::Phase(phase) => println!("{phase}"),
        UpdateEvent::Executed { object, .. } => println!("  {object} executed"),
        _ => {}
    };
    let report = update(&mut link, &image, &options, &mut show).await?;

    println!("{:?}: {} bytes in {} packets", report.outcome, report.bytes_sent, report.packets);
    println!("{} requests, {:?} for the data", report.requests, report.time_in(Phase::Data));
    Ok(())
}
