//! The state of one update, and its bookkeeping.

use tokio::time::Instant;

use crate::prefix::Prefixes;
use crate::{
    DfuEntry, LinkError, Object, Observer, Outcome, Phase, UpdateError, UpdateEvent, UpdateImage,
    UpdateOptions, UpdateReport,
};

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
    /// Mismatches so far that asked for a slower pace.
    pub(crate) slowdowns: u32,
    /// Receipts missing one after the other.
    pub(crate) missing_in_a_row: u32,
    /// A link was up at least once.
    pub(crate) had_connection: bool,
    /// The Execute that ends the image is on its way or has been, and its answer is not known.
    pub(crate) final_execute_open: bool,
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
        options: &'a UpdateOptions,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let now = Instant::now();
        observer.event(&UpdateEvent::Phase(Phase::Connect));
        Self {
            link,
            entry,
            options,
            init: Prefixes::new(image.init_packet),
            firmware: Prefixes::new(image.firmware),
            report: UpdateReport::default(),
            payload: 0,
            prn: None,
            slowdowns: 0,
            missing_in_a_row: 0,
            had_connection: false,
            final_execute_open: false,
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

    /// The receipt interval that the pace asks for now.
    pub(crate) fn wanted_prn(&self) -> u16 {
        self.options.pace.prn(self.options.prn, self.slowdowns)
    }

    pub(crate) fn finish(
        mut self,
        result: Result<Outcome, UpdateError>,
    ) -> Result<UpdateReport, UpdateError> {
        self.close_phase();
        self.report.elapsed = self.started.elapsed();
        self.report.payload = self.payload;
        if let Ok(outcome) = result {
            self.report.outcome = outcome;
        }
        let report = self.report.clone();
        self.emit(UpdateEvent::Finished(Box::new(report)));
        result.map(|_| self.report)
    }
}
