//! Packs the shipped suite into the program: every file below `scenarios/`, under its path from the root of the project.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Nothing in the suite lies deeper. Links that lead back up end here.
const DEEPEST: usize = 16;

fn main() -> io::Result<()> {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from).ok_or(io::ErrorKind::NotFound);
    let root = fs::canonicalize(variable("CARGO_MANIFEST_DIR")?.join("../.."))?;
    let suite = root.join("scenarios");
    println!("cargo::rerun-if-changed={}", suite.display());
    let mut files = Vec::new();
    if let Err(error) = walk(&suite, 0, &mut files) {
        println!("cargo::error=the shipped suite in {} can't be read: {error}", suite.display());
        return Ok(());
    }
    files.sort();
    let mut code = String::from("static FILES: &[(&str, &[u8])] = &[\n");
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        // Written as a Rust string, so that any file name is one.
        let _ = writeln!(code, "    ({name:?}, include_bytes!({:?})),", file.to_string_lossy());
    }
    code.push_str("];\n");
    fs::write(variable("OUT_DIR")?.join("suite.rs"), code)
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
