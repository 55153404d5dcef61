//! What an update of a case took, from the events of its steps.

use gauntlet_record::{Event, Millis, Record};
use serde::Serialize;

/// Times of one clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Times {
    /// From the beginning of the first update to its first byte of object data, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<Millis>,
    /// From the first byte of each update to its last answer, added up, in milliseconds.
    pub sending_ms: Millis,
    /// The whole case, in milliseconds.
    pub case_ms: Millis,
}

/// What the updates in the steps of a case took. The closing update, which the project's own client does on every
/// backend, is not among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Updates that have ended.
    pub updates: u32,
    /// Bytes of object data that were sent, those that were sent again among them.
    pub bytes: u64,
    /// Those that were sent again.
    pub resent: u64,
    /// Times the link was made again.
    pub reconnects: u32,
    /// By the device's clock.
    pub device: Times,
    /// By the clock of the wall.
    pub wall: Times,
    /// Time of this host's processors for the whole case, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<Millis>,
}

impl Figures {
    /// New bytes of object data, without repetitions.
    pub fn new_bytes(&self) -> u64 {
        self.bytes.saturating_sub(self.resent)
    }
}

/// Two clocks at one moment.
#[derive(Debug, Clone, Copy, Default)]
struct Moment {
    device: Option<Millis>,
    wall: Millis,
}

impl Moment {
    fn of(record: &Record) -> Self {
        Self { device: record.device_ms, wall: record.wall.ms }
    }
}

/// Gathers the figures of one case, event by event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gathering {
    figures: Figures,
    case_began: Option<Moment>,
    in_step: bool,
    update_began: Option<Moment>,
    data_began: Option<Moment>,
    data_ended: Option<Moment>,
}

impl Gathering {
    pub(crate) fn figures(&self) -> &Figures {
        &self.figures
    }

    pub(crate) fn see(&mut self, record: &Record) {
        let now = Moment::of(record);
        let began = *self.case_began.get_or_insert(now);
        self.figures.wall.case_ms = now.wall.since(began.wall);
        if let Some(device) = now.device {
            self.figures.device.case_ms = self.figures.device.case_ms.max(device);
        }
        if record.wall.cpu_ms.is_some() {
            self.figures.cpu_ms = record.wall.cpu_ms;
        }
        match &record.event {
            // Another attempt begins: what was before is no part of it.
            Event::CaseRetried { .. } => {
                *self = Self { case_began: self.case_began, ..Self::default() };
            }
            Event::StepStarted { .. } => self.in_step = true,
            Event::StepFinished { .. } => self.in_step = false,
            Event::CaseFinished { took_ms, .. } => self.figures.device.case_ms = *took_ms,
            Event::UpdateStarted { .. } if self.in_step => {
                (self.update_began, self.data_began, self.data_ended) = (Some(now), None, None);
            }
            Event::DataStarted if self.in_step => {
                self.data_began = Some(now);
                self.first_byte(now);
            }
            Event::DataEnded if self.in_step => self.data_ended = Some(now),
            Event::UpdateFinished { bytes, resent, reconnects, .. } if self.in_step => {
                self.figures.updates += 1;
                self.figures.bytes += bytes;
                self.figures.resent += resent;
                self.figures.reconnects += reconnects;
                self.sent(self.data_ended.unwrap_or(now));
            }
            _ => {}
        }
    }

    fn first_byte(&mut self, now: Moment) {
        let Some(began) = self.update_began else { return };
        self.figures.wall.first_byte_ms.get_or_insert(now.wall.since(began.wall));
        if let (Some(now), Some(began)) = (now.device, began.device) {
            self.figures.device.first_byte_ms.get_or_insert(now.since(began));
        }
    }

    fn sent(&mut self, end: Moment) {
        let Some(began) = self.data_began.take() else { return };
        let sending = &mut self.figures.wall.sending_ms;
        *sending = *sending + end.wall.since(began.wall);
        if let (Some(end), Some(began)) = (end.device, began.device) {
            let sending = &mut self.figures.device.sending_ms;
            *sending = *sending + end.since(began);
        }
    }
}
