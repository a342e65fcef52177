//! An error with everything that led to it, on one line: for the log and for the terminal, never for an answer.

use std::error::Error;
use std::fmt::{Display, Formatter, Result};

/// Displays `error: its source: that one's source`.
#[derive(Debug)]
pub struct ErrorChain<'a>(pub &'a dyn Error);

impl Display for ErrorChain<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(formatter, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
