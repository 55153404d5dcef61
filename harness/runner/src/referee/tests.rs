//! The model against sequences of messages, good ones and bad ones.

use std::time::Duration;

use gauntlet_bench::{Build, Device, Profile, Variant};
use gauntlet_protocol::crc32;

use super::model::Model;
use super::rules::Rules;
use super::violation::Violation;

/// A model, its clock, and what has been found.
struct Table {
    model: Model,
    at: Duration,
    starts: u32,
    found: Vec<Violation>,
}

const ONE: Duration = Duration::from_millis(1);

impl Table {
    fn new(profile: Profile) -> Self {
        Self::of(Build::release(profile, [0; 64]))
    }

    fn of(build: Build) -> Self {
        let device =
            Device { variant: Variant::Nrf52832, softdevice: None, build, application: None, firmware: None };
        let mut table =
            Self { model: Model::new(Rules::of(&device)), at: Duration::ZERO, starts: 1, found: Vec::new() };
        table.connect();
        table
    }

    fn connect(&mut self) {
        self.at += ONE;
        self.model.connected(self.at, Some(self.starts));
    }

    fn lose(&mut self) {
        self.at += Duration::from_secs(2);
        let found = self.model.lost(self.at, Some(self.starts));
        self.found.extend(found);
    }

    fn say(&mut self, request: &[u8]) {
        self.at += ONE;
        self.model.request(self.at, Some(self.starts), request);
    }

    fn hear(&mut self, message: &[u8]) {
        self.at += ONE;
        let found = self.model.message(self.at, Some(self.starts), message);
        self.found.extend(found);
    }

    fn ask(&mut self, request: &[u8], answer: &[u8]) {
        self.say(request);
        self.hear(answer);
    }

    fn send(&mut self, data: &[u8]) {
        self.at += ONE;
        self.model.data(self.at, Some(self.starts), data);
    }

    /// An init packet of eight bytes is accepted.
    fn init(&mut self) {
        self.ask(&[1, 1, 8, 0, 0, 0], &[0x60, 1, 1]);
        self.send(b"12345678");
        self.ask(&[4], &[0x60, 4, 1]);
    }

    fn open(&mut self) {
        self.ask(&[1, 2, 0, 16, 0, 0], &[0x60, 1, 1]);
    }

    #[track_caller]
    fn is_right(&self) {
        assert_eq!(self.found, []);
    }

    #[track_caller]
    fn is_wrong(&self, what: &str, rule: &str) {
        let told: Vec<_> = self.found.iter().map(|found| (&*found.what, &*found.detail)).collect();
        assert!(matches!(told.as_slice(), [(w, d)] if *w == what && d.contains(rule)), "{told:?}");
    }
}

fn crc(bytes: &[u8]) -> Vec<u8> {
    let head = [0x60, 3, 1];
    [&head[..], &(bytes.len() as u32).to_le_bytes(), &crc32(bytes).to_le_bytes()].concat()
}

#[test]
fn a_good_transfer_is_right_and_each_wrong_number_in_it_is_found() {
    let run = |answer: &[u8]| {
        let mut table = Table::new(Profile::Ble);
        table.init();
        table.open();
        table.send(b"abcd");
        table.ask(&[3], answer);
        table
    };
    run(&crc(b"abcd")).is_right();
    for wrong in [crc(b"abc"), crc(b"abcx"), crc(b""), crc(b"12345678abcd"), crc(b"abcd")[..10].to_vec()] {
        run(&wrong).is_wrong("answer to Get CRC", "CP-018");
    }
}

#[test]
fn a_create_is_judged_by_what_is_known() {
    let mut table = Table::new(Profile::Uart);
    table.ask(&[1, 1, 8, 0, 0, 0], &[0x60, 1, 1]);
    table.ask(&[1, 2, 0, 16, 0, 0], &[0x60, 1, 8]);
    table.ask(&[1, 2, 0, 0, 0, 0], &[0x60, 1, 8]);
    table.is_right();
    table.ask(&[1, 2, 0, 16, 0, 0], &[0x60, 1, 1]);
    table.is_wrong("answer to Create", "OBJ-015");
    for (request, rule) in [
        (&[1, 1, 0, 0, 0, 0], "OBJ-001"),
        (&[1, 1, 1, 2, 0, 0], "OBJ-002"),
        (&[1, 2, 0, 32, 0, 0], "OBJ-018"),
        (&[1, 3, 0, 16, 0, 0], "CP-017"),
    ] {
        let mut table = Table::new(Profile::Uart);
        table.ask(request, &[0x60, 1, 1]);
        table.is_wrong("answer to Create", rule);
    }
}

#[test]
fn receipts_come_when_they_are_due_and_say_what_was_written() {
    let begin = || {
        let mut table = Table::new(Profile::Ble);
        table.ask(&[2, 2, 0], &[0x60, 2, 1]);
        table.ask(&[1, 1, 8, 0, 0, 0], &[0x60, 1, 1]);
        table.send(b"12");
        table
    };
    let mut table = begin();
    table.send(b"34");
    table.hear(&crc(b"1234"));
    // One behind it does not count for this one.
    table.send(b"56");
    table.ask(&[3], &crc(b"123456"));
    table.send(b"789");
    table.hear(&[0x60, 3, 3]);
    table.is_right();

    let mut early = begin();
    early.hear(&crc(b"12"));
    early.is_wrong("message", "PRN-002");
    let mut missing = begin();
    missing.send(b"34");
    missing.ask(&[4], &[0x60, 4, 8]);
    missing.is_wrong("receipt", "PRN-001");
    let mut wrong = begin();
    wrong.send(b"34");
    wrong.hear(&crc(b"12"));
    wrong.is_wrong("receipt", "PRN-011");
}

#[test]
fn a_lost_link_brings_back_what_was_stored() {
    let begin = |save_progress| {
        let mut table = Table::of(Build { save_progress, ..Build::release(Profile::Ble, [0; 64]) });
        table.ask(&[6, 1], &[&[0x60, 6, 1, 0, 2, 0, 0][..], &[0; 8]].concat());
        table.init();
        table.model.state.fw_size = Some(8192);
        table.open();
        (0..16).for_each(|_| {
            table.send(&[7; 256]);
            table.at += Duration::from_secs(1);
        });
        table.ask(&[4], &[0x60, 4, 1]);
        table.lose();
        table.connect();
        table
    };
    let said = |bytes: &[u8]| [&[0x60, 6, 1, 0, 16, 0, 0], &crc(bytes)[3..]].concat();
    for (saves, held) in [(false, 0), (true, 4096)] {
        let mut table = begin(saves);
        table.ask(&[6, 2], &said(&vec![7; held]));
        table.open();
        table.is_right();
        let mut table = begin(saves);
        table.ask(&[6, 2], &said(&vec![7; 4096 - held]));
        table.is_wrong("answer to Select", "CP-015");
    }
}

#[test]
fn a_reset_forgets_all_that_is_not_stored_and_a_silent_one_is_no_excuse_for_anybody() {
    let mut table = Table::new(Profile::Uart);
    table.init();
    table.starts += 1;
    // Between the reset and the next connection nothing is judged.
    table.ask(&[3], &[0x60, 9, 9]);
    table.lose();
    table.connect();
    table.is_right();
    // Somebody has talked to it meanwhile, so nothing is known.
    table.ask(&[3], &crc(b"x"));
    table.is_right();
    // A clean start: the command is selected and in force.
    table.starts += 1;
    table.lose();
    table.connect();
    table.ask(&[6, 9], &[0x60, 6, 5]);
    table.ask(&[3], &crc(b""));
    table.is_wrong("answer to Get CRC", "CP-017");
}

#[test]
fn a_silence_is_wrong_only_where_an_answer_is_sure() {
    let waits = |table: &mut Table| table.model.silence(Duration::from_secs(10), Some(table.starts));
    let mut table = Table::new(Profile::Uart);
    table.say(&[3]);
    assert!(waits(&mut table).is_some());
    let mut table = Table::new(Profile::Uart);
    assert_eq!(waits(&mut table), None, "nothing was asked");
    table.say(&[0x0C]);
    assert_eq!(waits(&mut table), None, "Abort is never answered");
    let mut deaf = Table::new(Profile::Uart);
    deaf.ask(&[1, 1, 8, 0, 0, 0], &[0x60, 1, 1]);
    deaf.ask(&[6, 2], &[&[0x60, 6, 1, 0, 16, 0, 0][..], &[0; 8]].concat());
    (0..3).for_each(|_| deaf.send(&[1; 4]));
    deaf.say(&[3]);
    assert_eq!(waits(&mut deaf), None, "its receive buffers are gone");
}

#[test]
fn writes_that_flash_has_no_room_for_may_be_lost() {
    let mut table = Table::new(Profile::Ble);
    table.init();
    table.open();
    (0..17).for_each(|_| table.send(&[7; 4]));
    let fifteen = crc(&[7; 60]);
    table.ask(&[3], &fifteen);
    table.is_right();
    let mut table = Table::new(Profile::Ble);
    table.init();
    table.open();
    (0..14).for_each(|_| table.send(&[7; 4]));
    table.ask(&[3], &crc(&[7; 52]));
    table.is_wrong("answer to Get CRC", "CP-018");
}
