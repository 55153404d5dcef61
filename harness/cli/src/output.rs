//! The two ways out: stdout for what was asked for, stderr for people.

use std::io::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use crate::display::Look;
use crate::failure::Failure;

/// Columns of a message when nobody says how wide the terminal is.
const WIDTH: usize = 120;

/// Prints what was asked for. A reader that has gone away, such as `head`, has what it wanted: no error.
///
/// # Errors
/// [`Failure::Stdout`] for any other reason, such as a full disk.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Stdout(error)),
        _ => Ok(()),
    }
}

/// Tells people something. A terminal that has gone away must not change how the program ends.
pub(crate) fn tell(text: &str) {
    let mut stderr = io::stderr().lock();
    let _unheard = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Tells people what went wrong, or might.
pub(crate) fn tell_of(diagnostic: &dyn Diagnostic) {
    let look = Look::of_stderr();
    let theme = if look.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(look.width.unwrap_or(WIDTH))
        .with_links(false)
        .with_wrap_lines(true);
    let mut text = String::new();
    if handler.render_report(&mut text, diagnostic).is_err() {
        // Writing into a String does not fail; should the layout ever do, the message is still told.
        text = format!("error: {diagnostic}\n");
    }
    tell(&text);
}

/// Tells people about mistakes in scenarios.
pub(crate) fn tell_mistakes(mistakes: &gauntlet_scenario::Diagnostics) {
    if !mistakes.is_empty() {
        tell_places(mistakes);
        tell(&format!("{mistakes}\n"));
    }
}

/// Shows the place of every mistake.
pub(crate) fn tell_places(mistakes: &gauntlet_scenario::Diagnostics) {
    let look = Look::of_stderr();
    tell(&mistakes.render(look.width.unwrap_or(WIDTH), look.colour));
}
