//! The sections of the page: one for every mapping of the schema.

use std::collections::BTreeSet;

use serde_json::Value as Json;

/// A mapping.
pub(super) struct Section {
    /// What it is, with its article: "a fault".
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

/// A key of a mapping.
pub(super) struct Row {
    pub(super) key: String,
    pub(super) required: bool,
    /// What it can be, in Markdown.
    pub(super) value: String,
    /// A sentence about it.
    pub(super) about: String,
    /// Its words, if it is one of a few, and what each means.
    pub(super) words: Vec<(String, String)>,
}

/// Words beyond this number are on a page of their own.
const MOST_WORDS: usize = 30;

/// The order in which the parts of a scenario are explained.
const ORDER: [&str; 12] = [
    "id",
    "title",
    "requirements",
    "from",
    "tags",
    "needs",
    "chip",
    "matrix",
    "device",
    "packages",
    "steps",
    "expect",
];

/// Every mapping of a schema, in the order in which it is met.
pub(super) fn all(schema: &Json) -> Vec<Section> {
    let mut sections = Vec::new();
    visit(schema, &mut BTreeSet::new(), &mut sections);
    sections
}

/// A schema, or the alternatives that it has; without the value of a matrix, which can stand anywhere.
pub(super) fn alternatives(schema: &Json) -> Vec<&Json> {
    for key in ["anyOf", "oneOf"] {
        if let Some(Json::Array(parts)) = schema.get(key) {
            return parts.iter().flat_map(alternatives).collect();
        }
    }
    if schema.get("$ref").is_some() { Vec::new() } else { vec![schema] }
}

/// The title of a mapping with known keys.
pub(super) fn title(schema: &Json) -> Option<&str> {
    schema.get("properties")?;
    schema.get("title")?.as_str()
}

fn visit(schema: &Json, seen: &mut BTreeSet<String>, sections: &mut Vec<Section>) {
    for part in alternatives(schema) {
        if let (Some(title), Some(Json::Object(properties))) = (title(part), part.get("properties")) {
            if !seen.insert(title.to_owned()) {
                continue;
            }
            let required: Vec<&str> =
                part["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
            let mut keys: Vec<(&String, &Json)> = properties.iter().collect();
            let place = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
            let whole = title.starts_with("A Gauntlet");
            keys.sort_by_key(|(key, _)| {
                (if whole { place(key) } else { 0 }, !required.contains(&key.as_str()))
            });
            let rows = keys.iter().map(|(key, value)| row(key, required.contains(&key.as_str()), value));
            sections.push(Section { title: title.to_owned(), rows: rows.collect() });
            keys.into_iter().for_each(|(_, value)| visit(value, seen, sections));
        }
        for inner in ["items", "additionalProperties"] {
            if let Some(inner @ Json::Object(_)) = part.get(inner) {
                visit(inner, seen, sections);
            }
        }
    }
}

fn row(key: &str, required: bool, schema: &Json) -> Row {
    let about = schema.get("description").and_then(Json::as_str).unwrap_or_default().to_owned();
    let words: Vec<(String, String)> = words(schema)
        .into_iter()
        .filter_map(|word| {
            Some((word.get("const")?.as_str()?.to_owned(), word.get("description")?.as_str()?.to_owned()))
        })
        .collect();
    // The words of one value, and of a list of such values, are the same.
    let mut once: Vec<(String, String)> = Vec::new();
    for word in words {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    let words = once;
    let words = if words.len() > MOST_WORDS { Vec::new() } else { words };
    Row { key: key.to_owned(), required, value: value(schema), about, words }
}

/// The words that a value, or an item of a list, can be.
fn words(schema: &Json) -> Vec<&Json> {
    alternatives(schema)
        .into_iter()
        .flat_map(|part| match part.get("items") {
            Some(items) => words(items),
            None => vec![part],
        })
        .filter(|part| part.get("const").is_some())
        .collect()
}

/// What a value can be, in Markdown.
fn value(schema: &Json) -> String {
    let parts = alternatives(schema);
    let constants = parts.iter().filter(|part| part.get("const").is_some()).count();
    if constants > MOST_WORDS {
        return format!("one of [{constants} names](broken-packages.md)");
    }
    let mut said: Vec<String> = Vec::new();
    for part in parts {
        let one = one(part);
        if !said.contains(&one) {
            said.push(one);
        }
    }
    said.join(", ")
}

fn one(part: &Json) -> String {
    let kind = part.get("type").and_then(Json::as_str).unwrap_or_default();
    let text = |key: &str| part.get(key).and_then(Json::as_str);
    if let Some(word) = part.get("const") {
        return format!("`{}`", word.as_str().unwrap_or_default());
    }
    if let Some(Json::Array(words)) = part.get("enum") {
        if words.len() > MOST_WORDS {
            return "a [reason](broken-packages.md)".to_owned();
        }
        return words
            .iter()
            .filter_map(Json::as_str)
            .map(|w| format!("`{w}`"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    if let Some(title) = title(part) {
        return format!("[{title}](#{})", anchor(title));
    }
    match kind {
        "array" => format!("a list of: {}", part.get("items").map_or_else(String::new, value)),
        "object" => {
            format!("names, each with {}", part.get("additionalProperties").map_or_else(String::new, value))
        }
        "boolean" => "`true`, `false`".to_owned(),
        "integer" => {
            let what = text("title").unwrap_or("a number");
            match (part["minimum"].as_u64(), part["maximum"].as_u64()) {
                (Some(0), Some(0xFFFF_FFFF)) => "a number".to_owned(),
                (Some(low), Some(0xFFFF_FFFF)) => format!("{what}, from {low}"),
                (Some(low), Some(high)) => format!("{what}, {low} to {high}"),
                _ => what.to_owned(),
            }
        }
        _ => match text("title") {
            Some(title) => format!("[{title}](#values)"),
            None if part.get("minLength").is_some() => "text".to_owned(),
            None => "a text, a number, `true` or `false`".to_owned(),
        },
    }
}

/// A heading as the anchor that web pages make of it.
pub(super) fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}
