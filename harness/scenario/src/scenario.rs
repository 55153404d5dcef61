//! One scenario: a file, and the cases that it stands for.

use std::sync::Arc;

use crate::case::{Case, case_id};
use crate::check;
use crate::diagnostics::{Problem, ProblemKind, Severity, nearest};
use crate::expand::{self, Combination, Known, Matrix};
use crate::model::{ClosingUpdate, Expect, ExpectedSettings};
use crate::quantity::ScenarioId;
use crate::read::{Cx, Head, Shape};
use crate::requirements::Catalogue;
use crate::suite::PackageFiles;
use crate::yaml::{self, Entry, Node, Source, Span};

/// A scenario that has passed every check.
#[derive(Clone, Debug)]
pub struct Scenario {
    id: ScenarioId,
    id_span: Span,
    source: Source,
    cases: Vec<Case>,
}

impl Scenario {
    /// Reads a scenario. What is wrong is added to `problems`; with an error among that there is no scenario.
    pub(crate) fn read(
        source: &Source,
        files: &dyn PackageFiles,
        catalogue: Option<&Catalogue>,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let mut syntax = Vec::new();
        let root = yaml::parse(source, &mut syntax);
        let mut cx = Cx::new(source, files);
        syntax.into_iter().for_each(|problem| cx.report(problem));
        let cases = match root {
            Ok(root) => {
                if let Some(catalogue) = catalogue {
                    check::requirements(&root, catalogue, &mut cx);
                    check::failures(&root, catalogue, &mut cx);
                }
                cases(&root, &mut cx).map(|cases| (root, cases))
            }
            Err(problem) => {
                rest(source, &problem, files, &mut cx);
                cx.report(*problem);
                None
            }
        };
        let failed = cx.problems.iter().any(|problem| problem.severity() == Severity::Error);
        cx.problems.sort_by_key(|problem| (problem.place(), problem.kind()));
        problems.append(&mut cx.problems);
        let (root, cases) = cases.filter(|_| !failed)?;
        let id = cases.first()?.scenario.clone();
        let id_span = root.get("id")?.span.clone();
        Some(Self { id, id_span, source: source.clone(), cases })
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &ScenarioId {
        &self.id
    }

    /// The file, as it was named when it was loaded.
    #[must_use]
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// The cases: one for every combination of the matrix; at least one.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn id_span(&self) -> Span {
        self.id_span.clone()
    }
}

/// The other mistakes of a file with a slip in its YAML, as far as they are mistakes without what the slip hides.
fn rest(source: &Source, slip: &Problem, files: &dyn PackageFiles, cx: &mut Cx<'_>) {
    let mut slips = Vec::new();
    let root = yaml::parse_rest(source, slip, &mut slips);
    slips.into_iter().for_each(|problem| cx.report(problem));
    let Some(root) = root else { return };
    let mut inner = Cx::new(source, files);
    Head::read(&root, &mut inner);
    let root = inner.as_read(root);
    if root.get("packages").is_some() {
        check::named_packages(&root, &mut inner);
    }
    let missing = |problem: &Problem| {
        let front = root.entries().first().map(|entry| entry.key_span.start);
        problem.kind() == ProblemKind::MissingKey && Some(problem.offset()) == front
    };
    // What the matrix would have put in is not known.
    let certain = |problem: &Problem| !missing(problem) && !problem.token().contains("${");
    inner.problems.into_iter().filter(certain).for_each(|problem| cx.report(problem));
}

fn cases(root: &Node, cx: &mut Cx<'_>) -> Option<Vec<Case>> {
    let matrix = match root.get("matrix").or_else(|| misspelt_matrix(root)) {
        Some(node) => Matrix::read(node, cx),
        None => Some(Matrix(Vec::new())),
    };
    let combinations = matrix.as_ref().and_then(|matrix| expand::combinations(root, matrix, cx));
    let (Some(matrix), Some(combinations)) = (matrix, combinations) else {
        // Without the matrix a scenario that uses it can't be read. One that does not is read for its other mistakes.
        let mut inner = cx.again();
        if let Some(head) = Head::read(root, &mut inner) {
            drop(head);
        }
        // What the matrix would have put in is not known.
        let certain = |problem: &Problem| !problem.token().contains("${");
        inner.problems.into_iter().filter(certain).for_each(|problem| cx.report(problem));
        return None;
    };
    let names = ["chip"].into_iter().chain(matrix.0.iter().map(|axis| axis.name.as_str())).collect();
    let mut known = Known { names, used: Default::default() };
    expand::check(root, &mut known, cx);
    check::once(root, cx);
    let mut cases = Vec::new();
    for combination in &combinations {
        let tree = expand::substitute(root, combination);
        let case = read_case(&tree, combination, cx);
        let tree = cx.as_read(tree);
        match case {
            Some(case) => {
                check::case(&case, &tree, cx);
                cases.push(case);
            }
            None => check::named_packages(&tree, cx),
        }
    }
    // With a mistake in the file, what is not used may only be misspelt where it is used.
    if cx.problems.is_empty() {
        check::unused_lists(&matrix, &known, cx);
        check::unused_packages(&cases, root, cx);
        check::same_cases(&cases, &combinations, cx);
    }
    Some(cases)
}

/// The matrix under a misspelt key, which is reported with the other keys. Every placeholder would be said to be unknown
/// without it.
fn misspelt_matrix(root: &Node) -> Option<&Node> {
    let known = Head::keys();
    let meant = |entry: &&Entry| {
        known.iter().all(|key| key.name != entry.key) && nearest(&entry.key, ["matrix"]).is_some()
    };
    root.entries().iter().find(meant).map(|entry| &entry.value)
}

fn read_case(tree: &Node, combination: &Combination, cx: &mut Cx<'_>) -> Option<Case> {
    let head = Head::read(tree, cx)?;
    let values = combination.for_id();
    let bootloader = &head.device.bootloader;
    let packages =
        head.packages.0.into_iter().map(|(name, package)| (name, package.complete(bootloader))).collect();
    Some(Case {
        id: case_id(&head.id, &values),
        scenario: head.id,
        file: Arc::from(cx.source.name()),
        title: head.title,
        requirements: head.requirements,
        from: head.from,
        tags: head.tags,
        needs: head.needs,
        chip: combination.chip,
        values,
        device: head.device,
        packages,
        steps: head.steps,
        expect: head.expect.unwrap_or(Expect {
            place: cx.place(&tree.span),
            mode: None,
            application: None,
            softdevice: None,
            bootloader: None,
            settings: ExpectedSettings::default(),
            unchanged: Vec::new(),
            closing_update: ClosingUpdate::Completed,
        }),
    })
}
