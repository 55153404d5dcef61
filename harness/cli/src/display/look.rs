//! Width and colours, and how they are found out.

use std::env;
use std::fmt::{self, Display};
use std::io::{self, IsTerminal};

use anstyle::{AnsiColor, Style};

/// How text is laid out and coloured.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    /// Columns to fit into; nothing when lines may be as long as they like, for example in a file.
    pub(crate) width: Option<usize>,
    /// Whether colours are used.
    pub(crate) colour: bool,
}

/// What a piece of text is, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Pass,
    Fail,
    Error,
    Skip,
    Strong,
    Faint,
    Plain,
}

impl Look {
    /// The look of stderr: its width and colours when it is a terminal, unless `NO_COLOR` or a dumb terminal forbids
    /// colours.
    pub(crate) fn of_stderr() -> Self {
        let stderr = io::stderr();
        if !stderr.is_terminal() {
            return Self::default();
        }
        let width = terminal_size::terminal_size_of(stderr).map(|(width, _)| usize::from(width.0));
        Self { width, colour: !colours_are_forbidden() }
    }

    /// The look of a plain text on stdout: it fits into a terminal, and goes into a file as it is.
    pub(crate) fn of_text() -> Self {
        let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
        Self { width, colour: false }
    }

    /// The look of stdout for something with colours.
    pub(crate) fn of_stdout() -> Self {
        let plain = Self::of_text();
        Self { colour: io::stdout().is_terminal() && !colours_are_forbidden(), ..plain }
    }

    /// The text in its tone.
    pub(crate) fn paint<T: Display>(&self, tone: Tone, text: T) -> Painted<T> {
        let style = if self.colour { tone.style() } else { Style::new() };
        Painted { style, text }
    }

    /// How many columns are left behind an indentation; a very narrow terminal still gets readable lines.
    pub(crate) fn room(&self, indent: usize) -> usize {
        self.width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(24))
    }

    /// The text in lines that fit behind an indentation. Words are never divided unless one is too long for a line,
    /// and characters that would play tricks in a terminal are shown as escapes.
    pub(crate) fn wrap(&self, text: &str, indent: usize) -> Vec<String> {
        let options = textwrap::Options::new(self.room(indent))
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let tamed: Vec<String> = text.lines().map(tame).collect();
        let wrapped = tamed.iter().flat_map(|line| textwrap::wrap(line, options.clone()));
        let lines: Vec<String> = wrapped.map(|line| line.into_owned()).collect();
        if lines.is_empty() { vec![String::new()] } else { lines }
    }
}

fn colours_are_forbidden() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|term| term == "dumb")
}

impl Tone {
    fn style(self) -> Style {
        let bold = |colour: AnsiColor| colour.on_default().bold();
        match self {
            Self::Pass => bold(AnsiColor::Green),
            Self::Fail => bold(AnsiColor::Red),
            Self::Error => bold(AnsiColor::Magenta),
            Self::Skip => bold(AnsiColor::Yellow),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Plain => Style::new(),
        }
    }
}

/// A piece of text with its style; padding counts only the text.
pub(crate) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.style.render())?;
        self.text.fmt(f)?;
        write!(f, "{}", self.style.render_reset())
    }
}

/// Shows control characters as escapes: a text from a device or a file must not steer the terminal.
pub(crate) fn tame(text: &str) -> String {
    let mut tamed = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { tamed.extend(c.escape_default()) } else { tamed.push(c) }
    }
    tamed
}
