//! A whole update of a device on a serial port, in twenty lines.
//!
//! `cargo run -p gauntlet-links --example serial_update -- package.zip /dev/ttyACM0`
#![allow(clippy::print_stdout, reason = "this is a program")]

use gauntlet_engine::{UpdateEvent, UpdateImage, UpdateOptions, update_images};
use gauntlet_links::serial::{SerialLink, SerialOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(port)) = (arguments.next(), arguments.next()) else {
        return Err("usage: serial_update PACKAGE PORT".into());
    };
    let package = gauntlet_package::read(file)?;
    let images = package.images.iter();
    let images: Vec<_> =
        images.map(|i| UpdateImage { init_packet: &i.init_packet, firmware: &i.firmware }).collect();
    let mut show = |event: &UpdateEvent| {
        if let UpdateEvent::Phase(phase) = event {
            println!("{phase}");
        }
    };
    let mut link = SerialLink::new(SerialOptions::new(port));
    let report = update_images(&mut link, None, &images, &UpdateOptions::default(), &mut show).await?;
    let total = report.total();
    println!("{:?}: {} bytes in {:?}", total.outcome, total.bytes_sent, total.elapsed);
    Ok(())
}
