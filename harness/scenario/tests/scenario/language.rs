//! Every part of the language is read as it is meant.

use std::num::NonZeroU8;
use std::time::Duration;

use crate::common::{GOOD, load};
use gauntlet_scenario::model::{
    Action, AirAddress, Answer, BankLayout, BankOne, BankZero, BootValidation, Cable, Capability, Chip,
    ExchangeItem, ExpectedApplication, ExtendedCode, Firmware, GattAction, ImageByte, Key, Link, Mode,
    Outcome, Package, PacketPosition, Pairing, Peer, Phase, Position, ProbeAction, Region, RequestKind,
    RequestPosition, ResetKind, ResultCode, Side, Sign, SoftDevice, StepKind, Tamper, Tear, Update,
    WriteKind, WriteResult,
};
use gauntlet_scenario::quantity::{Fwid, Witness};
use gauntlet_scenario::{Case, Suite};

fn suite() -> Suite {
    let suite = load(GOOD).unwrap_or_else(|found| panic!("{}", found.render(100, false)));
    assert!(suite.warnings().is_empty(), "{}", suite.warnings().render(100, false));
    suite
}

fn update(case: &Case, step: usize) -> &Update {
    match &case.steps[step].kind {
        StepKind::Update(update) => update,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_matrix_and_a_list_of_chips_make_a_case_each() {
    let suite = suite();
    let ids: Vec<&str> = suite.cases().map(|case| case.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "stream/disconnect-mid-object[chip=nrf52832,at=1]",
            "stream/disconnect-mid-object[chip=nrf52832,at=2048]",
            "stream/disconnect-mid-object[chip=nrf52832,at=4096]",
            "stream/disconnect-mid-object[chip=nrf52840,at=1]",
            "stream/disconnect-mid-object[chip=nrf52840,at=2048]",
            "stream/disconnect-mid-object[chip=nrf52840,at=4096]",
        ]
    );
    let last = suite.cases().last().unwrap();
    assert_eq!(last.chip, Chip::Nrf52840);
    assert_eq!(
        last.title,
        "The link drops after byte 4096 of the third object; the update resumes and completes"
    );
    let values: Vec<(&str, &str)> = last.values.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(values, [("chip", "nrf52840"), ("at", "4096")]);
    assert_eq!(update(last, 0).faults[0].at, Position::ImageByte(ImageByte { object: 3, byte: 4096 }));
}

#[test]
fn the_head_and_the_device() {
    let suite = suite();
    let case = suite.cases().next().unwrap();
    assert_eq!(case.requirements.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["OBJ-031", "BLE-021"]);
    assert_eq!(case.from[0].as_str(), "FF-041");
    assert_eq!(case.tags[0].as_str(), "resume");
    assert_eq!(case.needs, [Capability::Ble]);
    assert_eq!(&*case.file, "scenario.yaml");
    assert_eq!(case.device.softdevice, SoftDevice::Fwid(Fwid::new(0x0101)));
    assert_eq!(case.device.bootloader.bank, BankLayout::Dual);
    assert_eq!(case.device.bootloader.key, Key::Release);
    let application = case.device.application.unwrap();
    assert_eq!((application.size.bytes(), application.version), (20 * 1024, 1));
}

#[test]
fn packages_are_complete() {
    let suite = suite();
    let case = suite.cases().next().unwrap();
    let names: Vec<&str> = case.packages.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["update", "broken"]);
    let Package::Built(package) = &case.packages[0].1 else { panic!() };
    let application = package.application.as_ref().unwrap();
    assert_eq!(
        (application.witness, application.size.bytes(), package.version),
        (Witness::new(2).unwrap(), 30 * 1024, Some(2))
    );
    assert_eq!((package.sign, package.hw_version), (Sign::Release, 52));
    assert_eq!(package.sd_req, Some(vec![Fwid::new(0x0101), Fwid::new(0xFFFE)]));
    let Package::Built(package) = &case.packages[1].1 else { panic!() };
    assert_eq!(package.boot_validation, Some(BootValidation::Sha256));
    assert_eq!(package.tamper, [Tamper::Hash, Tamper::Firmware]);
    assert_eq!(case.packages[1].1.firmware_size(), Some(4100));
}

#[test]
fn steps_and_faults() {
    let suite = suite();
    let case = suite.cases().next().unwrap();
    let first = update(case, 0);
    assert_eq!((first.link, first.prn, first.reconnects, first.mtu), (Link::Ble, 12, Some(3), Some(23)));
    let faults: Vec<(Position, Action)> = first.faults.iter().map(|fault| (fault.at, fault.action)).collect();
    assert_eq!(
        faults,
        [
            (Position::ImageByte(ImageByte { object: 3, byte: 1 }), Action::Disconnect),
            (Position::InitByte(60), Action::Corrupt { xor: NonZeroU8::new(0x80).unwrap() }),
            (Position::Packet(PacketPosition { packet: 7, object: Some(2) }), Action::Drop),
            (Position::Request(RequestPosition { kind: RequestKind::Execute, n: 2 }), Action::Reset),
            (Position::Notification(3), Action::Lose),
            (Position::FlashOp(17), Action::PowerCut { tear: Tear::Torn, off: Duration::from_millis(250) }),
        ]
    );
    assert_eq!(first.faults[1].place.to_string(), "32:9");
    assert_eq!(case.steps[0].place.to_string(), "25:5");
    assert_eq!(first.expect.outcome, Outcome::Completed);
    assert!(first.expect.resent.unwrap().holds(4096) && !first.expect.resent.unwrap().holds(4097));
    assert_eq!(first.expect.init_resumed, Some(true));
    assert_eq!(case.steps[1].kind, StepKind::Reset(ResetKind::Pin));
    assert_eq!(case.steps[3].kind, StepKind::PowerCut(Duration::from_millis(200)));
    assert_eq!(case.steps[4].kind, StepKind::Wait(Duration::from_secs(130)));
    let refused = &update(case, 5).expect;
    assert_eq!((refused.outcome, refused.phase), (Outcome::Refused, Some(Phase::Data)));
    assert_eq!(refused.result, Some(ResultCode::ExtendedError), "an extended error implies its result");
    assert_eq!(refused.extended, Some(ExtendedCode::VerificationFailed));
}

#[test]
fn faults_of_messages_and_short_packets() {
    let read = |text: &str| gauntlet_scenario::read_fault(&gauntlet_scenario::Source::new("--fault", text));
    let action = |text: &str| read(text).unwrap().action;
    assert_eq!(action("{ at: { request: crc, n: 2 }, do: lose }"), Action::Lose);
    let late = Action::Delay { by: Duration::from_secs(5) };
    assert_eq!(action("{ at: { request: create }, do: delay, by: 5 s }"), late);
    assert_eq!(action("{ at: { packet: 7 }, do: truncate, keep: 12 }"), Action::Truncate { keep: 12 });
    for wrong in [
        "{ at: { packet: 7 }, do: truncate }",
        "{ at: { packet: 7 }, do: truncate, keep: 0 }",
        "{ at: { notification: 7 }, do: delay }",
        "{ at: { notification: 7 }, do: lose, by: 5 s }",
        "{ at: { packet: 7 }, do: lose }",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn bootloaders_of_other_generations() {
    let read = |text: &str| {
        gauntlet_scenario::read_bootloader(&gauntlet_scenario::Source::new("--bootloader", text))
    };
    let built =
        read("{ generation: sdk14, enter_by_pin_reset: true, reset_delay: 50 ms, copy_step: 1 }").unwrap();
    assert_eq!((built.generation, built.copy_step), (gauntlet_scenario::model::Generation::Sdk14, 1));
    assert!(built.enter_by_pin_reset);
    assert_eq!(built.reset_delay, Duration::from_millis(50));
    assert!(read("{ copy_step: 0 }").is_err() && read("{ generation: sdk13 }").is_err());
}

#[test]
fn exchanges() {
    let suite = suite();
    let case = suite.cases().next().unwrap();
    let StepKind::Exchange(exchange) = &case.steps[2].kind else { panic!() };
    assert_eq!(exchange.link, Link::Ble);
    let ExchangeItem::Send { request, answer: Answer::Bytes(answer), .. } = &exchange.items[0] else {
        panic!()
    };
    assert_eq!(request.as_slice(), [6, 1]);
    assert_eq!(answer.as_slice().len(), 15);
    let ExchangeItem::Data { from, to, answer: None, .. } = &exchange.items[1] else { panic!() };
    assert_eq!((*from, *to), (0, Some(100)));
    let ExchangeItem::Send { answer: Answer::Silence, .. } = &exchange.items[2] else { panic!() };
}

#[test]
fn actions_of_a_central() {
    let text = "id: a\ntitle: A\ndevice: { application: { witness: 1, buttonless: unbonded } }\nsteps:\n  - central: stranger\n    gatt:\n      - { find: bootloader, name: Pump 12, address: plus-one }\n      \
        - { connect: bootloader, mtu: 23 }\n      - { subscribe: control-point }\n      \
        - { write: control-point, value: \"06 01\", result: 0xFD }\n      \
        - { write: packet, value: \"00\", kind: command }\n      - { hear: none }\n      \
        - { hear: \"20 01 ..\", confirm: false }\n      - { pair: reset }\n      - { connect: application }\n      \
        - { disconnect: device }\n";
    let suite = load(text).unwrap();
    let case = suite.cases().next().unwrap();
    let StepKind::Gatt(gatt) = &case.steps[0].kind else { panic!() };
    assert_eq!(gatt.central, Peer::Stranger);
    let actions: Vec<&GattAction> = gatt.items.iter().map(|item| &item.action).collect();
    assert_eq!(gatt.items[1].place.to_string(), "8:9");
    let GattAction::Find { name: Some(name), address: Some(AirAddress::PlusOne), .. } = actions[0] else {
        panic!()
    };
    assert_eq!(name, "Pump 12");
    assert_eq!(
        *actions[1],
        GattAction::Connect { firmware: Firmware::Bootloader, mtu: Some(23), confirm: true, accepted: true }
    );
    let GattAction::Subscribe { value: None, result: WriteResult::Ok, .. } = actions[2] else { panic!() };
    let GattAction::Write { kind: WriteKind::Request, result: WriteResult::Error(0xFD), .. } = actions[3]
    else {
        panic!()
    };
    let GattAction::Write { kind: WriteKind::Command, result: WriteResult::None, .. } = actions[4] else {
        panic!()
    };
    assert_eq!(*actions[5], GattAction::Hear { message: Answer::Silence, confirm: true });
    let GattAction::Hear { message: Answer::Bytes(_), confirm: false } = actions[6] else { panic!() };
    assert_eq!(*actions[7], GattAction::Pair(Pairing::Reset));
    assert_eq!(*actions[9], GattAction::Disconnect(Side::Device));
    assert_eq!(case.capabilities(), [Capability::Ble, Capability::Gatt]);
}

#[test]
fn expectations() {
    let suite = suite();
    let expect = &suite.cases().next().unwrap().expect;
    assert_eq!(expect.mode, Some(Mode::Application));
    assert_eq!(expect.application, Some(ExpectedApplication::Witness(Witness::new(2).unwrap())));
    assert_eq!(expect.settings.bank_0, Some(BankZero::Application));
    assert_eq!(expect.settings.bank_1, Some(BankOne::None));
    assert_eq!(expect.settings.app_version, Some(2));
    assert_eq!(expect.unchanged, [Region::Uicr]);
}

#[test]
fn what_happens_to_a_cable_says_which_link_it_is() {
    let text = |link: &str, what: &str| {
        format!(
            "id: a\ntitle: A\nsteps:\n  - {{ link: {link}, exchange: [{{ send: \"03\", answer: none }}] }}\n  - cable: {what}\n"
        )
    };
    let suite = load(&text("usb", "pulled")).unwrap();
    let case = suite.cases().next().unwrap();
    assert_eq!(case.steps[1].kind, StepKind::Cable(Cable::Pulled));
    assert_eq!(case.capabilities(), [Capability::Serial, Capability::Cable]);
    assert!(load(&text("serial", "break")).is_ok());
    // Only a USB port knows of its cable, and only a UART of its line.
    for (link, what) in [("serial", "pulled"), ("usb", "break"), ("ble", "break")] {
        let mistakes = load(&text(link, what)).unwrap_err().render(100, false);
        assert!(mistakes.contains("every step of a scenario uses the same link"), "{mistakes}");
    }
}

#[test]
fn capabilities_follow_from_steps_and_faults() {
    let suite = suite();
    let case = suite.cases().next().unwrap();
    assert_eq!(
        case.capabilities(),
        [Capability::Ble, Capability::PowerCut, Capability::FlashOpFaults, Capability::Reset]
    );
}

/// A bench without a reset pin skips such a case, as nothing else leads its device into DFU mode.
#[test]
fn a_bootloader_that_does_not_look_at_the_register_needs_the_reset_pin() {
    let needs = |switch: &str| {
        let text = format!(
            "id: a\ntitle: A\ndevice: {{ bootloader: {{ enter_by_pin_reset: true{switch} }} }}\n\
             steps: [{{ starts: 5, seed: 1 }}]\n"
        );
        load(&text).unwrap().cases().next().unwrap().capabilities()
    };
    assert_eq!(needs(""), [Capability::Ble]);
    assert_eq!(needs(", enter_by_register: false"), [Capability::Ble, Capability::Reset]);
}

#[test]
fn what_is_left_out_has_its_default() {
    let suite = load("id: a\ntitle: A\nsteps: [{ wait: 1 s }]\n").unwrap();
    let case = suite.cases().next().unwrap();
    assert_eq!(case.id.as_str(), "a");
    assert_eq!(case.chip, Chip::Nrf52832);
    assert_eq!(case.device, gauntlet_scenario::model::Device::default());
    assert!(case.values.is_empty() && case.packages.is_empty() && case.needs.is_empty());
    assert_eq!((case.expect.mode, &case.expect.application), (None, &None));
}

#[test]
fn the_hardware_version_of_a_package_is_the_bootloaders() {
    let text = "id: a\ntitle: A\ndevice: { bootloader: { hw_version: 7 } }\n\
        packages: { update: { application: { witness: 2, size: 4 KiB }, version: 2 } }\nsteps: [{ update: update }]\n";
    let suite = load(text).unwrap();
    let Package::Built(package) = &suite.cases().next().unwrap().packages[0].1 else { panic!() };
    assert_eq!(package.hw_version, 7);
}

#[test]
fn values_of_the_matrix_keep_their_type_and_their_form() {
    let text = "id: a\ntitle: \"${size} with ${word}\"\n\
        matrix: { size: [4 KiB, 300 B], word: [none, release] }\n\
        packages: { update: { application: { witness: 2, size: \"${size}\" }, version: 2, sign: \"${word}\" } }\n\
        steps: [{ update: update, expect: { silences: \"<= ${size}\" } }]\n";
    let found = load(text).unwrap_err();
    assert_eq!(found.problems().len(), 2, "{found:?}");
    let suite = load(&text.replace("silences", "resent")).unwrap();
    let ids: Vec<&str> = suite.cases().map(|case| case.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "a[size=4KiB,word=none]",
            "a[size=4KiB,word=release]",
            "a[size=300B,word=none]",
            "a[size=300B,word=release]"
        ]
    );
    assert_eq!(suite.cases().next().unwrap().title, "4 KiB with none");
}

#[test]
fn raw_bytes_of_a_serial_line() {
    let text = "id: a\ntitle: A\nsteps:\n  - link: serial\n    exchange:\n      - { raw: \"C0 DB 00\", times: 3, answer: none }\n      \
        - { raw: \"09 01 C0\", answer: \"60 09 01 .. C0\" }\n      - { raw: \"C0\" }\n";
    let suite = load(text).unwrap();
    let StepKind::Exchange(exchange) = &suite.cases().next().unwrap().steps[0].kind else { panic!() };
    let ExchangeItem::Raw { bytes, times: 3, answer: Some(Answer::Silence), .. } = &exchange.items[0] else {
        panic!()
    };
    assert_eq!(bytes.as_slice(), [0xC0, 0xDB, 0]);
    assert!(matches!(&exchange.items[1], ExchangeItem::Raw { times: 1, answer: Some(Answer::Bytes(_)), .. }));
    assert!(matches!(&exchange.items[2], ExchangeItem::Raw { answer: None, .. }));
    let found = load(&text.replace("link: serial\n    ", "")).unwrap_err();
    assert_eq!(found.errors(), 3, "{}", found.render(100, false));
    assert!(found.render(100, false).contains("only with `link: serial` or `link: usb`"));
    for wrong in ["times: 0", "times: 10001"] {
        assert!(load(&text.replace("times: 3", wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn the_probe_starts_a_watchdog_and_erases_the_uicr() {
    let text = "id: a\ntitle: A\nsteps:\n  - probe:\n      - { watchdog: 2 s, registers: 8 }\n      - { erase: uicr }\n";
    let suite = load(text).unwrap();
    let StepKind::Probe(items) = &suite.cases().next().unwrap().steps[0].kind else { panic!() };
    let actions: Vec<ProbeAction> = items.iter().map(|item| item.action).collect();
    let watchdog = ProbeAction::Watchdog { timeout: Duration::from_secs(2), registers: 8 };
    assert_eq!(actions, [watchdog, ProbeAction::Erase(Region::Uicr)]);
    assert!(load(&text.replace("registers: 8", "registers: 9")).is_err());
}

#[test]
fn a_range_is_swept() {
    let values = |range: &str| -> Result<Vec<String>, String> {
        let text =
            format!("id: a\ntitle: A ${{n}}\nmatrix: {{ n: {range} }}\nsteps: [{{ wait: \"${{n}} ms\" }}]\n");
        let suite = load(&text).map_err(|found| found.render(100, false))?;
        Ok(suite.cases().map(|case| case.values[0].1.clone()).collect())
    };
    assert_eq!(values("{ from: 1, to: 10, every: 4 }").unwrap(), ["1", "5", "9"]);
    assert_eq!(values("{ from: 1, to: 9, every: 4 }").unwrap(), ["1", "5", "9"]);
    assert_eq!(values("{ from: 7, to: 9 }").unwrap(), ["7", "8", "9"]);
    let wrong = |range: &str| values(range).unwrap_err();
    assert!(wrong("{ from: 9, to: 1 }").contains("a range from 9 to 1 has no values"));
    assert!(wrong("{ from: 1, to: 9, every: 0 }").contains("a distance is 1 to"));
    assert!(wrong("{ from: 1, to: 4096 }").contains("this range has 4096 values"));
    assert!(wrong("{ from: 0, to: 4294967295 }").contains("this range has 4294967296 values"));
    assert!(wrong("{ form: 1, to: 9 }").contains("did you mean `from`?"));
    assert!(wrong("1").contains("expected a list of values, or a range"));
}

#[test]
fn two_kinds_of_a_step_in_one_are_told_apart() {
    let found = load("id: a\ntitle: A\nsteps:\n  - wait: 1 s\n    reset: pin\n").unwrap_err();
    let text = found.render(100, false);
    assert_eq!(found.errors(), 1, "{text}");
    assert!(
        text.contains("`wait` and `reset` are two steps in one") && text.contains("scenario.yaml:5:5"),
        "{text}"
    );
    let text = load("id: a\ntitle: A\nsteps:\n  - link: ble\n    upate: x\n").unwrap_err().render(100, false);
    assert!(text.contains("did you mean `update`?"), "{text}");
}
