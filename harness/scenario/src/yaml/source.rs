//! The text of a scenario file.

use std::ops::Range;
use std::sync::Arc;

use miette::NamedSource;

use crate::diagnostics::{Problem, ProblemKind};
use crate::model::Place;

/// A range of bytes in the text.
pub(crate) type Span = Range<usize>;

/// The largest file that is read. A scenario has a few KiB.
pub(crate) const LARGEST: usize = 256 * 1024;

/// The longest line that is read. The longest message of an exchange fits.
const LONGEST_LINE: usize = 4096;

/// How many characters of a longer line are shown.
const SHOWN_OF_LONG_LINE: usize = 60;

/// The text of a scenario file, and the name under which it is reported.
#[derive(Clone)]
pub struct Source {
    named: Arc<NamedSource<String>>,
    /// Where each line begins.
    lines: Arc<[usize]>,
}

impl Source {
    /// A text that is already in memory, such as a scenario inside of the program.
    pub fn new(name: impl AsRef<str>, text: impl AsRef<str>) -> Self {
        // Editors on Windows begin a file with a byte order mark. It means nothing in UTF-8; without it, columns are
        // what the editor shows.
        let text = text.as_ref();
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { named: Arc::new(NamedSource::new(name, text.to_owned()).with_language("yaml")), lines }
    }

    /// The contents of a file.
    ///
    /// # Errors
    /// [`ProblemKind::Unreadable`] when the contents are not UTF-8.
    pub fn from_bytes(name: impl AsRef<str>, bytes: Vec<u8>) -> Result<Self, Box<Problem>> {
        let error = match String::from_utf8(bytes) {
            Ok(text) => return Ok(Self::new(name, text)),
            Err(error) => error,
        };
        let good = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
        // The line up to the first bad byte is shown, followed by a replacement character for the rest.
        let text = format!("{}\u{FFFD}", String::from_utf8_lossy(&bytes[..good]));
        let source = Self::new(name, text).cut();
        let bad = source.text().char_indices().next_back().map_or(0, |(at, _)| at);
        let what = if utf16 { "the file is UTF-16, not UTF-8" } else { "the file is not UTF-8" };
        Err(Box::new(
            Problem::new(ProblemKind::Unreadable, &source, bad..source.text().len(), what)
                .label("the first byte that is not UTF-8")
                .help("save the file as UTF-8"),
        ))
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.named.name()
    }

    /// The text, without a byte order mark.
    #[must_use]
    pub fn text(&self) -> &str {
        self.named.inner()
    }

    pub(crate) fn named(&self) -> &NamedSource<String> {
        &self.named
    }

    /// Line and column of a byte.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let before = self.text().get(..offset).unwrap_or(self.text());
        let line = self.lines.partition_point(|start| *start <= before.len()).saturating_sub(1);
        let line_start = self.lines.get(line).copied().unwrap_or(0);
        let count = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
        Place { line: count(line), column: count(before[line_start..].chars().count()) }
    }

    /// The same text as it can be shown: control characters replaced by others of the same length in bytes, since a
    /// terminal would obey them, and long lines cut off, since the display of a mistake has no room beyond 65535 columns.
    fn cut(&self) -> Self {
        let show = |c: char| match c {
            '\n' | '\r' | '\t' => c,
            c if c.is_control() => {
                if c.is_ascii() {
                    '?'
                } else {
                    '\u{BF}'
                }
            }
            c => c,
        };
        let cut = |line: &str| match line.char_indices().nth(SHOWN_OF_LONG_LINE) {
            Some((at, _)) if line.len() > LONGEST_LINE => format!("{}…\n", &line[..at]),
            _ => line.to_owned(),
        };
        let text: String = self.text().chars().map(show).collect();
        Self::new(self.name(), text.split_inclusive('\n').map(cut).collect::<String>())
    }

    /// Refuses a text that no parser should see.
    pub(crate) fn check(&self) -> Result<(), Box<Problem>> {
        let text = self.text();
        if text.len() > LARGEST {
            let message = format!("the file is too large; a scenario has at most {LARGEST} bytes");
            return Err(Box::new(Problem::new(ProblemKind::TooLarge, &self.cut(), 0..0, message)));
        }
        if let Some(line) = text.lines().position(|line| line.len() > LONGEST_LINE) {
            let cut = self.cut();
            let start = cut.text().split_inclusive('\n').take(line).map(str::len).sum();
            let message = format!("line {} is too long; a line has at most {LONGEST_LINE} bytes", line + 1);
            return Err(Box::new(
                Problem::new(ProblemKind::TooLarge, &cut, start..start, message).label("this line"),
            ));
        }
        let strange = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if let Some((at, c)) = text.char_indices().find(|(_, c)| strange(*c)) {
            let message = format!("the control character U+{:04X} does not belong into a text", u32::from(c));
            return Err(Box::new(
                Problem::new(ProblemKind::Unreadable, &self.cut(), at..at + c.len_utf8(), message)
                    .label("here"),
            ));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name()).field("bytes", &self.text().len()).finish()
    }
}
