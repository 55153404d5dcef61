//! Targets: those inside the program, those on the disk, and firmware from the command line.

use std::path::{Path, PathBuf};
use std::{fs, io};

use gauntlet_bench::Target;
use gauntlet_runner::target::{BadTarget, load};
use gauntlet_scenario::model::{self, Key, TargetImage, TargetKey};
use gauntlet_scenario::{Source, Word as _, nearest_word, read_target};

use crate::args::TargetArgs;
use crate::display::tame;
use crate::failure::Failure;
use crate::output;

// `static TARGETS: &[(&str, &[u8])]`: path below `targets/`, with `/`, and content; sorted by path.
include!(concat!(env!("OUT_DIR"), "/targets.rs"));

/// Told once for firmware that somebody brings.
const LICENCE: &str = "firmware that you bring: whether its licence permits this is yours to check \
                       (many vendor binaries may only be used with that vendor's chips)\n";

/// The target that is meant; `None` is the reference device.
///
/// # Errors
/// [`Failure`] for a name that nothing has, and for every mistake in its file.
pub(crate) fn find(args: &TargetArgs, bug: Option<&str>) -> Result<Option<Target>, Failure> {
    if args.is_reference() {
        return Ok(None);
    }
    if args.target == "reference" {
        return Err(Failure::Usage {
            what: "firmware of your own needs a chip".to_owned(),
            advice: "say which: `--target nrf52832`, `--target nrf52840`, or a target file".to_owned(),
        });
    }
    let path = Path::new(&args.target);
    let on_disk = path.is_file() || args.target.ends_with(".yaml") || args.target.contains('/');
    let (mut model, home) = if on_disk {
        let bytes = fs::read(path).map_err(|source| file_failure(path, source))?;
        let source = Source::from_bytes(path.to_string_lossy(), bytes)
            .map_err(|problem| file_failure(path, io::Error::other(problem.to_string())))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        (read_target(&source)?, Some(folder))
    } else {
        let name = format!("{}.yaml", args.target);
        let Some(bytes) = shipped(&name) else { return Err(unknown(&args.target)) };
        (read_target(&Source::new(format!("targets/{name}"), String::from_utf8_lossy(bytes)))?, None)
    };
    let brought = !args.image.is_empty();
    if let Some(bug) = bug {
        plant(&mut model, bug, &args.target)?;
    }
    if brought {
        model.images = args.image.iter().map(|image| brought_image(image)).collect::<Result<_, _>>()?;
    }
    if let Some(key) = &args.target_key {
        let word = key.to_string_lossy();
        model.key = Key::from_word(&word)
            .map_or_else(|| TargetKey::File(absolute(&word), model::Place::default()), TargetKey::Test);
    }
    if model.images.is_empty() {
        return Err(Failure::Usage {
            what: format!("the target `{}` is a chip without firmware", tame(&args.target)),
            advice: "bring some: `--image mbr.hex bootloader.hex`".to_owned(),
        });
    }
    if brought || on_disk {
        output::tell(LICENCE);
    }
    let read = |file: &str| match (Path::new(file).is_absolute(), &home) {
        (true, _) => fs::read(file),
        (false, Some(folder)) => fs::read(folder.join(file)),
        (false, None) => shipped(file).map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::NotFound.into()),
    };
    let stem =
        path.file_stem().map_or_else(|| args.target.clone(), |stem| stem.to_string_lossy().into_owned());
    let target = load(&stem, &model, &read).map_err(|error: BadTarget| Failure::File {
        path: PathBuf::from(&args.target),
        source: error.into(),
    })?;
    Ok(Some(target))
}

/// The names of the shipped targets.
pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    TARGETS.iter().filter_map(|(name, _)| name.strip_suffix(".yaml"))
}

/// The bugs of the demo bootloader, as its makefile reads them, too: an entry begins with its name.
const BUGS: &str = include_str!("../../../targets/firmware/bugs.yaml");

/// Bugs that are planted into shipped firmware, each with what is wrong. Each is an image beside that of a target, with the
/// bug in its name.
pub(crate) fn bugs() -> impl Iterator<Item = (&'static str, &'static str)> {
    let names = BUGS.lines().filter_map(|line| line.strip_prefix("- name: "));
    names.zip(BUGS.lines().filter_map(|line| line.strip_prefix("  does: ")))
}

fn plant(model: &mut model::Target, bug: &str, target: &str) -> Result<(), Failure> {
    for image in &mut model.images {
        let with_bug = image.file.strip_suffix(".hex").map(|stem| format!("{stem}-{bug}.hex"));
        if let Some(file) = with_bug.filter(|file| shipped(file).is_some()) {
            image.file = file;
            return Ok(());
        }
    }
    Err(Failure::Usage {
        what: format!("the bug `{}` can't be planted into the target `{}`", tame(bug), tame(target)),
        advice: "`--list-bugs` names the bugs of the reference device and of `--target demo-uart`".to_owned(),
    })
}

fn shipped(name: &str) -> Option<&'static [u8]> {
    TARGETS.iter().find(|(have, _)| *have == name).map(|(_, bytes)| *bytes)
}

/// `FILE` or `FILE.bin@ADDRESS`.
fn brought_image(text: &str) -> Result<TargetImage, Failure> {
    let place = model::Place::default();
    let wrong = |what: String| Failure::Usage { what, advice: "write it like FILE.bin@0x26000".to_owned() };
    if let Some((file, address)) = text.rsplit_once('@').filter(|_| !Path::new(text).exists()) {
        let digits = address.strip_prefix("0x").or_else(|| address.strip_prefix("0X"));
        let at = digits.map_or_else(|| address.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
        let at = at.ok_or_else(|| wrong(format!("`{}` is no address", tame(address))))?;
        return Ok(TargetImage { file: absolute(file), at: Some(at), place });
    }
    if text.ends_with(".bin") {
        return Err(wrong(format!("the plain binary {} does not say where it belongs", tame(text))));
    }
    Ok(TargetImage { file: absolute(text), at: None, place })
}

/// A file of the command line, whatever folder the target is in.
fn absolute(file: &str) -> String {
    std::path::absolute(file).map_or_else(|_| file.to_owned(), |path| path.to_string_lossy().into_owned())
}

fn file_failure(path: &Path, source: io::Error) -> Failure {
    Failure::File { path: path.to_owned(), source: source.into() }
}

fn unknown(name: &str) -> Failure {
    let near = nearest_word(name, names().chain(["reference"]));
    let known: Vec<&str> = ["reference"].into_iter().chain(names()).collect();
    let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    Failure::Usage {
        what: format!("there is no target `{}`, and no such file", tame(name)),
        advice: format!("{near}targets are {}, or a file that ends in .yaml", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(target: &str) -> TargetArgs {
        TargetArgs { target: target.to_owned(), image: Vec::new(), target_key: None }
    }

    #[test]
    fn every_shipped_target_can_be_made() {
        assert!(find(&args("reference"), None).unwrap().is_none());
        let mut with_firmware = 0;
        for name in names() {
            match find(&args(name), None) {
                Ok(target) => {
                    let target = target.unwrap();
                    assert!(target.firmware.key.is_some() && target.firmware.bootloader().len() > 1000);
                    with_firmware += 1;
                }
                // A bare chip says what it needs.
                Err(failure) => assert!(failure.to_string().contains("without firmware"), "{failure}"),
            }
        }
        assert!(with_firmware >= 2);
    }

    #[test]
    fn every_planted_bug_has_its_image_and_its_sentence() {
        let images = TARGETS.iter().filter(|(name, _)| name.starts_with("firmware/hex/demo-uart-nrf52832-"));
        let mut bugs = 0;
        for (bug, does) in super::bugs() {
            assert!(shipped(&format!("firmware/hex/demo-uart-nrf52832-{bug}.hex")).is_some(), "{bug}");
            assert!(does.ends_with('.'), "{bug}: {does}");
            bugs += 1;
        }
        assert_eq!(bugs, images.count());
    }

    #[test]
    fn a_wrong_name_is_told_the_nearest_one() {
        let Err(Failure::Usage { advice, .. }) = find(&args("demo-urat"), None) else { panic!() };
        assert!(advice.starts_with("did you mean `demo-uart`?"), "{advice}");
        let alone = TargetArgs { image: vec!["a.hex".to_owned()], ..args("reference") };
        assert!(find(&alone, None).unwrap_err().to_string().contains("needs a chip"));
        let nowhere = TargetArgs { image: vec!["a.bin".to_owned()], ..args("nrf52832") };
        assert!(find(&nowhere, None).unwrap_err().to_string().contains("where it belongs"));
    }
}
