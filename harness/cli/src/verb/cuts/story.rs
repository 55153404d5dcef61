//! What a sweep has found, for people.

use std::fmt::Write as _;

use gauntlet_bench::sweep::{FlashAction, SweptTear, TearPattern};
use gauntlet_runner::cuts::{BadState, CutsEnd};

use crate::args::{CutsArgs, TearsChoice};

/// Stretches of wrong states that are told.
const TOLD: usize = 10;

/// The table of endings, and the first states that are wrong.
pub(super) fn of(args: &CutsArgs, target: &str, end: &CutsEnd) -> String {
    let mut text = String::new();
    let every = if args.every.get() > 1 { format!(", every {}", args.every) } else { String::new() };
    let _ = writeln!(
        text,
        "{}: power cuts at flash operations {} to {} of the {} of an update{every}, tears: {}",
        crate::display::tame(target),
        end.swept.start + 1,
        end.swept.end,
        end.operations,
        args.tears.name(),
    );
    for (ending, count) in &end.endings {
        let mark = if ending.is_good(end.keeps_application) { "" } else { "  WRONG" };
        let _ = writeln!(text, "  {count:>8}  {}{mark}", ending.words());
    }
    let _ = writeln!(text, "  {:>8}  states; {} of them updated once more", end.states(), end.updates);
    if end.keeps_application {
        text.push_str(
            "the update fits beside the previous application, so one of the two must always start\n",
        );
    }
    let stretches = stretches(&end.bad, args.every.get());
    for stretch in stretches.iter().take(TOLD) {
        let _ = writeln!(text, "{}", lines(stretch));
    }
    if stretches.len() > TOLD {
        let _ = writeln!(text, "and {} more stretches; --json lists every state", stretches.len() - TOLD);
    }
    if let Some(first) = end.bad.first() {
        let _ = writeln!(text, "to see the first one again: {}", again(args, first));
    }
    if args.tears != TearsChoice::Clean {
        text.push_str("torn states are declared hypotheses of what a cut leaves behind, not physics\n");
    }
    if end.interrupted {
        text.push_str("interrupted: this is what was seen until then\n");
    }
    text
}

/// Neighbours that end in the same way: a mistake shows in a stretch of an update, not in a single operation.
fn stretches(bad: &[BadState], every: usize) -> Vec<&[BadState]> {
    bad.chunk_by(|one, next| {
        let same = (one.ending, &one.update) == (next.ending, &next.update);
        same && next.operation - one.operation <= every
    })
    .collect()
}

fn lines(stretch: &[BadState]) -> String {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return String::new() };
    let range = if first.operation == last.operation {
        format!("operation {}", first.operation)
    } else {
        format!("operations {} to {}", first.operation, last.operation)
    };
    let states = if stretch.len() == 1 { String::new() } else { format!(", {} states", stretch.len()) };
    let update = first.update.as_ref().map_or_else(String::new, |update| format!("; {update}"));
    let fault = first.fault.map_or_else(String::new, |pc| format!(", first fault at {pc:#010x}"));
    format!(
        "{range}{states}: {}{update}\n  first: {}, {}{fault}",
        first.ending.words(),
        action(first.action),
        tear(first.tear)
    )
}

/// The command that shows one state and nothing else.
pub(super) fn again(args: &CutsArgs, bad: &BadState) -> String {
    let mut words = vec!["gauntlet".to_owned(), "cuts".to_owned()];
    words.extend(args.device());
    let range =
        format!("--tears {} --from-op {} --to-op {}", args.tears.name(), bad.operation, bad.operation);
    words.push(range);
    words.push(format!("--seed {}", args.seed));
    crate::display::tame(&words.join(" "))
}

/// What a flash operation was doing.
pub(super) fn action(action: FlashAction) -> String {
    match action {
        FlashAction::Program { address, value } => format!("program {address:#010x} with {value:#010x}"),
        FlashAction::ErasePage { address } => format!("erase page {address:#010x}"),
        FlashAction::ErasePart { address, percent } => format!("erase page {address:#010x} to {percent} %"),
        FlashAction::EraseUicr => "erase the UICR".to_owned(),
        FlashAction::EraseAll => "erase everything".to_owned(),
    }
}

/// How far it got.
pub(super) fn tear(tear: SweptTear) -> String {
    let pattern = match tear {
        SweptTear::Before => return "not begun".to_owned(),
        SweptTear::After => return "complete".to_owned(),
        SweptTear::Torn(pattern) => pattern,
    };
    match pattern {
        TearPattern::LowHalf => "lower half done".to_owned(),
        TearPattern::HighHalf => "upper half done".to_owned(),
        TearPattern::FirstWords(count) => format!("first {count} words done"),
        TearPattern::LateBit(bit) => format!("all but bit {bit} of those that change done"),
        TearPattern::EarlyBit(bit) => format!("only bit {bit} of those that change done"),
        TearPattern::Density { percent, .. } => format!("{percent} % of the bits done"),
        TearPattern::Weak { .. } => "all but a few weak bits done".to_owned(),
    }
}
