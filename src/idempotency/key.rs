//! The key by which a client says that two creates are one.
//!
//! The draft wants a Structured Field string, in quotes; most clients send the bare text. Both are read, and the same key
//! in both spellings is the same key. Whatever could be two keys that a proxy joined is refused: a create under the wrong
//! key would be answered with somebody else's intention.
//!
//! What it does *not* do: it reads no parameters behind the string (`"a";b=1`), which the draft does not define.

use std::fmt::{self, Write as _};

use super::Fingerprint;

/// The longest key, in characters without quotes; all of them are ASCII.
pub const MAX_KEY_CHARS: usize = 255;

/// What keys of the gateway's own making begin with.
const DERIVED: &str = "derived:";

/// Why a key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// More than one header.
    #[error("there are two of them")]
    Twice,
    /// No character in it.
    #[error("it is empty")]
    Empty,
    /// Longer than [`MAX_KEY_CHARS`].
    #[error("it is longer than {MAX_KEY_CHARS} characters")]
    TooLong,
    /// A space, a control or beyond ASCII; or, without quotes, a comma, as it stands where a proxy joined two headers.
    #[error("it has other characters than visible ASCII, or a comma without quotes")]
    Character,
    /// It begins with a quote and is not one string in quotes.
    #[error("its quotes do not fit")]
    Quotes,
    /// It begins as the gateway's own do.
    #[error("keys that begin with {DERIVED:?} are the gateway's own")]
    Reserved,
}

/// 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads the values of all `Idempotency-Key` headers; without any there is no key.
    ///
    /// # Errors
    /// A key that could be read in two ways, or that nobody could store: see [`KeyError`].
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Self>, KeyError> {
        let mut values = values.into_iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(KeyError::Twice);
        }
        let key = match value.trim_ascii() {
            [b'"', quoted @ ..] => unquote(quoted)?,
            bare if bare.contains(&b',') => return Err(KeyError::Character),
            bare => visible(bare.iter().copied())?,
        };
        match key.len() {
            0 => Err(KeyError::Empty),
            1..=MAX_KEY_CHARS if key.starts_with(DERIVED) => Err(KeyError::Reserved),
            1..=MAX_KEY_CHARS => Ok(Some(Self(key))),
            _ => Err(KeyError::TooLong),
        }
    }

    /// The key of a request that came without one: the same for the same request. No client can send it.
    pub fn derived(from: &Fingerprint) -> Self {
        let mut key = DERIVED.to_owned();
        for byte in from.as_bytes() {
            // Writing to a String cannot fail.
            let _ = write!(key, "{byte:02x}");
        }
        Self(key)
    }

    /// Whether it is of the gateway's own making.
    pub fn is_derived(&self) -> bool {
        self.0.starts_with(DERIVED)
    }

    /// Without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    /// Prints the length only: it is a client's text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({} characters)", self.0.len())
    }
}

/// What stands behind the opening quote, up to the closing one, which must be the last character.
/// See RFC 9651, section 4.2.5: only a quote and a backslash are escaped.
fn unquote(rest: &[u8]) -> Result<String, KeyError> {
    let mut plain = Vec::with_capacity(rest.len());
    let mut rest = rest.iter().copied();
    loop {
        match rest.next() {
            Some(b'\\') => match rest.next() {
                Some(escaped @ (b'"' | b'\\')) => plain.push(escaped),
                _ => return Err(KeyError::Quotes),
            },
            Some(b'"') if rest.len() == 0 => return visible(plain),
            Some(b'"') | None => return Err(KeyError::Quotes),
            Some(byte) => plain.push(byte),
        }
    }
}

fn visible(bytes: impl IntoIterator<Item = u8>) -> Result<String, KeyError> {
    let as_char =
        |byte: u8| if byte.is_ascii_graphic() { Ok(char::from(byte)) } else { Err(KeyError::Character) };
    bytes.into_iter().map(as_char).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(value: &str) -> Result<String, KeyError> {
        IdempotencyKey::parse([value.as_bytes()]).map(|key| key.unwrap().as_str().to_owned())
    }

    #[test]
    fn idem_01_the_same_key_in_quotes_and_without_is_the_same_key() {
        let longest = "k".repeat(MAX_KEY_CHARS);
        for (quoted, bare) in [
            ("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("\"a\\\"b\\\\c\"", "a\"b\\c"),
            ("\"a;b=1\"", "a;b=1"),
            (" \"x\"\t", " x\t"),
            (&format!("\"{longest}\""), &longest),
        ] {
            assert_eq!(one(quoted), one(bare), "{quoted}");
            assert_eq!(one(quoted), Ok(one(bare).unwrap()));
        }
        assert_eq!(one("\"a,b\""), Ok("a,b".to_owned()));
        assert_eq!(IdempotencyKey::parse([]), Ok(None));
    }

    #[test]
    fn idem_01_what_could_be_read_in_two_ways_is_no_key() {
        let long = "k".repeat(MAX_KEY_CHARS + 1);
        for (value, error) in [
            ("", KeyError::Empty),
            ("  ", KeyError::Empty),
            ("\"\"", KeyError::Empty),
            (long.as_str(), KeyError::TooLong),
            (&format!("\"{long}\""), KeyError::TooLong),
            ("a b", KeyError::Character),
            ("\"a b\"", KeyError::Character),
            ("a, b", KeyError::Character),
            ("a,b", KeyError::Character),
            ("ключ", KeyError::Character),
            ("\"ключ\"", KeyError::Character),
            ("a\u{7f}", KeyError::Character),
            ("\"a", KeyError::Quotes),
            ("\"", KeyError::Quotes),
            ("\"a\\\"", KeyError::Quotes),
            ("\"a\\b\"", KeyError::Quotes),
            ("\"a\"b", KeyError::Quotes),
            ("\"a\", \"b\"", KeyError::Quotes),
            ("\"a\";b=1", KeyError::Quotes),
            ("derived:00", KeyError::Reserved),
            ("\"derived:00\"", KeyError::Reserved),
        ] {
            assert_eq!(one(value), Err(error), "{value:?}");
        }
        let twice = [b"a".as_slice(), b"a"];
        assert_eq!(IdempotencyKey::parse(twice), Err(KeyError::Twice));
    }

    #[test]
    fn a_derived_key_follows_from_the_fingerprint_and_cannot_be_sent() {
        let key = IdempotencyKey::derived(&Fingerprint::from_bytes(&[0xab; 32]).unwrap());
        assert_eq!(key.as_str(), format!("derived:{}", "ab".repeat(32)));
        assert!(key.is_derived());
        assert_eq!(IdempotencyKey::parse([key.as_str().as_bytes()]), Err(KeyError::Reserved));
        assert!(!format!("{key:?}").contains("ab"));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_a_fit_key(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(Some(key)) = IdempotencyKey::parse([bytes.as_slice()]) {
                prop_assert!((1..=MAX_KEY_CHARS).contains(&key.as_str().len()));
                prop_assert!(key.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
                let quoted = format!("\"{}\"", key.as_str().replace('\\', "\\\\").replace('"', "\\\""));
                prop_assert_eq!(IdempotencyKey::parse([quoted.as_bytes()]), Ok(Some(key)));
            }
        }
    }
}
