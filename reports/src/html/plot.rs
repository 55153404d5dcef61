//! Plots as SVG that takes its colours from the page.

use std::fmt::Write as _;

use super::shell::Text;

const WIDTH: f64 = 620.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 12.0;
/// How many colours the page has.
const COLOURS: usize = 8;

/// The colour of the run with this number.
pub(super) fn colour(number: usize) -> String {
    format!("var(--s{})", number % COLOURS)
}

/// One mark of a strip: which column, whose, how much, and what is said when it is pointed at.
pub(super) struct Mark {
    pub(super) at: usize,
    pub(super) series: usize,
    pub(super) value: f64,
    pub(super) says: String,
}

/// One bar for each of some things.
pub(super) fn bars(names: &[String], values: &[Option<f64>], show: &dyn Fn(f64) -> String) -> String {
    let row = 26.0;
    let height = row * names.len() as f64 + 6.0;
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let (from, room) = (118.0, WIDTH - 118.0 - 92.0);
    let mut svg = begin(height, "bars");
    for (at, (name, value)) in names.iter().zip(values).enumerate() {
        let y = 3.0 + row * at as f64;
        let name = shortened(name, 17);
        let _ = write!(
            svg,
            "<text class=\"strong\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            from - 8.0,
            y + 16.0,
            Text(&name)
        );
        let Some(value) = value else {
            let _ = write!(svg, "<text x=\"{from}\" y=\"{}\">not measured</text>", y + 16.0);
            continue;
        };
        let width = if most > 0.0 { (value / most * room).max(1.0) } else { 1.0 };
        let _ = write!(
            svg,
            "<rect x=\"{from}\" y=\"{y}\" width=\"{width:.1}\" height=\"20\" rx=\"3\" fill=\"{}\"/>\
             <text class=\"strong\" x=\"{:.1}\" y=\"{}\">{}</text>",
            colour(at),
            from + width + 7.0,
            y + 15.0,
            Text(&show(*value))
        );
    }
    svg + "</svg>"
}

/// Marks in columns beside each other, on a logarithmic scale.
pub(super) fn strip(columns: usize, marks: &[Mark], show: &dyn Fn(f64) -> String, below: &str) -> String {
    let (height, top, bottom) = (250.0, 10.0, 30.0);
    let values = || marks.iter().map(|mark| mark.value).filter(|value| *value > 0.0);
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    let mut svg = begin(height, "strip");
    if most <= 0.0 {
        let _ = write!(svg, "<text x=\"{LEFT}\" y=\"40\">nothing was measured</text>");
        return svg + "</svg>";
    }
    let ticks = ticks(least, most);
    let (low, high) = (ticks[0].ln(), ticks[ticks.len() - 1].ln());
    let y = |value: f64| {
        let part = (value.max(ticks[0]).ln() - low) / (high - low).max(1e-9);
        height - bottom - part * (height - bottom - top)
    };
    for tick in &ticks {
        let at = y(*tick);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 7.0,
            at + 4.0,
            Text(&show(*tick))
        );
    }
    let step = (WIDTH - RIGHT - LEFT) / columns.max(1) as f64;
    let radius = (step * 0.42).clamp(2.2, 4.6);
    for mark in marks.iter().filter(|mark| mark.value > 0.0) {
        let _ = write!(
            svg,
            "<circle class=\"mark\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"{}\"><title>{}</title></circle>",
            LEFT + step * (mark.at as f64 + 0.5),
            y(mark.value),
            colour(mark.series),
            Text(&mark.says)
        );
    }
    let _ = write!(svg, "<text x=\"{LEFT}\" y=\"{}\">{}</text>", height - 8.0, Text(below));
    svg + "</svg>"
}

fn begin(height: f64, name: &str) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{name}\">")
}

/// Values of the form 1, 2, 5 times a power of ten around what is shown; of many only the powers.
fn ticks(least: f64, most: f64) -> Vec<f64> {
    let (from, to) = (least.log10().floor() as i32, most.log10().ceil() as i32);
    let factors: &[f64] = if to - from > 2 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let all: Vec<f64> =
        (from..=to).flat_map(|power| factors.iter().map(move |f| f * 10f64.powi(power))).collect();
    // One tick at or below the least, and one at or above the most.
    let first = all.iter().rposition(|tick| *tick <= least * 1.000_001).unwrap_or(0);
    let last = all.iter().position(|tick| *tick >= most * 0.999_999).unwrap_or(all.len() - 1);
    if first < last { all[first..=last].to_vec() } else { vec![least * 0.9, most * 1.1] }
}

/// The text, with its middle left out when it is longer than that.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let keep = most.saturating_sub(1);
    let (front, back) = (keep.div_ceil(2), keep / 2);
    let front: String = text.chars().take(front).collect();
    let back: String = text.chars().skip(length - back).collect();
    format!("{front}…{back}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_enclose_what_is_shown() {
        for (least, most) in [(1.0, 1.0), (3.0, 4.0), (0.02, 7.0), (1e-5, 1e6), (2.0, 5.0), (999.0, 1001.0)] {
            let ticks = ticks(least, most);
            assert!(ticks.len() >= 2 && ticks.is_sorted(), "{ticks:?}");
            assert!(
                ticks[0] <= least * 1.001 && ticks[ticks.len() - 1] >= most * 0.999,
                "{least} {most}: {ticks:?}"
            );
            assert!(ticks.len() <= 14, "{ticks:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_both_ends() {
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("abcdefghij", 5), "ab…ij");
    }
}
