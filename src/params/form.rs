//! Reads `a[b]=1&c=2`, from a body or a query.
//!
//! A crate's decoder would do but for three habits of Rails that decide what a name is: spaces after `&` are
//! eaten (PARAM-09), a name without `=` is null, and broken percent-encoding is an error (PARAM-32).

use std::borrow::Cow;

use memchr::memchr;
use percent_encoding::percent_decode;

use super::{Object, ParamLimits, Params, ParamsError, ParamsKind, Value, name};

/// Reads the pairs in order.
pub(super) fn parse(raw: &[u8], limits: &ParamLimits, kind: ParamsKind) -> Result<Params, ParamsError> {
    let mut root = Object::new();
    let mut pairs = 0_usize;
    for (index, piece) in raw.split(|byte| *byte == b'&').enumerate() {
        let mut pair = piece;
        while index > 0
            && let [b' ', rest @ ..] = pair
        {
            pair = rest;
        }
        if pair.is_empty() {
            continue;
        }
        pairs += 1;
        if pairs > limits.max_params {
            return Err(ParamsError::TooManyParams { limit: limits.max_params });
        }
        let (raw_name, raw_value) = match memchr(b'=', pair).and_then(|at| pair.split_at_checked(at)) {
            Some((before, after)) => (before, after.get(1..)),
            None => (pair, None),
        };
        // Three bytes encode one at most, so this bounds the work before decoding.
        if raw_name.len() > limits.max_name_bytes.saturating_mul(3) {
            return Err(ParamsError::NameTooLong { limit: limits.max_name_bytes });
        }
        let name = decode(raw_name)?;
        let value = match raw_value {
            None => Value::Null,
            Some(raw) => {
                let text = if raw.len() > limits.max_text_bytes.saturating_mul(3) {
                    None
                } else {
                    Some(decode(raw)?)
                };
                let Some(text) = text.filter(|text| text.len() <= limits.max_text_bytes) else {
                    return Err(ParamsError::TextTooLong { limit: limits.max_text_bytes });
                };
                Value::Text(text)
            }
        };
        name::put(&mut root, &name::split(&name, limits)?, value)?;
    }
    Ok(Params { root, kind })
}

fn decode(raw: &[u8]) -> Result<String, ParamsError> {
    let mut rest = raw;
    while let Some((_, after)) = memchr(b'%', rest).and_then(|at| rest.split_at_checked(at + 1)) {
        let [high, low, tail @ ..] = after else { return Err(ParamsError::InvalidEncoding) };
        if !high.is_ascii_hexdigit() || !low.is_ascii_hexdigit() {
            return Err(ParamsError::InvalidEncoding);
        }
        rest = tail;
    }
    let spaced: Cow<'_, [u8]> = if memchr(b'+', raw).is_some() {
        raw.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect::<Vec<_>>().into()
    } else {
        raw.into()
    };
    let text = percent_decode(&spaced).decode_utf8().map_err(|_| ParamsError::InvalidEncoding)?;
    if text.contains('\0') {
        return Err(ParamsError::NulByte);
    }
    Ok(text.into_owned())
}
