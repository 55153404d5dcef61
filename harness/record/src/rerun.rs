//! How to run exactly one case again.

use std::fmt;

use crate::{CaseId, Event};

/// The value of `--link` that need not be said.
const DEFAULT_LINK: &str = "direct";

/// The command line that runs one case again in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RerunCommand {
    seed: Option<u64>,
    bench: Option<String>,
    link: Option<String>,
    planted_bug: Option<String>,
    sources: Vec<String>,
}

impl RerunCommand {
    /// What must be repeated of a run: taken from its [`Event::RunStarted`]; any other event gives nothing.
    pub fn of_run(event: &Event) -> Option<Self> {
        let Event::RunStarted { seed, bench, link, client, planted_bug, sources, .. } = event else {
            return None;
        };
        let bench = (bench != "virtual").then(|| bench.clone());
        // A bench other than the virtual one has the link that its file names.
        let link = match client {
            Some(command) => Some(format!("{link}={command}")),
            None => (bench.is_none() && link != DEFAULT_LINK).then(|| link.clone()),
        };
        let (planted_bug, sources) = (planted_bug.clone(), sources.clone());
        Some(Self { seed: Some(*seed), bench, link, planted_bug, sources })
    }

    /// The command for one case, ready for a POSIX shell.
    pub fn for_case(&self, case: &CaseId) -> impl fmt::Display {
        let sources: String = self.sources.iter().map(|source| format!("{} ", quoted(source))).collect();
        let mut command = format!("gauntlet run {sources}'{case}'");
        let seed = self.seed.map(|seed| seed.to_string());
        let options = [
            ("--bench", &self.bench),
            ("--link", &self.link),
            ("--seed", &seed),
            ("--planted-bug", &self.planted_bug),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                command.push_str(&format!(" {name} {}", quoted(value)));
            }
        }
        command
    }
}

/// The word as a shell reads it back; plain words stay plain.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+%@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rerun(bench: &str, link: &str, planted_bug: Option<&str>) -> String {
        rerun_with(bench, link, None, planted_bug)
    }

    fn rerun_with(bench: &str, link: &str, client: Option<&str>, planted_bug: Option<&str>) -> String {
        let event = Event::RunStarted {
            gauntlet: "0.1.0".into(),
            seed: 7,
            bench: bench.into(),
            link: link.into(),
            chips: vec![],
            planned: vec![],
            sources: vec![],
            client: client.map(Into::into),
            planted_bug: planted_bug.map(Into::into),
        };
        let case = CaseId::new("stream/drop[at=4096]").unwrap();
        RerunCommand::of_run(&event).unwrap().for_case(&case).to_string()
    }

    #[test]
    fn a_case_from_a_file_names_the_file() {
        let run = Event::RunStarted {
            gauntlet: "0.1.0".into(),
            seed: 1,
            bench: "virtual".into(),
            link: "direct".into(),
            chips: vec![],
            planned: vec![],
            sources: vec!["my case.yaml".into()],
            client: None,
            planted_bug: None,
        };
        let command =
            RerunCommand::of_run(&run).unwrap().for_case(&CaseId::new("my/case").unwrap()).to_string();
        assert_eq!(command, "gauntlet run 'my case.yaml' 'my/case' --seed 1");
    }

    #[test]
    fn the_command_repeats_what_the_verdict_depends_on() {
        assert_eq!(rerun("virtual", "direct", None), "gauntlet run 'stream/drop[at=4096]' --seed 7");
        assert_eq!(rerun("virtual", "ble", None), "gauntlet run 'stream/drop[at=4096]' --link ble --seed 7");
        assert_eq!(
            rerun_with("virtual", "tool", Some("tool -p {port}"), None),
            "gauntlet run 'stream/drop[at=4096]' --link 'tool=tool -p {port}' --seed 7"
        );
        let desk = rerun("desk.yaml", "ble", None);
        assert_eq!(
            desk, "gauntlet run 'stream/drop[at=4096]' --bench desk.yaml --seed 7",
            "the file says the link"
        );
        assert_eq!(
            rerun("rack 3's", "direct", Some("version-not-checked")),
            r"gauntlet run 'stream/drop[at=4096]' --bench 'rack 3'\''s' --seed 7 --planted-bug version-not-checked"
        );
    }

    #[test]
    fn only_the_start_of_a_run_tells() {
        assert_eq!(RerunCommand::of_run(&Event::PowerRestored), None);
    }
}
