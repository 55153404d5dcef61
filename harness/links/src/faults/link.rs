//! A link on which things go wrong at counted positions.

use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Object, Shape, Target};
use gauntlet_protocol::Opcode;
use tokio::time::Instant;

use super::action::{Break, MessageFate, PacketFate};
use super::board::{BoardAction, BoardError};
use super::report::{FaultReport, FaultWatch, Firing};
use super::tracker::{PacketPlace, Tracker};
use super::{Fault, Moment, Position, RequestKind};

/// Wraps any [`Link`] and lets faults happen on it.
///
/// It counts what passes, over all connections, and never looks at a clock; so a fault happens at the same place on a
/// board and on a virtual device. What is not at a fault's position passes unchanged.
pub struct FaultLink<L> {
    link: L,
    board: Option<Box<dyn BoardAction>>,
    watch: FaultWatch,
    tracker: Tracker,
    /// Faults that wait for the answer to a request, by their index.
    armed: Vec<(Opcode, usize)>,
    /// Messages that came and have not been handed on, with the time before which they are not.
    held: VecDeque<(Instant, Vec<u8>)>,
    /// What is to break before the next message, by the index of its fault.
    breaking: VecDeque<(usize, Break)>,
    /// A fault has taken the link away.
    lost: bool,
}

impl<L: Link> FaultLink<L> {
    /// A link with these faults.
    pub fn new(link: L, faults: Vec<Fault>) -> Self {
        Self {
            link,
            board: None,
            watch: FaultWatch::new(&faults),
            tracker: Tracker::new(),
            armed: Vec::new(),
            held: VecDeque::new(),
            breaking: VecDeque::new(),
            lost: false,
        }
    }

    /// The same, with a board for resets and power cuts. Without one these do not fire.
    #[must_use]
    pub fn with_board(mut self, board: Box<dyn BoardAction>) -> Self {
        self.board = Some(board);
        self
    }

    /// A handle that tells which faults fired, also after the link is gone.
    #[must_use]
    pub fn watch(&self) -> FaultWatch {
        self.watch.clone()
    }

    /// What became of each fault, in the order in which they were given.
    #[must_use]
    pub fn reports(&self) -> Vec<FaultReport> {
        self.watch.reports()
    }

    /// The link inside.
    pub fn into_inner(self) -> L {
        self.link
    }

    /// The faults that `due` says are at their position, leaving out those that have fired as often as they should.
    fn due(&self, due: impl Fn(&Fault) -> bool) -> Vec<(usize, Fault)> {
        let reports = self.watch.lock();
        let open = reports.iter().enumerate().filter(|(_, report)| !report.has_fired());
        open.map(|(index, report)| (index, report.fault)).filter(|(_, fault)| due(fault)).collect()
    }

    fn fired(&self, index: usize, object: Option<Object>, offset: u32) {
        let firing = Firing {
            object,
            offset,
            requests: self.tracker.requests(None),
            packets: self.tracker.packets(),
            notifications: self.tracker.notifications(),
        };
        self.watch.lock()[index].fired.push(firing);
    }

    fn fired_here(&self, index: usize) {
        let (object, offset) = self.tracker.here();
        self.fired(index, object, offset);
    }

    /// Breaks the link or the board. Takes note of a board that would not; says whether it did.
    async fn carry_out(&mut self, index: usize, what: Break) -> bool {
        let result = match (what, &mut self.board) {
            (Break::Link, _) => {
                self.lost = true;
                self.held.clear();
                // The other end shall see the loss as well; the host knows already.
                let _ = self.link.disconnect().await;
                Ok(())
            }
            (Break::Reset(kind), Some(board)) => board.reset(kind).await,
            (Break::Power, Some(board)) => board.power_cut().await,
            (Break::Reset(_) | Break::Power, None) => {
                Err(BoardError("there is no board to act on".to_owned()))
            }
        };
        match result {
            Ok(()) => true,
            Err(error) => {
                self.watch.lock()[index].trouble = Some(error.to_string());
                false
            }
        }
    }

    fn check(&self) -> Result<(), LinkError> {
        if self.lost { Err(LinkError::Lost { detail: "a fault of the scenario".to_owned() }) } else { Ok(()) }
    }

    /// What the faults make of a message that has just come. No waiting in here, so that no message gets lost when
    /// the caller stops waiting.
    fn take_in(&mut self, message: Vec<u8>) {
        self.tracker.message(&message);
        let n = self.tracker.notifications();
        let mut due: Vec<usize> = self
            .due(|fault| matches!(fault.at(), Position::Notification { n: at } if counted(n, at, fault)))
            .into_iter()
            .map(|(index, _)| index)
            .collect();
        let answered = message.get(1).copied().map(Opcode::from);
        self.armed.retain(|(opcode, index)| {
            let hit = Some(*opcode) == answered;
            if hit {
                due.push(*index);
            }
            !hit
        });
        let mut fate = MessageFate { arriving: vec![message], delay: Duration::ZERO };
        for index in due {
            let action = self.watch.lock()[index].fault.action().act();
            match action.breaks() {
                Some(what) => {
                    fate.arriving.clear();
                    self.breaking.push_back((index, what));
                }
                None => {
                    action.on_message(&mut fate);
                    self.fired_here(index);
                }
            }
        }
        let time = Instant::now() + fate.delay;
        self.held.extend(fate.arriving.into_iter().map(|message| (time, message)));
    }
}

/// Whether the fault is to fire when a count that began at 1 stands at `count`, having been meant for `at`.
fn counted(count: u64, at: u64, fault: &Fault) -> bool {
    (at..at.saturating_add(u64::from(fault.times()))).contains(&count)
}

/// Where in the packet the fault is, if it is in it: the index of its byte, and whether a break comes behind the
/// packet rather than in its place.
fn in_packet(fault: &Fault, place: &PacketPlace) -> Option<(usize, bool)> {
    match fault.at() {
        Position::Byte { object, byte: 0 } => {
            (object == place.object && place.start == 0).then_some((0, false))
        }
        Position::Byte { object, byte } => {
            (object == place.object && place.start < byte && byte <= place.end)
                .then(|| ((byte - 1 - place.start) as usize, byte == place.end))
        }
        Position::Packet { object: Some(object), packet } => {
            (object == place.object && packet == place.in_object).then_some((0, false))
        }
        Position::Packet { object: None, packet } => {
            place.in_update.is_some_and(|count| counted(count, packet, fault)).then_some((0, false))
        }
        Position::Request { .. } | Position::Notification { .. } => None,
    }
}

#[async_trait(?Send)]
impl<L: Link> Link for FaultLink<L> {
    fn shape(&self) -> Shape {
        self.link.shape()
    }

    fn guards_content(&self) -> bool {
        self.link.guards_content()
    }

    fn look_for(&mut self, target: &Target) {
        self.link.look_for(target);
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        self.lost = false;
        self.armed.clear();
        self.held.clear();
        self.breaking.clear();
        self.tracker.connected();
        self.link.connect().await
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.check()?;
        self.tracker.request(request);
        let Some(opcode) = request.first().copied().map(Opcode::from) else {
            return self.link.send_request(request).await;
        };
        let at_request = |fault: &Fault| match fault.at() {
            Position::Request { kind: RequestKind::Any, n, .. } => {
                counted(self.tracker.requests(None), n, fault)
            }
            Position::Request { kind: RequestKind::Of(kind), n, .. } => {
                kind == opcode && counted(self.tracker.requests(Some(kind)), n, fault)
            }
            _ => false,
        };
        let mut behind = Vec::new();
        for (index, fault) in self.due(at_request) {
            let moment = match fault.at() {
                Position::Request { moment, .. } => moment,
                _ => Moment::Before,
            };
            match (fault.action().act().breaks(), moment) {
                // What happens to the answer, happens when it comes.
                (None, _) | (Some(_), Moment::Answered) => self.armed.push((opcode, index)),
                (Some(what), Moment::Sent) => behind.push((index, what)),
                (Some(what), Moment::Before) => {
                    if self.carry_out(index, what).await {
                        self.fired_here(index);
                    }
                    self.check()?;
                }
            }
        }
        self.link.send_request(request).await?;
        for (index, what) in behind {
            if self.carry_out(index, what).await {
                self.fired_here(index);
            }
        }
        Ok(())
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.check()?;
        let place = self.tracker.packet(data.len());
        let mut fate = PacketFate { arriving: vec![data.to_vec()] };
        let mut breaks = Vec::new();
        for (index, fault) in self.due(|fault| in_packet(fault, &place).is_some()) {
            let Some((byte, behind)) = in_packet(&fault, &place) else {
                continue;
            };
            let action = fault.action().act();
            match action.breaks() {
                None => {
                    action.on_packet(&mut fate, byte);
                    self.fired(index, Some(place.object), place.offset);
                }
                Some(what) => {
                    if !behind {
                        fate.arriving.clear();
                    }
                    breaks.push((index, what));
                }
            }
        }
        for packet in &fate.arriving {
            self.link.send_data(packet).await?;
        }
        for (index, what) in breaks {
            if self.carry_out(index, what).await {
                self.fired(index, Some(place.object), place.offset);
            }
        }
        // A host whose packet got through hears of the loss with its next step.
        if fate.arriving.is_empty() { self.check() } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        self.link.flush().await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            // Taken off the list only when it is done: the caller may stop waiting in the middle of it.
            while let Some(&(index, what)) = self.breaking.front() {
                if self.carry_out(index, what).await {
                    self.fired_here(index);
                }
                self.breaking.pop_front();
            }
            self.check()?;
            if let Some((time, _)) = self.held.front() {
                tokio::time::sleep_until(*time).await;
                if let Some((_, message)) = self.held.pop_front() {
                    return Ok(message);
                }
            }
            let message = self.link.receive().await?;
            self.take_in(message);
        }
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.held.clear();
        self.breaking.clear();
        if self.lost { Ok(()) } else { self.link.disconnect().await }
    }
}
