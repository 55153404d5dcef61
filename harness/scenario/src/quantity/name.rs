//! Names: of scenarios, packages, requirements, field failures and tags.

use super::Refusal;

/// The most characters of a name.
const LONGEST: usize = 120;

macro_rules! names {
    ($( $(#[$meta:meta])* $name:ident, $test:path, $pattern:literal, $expected:literal; )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub(crate) const PATTERN: &'static str = $pattern;

            /// The name as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
                if text.len() <= LONGEST && $test(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Refusal::Form { expected: $expected })
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = Refusal;

            fn from_str(text: &str) -> Result<Self, Refusal> {
                Self::parse(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    )+ };
}

names! {
    /// The id of a scenario: lower-case words in a path, `stream/disconnect-mid-object`.
    ScenarioId, path, "^[a-z0-9-]+(/[a-z0-9-]+)*$",
        "a path of lower-case words, such as `stream/disconnect-mid-object`";
    /// The name of a package inside of its scenario: `update`.
    PackageName, word_with_underscores, "^[a-z0-9_-]+$", "a name of lower-case letters, digits, `-` and `_`";
    /// The id of a requirement: `OBJ-031`.
    RequirementId, requirement, "^[A-Z]{2,3}-[0-9]{3}$",
        "a requirement id: two or three capital letters, a hyphen, three digits, such as `OBJ-031`";
    /// The area of a requirement: `OBJ`.
    AreaId, area, "^[A-Z]{2,3}$", "an area of requirements: two or three capital letters, such as `OBJ`";
    /// The number of a section: `10.5`.
    Section, section, "^[0-9]+(\\.[0-9]+)*$", "the number of a section, such as `10.5`";
    /// The id of a failure that happened in the field: `FF-041`.
    FailureId, failure, "^FF-[0-9]{3}$", "a field failure id, such as `FF-041`";
    /// A tag by which scenarios are selected: `resume`.
    Tag, word, "^[a-z0-9-]+$", "a lower-case word, such as `resume`";
}

impl RequirementId {
    /// The letters in front: `OBJ` of `OBJ-031`.
    #[must_use]
    pub fn area(&self) -> &str {
        self.0.split_once('-').map_or("", |(area, _)| area)
    }
}

fn word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

fn word_with_underscores(text: &str) -> bool {
    word(&text.replace('_', "-"))
}

fn path(text: &str) -> bool {
    text.split('/').all(word)
}

fn requirement(text: &str) -> bool {
    text.split_once('-').is_some_and(|(area, number)| {
        self::area(area) && number.len() == 3 && number.bytes().all(|c| c.is_ascii_digit())
    })
}

fn area(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_uppercase())
}

fn section(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit()))
}

fn failure(text: &str) -> bool {
    requirement(text) && text.starts_with("FF-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_form() {
        for good in ["a", "stream/disconnect-mid-object", "a/b/c-1"] {
            assert!(ScenarioId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "/", "a/", "/a", "a//b", "A/b", "a b", "a[b]", "ä"] {
            assert!(ScenarioId::parse(bad).is_err(), "{bad}");
        }
        for (text, good) in
            [("OBJ-031", true), ("CP-001", true), ("OBJ-31", false), ("OBJX-031", false), ("obj-031", false)]
        {
            assert_eq!(RequirementId::parse(text).is_ok(), good, "{text}");
        }
        assert_eq!(RequirementId::parse("CP-001").map(|id| id.area().to_owned()), Ok("CP".to_owned()));
        for (text, good) in [("CP", true), ("OBJ", true), ("O", false), ("OBJX", false), ("obj", false)] {
            assert_eq!(AreaId::parse(text).is_ok(), good, "{text}");
        }
        for (text, good) in [("3", true), ("10.5", true), ("", false), ("1.", false), ("1.x", false)] {
            assert_eq!(Section::parse(text).is_ok(), good, "{text}");
        }
        assert!(FailureId::parse("FF-041").is_ok());
        assert!(FailureId::parse("OBJ-041").is_err());
        assert!(PackageName::parse("sd_bl").is_ok());
        assert!(PackageName::parse(&"a".repeat(121)).is_err());
    }
}
