//! The scenario language: what a scenario says, what is wrong with it, and the cases it stands for.
//!
//! A scenario is a YAML file. It describes a device, packages, steps with faults, and where the device must be in the
//! end. [`load`] reads files and folders, [`load_sources`] reads scenarios that a program carries inside; both give a
//! [`Suite`] of scenarios that have passed every check, or all mistakes at once as [`Diagnostics`]. A scenario with a
//! matrix stands for several [`Case`]s, which are what is run, judged and reported; a [`Selection`] chooses among them.
//!
//! ```
//! use gauntlet_scenario::{NoFiles, Selection, Source, load_sources};
//!
//! let text = r#"
//! id: stream/disconnect
//! title: The link drops after ${at} bytes of the second object
//! matrix: { at: [1, 2048] }
//! packages:
//!   update: { application: { witness: 2, size: 10 KiB }, version: 2 }
//! steps:
//!   - update: update
//!     faults:
//!       - { at: { object: 2, byte: "${at}" }, do: disconnect }
//! expect:
//!   application: { witness: 2 }
//! "#;
//! let suite = load_sources(&[Source::new("disconnect.yaml", text)], &NoFiles)?;
//! let ids: Vec<&str> = suite.cases().map(|case| case.id.as_str()).collect();
//! assert_eq!(ids, ["stream/disconnect[at=1]", "stream/disconnect[at=2048]"]);
//!
//! let chosen = Selection::new(["stream"]).choose(&suite);
//! assert_eq!(chosen.cases.len(), 2);
//! # Ok::<(), gauntlet_scenario::Diagnostics>(())
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`model`] | what a scenario says, typed |
//! | [`quantity`] | sizes, times, comparisons, bytes, names |
//! | `yaml` | the text, and the tree with the place of everything |
//! | `read` | from the tree to the model, and the JSON Schema |
//! | `expand` | the matrix |
//! | `reference` | the page of every key, made from the schema and from examples |
//! | `check` | what goes across a scenario |
//! | `diagnostics` | mistakes with file, line, column, caret and advice |
//! | `piece` | a device or a fault outside a scenario |
//! | `suite` | files, folders, selection, known failures |
//! | `requirements` | the requirement catalogue beside the scenarios |

mod case;
mod check;
mod diagnostics;
mod expand;
pub mod model;
mod piece;
pub mod quantity;
mod read;
mod reference;
mod requirements;
mod scenario;
mod schema;
mod suite;
mod word;
mod yaml;

pub use case::Case;
pub use diagnostics::{Diagnostics, Problem, ProblemKind, Severity, nearest as nearest_word};
pub use gauntlet_record::CaseId;
pub use piece::{bootloader_keys, read_bench, read_bootloader, read_device, read_fault, read_target};
pub use reference::{reference, reference_examples};
pub use requirements::{Area, CATALOGUE, Catalogue, FieldFailure, Observation, Requirement};
pub use scenario::Scenario;
pub use schema::{bench_schema_text, schema, schema_text, target_schema_text};
pub use suite::{
    Chosen, DiskFiles, KnownFailures, NoFiles, PackageFiles, Selection, Suite, Unmatched, load, load_citing,
    load_sources,
};
pub use word::Word;
pub use yaml::Source;
