//! Answers as XML, which is what a client gets that asks for nothing else.
//!
//! Objects become elements named by their keys; the entries of a list become one element each, all
//! named by the list's own key. Nothing is told by attributes.

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde_json::Value;

/// A whole document with one root element.
pub(crate) fn document(root: &str, body: &Value) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    let written = writer
        .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))
        .and_then(|()| element(&mut writer, root, body));
    written.expect("a vector takes whatever is written to it");
    writer.into_inner()
}

fn element(writer: &mut Writer<Vec<u8>>, name: &str, value: &Value) -> io::Result<()> {
    if let Value::Array(entries) = value {
        return entries
            .iter()
            .try_for_each(|entry| element(writer, name, entry));
    }
    writer.write_event(Event::Start(BytesStart::new(name)))?;
    content(writer, value)?;
    writer.write_event(Event::End(BytesEnd::new(name)))
}

fn content(writer: &mut Writer<Vec<u8>>, value: &Value) -> io::Result<()> {
    match value {
        Value::Null | Value::Array(_) => Ok(()),
        Value::Object(fields) => fields
            .iter()
            .try_for_each(|(name, value)| element(writer, name, value)),
        Value::String(text) => text_of(writer, text),
        Value::Bool(_) | Value::Number(_) => text_of(writer, &value.to_string()),
    }
}

fn text_of(writer: &mut Writer<Vec<u8>>, text: &str) -> io::Result<()> {
    let text = without_controls(text);
    writer.write_event(Event::Text(BytesText::new(&text)))
}

/// XML has no way to write most control characters, escaped or not.
fn without_controls(text: &str) -> Cow<'_, str> {
    let unwritable = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if text.contains(unwritable) {
        return text.replace(unwritable, "\u{fffd}").into();
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_repeated_elements_and_text_is_escaped() {
        let body = json!({
            "Instances": { "Instance": [{ "Cpu": 2, "Name": "a<b & c\u{1}" }, { "Spot": false }] },
            "NextToken": "",
            "Locks": { "LockReason": [] },
            "Nothing": null,
        });
        let text = String::from_utf8(document("DescribeInstancesResponse", &body)).unwrap();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DescribeInstancesResponse><Instances>\
             <Instance><Cpu>2</Cpu><Name>a&lt;b &amp; c\u{fffd}</Name></Instance>\
             <Instance><Spot>false</Spot></Instance></Instances><Locks></Locks>\
             <NextToken></NextToken><Nothing></Nothing></DescribeInstancesResponse>"
        );
    }
}
