//! `prooflight-simulate`.
fn main() {}
