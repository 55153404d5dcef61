//! What is wrong with scenarios, in the form in which a person can mend it: the file, the line, a caret under the very
//! word, and what would have been right.

mod list;
mod nearest;
mod problem;

pub use list::Diagnostics;
pub use nearest::nearest;
pub(crate) use nearest::{one_of, quote, words};
pub use problem::{Problem, ProblemKind, Severity};
