//! Reads the typed model from the tree of a file.
//!
//! Everything that can stand in a scenario is a [`Shape`]: it reads itself from a node, and it describes itself as JSON
//! Schema. A mapping is declared once, with [`mapping!`]: its keys, their types, which of them have to be there, and a
//! sentence about each. Reading, the messages about unknown and missing keys, and the schema all come from that
//! declaration, so that an editor and the program never disagree.
//!
//! A reader reports what is wrong and goes on, so that all mistakes of a file are found at once. It returns `None` when
//! it has nothing that could stand for the value; whoever asked has nothing to report then.

mod advice;
mod bench;
mod bench_text;
mod choice;
mod cx;
mod device;
mod exchange;
mod expect;
mod fault;
mod gatt;
mod head;
mod image;
mod list;
pub(crate) mod mapping;
mod package;
mod probe;
pub(crate) mod scalars;
mod starts;
mod step;
mod target;
mod update;
mod walk;

pub(crate) use choice::Choice;
pub(crate) use cx::Cx;
pub(crate) use device::BootloaderShape;
pub(crate) use head::Head;
pub(crate) use list::OneOrMore;
pub(crate) use mapping::{KeyInfo, Mapping};

use schemars::{Schema, SchemaGenerator};

use crate::yaml::Node;

/// Something that can stand in a scenario.
pub(crate) trait Shape: Sized {
    /// Reads it; mistakes are reported to `cx`.
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self>;

    /// Describes it.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}
