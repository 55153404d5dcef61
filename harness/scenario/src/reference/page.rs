//! Writes the page.

use std::fmt::Write as _;

use super::example::Examples;
use super::section::{Row, Section, anchor};

/// The page: its front, a section for every mapping, and the whole examples.
pub(super) fn write(
    front: &str,
    sections: &[Section],
    examples: &Examples,
    scenarios: &[(&str, &str)],
) -> String {
    let mut page = front.to_owned();
    // Writing into a String does not fail.
    for section in sections {
        let heading = section.title.trim_start_matches("A Gauntlet ");
        let heading = if heading == section.title { heading.to_owned() } else { format!("A {heading}") };
        let _ = writeln!(page, "\n### {heading}\n\n| key | value | what | example |\n|---|---|---|---|");
        for row in &section.rows {
            line(&mut page, section, row, examples);
        }
        for row in section.rows.iter().filter(|row| !row.words.is_empty()) {
            let _ = writeln!(page, "\n| word of `{}` | what it means |\n|---|---|", row.key);
            for (word, about) in &row.words {
                let _ = writeln!(page, "| `{word}` | {} |", cell(about.trim()));
            }
        }
    }
    let _ = writeln!(page, "\n## Examples\n\nEach of these runs as it stands; CI runs them all.");
    for (name, text) in scenarios {
        let id = text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap_or(name);
        let _ = writeln!(page, "\n### {id}\n\n```yaml\n{text}```");
    }
    page
}

fn line(page: &mut String, section: &Section, row: &Row, examples: &Examples) {
    let needed = if row.required { "required. " } else { "" };
    let example = examples.get(&(section.title.clone(), row.key.clone())).map_or_else(String::new, |found| {
        let name = found.id.rsplit('/').next().unwrap_or_default();
        format!("`{}` in [{name}](#{})", cell(&found.text), anchor(&found.id))
    });
    let _ =
        writeln!(page, "| `{}` | {} | {needed}{} | {example} |", row.key, cell(&row.value), cell(&row.about));
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
