//! The Links and the faults that act on them.
