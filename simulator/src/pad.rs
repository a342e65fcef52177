//! How the local engine treats simulated presentations: clips are made, analysed and counted, and a report is written.

pub mod measure;
