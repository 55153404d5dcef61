//! Waiting until a board is at rest, seen through its probe.

use std::time::Duration;

use gauntlet_probe::{BoardSelector, Debugger, ProbeError};
use gauntlet_reference::Layout;
use tokio::time::{Instant, sleep};

use super::mode::{Look, Map, Seen};
use crate::board::Mode;

/// Between two looks at what the firmware does. Each halts the core for a moment, so there are few.
const LOOK: Duration = Duration::from_millis(100);
/// How much looks in a row must weigh until the board counts as settled.
const ENOUGH: u32 = 12;
const APPLICATION: u32 = 4;
/// A bootloader that waits for a host sleeps; one that does not sleep may be checking or starting something.
const ASLEEP: u32 = 3;
const AWAKE: u32 = 1;
/// A device that has started so often while it was waited for comes to rest at no time.
const RESET_LOOP: u32 = 50;
/// A chip that has crashed, or does not answer, stays like that after this time: a watchdog would have bitten.
const GIVEN_UP: Duration = Duration::from_secs(10);

/// Looks at a board without being able to open a locked one.
#[derive(Debug)]
pub(super) struct Observer {
    pub(super) selector: BoardSelector,
    /// Where a bootloader stands when neither UICR nor MBR name one.
    pub(super) usual: Layout,
    /// Bytes of RAM.
    pub(super) ram: u32,
}

impl Observer {
    /// Attaches with what has to be known for looks.
    fn attach(&self) -> Result<(Debugger, Map), ProbeError> {
        let mut debugger = Debugger::attach(&self.selector)?;
        let Layout { bootloader, flash_end, .. } = self.usual;
        let map = Map::read(&mut debugger, bootloader, flash_end, self.ram)?;
        Ok((debugger, map))
    }

    /// Looks until the board is at rest, or `limit` has passed.
    pub(super) async fn settle(&self, limit: Duration) -> Mode {
        let end = Instant::now() + limit;
        let mut rest = Rest { mode: Mode::Unsettled, agreed: 0, resets: 0, dead_since: None };
        let mut attached: Option<(Debugger, Map)> = None;
        let settled = loop {
            if attached.is_none() {
                attached = self.attach().ok();
            }
            let look = attached.as_mut().and_then(|(debugger, map)| map.look(debugger).ok());
            if look.is_none() {
                // The chip has lost its power, or is no longer open; it is attached to again.
                attached = None;
            }
            let now = Instant::now();
            if let Some(mode) = rest.see(look, now) {
                break mode;
            }
            if now >= end {
                break Mode::Unsettled;
            }
            sleep(LOOK).await;
        };
        // A chip that dies while it is let go is found dead by whoever comes next.
        let _let_go = attached.map(|(debugger, _)| debugger.detach());
        settled
    }
}

/// How far a board is from being at rest.
struct Rest {
    mode: Mode,
    agreed: u32,
    resets: u32,
    /// Since when there was nothing alive to be seen.
    dead_since: Option<Instant>,
}

impl Rest {
    /// Takes in a look; the mode, once it is settled.
    fn see(&mut self, look: Option<Look>, now: Instant) -> Option<Mode> {
        let dead = look.is_none_or(|look| look.seen == Seen::Dead && !look.was_reset);
        self.dead_since = dead.then(|| self.dead_since.unwrap_or(now));
        if self.dead_since.is_some_and(|since| now - since >= GIVEN_UP) {
            return Some(Mode::Unsettled);
        }
        let (mode, weight) = match look.map(|look| look.seen) {
            Some(Seen::Application) => (Mode::Application, APPLICATION),
            Some(Seen::Bootloader { writes: true, .. }) => (Mode::Unsettled, 0),
            Some(Seen::Bootloader { asleep, .. }) => (Mode::Dfu, if asleep { ASLEEP } else { AWAKE }),
            Some(Seen::Elsewhere | Seen::Dead) | None => (Mode::Unsettled, 0),
        };
        let again = look.is_some_and(|look| look.was_reset);
        self.resets += u32::from(again);
        if self.resets > RESET_LOOP {
            return Some(Mode::Unsettled);
        }
        self.agreed = if mode == self.mode && !again { self.agreed + weight } else { weight };
        self.mode = mode;
        (self.agreed >= ENOUGH).then_some(mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(looks: &[(Option<Seen>, bool)], every: Duration) -> Option<Mode> {
        let mut rest = Rest { mode: Mode::Unsettled, agreed: 0, resets: 0, dead_since: None };
        let began = Instant::now();
        (0..).zip(looks).find_map(|(n, (seen, was_reset))| {
            rest.see(seen.map(|seen| Look { seen, was_reset: *was_reset }), began + every * n)
        })
    }

    fn waits(asleep: bool) -> (Option<Seen>, bool) {
        (Some(Seen::Bootloader { asleep, writes: false }), false)
    }

    #[test]
    fn a_board_is_at_rest_when_looks_agree() {
        let application = (Some(Seen::Application), false);
        assert_eq!(seen(&[application; 3], LOOK), Some(Mode::Application));
        assert_eq!(seen(&[application; 2], LOOK), None);
        assert_eq!(seen(&[waits(true); 4], LOOK), Some(Mode::Dfu));
        assert_eq!(seen(&[waits(false); 11], LOOK), None, "it may be checking something");
        assert_eq!(seen(&[waits(false); 12], LOOK), Some(Mode::Dfu));
        let writes = (Some(Seen::Bootloader { asleep: false, writes: true }), false);
        let busy = [waits(true), waits(true), writes, waits(true), waits(true), waits(true)];
        assert_eq!(seen(&busy, LOOK), None, "it writes to flash in between");
        let restarts = [(Some(Seen::Application), true); 60];
        assert_eq!(seen(&restarts, LOOK), Some(Mode::Unsettled), "it starts again and again");
    }

    #[test]
    fn a_board_that_is_dead_is_given_up_before_the_limit() {
        let dead = (Some(Seen::Dead), false);
        assert_eq!(seen(&[dead; 4], Duration::from_secs(3)), None);
        assert_eq!(seen(&[dead; 5], Duration::from_secs(3)), Some(Mode::Unsettled));
        assert_eq!(seen(&[(None, false); 5], Duration::from_secs(3)), Some(Mode::Unsettled));
    }
}
