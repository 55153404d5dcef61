//! A journal holds what happened, survives a kill, and says plainly when it is damaged.
#![allow(clippy::unwrap_used, reason = "a test may end where something is wrong")]

mod sample;

use std::io;

use gauntlet_record::{
    Event, Journal, JournalError, JournalReader, JournalWriter, Record, Recorder, Sink, Truncated,
};
use sample::{clock, sample_run};

fn written() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut journal = JournalWriter::new(&mut bytes, "run.jsonl");
    sample_run(Recorder::new(clock()).with(&mut journal));
    bytes
}

fn read(bytes: &[u8]) -> (Vec<Result<Record, JournalError>>, Option<Truncated>) {
    let mut reader = JournalReader::new(bytes, "run.jsonl");
    let records = reader.by_ref().collect();
    (records, reader.truncated())
}

#[test]
fn every_kind_of_event_is_read_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/down/run.jsonl");
    let mut journal = JournalWriter::create(&path).unwrap();
    let mut collector = gauntlet_record::Collector::default();
    sample_run(Recorder::new(clock()).with(&mut journal).with(&mut collector));
    let read = Journal::read(&path).unwrap();
    assert_eq!(read.truncated, None);
    assert_eq!(read.records, collector.into_records());
}

#[test]
fn a_line_is_one_flat_object_with_the_promised_keys() {
    let text = String::from_utf8(written()).unwrap();
    for (number, line) in text.lines().enumerate() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["seq"], number, "{line}");
        assert!(value["wall"]["ms"].is_number(), "{line}");
        let kind = value["event"].as_str().unwrap();
        assert!(kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{kind}");
        assert_eq!(value.get("case").is_some(), !kind.starts_with("run-"), "{line}");
    }
    assert!(text.contains(r#""event":"fault-fired","fault":"disconnect","position":"object 3, byte 1""#));
}

#[test]
fn an_older_journal_without_a_link_is_of_the_direct_one() {
    let text = String::from_utf8(written()).unwrap();
    let start = text.lines().next().unwrap();
    let older = start.replace("\"link\":\"direct\",", "");
    assert_ne!(older, start, "the sample says its link");
    let (records, _) = read(older.as_bytes());
    let record = records.into_iter().next().unwrap().unwrap();
    assert!(matches!(record.event, Event::RunStarted { link, .. } if link == "direct"));
}

#[test]
fn without_wall_two_runs_are_equal() {
    let comparable = |text: Vec<u8>| -> Vec<serde_json::Value> {
        let text = String::from_utf8(text).unwrap();
        text.lines()
            .map(|line| {
                let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
                value.as_object_mut().unwrap().remove("wall").unwrap();
                value
            })
            .collect()
    };
    let (one, other) = (written(), {
        let mut bytes = Vec::new();
        let mut journal = JournalWriter::new(&mut bytes, "run.jsonl");
        let slow = || gauntlet_record::Millis::from_millis(99);
        sample_run(Recorder::new(slow).began(std::time::SystemTime::now()).with(&mut journal));
        bytes
    });
    assert_ne!(one, other);
    let (one, other) = (comparable(one), comparable(other));
    assert_eq!(one, other);
    let stripped: Vec<String> = one.iter().map(ToString::to_string).collect();
    let (records, _) = read(stripped.join("\n").as_bytes());
    assert!(records.iter().all(Result::is_ok), "a journal without wall can still be read");
}

#[test]
fn a_run_killed_at_any_byte_can_be_told_up_to_there() {
    let whole = written();
    let (all, _) = read(&whole);
    for cut in 0..whole.len() {
        let (records, truncated) = read(&whole[..cut]);
        assert!(records.iter().all(Result::is_ok), "cut at {cut}");
        let complete = whole[..cut].iter().filter(|&&byte| byte == b'\n').count();
        let tail = whole[..cut].rsplit(|&byte| byte == b'\n').next().map_or(0, <[u8]>::len);
        // A line that lacks only its line break is complete.
        let lacks_only_break = whole[cut] == b'\n';
        assert_eq!(records.len(), complete + usize::from(lacks_only_break), "cut at {cut}");
        let expected =
            (tail > 0 && !lacks_only_break).then_some(Truncated { line: complete as u64 + 1, bytes: tail });
        assert_eq!(truncated, expected, "cut at {cut}");
    }
    assert!(all.len() > 20);
}

#[test]
fn damage_before_the_end_is_an_error_with_its_line() {
    let mut lines: Vec<Vec<u8>> = written().split_inclusive(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
    let good = lines.clone();
    lines[2] = b"{\"seq\":2,\"event\":\"no-such-event\"}\n".to_vec();
    let (records, truncated) = read(&lines.concat());
    assert!(
        matches!(records.last(), Some(Err(JournalError::BadLine { line: 3, .. }))),
        "{:?}",
        records.last()
    );
    assert_eq!((records.len(), truncated), (3, None), "nothing more comes after an error");

    let mut lines = good;
    lines.remove(4);
    let (records, _) = read(&lines.concat());
    assert!(matches!(
        records.last(),
        Some(Err(JournalError::OutOfOrder { line: 5, expected: 4, found: 5, .. }))
    ));
}

#[test]
fn a_missing_journal_is_a_read_error_and_an_impossible_path_a_write_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("none.jsonl");
    assert!(matches!(Journal::read(&path), Err(JournalError::Read { path: named, .. }) if named == path));
    let below_a_file = dir.path().join("file/run.jsonl");
    std::fs::write(dir.path().join("file"), "").unwrap();
    let error = JournalWriter::create(&below_a_file).unwrap_err();
    assert_eq!(error.path, below_a_file);
    assert!(error.to_string().starts_with("could not write the journal to "));
}

/// Accepts some bytes, then says that the disk is full.
struct SmallDisk(usize);

impl io::Write for SmallDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fits = bytes.len().min(self.0);
        self.0 -= fits;
        if fits == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(fits) }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_does_not_disturb_the_run_and_is_told_at_its_end() {
    let mut journal = JournalWriter::new(SmallDisk(1000), "run.jsonl");
    let mut collector = gauntlet_record::Collector::default();
    let errors = sample_run(Recorder::new(clock()).with(&mut journal).with(&mut collector));
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].source.kind(), io::ErrorKind::StorageFull);
    assert!(collector.records().len() > 20, "the other sinks got everything");
    assert!(journal.finish().is_ok(), "the error is given once");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        let (records, _) = read(&bytes);
        proptest::prop_assert!(records.len() <= bytes.len());
    }
}
