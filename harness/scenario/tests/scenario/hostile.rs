//! No input makes the reader panic, or take long.

use proptest::prelude::*;

use crate::common::{GOOD, load};

/// Milliseconds of a processor: far above what a scenario takes, far below what a person waits for.
const LONG: u64 = 5_000;

/// How long this thread was on a processor, in milliseconds, where the system says so (Linux). A loaded machine does not
/// make it longer.
fn processor_ms() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    times.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or_default() / 1_000_000
}

/// Loads a text and renders what is wrong with it, in a bounded time.
fn survive(text: &str) {
    let started = processor_ms();
    match load(text) {
        Ok(suite) => assert!(suite.cases().next().is_some(), "a scenario without cases"),
        Err(found) => {
            assert!(found.errors() > 0, "refused without a mistake");
            for problem in found.problems() {
                let (place, lines) = (problem.place(), text.lines().count().max(1));
                assert!(place.line as usize <= lines + 1, "{place} of {lines} lines");
            }
            let rendered = found.render(80, false);
            assert!(
                !rendered.is_empty() && rendered.len() < 4_000_000,
                "{} bytes of messages",
                rendered.len()
            );
        }
    }
    let took = processor_ms() - started;
    assert!(took < LONG, "took {took} ms of a processor");
}

/// Bits of YAML and of the language that break things when they stand in the wrong place.
const BITS: [&str; 36] = [
    "\t", "\n", "\r\n", " ", "  ", ":", ": ", "- ", "? ", "[", "]", "{", "}", ",", "&a ", "*a", "!t ",
    "!!int ", "|\n", ">\n", "'", "\"", "#", " #", "%", "---\n", "...\n", "<<: ", "${", "}", "${at}", "0x",
    "-1", "é🎉", "\u{FEFF}", "\0",
];

fn char_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn mutate(text: &mut String, kind: u8, at: usize, len: usize, bit: usize) {
    let at = char_boundary(text, at % (text.len() + 1));
    let end = char_boundary(text, at + len).max(at);
    match kind % 4 {
        0 => text.insert_str(at, BITS[bit % BITS.len()]),
        1 => text.replace_range(at..end, ""),
        2 => text.replace_range(at..end, BITS[bit % BITS.len()]),
        _ => {
            let piece = text[at..end].to_owned();
            text.insert_str(char_boundary(text, bit.wrapping_mul(31) % (text.len() + 1)), &piece);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_good_scenario_with_mutations(
        steps in prop::collection::vec((any::<u8>(), 0..4000_usize, 0..60_usize, any::<usize>()), 1..8)
    ) {
        let mut text = GOOD.to_owned();
        for (kind, at, len, bit) in steps {
            mutate(&mut text, kind, at, len, bit);
        }
        survive(&text);
    }

    #[test]
    fn any_text(text in "(?s).{0,200}") {
        survive(&text);
    }

    #[test]
    fn any_yaml_bits(bits in prop::collection::vec(0..BITS.len(), 0..60)) {
        survive(&bits.into_iter().map(|bit| BITS[bit]).collect::<String>());
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(source) = gauntlet_scenario::Source::from_bytes("bytes.yaml", bytes) {
            survive(source.text());
        }
    }
}

#[test]
fn large_and_odd_files_take_no_time() {
    let n = 60_000;
    for text in [
        "[".repeat(n),
        "{".repeat(n),
        "- ".repeat(n),
        "? ".repeat(n),
        "a: ".repeat(n),
        "&a ".repeat(n),
        "!t ".repeat(n),
        "\"".repeat(n),
        "#".repeat(n),
        "\n".repeat(n),
        " ".repeat(n),
        "a\n".repeat(n),
        "- a\n".repeat(n),
        format!("a: \"{}\"", "\\n".repeat(n)),
        format!("title: {}", "${x}".repeat(n)),
        format!("{}: 1", "a".repeat(n)),
        format!("steps: [{}]", "{wait: 1 s},".repeat(3000)),
        format!("steps: [{}]", "{wat: 1 s},".repeat(3000)),
        (0..5000).map(|n| format!("k{n}: 1\n")).collect::<String>(),
        "a: 1\n".repeat(5000),
    ] {
        survive(&text);
    }
}

#[test]
fn a_large_matrix_takes_no_time() {
    let list = |n: usize| (1..=n).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let good = GOOD.replace("at: [1, 2048, 4096]", &format!("at: [{}]", list(400)));
    survive(&good);
    survive(&good.replace("disconnect }", "disconect }"));
    survive(&GOOD.replace("at: [1, 2048, 4096]", &format!("at: [{}]", list(20_000))));
    let axes: Vec<String> = (0..60).map(|n| format!("a{n}: [{}]", list(10))).collect();
    survive(&GOOD.replace("matrix: { at: [1, 2048, 4096] }", &format!("matrix: {{ {} }}", axes.join(", "))));
}
