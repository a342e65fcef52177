//! The AWS endpoint: one HTTP port, path style, on which SigV4 is verified and a request goes to its service.

mod claim;
pub mod credentials;
pub mod signature;
