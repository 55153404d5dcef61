//! Finds an example of every key in whole scenarios.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::section::{alternatives, title};
use crate::yaml::{self, Node, NodeKind, Source};

/// The most characters of an example that stand in a table.
const LONGEST: usize = 60;

/// A key as a scenario writes it.
pub(super) struct Found {
    /// `key: value`; the value is left out where it is long.
    pub(super) text: String,
    /// The id of the scenario.
    pub(super) id: String,
    short: bool,
}

/// Examples by the title of the mapping and the key.
pub(super) type Examples = BTreeMap<(String, String), Found>;

/// Goes through the scenarios along the schema.
pub(super) fn find(schema: &Json, scenarios: &[(&str, &str)]) -> Examples {
    let mut found = Examples::new();
    for (name, text) in scenarios {
        let source = Source::new(*name, *text);
        // A test reads every example, so there is always a tree.
        let Ok(root) = yaml::parse(&source, &mut Vec::new()) else { continue };
        let id = root.get("id").and_then(Node::scalar).map_or_else(String::new, |id| id.text.clone());
        mark(&root, schema, text, &id, &mut found);
    }
    found
}

fn mark(node: &Node, schema: &Json, text: &str, id: &str, found: &mut Examples) {
    let parts = alternatives(schema);
    match &node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::List(items) => {
            let inner = parts.iter().find_map(|part| part.get("items"));
            items.iter().zip(inner.into_iter().cycle()).for_each(|(item, inner)| {
                mark(item, inner, text, id, found);
            });
        }
        NodeKind::Map(entries) => {
            let names =
                parts.iter().find_map(|part| part.get("additionalProperties").filter(|p| p.is_object()));
            if let Some(inner) = names {
                entries.iter().for_each(|entry| mark(&entry.value, inner, text, id, found));
                return;
            }
            let fits = |part: &&Json| {
                let known = |key: &str| part["properties"].get(key).is_some();
                let needed = part["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
                title(part).is_some()
                    && entries.iter().all(|entry| known(&entry.key))
                    && needed.into_iter().all(|key| node.get(key).is_some())
            };
            let Some(part) = parts.iter().copied().find(|part| fits(part)) else { return };
            for entry in entries {
                let value = text.get(entry.value.span.clone()).unwrap_or_default();
                let short = !value.contains('\n') && value.len() <= LONGEST;
                let place = (title(part).unwrap_or_default().to_owned(), entry.key.clone());
                if !found.get(&place).is_some_and(|known| known.short || !short) {
                    let shown =
                        if short { format!("{}: {value}", entry.key) } else { format!("{}: …", entry.key) };
                    found.insert(place, Found { text: shown, id: id.to_owned(), short });
                }
                mark(&entry.value, &part["properties"][&entry.key], text, id, found);
            }
        }
    }
}
