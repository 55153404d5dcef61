//! What a catalogue says, typed.

use std::collections::BTreeMap;

use super::{Observation, check, read};
use crate::diagnostics::{Diagnostics, Problem, Severity, nearest};
use crate::quantity::{AreaId, FailureId, RequirementId, Section};
use crate::read::{Cx, Shape};
use crate::suite::NoFiles;
use crate::yaml::{self, Source};

/// Requirements that have passed every check, by area in the order of the catalogue, then by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    areas: Vec<Area>,
    requirements: Vec<Requirement>,
    failures: Vec<FieldFailure>,
    /// Where each requirement stands, by its id: every scenario cites some.
    places: BTreeMap<String, usize>,
}

/// Requirements that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// The letters in front of the numbers: `OBJ`.
    pub id: AreaId,
    /// What the area is about.
    pub title: String,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The id, by which it is cited.
    pub id: RequirementId,
    /// What must hold, in one sentence.
    pub says: String,
    /// The section of the specification where it stands in full.
    pub section: Section,
    /// Where it shows; never empty.
    pub observed: Vec<Observation>,
    /// Why no scenario can test it, if that is so.
    pub not_tested: Option<String>,
}

/// A failure that happened to somebody in the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFailure {
    /// The id, by which it is cited.
    pub id: FailureId,
    /// What was seen.
    pub says: String,
    /// Why no scenario can make it happen, if that is so.
    pub not_recreated: Option<String>,
}

impl Catalogue {
    /// Reads a catalogue.
    ///
    /// ```
    /// use gauntlet_scenario::{Catalogue, Source};
    ///
    /// let text = r#"
    /// areas: [{ area: CP, title: Control point }]
    /// requirements:
    ///   - { id: CP-019, says: After a reset the command object is selected., section: 1.4, observed: [answer] }
    /// "#;
    /// let catalogue = Catalogue::read(&Source::new("requirements.yaml", text))?;
    /// assert_eq!(catalogue.requirements()[0].id.area(), "CP");
    /// # Ok::<(), gauntlet_scenario::Diagnostics>(())
    /// ```
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn read(source: &Source) -> Result<Self, Diagnostics> {
        let (catalogue, problems) = Self::read_with_problems(source);
        catalogue.ok_or_else(|| problems.into_iter().collect())
    }

    /// Reads a catalogue, if nothing is wrong with it, and tells what is wrong or looks odd.
    pub(crate) fn read_with_problems(source: &Source) -> (Option<Self>, Vec<Problem>) {
        let mut syntax = Vec::new();
        let root = yaml::parse(source, &mut syntax);
        let mut cx = Cx::new(source, &NoFiles);
        syntax.into_iter().for_each(|problem| cx.report(problem));
        let catalogue = match root {
            Ok(root) => read::Contents::read(&root, &mut cx).map(|contents| {
                check::catalogue(&cx.as_read(root), &mut cx);
                Self::new(contents)
            }),
            Err(problem) => {
                cx.report(*problem);
                None
            }
        };
        cx.problems.sort_by_key(|problem| (problem.place(), problem.kind()));
        let failed = cx.problems.iter().any(|problem| problem.severity() == Severity::Error);
        (catalogue.filter(|_| !failed), cx.problems)
    }

    fn new(contents: read::Contents) -> Self {
        let read::Contents { areas, mut requirements, mut failures } = contents;
        let place = |area: &str| areas.iter().position(|known| known.id.as_str() == area);
        requirements.sort_by_cached_key(|requirement| (place(requirement.id.area()), requirement.id.clone()));
        failures.sort_by(|one, other| one.id.cmp(&other.id));
        let ids = requirements.iter().map(|requirement| requirement.id.as_str().to_owned());
        let places = ids.zip(0..).collect();
        Self { areas, requirements, failures, places }
    }

    /// The failures of the field, by number; none in a catalogue that is about requirements only.
    #[must_use]
    pub fn failures(&self) -> &[FieldFailure] {
        &self.failures
    }

    /// The areas, in the order of the file.
    #[must_use]
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// The requirements, by area, then by number.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The requirement with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.requirements.get(*self.places.get(id)?)
    }

    /// The requirements of an area; none if there is no such area.
    pub fn area<'a>(&'a self, area: &'a str) -> impl Iterator<Item = &'a Requirement> {
        self.requirements.iter().filter(move |requirement| requirement.id.area() == area)
    }

    /// The id or area that was probably meant, if one is near enough.
    #[must_use]
    pub fn nearest(&self, wrong: &str) -> Option<&str> {
        let areas = self.areas.iter().map(|area| area.id.as_str());
        let ids = self.requirements.iter().map(|requirement| requirement.id.as_str());
        nearest(wrong, areas.chain(ids))
    }
}
