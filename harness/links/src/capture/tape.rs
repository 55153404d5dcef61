//! What has passed over a link, and when.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gauntlet_engine::{Connected, Shape};

use crate::FaultWatch;

/// One thing that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, by the clock of the tape.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// What passed over a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The link is up.
    Connected(Connected),
    /// It could not be made.
    NotConnected(String),
    /// A request, without framing.
    Request(Vec<u8>),
    /// A packet of object data.
    Data(Vec<u8>),
    /// A message of the device, without framing.
    Message(Vec<u8>),
    /// Bytes of the host on a serial line, as they are.
    RawSent(Vec<u8>),
    /// Bytes of the device on a serial line, as they are.
    RawReceived(Vec<u8>),
    /// The link went down.
    Lost(String),
    /// The host closed the link.
    Closed,
    /// A fault of the scenario fired here.
    Fault(String),
}

/// Writes down what passes over a link. Its clones are the same tape.
#[derive(Clone)]
pub struct Tape(Rc<RefCell<State>>);

struct State {
    shape: Shape,
    clock: Box<dyn Fn() -> Duration>,
    entries: Vec<Entry>,
    watch: Option<FaultWatch>,
    /// For each fault, how often it was seen to have fired.
    fired: Vec<usize>,
}

impl Tape {
    /// An empty one. `clock` is the device's where that is known, else any that goes on evenly.
    pub fn new(shape: Shape, clock: impl Fn() -> Duration + 'static) -> Self {
        let clock = Box::new(clock);
        Self(Rc::new(RefCell::new(State {
            shape,
            clock,
            entries: Vec::new(),
            watch: None,
            fired: Vec::new(),
        })))
    }

    /// Faults that act on the link from outside are marked where they fire.
    pub fn watch(&self, watch: FaultWatch) {
        self.0.borrow_mut().watch = Some(watch);
    }

    /// The family of the link.
    pub fn shape(&self) -> Shape {
        self.0.borrow().shape
    }

    /// Something passes now.
    pub fn note(&self, what: What) {
        let mut state = self.0.borrow_mut();
        state.mark();
        let at = (state.clock)();
        state.entries.push(Entry { at, what });
    }

    /// Something passed at `at`, and is only told now.
    pub fn note_at(&self, at: Duration, what: What) {
        self.0.borrow_mut().entries.push(Entry { at, what });
    }

    /// Everything, in the order of the times.
    pub fn entries(&self) -> Vec<Entry> {
        let mut state = self.0.borrow_mut();
        state.mark();
        let mut entries = state.entries.clone();
        entries.sort_by_key(|entry| entry.at);
        entries
    }
}

impl State {
    /// Marks what has fired since the last look.
    fn mark(&mut self) {
        let Some(watch) = &self.watch else { return };
        let at = (self.clock)();
        for (number, report) in watch.reports().into_iter().enumerate() {
            if self.fired.len() <= number {
                self.fired.push(0);
            }
            for firing in report.fired.iter().skip(self.fired[number]) {
                let object = firing.object.map_or_else(String::new, |object| format!("{object}, "));
                let words = format!("{} ({object}offset {})", report.fault, firing.offset);
                self.entries.push(Entry { at, what: What::Fault(words) });
            }
            self.fired[number] = report.fired.len();
        }
    }
}
