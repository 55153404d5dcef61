//! Captures of what passes over the links of a case: a file for Wireshark and a text for people, for each attempt.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use gauntlet_bench::Board;
use gauntlet_engine::{Link, Shape};
use gauntlet_links::capture::{CaptureLink, Tape, btsnoop, pcap, words};

use crate::trouble::Trouble;

/// Endings that a capture may have; anything else belongs to the name.
const ENDINGS: [&str; 3] = ["btsnoop", "pcap", "txt"];

/// The captures of one case, or of one plain update: numbered as the links are made.
#[derive(Debug)]
pub(crate) struct Captures {
    stem: PathBuf,
    numbered: bool,
    made: Cell<u32>,
}

impl Captures {
    /// Of a case, in `folder`: `area_case-1.btsnoop` is its first link. A repeated attempt has its number in the name.
    pub(crate) fn of_case(folder: &Path, case: &str, attempt: u32) -> Self {
        let attempt = if attempt > 1 { format!(".attempt{attempt}") } else { String::new() };
        let stem = folder.join(format!("{}{attempt}", file_name(case)));
        Self { stem, numbered: true, made: Cell::new(0) }
    }

    /// Of one update. A folder gets `update.btsnoop`; else it is the file, whatever ending its name has.
    pub(crate) fn of_update(path: &Path) -> Self {
        let ends = path.extension().is_some_and(|end| ENDINGS.iter().any(|known| end == *known));
        let is_folder = path.is_dir() || path.as_os_str().to_string_lossy().ends_with('/');
        let stem = match (is_folder, ends) {
            (true, _) => path.join("update"),
            (false, true) => path.with_extension(""),
            (false, false) => path.to_owned(),
        };
        Self { stem, numbered: false, made: Cell::new(0) }
    }

    /// Writes the tape of a link.
    pub(crate) fn write(&self, tape: &Tape) -> Result<(), Trouble> {
        self.made.set(self.made.get() + 1);
        let number = if self.numbered || self.made.get() > 1 {
            format!("-{}", self.made.get())
        } else {
            String::new()
        };
        let entries = tape.entries();
        let packets = match tape.shape() {
            Shape::Ble => ("btsnoop", btsnoop(&entries)),
            Shape::Serial => ("pcap", pcap(&entries)),
        };
        if let Some(folder) = self.stem.parent() {
            std::fs::create_dir_all(folder).map_err(|error| trouble(folder, &error))?;
        }
        for (ending, bytes) in [packets, ("txt", words(&entries).into_bytes())] {
            let mut path = self.stem.clone().into_os_string();
            path.push(format!("{number}.{ending}"));
            let path = PathBuf::from(path);
            std::fs::write(&path, bytes).map_err(|error| trouble(&path, &error))?;
        }
        Ok(())
    }
}

/// A link whose traffic is written down by the clock of the device, when there are captures.
pub(crate) fn on_board(
    captures: Option<&Captures>,
    link: Box<dyn Link>,
    board: &Rc<dyn Board>,
) -> (Box<dyn Link>, Option<Tape>) {
    let board = Rc::clone(board);
    running(captures, link, move || board.device_time())
}

/// The same by another clock.
pub(crate) fn running(
    captures: Option<&Captures>,
    link: Box<dyn Link>,
    clock: impl Fn() -> Duration + 'static,
) -> (Box<dyn Link>, Option<Tape>) {
    if captures.is_none() {
        return (link, None);
    }
    let tape = Tape::new(link.shape(), clock);
    (Box::new(CaptureLink::new(link, tape.clone())), Some(tape))
}

/// The id of a case as a name of a file.
pub(crate) fn file_name(case: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.=,[]".contains(c) { c } else { '_' };
    case.chars().map(plain).collect()
}

fn trouble(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::Capture { path: path.to_owned(), why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use gauntlet_links::capture::What;

    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn tape(shape: Shape) -> Tape {
        let tape = Tape::new(shape, || Duration::ZERO);
        tape.note(What::Request(vec![4]));
        tape
    }

    #[test]
    fn each_link_has_its_files() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("out");
        let case = Captures::of_case(&folder, "a/b[x=1]", 2);
        case.write(&tape(Shape::Ble)).unwrap();
        case.write(&tape(Shape::Serial)).unwrap();
        let stem = "a_b[x=1].attempt2";
        let expected = ["-1.btsnoop", "-1.txt", "-2.pcap", "-2.txt"].map(|end| format!("{stem}{end}"));
        assert_eq!(files(&folder), expected);
        assert!(std::fs::read_to_string(folder.join(&expected[1])).unwrap().contains("-> execute"));
    }

    #[test]
    fn an_update_has_the_file_that_was_named() {
        let place = tempfile::tempdir().unwrap();
        for path in ["x/a.btsnoop", "x/b", "x/c.d"] {
            Captures::of_update(&place.path().join(path)).write(&tape(Shape::Ble)).unwrap();
        }
        Captures::of_update(&place.path().join("x")).write(&tape(Shape::Ble)).unwrap();
        let names = files(&place.path().join("x"));
        assert_eq!(
            names.iter().filter(|name| name.ends_with(".btsnoop")).collect::<Vec<_>>(),
            ["a.btsnoop", "b.btsnoop", "c.d.btsnoop", "update.btsnoop"]
        );
        // A file is no folder.
        let blocked = Captures::of_update(&place.path().join("x/a.txt/y"));
        assert!(matches!(blocked.write(&tape(Shape::Ble)), Err(Trouble::Capture { .. })));
    }
}
