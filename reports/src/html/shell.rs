//! What every page has around its contents.

use std::fmt::{self, Write as _};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A text for HTML: in elements, and in attributes with double quotes.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\n' | '\t' => f.write_char(c)?,
                c if c.is_control() => write!(f, "{}", c.escape_default())?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A whole page with this title, a line under it, and what follows.
pub(super) fn page(title: &str, under: &str, contents: &str) -> String {
    let (title, under) = (Text(title), Text(under));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header><div><h1>{title}</h1>\n<p class=\"sub\">{under}</p></div>\
         <button id=\"theme\" type=\"button\" hidden>Dark</button></header>\n\
         {contents}\
         <footer>Made by Gauntlet from the journals of the runs.</footer>\n</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

/// Input and buttons that choose among the rows of the table `cases`: each button has a word of `data-has` and a caption.
pub(super) fn bar(only: &[(&str, String)]) -> String {
    let mut text = String::from(
        "<div class=\"bar\" hidden><input id=\"filter\" type=\"search\" placeholder=\"Filter by id, title or reason\" aria-label=\"Filter\">",
    );
    for (at, (word, caption)) in only.iter().enumerate() {
        let _ = write!(
            text,
            "<button type=\"button\" data-only=\"{word}\" aria-pressed=\"{}\">{}</button>",
            at == 0,
            Text(caption)
        );
    }
    text + "<span class=\"count\" id=\"count\"></span></div>\n"
}

/// A bar with a piece for each kind of ending.
pub(super) fn tally(counts: &gauntlet_record::Counts) -> String {
    let all = counts.planned().max(1) as f64;
    let pieces = [
        ("pass", counts.passed),
        ("fail", counts.failed),
        ("error", counts.errors),
        ("skipped", counts.skipped),
    ];
    let mut text = String::from("<div class=\"tally\">");
    for (kind, count) in pieces.into_iter().filter(|(_, count)| *count > 0) {
        let _ =
            write!(text, "<i class=\"{kind}-fill\" style=\"width:{:.2}%\"></i>", count as f64 / all * 100.0);
    }
    text + "</div>"
}

/// The same in words.
pub(super) fn tags(counts: &gauntlet_record::Counts) -> String {
    let kinds = [
        ("pass", counts.passed, "passed"),
        ("fail", counts.failed, "failed"),
        ("error", counts.errors, "errors"),
        ("skipped", counts.skipped, "skipped"),
        ("not-run", counts.not_run, "not run"),
    ];
    let tags = kinds.into_iter().filter(|(_, count, _)| *count > 0);
    let tags: String =
        tags.map(|(kind, count, word)| format!("<span class=\"tag {kind}\">{count} {word}</span>")).collect();
    format!("<div class=\"tags\">{tags}</div>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_can_not_become_markup() {
        assert_eq!(Text("<a b=\"c\">&\u{1b}\n").to_string(), "&lt;a b=&quot;c&quot;&gt;&amp;\\u{1b}\n");
    }

    #[test]
    fn a_page_asks_nobody_else() {
        let page = page("t", "u", "");
        for word in ["http:", "https:", "//cdn", "@import", "url("] {
            assert!(!page.contains(word), "{word}");
        }
    }
}
