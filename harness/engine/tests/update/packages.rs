//! Packages with two images: a bootloader part, a restart, an application.

use std::time::Duration;

use gauntlet_engine::{
    Cancel, DfuEntry, LinkError, Outcome, PackageError, PackageReport, Shape, Unsendable, UpdateError,
    UpdateEvent, UpdateImage, UpdateOptions, update_images,
};
use gauntlet_protocol::init_packet::{FwType, InitCommand, encode_init_command, wrap_unsigned};
use gauntlet_protocol::{ExtendedError, Outcome as Answer, ResultCode};

use super::fake::{Device, FakeLink, Handle, OnRequest, Return};
use super::{BOUND, Entry, SHAPES, firmware, options};

const FIRST: usize = 5000;
const SECOND: usize = 4500;
const VERSION: Answer = Answer::Extended(ExtendedError::FwVersionFailure);
const SOFTDEVICE: Answer = Answer::Extended(ExtendedError::SdVersionFailure);

fn init(kind: FwType, version: u32) -> Vec<u8> {
    let init = InitCommand { fw_type: Some(kind), fw_version: Some(version), ..InitCommand::default() };
    wrap_unsigned(&encode_init_command(&init))
}

/// A device that comes back for the application after the first part.
fn device(shape: Shape) -> Device {
    let mut device = Device::new(shape, FIRST);
    device.returns.push_back(Return::with(SECOND));
    device.refuses_again = Some(VERSION);
    device
}

/// A way to lose a link, and its name.
type Loss = (&'static str, fn() -> OnRequest);

struct Run {
    result: Result<PackageReport, PackageError>,
    handle: Handle,
    events: Vec<UpdateEvent>,
}

impl Run {
    /// Both images were taken, whole and in order, each once.
    fn took_both(&self) -> bool {
        let taken = &self.handle.device().taken;
        taken.len() == 2 && taken[0].1 == firmware(FIRST) && taken[1].1 == firmware(SECOND)
    }
}

async fn run(device: Device, first: FwType, options: &UpdateOptions, with_entry: bool) -> Run {
    let (init_1, init_2) = (init(first, 3), init(FwType::Application, 8));
    let (firmware_1, firmware_2) = (firmware(FIRST), firmware(SECOND));
    let images = [
        UpdateImage { init_packet: &init_1, firmware: &firmware_1 },
        UpdateImage { init_packet: &init_2, firmware: &firmware_2 },
    ];
    let (mut link, handle) = FakeLink::new(device);
    let mut entry = Entry(handle.clone());
    let entry: Option<&mut dyn DfuEntry> = if with_entry { Some(&mut entry) } else { None };
    let mut events = Vec::new();
    let mut observer = |event: &UpdateEvent| events.push(event.clone());
    let update = update_images(&mut link, entry, &images, options, &mut observer);
    let result = tokio::time::timeout(BOUND, update).await.expect("an update must end by itself");
    Run { result, handle, events }
}

#[tokio::test(start_paused = true)]
async fn both_images_are_taken_with_a_restart_between_them() {
    for shape in SHAPES {
        for missed in [0, 1, 20] {
            let mut device = device(shape);
            device.returns[0].missed = missed;
            let run = run(device, FwType::SoftDeviceBootloader, &options(0), false).await;
            let report = run.result.clone().unwrap();
            assert!(run.took_both(), "{shape} {missed}");
            let outcomes: Vec<_> = report.images.iter().map(|image| image.figures.outcome).collect();
            assert_eq!(outcomes, [Outcome::Completed; 2]);
            let total = report.total();
            assert_eq!(total.bytes_sent as usize - 2 * init(FwType::Application, 8).len(), FIRST + SECOND);
            assert_eq!((total.reconnects, total.reconnect_attempts, total.image), (0, 0, 2));
            assert_eq!(report.outcome(), Outcome::Completed);
        }
    }
}

/// Whoever watches knows at every event which image it is about.
#[tokio::test(start_paused = true)]
async fn events_belong_to_an_image() {
    let run = run(device(Shape::Ble), FwType::Bootloader, &options(0), false).await;
    let mut image = 0;
    let mut told = Vec::new();
    for event in &run.events {
        match event {
            UpdateEvent::Image { number, of } => {
                assert_eq!(*of, 2);
                image = *number;
            }
            UpdateEvent::Finished(report) => {
                assert_eq!(report.image, image);
                told.push("finished");
            }
            UpdateEvent::AwaitingRestart => {
                assert_eq!(image, 2);
                told.push("awaited");
            }
            UpdateEvent::Progress { object: gauntlet_engine::Object::Data(_), total, .. } => {
                assert_eq!(*total as usize, [FIRST, SECOND][image as usize - 1]);
            }
            _ => {}
        }
    }
    assert_eq!(told, ["finished", "awaited", "finished"]);
}

/// FF-007: a bundle whose first part is on the device already goes on with its second part, and says so.
#[tokio::test(start_paused = true)]
async fn a_part_that_is_there_already_is_skipped() {
    let cases = [
        (FwType::Bootloader, VERSION),
        (FwType::SoftDeviceBootloader, VERSION),
        (FwType::SoftDevice, VERSION),
        (FwType::SoftDevice, SOFTDEVICE),
        (FwType::SoftDeviceBootloader, SOFTDEVICE),
    ];
    for shape in SHAPES {
        for (kind, refusal) in cases {
            let mut device = Device::new(shape, SECOND);
            device.taken.push((init(kind, 3), firmware(FIRST)));
            device.refuses_again = Some(refusal);
            let run = run(device, kind, &options(0), false).await;
            let report = run.result.clone().unwrap();
            assert!(run.took_both());
            let skipped: Vec<_> = report.skipped().collect();
            assert_eq!(skipped.len(), 1);
            assert_eq!((skipped[0].0, skipped[0].1.outcome), (1, refusal));
            let event = UpdateEvent::Skipped { number: 1, refusal: skipped[0].1 };
            assert_eq!(run.events.iter().filter(|e| **e == event).count(), 1);
            assert_eq!(report.images[0].figures.outcome, Outcome::Unfinished);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_other_refusal_is_taken_for_it() {
    let hardware = Answer::Extended(ExtendedError::HwVersionFailure);
    let cases = [
        (FwType::Bootloader, hardware, true),
        (FwType::Bootloader, SOFTDEVICE, true),
        (FwType::Bootloader, Answer::Result(ResultCode::InvalidObject), true),
        (FwType::SoftDevice, hardware, true),
        (FwType::Application, VERSION, true),
        (FwType::Bootloader, VERSION, false),
    ];
    for (kind, refusal, skip_installed) in cases {
        let mut device = Device::new(Shape::Ble, SECOND);
        device.taken.push((init(kind, 3), firmware(FIRST)));
        device.refuses_again = Some(refusal);
        let options = UpdateOptions { skip_installed, ..options(0) };
        let run = run(device, kind, &options, false).await;
        let error = run.result.unwrap_err();
        assert_eq!(error.image, 1);
        assert_eq!(error.error.refusal().map(|refusal| refusal.outcome), Some(refusal));
        assert_eq!((error.report.images.len(), run.handle.device().taken.len()), (1, 1));
    }
}

/// TMR-009: who comes too late finds the application, and needs a way into DFU mode or says what happened.
#[tokio::test(start_paused = true)]
async fn a_device_that_came_back_into_its_application() {
    for shape in SHAPES {
        for with_entry in [true, false] {
            let mut device = device(shape);
            device.returns[0].into_application = true;
            let began = tokio::time::Instant::now();
            let run = run(device, FwType::SoftDevice, &options(0), with_entry).await;
            assert!(began.elapsed() >= Duration::from_secs(60));
            if with_entry {
                assert_eq!(run.result.clone().unwrap().images[1].figures.dfu_entries, 1);
                assert!(run.took_both());
            } else {
                let error = run.result.unwrap_err();
                assert_eq!(error.image, 2);
                let UpdateError::NotBack { waited, source } = error.error else {
                    panic!("{}", error.error);
                };
                assert_eq!(waited, Duration::from_secs(60));
                assert!(matches!(source, LinkError::NotFound { .. }));
                assert_eq!(error.report.images[0].figures.outcome, Outcome::Completed);
            }
        }
    }
}

/// OBJ-030: the device may be met once more on its way out. That costs no reconnection.
#[tokio::test(start_paused = true)]
async fn a_device_met_while_it_leaves_is_awaited_on() {
    for shape in SHAPES {
        let mut device = device(shape);
        device.returns[0].met_leaving = 5;
        let options = UpdateOptions { reconnects: 0, ..options(0) };
        let run = run(device, FwType::Bootloader, &options, false).await;
        let total = run.result.clone().unwrap().total();
        assert!(run.took_both());
        assert_eq!(total.reconnect_attempts, 0);
    }
}

/// FF-080: part 1 is still being applied, and nobody answers for up to 20 s.
#[tokio::test(start_paused = true)]
async fn a_device_that_is_silent_while_it_copies_is_awaited() {
    for seconds in [0, 2, 5, 13, 20] {
        let mut device = device(Shape::Serial);
        let mut quiet_until = None;
        device.on_request = Some(Box::new(move |_, request| {
            let now = tokio::time::Instant::now();
            if matches!(request, gauntlet_protocol::Request::Execute) {
                quiet_until = Some(now + Duration::from_secs(seconds));
            }
            let ping = matches!(request, gauntlet_protocol::Request::Ping { .. });
            match quiet_until {
                Some(end) if ping && now < end => OnRequest::Say(Vec::new()),
                _ => OnRequest::Pass,
            }
        }));
        let run = run(device, FwType::SoftDeviceBootloader, &options(0), false).await;
        assert!(run.result.is_ok() && run.took_both(), "{seconds}");
    }
}

/// A link lost at any message of either image, and the package is performed all the same.
#[tokio::test(start_paused = true)]
async fn one_loss_at_every_request_is_survived() {
    let losses: [Loss; 3] = [
        ("before", || OnRequest::LoseBefore),
        ("after", || OnRequest::LoseAfter),
        ("mute", || OnRequest::Mute),
    ];
    for shape in SHAPES {
        let whole = run(device(shape), FwType::Bootloader, &options(0), false).await;
        let requests = whole.handle.device().requests.len() as u64;
        assert!(requests > 20);
        for (name, loss) in losses {
            for at in 1..=requests {
                let mut device = device(shape);
                device.on_request =
                    Some(Box::new(move |n, _| if n == at { loss() } else { OnRequest::Pass }));
                let run = run(device, FwType::Bootloader, &options(0), false).await;
                let report = run.result.clone().unwrap_or_else(|e| panic!("{shape} {name} {at}: {e}"));
                assert!(run.took_both(), "{shape} {name} {at}");
                let unconfirmed = at == requests && name != "before";
                let expected = if unconfirmed { Outcome::CompletionUnconfirmed } else { Outcome::Completed };
                assert_eq!(report.outcome(), expected, "{shape} {name} {at}");
            }
        }
    }
}

/// The answer to the last Execute of the first part is lost: offered once more, the device says that it has it.
#[tokio::test(start_paused = true)]
async fn an_unconfirmed_part_is_offered_once_more() {
    let mut device = device(Shape::Ble);
    let mut executes = 0;
    device.on_request = Some(Box::new(move |_, request| {
        executes += u32::from(matches!(request, gauntlet_protocol::Request::Execute));
        if executes == 3 && matches!(request, gauntlet_protocol::Request::Execute) {
            OnRequest::LoseAfter
        } else {
            OnRequest::Pass
        }
    }));
    let run = run(device, FwType::Bootloader, &options(0), false).await;
    let report = run.result.clone().unwrap();
    assert!(run.took_both());
    let ends: Vec<_> = report
        .images
        .iter()
        .map(|image| (image.figures.image, image.figures.outcome, image.skipped.is_some()))
        .collect();
    let expected = [
        (1, Outcome::CompletionUnconfirmed, false),
        (1, Outcome::Unfinished, true),
        (2, Outcome::Completed, false),
    ];
    assert_eq!(ends, expected);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_restart_can_be_cancelled() {
    let cancel = Cancel::new();
    let mut device = device(Shape::Serial);
    device.returns[0].missed = u32::MAX;
    let options = UpdateOptions { cancel: cancel.clone(), ..options(0) };
    let stop = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        cancel.cancel();
    };
    let began = tokio::time::Instant::now();
    let (run, ()) = tokio::join!(run(device, FwType::Bootloader, &options, false), stop);
    let error = run.result.unwrap_err();
    assert!(error.image == 2 && matches!(error.error, UpdateError::Cancelled { .. }), "{error}");
    assert_eq!(began.elapsed(), Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_one_image_cannot_be() {
    let (mut link, handle) = FakeLink::new(device(Shape::Ble));
    let good = init(FwType::Bootloader, 1);
    let image = firmware(FIRST);
    let images = [
        UpdateImage { init_packet: &good, firmware: &image },
        UpdateImage { init_packet: &good, firmware: &[] },
    ];
    let mut quiet = gauntlet_engine::Silent;
    let error = update_images(&mut link, None, &images, &options(0), &mut quiet).await.unwrap_err();
    assert_eq!((error.image, error.error), (2, UpdateError::Unsendable(Unsendable::EmptyFirmware)));
    let error = update_images(&mut link, None, &[], &options(0), &mut quiet).await.unwrap_err();
    assert_eq!(error.error, UpdateError::Unsendable(Unsendable::NoImage));
    assert_eq!(handle.device().connections, 0);
}
