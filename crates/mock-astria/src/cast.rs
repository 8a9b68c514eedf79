//! How a model attribute takes a parameter: Ruby's and ActiveRecord's conversions.
//!
//! `"8abc"` becomes 8 and `"abc"` becomes 0, where a stricter reader would refuse. Arrays, hashes and files are no scalars:
//! strong parameters drop them. It knows no ranges; see [`crate::validation`].

use serde_json::{Map, Value};

use crate::rails_params::{Hash, Param};

/// The column type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Float,
    Boolean,
}

/// The attributes of `hash` that are in `table`, cast. Others, and those that are no scalar, are dropped.
pub(crate) fn attributes(hash: &Hash, table: &[(&'static str, Kind)]) -> Map<String, Value> {
    table
        .iter()
        .filter_map(|(name, kind)| {
            let value = cast(*kind, hash.get(*name)?)?;
            Some(((*name).to_owned(), value))
        })
        .collect()
}

/// The attribute's value; `None` if the parameter is no scalar.
pub(crate) fn cast(kind: Kind, param: &Param) -> Option<Value> {
    let scalar = match param {
        Param::Array(_) | Param::Hash(_) | Param::File(_) => return None,
        Param::Null => return Some(Value::Null),
        scalar => scalar,
    };
    Some(match kind {
        Kind::Text => Value::String(match scalar {
            Param::Bool(true) => "t".to_owned(),
            Param::Bool(false) => "f".to_owned(),
            Param::Number(number) => number.to_string(),
            Param::String(text) => text.clone(),
            _ => return None,
        }),
        Kind::Boolean => match scalar {
            Param::Bool(value) => Value::Bool(*value),
            Param::Number(number) => Value::Bool(number.as_f64() != Some(0.0)),
            Param::String(text) if text.is_empty() => Value::Null,
            Param::String(text) => Value::Bool(!is_false(text)),
            _ => return None,
        },
        Kind::Integer => match scalar {
            Param::String(text) if text.trim().is_empty() => Value::Null,
            other => Value::from(integer(other)),
        },
        Kind::Float => match scalar {
            Param::String(text) if text.trim().is_empty() => Value::Null,
            other => Value::from(float(other)),
        },
    })
}

fn is_false(text: &str) -> bool {
    matches!(text, "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF")
}

fn integer(param: &Param) -> i64 {
    match param {
        Param::Bool(value) => i64::from(*value),
        Param::Number(number) => match number.as_i64() {
            Some(value) => value,
            None => truncated(number.as_f64().unwrap_or_default()),
        },
        Param::String(text) => to_i(text),
        _ => 0,
    }
}

fn truncated(value: f64) -> i64 {
    // Through text: a cast would saturate silently, and so does this, but in words.
    let text = format!("{:.0}", value.trunc());
    text.parse().unwrap_or(if value < 0.0 { i64::MIN } else { i64::MAX })
}

fn float(param: &Param) -> f64 {
    match param {
        Param::Bool(value) => f64::from(u8::from(*value)),
        Param::Number(number) => number.as_f64().unwrap_or_default(),
        Param::String(text) => {
            let text = text.trim_start();
            let is_part = |ch: char| ch.is_ascii_digit() || matches!(ch, '.' | '+' | '-' | 'e' | 'E');
            let mut end = text.find(|ch| !is_part(ch)).unwrap_or(text.len());
            // The longest prefix that is a number.
            loop {
                match text.get(..end).and_then(|prefix| prefix.parse().ok()) {
                    Some(value) => return value,
                    None if end == 0 => return 0.0,
                    None => end -= 1,
                }
            }
        }
        _ => 0.0,
    }
}

/// Ruby's `String#to_i`: an optional sign and the digits that follow; anything else is 0.
pub(crate) fn to_i(text: &str) -> i64 {
    let text = text.trim_start();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut value: i64 = 0;
    let mut after_digit = false;
    for ch in rest.chars() {
        match ch.to_digit(10) {
            Some(digit) => {
                value = value.saturating_mul(10).saturating_add(i64::from(digit));
                after_digit = true;
            }
            None if ch == '_' && after_digit => after_digit = false,
            None => break,
        }
    }
    sign * value
}

/// An id as a controller looks it up: `to_i`, and nothing below 1 exists.
pub(crate) fn id(param: Option<&Param>) -> Option<u64> {
    match cast(Kind::Integer, param?)? {
        Value::Number(number) => number.as_u64().filter(|id| *id > 0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, cast, to_i};
    use crate::rails_params::Param;
    use serde_json::{Value, json};

    fn text(kind: Kind, text: &str) -> Option<Value> {
        cast(kind, &Param::String(text.to_owned()))
    }

    #[test]
    fn strings_become_numbers_by_their_leading_digits() {
        assert_eq!(to_i("1abc"), 1);
        assert_eq!(to_i(" -1_000x"), -1000);
        assert_eq!(to_i("0x8"), 0);
        assert_eq!(to_i("1\n2"), 1);
        assert_eq!(text(Kind::Integer, "8abc"), Some(json!(8)));
        assert_eq!(text(Kind::Integer, ""), Some(Value::Null));
        assert_eq!(text(Kind::Float, "7.5x"), Some(json!(7.5)));
        assert_eq!(text(Kind::Float, "x"), Some(json!(0.0)));
    }

    #[test]
    fn numbers_are_truncated_and_arrays_dropped() {
        let number = serde_json::Number::from_f64(8.9).unwrap();
        assert_eq!(cast(Kind::Integer, &Param::Number(number)), Some(json!(8)));
        assert_eq!(cast(Kind::Integer, &Param::Array(vec![Param::Bool(true)])), None);
        assert_eq!(cast(Kind::Integer, &Param::Bool(true)), Some(json!(1)));
        assert_eq!(text(Kind::Boolean, "off"), Some(json!(false)));
        assert_eq!(text(Kind::Boolean, "no"), Some(json!(true)));
    }
}
