//! The client in a process of its own: an update through btleplug, and a line for everything that became of it.

use std::time::Duration;

use gauntlet_engine::{
    Buttonless, DfuEntry, JumpOptions, Pace, Phase, UpdateImage, UpdateOptions, update_images,
};
use gauntlet_links::ble::{BleHost, BleOptions, Wanted};

use super::board::package;

/// Set in the process of a client: who is wanted, the adapter, bytes of firmware.
pub(crate) const CLIENT: &str = "BLUEZ_TEST_CLIENT";

/// Set for a device whose flash takes no time.
pub(crate) const INSTANT: &str = "BLUEZ_TEST_INSTANT";

/// Performs what the variable says.
pub(crate) fn run(task: &str) {
    let [wanted, adapter, size] = task.split('|').collect::<Vec<_>>()[..] else { panic!("{task}") };
    let size: usize = size.parse().expect("a size");
    let wanted = match wanted.strip_prefix("address:") {
        Some(text) => {
            let bytes: Vec<u8> =
                text.split(':').map(|pair| u8::from_str_radix(pair, 16).expect("a byte")).collect();
            Wanted::Address(bytes.try_into().expect("six bytes"))
        }
        None if wanted.is_empty() => Wanted::Anyone,
        None => Wanted::Name(wanted.to_owned()),
    };
    // Nothing here has to wait for a radio.
    let options = BleOptions {
        adapter: Some(adapter.to_owned()).filter(|name| !name.is_empty()),
        patience: Duration::from_secs(4),
        connect: Duration::from_secs(4),
        answer: Duration::from_secs(2),
        ..BleOptions::new(wanted)
    };
    let images = package(size);
    let images: Vec<UpdateImage<'_>> = images
        .iter()
        .map(|image| UpdateImage { init_packet: &image.init_packet, firmware: &image.firmware })
        .collect();
    // An instant device needs no time behind its init packet.
    let mut pace = Pace::default();
    if std::env::var_os(INSTANT).is_some() {
        pace.after_init = Duration::ZERO;
    }
    let how = UpdateOptions {
        connect_timeout: options.longest_connect(),
        response_timeout: Duration::from_secs(6),
        pace,
        ..UpdateOptions::default()
    };
    let jump = JumpOptions { connect: options.longest_connect(), ..JumpOptions::default() };
    let host = BleHost::new(options);
    let mut link = host.link();
    let mut entry = Buttonless::with_options(host.application(), jump);
    let entry: &mut dyn DfuEntry = &mut entry;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let result =
        runtime.block_on(update_images(&mut link, Some(entry), &images, &how, &mut gauntlet_engine::Silent));
    let report = match &result {
        Ok(report) => {
            println!("outcome={:?}", report.outcome());
            report
        }
        Err(error) => {
            println!("outcome=failed");
            println!("words={}", error.error);
            let failure = host.failure();
            println!("party={}", failure.as_ref().map_or("none", |failure| failure.party().word()));
            println!("failure={failure:?}");
            &error.report
        }
    };
    let total = report.total();
    println!("reconnects={}", total.reconnects);
    println!("entries={}", total.dfu_entries);
    println!("resumed={}", total.resumed_at);
    println!("payload={}", total.payload);
    println!("firmware_us={}", total.time_in(Phase::Data).as_micros());
    println!(
        "sent={} in {:?}, firmware in {:?}",
        total.bytes_sent,
        total.elapsed,
        total.time_in(Phase::Data)
    );
}
