//! The one place where a panic is caught. The decoders and the MP4 parser are young: they index and subtract as if every stream
//! were well formed. What a client sends must never end the process that serves everybody else, so their panic becomes the
//! finding that this video is damaged. Whoever gets that error drops the decoder, so no half-changed state is used again.

use crate::VideoError;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic inside becomes [`VideoError::Damaged`].
pub(crate) fn contained<T>(part: &str, work: impl FnOnce() -> T) -> Result<T, VideoError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| VideoError::Damaged(format!("{part} cannot be decoded")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_finding() {
        let empty: Vec<u8> = Vec::new();
        let outcome = contained("a frame", || empty.iter().max().map(|max| 1 / (max - max)).unwrap());
        assert_eq!(outcome, Err(VideoError::Damaged("a frame cannot be decoded".to_owned())));
    }
}
