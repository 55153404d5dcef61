//! The JSON Schema of the language, for editors.

use schemars::{Schema, SchemaGenerator, json_schema};

use crate::model::{BenchFile, Target};
use crate::read::{Head, Shape};

/// The JSON Schema (draft 2020-12) of a scenario.
///
/// It is made from the same declarations as the reader, so an editor marks what the reader would refuse, apart from what
/// goes across a scenario: names that have to exist, positions beyond the end of a package.
#[must_use]
pub fn schema() -> Schema {
    titled(Head::schema(&mut SchemaGenerator::default()), "A Gauntlet scenario")
}

/// The JSON Schema of a target file, as text.
#[must_use]
pub fn target_schema_text() -> String {
    let schema = titled(Target::schema(&mut SchemaGenerator::default()), "A Gauntlet target");
    format!("{:#}\n", schema.as_value())
}

fn titled(mut schema: Schema, title: &str) -> Schema {
    let matrix_value = json_schema!({
        "type": "string",
        "pattern": "\\$\\{[a-z][a-z0-9_-]*\\}",
        "description": "A value of the matrix, put in as `${name}`.",
    });
    let front = [
        ("$schema", "https://json-schema.org/draft/2020-12/schema".into()),
        ("title", title.into()),
        ("$defs", serde_json::json!({ "matrix-value": matrix_value })),
    ];
    for (key, value) in front {
        schema.insert(key.to_owned(), value);
    }
    schema
}

/// The JSON Schema as text, as it is shipped beside the scenarios. It ends with a line end.
#[must_use]
pub fn schema_text() -> String {
    format!("{:#}\n", schema().as_value())
}

/// The JSON Schema of a bench file as text. It ends with a line end.
#[must_use]
pub fn bench_schema_text() -> String {
    format!(
        "{:#}\n",
        titled(BenchFile::schema(&mut SchemaGenerator::default()), "A Gauntlet bench").as_value()
    )
}
