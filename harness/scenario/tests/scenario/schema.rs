//! The JSON Schema says the same as the reader.

use gauntlet_scenario::{schema, schema_text};
use serde_json::Value;

use crate::common::GOOD;

/// Whether a value fits a schema, for the part of JSON Schema that the language uses.
fn fits(value: &Value, schema: &Value, root: &Value) -> bool {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#'));
        return fits(value, target.expect("a reference to something"), root);
    }
    let any = |key: &str| {
        schema
            .get(key)
            .and_then(Value::as_array)
            .is_none_or(|list| list.iter().any(|one| fits(value, one, root)))
    };
    let word = |key: &str| schema.get(key).is_none_or(|constant| constant == value);
    let listed = schema.get("enum").and_then(Value::as_array).is_none_or(|list| list.contains(value));
    any("anyOf")
        && any("oneOf")
        && word("const")
        && listed
        && has_type(value, schema)
        && inside(value, schema, root)
}

fn has_type(value: &Value, schema: &Value) -> bool {
    let types: Vec<&str> = match schema.get("type") {
        None => return true,
        Some(Value::String(one)) => vec![one],
        Some(list) => list.as_array().expect("a list of types").iter().filter_map(Value::as_str).collect(),
    };
    let range = |key: &str| schema.get(key).and_then(Value::as_u64);
    types.iter().any(|name| match *name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.as_str().is_some_and(|text| {
            // Patterns are not run; the placeholder's is the only one that tells alternatives apart.
            schema["pattern"]
                .as_str()
                .is_none_or(|pattern| !pattern.starts_with("\\$") || text.contains("${"))
        }),
        "integer" => value.as_u64().is_some_and(|n| {
            range("minimum").is_none_or(|low| n >= low) && range("maximum").is_none_or(|high| n <= high)
        }),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        other => panic!("unknown type {other}"),
    })
}

fn inside(value: &Value, schema: &Value, root: &Value) -> bool {
    if let Some(object) = value.as_object() {
        let required = schema.get("required").and_then(Value::as_array);
        let all_there = required.is_none_or(|keys| {
            keys.iter().all(|key| object.contains_key(key.as_str().expect("the name of a key")))
        });
        return all_there
            && object.iter().all(|(key, value)| match schema["properties"].get(key) {
                Some(known) => fits(value, known, root),
                None => match schema.get("additionalProperties") {
                    None => true,
                    Some(Value::Bool(allowed)) => *allowed,
                    Some(other) => fits(value, other, root),
                },
            });
    }
    if let (Some(items), Some(each)) = (value.as_array(), schema.get("items")) {
        return items.iter().all(|item| fits(item, each, root));
    }
    true
}

fn good_with(part: &str, replacement: &str) -> Value {
    assert!(GOOD.contains(part), "{part}");
    serde_yaml::from_str(&GOOD.replace(part, replacement)).expect("YAML")
}

#[test]
fn a_good_scenario_fits() {
    let schema = schema().to_value();
    let good: Value = serde_yaml::from_str(GOOD).unwrap();
    assert!(fits(&good, &schema, &schema));
}

#[test]
fn what_the_reader_refuses_does_not_fit() {
    let schema = schema().to_value();
    for (part, wrong) in [
        ("title:", "titel:"),
        ("bank: dual", "banks: dual"),
        ("    prn: 12", "    prm: 12"),
        ("prn: 12", "prn: 70000"),
        ("mtu: 23", "mtu: 22"),
        ("do: disconnect", "do: disconect"),
        ("{ notification: 3 }", "{ notificatoin: 3 }"),
        ("nrf52832, nrf52840", "nrf52832, nrf5284"),
        ("tags: [resume]", "tags: resume"),
        ("  - wait: 130 s", "  - sleep: 130 s"),
        ("unchanged: [uicr]", "unchanged: [bootloder]"),
        ("{ witness: 2 }\n  settings", "prev\n  settings"),
    ] {
        assert!(!fits(&good_with(part, wrong), &schema, &schema), "{wrong}");
        assert!(crate::common::load(&GOOD.replace(part, wrong)).is_err(), "{wrong}");
    }
}

/// Every key of the good scenario, which uses most of the language, is described for editors.
#[test]
fn every_key_has_a_description() {
    fn keys(schema: &Value, count: &mut usize) {
        match schema {
            Value::Object(map) => {
                for (name, property) in map.get("properties").and_then(Value::as_object).into_iter().flatten()
                {
                    assert!(
                        property["description"].as_str().is_some_and(|text| text.ends_with('.')),
                        "{name}"
                    );
                    *count += 1;
                }
                map.values().for_each(|value| keys(value, count));
            }
            Value::Array(list) => list.iter().for_each(|value| keys(value, count)),
            _ => {}
        }
    }
    let mut count = 0;
    keys(&schema().to_value(), &mut count);
    assert!(count > 60, "{count} keys");
}

#[test]
fn the_text_is_stable_and_ends_with_a_line_end() {
    assert_eq!(schema_text(), schema_text());
    assert!(schema_text().starts_with("{\n") && schema_text().ends_with("}\n"));
    assert_eq!(serde_json::from_str::<Value>(&schema_text()).unwrap(), schema().to_value());
}
