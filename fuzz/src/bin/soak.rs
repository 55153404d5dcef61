//! `soak TARGET --runs N --seed S`: a fuzz target on a stable compiler. `docs/fuzzing.md` says more.

use gauntlet_fuzz::Target;
use gauntlet_fuzz::soak::{Plan, soak};
use gauntlet_fuzz::targets::TARGETS;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: soak TARGET|all [--runs N] [--seed S]
       soak TARGET|all --write-seeds     writes the inputs to start from to fuzz/corpus/TARGET, for libFuzzer
       soak --list";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, String> {
    let mut plan = Plan { runs: 100_000, seed: 1 };
    let (mut targets, mut write): (Vec<&Target>, bool) = (Vec::new(), false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().ok_or_else(|| format!("{argument} needs a number"))?;
            value.replace('_', "").parse().map_err(|_| format!("{value} is no number"))
        };
        match argument.as_str() {
            "--runs" => plan.runs = number()?,
            "--seed" => plan.seed = number()?,
            "--write-seeds" => write = true,
            "--list" => {
                TARGETS.iter().for_each(|target| println!("{}", target.name));
                return Ok(true);
            }
            "all" => targets.extend(TARGETS),
            name => {
                let target = TARGETS.iter().find(|target| target.name == name);
                targets.push(target.ok_or_else(|| format!("there is no target {name}"))?);
            }
        }
    }
    if targets.is_empty() {
        return Err("no target is named".into());
    }
    let mut good = true;
    for target in targets {
        good &= if write { write_seeds(target)? } else { tried(target, plan)? };
    }
    Ok(good)
}

fn tried(target: &Target, plan: Plan) -> Result<bool, String> {
    let account = soak(target, plan);
    let memory = match account.memory {
        Some(bytes) => format!("{:.1} MiB", bytes as f64 / 1048576.0),
        None => "not measured on this system".into(),
    };
    println!(
        "{}: {} inputs, seed {}, {:.0} inputs/s, {} kinds of outcome, slowest {:.1} ms, memory {memory}",
        target.name,
        account.runs,
        plan.seed,
        account.runs as f64 / account.took.as_secs_f64().max(1e-9),
        account.outcomes,
        account.slowest.as_secs_f64() * 1000.0,
    );
    let Some(find) = account.find else { return Ok(true) };
    let path = folder("artifacts", target).join(format!("soak-{}-{}", plan.seed, find.run));
    save(&path, &find.input)?;
    println!("FOUND in {}, input {}: {}", target.name, find.run, find.what);
    println!(
        "again: cargo run --release --manifest-path fuzz/Cargo.toml --bin {} -- {}",
        target.name,
        path.display()
    );
    Ok(false)
}

fn write_seeds(target: &Target) -> Result<bool, String> {
    let seeds = (target.seeds)();
    for (number, seed) in seeds.iter().enumerate() {
        save(&folder("corpus", target).join(format!("seed-{number:03}")), seed)?;
    }
    println!("{}: {} inputs in {}", target.name, seeds.len(), folder("corpus", target).display());
    Ok(true)
}

fn folder(kind: &str, target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind).join(target.name)
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(path, bytes)).map_err(|error| format!("{}: {error}", path.display()))
}
