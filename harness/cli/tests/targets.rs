//! Targets: real firmware under the suite. One that is shipped, and those of a folder that `GAUNTLET_IMAGES` names.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use gauntlet_bench::{Target, VirtualBench};
use gauntlet_record::{Event, Recorder, Sink, Verdict};
use gauntlet_runner::{RunOptions, run, target};
use gauntlet_scenario::{Case, Source, Suite, load, read_target};
use libtest_mimic::{Arguments, Failed, Trial};

/// Areas of the quick look at a shipped target.
const QUICK: [&str; 2] = ["refusal/", "power/"];
/// Cases that show whether a firmware can be updated at all.
const CORE: [&str; 2] = ["good/", "serial/"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("demo-uart", || passes("demo-uart", 20)),
        Trial::test("demo-uart-nrf52833", || is_what_it_says("demo-uart-nrf52833").map(|_target| ())),
    ];
    match env::var_os("GAUNTLET_IMAGES") {
        None => {
            let skipped = "images of your own (skipped: GAUNTLET_IMAGES names no folder)";
            trials.push(Trial::test(skipped, || Ok(())).with_ignored_flag(true));
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

/// The target of a file.
fn of_file(file: &Path) -> Result<Target, Failed> {
    let text = fs::read_to_string(file)?;
    let model = read_target(&Source::new(file.to_string_lossy(), text))
        .map_err(|mistakes| mistakes.render(120, false))?;
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

/// A shipped target comes up, answers, and is what its file says.
fn is_what_it_says(name: &str) -> Result<Target, Failed> {
    let target = of_file(&root().join(format!("targets/{name}.yaml")))?;
    let lies = target::ask(&VirtualBench::of_target(target.clone()), &target, 1)?;
    if lies.is_empty() { Ok(target) } else { Err(format!("{lies:?}").into()) }
}

/// The target is what its file says, and at least so many cases pass on it.
fn passes(name: &str, at_least: usize) -> Result<(), Failed> {
    let target = is_what_it_says(name)?;
    let suite = suite();
    // Areas in which nothing is open; the whole suite takes minutes on real code.
    let quick = |case: &&Case| QUICK.iter().any(|area| case.id.as_str().starts_with(area));
    let verdicts = verdicts(target, &suite.cases().filter(quick).collect::<Vec<_>>());
    let passed = verdicts.iter().filter(|(_, verdict)| *verdict == Verdict::Pass).count();
    if passed < at_least {
        return Err(format!("only {passed} cases ran").into());
    }
    nothing_wrong(&verdicts)
}

/// Every case passed or was skipped.
fn nothing_wrong(verdicts: &[(String, Verdict)]) -> Result<(), Failed> {
    let wrong =
        verdicts.iter().filter(|(_, verdict)| !matches!(verdict, Verdict::Pass | Verdict::Skipped { .. }));
    let wrong: Vec<String> = wrong.map(|(case, verdict)| format!("{case}: {verdict:?}")).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn targets_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|f| f.path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    files
}

/// It starts, answers, and the core of the suite passes on it, as far as it fits.
fn can_be_updated(file: &Path) -> Result<(), Failed> {
    let target = of_file(file)?;
    target::ask(&VirtualBench::of_target(target.clone()), &target, 1)?;
    let suite = suite();
    let core = |case: &&Case| CORE.iter().any(|area| case.id.as_str().starts_with(area));
    nothing_wrong(&verdicts(target, &suite.cases().filter(core).collect::<Vec<_>>()))
}
