//! Every fault of the virtual dongle: the link gets over it where it can, and blames the right party where it can't.

use std::time::Duration;

use gauntlet_engine::{Outcome, UpdateError};
use gauntlet_links::dongle::DongleOptions;
use gauntlet_links::virtual_dongle::{DongleFault, DonglePace};

use super::bench::{Bench, Run};

async fn run(fault: &str) -> Run {
    let bench = Bench::new(DonglePace::REAL, &[fault.parse().unwrap()]);
    bench.update(9000, DongleOptions::default()).await
}

#[tokio::test(start_paused = true)]
async fn what_happens_once_is_got_over() {
    for fault in DongleFault::ALL {
        let run = run(fault.name()).await;
        let report = run.result.unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert_eq!(report.outcome, Outcome::Completed, "{fault}");
        assert!(run.landed, "{fault}");
        assert_eq!(run.faults, [1], "{fault}: the fault happened");
    }
}

#[tokio::test(start_paused = true)]
async fn what_needs_no_second_connection_has_none() {
    for fault in [
        "silent",
        "no-config",
        "slow-start",
        "no-advertising",
        "connect-fails",
        "lost-discovery",
        "lost-write-response",
        "early-write-response:always",
        "lost-write-response:always",
        "slow-start:always",
        "no-resources:20",
        "split-advertising:always",
        "neighbours:always",
        "peer-asks:always",
        "spurious-events:always",
        "repeated-response:always",
    ] {
        let report = run(fault).await.result.unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert_eq!(report.reconnects, 0, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_happens_always_ends_with_the_name_of_the_culprit() {
    for (fault, culprit) in [
        ("silent:always", "dongle: it answers nothing"),
        ("no-config:always", "dongle: it answers SYNC, but not CONFIG"),
        ("no-advertising:always", "device: nobody with the DFU service advertises"),
        ("connect-fails:always", "link: no connection to "),
        ("lost-discovery:always", "dongle: it accepted sd_ble_gattc_characteristics_discover and never told"),
        ("no-response:always", "dongle: it acknowledged sd_ble_gattc_write and gave no response"),
        ("impossible-ack:always", "dongle: an acknowledgement with number"),
        ("no-ack:always", "dongle: no acknowledgement of packet"),
        ("halt:always", "dongle: no acknowledgement of packet"),
        ("reboot:always", "dongle: it has restarted by itself"),
        ("port-gone:always", "port: it has vanished"),
        ("write-refused:always", "dongle: it refused sd_ble_gattc_write: not found"),
        ("link-loss:always", "link: disconnected: supervision timeout"),
        ("no-resources:always", "dongle: it refused sd_ble_gattc_write: no resources"),
    ] {
        let run = run(fault).await;
        let error = run.result.err().unwrap_or_else(|| panic!("{fault}: it ended well"));
        assert!(error.to_string().contains(culprit), "{fault}: {error}");
        assert!(!run.landed && run.faults[0] > 0, "{fault}");
        // Every wait has an end: four connections, each with its scans and its resets.
        assert!(run.took.as_secs() < 200, "{fault}: {:?}", run.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_found_in_the_answer_to_a_scan_request_and_among_others() {
    let faults = ["split-advertising:always", "neighbours:always"].map(|fault| fault.parse().unwrap());
    let bench = Bench::new(DonglePace::REAL, &faults);
    let options = DongleOptions { name: Some("DfuTarg".to_owned()), ..DongleOptions::default() };
    let run = bench.update(3000, options).await;
    assert_eq!(run.result.unwrap().outcome, Outcome::Completed);
    assert!(run.landed);
}

#[tokio::test(start_paused = true)]
async fn a_dongle_that_is_pulled_out_in_the_middle_ends_the_update_and_the_next_one_goes_on() {
    let bench = Bench::new(DonglePace::REAL, &[]);
    let pulled = async {
        tokio::time::sleep(Duration::from_millis(4500)).await;
        bench.unplug();
        std::future::pending::<()>().await;
    };
    let run = tokio::select! {
        run = bench.update(60_000, DongleOptions::default()) => run,
        () = pulled => unreachable!("it pends for ever"),
    };
    let error = run.result.unwrap_err().to_string();
    assert!(error.contains("port: "), "{error}");
    assert!(run.took.as_secs() < 90, "{:?}", run.took);
    bench.plug_in();
    let report = bench.update(60_000, DongleOptions::default()).await;
    assert!(report.landed);
    let report = report.result.unwrap();
    assert!(report.init_skipped, "the device still had the init packet: {report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_never_answers_is_told_from_a_dongle() {
    let error = run("lost-notification:always").await.result.unwrap_err();
    assert!(matches!(error, UpdateError::Silent { .. }), "{error}");
}
