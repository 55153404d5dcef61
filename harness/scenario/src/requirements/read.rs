//! Reads a catalogue from the tree of its file.

use super::{Area, FieldFailure, Observation, Requirement};
use crate::quantity::{AreaId, FailureId, RequirementId, Section};
use crate::read::mapping::mapping;
use crate::read::scalars::{Text, read_words};

read_words!(Observation);

/// A catalogue as it is written.
pub(super) struct Contents {
    pub(super) areas: Vec<Area>,
    pub(super) requirements: Vec<Requirement>,
    pub(super) failures: Vec<FieldFailure>,
}

mapping! { Contents, "a requirement catalogue", |_node, cx| {
    required "areas" => areas: Vec<Area>, "The areas, in the order in which they are shown.";
    required "requirements" => requirements: Vec<Requirement>, "The requirements.";
    optional "failures" => failures: Vec<FieldFailure>, "What has failed in the field.";
} => Some(Contents { areas: areas?, requirements: requirements?, failures: failures.unwrap_or_default() }) }

mapping! { FieldFailure, "a failure", |_node, cx| {
    required "id" => id: FailureId, "The id, by which scenarios cite it.";
    required "says" => says: Text, "What was seen, in one sentence.";
    optional "not_recreated" => not_recreated: Text, "Why no scenario can make it happen.";
} => Some(FieldFailure { id: id?, says: says?.0, not_recreated: not_recreated.map(|reason| reason.0) }) }

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
