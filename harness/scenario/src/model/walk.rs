//! A walk of requests that a seed chooses.

use super::Link;
use crate::quantity::PackageName;

/// Requests of all kinds in any order, good ones and odd ones, each answer judged by the protocol itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Where init packet and firmware come from.
    pub package: PackageName,
    /// What chooses the requests.
    pub seed: u32,
    /// How many requests are sent; 100 by default.
    pub requests: u32,
    /// `ble` by default.
    pub link: Link,
}

impl Walk {
    /// Requests of a walk that does not say how many.
    pub const REQUESTS: u32 = 100;
}
