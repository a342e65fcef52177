//! Random ids and secrets, all from the operating system's generator.

use ring::rand::{SecureRandom, SystemRandom};

/// `N` random bytes, or an error when the system has none to give: an id is never made up without them.
pub(crate) fn bytes<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| std::io::Error::other("the system's random generator failed"))?;
    Ok(bytes)
}

/// A fresh request id in the form of a UUID.
pub(crate) fn request_id() -> std::io::Result<String> {
    Ok(uuid::Builder::from_random_bytes(bytes()?).into_uuid().to_string())
}
