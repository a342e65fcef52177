//! CloudFormation's intrinsic functions, as far as the template uses them: what `Ref`, `Fn::Sub`, `Fn::GetAtt`, `Fn::Join` and `Fn::If` come to when
//! the stack stands on one machine. A function that is not known here is refused by name, never passed on unresolved.

use super::stack::{Stack, TemplateError};
use serde_json::{Map, Value as Json};
use serde_norway::Value as Yaml;

/// A template value with its intrinsic functions carried out, in their short (`!Ref X`) and long (`{"Ref": "X"}`) forms. One that comes to
/// `AWS::NoValue` is left out of the list or the mapping that it is in.
pub(super) fn resolve(value: &Yaml, stack: &Stack) -> Result<Json, TemplateError> {
    let value = chosen(value, stack)?;
    match value {
        Yaml::Null => Ok(Json::Null),
        Yaml::Bool(flag) => Ok(Json::Bool(*flag)),
        Yaml::String(text) => Ok(Json::String(text.clone())),
        Yaml::Number(_) => serde_norway::from_value(value.clone()).map_err(TemplateError::Yaml),
        Yaml::Sequence(items) => {
            let items = items.iter().filter_map(|item| present(item, stack).transpose());
            items.map(|item| resolve(item?, stack)).collect::<Result<_, _>>().map(Json::Array)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            call(tag.trim_start_matches('!'), &tagged.value, stack)
        }
        Yaml::Mapping(entries) => {
            if let (1, Some((Yaml::String(name), argument))) = (entries.len(), entries.iter().next()) {
                if name == "Ref" {
                    return call(name, argument, stack);
                }
                if let Some(function) = name.strip_prefix("Fn::") {
                    return call(function, argument, stack);
                }
            }
            let mut resolved = Map::new();
            for (key, entry) in entries {
                let Yaml::String(key) = key else { return Err(TemplateError::Unsupported("a key that is not a string".to_owned())) };
                if let Some(entry) = present(entry, stack)? {
                    resolved.insert(key.clone(), resolve(entry, stack)?);
                }
            }
            Ok(Json::Object(resolved))
        }
    }
}

/// A template value that has to come to a string; numbers and booleans are written out, as CloudFormation does.
pub(super) fn resolve_text(value: &Yaml, stack: &Stack) -> Result<String, TemplateError> {
    match resolve(value, stack)? {
        Json::String(text) => Ok(text),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(flag) => Ok(flag.to_string()),
        _ => Err(TemplateError::Unsupported("a list or a mapping where a string is needed".to_owned())),
    }
}

/// What `Fn::If` chooses, however deep; any other value is itself. What is not chosen is not looked at.
fn chosen<'a>(value: &'a Yaml, stack: &Stack) -> Result<&'a Yaml, TemplateError> {
    match argument_of(value, "If") {
        Some(Yaml::Sequence(parts)) => match parts.as_slice() {
            [Yaml::String(condition), yes, no] => chosen(if stack.holds(condition)? { yes } else { no }, stack),
            _ => Err(TemplateError::Unsupported("Fn::If with other arguments than a condition and two values".to_owned())),
        },
        _ => Ok(value),
    }
}

/// What is chosen, unless that is nothing ("Pseudo parameters reference").
fn present<'a>(value: &'a Yaml, stack: &Stack) -> Result<Option<&'a Yaml>, TemplateError> {
    let value = chosen(value, stack)?;
    let is_nothing = argument_of(value, "Ref").and_then(Yaml::as_str) == Some("AWS::NoValue");
    Ok((!is_nothing).then_some(value))
}

/// The argument of that function, if the value is a call of it.
fn argument_of<'a>(value: &'a Yaml, function: &str) -> Option<&'a Yaml> {
    match value {
        Yaml::Tagged(tagged) => (tagged.tag == function).then_some(&tagged.value),
        Yaml::Mapping(entries) if entries.len() == 1 => entries.get(function).or_else(|| entries.get(format!("Fn::{function}"))),
        _ => None,
    }
}

fn call(function: &str, argument: &Yaml, stack: &Stack) -> Result<Json, TemplateError> {
    match (function, argument) {
        ("Ref", Yaml::String(name)) => stack.reference(name),
        ("GetAtt", Yaml::String(path)) => attribute(path, stack),
        ("GetAtt", Yaml::Sequence(parts)) => {
            let parts = parts.iter().map(|part| resolve_text(part, stack)).collect::<Result<Vec<_>, _>>()?;
            attribute(&parts.join("."), stack)
        }
        ("Sub", Yaml::String(text)) => substitute(text, None, stack),
        ("Sub", Yaml::Sequence(parts)) => match parts.as_slice() {
            [Yaml::String(text), variables @ Yaml::Mapping(_)] => substitute(text, Some(variables), stack),
            _ => Err(TemplateError::Unsupported("Fn::Sub with other arguments than a string and a mapping".to_owned())),
        },
        ("Join", Yaml::Sequence(parts)) => match parts.as_slice() {
            [Yaml::String(separator), Yaml::Sequence(items)] => {
                let items = items.iter().map(|item| resolve_text(item, stack)).collect::<Result<Vec<_>, _>>()?;
                Ok(Json::String(items.join(separator)))
            }
            _ => Err(TemplateError::Unsupported("Fn::Join with other arguments than a string and a list".to_owned())),
        },
        _ => Err(TemplateError::Unsupported(format!("the intrinsic function {function}, written like this,"))),
    }
}

fn attribute(path: &str, stack: &Stack) -> Result<Json, TemplateError> {
    let (resource, attribute) = path.split_once('.').ok_or_else(|| TemplateError::UnknownName(path.to_owned()))?;
    stack.attribute(resource, attribute).map(Json::String)
}

/// `${Name}`, `${Resource.Attribute}` and the literal `${!Name}`. A dynamic reference (`{{resolve:...}}`) passes through unchanged.
fn substitute(text: &str, variables: Option<&Yaml>, stack: &Stack) -> Result<Json, TemplateError> {
    let mut output = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, tail) = after.split_once('}').ok_or_else(|| TemplateError::Unsupported("Fn::Sub with an unclosed ${".to_owned()))?;
        output.push_str(before);
        rest = tail;
        let name = name.trim();
        if let Some(literal) = name.strip_prefix('!') {
            output.push_str("${");
            output.push_str(literal);
            output.push('}');
            continue;
        }
        let value = match variables.and_then(|variables| variables.get(name)) {
            Some(variable) => resolve_text(variable, stack)?,
            None if name.contains('.') => resolve_json_text(&attribute(name, stack)?)?,
            None => resolve_json_text(&stack.reference(name)?)?,
        };
        output.push_str(&value);
    }
    output.push_str(rest);
    Ok(Json::String(output))
}

fn resolve_json_text(value: &Json) -> Result<String, TemplateError> {
    value.as_str().map(str::to_owned).ok_or_else(|| TemplateError::Unsupported("a list inside Fn::Sub".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stack() -> Stack {
        let text = "
Parameters:
  Region: {Type: String, Default: eu-west-1}
  Origins: {Type: CommaDelimitedList, Default: 'https://a.example,https://b.example'}
  Asked: {Type: String}
Conditions:
  Yes: !Equals [!Ref Asked, answered]
  No: !Not [!Condition Yes]
Resources:
  Left: {Type: AWS::S3::Bucket, Condition: No}
  VerificationTable: {Type: AWS::DynamoDB::Table}
  Evidence: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${AWS::StackName}-${Region}'}}
  StreamingRole: {Type: AWS::IAM::Role}
  Key: {Type: AWS::SecretsManager::Secret}
";
        Stack::read(text, &[("Asked".to_owned(), "answered".to_owned())].into()).expect("a stack")
    }

    #[test]
    fn values_come_to_what_the_stack_is_called_here() {
        let cases = [
            ("!Ref Asked", json!("answered")),
            ("!Ref Origins", json!(["https://a.example", "https://b.example"])),
            ("!Ref AWS::Region", json!("us-east-1")),
            ("!Ref VerificationTable", json!("prooflight-local-verification-table")),
            ("{Ref: Region}", json!("eu-west-1")),
            ("!Ref Evidence", json!("prooflight-local-eu-west-1")),
            ("!GetAtt StreamingRole.Arn", json!("arn:aws:iam::000000000000:role/prooflight-local-streaming-role")),
            (
                "'Fn::GetAtt': [VerificationTable, Arn]",
                json!("arn:aws:dynamodb:us-east-1:000000000000:table/prooflight-local-verification-table"),
            ),
            ("!Sub '${Evidence.Arn}/evidence/*'", json!("arn:aws:s3:::prooflight-local-eu-west-1/evidence/*")),
            ("!Sub ['${X}-${!Literal}', {X: !Ref Region}]", json!("eu-west-1-${Literal}")),
            ("!Join ['/', [a, !Ref Region]]", json!("a/eu-west-1")),
            ("!If [Yes, !Ref Region, !Ref Nowhere]", json!("eu-west-1")),
            ("'Fn::If': [No, a, !If [Yes, b, c]]", json!("b")),
            ("[a, !If [No, b, !Ref AWS::NoValue], !Ref AWS::NoValue]", json!(["a"])),
            ("{a: !If [Yes, {Ref: AWS::NoValue}, b], c: d}", json!({ "c": "d" })),
            ("[1, true, null, {a: !Ref Region}]", json!([1, true, null, {"a": "eu-west-1"}])),
        ];
        for (text, expected) in cases {
            let value: Yaml = serde_norway::from_str(text).expect("YAML");
            assert_eq!(resolve(&value, &stack()).expect(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_resolved_is_named() {
        let cases = [
            ("!Ref Nowhere", "Nowhere"),
            ("!GetAtt StreamingRole.Shoe", "StreamingRole.Shoe"),
            ("!GetAtt Nowhere.Arn", "Nowhere"),
            ("!Sub '${Nowhere}'", "Nowhere"),
            ("!Sub '${Region'", "unclosed"),
            ("!Ref Left", "Left"),
            ("!If [Maybe, a, b]", "Maybe"),
            ("!If [Yes, a]", "Fn::If"),
            ("!ImportValue Other", "ImportValue"),
            ("'Fn::Select': [0, [a]]", "Select"),
        ];
        for (text, named) in cases {
            let value: Yaml = serde_norway::from_str(text).expect("YAML");
            let error = resolve(&value, &stack()).expect_err(text).to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
