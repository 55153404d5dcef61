//! How serving ended, for a person.

use std::fmt::Write as _;

use gauntlet_record::{Sha256, Word};
use gauntlet_runner::dfu::Runs;
use gauntlet_runner::landed::Part;
use gauntlet_runner::serve::ServeEnd;

use super::super::compared::compared;

/// Columns of a label.
const LABEL: usize = 14;

pub(super) fn of(end: &ServeEnd, expected: Option<&[Part]>) -> String {
    let now = &end.now;
    let mut text = String::new();
    let mut row = |label: &str, value: &str| {
        let _ = writeln!(text, "  {label:<LABEL$}{value}");
    };
    let count = if end.updates == 1 { "1 update".to_owned() } else { format!("{} updates", end.updates) };
    row("completed", &count);
    row(
        "runs now",
        match &now.application {
            Runs::New => "a new application",
            Runs::Previous => "its previous application",
            Runs::Nothing => "no application, as before",
            Runs::Neither(found) => found,
        },
    );
    row("flash", &format!("{} bytes at {}, read back through the probe", now.size, Word(now.address)));
    row("SHA-256", &Sha256(now.sha256).to_string());
    let settings = now.app_version.map(|version| format!("valid, application version {version}"));
    row("settings", settings.as_deref().unwrap_or("not valid"));
    for part in expected.unwrap_or_default() {
        row("expected", &compared(part));
    }
    for fault in &end.faults {
        match &fault.fired {
            Ok(position) => row("fired", &format!("{}: {position}", fault.fault)),
            Err(position) => row("did not fire", &format!("{}: {position} was never reached", fault.fault)),
        }
    }
    text
}
