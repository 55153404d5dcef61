//! What is to be sent.

/// One image of a package, borrowed from whoever read the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateImage<'a> {
    /// The init packet, sent as the command object.
    pub init_packet: &'a [u8],
    /// The firmware, sent as data objects.
    pub firmware: &'a [u8],
}
