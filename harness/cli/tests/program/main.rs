//! The program from outside: what it prints, what it writes, how it ends.
#![expect(clippy::unwrap_used, reason = "a test that can't prepare its folder has failed")]

mod check;
mod client;
mod command_line;
mod compare;
mod cuts;
mod device;
mod dfu;
mod dongle;
mod firmware;
mod hardware;
mod interrupt;
mod known_failures;
mod package;
mod parts;
mod port;
mod requirements;
mod rerun;
mod run;
mod selection;
mod streams;
mod virtual_device;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// How the program ended.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// A folder of its own, from which the program is started.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file there.
    fn file(&self, name: &str, content: &str) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program, without anything in the environment that could change what it does.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gauntlet"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GAUNTLET_")) {
            command.env_remove(name);
        }
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null()).env("NO_COLOR", "1");
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        finished(self.command(args).output().unwrap())
    }
}

fn finished(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// The program, started in a folder of its own.
fn gauntlet(args: &[&str]) -> Ran {
    Place::new().run(args)
}

/// A package or key made by nrfutil.
fn nrfutil(name: &str) -> String {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../package/tests/data/nrfutil");
    data.join(name).to_str().unwrap().to_owned()
}

impl Ran {
    #[track_caller]
    fn ends_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    #[track_caller]
    fn prints(&self, text: &str) -> &Self {
        assert!(self.out.contains(text), "{text:?} is not in stdout:\n{}", self.out);
        self
    }

    #[track_caller]
    fn tells(&self, text: &str) -> &Self {
        assert!(self.err.contains(text), "{text:?} is not in stderr:\n{}", self.err);
        self
    }

    /// The same, wherever the lines are broken.
    #[track_caller]
    fn tells_in_words(&self, text: &str) -> &Self {
        let words = |text: &str| text.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&self.err).contains(&words(text)), "{text:?} is not in stderr:\n{}", self.err);
        self
    }
}

/// A scenario that passes, with the id `own/good`, and one case for each of its sizes.
const GOOD: &str = "\
id: own/good
title: A good update of ${size} bytes
tags: [mine]
matrix: { size: [4096, 5000] }
packages:
  update: { application: { witness: 2, size: \"${size}\" }, version: 2 }
steps:
  - update: update
    expect: { outcome: completed }
expect:
  application: { witness: 2 }
";

/// A scenario that expects what a good device does not do, with the id `own/wrong`.
const WRONG: &str = "\
id: own/wrong
title: A good update is refused
matrix: { size: [4096, 5000] }
packages:
  update: { application: { witness: 2, size: \"${size}\" }, version: 2 }
steps:
  - update: update
    expect: { outcome: refused }
expect:
  application: { witness: 1 }
";
