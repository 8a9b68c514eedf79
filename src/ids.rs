//! The ids that pass through the gateway, each its own type, parsed at the border.
//!
//! Astria's ids are sequential integers, and Rails reads `1abc` or `1%0a2` as an id; here an id is
//! `[1-9][0-9]{0,18}` and nothing else.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! upstream_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Reads a canonical decimal id; `None` for anything that Rails might read differently.
            pub fn parse(text: &str) -> Option<Self> {
                parse_id(text).map(Self)
            }

            /// Wraps a number that came typed (from JSON of the upstream or from config).
            pub const fn from_u64(id: u64) -> Self {
                Self(id)
            }

            /// The number itself.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

upstream_id!(
    /// A tune (fine-tuned model) at Astria.
    TuneId
);
upstream_id!(
    /// A prompt (one generation of up to eight images) at Astria.
    PromptId
);
upstream_id!(
    /// A pack (collection of prompt templates) at Astria.
    PackId
);

fn parse_id(text: &str) -> Option<u64> {
    let first = text.bytes().next()?;
    let canonical =
        (b'1'..=b'9').contains(&first) && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit());
    if canonical { text.parse().ok() } else { None }
}

/// Names one request in replies, logs and Problems. Made by the gateway, never by a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId([u8; 32]);

impl RequestId {
    /// A new id: a UUID v7, so that ids sort by time.
    pub fn generate() -> Self {
        let mut text = [0; 32];
        uuid::Uuid::now_v7().simple().encode_lower(&mut text);
        Self(text)
    }

    /// The one that examples show.
    pub const fn example() -> Self {
        Self(*b"01a1fc24998e72c993af9fcc752634af")
    }

    /// The id as text: 32 lower-case hexadecimal digits.
    pub fn as_str(&self) -> &str {
        // They are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Names one reservation in the ledger and in callback tokens: a UUID v7, so that neighbours in time are neighbours in
/// the store. It is no secret: a callback address has a mac, and a create shows itself to its owner alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReservationId(u128);

impl ReservationId {
    /// A new id.
    pub fn generate() -> Self {
        Self(uuid::Uuid::now_v7().as_u128())
    }

    /// Reads the 32 hexadecimal digits that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let canonical = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if canonical { u128::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

impl fmt::Display for ReservationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_canonical_decimal_and_nothing_else() {
        assert_eq!(TuneId::parse("1504944").map(TuneId::get), Some(1_504_944));
        for odd in [
            "",
            "0",
            "01",
            "+1",
            "-1",
            "1 ",
            "1abc",
            "1\n2",
            "1.json",
            "1/prompts",
            "１",
            "99999999999999999999",
        ] {
            assert_eq!(TuneId::parse(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn a_reservation_id_survives_its_text_form() {
        let id = ReservationId::generate();
        assert_eq!(ReservationId::parse(&id.to_string()), Some(id));
        assert_eq!(
            ReservationId::parse(&id.to_string().to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")),
            None
        );
    }
}
