//! The client's figures of a package: bytes, reconnections, time and speed.

use std::time::Duration;

use gauntlet_engine::{Outcome, PackageReport, Phase, UpdateReport};

/// The client's figures of a package.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// One entry for each image that was begun, in order. An image whose end the device never confirmed was offered once
    /// more, and has two.
    pub images: Vec<ImageFigures>,
    /// All of them added up.
    pub total: Amounts,
}

/// The client's figures of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageFigures {
    /// Which image of the package, from 1.
    pub number: u32,
    /// The device answered its last Execute with success.
    pub accepted: bool,
    /// It was passed over because the device said in these words that it has it already.
    pub skipped: Option<String>,
    /// What it took.
    pub amounts: Amounts,
}

/// What it took to send something. Times are the device's on a virtual bench, else the wall's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Amounts {
    /// Bytes of init packet and firmware that were sent, repetitions among them.
    pub bytes_sent: u64,
    /// Those of them that had been sent before.
    pub bytes_resent: u64,
    /// Bytes of firmware that the device held already, from an update that broke off.
    pub resumed_at: u32,
    /// Times the link was made again.
    pub reconnects: u32,
    /// All of the time.
    pub elapsed: Duration,
    /// The time in each phase, in the order of a good update, by name.
    pub phases: Vec<(&'static str, Duration)>,
    /// Bytes per second, repetitions not counted, from the first byte of the init packet to the last answer; connecting and
    /// the restarts between images don't count. `None` when nothing was sent or no time passed.
    pub bytes_per_second: Option<f64>,
}

impl Figures {
    pub(crate) fn of(report: &PackageReport) -> Self {
        let images = report.images.iter().map(|image| ImageFigures {
            number: image.figures.image,
            accepted: image.figures.outcome == Outcome::Completed,
            skipped: image.skipped.map(|refusal| refusal.to_string()),
            amounts: Amounts::of(&image.figures),
        });
        Self { images: images.collect(), total: Amounts::of(&report.total()) }
    }
}

impl Amounts {
    fn of(report: &UpdateReport) -> Self {
        let sending = [Phase::InitPacket, Phase::Data, Phase::Finish].map(|phase| report.time_in(phase));
        let seconds = sending.iter().sum::<Duration>().as_secs_f64();
        let new = report.bytes_sent - report.bytes_resent;
        Self {
            bytes_sent: report.bytes_sent,
            bytes_resent: report.bytes_resent,
            resumed_at: report.resumed_at,
            reconnects: report.reconnects,
            elapsed: report.elapsed,
            phases: Phase::ALL.iter().map(|&phase| (name(phase), report.time_in(phase))).collect(),
            bytes_per_second: (new > 0 && seconds > 0.0).then(|| new as f64 / seconds),
        }
    }
}

/// One word for a phase.
fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "connect",
        Phase::Prepare => "prepare",
        Phase::InitPacket => "init-packet",
        Phase::Data => "firmware",
        Phase::Finish => "finish",
    }
}
