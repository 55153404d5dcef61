//! Filters: of the chosen cases, those that have a tag, check a requirement, come from a field failure, or need something.

use std::collections::BTreeSet;

use gauntlet_scenario::Case;

use crate::args::FilterArgs;
use crate::display::tame;
use crate::failure::Failure;

/// One kind of filter.
struct Kind<'a> {
    option: &'static str,
    what: &'static str,
    wanted: &'a [String],
    /// What a case has of it.
    of: fn(&Case) -> Vec<String>,
}

/// The cases that have one of the wanted words of every kind.
pub(crate) fn apply<'c>(cases: Vec<&'c Case>, filter: &FilterArgs) -> Result<Vec<&'c Case>, Failure> {
    let mut left = cases.clone();
    for kind in kinds(filter).iter().filter(|kind| !kind.wanted.is_empty()) {
        for word in kind.wanted {
            if !cases.iter().any(|case| has(kind, case, word)) {
                return Err(nobody_has(kind, word, &cases));
            }
        }
        left.retain(|case| kind.wanted.iter().any(|word| has(kind, case, word)));
    }
    if left.is_empty() && !cases.is_empty() {
        return Err(Failure::NothingSelected {
            what: format!("nothing is selected: none of {} cases has all of this", cases.len()),
            advice:
                "several filters of one kind mean any of them, filters of different kinds mean each of them"
                    .to_owned(),
        });
    }
    Ok(left)
}

fn kinds(filter: &FilterArgs) -> [Kind<'_>; 4] {
    let words = |option, what, wanted, of| Kind { option, what, wanted, of };
    [
        words("--tag", "the tag", &filter.tags, |case| {
            case.tags.iter().map(|tag| tag.as_str().to_owned()).collect()
        }),
        words("--requirement", "the requirement", &filter.requirements, |case| {
            case.requirements.iter().map(|id| id.as_str().to_owned()).collect()
        }),
        words("--field-failure", "the field failure", &filter.field_failures, |case| {
            case.from.iter().map(|id| id.as_str().to_owned()).collect()
        }),
        words("--need", "the need", &filter.needs, |case| {
            case.capabilities().iter().map(ToString::to_string).collect()
        }),
    ]
}

/// A word is meant as a whole; that of a requirement may be its area.
fn has(kind: &Kind<'_>, case: &Case, word: &str) -> bool {
    let area =
        |id: &str| kind.option == "--requirement" && id.split_once('-').is_some_and(|(area, _)| area == word);
    (kind.of)(case).iter().any(|have| have == word || area(have))
}

fn nobody_has(kind: &Kind<'_>, word: &str, cases: &[&Case]) -> Failure {
    let words: BTreeSet<String> = cases.iter().flat_map(|case| (kind.of)(case)).collect();
    let nearest = gauntlet_scenario::nearest_word(word, words.iter().map(String::as_str));
    let mut advice: Vec<String> = nearest.map(|near| format!("did you mean `{near}`?")).into_iter().collect();
    // Requirements and failures are too many to name them all.
    if words.len() <= 30 {
        let all: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        advice.push(format!("there is {}", all.join(", ")));
    } else if kind.option == "--requirement" {
        advice.push("`gauntlet requirements` lists them, and what tests each".to_owned());
    }
    Failure::NothingSelected {
        what: format!("nothing is selected: no case has {} `{}`", kind.what, tame(word)),
        advice: advice.join("\n"),
    }
}
