//! Reads walks.

use super::mapping::mapping;
use super::scalars::{Ranged, range};
use crate::model::{Link, Walk};
use crate::quantity::PackageName;

mapping! { Walk, "a walk", |node, cx| {
    required "walk" => package: PackageName, "The package: its init packet and its firmware are sent whole, in part and broken, between requests of every kind.";
    required "seed" => seed: u32, "What chooses the requests: the same seed is the same walk.";
    optional "requests" => requests: Ranged<u32, { range::TIMES }>, "How many requests are sent. 100 by default.";
    optional "link" => link: Link, "The way to the device. `ble` by default.";
} => Some(Walk {
    package: package?,
    seed: seed?,
    requests: requests.map_or(Walk::REQUESTS, |requests| requests.0),
    link: link.unwrap_or(Link::Ble),
}) }
