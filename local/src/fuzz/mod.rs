//! What strangers hand to the doors beside the stream, for the fuzzers in `fuzz/` and for the test that replays what they were given and what they found: events
//! of the functions, calls of the AWS endpoint, and what is to be told of a problem. The tokens are in [`tokens`](crate::tokens), the stream in [`stream`](crate::stream).

mod calls;
mod events;
mod problem;

pub use crate::tokens::fuzz::jwt;
pub use calls::aws_json;
pub use events::lambda_events;
pub use problem::problem;

#[cfg(test)]
mod tests {
    use std::path::Path;

    type Target = fn(&[u8]);

    /// Once more with the toolchain that everybody has.
    #[test]
    fn the_corpora_are_survived() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        let targets: [(&str, Target); 4] =
            [("aws_json", super::aws_json), ("jwt", super::jwt), ("lambda_events", super::lambda_events), ("problem", super::problem)];
        for (target, run) in targets {
            let files: Vec<_> = std::fs::read_dir(folder.join(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert!(files.len() > 5, "{target}: a corpus");
            for file in files {
                let bytes = std::fs::read(&file).unwrap();
                assert!(std::panic::catch_unwind(|| run(&bytes)).is_ok(), "{}", file.display());
            }
        }
    }
}
