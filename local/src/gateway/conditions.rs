//! The template's conditions ("Conditions section syntax reference", CloudFormation guide): decided once, by the parameters alone. A resource
//! whose condition does not hold does not exist here either.

use super::intrinsics::resolve_text;
use super::stack::{Stack, TemplateError};
use serde_norway::Value as Yaml;
use std::collections::BTreeMap;

/// Every condition with what it comes to. They may name each other, in any order.
pub(super) fn decide(stack: &Stack) -> Result<BTreeMap<String, bool>, TemplateError> {
    stack.section("Conditions").map(|(name, condition)| Ok((name.to_owned(), holds(condition, stack, DEEPEST)?))).collect()
}

/// Deeper than anybody nests them, and the end of a circle.
const DEEPEST: usize = 32;

fn holds(condition: &Yaml, stack: &Stack, depth: usize) -> Result<bool, TemplateError> {
    let depth = depth.checked_sub(1).ok_or_else(|| TemplateError::Unsupported("conditions that name each other in a circle".to_owned()))?;
    let (function, argument) = call_of(condition).ok_or_else(unsupported)?;
    let all = || argument.as_sequence().ok_or_else(unsupported);
    match function.as_str() {
        "Equals" => match all()?.as_slice() {
            [one, other] => Ok(resolve_text(one, stack)? == resolve_text(other, stack)?),
            _ => Err(unsupported()),
        },
        "Not" => match all()?.as_slice() {
            [one] => Ok(!holds(one, stack, depth)?),
            _ => Err(unsupported()),
        },
        "And" => all()?.iter().try_fold(true, |so_far, one| Ok(holds(one, stack, depth)? && so_far)),
        "Or" => all()?.iter().try_fold(false, |so_far, one| Ok(holds(one, stack, depth)? || so_far)),
        "Condition" => {
            let name = argument.as_str().ok_or_else(unsupported)?;
            let named = stack.section("Conditions").find(|(other, _)| *other == name);
            holds(named.ok_or_else(|| TemplateError::UnknownName(name.to_owned()))?.1, stack, depth)
        }
        _ => Err(unsupported()),
    }
}

/// `!Not [...]` and `{"Fn::Not": [...]}` alike.
fn call_of(condition: &Yaml) -> Option<(String, &Yaml)> {
    match condition {
        Yaml::Tagged(tagged) => Some((tagged.tag.to_string().trim_start_matches('!').to_owned(), &tagged.value)),
        Yaml::Mapping(entries) if entries.len() == 1 => {
            let (name, argument) = entries.iter().next()?;
            let name = name.as_str()?;
            Some((name.strip_prefix("Fn::").unwrap_or(name).to_owned(), argument))
        }
        _ => None,
    }
}

fn unsupported() -> TemplateError {
    TemplateError::Unsupported("a condition, written like this,".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(conditions: &str, url: &str) -> Result<BTreeMap<String, bool>, TemplateError> {
        let text = format!("{{Parameters: {{Url: {{Type: String, Default: ''}}}}, Conditions: {{{conditions}}}}}");
        decide(&Stack::read(&text, &[("Url".to_owned(), url.to_owned())].into())?)
    }

    #[test]
    fn a_condition_is_what_the_parameters_make_of_it() {
        let given = "Has: !Not [!Equals [!Ref Url, '']]";
        for (conditions, named, without, with) in [
            (given.to_owned(), "Has", false, true),
            (format!("Not: !Not [{{Condition: Has}}], {given}"), "Not", true, false),
            (format!("{given}, Both: !And [!Condition Has, 'Fn::Equals': [!Ref Url, 'https://a']]"), "Both", false, true),
            (format!("{given}, Either: !Or [!Condition Has, !Equals [a, a]]"), "Either", true, true),
        ] {
            for (url, expected) in [("", without), ("https://a", with)] {
                let found = decided(&conditions, url).unwrap_or_else(|error| panic!("{conditions}: {error}"));
                assert_eq!(found[named], expected, "{conditions} with {url:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_decided_is_refused() {
        for conditions in ["A: true", "A: !Equals [a]", "A: !Condition B", "A: !Condition B, B: !Condition A", "A: !Contains [a, [a]]"] {
            assert!(decided(conditions, "").is_err(), "{conditions}");
        }
    }
}
