//! Mappings with known keys.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::{Schema, SchemaGenerator};

use super::{Cx, Shape, advice};
use crate::diagnostics::{Problem, ProblemKind, nearest, quote, words};
use crate::yaml::{Entry, Node, NodeKind, Scalar, Span, Style};

/// One key of a mapping.
pub(crate) struct KeyInfo {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) about: &'static str,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
}

/// A mapping whose keys have been checked.
pub(crate) struct Mapping<'n> {
    /// The mapping, with misspelt keys as they were meant.
    node: Cow<'n, Node>,
    /// The keys among them.
    respelt: Vec<&'static str>,
    /// Keys that are not there because something else was written for them.
    guessed: Vec<&'static str>,
}

impl<'n> Mapping<'n> {
    /// Takes a node as a mapping. Unknown and missing keys are reported; a mapping with such keys can still be read. A key
    /// that is misspelt is read as the one that was meant, so that nothing else is said to be missing because of it.
    pub(crate) fn check(node: &'n Node, what: &str, keys: &[KeyInfo], cx: &mut Cx<'_>) -> Option<Self> {
        let NodeKind::Map(entries) = &node.kind else {
            let help = instead(node, what, keys);
            cx.wrong_type_for(node, &format!("{what} (a mapping)"), Some(help));
            return None;
        };
        let mut mapping = Self { node: Cow::Borrowed(node), respelt: Vec::new(), guessed: Vec::new() };
        for (index, entry) in entries.iter().enumerate() {
            if keys.iter().all(|key| key.name != entry.key) {
                mapping.unknown(index, entry, what, keys, cx);
            }
        }
        // What a merge key was to bring is not known.
        let merged = node.get("<<").is_some();
        let missing = |key: &&KeyInfo| {
            let known = mapping.node.get(key.name).is_some() || mapping.guessed.contains(&key.name);
            !merged && key.required && !known
        };
        for key in keys.iter().filter(missing) {
            let span = entries
                .first()
                .map_or_else(|| cx.shown(node), |first| opening(node, first.key_span.clone(), cx));
            let message = format!("{what} needs the key `{}`", key.name);
            cx.report(
                Problem::new(ProblemKind::MissingKey, cx.source, span, message)
                    .label(format!("`{}` is missing here", key.name))
                    .help(format!("{}: {}", key.name, key.about.trim())),
            );
        }
        Some(mapping)
    }

    /// Reports an unknown key, and puts the one that was probably meant in its place.
    fn unknown(&mut self, index: usize, entry: &Entry, what: &str, keys: &[KeyInfo], cx: &mut Cx<'_>) {
        let names = || keys.iter().map(|key| key.name);
        let free = || names().filter(|name| self.node.get(name).is_none());
        if let Some((name, value)) = without_blank(entry, free()) {
            let text = value.scalar().map_or("", |scalar| scalar.text.as_str());
            let message = format!("a blank is missing behind the colon of `{name}`");
            let problem = Problem::new(ProblemKind::Syntax, cx.source, entry.key_span.clone(), message)
                .label(format!("write {}", quote(&format!("{name}: {text}"))))
                .help("a key ends with `: `");
            cx.report(problem);
            return self.respell(index, name, Some(value), entry, cx);
        }
        let message = format!("{what} has no key {}", quote(&entry.key));
        let problem = Problem::new(ProblemKind::UnknownKey, cx.source, entry.key_span.clone(), message);
        // `nearest` gives a borrowed name; the declared one lives as long as the program.
        let near = nearest(&entry.key, free()).and_then(|near| names().find(|name| *name == near));
        let meant = near.or_else(|| advice::meant_key(&entry.key, free()));
        let problem = match meant {
            Some(name) => problem.label(format!("did you mean `{name}`?")),
            None => match belongs(&entry.key, what) {
                Some(label) => problem.label(label),
                None => problem.label("unknown key"),
            },
        };
        let help = match keys {
            _ if entry.key == "<<" => {
                "merge keys are no part of YAML 1.2: write the keys out, or repeat a whole value with `*name`"
                    .to_owned()
            }
            _ if meant.is_none() && advice::elsewhere(&entry.key).is_some() => {
                advice::elsewhere(&entry.key).unwrap_or_default().to_owned()
            }
            [only] => format!("the only key of {what} is `{}`", only.name),
            _ => format!("the keys of {what} are {}", words(names())),
        };
        cx.report(problem.help(help));
        if let Some(name) = near {
            self.respell(index, name, None, entry, cx);
        } else {
            self.guessed.extend(meant);
        }
    }

    fn respell(
        &mut self,
        index: usize,
        name: &'static str,
        value: Option<Node>,
        entry: &Entry,
        cx: &mut Cx<'_>,
    ) {
        if let NodeKind::Map(entries) = &mut self.node.to_mut().kind
            && let Some(changed) = entries.get_mut(index)
        {
            name.clone_into(&mut changed.key);
            if let Some(value) = value {
                changed.value = value;
            }
            self.respelt.push(name);
            cx.respelt(&entry.key_span, name);
        }
    }

    /// The mapping, with misspelt keys as they were meant.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Reads the value of a key, if the key is there and its value is right.
    pub(crate) fn read<T: Shape>(&self, key: &str, cx: &mut Cx<'_>) -> Option<T> {
        let value = self.node.get(key)?;
        if !self.respelt.contains(&key) {
            return T::read(value, cx);
        }
        // A value that does not fit at all says that another key was meant; what is wrong inside of it is worth a word.
        cx.tried(value, T::read)
    }
}

/// A key and a value with no blank between them, as in `{ do:drop }`, taken apart.
fn without_blank(
    entry: &Entry,
    mut free: impl Iterator<Item = &'static str>,
) -> Option<(&'static str, Node)> {
    let (key, text) = entry.key.split_once(':')?;
    let empty = entry.value.scalar().is_some_and(|scalar| scalar.kind() == "nothing");
    let name = free.find(|name| *name == key.trim()).filter(|_| empty && !text.trim().is_empty())?;
    let kind = NodeKind::Scalar(Scalar::new(text.trim().to_owned(), Style::Plain));
    Some((name, Node { span: entry.key_span.clone(), kind }))
}

/// What to write in place of a value that is no mapping.
fn instead(node: &Node, what: &str, keys: &[KeyInfo]) -> String {
    let text = node.scalar().map_or("", |scalar| scalar.text.as_str());
    if keys.iter().any(|key| key.name == text) {
        return format!("write {}", quote(&format!("{{ {text}: ... }}")));
    }
    let has_word = |key: &&KeyInfo| {
        let schema = (key.schema)(&mut SchemaGenerator::default()).to_value();
        alternatives(&schema).into_iter().any(|part| part["const"].as_str() == Some(text))
    };
    if let Some(key) = keys.iter().find(has_word) {
        return format!("write {}", quote(&format!("{{ {}: {text} }}", key.name)));
    }
    match keys {
        [only] => format!("the only key of {what} is `{}`", only.name),
        _ => format!("the keys of {what} are {}", words(keys.iter().map(|key| key.name))),
    }
}

/// The mappings of a scenario by their titles: their keys, each with the titles of what can stand behind it.
type Owners = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Made once, of the schema.
static OWNERS: LazyLock<Owners> = LazyLock::new(|| {
    let mut owners = Owners::new();
    note(&super::Head::schema(&mut SchemaGenerator::default()).to_value(), &mut owners);
    owners
});

/// Where a key belongs that stands in the wrong mapping `what`: below a key of this one, or elsewhere in a scenario.
fn belongs(wrong: &str, what: &str) -> Option<String> {
    let own = OWNERS.get(what)?;
    let has = |title: &String| OWNERS.get(title).is_some_and(|keys| keys.contains_key(wrong));
    if let Some((key, _)) = own.iter().find(|(_, titles)| titles.iter().any(has)) {
        return Some(format!("it belongs below `{key}`"));
    }
    let owners: Vec<&str> =
        OWNERS.iter().filter(|(_, keys)| keys.contains_key(wrong)).map(|(owner, _)| owner.as_str()).collect();
    match owners.as_slice() {
        [] => None,
        [owner] => Some(format!("this is a key of {owner}")),
        [first, second, ..] => Some(format!("this is a key of {first}, or of {second}")),
    }
}

fn note(schema: &serde_json::Value, owners: &mut Owners) {
    for part in alternatives(schema) {
        if let (Some(title), Some(properties)) = (part["title"].as_str(), part["properties"].as_object())
            && !owners.contains_key(title)
        {
            let titles = |value: &serde_json::Value| -> Vec<String> {
                alternatives(value)
                    .into_iter()
                    .filter_map(|part| part["title"].as_str())
                    .map(str::to_owned)
                    .collect()
            };
            let keys = properties.iter().map(|(key, value)| (key.clone(), titles(value))).collect();
            owners.insert(title.to_owned(), keys);
            properties.values().for_each(|value| note(value, owners));
        }
        for inner in ["items", "additionalProperties"].into_iter().filter_map(|inner| part.get(inner)) {
            note(inner, owners);
        }
    }
}

/// A schema, or the alternatives that it has.
fn alternatives(schema: &serde_json::Value) -> Vec<&serde_json::Value> {
    for key in ["anyOf", "oneOf"] {
        if let Some(parts) = schema.get(key).and_then(serde_json::Value::as_array) {
            return parts.iter().flat_map(alternatives).collect();
        }
    }
    vec![schema]
}

/// Where a mapping is pointed at: a mapping in braces as a whole if it is on one line, another one at its first key.
fn opening(node: &Node, first_key: Span, cx: &Cx<'_>) -> Span {
    let braces = cx.source.text().get(node.span.clone()).is_some_and(|text| text.starts_with('{'));
    if braces { cx.shown(node) } else { first_key }
}

/// The schema of a mapping.
pub(crate) fn object(what: &str, keys: &[KeyInfo], generator: &mut SchemaGenerator) -> Schema {
    let mut properties = serde_json::Map::new();
    for key in keys {
        let mut schema = (key.schema)(generator);
        schema.insert("description".to_owned(), key.about.trim().into());
        properties.insert(key.name.to_owned(), schema.to_value());
    }
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    schemars::json_schema!({
        "title": what,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Declares the keys of a mapping and how the value is made from them.
///
/// Every key becomes a variable of the type `Option<T>`, which is `None` when the key is not there or its value is
/// wrong. A `required` key that is missing has been reported already.
macro_rules! mapping {
    (
        $type:ty, $what:literal, |$node:ident, $cx:ident| {
            $( $need:ident $key:literal => $variable:ident: $shape:ty, $about:literal; )+
        } => $make:expr
    ) => {
        impl $type {
            pub(crate) fn keys() -> Vec<$crate::read::KeyInfo> {
                vec![$( $crate::read::KeyInfo {
                    name: $key,
                    required: $crate::read::mapping::need!($need),
                    about: $about,
                    schema: <$shape as $crate::read::Shape>::schema,
                } ),+]
            }
        }

        impl $crate::read::Shape for $type {
            fn read($node: &$crate::yaml::Node, $cx: &mut $crate::read::Cx<'_>) -> Option<Self> {
                let mapping = $crate::read::Mapping::check($node, $what, &Self::keys(), $cx)?;
                $( let $variable: Option<$shape> = mapping.read($key, $cx); )+
                let $node = mapping.node();
                // Not every mapping looks at itself again.
                let _ = $node;
                $make
            }

            fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::read::mapping::object($what, &Self::keys(), generator)
            }
        }
    };
}

macro_rules! need {
    (required) => {
        true
    };
    (optional) => {
        false
    };
}

pub(crate) use {mapping, need};
