//! Values that people write in more than one way: ids as numbers or text, networks as addresses or CIDR.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(u64),
}

impl TextOrNumber {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }

    fn into_number<E: serde::de::Error>(self) -> Result<u64, E> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Text(text) => text.parse().map_err(|_| E::custom(format!("{text:?} is no number"))),
        }
    }
}

/// `"7"` or `7`, as text.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    TextOrNumber::deserialize(from).map(TextOrNumber::into_text)
}

/// A list of them.
pub(super) fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(Vec::<TextOrNumber>::deserialize(from)?.into_iter().map(TextOrNumber::into_text).collect())
}

/// A list of numbers.
pub(super) fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u64>, D::Error> {
    Vec::<TextOrNumber>::deserialize(from)?.into_iter().map(TextOrNumber::into_number).collect()
}

/// Numbers by name.
pub(super) fn named_numbers<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, u64>, D::Error> {
    let named = BTreeMap::<String, TextOrNumber>::deserialize(from)?;
    named.into_iter().map(|(name, number)| Ok((name, number.into_number()?))).collect()
}

/// Networks: `10.0.0.0/8`, or an address alone.
pub(super) fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let read = |text: String| {
        let alone = || text.parse::<IpAddr>().map(IpNet::from);
        text.parse().or_else(|_| alone()).map_err(|_| D::Error::custom(format!("{text:?} is no network")))
    };
    Vec::<String>::deserialize(from)?.into_iter().map(read).collect()
}
