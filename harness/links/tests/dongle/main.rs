//! Our host's side of a dongle, against the virtual dongle with the reference device, over a pipe and in paused time.
#![allow(clippy::unwrap_used, reason = "tests")]

mod bench;
mod faults;

use std::time::Duration;

use gauntlet_engine::{Link as _, LinkError, Outcome, PeerAddress};
use gauntlet_links::dongle::DongleOptions;
use gauntlet_links::virtual_dongle::DonglePace;

use bench::Bench;

#[tokio::test(start_paused = true)]
async fn a_whole_update_lands_in_flash() {
    for pace in [DonglePace::HASTY, DonglePace::REAL, DonglePace::PATIENT] {
        let bench = Bench::new(pace, &[]);
        let run = bench.update(9001, DongleOptions::default()).await;
        let report = run.result.unwrap();
        assert_eq!((report.outcome, report.reconnects), (Outcome::Completed, 0), "{pace:?}");
        assert_eq!(report.bytes_resent, 0, "{pace:?}");
        assert!(run.landed, "{pace:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_through_a_real_dongle_takes_seconds_not_minutes() {
    // nrfutil needs 7.4 s for as much, on a dongle of the same pace.
    let run = Bench::new(DonglePace::REAL, &[]).update(9000, DongleOptions::default()).await;
    assert!(run.landed && run.took < Duration::from_secs(4), "{:?}", run.took);
}

#[tokio::test(start_paused = true)]
async fn the_att_mtu_is_what_was_asked_for_and_both_can_take() {
    for (wanted, granted) in [(247, 247), (185, 183), (23, 23)] {
        let bench = Bench::new(DonglePace::HASTY, &[]);
        let options = DongleOptions { att_mtu: wanted, ..DongleOptions::default() };
        let mut link = bench.link(options);
        let connected = bench.beside(link.connect()).await.unwrap();
        assert_eq!(connected.att_mtu, Some(granted), "{wanted}");
        assert_eq!(connected.max_data, usize::from(granted) - 3);
        bench.beside(link.send_request(&[6, 1])).await.unwrap();
        assert_eq!(bench.beside(link.receive()).await.unwrap()[..3], [0x60, 6, 1]);
        bench.beside(link.disconnect()).await.unwrap();
        assert!(matches!(bench.beside(link.receive()).await, Err(LinkError::Lost { .. })));
        // The dongle is used again as it is.
        bench.beside(link.connect()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_one_who_is_wanted_is_connected_to() {
    let bench = Bench::new(DonglePace::HASTY, &[]);
    let by_name = |name: &str| DongleOptions { name: Some(name.to_owned()), ..DongleOptions::default() };
    bench.beside(bench.link(by_name("DfuTarg")).connect()).await.unwrap();
    let bench = Bench::new(DonglePace::HASTY, &[]);
    let error = bench.beside(bench.link(by_name("Pump")).connect()).await.unwrap_err();
    assert!(
        matches!(&error, LinkError::NotFound { detail } if detail.starts_with("device: no `Pump` advertises")),
        "{error}"
    );
    let other = PeerAddress { bytes: [9; 6], random: true };
    let options = DongleOptions { address: Some(other), ..DongleOptions::default() };
    let error = bench.beside(bench.link(options).connect()).await.unwrap_err();
    assert!(matches!(error, LinkError::NotFound { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_device_come_back_with_their_code() {
    let bench = Bench::new(DonglePace::HASTY, &[]);
    let mut link = bench.link(DongleOptions::default());
    bench.beside(link.connect()).await.unwrap();
    let error = bench.beside(link.send_request(&[3; 24])).await.unwrap_err();
    assert!(
        matches!(&error, LinkError::Refused { code: Some(0x0D), detail } if detail.starts_with("device: ")),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_port_that_does_not_come_is_not_awaited_for_ever() {
    let bench = Bench::new(DonglePace::HASTY, &[]);
    bench.unplug();
    let error = bench.beside(bench.link(DongleOptions::default()).connect()).await.unwrap_err();
    assert!(matches!(&error, LinkError::NotFound { detail } if detail.starts_with("port: ")), "{error}");
}
