//! Reads a catalogue from the tree of its file.

use super::{Area, Observation, Requirement};
use crate::quantity::{AreaId, RequirementId, Section};
use crate::read::mapping::mapping;
use crate::read::scalars::{Text, read_words};

read_words!(Observation);

/// A catalogue as it is written.
pub(super) struct Contents {
    pub(super) areas: Vec<Area>,
    pub(super) requirements: Vec<Requirement>,
}

mapping! { Contents, "a requirement catalogue", |_node, cx| {
    required "areas" => areas: Vec<Area>, "The areas, in the order in which they are shown.";
    required "requirements" => requirements: Vec<Requirement>, "The requirements.";
} => Some(Contents { areas: areas?, requirements: requirements? }) }

mapping! { Area, "an area", |_node, cx| {
    required "area" => area: AreaId, "The letters in front of the numbers.";
    required "title" => title: Text, "What the area is about.";
} => Some(Area { id: area?, title: title?.0 }) }

mapping! { Requirement, "a requirement", |_node, cx| {
    required "id" => id: RequirementId, "The id, by which scenarios and code cite it.";
    required "says" => says: Text, "What must hold, in one sentence.";
    required "section" => section: Section, "The section of the specification where it stands in full.";
    required "observed" => observed: Vec<Observation>, "Where it shows.";
    optional "not_tested" => not_tested: Text, "Why no scenario can test it.";
} => Some(Requirement {
    id: id?,
    says: says?.0,
    section: section?,
    observed: observed?,
    not_tested: not_tested.map(|reason| reason.0),
}) }
