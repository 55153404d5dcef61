//! The pages for users say what is true: examples run and pass, nothing of the language is left out, links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauntlet_bench::VirtualBench;
use gauntlet_record::{Collector, Event, ExitCode, Millis, Recorder};
use gauntlet_runner::{RunOptions, run};
use gauntlet_scenario::{Case, Source, load_sources, read_target, schema_text};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every page of the project: those at the top, and those of `docs`.
fn pages() -> Vec<String> {
    let mut names = Vec::new();
    for folder in ["", "docs/"] {
        let files = fs::read_dir(root().join(folder)).expect("the folder is there");
        let files =
            files.map(|file| file.expect("it can be listed").file_name().into_string().expect("a name"));
        names.extend(files.filter(|name| name.ends_with(".md")).map(|name| format!("{folder}{name}")));
    }
    names.sort();
    names
}

/// The blocks of a page that are marked as `kind`.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((_, behind)) = rest.split_once(&format!("```{kind}\n")) {
        let (block, after) = behind.split_once("```").expect("a block has an end");
        blocks.push(block.to_owned());
        rest = after;
    }
    blocks
}

/// Whatever package an example names.
fn any_package(_: &str, _: &str) -> io::Result<Arc<[u8]>> {
    Ok(fs::read(root().join("scenarios/packages/nrfutil/app_4097_signed.zip"))?.into())
}

#[test]
fn examples_of_scenarios_pass() {
    let mut passed = 0;
    for name in pages() {
        for text in blocks(&page(&name), "yaml") {
            // A target says first what it is about; a scenario has no such key.
            if text.starts_with("about:") {
                read_target(&Source::new(&name, text))
                    .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(100, false)));
                continue;
            }
            // A bench says first which probe it has.
            if text.starts_with("probe:") {
                gauntlet_scenario::read_bench(&Source::new(&name, text), &|_| None)
                    .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(100, false)));
                continue;
            }
            let suite = load_sources(&[Source::new(&name, text)], &any_package)
                .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(100, false)));
            assert!(suite.warnings().is_empty(), "{}", suite.warnings().render(100, false));
            let cases: Vec<&Case> = suite.cases().collect();
            let options = RunOptions { jobs: 2, ..RunOptions::default() };
            let mut collector = Collector::default();
            let end = run(
                &VirtualBench::new(),
                &cases,
                &options,
                Recorder::new(|| Millis::ZERO).with(&mut collector),
            );
            let verdicts = collector.records().iter().filter_map(|record| match &record.event {
                Event::CaseFinished { verdict, .. } => Some((&record.case, verdict)),
                _ => None,
            });
            let verdicts: Vec<_> = verdicts.collect();
            assert_eq!(end.counts.passed, cases.len() as u64, "{name}: {verdicts:#?}");
            passed += cases.len();
        }
    }
    assert!(passed >= 4, "{passed} cases");
}

/// Every key and every word of the language.
fn vocabulary(schema: &Value, words: &mut BTreeSet<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| vocabulary(item, words)),
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                words.extend(properties.keys().cloned());
            }
            words.extend(map.get("const").and_then(Value::as_str).map(ToOwned::to_owned));
            if let Some(Value::Array(choices)) = map.get("enum") {
                words.extend(choices.iter().filter_map(Value::as_str).map(ToOwned::to_owned));
            }
            map.values().for_each(|inner| vocabulary(inner, words));
        }
        _ => {}
    }
}

#[test]
fn the_page_of_the_language_is_complete() {
    let schema: Value = serde_json::from_str(&schema_text()).expect("the schema is JSON");
    let mut words = BTreeSet::new();
    vocabulary(&schema, &mut words);
    assert!(words.len() > 100, "{} words", words.len());
    let text =
        page("docs/scenario-reference.md") + &page("docs/faults.md") + &page("docs/broken-packages.md");
    let not_of_words = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let said: BTreeSet<&str> = text.split('`').flat_map(|part| part.split(not_of_words)).collect();
    let missing: Vec<&String> = words.iter().filter(|word| !said.contains(word.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// `found 90 of 90 planted bugs`, as the program prints it, wherever a page says so.
#[test]
fn the_figure_of_planted_bugs_is_that_of_this_version() {
    let mut told = 0;
    for name in pages() {
        let text = page(&name);
        for (_, behind) in text.match_indices(" planted bugs").map(|(at, _)| text.split_at(at)) {
            let front = &text[..text.len() - behind.len()];
            let Some((_, figures)) = front.rsplit_once("found ") else { continue };
            let Some((found, of)) = figures.split_once(" of ") else { continue };
            let (Ok(found), Ok(of)) = (found.parse::<usize>(), of.parse::<usize>()) else { continue };
            let all = gauntlet_bench::PlantedBug::ALL.len();
            assert_eq!((found, of), (all, all), "{name}: `gauntlet run --all-planted-bugs` prints it anew");
            told += 1;
        }
    }
    assert!(told >= 1, "docs/judging.md has the figure");
}

#[test]
fn every_exit_code_is_explained_in_its_order() {
    let text = page("docs/exit-codes.md");
    for code in ExitCode::ALL {
        assert!(text.contains(&format!("\n| {} |", code.number())), "{code}");
    }
    let order: Vec<String> = ExitCode::ALL.iter().rev().map(|code| code.number().to_string()).collect();
    assert!(text.contains(&order.join(", ")), "{order:?}");
}

/// The heading as an anchor of a web page.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut followed = 0;
    for name in pages() {
        let text = page(&name);
        let folder = Path::new(&name).parent().expect("a file has a folder");
        for target in
            text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
        {
            if target.contains("://") {
                continue;
            }
            followed += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path =
                if file.is_empty() { name.clone() } else { folder.join(file).to_string_lossy().into_owned() };
            assert!(root().join(&path).exists(), "{name}: {target}");
            if !heading.is_empty() {
                let headings = page(&path);
                let mut headings = headings.lines().filter_map(|line| line.strip_prefix('#'));
                assert!(
                    headings.any(|line| anchor(line.trim_start_matches('#').trim()) == heading),
                    "{name}: {target}"
                );
            }
        }
    }
    assert!(followed >= 10, "{followed} links");
}
