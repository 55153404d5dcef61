//! Targets: real firmware under the suite. The shipped ones, every bug that is planted into them, and those of a folder
//! that `GAUNTLET_IMAGES` names.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use gauntlet_bench::{Target, VirtualBench};
use gauntlet_record::{Event, Recorder, Sink, Verdict};
use gauntlet_runner::{RunOptions, run, target};
use gauntlet_scenario::{Case, Source, Suite, load, read_target};
use libtest_mimic::{Arguments, Failed, Trial};

/// Cases that show in a minute whether a firmware can be updated at all.
const CORE: [&str; 2] = ["good/", "serial/"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("demo-uart", || passes("demo-uart", 100)),
        Trial::test("demo-uart-nrf52840", || passes("demo-uart-nrf52840", 100)),
    ];
    for bug in bugs() {
        trials.push(Trial::test(format!("bug::{bug}"), move || is_found(&bug)));
    }
    match env::var_os("GAUNTLET_IMAGES") {
        None => {
            eprintln!("GAUNTLET_IMAGES is not set: no images of your own were tested (skipped)");
            trials.push(Trial::test("images-of-your-own", || Ok(())).with_ignored_flag(true));
        }
        Some(folder) => {
            for file in targets_in(Path::new(&folder)) {
                let name = format!("image::{}", file.display());
                trials.push(Trial::test(name, move || can_be_updated(&file)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn suite() -> Suite {
    load(&[root().join("scenarios")]).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(120, false)))
}

/// The target of a file; with another image in place of one of its own.
fn of_file(file: &Path, bug: Option<&str>) -> Result<Target, Failed> {
    let text = fs::read_to_string(file)?;
    let mut model = read_target(&Source::new(file.to_string_lossy(), text))
        .map_err(|mistakes| mistakes.render(120, false))?;
    if let Some(bug) = bug {
        let last = model.images.last_mut().ok_or("no image")?;
        last.file = last.file.replace(".hex", &format!("-{bug}.hex"));
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    Ok(target::load(&name, &model, &|image| fs::read(folder.join(image)))?)
}

/// Verdicts, in no order.
#[derive(Default)]
struct Verdicts(Vec<(String, Verdict)>);

impl Sink for Verdicts {
    fn accept(&mut self, record: &gauntlet_record::Record) {
        if let (Some(case), Event::CaseFinished { verdict, .. }) = (&record.case, &record.event) {
            self.0.push((case.to_string(), verdict.clone()));
        }
    }
}

fn verdicts(target: Target, cases: &[&Case]) -> Vec<(String, Verdict)> {
    let mut verdicts = Verdicts::default();
    let recorder = Recorder::new(|| gauntlet_record::Millis::ZERO).with(&mut verdicts);
    let options = RunOptions { jobs: 2, ..RunOptions::default() };
    run(&VirtualBench::of_target(target), cases, &options, recorder);
    verdicts.0
}

/// At least so many cases run on a shipped target, and all of these pass.
fn passes(name: &str, at_least: usize) -> Result<(), Failed> {
    let target = of_file(&root().join(format!("targets/{name}.yaml")), None)?;
    let lies = target::ask(&VirtualBench::of_target(target.clone()), &target, 1)?;
    if !lies.is_empty() {
        return Err(format!("{lies:?}").into());
    }
    let suite = suite();
    let verdicts = verdicts(target, &suite.cases().collect::<Vec<_>>());
    let passed = verdicts.iter().filter(|(_, verdict)| *verdict == Verdict::Pass).count();
    let wrong = verdicts.iter().filter(|(_, verdict)| !matches!(verdict, Verdict::Pass | Verdict::Skipped { .. }));
    let wrong: Vec<String> = wrong.map(|(case, verdict)| format!("{case}: {verdict:?}")).collect();
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    if passed < at_least { Err(format!("only {passed} cases ran").into()) } else { Ok(()) }
}

/// The names of the bugs that are built into an image of their own.
fn bugs() -> Vec<String> {
    let images = fs::read_dir(root().join("targets/firmware/hex")).into_iter().flatten().flatten();
    let bug = |name: &str| {
        name.strip_prefix("demo-uart-nrf52832-")?.strip_suffix(".hex").map(ToOwned::to_owned)
    };
    let mut bugs: Vec<String> =
        images.filter_map(|image| bug(&image.file_name().to_string_lossy())).collect();
    bugs.sort();
    bugs
}

fn is_found(bug: &str) -> Result<(), Failed> {
    let target = of_file(&root().join("targets/demo-uart.yaml"), Some(bug))?;
    let suite = suite();
    let verdicts = verdicts(target, &suite.cases().collect::<Vec<_>>());
    let found = verdicts.iter().any(|(_, verdict)| matches!(verdict, Verdict::Fail(_)));
    if found {
        Ok(())
    } else {
        Err(format!("no case fails\nagain: gauntlet run --target demo-uart --planted-bug {bug}").into())
    }
}

fn targets_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|f| f.path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    files
}

/// It starts, answers, and the core of the suite passes on it, as far as it fits.
fn can_be_updated(file: &Path) -> Result<(), Failed> {
    let target = of_file(file, None)?;
    target::ask(&VirtualBench::of_target(target.clone()), &target, 1)?;
    let suite = suite();
    let core = |case: &&Case| CORE.iter().any(|area| case.id.as_str().starts_with(area));
    let verdicts = verdicts(target, &suite.cases().filter(core).collect::<Vec<_>>());
    let wrong = verdicts.iter().filter(|(_, verdict)| !matches!(verdict, Verdict::Pass | Verdict::Skipped { .. }));
    let wrong: Vec<String> = wrong.map(|(case, verdict)| format!("{case}: {verdict:?}")).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
