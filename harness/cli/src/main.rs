//! The `gauntlet` program.
fn main() {}
