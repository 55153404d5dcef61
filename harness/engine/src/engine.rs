//! The state of one update, and its bookkeeping.

use tokio::time::Instant;

use crate::pace::Gait;
use crate::prefix::Prefixes;
use crate::{
    DfuEntry, LinkError, Object, Observer, Phase, UpdateError, UpdateEvent, UpdateImage, UpdateOptions,
    UpdateReport,
};

/// Which image of a package it is, counted from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) number: u32,
    pub(crate) of: u32,
}

impl Place {
    pub(crate) const ONLY: Self = Self { number: 1, of: 1 };

    pub(crate) fn is_last(self) -> bool {
        self.number == self.of
    }
}

/// Where the device is when an image begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// In DFU mode, or where it can be brought into it.
    Present,
    /// It restarts after the image before, and will be in DFU mode when it has activated that one.
    Restarting,
}

/// One update while it goes on. Its steps are in `session`, `transfer` and `object`; what it says and hears on the
/// link is in `talk`.
pub(crate) struct Engine<'a> {
    pub(crate) link: &'a mut dyn crate::Link,
    pub(crate) entry: Option<&'a mut dyn DfuEntry>,
    pub(crate) options: &'a UpdateOptions,
    pub(crate) init: Prefixes<'a>,
    pub(crate) firmware: Prefixes<'a>,
    pub(crate) report: UpdateReport,
    /// Bytes per packet in this session.
    pub(crate) payload: usize,
    /// The receipt interval that the device was told in this session.
    pub(crate) prn: Option<u16>,
    /// How slow it goes: losses so far that asked for a slower pace, less those that have been made good.
    pub(crate) level: u32,
    /// Data objects without a loss since the level changed.
    pub(crate) good_in_a_row: u32,
    /// The device is asked for its CRC before every Execute of this session.
    pub(crate) asks_crc: bool,
    /// An object was executed without the device having been asked.
    pub(crate) unproven: bool,
    /// The image was refused as a whole after it had been sent without asking; this was the refusal.
    pub(crate) doubt: Option<UpdateError>,
    /// The device answered the Execute of the init packet in this session.
    pub(crate) init_executed: Option<Instant>,
    /// Receipts missing one after the other.
    pub(crate) missing_in_a_row: u32,
    /// The link is up, as far as anybody knows.
    pub(crate) link_up: bool,
    /// The first request of all failed on the host and was tried again.
    pub(crate) began_twice: bool,
    /// A link was up at least once.
    pub(crate) had_connection: bool,
    /// The Execute that ends the image is on its way or has been, and its answer is not known.
    pub(crate) final_execute_open: bool,
    /// A device that restarts is awaited until then. Nothing as soon as it has taken an init packet.
    pub(crate) awaited_until: Option<Instant>,
    pub(crate) place: Place,
    observer: &'a mut dyn Observer,
    phase: Phase,
    started: Instant,
    phase_started: Instant,
    /// The furthest byte sent so far, of the init packet and of the firmware.
    furthest: [usize; 2],
}

impl<'a> Engine<'a> {
    pub(crate) fn new(
        link: &'a mut dyn crate::Link,
        entry: Option<&'a mut dyn DfuEntry>,
        image: &UpdateImage<'a>,
        place: Place,
        arrival: Arrival,
        options: &'a UpdateOptions,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let now = Instant::now();
        observer.event(&UpdateEvent::Image { number: place.number, of: place.of });
        observer.event(&UpdateEvent::Phase(Phase::Connect));
        Self {
            link,
            entry,
            options,
            init: Prefixes::new(image.init_packet),
            firmware: Prefixes::new(image.firmware),
            report: UpdateReport { image: place.number, ..UpdateReport::default() },
            payload: 0,
            prn: None,
            level: 0,
            good_in_a_row: 0,
            asks_crc: true,
            unproven: false,
            doubt: None,
            init_executed: None,
            missing_in_a_row: 0,
            link_up: false,
            began_twice: false,
            had_connection: false,
            final_execute_open: false,
            awaited_until: (arrival == Arrival::Restarting).then(|| now + options.activation_timeout),
            place,
            observer,
            phase: Phase::Connect,
            started: now,
            phase_started: now,
            furthest: [0; 2],
        }
    }

    pub(crate) fn emit(&mut self, event: UpdateEvent) {
        self.observer.event(&event);
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn enter(&mut self, phase: Phase) {
        if phase != self.phase {
            self.close_phase();
            self.phase = phase;
            self.emit(UpdateEvent::Phase(phase));
        }
    }

    fn close_phase(&mut self) {
        let now = Instant::now();
        self.report.phases[self.phase as usize] += now - self.phase_started;
        self.phase_started = now;
    }

    pub(crate) fn prefixes(&self, object: Object) -> &Prefixes<'a> {
        match object {
            Object::Init => &self.init,
            Object::Data(_) => &self.firmware,
        }
    }

    /// Takes note of a packet with the bytes `from..to` of the object's image.
    pub(crate) fn sent(&mut self, object: Object, from: usize, to: usize) {
        let firmware = object != Object::Init;
        let furthest = &mut self.furthest[usize::from(firmware)];
        let again = (to.min(*furthest)).saturating_sub(from) as u64;
        *furthest = to.max(*furthest);
        self.report.packets += 1;
        self.report.bytes_sent += (to - from) as u64;
        self.report.bytes_resent += again;
        if firmware {
            self.report.firmware_resent += again;
        }
        let total = self.prefixes(object).len() as u32;
        self.emit(UpdateEvent::Progress { object, sent: to as u32, total });
    }

    /// A message that nobody waited for.
    pub(crate) fn stray(&mut self, bytes: Vec<u8>) {
        self.report.strays += 1;
        self.emit(UpdateEvent::Stray(bytes));
    }

    pub(crate) fn link_error(&self, source: LinkError) -> UpdateError {
        UpdateError::Link { phase: self.phase, source }
    }

    /// The pace as it is now.
    pub(crate) fn gait(&self) -> Gait {
        self.options.pace.at(self.level, self.link.shape(), self.options.prn)
    }

    /// Slower from now on.
    pub(crate) fn slow_down(&mut self) {
        self.report.slowdowns += 1;
        self.set_level(self.level.saturating_add(1));
    }

    /// A data object came across; after enough of them it may be a little faster again (SR-19).
    pub(crate) fn came_across(&mut self) {
        self.good_in_a_row += 1;
        if self.level > 1 && self.good_in_a_row >= self.options.pace.recover_after {
            self.set_level(self.level - 1);
        }
    }

    fn set_level(&mut self, level: u32) {
        self.level = level;
        self.good_in_a_row = 0;
        let Gait { prn, burst, packet, .. } = self.gait();
        let payload = self.payload.min(packet);
        self.emit(UpdateEvent::Pace { level, prn, burst, payload });
    }

    /// Sends the image. The figures tell the outcome, too.
    pub(crate) async fn run(mut self) -> (Result<(), UpdateError>, UpdateReport) {
        let result = self.sessions().await;
        self.close_phase();
        self.report.elapsed = self.started.elapsed();
        self.report.payload = self.payload.min(self.gait().packet);
        self.report.prn = self.prn.unwrap_or(0);
        if let Ok(outcome) = result {
            self.report.outcome = outcome;
        }
        let report = self.report.clone();
        self.emit(UpdateEvent::Finished(Box::new(report)));
        (result.map(|_| ()), self.report)
    }
}
