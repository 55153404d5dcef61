//! Text that any XML 1.0 parser reads back.

/// A text for an attribute: one line, without characters that XML can't hold.
pub(super) fn attribute(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    text.chars().for_each(|c| match c {
        '\n' | '\r' | '\t' => clean.push(' '),
        c => push(&mut clean, c),
    });
    clean
}

/// A text for a CDATA section. The library writes it as it is, so an end mark inside has to be divided over two
/// sections; the reader puts them together again.
pub(super) fn block(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    text.chars().for_each(|c| match c {
        '\n' | '\t' => clean.push(c),
        c => push(&mut clean, c),
    });
    clean.replace("]]>", "]]]]><![CDATA[>")
}

/// Characters that XML 1.0 can't hold, and controls that would play tricks in a terminal, are shown as escapes.
fn push(clean: &mut String, c: char) {
    if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') {
        clean.extend(c.escape_default());
    } else {
        clean.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_shown_as_an_escape() {
        assert_eq!(
            attribute("a\0b\x1b[31m\u{ffff}\n€\t\u{1F4F6}"),
            "a\\u{0}b\\u{1b}[31m\\u{ffff} € \u{1F4F6}"
        );
        assert_eq!(block("a\r\n\tb"), "a\\r\n\tb");
    }

    #[test]
    fn an_end_mark_inside_is_divided() {
        assert_eq!(block("x]]>y"), "x]]]]><![CDATA[>y");
    }
}
