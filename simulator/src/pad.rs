//! How the local engine treats simulated presentations: clips are made, judged and counted, and a report is written.

pub mod jobs;
pub mod measure;
pub mod plots;
pub mod report;
pub mod statistics;
