//! The `gauntlet` program.
#[expect(dead_code, reason = "the verb that runs scenarios will show its runs with it")]
mod display;

fn main() {}
