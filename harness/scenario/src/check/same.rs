//! Values of the matrix that are written differently and mean the same.

use crate::case::Case;
use crate::diagnostics::{Problem, ProblemKind, quote};
use crate::expand::Combination;
use crate::read::Cx;

/// More cases than this are not held against each other.
const MOST: usize = 100;

/// Two cases that do the same to the same device, and expect the same of it.
pub(crate) fn same_cases(cases: &[Case], combinations: &[Combination], cx: &mut Cx<'_>) {
    if cases.len() != combinations.len() || cases.len() > MOST || !cx.problems.is_empty() {
        return;
    }
    for (number, case) in cases.iter().enumerate() {
        let Some(first) = cases[..number].iter().position(|other| is_same(case, other)) else { continue };
        let (one, other) = (&combinations[first].values, &combinations[number].values);
        let differs =
            one.iter().zip(other).find(|((_, one), (_, other))| one.scalar.text != other.scalar.text);
        let Some(((_, one), (_, other))) = differs else { continue };
        let Some(span) = other.span.clone() else { continue };
        let message =
            format!("{} makes the same case as {}", quote(&other.scalar.text), quote(&one.scalar.text));
        let problem = Problem::new(ProblemKind::Unused, cx.source, span, message).label("the same again");
        return cx.report(match &one.span {
            Some(first) if *first != problem_span(other) => problem.also(first.clone(), "as here"),
            _ => problem,
        });
    }
}

fn problem_span(put: &crate::expand::Put) -> crate::yaml::Span {
    put.span.clone().unwrap_or_default()
}

fn is_same(one: &Case, other: &Case) -> bool {
    one.chip == other.chip
        && one.device == other.device
        && one.packages == other.packages
        && one.steps == other.steps
        && one.expect == other.expect
}
