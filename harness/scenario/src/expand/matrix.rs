//! The matrix and its combinations.

use schemars::{Schema, SchemaGenerator, json_schema};

use crate::case::plain;
use crate::diagnostics::{Problem, ProblemKind, quote};
use crate::model::Chip;
use crate::read::mapping::mapping;
use crate::read::scalars::{Ranged, range};
use crate::read::{Cx, OneOrMore, Shape};
use crate::word::Word;
use crate::yaml::{Node, NodeKind, Scalar, Span, Style};

/// The name of the axis that a list of chips makes.
const CHIP: &str = "chip";

/// The most cases of one scenario.
const MOST_CASES: usize = 1000;

/// The most values that all cases of one scenario have together: what bounds the time of a load.
const MOST_VALUES: usize = 1_000_000;

/// The lists of the matrix, in the order of the file.
pub(crate) struct Matrix(pub(crate) Vec<Axis>);

pub(crate) struct Axis {
    pub(crate) name: String,
    pub(crate) name_span: Span,
    values: Vec<Put>,
}

/// One value of the matrix.
#[derive(Clone)]
pub(crate) struct Put {
    pub(crate) scalar: Scalar,
    pub(crate) span: Option<Span>,
}

/// One combination.
pub(crate) struct Combination {
    pub(crate) chip: Chip,
    /// Values by name, in the order of the case's id.
    pub(crate) values: Vec<(String, Put)>,
    /// Whether the chip is part of the id.
    pub(crate) several_chips: bool,
}

impl Combination {
    /// The values that are part of the case's id.
    pub(crate) fn for_id(&self) -> Vec<(String, String)> {
        let hidden = |name: &str| name == CHIP && !self.several_chips;
        self.values
            .iter()
            .filter(|(name, _)| !hidden(name))
            .map(|(name, put)| (name.clone(), put.scalar.text.clone()))
            .collect()
    }
}

impl Shape for Matrix {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let NodeKind::Map(entries) = &node.kind else {
            cx.wrong_type(node, "lists of values by their names (a mapping)");
            return None;
        };
        let known = cx.problems.len();
        let mut axes = Vec::new();
        for entry in entries {
            if let Some(message) = bad_name(&entry.key) {
                let problem = Problem::new(ProblemKind::BadForm, cx.source, entry.key_span.clone(), message);
                cx.report(problem.label("the name of a list of values"));
            }
            if let Some(values) = values(&entry.value, cx) {
                axes.push(Axis { name: entry.key.clone(), name_span: entry.key_span.clone(), values });
            }
        }
        (cx.problems.len() == known).then_some(Self(axes))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let list = json_schema!({
            "type": "array",
            "items": { "type": ["string", "number", "boolean"] },
            "minItems": 1,
            "uniqueItems": true,
        });
        json_schema!({
            "type": "object",
            "propertyNames": { "pattern": "^[a-z][a-z0-9_-]*$", "not": { "const": CHIP } },
            "additionalProperties": { "anyOf": [list, Range::schema(generator)] },
        })
    }
}

fn bad_name(name: &str) -> Option<String> {
    if name == CHIP {
        return Some("chips are listed at the key `chip` of the scenario, not in the matrix".to_owned());
    }
    let form = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 40
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c));
    let message = || format!("{} is not a name of lower-case letters, digits, `-` and `_`", quote(name));
    (!form).then(message)
}

/// What would end up in a title or an id and does not belong there.
fn odd(text: &str) -> bool {
    text.contains("${") || text.chars().any(char::is_control)
}

fn values(node: &Node, cx: &mut Cx<'_>) -> Option<Vec<Put>> {
    let items = match &node.kind {
        NodeKind::List(items) => items,
        NodeKind::Map(_) => return sweep(node, cx),
        NodeKind::Scalar(_) => {
            cx.wrong_type(node, "a list of values, or a range (`{ from: 1, to: 4096, every: 512 }`)");
            return None;
        }
    };
    if items.is_empty() {
        let problem = cx.problem(ProblemKind::OutOfRange, node, "a list without values makes no case");
        cx.report(problem.label("this is empty"));
    }
    let mut values: Vec<(String, Put)> = Vec::new();
    for item in items.iter().take(MOST_CASES + 1) {
        let Some(scalar) = item.scalar().filter(|scalar| scalar.kind() != "nothing") else {
            cx.wrong_type(item, "a single value");
            continue;
        };
        let in_id = plain(&scalar.text);
        if in_id.is_empty() || scalar.text.len() > 80 || odd(&scalar.text) {
            let problem = cx.problem(ProblemKind::BadForm, item, "this can't be a value of the matrix");
            cx.report(problem.label("expected 1 to 80 characters in one line, without `${`"));
            continue;
        }
        if let Some((_, first)) = values.iter().find(|(known, _)| *known == in_id) {
            let problem =
                cx.problem(ProblemKind::DuplicateKey, item, "this value makes a case of the same id again");
            let problem = problem.label(format!("in an id it is `{in_id}`"));
            let problem = match &first.span {
                Some(span) => problem.also(span.clone(), "first here"),
                None => problem,
            };
            cx.report(problem);
            continue;
        }
        values.push((in_id, Put { scalar: scalar.clone(), span: Some(item.span.clone()) }));
    }
    Some(values.into_iter().map(|(_, put)| put).collect())
}

/// The numbers of a range, counted from its first one.
struct Range {
    from: u32,
    to: u32,
    every: u32,
}

mapping! { Range, "a range of values", |node, cx| {
    required "from" => from: u32, "The first value.";
    required "to" => to: u32, "The last value, if it is met.";
    optional "every" => every: Ranged<u32, { range::EVERY }>, "The distance between two values. 1, which is all of them, by default.";
} => {
    let (from, to) = (from?, to?);
    if let (true, Some(at)) = (to < from, node.get("to")) {
        let problem = cx.problem(ProblemKind::OutOfRange, at, format!("a range from {from} to {to} has no values"));
        cx.report(problem.label("`to` is the last value, and may not be below `from`"));
        return None;
    }
    Some(Range { from, to, every: every.map_or(1, |every| every.0) })
}}

/// Every value of a range; its cases are too many when there are more than a scenario may have.
fn sweep(node: &Node, cx: &mut Cx<'_>) -> Option<Vec<Put>> {
    let Range { from, to, every } = Range::read(node, cx)?;
    let count = u64::from((to - from) / every) + 1;
    if count > MOST_CASES as u64 {
        let problem = cx.problem(ProblemKind::TooLarge, node, format!("this range has {count} values"));
        let label = format!("a scenario makes {MOST_CASES} cases at most");
        cx.report(problem.label(label).help("a larger `every`, or a part of the range"));
        return None;
    }
    let put =
        |value: u32| Put { scalar: Scalar::new(value.to_string(), Style::Plain), span: Some(cx.shown(node)) };
    let values = (from..=to).step_by(every as usize);
    Some(values.map(put).collect())
}

/// All combinations: chips first, then the lists in the order of the file, the last one changing fastest.
///
/// `None` when the chips or the matrix are wrong or too many; that has been reported then.
pub(crate) fn combinations(root: &Node, matrix: &Matrix, cx: &mut Cx<'_>) -> Option<Vec<Combination>> {
    let chips = chips(root, cx)?;
    let mut axes = vec![(CHIP.to_owned(), chips.iter().map(|(_, put)| put.clone()).collect::<Vec<_>>())];
    axes.extend(matrix.0.iter().map(|axis| (axis.name.clone(), axis.values.clone())));
    let count = axes.iter().try_fold(1_usize, |count, (_, values)| count.checked_mul(values.len()));
    let fits =
        count.filter(|count| *count <= MOST_CASES && count.saturating_mul(root.count()) <= MOST_VALUES);
    let Some(count) = fits else {
        let at = root.find(&[crate::yaml::Step::Key("matrix")]);
        let message = match count.filter(|count| *count > MOST_CASES) {
            None if count.is_some() => "the matrix repeats this large file too often".to_owned(),
            None | Some(_) => format!("the matrix makes more than {MOST_CASES} cases"),
        };
        let problem = cx.problem(ProblemKind::TooLarge, at, message);
        cx.report(problem.label("all combinations of these").help("split the scenario into several"));
        return None;
    };
    let combination = |index: usize| {
        let mut rest = index;
        let mut values: Vec<(String, Put)> = axes
            .iter()
            .rev()
            .map(|(name, values)| {
                let value = values[rest % values.len()].clone();
                rest /= values.len();
                (name.clone(), value)
            })
            .collect();
        values.reverse();
        let chip = chips[index * chips.len() / count].0;
        Combination { chip, values, several_chips: chips.len() > 1 }
    };
    Some((0..count).map(combination).collect())
}

fn chips(root: &Node, cx: &mut Cx<'_>) -> Option<Vec<(Chip, Put)>> {
    let put =
        |chip: Chip, span| (chip, Put { scalar: Scalar::new(chip.word().to_owned(), Style::Plain), span });
    let Some(node) = root.get("chip") else { return Some(vec![put(Chip::Nrf52832, None)]) };
    let known = cx.problems.len();
    let OneOrMore(chips) = OneOrMore::<Chip>::read(node, cx)?;
    let nodes: Vec<&Node> = if node.scalar().is_some() { vec![node] } else { node.items().iter().collect() };
    if nodes.is_empty() {
        let problem = cx.problem(ProblemKind::OutOfRange, node, "a list without chips makes no case");
        cx.report(problem.label("this is empty"));
    }
    for (index, chip) in chips.iter().enumerate() {
        // Positions in both lists agree unless a chip was wrong, and then nothing is made of them.
        if let (true, Some(node)) = (chips[..index].contains(chip), nodes.get(index)) {
            let problem =
                cx.problem(ProblemKind::DuplicateKey, node, format!("the chip `{chip}` stands here twice"));
            cx.report(problem.label("again here"));
        }
    }
    let with_span =
        chips.into_iter().zip(&nodes).map(|(chip, node)| put(chip, Some(node.span.clone()))).collect();
    (cx.problems.len() == known).then_some(with_span)
}
