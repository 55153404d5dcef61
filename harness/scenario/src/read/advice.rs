//! What is probably behind a wrong value, and what to write in its place.

use crate::diagnostics::quote;
use crate::quantity::{FailureId, RequirementId};
use crate::yaml::{Node, NodeKind, Scalar, Style, hard_name};

/// A value of nearly the right form, mended: another unit, small letters, single digits.
pub(super) fn mended(text: &str, expected: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = (&text[..digits], text[digits..].trim().to_lowercase());
    if expected.starts_with("a size") && !number.is_empty() {
        return match unit.as_str() {
            "k" | "kb" | "kib" | "kbyte" | "kbytes" => Some(format!("{number} KiB")),
            "m" | "mb" | "mib" | "mbyte" | "mbytes" => Some(format!("{number} MiB")),
            "byte" | "bytes" | "b" => Some(number.to_owned()),
            _ => None,
        };
    }
    if expected.starts_with("a time") && !number.is_empty() {
        return match unit.as_str() {
            "" => Some(format!("{number} ms` or `{number} s")),
            unit if unit.starts_with('.') => decimal(number, unit),
            "msec" | "msecs" | "millis" | "milliseconds" | "ms" => Some(format!("{number} ms")),
            "sec" | "secs" | "second" | "seconds" | "s" => Some(format!("{number} s")),
            "m" | "mins" | "minute" | "minutes" | "min" => Some(format!("{number} min")),
            _ => None,
        };
    }
    if expected.starts_with("bytes in hexadecimal") {
        let digit = |word: &str| u8::from_str_radix(word.trim_start_matches("0x"), 16).ok();
        let bytes: Option<Vec<String>> = text
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .map(
                |word| {
                    if word == ".." { Some(word.to_owned()) } else { Some(format!("{:02X}", digit(word)?)) }
                },
            )
            .collect();
        return bytes
            .filter(|bytes| !bytes.is_empty())
            .map(|bytes| bytes.join(" "))
            .or_else(|| as_bytes(text));
    }
    if expected.starts_with("a path of lower-case words") {
        if text.contains("${") {
            return None;
        }
        let plain: String = text
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '/' { c } else { '-' })
            .collect();
        let parts: Vec<&str> =
            plain.split('/').map(|part| part.trim_matches('-')).filter(|part| !part.is_empty()).collect();
        return (!parts.is_empty() && text.len() <= 80).then(|| parts.join("/"));
    }
    if expected.starts_with("a number or a comparison") || expected.starts_with("a number of bytes or") {
        return compared(text);
    }
    if expected.starts_with("a lower-case word") {
        let plain: String =
            text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let plain = plain.trim_matches('-');
        return (!plain.is_empty() && plain.len() <= 40).then(|| plain.to_owned());
    }
    let failure = expected.starts_with("a field failure");
    if failure || expected.starts_with("a requirement id") {
        let upper = text.to_uppercase();
        let letters = upper.len() - upper.trim_start_matches(|c: char| c.is_ascii_uppercase()).len();
        let number: u32 = upper[letters..].trim_start_matches(['-', '_', ' ']).parse().ok()?;
        let area = &upper[..letters];
        let possible = if failure { area == "FF" } else { (2..=3).contains(&letters) };
        return (possible && number < 1000).then(|| format!("{area}-{number:03}"));
    }
    None
}

/// Seconds with digits behind a point, in milliseconds.
fn decimal(seconds: &str, rest: &str) -> Option<String> {
    let digits: String = rest[1..].chars().take_while(char::is_ascii_digit).take(3).collect();
    let unit = rest[1..].trim_start_matches(|c: char| c.is_ascii_digit()).trim();
    let whole: u64 = seconds.parse().ok()?;
    let part: u64 = format!("{digits:0<3}").parse().ok()?;
    (unit == "s" && !digits.is_empty()).then(|| format!("{} ms", whole.saturating_mul(1000) + part))
}

/// A comparison with another sign than the language has, or with a unit that is nearly right.
fn compared(text: &str) -> Option<String> {
    let split = text.find(|c: char| c.is_ascii_digit())?;
    let (sign, amount) = (text[..split].trim(), text[split..].trim());
    let number = amount.parse::<u64>();
    match (sign, number) {
        ("<", Ok(number)) => Some(format!("<= {}", number.checked_sub(1)?)),
        (">", Ok(number)) => Some(format!(">= {}", number.checked_add(1)?)),
        ("=" | "==", Ok(number)) => Some(number.to_string()),
        ("=<" | "≤", Ok(number)) => Some(format!("<= {number}")),
        ("=>" | "≥", Ok(number)) => Some(format!(">= {number}")),
        ("" | "<=" | ">=", Err(_)) => Some(format!("{sign} {}", mended(amount, "a size")?).trim().to_owned()),
        _ => None,
    }
}

/// The bytes of a word that was written as text: the name of a device, say.
fn as_bytes(text: &str) -> Option<String> {
    let word = (3..=20).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric())
        && text.bytes().any(|c| c.is_ascii_alphabetic() && !c.is_ascii_hexdigit());
    let bytes = || text.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
    (word && !text.starts_with("0x")).then(bytes)
}

/// Words that people write, and what the language calls it.
const MEANT: [(&str, &str); 26] = [
    ("bluetooth", "ble"),
    ("bt", "ble"),
    ("uart", "serial"),
    ("cdc", "usb"),
    ("bootloader", "dfu"),
    ("app", "application"),
    ("hard", "pin"),
    ("hardware", "pin"),
    ("software", "soft"),
    ("success", "completed"),
    ("ok", "completed"),
    ("done", "completed"),
    ("failed", "refused"),
    ("error", "refused"),
    ("timeout", "lost"),
    ("stop", "pause"),
    ("kill", "restart"),
    ("reorder", "swap"),
    ("no", "none"),
    ("false", "none"),
    ("locked", "closed"),
    ("unlocked", "open"),
    ("gpregret", "retained"),
    ("gpregret2", "retained-2"),
    ("sd", "softdevice"),
    ("mbr", "start-up"),
];

/// Whether somebody who writes this word means that one.
pub(super) fn is_meant(wrong: &str, word: &str) -> bool {
    MEANT.contains(&(wrong.to_lowercase().as_str(), word))
}

/// Keys that people write, and what the language calls them.
const MEANT_KEYS: [(&str, &str); 19] = [
    ("description", "title"),
    ("summary", "title"),
    ("gpregret", "retained"),
    ("gpregret2", "retained-2"),
    ("approtect", "locked"),
    ("app_protect", "locked"),
    ("protected", "locked"),
    ("actions", "steps"),
    ("expected", "expect"),
    ("sweep", "matrix"),
    ("name", "title"),
    ("action", "do"),
    ("expect", "answer"),
    ("response", "answer"),
    ("request", "send"),
    ("step", "every"),
    ("start", "from"),
    ("end", "to"),
    ("until", "to"),
];

/// The key that somebody means who writes another word.
pub(super) fn meant_key(wrong: &str, mut free: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let wrong = wrong.to_lowercase().replace('-', "_");
    free.find(|key| MEANT_KEYS.contains(&(wrong.as_str(), key)))
}

/// What is said about a key that the language has no place for, because it is done in another way.
pub(super) fn elsewhere(wrong: &str) -> Option<&'static str> {
    let wrong = wrong.to_lowercase().replace('-', "_");
    match wrong.as_str() {
        "known_failure" | "known_failures" | "xfail" | "skip" | "ignore" | "disabled" => Some(
            "a scenario does not say that it fails: its id goes into a file for `gauntlet run --known-failures FILE`",
        ),
        "client" => Some(
            "any update can be done by another program: `gauntlet run --client CMD`; without names it does what has the tag `client`",
        ),
        "seed" => {
            Some("the seed belongs to the run: `gauntlet run --seed 7`; only a walk has one of its own")
        }
        "retries" => Some("`gauntlet run --retries N` tries what ended with an error again"),
        _ => None,
    }
}

/// Characters in a value that say where it was meant to come from: a page with its own quotation marks, or the matrix.
pub(super) fn odd_marks(node: &Node) -> Option<String> {
    let text = node.scalar()?.text.trim();
    if let Some(mark) =
        text.chars().find(|c| "\u{201C}\u{201D}\u{201E}\u{2018}\u{2019}\u{AB}\u{BB}".contains(*c))
    {
        return Some(format!("`{mark}` is no quotation mark of YAML: write \"...\""));
    }
    if let Some((c, name)) = text.chars().find_map(|c| Some((c, hard_name(c)?))) {
        return Some(format!("there is a {name} (U+{:04X}) in it: write a plain blank", u32::from(c)));
    }
    let inner = [("{{", "}}"), ("{", "}"), ("$(", ")"), ("<", ">"), ("%", "%"), ("$", "")]
        .into_iter()
        .find_map(|(begin, end)| text.strip_prefix(begin)?.strip_suffix(end))?
        .trim();
    let name = !inner.is_empty()
        && inner.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_".contains(&c));
    name.then(|| format!("a value of the matrix is put in as \"${{{inner}}}\""))
}

/// An id of another kind than the list holds in which it stands.
pub(super) fn other_list(text: &str, expected: &str) -> Option<String> {
    let requirement = RequirementId::parse(text).is_ok() && FailureId::parse(text).is_err();
    (expected.starts_with("a field failure") && requirement)
        .then(|| format!("{} is a requirement: it stands in `requirements`", quote(text)))
}

/// Whether a number is expected, by what it is called.
fn is_number(expected: &str) -> bool {
    ["a 32-bit number", "the number of", "a number of", "a position", "a byte", "an ATT MTU", "a place"]
        .into_iter()
        .any(|what| expected.starts_with(what))
}

/// Digits with a letter among them that hexadecimal has.
fn looks_hexadecimal(text: &str) -> bool {
    (2..=8).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_hexdigit())
        && text.bytes().any(|c| c.is_ascii_digit())
}

/// Advice for a list that is written as a mapping, and the reverse.
pub(super) fn other_kind(node: &Node, expected: &str) -> Option<String> {
    match &node.kind {
        NodeKind::Map(entries) if expected == "a list" => {
            let first = entries.first().map_or("update", |entry| entry.key.trim_start_matches('-'));
            Some(format!("each item of a list begins with `- `, as in {}", quote(&format!("- {first}: ..."))))
        }
        NodeKind::Scalar(scalar) if expected == "a list" && scalar.kind() != "nothing" => {
            Some(format!("a list is written in brackets, also one of a single item: {}", quote(&format!("[{}]", scalar.text))))
        }
        NodeKind::Scalar(_) if expected == "a list" => {
            Some("a list is written in brackets: `[one, two]`".to_owned())
        }
        NodeKind::Map(_) if expected == "the name of a package" => Some(
            "the name stands behind the key, `update: name`, and other keys stand below `update` at its own depth"
                .to_owned(),
        ),
        NodeKind::Scalar(scalar) if is_number(expected) && looks_hexadecimal(&scalar.text) => {
            Some(format!("a number in hexadecimal begins with 0x: {}", quote(&format!("0x{}", scalar.text))))
        }
        NodeKind::Scalar(scalar)
            if scalar.text.starts_with(|c: char| c.is_ascii_digit()) && is_number(expected) =>
        {
            Some("a number is decimal, or `0x` with the digits 0 to 9 and A to F, without a unit".to_owned())
        }
        NodeKind::List(_) if expected.ends_with("(a mapping)") => {
            Some("keys of a mapping have no `- ` in front of them".to_owned())
        }
        NodeKind::Scalar(_) if expected.starts_with("a scenario") => {
            Some("a scenario begins with `id: area/name`".to_owned())
        }
        _ => None,
    }
}

/// Advice for a number or a truth value that is text because of its quotes, or of its word.
pub(super) fn unquoted(node: &Node, expected: &str) -> Option<String> {
    let scalar = node.scalar()?;
    let plain = Scalar::new(scalar.text.clone(), Style::Plain);
    if scalar.style == Style::Quoted && plain.kind() != "text" {
        return Some(format!(
            "in quotes it is text; without them, {} is {}",
            quote(&scalar.text),
            plain.kind()
        ));
    }
    let yes_or_no = ["yes", "no", "on", "off"].contains(&scalar.text.to_lowercase().as_str());
    (yes_or_no && expected.contains("true")).then(|| "write `true` or `false`".to_owned())
}
