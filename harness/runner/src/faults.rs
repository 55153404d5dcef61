//! Faults of a scenario: those of the link go to a FaultLink, those of the chip to the board.

use std::num::NonZeroU8;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_bench::{Board, Cut, CutPlace, Tear};
use gauntlet_engine::Object;
use gauntlet_links::{self as links, BoardAction, BoardReset, FaultWatch, Moment};
use gauntlet_record::Event;
use gauntlet_scenario::model::{self, Action, Fault, Position, RequestKind};

use crate::told::Teller;
use crate::trouble::Trouble;

/// How long the supply is off when a link fault cuts it.
const OFF: Duration = Duration::from_millis(500);

/// The faults of one step, armed.
pub(crate) struct Armed {
    pub(crate) link: Vec<links::Fault>,
    words: Vec<String>,
    cut: Option<(Cut, String)>,
    watch: Option<FaultWatch>,
}

/// Arms what the chip has to count, and prepares what the link has to.
pub(crate) fn arm(faults: &[Fault], board: &dyn Board) -> Result<Armed, Trouble> {
    let mut armed = Armed { link: Vec::new(), words: Vec::new(), cut: None, watch: None };
    for fault in faults {
        if let (Position::FlashOp(n), Action::PowerCut { tear, off }) = (fault.at, fault.action) {
            if armed.cut.is_some() {
                return Err(Trouble::Internal(
                    "a step can cut the supply at one flash operation only".to_owned(),
                ));
            }
            let tear_word = tear.to_string();
            let tear = match tear {
                model::Tear::Before => Tear::Before,
                model::Tear::Torn => Tear::Torn,
                model::Tear::After => Tear::After,
            };
            // Scenarios count from 1, the chip from 0.
            let cut = Cut { flash_op: n - 1, tear, off };
            board.arm_cut(cut)?;
            armed.cut = Some((cut, format!("power-cut at flash-op {n} ({tear_word})")));
        } else {
            let fault = link_fault(fault)?;
            armed.words.push(fault.to_string());
            armed.link.push(fault);
        }
    }
    Ok(armed)
}

impl Armed {
    /// There is a fault among them.
    pub(crate) fn is_any(&self) -> bool {
        !self.link.is_empty() || self.cut.is_some()
    }

    /// Told which link carries the faults, so that what fired can be asked afterwards.
    pub(crate) fn watched(&mut self, watch: FaultWatch) {
        self.watch = Some(watch);
    }

    /// Tells what fired and what did not, and takes an unfired cut back. What did not fire is returned.
    pub(crate) fn account(self, board: &dyn Board, teller: &Teller) -> Option<Trouble> {
        let mut missed: Vec<(String, String)> = Vec::new();
        for (report, fault) in self.watch.iter().flat_map(FaultWatch::reports).zip(self.words) {
            for firing in &report.fired {
                let object = firing.object.map_or_else(String::new, |object| format!("{object}, "));
                let position = format!(
                    "{object}offset {}, request {}, packet {}, notification {}",
                    firing.offset, firing.requests, firing.packets, firing.notifications
                );
                teller.tell(board, Event::FaultFired { fault: fault.clone(), position });
            }
            if !report.has_fired() {
                let position = report.fault.at().to_string();
                teller.tell(board, Event::FaultMissed { fault: fault.clone(), position: position.clone() });
                let why = report.trouble.unwrap_or_else(|| "that position was never reached".to_owned());
                missed.push((fault, why));
            }
        }
        if let Some((cut, fault)) = self.cut {
            match board.cut_fired() {
                Some(fired) => {
                    let (fault, position) = match fired.place {
                        CutPlace::Counted { flash_op, address } => {
                            (fault, format!("flash operation {} at {address:#010x}", flash_op + 1))
                        }
                        // The case asked for an operation, and nobody knows whether it was that one.
                        CutPlace::Sampled { after } => (
                            "power-cut (sampled)".to_owned(),
                            format!("sampled: {} ms behind the first packet", after.as_millis()),
                        ),
                    };
                    teller.tell(board, Event::FaultFired { fault, position });
                }
                None => {
                    let position = format!("flash operation {}", cut.flash_op + 1);
                    teller.tell(board, Event::FaultMissed { fault: fault.clone(), position });
                    let why = "the device did not perform that many flash operations".to_owned();
                    missed.push((fault, why));
                }
            }
            board.disarm_cut();
        }
        let mut missed = missed.into_iter();
        let (fault, why) = missed.next()?;
        let others: Vec<String> = missed.map(|(fault, _)| format!("`{fault}`")).collect();
        let why = if others.is_empty() { why } else { format!("{why}; neither did {}", others.join(", ")) };
        Some(Trouble::FaultMissed { fault, why })
    }
}

fn link_fault(fault: &Fault) -> Result<links::Fault, Trouble> {
    let data = |object: u32| Object::Data(object);
    let at = match fault.at {
        Position::ImageByte(at) => links::Position::Byte { object: data(at.object), byte: at.byte },
        Position::InitByte(byte) => links::Position::Byte { object: Object::Init, byte },
        Position::Packet(at) => {
            links::Position::Packet { object: at.object.map(data), packet: u64::from(at.packet) }
        }
        Position::Request(at) => {
            // What happens to a message happens to the answer.
            let moment = match fault.action {
                Action::Lose | Action::Delay { .. } => Moment::Answered,
                _ => Moment::Before,
            };
            links::Position::Request { kind: kind(at.kind), n: u64::from(at.n), moment }
        }
        Position::Notification(n) => links::Position::Notification { n: u64::from(n) },
        Position::FlashOp(_) => {
            return Err(Trouble::Internal("only the supply can be cut at a flash operation".to_owned()));
        }
    };
    let action = match fault.action {
        Action::Disconnect => links::Action::Disconnect,
        Action::Drop => links::Action::DropPacket,
        Action::Duplicate => links::Action::DuplicatePacket,
        Action::Corrupt { xor } => links::Action::CorruptByte { xor: NonZeroU8::from(xor) },
        Action::Truncate { keep } => links::Action::TruncatePacket { keep: keep as usize },
        Action::Lose => links::Action::LoseNotification,
        Action::Delay { by } => links::Action::DelayAnswer { by },
        Action::Restart { away } => links::Action::RestartClient { away },
        Action::Pause { span } => links::Action::PauseClient { span },
        Action::Reopen => links::Action::ReopenPort,
        Action::Repeat => links::Action::RepeatRequest,
        Action::Swap => links::Action::SwapPacket,
        Action::Reset => links::Action::Reset { kind: BoardReset::Pin },
        Action::PowerCut { .. } => links::Action::PowerCut,
    };
    links::Fault::new(at, action).map_err(|unfit| Trouble::Internal(unfit.to_string()))
}

fn kind(kind: RequestKind) -> links::RequestKind {
    match kind {
        RequestKind::Any => links::RequestKind::Any,
        RequestKind::Select => links::RequestKind::SELECT,
        RequestKind::Create => links::RequestKind::CREATE,
        RequestKind::Prn => links::RequestKind::PRN,
        RequestKind::Crc => links::RequestKind::CRC,
        RequestKind::Execute => links::RequestKind::EXECUTE,
    }
}

/// Resets and cuts the board for the faults of a link.
pub(crate) struct BoardHand(pub(crate) Rc<dyn Board>);

#[async_trait(?Send)]
impl BoardAction for BoardHand {
    async fn reset(&mut self, _kind: BoardReset) -> Result<(), links::BoardError> {
        self.0.reset_pin().map_err(|error| links::BoardError(error.to_string()))
    }

    async fn power_cut(&mut self) -> Result<(), links::BoardError> {
        self.0.power_cycle(OFF).await.map_err(|error| links::BoardError(error.to_string()))
    }
}
