//! What junit-report 0.9.1 leaves out and CI systems look for: totals on the root, `skipped` counts, properties.

use std::io;

use junit_report::{Report, TestSuite};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

use super::text::attribute;
use crate::RunAccount;

/// Copies the XML of `report` and adds what is missing. Indents it too, because people open this file.
pub(super) fn complete(xml: &str, report: &Report, account: &RunAccount) -> io::Result<Vec<u8>> {
    let mut reader = Reader::from_str(xml);
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let mut suites = report.testsuites().iter();
    loop {
        match reader.read_event().map_err(io::Error::other)? {
            Event::Eof => break,
            Event::Start(mut tag) if tag.name().as_ref() == "testsuites" => {
                totals(&mut tag, report, account);
                writer.write_event(Event::Start(tag))?;
            }
            Event::Empty(mut tag) if tag.name().as_ref() == "testsuites" => {
                totals(&mut tag, report, account);
                writer.write_event(Event::Empty(tag))?;
            }
            // A suite comes into being with its first case, so it is never empty.
            Event::Start(mut tag) if tag.name().as_ref() == "testsuite" => {
                let skipped = suites.next().map_or(0, TestSuite::skipped);
                tag.push_attribute(("skipped", skipped.to_string().as_str()));
                writer.write_event(Event::Start(tag))?;
                properties(&mut writer, account)?;
            }
            other => writer.write_event(other)?,
        }
    }
    let mut xml = writer.into_inner();
    xml.push(b'\n');
    Ok(xml)
}

fn totals(tag: &mut BytesStart<'_>, report: &Report, account: &RunAccount) {
    let sum =
        |count: fn(&TestSuite) -> usize| report.testsuites().iter().map(count).sum::<usize>().to_string();
    tag.push_attribute(("name", "gauntlet"));
    tag.push_attribute(("tests", sum(TestSuite::tests).as_str()));
    tag.push_attribute(("failures", sum(TestSuite::failures).as_str()));
    tag.push_attribute(("errors", sum(TestSuite::errors).as_str()));
    tag.push_attribute(("skipped", sum(TestSuite::skipped).as_str()));
    tag.push_attribute(("time", account.wall().as_seconds().to_string().as_str()));
}

/// The facts of the run, once for each suite: many readers look only at suites.
fn properties(writer: &mut Writer<Vec<u8>>, account: &RunAccount) -> io::Result<()> {
    if account.facts().is_empty() {
        return Ok(());
    }
    let each = |writer: &mut Writer<Vec<u8>>| {
        account.facts().iter().try_for_each(|(name, value)| {
            let value = attribute(value);
            let pair = [("name", *name), ("value", value.as_str())];
            writer.create_element("property").with_attributes(pair).write_empty().map(drop)
        })
    };
    writer.create_element("properties").write_inner_content(each).map(drop)
}
