//! A link on which things go wrong at counted positions.

use std::collections::VecDeque;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape, Target};
use tokio::time::Instant;

use super::Fault;
use super::board::{BoardAction, BoardError};
use super::host::HostHand;
use super::inject::{Break, Due, Injector};
use super::report::{FaultReport, FaultWatch};

/// Wraps any [`Link`] and lets faults happen on it.
///
/// It counts what passes, over all connections, and never looks at a clock; so a fault happens at the same place on a
/// board and on a virtual device. What is not at a fault's position passes unchanged.
pub struct FaultLink<L> {
    link: L,
    board: Option<Box<dyn BoardAction>>,
    host: Option<HostHand>,
    injector: Injector,
    /// Messages that came and have not been handed on, with the time before which they are not.
    held: VecDeque<(Instant, Vec<u8>)>,
    /// What is to break before the next message.
    breaking: VecDeque<Due>,
    /// A fault has taken the link away.
    lost: bool,
}

impl<L: Link> FaultLink<L> {
    /// A link with these faults.
    pub fn new(link: L, faults: Vec<Fault>) -> Self {
        Self {
            link,
            board: None,
            host: None,
            injector: Injector::new(&faults),
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

    /// The same, with a hand that stops and ends the client which uses it. Without one these faults do not fire.
    #[must_use]
    pub fn with_host(mut self, host: HostHand) -> Self {
        self.host = Some(host);
        self
    }

    /// A handle that tells which faults fired, also after the link is gone.
    #[must_use]
    pub fn watch(&self) -> FaultWatch {
        self.injector.watch()
    }

    /// What became of each fault, in the order in which they were given.
    #[must_use]
    pub fn reports(&self) -> Vec<FaultReport> {
        self.injector.watch().reports()
    }

    /// The link inside.
    pub fn into_inner(self) -> L {
        self.link
    }

    /// Breaks the link or the board, and takes note of what came of it.
    async fn carry_out(&mut self, due: Due) {
        if let Break::Host(act) = due.what {
            let Some(host) = self.host.clone() else {
                return self.injector.failed(&due, "there is no client to act on".to_owned());
            };
            // It is told before: a client that dies here never comes back.
            self.injector.happened(&due);
            return host.act(act).await;
        }
        let result = match (due.what, &mut self.board) {
            (Break::Link, _) => {
                self.lost = true;
                self.held.clear();
                // The other end shall see the loss as well; the host knows already.
                let _ = self.link.disconnect().await;
                Ok(())
            }
            (Break::Reset(kind), Some(board)) => board.reset(kind).await,
            (Break::Power, Some(board)) => board.power_cut().await,
            (Break::Port, _) => self.reopen().await.map_err(|error| BoardError(error.to_string())),
            (Break::Host(_), _) => Ok(()),
            (Break::Reset(_) | Break::Power, None) => {
                Err(BoardError("there is no board to act on".to_owned()))
            }
        };
        match result {
            Ok(()) => self.injector.happened(&due),
            Err(error) => self.injector.failed(&due, error.to_string()),
        }
    }

    /// Closes the connection and opens it again; what had come and was not read is gone.
    async fn reopen(&mut self) -> Result<(), LinkError> {
        self.held.clear();
        self.link.flush().await?;
        self.link.disconnect().await?;
        let opened = self.link.connect().await;
        self.lost = opened.is_err();
        opened.map(drop)
    }

    fn check(&self) -> Result<(), LinkError> {
        if self.lost { Err(LinkError::Lost { detail: "a fault of the scenario".to_owned() }) } else { Ok(()) }
    }

    /// What the faults make of a message that has just come. No waiting in here, so that no message gets lost when
    /// the caller stops waiting.
    fn take_in(&mut self, message: Vec<u8>) {
        let fate = self.injector.message(message);
        self.breaking.extend(fate.breaks);
        let time = Instant::now() + fate.delay;
        self.held.extend(fate.arriving.into_iter().map(|message| (time, message)));
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
        self.held.clear();
        self.breaking.clear();
        self.injector.connected();
        self.link.connect().await
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.check()?;
        let fate = self.injector.request(request);
        for due in fate.before {
            self.carry_out(due).await;
            self.check()?;
        }
        if let Some(packet) = &fate.late {
            self.link.send_data(packet).await?;
        }
        for _ in 0..=fate.again {
            self.link.send_request(request).await?;
        }
        for due in fate.behind {
            self.carry_out(due).await;
        }
        Ok(())
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.check()?;
        let fate = self.injector.packet(data);
        for due in fate.before {
            self.carry_out(due).await;
            self.check()?;
        }
        for packet in &fate.arriving {
            self.link.send_data(packet).await?;
        }
        for due in fate.breaks {
            self.carry_out(due).await;
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
            while let Some(&due) = self.breaking.front() {
                self.carry_out(due).await;
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
