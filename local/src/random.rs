//! Random bytes, all from the operating system's generator: where it has none to give, nothing is made up.

use ring::rand::{SecureRandom, SystemRandom};
use std::fmt::Write;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| std::io::Error::other("the system's random generator failed"))?;
    Ok(bytes)
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}
