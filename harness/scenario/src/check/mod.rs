//! Checks that go across a scenario: what is named exists, and what is counted is there.
//!
//! A check works on the typed case and finds the place of what it complains about by its path in the tree.

mod agree;
mod asked;
mod bounds;
mod caused;
mod cited;
mod fits;
mod kept;
mod names;
mod once;
mod port;
mod same;
mod unused;
mod way_in;

pub(crate) use cited::{failures, requirements};
pub(crate) use names::written as named_packages;
pub(crate) use once::once;
pub(crate) use same::same_cases;
pub(crate) use unused::{unused_lists, unused_packages};

use crate::case::Case;
use crate::read::Cx;
use crate::yaml::Node;

/// Checks one case against the tree that it was read from.
pub(crate) fn case(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    names::check(case, root, cx);
    bounds::check(case, root, cx);
    caused::check(case, root, cx);
    fits::check(case, root, cx);
    port::check(case, root, cx);
    way_in::check(case, root, cx);
    asked::check(case, root, cx);
    agree::check(case, root, cx);
    kept::check(case, root, cx);
}
