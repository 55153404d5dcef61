//! One update step: the engine over a link with faults, and what it may conclude from its own side.

mod claim;
mod jump;
mod manner;
mod observed;
mod questions;

use std::rc::Rc;
use std::time::Duration;

use gauntlet_bench::{Board, CutPlace, Device, Mode};
use gauntlet_engine::{
    self as engine, Cancel, DfuEntry, Link, UpdateError, UpdateEvent, UpdateImage, UpdateOptions,
};
use gauntlet_links::capture::{Tape, What};
use gauntlet_links::{FaultLink, HostEnd, HostHand};
use gauntlet_package::PackageError;
use gauntlet_record::{Event, Millis};
use gauntlet_scenario::model::{self, Entry};

use crate::captures::{self, Captures};
use crate::entry::{ProbeEntry, request_dfu};
use crate::faults::{Armed, BoardHand};
use crate::packages::Sendable;
use crate::referee::Referee;
use crate::told::Teller;
use crate::trouble::Trouble;

pub(crate) use claim::{Claim, rejection};
use jump::{FoundAt, Jump};
pub(crate) use manner::{Manner, link, peer};
use observed::Observed;
use questions::Questions;

/// A device in DFU mode has settled by then.
const SETTLE: Duration = Duration::from_secs(10);

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
    /// Where what passes over its links is written down, if it is.
    pub(crate) captures: Option<&'a Captures>,
    /// Judges every message of the device, if somebody is to.
    pub(crate) referee: Option<&'a Referee>,
}

impl Way<'_> {
    /// Sends `package`, with the faults of `armed` on the way.
    pub(crate) async fn send(
        &self,
        package: &Sendable,
        manner: Manner,
        mut armed: Option<&mut Armed>,
    ) -> Result<Claim, Trouble> {
        let board = self.board;
        let jumps = manner.entry == Entry::Buttonless;
        if board.settle(SETTLE).await != Mode::Dfu && !jumps {
            request_dfu(&**board, self.device)?;
            board.settle(SETTLE).await;
        }
        let disturbed = armed.as_ref().is_some_and(|armed| armed.is_any());
        let faults = armed.as_mut().map_or_else(Vec::new, |armed| std::mem::take(&mut armed.link));
        let link = board.link_of(manner.peer, manner.link, self.device)?;
        let link = self.watched(link, [package], disturbed);
        let (link, tape) = captures::on_board(self.captures, link, board);
        let link = if manner.questions && self.referee.is_some() { Questions::before(link) } else { link };
        let hand = HostHand::default();
        let mut link = FaultLink::new(link, faults)
            .with_board(Box::new(BoardHand(board.clone())))
            .with_host(hand.clone());
        if let Some(tape) = &tape {
            tape.watch(link.watch());
        }
        if let Some(armed) = armed {
            armed.watched(link.watch());
        }
        let patience = board.patience();
        let mut options = patience.of_update(UpdateOptions {
            cancel: self.cancel.clone(),
            prn: manner.prn,
            crc: manner.crc,
            ..UpdateOptions::default()
        });
        options.reconnects = manner.reconnects.unwrap_or(options.reconnects);
        self.started(package);
        let began = board.device_time();
        let mut probe = ProbeEntry::new(board.clone(), self.device.clone());
        let mut jump = if jumps { Some(Jump::new(&**board, &manner)?) } else { None };
        let images: Vec<UpdateImage<'_>> = package
            .images
            .iter()
            .map(|image| UpdateImage { init_packet: &image.init_packet, firmware: &image.firmware })
            .collect();
        let mut found = FoundAt::default();
        // Each client knows nothing of the one before.
        let result = loop {
            let mut observer = Observed::new(self, package);
            let mut watch = |event: &UpdateEvent| {
                (self.watch)(event);
                found.see(event);
                observer.see(event);
            };
            let entry: &mut dyn DfuEntry = match &mut jump {
                Some(jump) => &mut jump.entry,
                None => &mut probe,
            };
            let client = engine::update_images(&mut link, Some(entry), &images, &options, &mut watch);
            match hand.run(client, async |span| board.idle(span).await).await {
                HostEnd::Finished(result) => break result,
                HostEnd::Died { away } => {
                    // The system closes what the process had open, whatever becomes of that.
                    let _ = link.disconnect().await;
                    board.idle(away).await;
                }
            }
        };
        self.captured(tape.as_ref())?;
        if let Some(failed) = probe.failed {
            return Err(failed);
        }
        match result.as_ref().map_err(|failed| &failed.error) {
            Err(UpdateError::Cancelled { .. }) => return Err(Trouble::Interrupted),
            Err(UpdateError::Link { source: engine::LinkError::Host { detail }, .. }) => {
                return Err(Trouble::Link(detail.clone()));
            }
            _ => {}
        }
        let mut claim = Claim::new(result, images.len());
        claim.found_elsewhere = jump.and_then(|jump| jump.wrong_place(&found));
        self.finished(&claim, board.device_time() - began);
        Ok(claim)
    }

    /// `link` with the referee beside it. Where nobody counts the starts of a device, faults that may reset it leave nothing to
    /// be judged.
    pub(crate) fn watched<'p>(
        &self,
        link: Box<dyn Link>,
        packages: impl IntoIterator<Item = &'p Sendable>,
        disturbed: bool,
    ) -> Box<dyn Link> {
        let Some(referee) = self.referee else { return link };
        // Whoever watches or not: a bootloader among them changes what is judged later.
        referee.knows(packages);
        if disturbed && self.board.starts().is_none() {
            referee.look_away();
            return link;
        }
        referee.watch(link, self.board)
    }

    /// Somebody else is going to talk to the device, or to change what it holds.
    pub(crate) fn unwatched(&self) {
        if let Some(referee) = self.referee {
            referee.look_away();
        }
    }

    /// The USB cable of the device was pulled.
    pub(crate) fn unplugged(&self) {
        if let Some(referee) = self.referee {
            referee.unplugged(self.board);
        }
    }

    /// Writes down what has passed over a link, and marks a cut at a flash operation.
    pub(crate) fn captured(&self, tape: Option<&Tape>) -> Result<(), Trouble> {
        let (Some(tape), Some(captures)) = (tape, self.captures) else { return Ok(()) };
        if let Some(cut) = self.board.cut_fired() {
            let words = match cut.place {
                CutPlace::Counted { flash_op, address } => {
                    format!("power cut at flash operation {} ({address:#010x})", flash_op + 1)
                }
                CutPlace::Sampled { .. } => "power cut (sampled)".to_owned(),
            };
            tape.note_at(cut.at, What::Fault(words));
        }
        captures.write(tape)
    }

    fn tell(&self, event: Event) {
        self.teller.tell(&**self.board, event);
    }

    /// Says that a package was not sent, and why.
    pub(crate) fn rejected(&self, package: &str, cause: &PackageError) {
        self.tell(Event::UpdateStarted { package: package.to_owned(), init_bytes: 0, firmware_bytes: 0 });
        self.tell(Event::UpdateFinished {
            outcome: model::Outcome::Rejected.to_string(),
            words: Some(cause.to_string()),
            bytes: 0,
            resent: 0,
            reconnects: 0,
            took_ms: Millis::ZERO,
        });
    }

    fn started(&self, package: &Sendable) {
        self.tell(Event::UpdateStarted {
            package: package.name.clone(),
            init_bytes: package.images.iter().map(|image| image.init_packet.len() as u32).sum(),
            firmware_bytes: package.firmware_len() as u32,
        });
    }

    fn finished(&self, claim: &Claim, took: Duration) {
        self.tell(Event::UpdateFinished {
            outcome: claim.outcome().to_string(),
            words: claim.words(),
            bytes: claim.report().bytes_sent,
            resent: claim.report().bytes_resent,
            reconnects: claim.report().reconnects,
            took_ms: Millis::from(took),
        });
    }
}
