//! YAML with exact places.
//!
//! Two readers work together here. `saphyr-parser` says *where* every key and value stands, which is all that a caret
//! needs. `serde_yaml` says *what* a plain scalar is (a number, a truth value, nothing, or text), so that this
//! language means the same by `0x10` or `true` as every other YAML file of the project.
//!
//! The typed model is not filled by `serde` itself. Its errors are good, and not good enough for this: the first one
//! ends the reading, so that a person mends one mistake per attempt; it says where a value begins and not where it ends;
//! a duplicate key is reported at the mapping around it; and what was wrong is a text, out of which the wrong word would
//! have to be cut before a better one can be suggested. The reader in [`crate::read`] walks the [`Node`]s instead,
//! reports every mistake of a file at once, and underlines the very key or value.
//!
//! What YAML allows and a scenario has no use for is refused by name: tags, several documents, keys that are not
//! scalars, and text that is nested or repeated beyond every need.

mod blanks;
mod events;
mod node;
mod pairs;
mod recover;
mod scalar;
mod source;
mod syntax;
mod unquoted;

pub(crate) use blanks::hard_name;
pub(crate) use events::parse;
pub(crate) use node::{Entry, Node, NodeKind, Step};
pub(crate) use recover::parse_rest;
pub(crate) use scalar::{Scalar, Style};
pub(crate) use source::LARGEST;
pub use source::Source;
pub(crate) use source::Span;
