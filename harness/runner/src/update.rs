//! One update step: the engine over a link with faults, and what it may conclude from its own side.

use std::rc::Rc;
use std::time::Duration;

use gauntlet_bench::{Board, Device, LinkKind, Mode, Profile};
use gauntlet_engine::{
    self as engine, Cancel, Object, Outcome, Phase, UpdateError, UpdateEvent, UpdateImage, UpdateOptions,
    UpdateReport,
};
use gauntlet_links::FaultLink;
use gauntlet_protocol::crc32;
use gauntlet_record::{Event, Finding, Millis, Word};
use gauntlet_scenario::model::{self, Link, Update, UpdateExpect};

use crate::entry::{ProbeEntry, request_dfu};
use crate::faults::{Armed, BoardHand};
use crate::packages::Sendable;
use crate::told::Teller;
use crate::trouble::Trouble;

/// ATT_MTU that a host of today asks for.
const ATT_MTU: u16 = 247;
/// A device in DFU mode has settled by then.
const SETTLE: Duration = Duration::from_secs(10);

/// What the client says of an update.
pub(crate) struct Told {
    pub(crate) result: Result<UpdateReport, UpdateError>,
    report: UpdateReport,
}

/// How a package is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) link: LinkKind,
    /// Packets per receipt; 0 is off.
    pub(crate) prn: u16,
    /// `None` is the engine's own default.
    pub(crate) reconnects: Option<u32>,
}

impl Manner {
    /// As a step of a scenario asks.
    pub(crate) fn of(update: &Update) -> Self {
        let link = link(update.link, update.mtu);
        Self { link, prn: update.prn, reconnects: update.reconnects }
    }

    /// Without anything special, over the link that `device` has.
    pub(crate) fn plain(device: &Device) -> Self {
        let link = match device.build.profile {
            Profile::Ble => LinkKind::Ble { att_mtu: ATT_MTU },
            Profile::Uart => LinkKind::Serial,
        };
        Self { link, prn: 0, reconnects: None }
    }
}

/// The bench's word for a link of the language.
pub(crate) fn link(link: Link, mtu: Option<u16>) -> LinkKind {
    match link {
        Link::Ble => LinkKind::Ble { att_mtu: mtu.unwrap_or(ATT_MTU) },
        Link::Serial => LinkKind::Serial,
    }
}

/// Nobody watches beside the journal.
pub(crate) fn unwatched(_: &UpdateEvent) {}

/// The way an update takes.
pub(crate) struct Way<'a> {
    pub(crate) board: &'a Rc<dyn Board>,
    pub(crate) device: &'a Device,
    pub(crate) teller: &'a Teller,
    pub(crate) cancel: &'a Cancel,
    /// Sees every event of the engine, beside the journal.
    pub(crate) watch: &'a dyn Fn(&UpdateEvent),
}

impl Way<'_> {
    /// Sends `package`, with the faults of `armed` on the way.
    pub(crate) async fn send(
        &self,
        package: &Sendable,
        manner: Manner,
        mut armed: Option<&mut Armed>,
    ) -> Result<Told, Trouble> {
        let board = self.board;
        if board.settle(SETTLE).await != Mode::Dfu {
            request_dfu(&**board)?;
            board.settle(SETTLE).await;
        }
        let faults = armed.as_mut().map_or_else(Vec::new, |armed| std::mem::take(&mut armed.link));
        let link = board.link(manner.link, self.device)?;
        let mut link = FaultLink::new(link, faults).with_board(Box::new(BoardHand(board.clone())));
        if let Some(armed) = armed {
            armed.watched(link.watch());
        }
        let mut options =
            UpdateOptions { cancel: self.cancel.clone(), prn: manner.prn, ..UpdateOptions::default() };
        options.reconnects = manner.reconnects.unwrap_or(options.reconnects);
        self.started(package);
        let began = board.device_time();
        let mut entry = ProbeEntry::new(board.clone());
        let mut observer = Observed { way: self, package, last: None, connected: false, reconnects: 0 };
        let image = UpdateImage { init_packet: &package.init_packet, firmware: &package.firmware };
        let result =
            engine::update_with_entry(&mut link, &mut entry, &image, &options, &mut |event: &UpdateEvent| {
                (self.watch)(event);
                observer.see(event);
            })
            .await;
        let report = observer.last.take().unwrap_or_default();
        if let Some(failed) = entry.failed {
            return Err(failed.into());
        }
        if matches!(result, Err(UpdateError::Cancelled { .. })) {
            return Err(Trouble::Interrupted);
        }
        if let Err(UpdateError::Link { source: engine::LinkError::Host { detail }, .. }) = &result {
            return Err(Trouble::Link(detail.clone()));
        }
        let told = Told { result, report };
        self.finished(&told, board.device_time() - began);
        Ok(told)
    }

    fn tell(&self, event: Event) {
        self.teller.tell(&**self.board, event);
    }

    fn started(&self, package: &Sendable) {
        self.tell(Event::UpdateStarted {
            package: package.name.clone(),
            init_bytes: package.init_packet.len() as u32,
            firmware_bytes: package.firmware.len() as u32,
        });
    }

    fn finished(&self, told: &Told, took: Duration) {
        self.tell(Event::UpdateFinished {
            outcome: told.outcome().to_string(),
            words: told.words(),
            bytes: told.report.bytes_sent,
            resent: told.report.bytes_resent,
            reconnects: told.report.reconnects,
            took_ms: Millis::from(took),
        });
    }
}

/// Turns what the engine sees into what the journal tells.
struct Observed<'a> {
    way: &'a Way<'a>,
    package: &'a Sendable,
    last: Option<UpdateReport>,
    connected: bool,
    reconnects: u32,
}

impl Observed<'_> {
    fn see(&mut self, event: &UpdateEvent) {
        let firmware = &self.package.firmware;
        let told = match event {
            UpdateEvent::Connected(_) if self.connected => {
                self.reconnects += 1;
                Event::LinkReconnected { count: self.reconnects }
            }
            UpdateEvent::Connected(connected) => {
                self.connected = true;
                Event::LinkConnected {
                    link: if connected.att_mtu.is_some() { "ble" } else { "serial" }.to_owned(),
                    att_mtu: connected.att_mtu,
                    max_data: connected.max_data as u32,
                }
            }
            UpdateEvent::LinkLost(error) => Event::LinkLost { reason: error.to_string() },
            UpdateEvent::Resumed { object, offset } => {
                let (what, bytes) = match object {
                    Object::Init => ("init", &self.package.init_packet),
                    Object::Data(_) => ("firmware", firmware),
                };
                let held = &bytes[..bytes.len().min(*offset as usize)];
                Event::UpdateResumed { object: what.to_owned(), offset: *offset, crc32: Word(crc32(held)) }
            }
            UpdateEvent::Executed { object: Object::Init, .. } => Event::InitAccepted {
                bytes: self.package.init_packet.len() as u32,
                crc32: Word(crc32(&self.package.init_packet)),
            },
            UpdateEvent::Executed { object: Object::Data(object), .. } => {
                let end = firmware.len().min(*object as usize * 4096);
                Event::ObjectExecuted {
                    object: *object,
                    of: firmware.len().div_ceil(4096) as u32,
                    offset: end as u32,
                    crc32: Word(crc32(&firmware[..end])),
                }
            }
            UpdateEvent::Finished(report) => {
                self.last = Some((**report).clone());
                return;
            }
            _ => return,
        };
        self.way.tell(told);
    }
}

impl Told {
    /// The engine's figures.
    pub(crate) fn report(&self) -> &UpdateReport {
        &self.report
    }

    /// In the words of the language.
    pub(crate) fn outcome(&self) -> model::Outcome {
        match &self.result {
            Ok(report) if report.outcome == Outcome::Completed => model::Outcome::Completed,
            Err(error) if error.refusal().is_some() => model::Outcome::Refused,
            // Neither a yes nor a no: the device or the link has gone.
            Ok(_) | Err(_) => model::Outcome::Lost,
        }
    }

    /// For people.
    pub(crate) fn words(&self) -> Option<String> {
        match &self.result {
            Ok(report) if report.outcome == Outcome::CompletionUnconfirmed => {
                Some("the answer to the last Execute never came".to_owned())
            }
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        }
    }

    fn phase(&self) -> Option<model::Phase> {
        match self.result.as_ref().err()?.phase()? {
            Phase::Connect | Phase::Prepare | Phase::InitPacket => Some(model::Phase::Init),
            Phase::Data | Phase::Finish => Some(model::Phase::Data),
        }
    }

    /// Everything that was expected of the update and is not so.
    pub(crate) fn findings(&self, expect: &UpdateExpect) -> Vec<Finding> {
        let refusal = self.result.as_ref().err().and_then(UpdateError::refusal);
        let outcome = refusal.map(|refusal| refusal.outcome);
        let code = outcome.map(|outcome| outcome.result().code());
        let extended = outcome.and_then(|outcome| outcome.extended()).map(|extended| extended.code());
        let said = self.words().unwrap_or_else(|| self.outcome().to_string());
        let mut findings = Findings { said, list: Vec::new() };
        findings.check("outcome", &expect.outcome, self.outcome() == expect.outcome);
        if !findings.list.is_empty() {
            // What would follow from another outcome says nothing more.
            return findings.list;
        }
        if let Some(result) = expect.result {
            findings.check("result", &result, code == Some(result.code()));
        }
        if let Some(wanted) = expect.extended {
            findings.check("extended error", &wanted, extended == Some(wanted.code()));
        }
        if let Some(phase) = expect.phase {
            findings.check("phase", &phase, self.phase() == Some(phase));
        }
        let mut count = |name: &str, wanted: Option<gauntlet_scenario::quantity::Comparison>, found: u64| {
            if let Some(wanted) = wanted {
                findings.said = found.to_string();
                findings.check(name, &wanted, wanted.holds(found));
            }
        };
        count("reconnects", expect.reconnects, u64::from(self.report.reconnects));
        count("bytes of firmware resent", expect.resent, self.report.firmware_resent);
        if let Some(wanted) = expect.init_resumed {
            findings.said = self.report.init_resumed.to_string();
            findings.check("init packet resumed", &wanted, self.report.init_resumed == wanted);
        }
        findings.list
    }
}

struct Findings {
    said: String,
    list: Vec<Finding>,
}

impl Findings {
    fn check(&mut self, check: &str, expected: &dyn std::fmt::Display, holds: bool) {
        if !holds {
            self.list.push(Finding {
                check: check.to_owned(),
                expected: expected.to_string(),
                found: self.said.clone(),
                detail: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_protocol::{ExtendedError, ResultCode};
    use gauntlet_scenario::Word as _;

    use super::model;

    #[test]
    fn scenarios_and_the_protocol_use_the_same_words() {
        for result in model::ResultCode::ALL {
            assert_eq!(ResultCode::from(result.code()).name(), result.word());
        }
        for extended in model::ExtendedCode::ALL {
            assert_eq!(ExtendedError::from(extended.code()).name(), extended.word());
        }
    }
}
