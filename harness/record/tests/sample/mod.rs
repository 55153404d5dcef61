//! A run in which every kind of event happens.

use gauntlet_record::{
    CaseId, Counts, Erased, ErrorClass, ErrorReport, Event, Finding, Millis, Recorder, Region, RegionDigest,
    Sha256, Verdict, Word, WriteError,
};

pub(crate) fn case(id: &str) -> CaseId {
    CaseId::new(id).unwrap()
}

/// A clock that goes on by 1.25 ms each time it is asked.
pub(crate) fn clock() -> impl FnMut() -> Millis {
    let mut micros = 0;
    move || {
        micros += 1_250;
        Millis::from_micros(micros)
    }
}

pub(crate) fn run_started(ids: &[&str]) -> Event {
    Event::RunStarted {
        gauntlet: "0.1.0".into(),
        seed: u64::MAX,
        bench: "virtual".into(),
        link: "direct".into(),
        chips: vec!["nrf52832".into()],
        planned: ids.iter().map(|id| case(id)).collect(),
        sources: vec![],
        client: None,
        planted_bug: None,
    }
}

fn events() -> Vec<Event> {
    let words = |text: &str| text.to_owned();
    let crc32 = Word(0xCBF4_3926);
    let sha256 = Sha256([0x5a; 32]);
    let (start, len) = (Word(0x7_8000), 0x6000);
    vec![
        Event::CaseStarted {
            title: words("The link drops; \u{1F4F6} returns"),
            chip: words("nrf52832"),
            link: words("ble"),
            requirements: vec![words("OBJ-031")],
            file: Some(words("scenarios/stream/disconnect.yaml")),
        },
        Event::DevicePrepared {
            erased: Erased::All,
            flashed_bytes: 65_536,
            image_sha256: sha256,
            regions: vec![Region { name: words("bootloader"), start, len }],
        },
        Event::StepStarted { step: 1, of: 2, what: words("update") },
        Event::LinkConnected { link: words("ble"), att_mtu: Some(247), max_data: 244 },
        Event::UpdateStarted { package: words("update"), init_bytes: 140, firmware_bytes: 30_720 },
        Event::DataStarted,
        Event::UpdateResumed { object: words("firmware"), offset: 4096, crc32 },
        Event::InitAccepted { bytes: 140, crc32 },
        Event::ObjectExecuted { object: 1, of: 8, offset: 4096, crc32 },
        Event::FaultFired { fault: words("disconnect"), position: words("object 3, byte 1") },
        Event::LinkLost { reason: words("fault") },
        Event::LinkReconnected { count: 1 },
        Event::DataEnded,
        Event::FaultMissed { fault: words("reset"), position: words("object 9") },
        Event::UpdateFinished {
            outcome: words("completed"),
            words: None,
            bytes: 34_000,
            resent: 3_280,
            reconnects: 1,
            took_ms: Millis::from_micros(4_200_001),
        },
        Event::StepFinished { step: 1, outcome: words("completed"), took_ms: Millis::from_millis(4_300) },
        Event::Exchange { sent: vec![0x06, 0x01].into(), answer: Some(vec![0x60, 0x06, 0x01].into()) },
        Event::Exchange { sent: vec![0x0c].into(), answer: None },
        Event::PowerCut { flash_op: Some(17), address: Some(start), tear: Some(words("torn")) },
        Event::PowerRestored,
        Event::DeviceReset { kind: words("pin") },
        Event::WitnessRead { word: Some(Word(2)) },
        Event::ReadBack {
            regions: vec![RegionDigest { name: words("bootloader"), start, len, sha256, crc32 }],
            settings: [(words("bank_0"), words("application"))].into(),
        },
        Event::Judged { check: words("application"), ok: false, expected: words("2"), found: words("1") },
        Event::ClosingUpdate { ok: true, outcome: words("completed") },
        Event::CaseRetried { attempt: 1, error: ErrorReport::new(ErrorClass::Bench, "probe gone") },
        Event::CaseFinished {
            verdict: Verdict::Fail(vec![Finding {
                check: words("application"),
                expected: words("2"),
                found: words("1"),
                detail: None,
            }]),
            took_ms: Millis::from_millis(9_000),
        },
    ]
}

/// Emits the whole run and finishes the recorder.
pub(crate) fn sample_run(mut recorder: Recorder<'_>) -> Vec<WriteError> {
    recorder.emit(None, None, run_started(&["stream/disconnect[at=1]"]));
    let id = case("stream/disconnect[at=1]");
    for (number, event) in (0..).zip(events()) {
        recorder.emit(Some(&id), Some(Millis::from_micros(number * 1_333)), event);
    }
    let counts = Counts { failed: 1, ..Counts::default() };
    recorder.emit(None, None, Event::RunFinished { counts, interrupted: false });
    recorder.finish()
}
