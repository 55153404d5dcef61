//! A part of a package and what flash holds in its place, in words.

use gauntlet_record::Word;
use gauntlet_runner::landed::Part;

/// What of a part is in flash.
pub(super) fn compared(part: &Part) -> String {
    let place = format!("{}: {} bytes at {}", part.name, part.size, Word(part.address));
    if part.landed() {
        return format!("{place}, equal");
    }
    let first = part.first.map_or_else(String::new, |(address, found, expected)| {
        format!(", first {found:#04x} instead of {expected:#04x} at {}", Word(address))
    });
    format!("{place}, {} bytes differ{first}", part.differing)
}
