//! When a board has come to rest.

use std::time::Duration;

use gauntlet_nrf52::Chip;

use super::board::OpenBoard;
use crate::board::{Board, Mode};
use crate::running::Runs;

/// How long the board runs between two looks at what it does.
const LOOK: Duration = Duration::from_millis(20);
/// How much looks in a row must weigh until the board counts as settled. DFU mode may still end, an application starts at
/// once.
const ENOUGH: u32 = 10;
const DFU: u32 = 1;
const APPLICATION: u32 = 5;
/// Firmware in the host has worked for longer than a look: it may restart with more to do, or start an application that
/// crashes and is started again.
const RESTARTED: u32 = 1;
/// A device that has started so often while it was waited for comes to rest at no time.
const RESET_LOOP: u32 = 50;

/// Lets the board run until it does one thing and keeps to it, for `limit` at most.
pub(super) async fn settle(board: &OpenBoard, limit: Duration) -> Mode {
    let end = board.device_time() + limit;
    let (mut mode, mut agreed) = (Mode::Unsettled, 0);
    let starts = board.board.machine().chip.starts();
    while board.device_time() < end {
        let began = board.device_time();
        let counts = |chip: &Chip| (chip.instructions(), chip.flash_ops());
        let before = counts(&board.board.machine().chip);
        board.board.run_for(LOOK).await;
        let now = board.mode_now();
        let after = counts(&board.board.machine().chip);
        if board.runs.is_some() && board.board.machine().chip.starts() > starts + RESET_LOOP {
            return Mode::Unsettled;
        }
        if let Some(runs) = board.runs.as_ref().filter(|_| now != Mode::Unsettled) {
            let weight = runs.weight(now, after.0 - before.0, after.1 != before.1);
            agreed = if now == mode { agreed + weight } else { weight };
            mode = now;
            if agreed >= Runs::ENOUGH {
                return mode;
            }
            continue;
        }
        let worked = board.device_time() - began >= 2 * LOOK;
        let weight = match now {
            Mode::Application if worked => RESTARTED,
            Mode::Application => APPLICATION,
            Mode::Dfu => DFU,
            Mode::Unsettled => 0,
        };
        agreed = if now == mode { agreed + weight } else { weight };
        mode = now;
        if agreed >= ENOUGH {
            return mode;
        }
    }
    Mode::Unsettled
}
