//! Reads starts.

use super::mapping::mapping;
use super::scalars::{Ranged, range};
use crate::model::{Link, Starts};

mapping! { Starts, "a series of starts", |node, cx| {
    required "starts" => starts: Ranged<u32, { range::TIMES }>, "How often the device is started, with other settings pages and registers each time.";
    required "seed" => seed: u32, "What chooses pages, registers and reasons: the same seed chooses the same.";
    optional "link" => link: Link, "The link that the bootloader is built for. `ble` by default.";
} => Some(Starts {
    starts: starts?.0,
    seed: seed?,
    link: link.unwrap_or(Link::Ble),
}) }
