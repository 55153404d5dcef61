//! The unmodified btleplug against the service: whole updates, resumption, and every fault with the party it is blamed on.
//!
//! Each client is a process of its own, because the bus library reads the address of its bus once per process. What became of
//! the device is read from its flash.
#![expect(clippy::print_stdout, reason = "what a client has to say goes to the test that started it")]

mod board;
mod client;

use std::collections::BTreeMap;
use std::process::{Command, ExitCode, Stdio};

use gauntlet_bluez::{FakeBluez, Fault, Options, What};
use gauntlet_links::direct::VirtualBoard;
use libtest_mimic::{Arguments, Failed, Trial};

use board::{Before, board, is_updated};

/// Bytes of firmware: nine data objects.
const SIZE: usize = 34_000;

/// What a client said, by key.
#[derive(Debug)]
struct Said(BTreeMap<String, String>);

impl Said {
    fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }
}

/// Lets a client update the device that the service at `bus` offers.
fn client(bus: &str, wanted: &str, adapter: &str) -> Result<Said, Failed> {
    let program = std::env::current_exe()?;
    let output = Command::new(program)
        .env(client::CLIENT, format!("{wanted}|{adapter}|{SIZE}"))
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus)
        .stdin(Stdio::null())
        .output()?;
    let (out, err) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    if !output.status.success() || !err.is_empty() {
        return Err(format!("the client ended with {}:\n{out}\n{err}", output.status).into());
    }
    let pairs = out.lines().filter_map(|line| line.split_once('='));
    Ok(Said(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()))
}

fn check(holds: bool, said: &Said, what: &str) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{what}: {said:#?}").into()) }
}

/// An update that must complete, whatever goes wrong on the way.
fn completes(options: Options, before: Before, wanted: &str) -> Result<Said, Failed> {
    let (device, _) = board(before);
    let bluez = FakeBluez::start(device.clone(), options)?;
    let said = client(&bluez.address(), wanted, "")?;
    let unfired = bluez.unfired();
    drop(bluez);
    check(said.get("outcome") == "Completed", &said, "the update is completed")?;
    check(unfired.is_empty(), &said, "every fault has fired")?;
    check(is_updated(&device, SIZE), &said, "the device holds the package")?;
    Ok(said)
}

/// An update that must fail in this way, by this party's fault; the next one over a sound service must complete.
fn fails(options: Options, wanted: &str, party: &str, failure: &str) -> Result<(), Failed> {
    let (device, _) = board(Before::Nothing);
    let bluez = FakeBluez::start(device.clone(), options)?;
    let said = client(&bluez.address(), wanted, "")?;
    let unfired = bluez.unfired();
    drop(bluez);
    check(said.get("outcome") == "failed", &said, "the update fails")?;
    check(unfired.is_empty(), &said, "every fault has fired")?;
    check(said.get("party") == party, &said, party)?;
    check(said.get("failure").contains(failure), &said, failure)?;
    check(!is_updated(&device, SIZE), &said, "the device does not hold the package")?;
    next_completes(&device)
}

fn next_completes(device: &VirtualBoard) -> Result<(), Failed> {
    let bluez = FakeBluez::start(device.clone(), Options::default())?;
    let said = client(&bluez.address(), "DfuTarg", "")?;
    drop(bluez);
    check(said.get("outcome") == "Completed", &said, "the next update is completed")?;
    check(is_updated(device, SIZE), &said, "the device holds the package after the next update")
}

fn with(what: What, at: u32) -> Options {
    Options { faults: vec![Fault { what, at }], ..Options::default() }
}

fn cases() -> Vec<Trial> {
    let mut cases = vec![
        Trial::test("update/by_name", || {
            let said = completes(Options::default(), Before::Nothing, "DfuTarg")?;
            check(said.get("payload") == "244" && said.get("reconnects") == "0", &said, "full packets")
        }),
        Trial::test("update/by_service", || completes(Options::default(), Before::Nothing, "").map(drop)),
        Trial::test("update/by_the_address_of_the_application", || {
            let (_, address) = board(Before::Nothing);
            completes(Options::default(), Before::Nothing, &format!("address:{address}")).map(drop)
        }),
        Trial::test("update/smallest_mtu", || {
            let options = Options { att_mtu: 23, ..Options::default() };
            let said = completes(options, Before::Nothing, "DfuTarg")?;
            check(said.get("payload") == "20", &said, "20 bytes in a packet")
        }),
        Trial::test("update/notification_before_the_answer", || {
            let options = Options { notification_first: true, ..Options::default() };
            completes(options, Before::Nothing, "DfuTarg").map(drop)
        }),
        Trial::test("update/through_the_application", || {
            let (_, address) = board(Before::Application);
            let wanted = format!("address:{address}");
            let said = completes(Options::default(), Before::Application, &wanted)?;
            check(said.get("entries") == "1", &said, "one jump")
        }),
        Trial::test("update/a_remembered_device_has_the_same_name", || {
            let options = Options { remembered: vec!["DfuTarg".to_owned()], ..Options::default() };
            completes(options, Before::Nothing, "DfuTarg").map(drop)
        }),
        Trial::test("adapter/the_chosen_one_of_two", || {
            let (device, _) = board(Before::Nothing);
            let adapters = vec!["hci0".to_owned(), "hci1".to_owned()];
            let bluez = FakeBluez::start(device.clone(), Options { adapters, ..Options::default() })?;
            let missing = client(&bluez.address(), "DfuTarg", "hci2")?;
            check(missing.get("failure").contains("NoAdapter"), &missing, "no such adapter")?;
            check(missing.get("party") == "adapter", &missing, "the adapter is to blame")?;
            let deaf = client(&bluez.address(), "DfuTarg", "hci0")?;
            check(deaf.get("failure").contains("NotHeard"), &deaf, "nobody is heard there")?;
            let said = client(&bluez.address(), "DfuTarg", "00:1a:7d:da:71:01")?;
            check(said.get("outcome") == "Completed", &said, "completed over hci1")?;
            drop(bluez);
            check(is_updated(&device, SIZE), &said, "the device holds the package")
        }),
        Trial::test("blame/nobody_has_that_name", || fails(Options::default(), "Pump", "device", "NotHeard")),
        Trial::test("blame/a_table_that_was_kept", || {
            let options = Options { stale_table: true, ..Options::default() };
            fails(options, "DfuTarg", "bluetooth-service", "StaleTable")
        }),
        Trial::test("blame/a_service_that_tells_a_wrong_mtu", || {
            let options = Options { att_mtu: 185, told_mtu: Some(247), ..Options::default() };
            fails(options, "DfuTarg", "bluetooth-service", "ServiceFailed")
        }),
        Trial::test("blame/no_service_at_all", || {
            let said = client("unix:path=/nonexistent/bus", "DfuTarg", "")?;
            check(said.get("failure").contains("NoService"), &said, "nobody is there")
        }),
        Trial::test("resume/the_next_update_goes_on", || {
            let (device, _) = board(Before::Nothing);
            let bluez = FakeBluez::start(device.clone(), with(What::AdapterGone, 60))?;
            let said = client(&bluez.address(), "DfuTarg", "")?;
            drop(bluez);
            check(said.get("outcome") == "failed", &said, "the first update breaks off")?;
            let bluez = FakeBluez::start(device.clone(), Options::default())?;
            let said = client(&bluez.address(), "DfuTarg", "")?;
            drop(bluez);
            check(said.get("resumed") != "0", &said, "something was there already")?;
            check(is_updated(&device, SIZE), &said, "the device holds the package")
        }),
    ];
    let overcome = [
        (What::LinkLost, 40),
        (What::NotificationDoubled, 5),
        (What::NotificationLost, 5),
        (What::Vanished, 1),
        (What::ConnectAborted, 1),
        (What::ConnectStuck, 1),
        (What::Unresolved, 1),
        (What::ResolvedEarly, 1),
    ];
    let blamed = [
        (What::CommandUnanswered, "bluetooth-service", "ServiceSilent"),
        (What::ServiceSilent, "bluetooth-service", "ServiceSilent"),
        (What::BusClosed, "bluetooth-service", "Service"),
        (What::AdapterGone, "adapter", "AdapterGone"),
        (What::AdapterOff, "adapter", "AdapterOff"),
    ];
    for (name, what) in What::ALL {
        if let Some((_, at)) = overcome.iter().find(|(other, _)| *other == what) {
            let options = with(what, *at);
            let test = move || completes(options.clone(), Before::Nothing, "DfuTarg").map(drop);
            cases.push(Trial::test(format!("overcome/{name}"), test));
        }
        if let Some((_, party, failure)) = blamed.into_iter().find(|(other, ..)| *other == what) {
            let test = move || fails(with(what, 40), "DfuTarg", party, failure);
            cases.push(Trial::test(format!("blame/{name}"), test));
        }
    }
    assert_eq!(overcome.len() + blamed.len(), What::ALL.len(), "every fault has a case");
    cases
}

fn main() -> ExitCode {
    if let Ok(task) = std::env::var(client::CLIENT) {
        client::run(&task);
        return ExitCode::SUCCESS;
    }
    libtest_mimic::run(&Arguments::from_args(), cases()).exit_code()
}
