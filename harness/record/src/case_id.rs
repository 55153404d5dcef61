//! The stable, hierarchical name of one case.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of one case, for example `stream/disconnect-mid-object` or `cuts/activation[op=17]`.
///
/// Parts are separated by `/`. An id is what a user types, what a report shows and what two runs are compared by, so
/// it never contains anything that depends on the order of cases. It holds at least one part, no part is empty, and
/// it contains neither white space nor control characters. Slashes inside `[...]` do not separate parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseId(String);

/// Why a text is not a [`CaseId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseIdError {
    /// Nothing at all, or nothing between two slashes, or a slash at an end.
    #[error("case id `{id}` has an empty part")]
    EmptyPart {
        /// The refused text.
        id: String,
    },
    /// A blank, a line break or another character that can't be typed safely on a command line.
    #[error("case id `{id}` contains {character:?}, which an id must not contain")]
    BadCharacter {
        /// The refused text.
        id: String,
        /// The first offending character.
        character: char,
    },
}

impl CaseId {
    /// Checks a text and makes it an id.
    ///
    /// # Errors
    /// [`CaseIdError`] when a part is empty or a character is white space, a quote or a control character.
    pub fn new(id: impl Into<String>) -> Result<Self, CaseIdError> {
        let id = id.into();
        let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\'' | '"' | '`' | '\\');
        if let Some(character) = id.chars().find(|&c| bad(c)) {
            return Err(CaseIdError::BadCharacter { id, character });
        }
        let candidate = Self(id);
        if candidate.parts().any(str::is_empty) {
            return Err(CaseIdError::EmptyPart { id: candidate.0 });
        }
        Ok(candidate)
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first part: the area the case belongs to, for example `stream`.
    pub fn group(&self) -> &str {
        self.parts().next().unwrap_or(&self.0)
    }

    /// Everything before the last part, or the only part when there is but one.
    pub fn parent(&self) -> &str {
        let last = self.parts().last().map_or(0, str::len);
        if last == self.0.len() { &self.0 } else { &self.0[..self.0.len() - last - 1] }
    }

    /// The parts between the slashes; a slash inside brackets belongs to a matrix value and does not count.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let mut depth = 0_i32;
        self.0.split(move |c| {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            c == '/' && depth <= 0
        })
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for CaseId {
    type Error = CaseIdError;
    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::new(id)
    }
}

impl From<CaseId> for String {
    fn from(id: CaseId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_group_and_parent() {
        let id = CaseId::new("power/cut/activation[path=a/b]").unwrap();
        assert_eq!(id.parts().collect::<Vec<_>>(), ["power", "cut", "activation[path=a/b]"]);
        assert_eq!(id.group(), "power");
        assert_eq!(id.parent(), "power/cut");
        let single = CaseId::new("smoke").unwrap();
        assert_eq!((single.group(), single.parent()), ("smoke", "smoke"));
    }

    #[test]
    fn bad_ids_are_refused_with_the_reason() {
        for id in ["", "/a", "a/", "a//b"] {
            assert_eq!(CaseId::new(id), Err(CaseIdError::EmptyPart { id: id.into() }), "{id}");
        }
        for (id, character) in [("a b", ' '), ("a\nb", '\n'), ("a\0", '\0'), ("a'b", '\'')] {
            assert_eq!(
                CaseId::new(id),
                Err(CaseIdError::BadCharacter { id: id.into(), character }),
                "{id:?}"
            );
        }
    }

    #[test]
    fn an_id_is_checked_when_it_is_read_too() {
        assert!(serde_json::from_str::<CaseId>("\"a/b\"").is_ok());
        assert!(serde_json::from_str::<CaseId>("\"a//b\"").is_err());
    }
}
