//! A referee: an independent, passive model of the protocol that judges every message of a device, in every case.
//!
//! | file | what |
//! |---|---|
//! | `link` | any link, with a referee beside it |
//! | `rules` | what the case knows of the device |
//! | `model` | what has reached the device, and what it says |
//! | `connection` | its beginning, its end, and a reset in between |
//! | `state`, `marks`, `receipts` | what is known of the device |
//! | `answers`, `forecast` | what each request must be answered with |
//! | `init` | what an init packet must be answered with |
//! | `account` | what it must say of its chip and its images |
//! | `effects` | what a request or a write does to the device |
//! | `violation` | what a device said although it must not |
//!
//! It shares nothing with the reference device. What it does not know it learns from answers, and what the specification leaves
//! open it accepts.

mod account;
mod answers;
mod connection;
mod effects;
mod forecast;
mod init;
mod link;
mod marks;
mod model;
mod receipts;
mod rules;
mod state;
mod violation;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gauntlet_bench::{Board, Device};
use gauntlet_engine::Link;
use gauntlet_record::Finding;

use crate::observe::Snapshot;
use crate::packages::Sendable;
use account::Account;
use model::Model;
use rules::Rules;
use state::Stored;
use violation::Violation;

/// Findings of one step at most: what follows from a wrong answer says nothing more.
const MOST: usize = 3;

/// The referee of one case. Its clones are the same one.
#[derive(Clone)]
pub(crate) struct Referee(Rc<RefCell<Book>>);

struct Book {
    model: Model,
    findings: Vec<Finding>,
}

impl Referee {
    /// Of a device as it was flashed.
    pub(crate) fn new(device: &Device) -> Self {
        let mut model = Model::new(Rules::of(device));
        if device.firmware.is_none() {
            // However its settings were flashed, no init packet is on record.
            model.state.stored = Some(vec![Stored::nothing()]);
        }
        Self(Rc::new(RefCell::new(Book { model, findings: Vec::new() })))
    }

    /// Packages whose init packets the device may have.
    pub(crate) fn knows<'a>(&self, packages: impl IntoIterator<Item = &'a Sendable>) {
        let images = packages.into_iter().flat_map(|package| &package.images);
        self.0.borrow_mut().model.knows(images.map(|image| image.init_packet.clone()));
    }

    /// The device as the probe has just read it.
    pub(crate) fn sees(&self, device: &Snapshot) {
        self.0.borrow_mut().model.account = Account::of(device);
    }

    /// Somebody else is going to talk to the device, or to change its flash.
    pub(crate) fn look_away(&self) {
        self.0.borrow_mut().model.look_away();
    }

    /// The USB cable of `board` was pulled.
    pub(crate) fn unplugged(&self, board: &Rc<dyn Board>) {
        let eyes = Eyes { book: Rc::clone(&self.0), board: Rc::clone(board) };
        eyes.judge(Model::unplugged);
    }

    /// A link of `board` that this referee watches.
    pub(crate) fn watch(&self, link: Box<dyn Link>, board: &Rc<dyn Board>) -> Box<dyn Link> {
        Self::beside(link, Eyes { book: Rc::clone(&self.0), board: Rc::clone(board) })
    }

    /// What was found since the last time.
    pub(crate) fn take(&self) -> Vec<Finding> {
        std::mem::take(&mut self.0.borrow_mut().findings)
    }
}

/// What the referee sees of a link, and by which clock.
struct Eyes {
    book: Rc<RefCell<Book>>,
    board: Rc<dyn Board>,
}

impl Eyes {
    fn now(&self) -> Duration {
        self.board.device_time()
    }

    fn judge(&self, judge: impl FnOnce(&mut Model, Duration, Option<u32>) -> Option<Violation>) {
        let (at, starts) = (self.now(), self.board.starts());
        let mut book = self.book.borrow_mut();
        let violation = judge(&mut book.model, at, starts);
        if book.findings.len() < MOST {
            book.findings.extend(violation.map(Violation::finding));
        }
    }

    fn connected(&self) {
        self.judge(|model, at, starts| {
            model.connected(at, starts);
            None
        });
    }

    fn lost(&self) {
        self.judge(Model::lost);
    }

    fn request(&self, request: &[u8]) {
        self.judge(|model, at, starts| {
            model.request(at, starts, request);
            None
        });
    }

    fn data(&self, data: &[u8]) {
        self.judge(|model, at, starts| {
            model.data(at, starts, data);
            None
        });
    }

    fn message(&self, message: &[u8]) {
        self.judge(|model, at, starts| model.message(at, starts, message));
    }

    /// Somebody has waited since then, and in vain.
    fn silence(&self, since: Duration) {
        self.judge(|model, at, starts| model.silence(at.saturating_sub(since), starts));
    }

    fn raw(&self) {
        self.book.borrow_mut().model.raw();
    }

    fn doubt(&self) {
        self.book.borrow_mut().model.doubt();
    }
}
