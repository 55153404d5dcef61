//! Packs into the program what stands beside its code: the shipped suite, every file below `scenarios/` under its path
//! from the root of the project, and tables of the places where code and tests cite a
//! requirement.

#[path = "src/citations/scan.rs"]
#[allow(dead_code, reason = "the program's tests use the rest of it")]
mod scan;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Nothing in the suite lies deeper. Links that lead back up end here.
const DEEPEST: usize = 16;

/// Crates that describe, run and judge what is required of a device. They cite requirements and implement none.
const JUDGES: [&str; 4] = ["scenario", "runner", "cli", "record"];

/// Crates whose tests make up citations, to see what becomes of them.
const TELLERS: [&str; 3] = ["scenario", "cli", "record"];

fn main() -> io::Result<()> {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from).ok_or(io::ErrorKind::NotFound);
    let root = fs::canonicalize(variable("CARGO_MANIFEST_DIR")?.join("../.."))?;
    let out = variable("OUT_DIR")?;
    match suite(&root) {
        Ok(code) => fs::write(out.join("suite.rs"), code)?,
        Err(error) => println!("cargo::error=the shipped suite can't be read: {error}"),
    }
    match targets(&root) {
        Ok(code) => fs::write(out.join("targets.rs"), code)?,
        Err(error) => println!("cargo::error=the shipped targets can't be read: {error}"),
    }
    match citations(&root) {
        Ok(code) => fs::write(out.join("citations.rs"), code)?,
        Err(error) => println!("cargo::error=the source can't be searched for requirements: {error}"),
    }
    Ok(())
}

fn suite(root: &Path) -> io::Result<String> {
    let suite = root.join("scenarios");
    println!("cargo::rerun-if-changed={}", suite.display());
    let mut files = Vec::new();
    walk(&suite, 0, &mut files)?;
    files.sort();
    let mut code = String::from("static FILES: &[(&str, &[u8])] = &[\n");
    for file in files {
        // Written as a Rust string, so that any file name is one.
        let _ =
            writeln!(code, "    ({:?}, include_bytes!({:?})),", name(root, &file), file.to_string_lossy());
    }
    code.push_str("];\n");
    Ok(code)
}

/// The targets, and the images that they name, under their paths below `targets/`.
fn targets(root: &Path) -> io::Result<String> {
    let root = root.join("targets");
    let mut code = String::from("static TARGETS: &[(&str, &[u8])] = &[\n");
    let mut files = Vec::new();
    for (folder, end) in [(root.clone(), "yaml"), (root.join("firmware/hex"), "hex")] {
        println!("cargo::rerun-if-changed={}", folder.display());
        for entry in fs::read_dir(folder)? {
            files.push(entry?.path());
            if files.last().is_some_and(|file| file.extension().is_none_or(|found| found != end)) {
                files.pop();
            }
        }
    }
    files.sort_by_key(|file| name(&root, file));
    for file in files {
        let _ =
            writeln!(code, "    ({:?}, include_bytes!({:?})),", name(&root, &file), file.to_string_lossy());
    }
    code.push_str("];\n");
    Ok(code)
}

/// The path from the root of the project, with `/` on every system.
fn name(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// Scenarios, and the packages that they use. Text for people and for editors stays outside.
fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let for_people = path.extension().is_some_and(|end| end == "md" || end == "json");
        if hidden {
            continue;
        }
        if path.is_dir() && depth < DEEPEST {
            walk(&path, depth + 1, files)?;
        } else if path.is_file() && !for_people {
            files.push(path);
        }
    }
    Ok(())
}

/// The places in every crate that stands for a device or its client where code says that it implements a requirement, and
/// those in tests that check one.
fn citations(root: &Path) -> io::Result<String> {
    let (mut claims, mut checks) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(root.join("harness"))? {
        let entry = entry?;
        let is_one_of = |crates: &[&str]| crates.iter().any(|name| entry.file_name() == *name);
        for part in ["src", "tests"] {
            let folder = entry.path().join(part);
            if !folder.is_dir() {
                continue;
            }
            println!("cargo::rerun-if-changed={}", folder.display());
            for file in scan::files(&folder, &[".rs"])? {
                let name = name(root, &file);
                let source = fs::read_to_string(&file)?;
                let (code, tests) = if scan::is_of_tests(&name) {
                    (Default::default(), scan::in_test_file(&source))
                } else {
                    (scan::in_comments(&source), scan::in_test_module(&source))
                };
                let placed = |cited: BTreeSet<scan::Cited>| {
                    let name = name.clone();
                    cited.into_iter().map(move |(id, line)| (id, name.clone(), line))
                };
                if !is_one_of(&JUDGES) {
                    claims.extend(placed(code));
                }
                if !is_one_of(&TELLERS) {
                    checks.extend(placed(tests));
                }
            }
        }
    }
    Ok(table("CLAIMS", claims) + &table("CHECKS", checks))
}

/// A Rust table of ids, files and lines, in their order.
fn table(called: &str, mut places: Vec<(String, String, usize)>) -> String {
    places.sort();
    let mut code = format!("static {called}: &[(&str, &str, u32)] = &[\n");
    for (id, file, line) in places {
        let _ = writeln!(code, "    ({id:?}, {file:?}, {line}),");
    }
    code.push_str("];\n");
    code
}
