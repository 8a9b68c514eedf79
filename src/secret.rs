//! Values that must never be printed, compared in variable time, or copied by accident.
//!
//! A [`Secret`] has no `Debug`, `Display`, `Serialize` or `Clone`: what cannot be formatted cannot
//! reach a log line. Share it as `Arc<Secret>`.
//!
//! What it does *not* do: it does not lock memory pages; it only zeroes them on drop.

use secrecy::{ExposeSecret, SecretSlice};

/// Bytes of a key or password, zeroed when dropped.
pub struct Secret(SecretSlice<u8>);

impl Secret {
    /// Takes ownership of the bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(SecretSlice::from(bytes))
    }

    /// The bytes themselves. Each call site is a place to review.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// How many bytes there are: fit for a minimum-length check, not for a log line.
    pub fn size_bytes(&self) -> usize {
        self.expose().len()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text.into_bytes())
    }
}
