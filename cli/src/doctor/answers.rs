//! Answers in XML as JSON, and the code of a refusal in either. In XML everything is text; a list is an element that has only elements
//! named `member`, or the same name several times.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// An element that is not at its end yet: its name, its text so far, and the elements in it.
type Element = (String, String, Vec<(String, Value)>);

/// The document's root element as JSON. None where it is no XML.
pub(super) fn from_xml(body: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![(String::new(), String::new(), Vec::new())];
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => open.push((name(tag.local_name().as_ref()), String::new(), Vec::new())),
            Event::Empty(tag) => open.last_mut()?.2.push((name(tag.local_name().as_ref()), Value::Null)),
            Event::Text(text) => open.last_mut()?.1.push_str(&text.decode().ok()?),
            Event::CData(text) => open.last_mut()?.1.push_str(&text.decode().ok()?),
            Event::GeneralRef(entity) => open.last_mut()?.1.push(character(&entity)?),
            Event::End(_) => {
                let (name, text, children) = open.pop()?;
                open.last_mut()?.2.push((name, value(&text, children)));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let (_, _, mut roots) = open.pop()?;
    (open.is_empty() && roots.len() == 1).then(|| roots.pop().map(|(_, root)| root))?
}

fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn character(entity: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Some(character) = entity.resolve_char_ref().ok()? {
        return Some(character);
    }
    quick_xml::escape::resolve_predefined_entity(&entity.decode().ok()?)?.chars().next()
}

fn value(text: &str, children: Vec<(String, Value)>) -> Value {
    if children.is_empty() {
        return if text.trim().is_empty() { Value::Null } else { Value::String(text.to_owned()) };
    }
    if children.iter().all(|(name, _)| name == "member") {
        return Value::Array(children.into_iter().map(|(_, child)| child).collect());
    }
    let mut fields = Map::new();
    for (name, child) in children {
        match fields.get_mut(&name) {
            Some(Value::Array(several)) => several.push(child),
            Some(one) => *one = Value::Array(vec![one.take(), child]),
            None => {
                fields.insert(name, child);
            }
        }
    }
    Value::Object(fields)
}

/// The code of a refusal in XML, and whether it says more.
pub(super) fn xml_code(body: &[u8]) -> (Option<String>, bool) {
    let answer = from_xml(body).unwrap_or_default();
    // S3 has the error itself for a root, the others an element of that name.
    let error = answer.get("Error").unwrap_or(&answer);
    let field = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    (field("Code"), field("Message").is_some())
}

/// The code of a refusal in JSON, and whether it says more. A code may stand behind a name space and `#`, or before `:` and a URL
/// ("AWS JSON 1.1 protocol", Smithy).
pub(super) fn json_code(body: &[u8]) -> (Option<String>, bool) {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = ["__type", "code", "Code"].iter().find_map(|name| answer.get(name)?.as_str());
    let code = code.and_then(|code| code.split(':').next()?.rsplit('#').next()).map(str::to_owned);
    let said = ["message", "Message"].iter().any(|name| answer.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty()));
    (code, said)
}

/// What is under `name` as a list: several, one, or none.
pub(super) fn list<'a>(answer: &'a Value, name: &str) -> Vec<&'a Value> {
    match answer.get(name) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(several)) => several.iter().collect(),
        Some(one) => vec![one],
    }
}

/// The text under `name`; a number or truth value in its usual form, nothing as the empty text.
pub(super) fn text(answer: &Value, name: &str) -> String {
    match answer.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The number under `name`, which may be written as text.
pub(super) fn number(answer: &Value, name: &str) -> Option<u64> {
    text(answer, name).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_fields_and_entities_are_read() {
        let xml = br#"<?xml version="1.0"?><R xmlns="https://x/"><Names><member>a &amp; b</member><member>&#x63;</member></Names><Empty/>
            <Rule><Id>1</Id></Rule><Rule><Id>2</Id></Rule><Nothing></Nothing></R>"#;
        let expected = json!({"Names": ["a & b", "c"], "Empty": null, "Rule": [{"Id": "1"}, {"Id": "2"}], "Nothing": null});
        assert_eq!(from_xml(xml), Some(expected));
        assert_eq!(from_xml(b"<R><A></R>"), None);
        assert_eq!(from_xml(b"no XML"), None);
    }

    #[test]
    fn codes_are_found_wherever_they_stand() {
        for (body, code, said) in [
            (r#"{"__type":"AccessDeniedException"}"#, Some("AccessDeniedException"), false),
            (r#"{"__type":"com.amazonaws.x#SessionNotFoundException","Message":"no"}"#, Some("SessionNotFoundException"), true),
            (r#"{"code":"Gone:http://x","message":"y"}"#, Some("Gone"), true),
            ("<html>", None, false),
        ] {
            assert_eq!(json_code(body.as_bytes()), (code.map(str::to_owned), said), "{body}");
        }
        let nested = b"<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>gone</Message></Error></ErrorResponse>";
        assert_eq!(xml_code(nested), (Some("NoSuchEntity".to_owned()), true));
        assert_eq!(xml_code(b"<Error><Code>NoSuchBucket</Code></Error>"), (Some("NoSuchBucket".to_owned()), false));
    }
}
