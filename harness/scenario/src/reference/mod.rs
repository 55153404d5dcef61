//! The reference page: every key of the language with its values, what it means, and an example.
//!
//! Nothing of it is written twice. Keys, values and sentences come from the JSON Schema, and so from the declarations that
//! the reader uses; the examples are parts of whole scenarios, which tests check and run.

mod example;
mod page;
mod section;

use crate::schema;

/// What stands in front of the keys.
const FRONT: &str = include_str!("front.md");

macro_rules! examples {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("examples/", $name, ".yaml")))),+]
    };
}

/// The examples: the names of their files, and their texts.
const EXAMPLES: &[(&str, &str)] = examples![
    "01-happy-path",
    "02-link-lost",
    "03-many-faults",
    "04-power-cuts",
    "05-refused",
    "06-rejected",
    "07-raw-requests",
    "08-serial-line",
    "09-probe",
    "10-no-settings",
    "11-system",
    "12-softdevice-of-another-family",
    "13-buttonless",
    "14-renamed",
    "15-gatt",
    "16-bootloader-switches",
    "17-closed-regions",
    "18-mtu-again",
    "19-locked",
    "20-client",
    "21-walk",
    "22-cable",
    "23-starts",
];

/// The page as Markdown. It ends with a line end.
#[must_use]
pub fn reference() -> String {
    let schema = schema::schema().to_value();
    let sections = section::all(&schema);
    let found = example::find(&schema, EXAMPLES);
    page::write(FRONT, &sections, &found, EXAMPLES)
}

/// The whole scenarios of the page: the name of each and its text.
#[must_use]
pub fn reference_examples() -> Vec<(&'static str, &'static str)> {
    EXAMPLES.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NoFiles, Source, load_sources};

    #[test]
    fn every_example_is_a_scenario_without_a_mistake() {
        for (name, text) in EXAMPLES {
            let suite = load_sources(&[Source::new(*name, *text)], &NoFiles)
                .unwrap_or_else(|found| panic!("{}", found.render(100, false)));
            assert!(suite.warnings().is_empty(), "{}", suite.warnings().render(100, false));
        }
    }

    #[test]
    fn every_key_has_an_example() {
        let schema = schema::schema().to_value();
        let found = example::find(&schema, EXAMPLES);
        let missing: Vec<String> = section::all(&schema)
            .iter()
            .flat_map(|section| section.rows.iter().map(|row| (section.title.clone(), row.key.clone())))
            .filter(|place| !found.contains_key(place) && place.0 != "a package from a file")
            .map(|(title, key)| format!("{title}: {key}"))
            .collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }
}
