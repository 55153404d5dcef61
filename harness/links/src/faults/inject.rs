//! What faults make of the traffic between a host and a device, wherever it is intercepted.
//!
//! An [`Injector`] sees everything that passes and says what arrives and what breaks. It neither waits nor sends, so a
//! link of ours and the device's end of a foreign host's line behave alike.

use std::time::Duration;

use gauntlet_engine::Object;
use gauntlet_protocol::Opcode;

use super::action::{MessageFate, PacketFate};
use super::report::{FaultWatch, Firing};
use super::tracker::{PacketPlace, Tracker};
use super::{BoardReset, Fault, HostAct, Moment, Position, RequestKind};

/// What ends the quiet of the whole bench rather than changing one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The link is lost.
    Link,
    /// The board is reset.
    Reset(BoardReset),
    /// The board loses its supply.
    Power,
    /// The client stands still or dies.
    Host(HostAct),
    /// The client closes its connection and opens it again.
    Port,
}

impl Break {
    /// What is on its way goes on afterwards.
    const fn is_passed(self) -> bool {
        matches!(self, Self::Host(HostAct::Pause { .. }) | Self::Port)
    }
}

/// A break that is due. Whoever carries it out says so with [`Injector::happened`] or [`Injector::failed`].
#[derive(Debug, Clone, Copy)]
#[must_use = "a break that nobody carries out counts as not fired"]
pub struct Due {
    /// What breaks.
    pub what: Break,
    index: usize,
    place: Option<(Object, u32)>,
}

/// What becomes of a request.
#[derive(Debug, Default)]
pub struct OnRequest {
    /// A packet that was to let another one pass, and none came.
    pub late: Option<Vec<u8>>,
    /// How often it is sent beside the first time.
    pub again: u32,
    /// Breaks in front of it. When the link is among them, the request does not get out.
    pub before: Vec<Due>,
    /// Breaks behind it.
    pub behind: Vec<Due>,
}

/// What becomes of a packet.
#[derive(Debug)]
pub struct OnPacket {
    /// What comes in front of it and lets it pass.
    pub before: Vec<Due>,
    /// What arrives in its place, in this order.
    pub arriving: Vec<Vec<u8>>,
    /// What breaks behind that.
    pub breaks: Vec<Due>,
}

/// What becomes of a message of the device.
#[derive(Debug)]
pub struct OnMessage {
    /// What arrives in its place, in this order.
    pub arriving: Vec<Vec<u8>>,
    /// How much later.
    pub delay: Duration,
    /// What breaks before anything else is heard.
    pub breaks: Vec<Due>,
}

/// Faults, and where in the update host and device are.
pub struct Injector {
    watch: FaultWatch,
    tracker: Tracker,
    /// Faults that wait for the answer to a request, by their index.
    armed: Vec<(Opcode, usize)>,
    /// A packet that lets the next one pass, its fault and its place.
    late: Option<(Vec<u8>, usize, PacketPlace)>,
}

impl Injector {
    /// With these faults.
    #[must_use]
    pub fn new(faults: &[Fault]) -> Self {
        Self { watch: FaultWatch::new(faults), tracker: Tracker::new(), armed: Vec::new(), late: None }
    }

    /// A handle that tells which faults fired, also after this is gone.
    #[must_use]
    pub fn watch(&self) -> FaultWatch {
        self.watch.clone()
    }

    /// A new connection: nothing is under way any more.
    pub fn connected(&mut self) {
        self.armed.clear();
        self.late = None;
        self.tracker.connected();
    }

    /// The host sends a request: opcode and parameters.
    pub fn request(&mut self, request: &[u8]) -> OnRequest {
        self.tracker.request(request);
        let mut fate = OnRequest::default();
        if let Some((packet, index, _)) = self.late.take() {
            self.watch.lock()[index].trouble =
                Some("no packet follows it before the next request, which it could let pass".to_owned());
            fate.late = Some(packet);
        }
        let Some(opcode) = request.first().copied().map(Opcode::from) else {
            return fate;
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
        for (index, fault) in self.due(at_request) {
            let moment = match fault.at() {
                Position::Request { moment, .. } => moment,
                _ => Moment::Before,
            };
            let due = |what| Due { what, index, place: None };
            if fault.action().act().repeats() {
                fate.again += 1;
                self.happened(&due(Break::Port));
                continue;
            }
            match (fault.action().act().breaks(), moment) {
                // What happens to the answer, happens when it comes.
                (None, _) | (Some(_), Moment::Answered) => self.armed.push((opcode, index)),
                (Some(what), Moment::Sent) => fate.behind.push(due(what)),
                (Some(what), Moment::Before) => fate.before.push(due(what)),
            }
        }
        fate
    }

    /// The host sends a packet of object data.
    pub fn packet(&mut self, data: &[u8]) -> OnPacket {
        let place = self.tracker.packet(data.len());
        let mut fate = PacketFate { arriving: vec![data.to_vec()] };
        let (mut before, mut breaks) = (Vec::new(), Vec::new());
        let passed = self.late.take();
        for (index, fault) in self.due(|fault| in_packet(fault, &place).is_some()) {
            let Some((byte, behind)) = in_packet(&fault, &place) else {
                continue;
            };
            let action = fault.action().act();
            match action.breaks() {
                None if action.swaps() => {
                    self.late = Some((data.to_vec(), index, place));
                    fate.arriving.clear();
                }
                None => {
                    action.on_packet(&mut fate, byte);
                    self.fired(index, Some(place.object), place.offset);
                }
                Some(what) if what.is_passed() => {
                    before.push(Due { what, index, place: Some((place.object, place.offset)) });
                }
                Some(what) => {
                    if !behind {
                        fate.arriving.clear();
                    }
                    breaks.push(Due { what, index, place: Some((place.object, place.offset)) });
                }
            }
        }
        if let Some((packet, index, place)) = passed {
            fate.arriving.push(packet);
            self.fired(index, Some(place.object), place.offset);
        }
        OnPacket { before, arriving: fate.arriving, breaks }
    }

    /// The device sends a message.
    pub fn message(&mut self, message: Vec<u8>) -> OnMessage {
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
        let mut breaks = Vec::new();
        for index in due {
            let action = self.watch.lock()[index].fault.action().act();
            match action.breaks() {
                Some(what) => {
                    fate.arriving.clear();
                    breaks.push(Due { what, index, place: None });
                }
                None => {
                    action.on_message(&mut fate);
                    self.happened(&Due { what: Break::Link, index, place: None });
                }
            }
        }
        OnMessage { arriving: fate.arriving, delay: fate.delay, breaks }
    }

    /// A break has been carried out: its fault has fired.
    pub fn happened(&mut self, due: &Due) {
        match due.place {
            Some((object, offset)) => self.fired(due.index, Some(object), offset),
            None => {
                let (object, offset) = self.tracker.here();
                self.fired(due.index, object, offset);
            }
        }
    }

    /// The board would not break: its fault has not fired, and this is why.
    pub fn failed(&mut self, due: &Due, why: String) {
        self.watch.lock()[due.index].trouble = Some(why);
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
