//! The clean second update that ends every case: a device that can no longer be updated is a Fail (rule 3).

use std::rc::Rc;
use std::time::Duration;

use gauntlet_bench::Board;
use gauntlet_record::{Event, Finding};
use gauntlet_scenario::model::{Bonds, Bootloader};

use crate::judge::Evidence;
use crate::observe::{self, Snapshot};
use crate::packages;
use crate::referee::Referee;
use crate::trouble::Trouble;
use crate::update::{Manner, Way};

/// The witness of the closing update: none that a scenario can ask for.
const WITNESS: u32 = 0x1_0000;
/// Small, because the update itself is what counts; more than a page, because pages are where things go wrong.
const SIZE: u32 = 5 * 1024;
/// Transfer, activation and start are done by then.
const SETTLE: Duration = Duration::from_secs(120);

/// Updates the device once more, without any fault, and judges it from `after`. `bootloader` is the one it has now.
pub(crate) async fn update(
    way: &Way<'_>,
    bootloader: &Bootloader,
    after: &Snapshot,
    flashed: &[u8],
    sent: Vec<&packages::Sendable>,
) -> Result<Vec<Finding>, Trouble> {
    let stored = after.settings().0.map_or(0, |settings| settings.app_version);
    let package =
        packages::clean(way.device, after.ground(), bootloader, WITNESS, SIZE, stored.saturating_add(1))?;
    observe::forget_witness(&**way.board)?;
    let mut manner = Manner::plain(way.device);
    // The bootloader may have begun to ask for a bond, or no longer ask for one.
    manner.entry = Manner::entry_of(bootloader.bonds == Bonds::Required);
    manner.questions = true;
    if let Some(referee) = way.referee {
        referee.sees(after);
    }
    let claim = way.send(&package, manner, None).await?;
    let mode = way.board.settle(SETTLE).await;
    let found = observe::read(&**way.board, way.device, mode)?;
    way.teller.tell(&**way.board, found.event());
    let mut sent = sent;
    sent.push(&package);
    let evidence = Evidence {
        device: way.device,
        flashed,
        before: after,
        after: &found,
        packages: sent,
        watchdog_started: false,
    };
    let mut findings: Vec<Finding> =
        evidence.judge_clean(&package).into_iter().filter_map(crate::judge::Check::finding).collect();
    findings.splice(0..0, way.referee.map(Referee::take).unwrap_or_default());
    if let Some(words) = claim.words() {
        let outcome = Finding {
            check: "outcome".to_owned(),
            expected: "completed".to_owned(),
            found: words,
            detail: None,
        };
        findings.insert(0, outcome);
    }
    for finding in &mut findings {
        finding.check = format!("closing update: {}", finding.check);
    }
    let outcome = findings.first().map_or_else(|| "completed".to_owned(), ToString::to_string);
    let board: &Rc<dyn Board> = way.board;
    way.teller.tell(&**board, Event::ClosingUpdate { ok: findings.is_empty(), outcome });
    Ok(findings)
}
