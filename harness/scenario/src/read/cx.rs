//! What a reader has at hand: the file, the mistakes so far, and access to package files.

use std::io;
use std::sync::Arc;

use crate::diagnostics::{Problem, ProblemKind, nearest, one_of, quote};
use crate::model::Place;
use crate::quantity::Refusal;
use crate::suite::PackageFiles;
use crate::yaml::{Node, NodeKind, Scalar, Source, Span, Style};

/// The most mistakes of a file that are collected; a file with more is not a scenario with slips.
const MOST_PROBLEMS: usize = 100;

pub(crate) struct Cx<'a> {
    pub(crate) source: &'a Source,
    pub(crate) problems: Vec<Problem>,
    dropped: Vec<Span>,
    files: &'a dyn PackageFiles,
    variables: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(source: &'a Source, files: &'a dyn PackageFiles) -> Self {
        Self { source, problems: Vec::new(), dropped: Vec::new(), files, variables: &|_| None }
    }

    /// The same file, with no mistake so far.
    pub(crate) fn again(&self) -> Self {
        Self {
            source: self.source,
            problems: Vec::new(),
            dropped: Vec::new(),
            files: self.files,
            variables: self.variables,
        }
    }

    /// The same, with variables that texts may name.
    pub(crate) fn with_variables(self, variables: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { variables, ..self }
    }

    /// The value of a variable of the environment.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }

    pub(crate) fn report(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS && !self.problems.iter().any(|known| known.repeats(&problem)) {
            self.problems.push(problem);
        }
    }

    /// A mistake of the file has been reported within a node.
    pub(crate) fn has_problem_in(&self, node: &Node) -> bool {
        self.problems.iter().any(|problem| node.span.contains(&problem.offset()))
    }

    /// An item of a list is left out because of its mistakes.
    pub(crate) fn dropped(&mut self, item: &Node) {
        self.dropped.push(item.span.clone());
    }

    /// The tree without the items that were left out, so that the n-th item of a list is the n-th of its values.
    pub(crate) fn without_dropped(&mut self, root: Node) -> Node {
        let dropped = std::mem::take(&mut self.dropped);
        if dropped.is_empty() { root } else { without(root, &dropped) }
    }

    pub(crate) fn place(&self, span: &Span) -> Place {
        self.source.place(span.start)
    }

    /// Reads a file that stands beside the scenario.
    pub(crate) fn package_file(&self, path: &str) -> io::Result<Arc<[u8]>> {
        self.files.read(self.source.name(), path)
    }

    /// A problem with a node. Where a value of the matrix has been put in, that place is shown too.
    pub(crate) fn problem(&self, kind: ProblemKind, node: &Node, message: impl Into<String>) -> Problem {
        let problem = Problem::new(kind, self.source, self.shown(node), message);
        match node.scalar() {
            Some(scalar) => self.with_matrix(problem, scalar),
            None => problem,
        }
    }

    fn with_matrix(&self, problem: Problem, scalar: &Scalar) -> Problem {
        scalar
            .matrix
            .iter()
            .fold(problem, |problem, span| problem.also(span.clone(), "with this value of the matrix"))
    }

    /// The span of a node for a caret: of a value that goes over several lines only the first.
    pub(crate) fn shown(&self, node: &Node) -> Span {
        let text = self.source.text().get(node.span.clone()).unwrap_or_default();
        let first = text.lines().next().unwrap_or_default();
        node.span.start..node.span.start + first.trim_end().len()
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, expected: &str) {
        if is_broken(node) {
            return;
        }
        let found = node.kind();
        let problem = self
            .problem(ProblemKind::WrongType, node, format!("expected {expected}, found {found}"))
            .label(if found == "nothing" {
                "a value is missing here".to_owned()
            } else {
                format!("this is {found}")
            });
        self.report(match unquoted(node, expected).or_else(|| other_kind(node, expected)) {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    pub(crate) fn refused(&mut self, node: &Node, refusal: &Refusal) {
        if is_broken(node) {
            return;
        }
        let text = node.scalar().map_or("", |scalar| &scalar.text);
        let problem = match refusal {
            Refusal::Form { expected } => {
                // The examples are for the label; the message says it in short.
                let short = expected.split([',', ':']).next().unwrap_or(expected);
                let problem =
                    self.problem(ProblemKind::BadForm, node, format!("{} is not {short}", quote(text)));
                match mended(text, expected) {
                    _ if text.contains("${") && expected.starts_with("a path") => problem
                        .label("nothing is put into an id")
                        .help("each case gets the values of the matrix behind its id: `area/name[at=1]`"),
                    Some(right) => {
                        problem.label(format!("did you mean `{right}`?")).help(format!("expected {expected}"))
                    }
                    None => problem.label(format!("expected {expected}")),
                }
            }
            Refusal::Range { what, low, high, .. } => self
                .problem(ProblemKind::OutOfRange, node, format!("{} is out of range", quote(text)))
                .label(format!("{what} is {low} to {high}")),
        };
        self.report(problem);
    }

    /// A word that is none of the right ones.
    pub(crate) fn unknown_word<'w>(
        &mut self,
        node: &Node,
        what: &str,
        right: impl Iterator<Item = &'w str> + Clone,
    ) {
        if is_broken(node) {
            return;
        }
        let text = node.scalar().map_or("", |scalar| &scalar.text);
        let short = what.split(':').next().unwrap_or(what);
        let mut problem =
            self.problem(ProblemKind::UnknownWord, node, format!("{} is not {short}", quote(text)));
        let meant = right.clone().find(|word| MEANT.contains(&(text.to_lowercase().as_str(), word)));
        problem = match nearest(text, right.clone()).or(meant) {
            Some(word) => problem.label(format!("did you mean `{word}`?")),
            None => problem.label(format!("expected {what}")),
        };
        self.report(problem.help(one_of(right)));
    }
}

fn without(node: Node, dropped: &[Span]) -> Node {
    let kind = match node.kind {
        NodeKind::List(items) => {
            let stays = |item: &Node| !dropped.contains(&item.span);
            NodeKind::List(items.into_iter().filter(stays).map(|item| without(item, dropped)).collect())
        }
        NodeKind::Map(mut entries) => {
            for entry in &mut entries {
                let empty = Node { span: entry.value.span.clone(), kind: NodeKind::List(Vec::new()) };
                entry.value = without(std::mem::replace(&mut entry.value, empty), dropped);
            }
            NodeKind::Map(entries)
        }
        kind => kind,
    };
    Node { span: node.span, kind }
}

/// A scalar with a placeholder for which there is nothing. That has been reported; what is left of the scalar is not
/// worth a word.
fn is_broken(node: &Node) -> bool {
    node.scalar().is_some_and(|scalar| scalar.broken)
}

/// A value of nearly the right form, mended: another unit, small letters, single digits.
fn mended(text: &str, expected: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = (&text[..digits], text[digits..].trim().to_lowercase());
    if expected.starts_with("a size") && !number.is_empty() {
        return match unit.as_str() {
            "k" | "kb" | "kib" | "kbyte" | "kbytes" => Some(format!("{number} KiB")),
            "m" | "mb" | "mib" | "mbyte" | "mbytes" => Some(format!("{number} MiB")),
            "byte" | "bytes" | "b" => Some(number.to_owned()),
            _ => None,
        };
    }
    if expected.starts_with("a time") && !number.is_empty() {
        return match unit.as_str() {
            "" => Some(format!("{number} ms` or `{number} s")),
            "msec" | "msecs" | "millis" | "milliseconds" | "ms" => Some(format!("{number} ms")),
            "sec" | "secs" | "second" | "seconds" | "s" => Some(format!("{number} s")),
            "m" | "mins" | "minute" | "minutes" | "min" => Some(format!("{number} min")),
            _ => None,
        };
    }
    if expected.starts_with("bytes in hexadecimal") {
        let digit = |word: &str| u8::from_str_radix(word.trim_start_matches("0x"), 16).ok();
        let bytes: Option<Vec<String>> = text
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .map(
                |word| {
                    if word == ".." { Some(word.to_owned()) } else { Some(format!("{:02X}", digit(word)?)) }
                },
            )
            .collect();
        return bytes.filter(|bytes| !bytes.is_empty()).map(|bytes| bytes.join(" "));
    }
    if expected.starts_with("a path of lower-case words") {
        if text.contains("${") {
            return None;
        }
        let plain: String = text
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '/' { c } else { '-' })
            .collect();
        let parts: Vec<&str> =
            plain.split('/').map(|part| part.trim_matches('-')).filter(|part| !part.is_empty()).collect();
        return (!parts.is_empty() && text.len() <= 80).then(|| parts.join("/"));
    }
    let failure = expected.starts_with("a field failure");
    if failure || expected.starts_with("a requirement id") {
        let upper = text.to_uppercase();
        let letters = upper.len() - upper.trim_start_matches(|c: char| c.is_ascii_uppercase()).len();
        let number: u32 = upper[letters..].trim_start_matches(['-', '_', ' ']).parse().ok()?;
        let area = &upper[..letters];
        let possible = if failure { area == "FF" } else { (2..=3).contains(&letters) };
        return (possible && number < 1000).then(|| format!("{area}-{number:03}"));
    }
    None
}

/// Words that people write, and what the language calls it.
const MEANT: [(&str, &str); 22] = [
    ("bluetooth", "ble"),
    ("bt", "ble"),
    ("uart", "serial"),
    ("cdc", "usb"),
    ("bootloader", "dfu"),
    ("app", "application"),
    ("hard", "pin"),
    ("hardware", "pin"),
    ("software", "soft"),
    ("success", "completed"),
    ("ok", "completed"),
    ("done", "completed"),
    ("failed", "refused"),
    ("error", "refused"),
    ("timeout", "lost"),
    ("stop", "pause"),
    ("kill", "restart"),
    ("reorder", "swap"),
    ("no", "none"),
    ("false", "none"),
    ("locked", "closed"),
    ("unlocked", "open"),
];

/// Whether a number is expected, by what it is called.
fn is_number(expected: &str) -> bool {
    ["a 32-bit number", "the number of", "a number of", "a position", "a byte", "an ATT MTU", "a place"]
        .into_iter()
        .any(|what| expected.starts_with(what))
}

/// Advice for a list that is written as a mapping, and the reverse.
fn other_kind(node: &Node, expected: &str) -> Option<String> {
    match &node.kind {
        NodeKind::Map(_) if expected == "a list" => {
            Some("each item of a list begins with `- `, as in `- update: name`".to_owned())
        }
        NodeKind::Scalar(scalar) if expected == "a list" && scalar.kind() != "nothing" => {
            Some(format!("a list is written in brackets, also one of a single item: {}", quote(&format!("[{}]", scalar.text))))
        }
        NodeKind::Scalar(_) if expected == "a list" => {
            Some("a list is written in brackets: `[one, two]`".to_owned())
        }
        NodeKind::Map(_) if expected == "the name of a package" => Some(
            "the name stands behind the key, `update: name`, and other keys stand below `update` at its own depth"
                .to_owned(),
        ),
        NodeKind::Scalar(scalar)
            if scalar.text.starts_with(|c: char| c.is_ascii_digit()) && is_number(expected) =>
        {
            Some("a number is decimal, or `0x` with the digits 0 to 9 and A to F, without a unit".to_owned())
        }
        NodeKind::List(_) if expected.ends_with("(a mapping)") => {
            Some("keys of a mapping have no `- ` in front of them".to_owned())
        }
        NodeKind::Scalar(_) if expected.starts_with("a scenario") => {
            Some("a scenario begins with `id: area/name`".to_owned())
        }
        _ => None,
    }
}

/// Advice for a number or a truth value that is text because of its quotes, or of its word.
fn unquoted(node: &Node, expected: &str) -> Option<String> {
    let scalar = node.scalar()?;
    let plain = Scalar::new(scalar.text.clone(), Style::Plain);
    if scalar.style == Style::Quoted && plain.kind() != "text" {
        return Some(format!(
            "in quotes it is text; without them, {} is {}",
            quote(&scalar.text),
            plain.kind()
        ));
    }
    let yes_or_no = ["yes", "no", "on", "off"].contains(&scalar.text.to_lowercase().as_str());
    (yes_or_no && expected.contains("true")).then(|| "write `true` or `false`".to_owned())
}
