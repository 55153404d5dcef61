//! The jump, against an application that answers as a script says.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{
    ApplicationLink, Buttonless, ButtonlessService, DfuEntry, JumpNote, LinkError, PeerAddress,
    RunningApplication,
};
use tokio::time::{Instant, sleep};

/// What the application does about a request.
#[derive(Debug, Clone)]
enum Reaction {
    /// Indicates this.
    Says(&'static [u8]),
    /// Indicates a success and lets the link go after some time.
    Jumps(Duration),
    /// Nothing at all.
    Silent,
    /// The link goes at once.
    Vanishes,
    /// An ATT error.
    Refuses(u8),
}

#[derive(Debug, Default)]
struct Log {
    connects: u32,
    requests: Vec<Vec<u8>>,
    disconnects: u32,
}

struct Script {
    service: ButtonlessService,
    reactions: VecDeque<Reaction>,
    told: VecDeque<&'static [u8]>,
    gone_at: Option<Instant>,
    /// Connections that work.
    present: u32,
    log: Rc<RefCell<Log>>,
}

const OWN: PeerAddress = PeerAddress { bytes: [0xC6, 1, 2, 3, 4, 0xFF], random: true };

fn script(service: ButtonlessService, reactions: &[Reaction]) -> (Script, Rc<RefCell<Log>>) {
    let log = Rc::new(RefCell::new(Log::default()));
    let reactions = reactions.iter().cloned().collect();
    let script =
        Script { service, reactions, told: VecDeque::new(), gone_at: None, present: 5, log: log.clone() };
    (script, log)
}

fn unbonded(reactions: &[Reaction]) -> (Buttonless<Script>, Rc<RefCell<Log>>) {
    let (script, log) = script(ButtonlessService::Unbonded, reactions);
    (Buttonless::new(script), log)
}

#[async_trait(?Send)]
impl ApplicationLink for Script {
    async fn connect(&mut self) -> Result<RunningApplication, LinkError> {
        self.log.borrow_mut().connects += 1;
        if self.present == 0 {
            return std::future::pending().await;
        }
        self.present -= 1;
        self.gone_at = None;
        Ok(RunningApplication { address: Some(OWN), service: self.service })
    }

    async fn enable_indications(&mut self) -> Result<(), LinkError> {
        Ok(())
    }

    async fn write(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.log.borrow_mut().requests.push(request.to_vec());
        match self.reactions.pop_front().expect("a request that nobody expects") {
            Reaction::Says(answer) => self.told.push_back(answer),
            Reaction::Jumps(after) => {
                self.told.push_back(&[0x20, 1, 1]);
                self.gone_at = Some(Instant::now() + after);
            }
            Reaction::Silent => {}
            Reaction::Vanishes => self.gone_at = Some(Instant::now()),
            Reaction::Refuses(code) => {
                return Err(LinkError::Refused { code: Some(code), detail: "ATT".to_owned() });
            }
        }
        Ok(())
    }

    async fn indication(&mut self) -> Result<Vec<u8>, LinkError> {
        loop {
            if let Some(told) = self.told.pop_front() {
                return Ok(told.to_vec());
            }
            if self.gone_at.is_some_and(|gone| Instant::now() >= gone) {
                return Err(LinkError::Lost { detail: "gone".to_owned() });
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.log.borrow_mut().disconnects += 1;
        Ok(())
    }
}

fn enters(log: &Rc<RefCell<Log>>) -> usize {
    log.borrow().requests.iter().filter(|request| request[..] == [1]).count()
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_the_link_to_go_and_looks_at_the_next_address_first() {
    // FF-019: twenty seconds of silence.
    let (mut entry, log) = unbonded(&[Reaction::Jumps(Duration::from_secs(20))]);
    let began = Instant::now();
    entry.enter().await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(20));
    let target = entry.target().unwrap();
    assert_eq!(target.addresses, [OWN.next(), OWN], "FF-023");
    assert_eq!(target.addresses[0].bytes, [0xC6, 1, 2, 3, 4, 0]);
    assert_eq!((target.name.as_deref(), enters(&log), entry.notes()), (None, 1, &[][..]));

    let (script, log) = script(ButtonlessService::Bonded, &[Reaction::Jumps(Duration::ZERO)]);
    let mut entry = Buttonless::new(script).with_name("Pump");
    entry.enter().await.unwrap();
    assert_eq!(entry.target().unwrap().addresses[0], OWN);
    assert_eq!(log.borrow().requests, [vec![1]], "a bonded application takes no names");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_never_goes_is_left_after_the_longest_supervision_timeout() {
    let (mut entry, log) = unbonded(&[Reaction::Says(&[0x20, 1, 1])]);
    let began = Instant::now();
    entry.enter().await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(32) && began.elapsed() < entry.time_limit().unwrap());
    assert_eq!(entry.notes(), [JumpNote::LinkStayed]);
    assert_eq!((enters(&log), log.borrow().disconnects), (1, 1), "no second jump");
}

#[tokio::test(start_paused = true)]
async fn a_name_is_tried_once_and_the_jump_goes_on_without_it() {
    let jump = Reaction::Jumps(Duration::ZERO);
    let (entry, log) = unbonded(&[Reaction::Says(&[0x20, 2, 1]), jump.clone()]);
    let mut entry = entry.with_name("Pump");
    entry.enter().await.unwrap();
    assert_eq!(entry.target().unwrap().name.as_deref(), Some("Pump"));
    assert_eq!(log.borrow().requests, [b"\x02\x04Pump".to_vec(), vec![1]]);

    for (reaction, note, connects) in [
        (Reaction::Says(&[0x20, 2, 4]), JumpNote::NameRefused(Some(4)), 1),
        (Reaction::Refuses(0x0D), JumpNote::NameRefused(Some(0x0D)), 1),
        (Reaction::Vanishes, JumpNote::NameRefused(None), 2),
        (Reaction::Silent, JumpNote::NameRefused(None), 2),
    ] {
        let (entry, log) = unbonded(&[reaction, jump.clone(), jump.clone()]);
        let mut entry = entry.with_name("Pump");
        entry.enter().await.unwrap();
        assert_eq!((entry.notes(), log.borrow().connects), (&[note][..], connects), "FF-020, FF-021");
        assert_eq!(entry.target().unwrap().name, None);
        entry.enter().await.unwrap();
        let names = log.borrow().requests.iter().filter(|request| request[0] == 2).count();
        assert_eq!((names, enters(&log)), (1, 2), "never again");
    }
}

#[tokio::test(start_paused = true)]
async fn names_are_cut_at_a_whole_character() {
    let (entry, log) = unbonded(&[Reaction::Says(&[0x20, 2, 1]), Reaction::Jumps(Duration::ZERO)]);
    let mut entry = entry.with_name("nineteen bytes long\u{e9}");
    entry.enter().await.unwrap();
    assert_eq!(log.borrow().requests[0], b"\x02\x13nineteen bytes long");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_reported_and_nothing_is_looked_for() {
    for code in [2, 4, 7] {
        let answer: &'static [u8] = match code {
            2 => &[0x20, 1, 2],
            4 => &[0x20, 1, 4],
            _ => &[0x20, 1, 7],
        };
        let (mut entry, log) = unbonded(&[Reaction::Says(answer)]);
        let error = entry.enter().await.unwrap_err();
        assert!(matches!(error, LinkError::Refused { code: Some(found), .. } if found == code), "{error}");
        assert_eq!((entry.target(), enters(&log), log.borrow().disconnects), (None, 1, 1), "FF-020");
    }
    let (mut entry, log) = unbonded(&[Reaction::Refuses(0xFD)]);
    assert!(matches!(entry.enter().await, Err(LinkError::Refused { code: Some(0xFD), .. })));
    assert_eq!(enters(&log), 1);
}

#[tokio::test(start_paused = true)]
async fn only_a_busy_application_is_asked_again_and_not_for_ever() {
    let busy = Reaction::Says(&[0x20, 1, 6]);
    let (mut entry, log) = unbonded(&[busy.clone(), Reaction::Jumps(Duration::ZERO)]);
    entry.enter().await.unwrap();
    assert_eq!((entry.notes(), enters(&log)), (&[JumpNote::Busy][..], 2));
    let (mut entry, log) = unbonded(&[busy.clone(), busy.clone(), busy.clone(), busy]);
    assert!(matches!(entry.enter().await, Err(LinkError::Refused { code: Some(6), .. })));
    assert_eq!(enters(&log), 4, "H-5: bounded, with pauses");
}

#[tokio::test(start_paused = true)]
async fn a_jump_without_an_answer_is_looked_for_and_not_repeated() {
    for (reaction, note) in
        [(Reaction::Vanishes, JumpNote::GoneUnanswered), (Reaction::Silent, JumpNote::Unanswered)]
    {
        let (mut entry, log) = unbonded(&[reaction]);
        entry.enter().await.unwrap();
        assert_eq!((entry.notes(), enters(&log)), (&[note][..], 1), "H-5");
        assert!(entry.target().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn late_answers_to_something_else_are_passed_over() {
    let (entry, log) = unbonded(&[Reaction::Silent, Reaction::Jumps(Duration::ZERO)]);
    let mut entry = entry.with_name("Pump");
    entry.enter().await.unwrap();
    assert_eq!(enters(&log), 1);
    let (mut script, _) = script(ButtonlessService::Unbonded, &[Reaction::Jumps(Duration::ZERO)]);
    script.told.push_back(&[0x20, 2, 4]);
    script.told.push_back(&[0x60, 1]);
    Buttonless::new(script).enter().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_application_that_is_not_there_is_not_waited_for_for_ever() {
    let (mut script, log) = script(ButtonlessService::Unbonded, &[]);
    script.present = 0;
    let mut entry = Buttonless::new(script);
    let began = Instant::now();
    assert!(matches!(entry.enter().await, Err(LinkError::TimedOut { .. })), "H-2");
    assert_eq!((began.elapsed(), log.borrow().connects), (Duration::from_secs(10), 1));
}
