//! A small tree over quick-xml, so that tests ask an XML parser and not their own eyes.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// An element with its attributes, text and children.
#[derive(Debug, Default)]
pub(crate) struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(found, _)| found == name);
        &found.unwrap_or_else(|| panic!("{} has no attribute {name}", self.name)).1
    }

    pub(crate) fn children(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(crate) fn descendants(&self, name: &str) -> Vec<&Element> {
        let below = self.children.iter().flat_map(|child| child.descendants(name));
        self.children(name).chain(below).collect()
    }

    pub(crate) fn text(&self) -> String {
        self.text.trim().to_owned() + "\n"
    }
}

/// Parses a document; panics when it is not well formed or an attribute stands twice.
pub(crate) fn parse(xml: &str) -> Element {
    let mut reader = Reader::from_str(xml);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => open.push(element(&tag)),
            Event::Empty(tag) => open.last_mut().unwrap().children.push(element(&tag)),
            Event::End(_) => {
                let closed = open.pop().unwrap();
                open.last_mut().unwrap().children.push(closed);
            }
            Event::CData(text) => open.last_mut().unwrap().text.push_str(&text),
            Event::Text(text) => assert!(text.trim().is_empty(), "text outside CDATA: {text:?}"),
            Event::Decl(_) => {}
            Event::Eof => break,
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(open.len(), 1, "an element was not closed");
    open.remove(0).children.remove(0)
}

fn element(tag: &BytesStart<'_>) -> Element {
    let attributes = tag.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap();
        (attribute.key.as_ref().to_owned(), value.into_owned())
    });
    Element { name: tag.name().as_ref().to_owned(), attributes: attributes.collect(), ..Element::default() }
}
