//! How an invocation fails that nobody made over HTTP: by a name that a state machine catches, and a sentence. The name is the
//! code of the same [`Problem`] in Pascal case, so both doors of a function refuse alike.

use super::Problem;
use lambda_runtime::Diagnostic;
use std::fmt;

/// A failed invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable name; `errorType` in Lambda's answer, what `ErrorEquals` compares in a state machine.
    pub error_type: String,
    /// A sentence without anything that was sent in.
    pub message: String,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        problem.log();
        let message = match &problem {
            Problem::Malformed(detail) => detail.clone(),
            _ => problem.title().to_owned(),
        };
        Self { error_type: pascal(problem.code()), message }
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.error_type, error_message: failure.message }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

impl std::error::Error for Failure {}

fn pascal(code: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    code.split('_').map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_code() {
        let failure = Failure::from(Problem::PolicyUnknown);
        assert_eq!((failure.error_type.as_str(), failure.message.as_str()), ("PolicyUnknown", "There is no such policy"));
        assert_eq!(Failure::from(Problem::Malformed("policy has to be a text".into())).message, "policy has to be a text");
    }
}
