//! One walk step: requests that a seed chooses, good ones and odd ones. The referee judges every answer.

mod odd;

use std::time::Duration;

use gauntlet_bench::Mode;
use gauntlet_engine::{Connected, Link, LinkError, Shape};
use gauntlet_scenario::model::Walk;

use crate::captures;
use crate::chance::Chance;
use crate::entry::request_dfu;
use crate::packages::{Image, Sendable};
use crate::trouble::Trouble;
use crate::update::{self, Way};

/// An answer that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same for Execute.
const EXECUTE_PATIENCE: Duration = Duration::from_secs(30);
/// Until the page of a new object is erased (OBJ-021).
const ERASE: Duration = Duration::from_millis(100);
const SETTLE: Duration = Duration::from_secs(120);
/// Settings that are being written have been written.
const STORED: Duration = Duration::from_millis(1_500);
/// Packets between two answers: less than a device can hold while its flash is busy (BLE-022).
const BURST: usize = 12;
/// Bytes of a data object.
const OBJECT: usize = 4096;

/// Goes the way; how it ended, for the journal.
pub(crate) async fn run(way: &Way<'_>, walk: &Walk, package: &Sendable) -> Result<String, Trouble> {
    let image =
        package.images.first().ok_or_else(|| Trouble::Internal("a package without an image".to_owned()))?;
    let link = way.board.link(update::link(walk.link, None), way.device)?;
    let link = way.watched(link, [package], false);
    let (link, tape) = captures::on_board(way.captures, link, way.board);
    let mut walker = Walker {
        way,
        image,
        link,
        chance: Chance::new(u64::from(walk.seed)),
        left: walk.requests,
        belief: Belief::default(),
        max_data: 20,
        was_in_force: false,
        interval: 0,
        refused: 0,
        sessions: 0,
    };
    while walker.left > 0 && walker.sessions < walk.requests {
        walker.sessions += 1;
        match walker.session().await {
            Ok(()) | Err(LinkError::Lost { .. }) => {}
            // A receiver that is deaf stays so until a reset.
            Err(LinkError::TimedOut { .. }) => walker.refused = usize::MAX,
            Err(LinkError::Host { detail }) => return Err(Trouble::Link(detail)),
            // What a device refuses below the protocol, or by not being there, shows in its state.
            Err(LinkError::NotFound { .. } | LinkError::Refused { .. }) => break,
        }
        let _closed_already = walker.link.disconnect().await;
    }
    way.captured(tape.as_ref())?;
    let sent = walk.requests - walker.left;
    Ok(format!("{sent} requests, {} connections", walker.sessions))
}

/// What the walker believes of the device: enough to go on, and never used to judge.
#[derive(Debug, Default)]
struct Belief {
    /// Nothing, until Select has been asked.
    known: bool,
    /// The command is selected, or the data.
    selected: Option<u8>,
    in_force: bool,
    /// Bytes of the init packet that are there.
    init: usize,
    /// Bytes of the firmware that are there, and those that were executed.
    data: usize,
    executed: usize,
    /// Bytes of the open object.
    object: usize,
}

struct Walker<'a> {
    way: &'a Way<'a>,
    image: &'a Image,
    link: Box<dyn Link>,
    chance: Chance,
    /// Requests that are left.
    left: u32,
    belief: Belief,
    max_data: usize,
    /// An init packet was in force when the connection ended.
    was_in_force: bool,
    /// Packets for each receipt; 0 is none.
    interval: u16,
    /// Writes that may have taken a receive buffer since the last reset (FLT-010).
    refused: usize,
    sessions: u32,
}

impl Walker<'_> {
    fn is_ble(&self) -> bool {
        self.link.shape() == Shape::Ble
    }

    /// One connection, until it ends or is ended.
    async fn session(&mut self) -> Result<(), LinkError> {
        let board = self.way.board;
        let buffers = if self.is_ble() { 12 } else { 2 };
        if self.refused >= buffers {
            self.refused = 0;
            let host = |error: &dyn std::fmt::Display| LinkError::Host { detail: error.to_string() };
            let mut debugger = board.attach().map_err(|error| host(&error))?;
            debugger.reset().and_then(|()| debugger.detach()).map_err(|error| host(&error))?;
        }
        if board.settle(SETTLE).await != Mode::Dfu {
            request_dfu(&**board, self.way.device)
                .map_err(|error| LinkError::Host { detail: error.to_string() })?;
            board.settle(SETTLE).await;
        }
        let Connected { max_data, .. } = self.link.connect().await?;
        let max_data = max_data.min(self.way.device.build.profile.write_payload());
        self.max_data = (max_data / 4 * 4).max(4);
        // What is in force stays so over a lost link (OBJ-038), without another Execute.
        self.was_in_force = self.belief.in_force && self.is_ble() && self.refused < buffers;
        self.belief = Belief::default();
        while self.left > 0 && self.refused < buffers {
            // A central goes now and then, and comes again.
            if self.is_ble() && self.chance.one_in(40) {
                // Every other time it waits until whatever was queued is in flash (OBJ-040, OBJ-046).
                if self.sessions.is_multiple_of(2) {
                    self.way.board.idle(STORED).await;
                }
                return Ok(());
            }
            if self.chance.one_in(60) {
                return self.abort().await;
            }
            if self.chance.one_in(3) { self.stray().await? } else { self.onward().await? }
        }
        Ok(())
    }

    /// Says something and hears the answer.
    async fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.left = self.left.saturating_sub(1);
        self.link.send_request(request).await?;
        let awaited = request.first().copied();
        let patience = if awaited == Some(0x04) { EXECUTE_PATIENCE } else { PATIENCE };
        loop {
            let heard = tokio::time::timeout(patience, self.link.receive()).await;
            let silent = |_| LinkError::TimedOut { detail: "no answer".to_owned() };
            let message = heard.map_err(silent)??;
            // Receipts come in between.
            if message.get(1).copied() == awaited {
                return Ok(message);
            }
        }
    }

    /// Hears what is there already.
    async fn hear(&mut self, at_most: Duration) -> Result<(), LinkError> {
        while let Ok(heard) = tokio::time::timeout(at_most, self.link.receive()).await {
            heard?;
        }
        Ok(())
    }

    /// The next thing that an update would do.
    async fn onward(&mut self) -> Result<(), LinkError> {
        if !self.belief.known {
            return self.look().await;
        }
        if self.belief.in_force { self.onward_with_data().await } else { self.onward_with_init().await }
    }

    /// Asks what is there.
    async fn look(&mut self) -> Result<(), LinkError> {
        let command = self.ask(&[0x06, 0x01]).await?;
        let data = self.ask(&[0x06, 0x02]).await?;
        let offset = |answer: &[u8]| {
            let bytes = answer.get(7..11).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, |bytes| u32::from_le_bytes(bytes) as usize)
        };
        self.belief = Belief {
            known: true,
            selected: Some(2),
            in_force: std::mem::take(&mut self.was_in_force) && self.chance.one_in(2),
            init: offset(&command).min(self.image.init_packet.len()),
            data: offset(&data),
            executed: offset(&data) / OBJECT * OBJECT,
            object: 0,
        };
        Ok(())
    }

    async fn onward_with_init(&mut self) -> Result<(), LinkError> {
        let length = self.image.init_packet.len();
        if self.belief.init == 0 || self.chance.one_in(12) {
            let size = (length as u32).to_le_bytes();
            let answer = self.ask(&[&[0x01, 0x01][..], &size].concat()).await?;
            self.belief = Belief { known: true, selected: Some(1), ..Belief::default() };
            // With nothing sent yet the next step begins with the first byte.
            self.belief.known = answer.get(2) == Some(&1);
            return self.send_init(length).await;
        }
        if self.belief.selected != Some(1) {
            self.ask(&[0x06, 0x01]).await?;
            self.belief.selected = Some(1);
        }
        if self.belief.init < length {
            return self.send_init(length).await;
        }
        let answer = self.ask(&[0x04]).await?;
        self.belief.in_force = answer.get(2) == Some(&1);
        if !self.belief.in_force {
            self.belief.init = 0;
        }
        Ok(())
    }

    /// Sends the packet up to `end`, or now and then only a part of it.
    async fn send_init(&mut self, end: usize) -> Result<(), LinkError> {
        let from = self.belief.init;
        let to = if self.chance.one_in(6) { from + self.chance.below(end - from + 1) } else { end };
        let image = self.image;
        self.send(&image.init_packet[from..to]).await?;
        self.belief.init = to;
        if to < end && self.chance.one_in(2) {
            // OBJ-007: nothing is lost by it.
            self.ask(&[0x04]).await?;
        }
        Ok(())
    }

    async fn onward_with_data(&mut self) -> Result<(), LinkError> {
        let image = self.image;
        let whole = image.firmware.len();
        if self.belief.selected != Some(2) {
            self.ask(&[0x06, 0x02]).await?;
            self.belief.selected = Some(2);
        }
        let belief = &self.belief;
        let end = (belief.executed + belief.object).min(whole);
        if belief.object > 0 && belief.data < end {
            let from = belief.data;
            let most = end.min(from + BURST * self.max_data);
            let words = (most - from).div_ceil(4);
            let to = if self.chance.one_in(8) { from + 4 * self.chance.below(words) } else { most };
            self.send(&image.firmware[from..to]).await?;
            self.belief.data = to;
            let answer = self.ask(&[0x03]).await?;
            let held = answer.get(3..7).and_then(|bytes| bytes.try_into().ok());
            self.belief.known = held.map(u32::from_le_bytes) == Some(to as u32);
            return Ok(());
        }
        if belief.object > 0 || belief.executed >= whole {
            let answer = self.ask(&[0x04]).await?;
            let whole_image = self.belief.data == whole;
            self.belief.executed = self.belief.data;
            self.belief.object = 0;
            self.belief.known = answer.get(2) == Some(&1);
            if whole_image {
                // It commits, ends the link and starts again.
                return self.ends().await;
            }
            return Ok(());
        }
        let size = OBJECT.min(whole - belief.executed.min(whole));
        let answer = self.ask(&[&[0x01, 0x02][..], &(size as u32).to_le_bytes()].concat()).await?;
        if self.is_ble() {
            self.way.board.idle(ERASE).await;
        }
        let accepted = answer.get(2) == Some(&1);
        self.belief.data = self.belief.executed;
        self.belief.object = if accepted { size } else { 0 };
        if !accepted {
            self.belief = Belief::default();
        }
        Ok(())
    }

    /// CP-024: no answer, and a reset.
    async fn abort(&mut self) -> Result<(), LinkError> {
        self.left = self.left.saturating_sub(1);
        self.link.send_request(&[0x0C]).await?;
        self.ends().await
    }

    /// The device goes: nothing is asked of it any more.
    async fn ends(&mut self) -> Result<(), LinkError> {
        let _ = self.hear(Duration::from_millis(500)).await;
        (self.interval, self.refused) = (0, 0);
        Err(LinkError::Lost { detail: "the device has ended it".to_owned() })
    }

    /// Sends bytes as packets, and hears the receipts that are due on the way.
    async fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        for packet in bytes.chunks(self.max_data) {
            self.link.send_data(packet).await?;
            if self.interval > 0 {
                self.hear(Duration::from_millis(40)).await?;
            }
        }
        Ok(())
    }
}
