//! YAML with exact places.
//!
//! Two readers work together here. `saphyr-parser` says *where* every key and value stands, which is all that a caret
//! needs. `serde_yaml` says *what* a plain scalar is (a number, a truth value, nothing, or text), so that this
//! language means the same by `0x10` or `true` as every other YAML file of the project.
//!
//! The typed model is not filled by `serde` itself, for two reasons that were measured on its errors: it stops at the
//! first mistake, and the place it gives is the start of the surrounding mapping when a key is unknown or missing. The
//! reader in [`crate::read`] walks the [`Node`]s instead, reports every mistake of a file at once, and points at the
//! very key or value.
//!
//! What YAML allows and a scenario has no use for is refused by name: tags, several documents, keys that are not
//! scalars, and text that is nested or repeated beyond every need.

mod events;
mod node;
mod scalar;
mod source;

pub(crate) use events::parse;
pub(crate) use node::{Entry, Node, NodeKind, Step};
pub(crate) use scalar::{Scalar, Style};
pub use source::Source;
pub(crate) use source::Span;
