//! Rack's rules for names such as `prompt[ids][]`, and the urlencoded syntax around them.
//!
//! Query strings, urlencoded bodies and multipart names all pass through [`Form::insert`], so that the bracket rules stand
//! in one place. It does not look at content types.
//!
//! Source: own runs of Rails 7.2 on rack 3.1, `fixtures/rails-7.2-rack-3.1.txt`.

use super::error::{RailsError, RailsErrorKind};
use super::tree::{Hash, Param};

const DEPTH_LIMIT: usize = 32;
const PARAMS_LIMIT: usize = 4096;
const SIZE_LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// Parameters under construction.
#[derive(Debug, Default)]
pub(crate) struct Form {
    pub(crate) hash: Hash,
    /// A value was not UTF-8. Rack does not mind; Rails refuses later.
    pub(crate) bad_value: bool,
    /// A name was not UTF-8. Rails does not mind; printing the tree fails.
    pub(crate) bad_name: bool,
}

/// What a step of the descent made of the hash that it was given.
enum Made {
    Same,
    Array(Vec<Param>),
    Nothing,
}

impl Form {
    /// Reads an urlencoded text: a query string or a body.
    pub(crate) fn urlencoded(text: &[u8]) -> Result<Self, RailsError> {
        let ampersands = memchr::memchr_iter(b'&', text).count();
        if text.len() > SIZE_LIMIT_BYTES || ampersands >= PARAMS_LIMIT {
            return Err(RailsError::bad_request(RailsErrorKind::QueryLimit));
        }
        let mut form = Self::default();
        for (index, pair) in text.split(|byte| *byte == b'&').enumerate() {
            // The separator is `& *`: spaces after an ampersand belong to it.
            let pair = if index == 0 { pair } else { pair.trim_prefix_spaces() };
            if pair.is_empty() {
                continue;
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = unescape(halves.next().unwrap_or_default())?;
            let value = match halves.next() {
                None => Param::Null,
                Some(raw) => form.text(unescape(raw)?),
            };
            form.insert(name, value)?;
        }
        Ok(form)
    }

    /// A string leaf; remembers if the bytes are not UTF-8.
    pub(crate) fn text(&mut self, bytes: Vec<u8>) -> Param {
        Param::String(String::from_utf8(bytes).unwrap_or_else(|error| {
            self.bad_value = true;
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        }))
    }

    /// Puts `value` where `name` points.
    pub(crate) fn insert(&mut self, name: Vec<u8>, value: Param) -> Result<(), RailsError> {
        let name = String::from_utf8(name).unwrap_or_else(|error| {
            self.bad_name = true;
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        });
        descend(&mut self.hash, &name, value, 0).map(drop)
    }
}

trait TrimSpaces {
    fn trim_prefix_spaces(&self) -> &Self;
}

impl TrimSpaces for [u8] {
    fn trim_prefix_spaces(&self) -> &Self {
        let spaces = self.iter().take_while(|byte| **byte == b' ').count();
        self.get(spaces..).unwrap_or_default()
    }
}

/// Splits a name into the key for this level and what follows it.
fn split_name(name: &str, depth: usize) -> (&str, &str) {
    if depth == 0 {
        // A bracket in first place is an ordinary character.
        let open = name.char_indices().skip(1).find(|(_, ch)| *ch == '[').map(|(at, _)| at);
        return open.and_then(|at| name.split_at_checked(at)).unwrap_or((name, ""));
    }
    if let Some(after) = name.strip_prefix("[]") {
        return ("[]", after);
    }
    match name.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((key, after)) => (key, after),
        None => (name, ""),
    }
}

fn descend(params: &mut Hash, name: &str, value: Param, depth: usize) -> Result<Made, RailsError> {
    if depth >= DEPTH_LIMIT {
        return Err(RailsError::bad_request(RailsErrorKind::QueryLimit));
    }
    let (key, after) = split_name(name, depth);
    if key.is_empty() {
        return Ok(Made::Nothing);
    }
    match after {
        "" if key == "[]" && depth != 0 => return Ok(Made::Array(vec![value])),
        "" => {
            params.insert(key.to_owned(), value);
        }
        "[" => {
            params.insert(name.to_owned(), value);
        }
        "[]" => array_at(params, key)?.push(value),
        _ => match after.strip_prefix("[]") {
            Some(rest) => into_array(array_at(params, key)?, rest, value, depth)?,
            None => {
                let child = hash_at(params, key)?;
                match descend(child, after, value, depth + 1)? {
                    Made::Same => {}
                    Made::Array(items) => {
                        params.insert(key.to_owned(), Param::Array(items));
                    }
                    Made::Nothing => {
                        params.insert(key.to_owned(), Param::Null);
                    }
                }
            }
        },
    }
    Ok(Made::Same)
}

/// `x[][y]`: joins the last hash of the array, unless that has the key already.
fn into_array(items: &mut Vec<Param>, rest: &str, value: Param, depth: usize) -> Result<(), RailsError> {
    let simple = rest
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .filter(|inner| !inner.is_empty() && !inner.contains(['[', ']']));
    let child = simple.unwrap_or(rest);
    if let Some(Param::Hash(last)) = items.last_mut()
        && !has_key(last, child)
    {
        return descend(last, child, value, depth + 1).map(drop);
    }
    let mut fresh = Hash::new();
    let made = match descend(&mut fresh, child, value, depth + 1)? {
        Made::Same => Param::Hash(fresh),
        Made::Array(inner) => Param::Array(inner),
        Made::Nothing => Param::Null,
    };
    items.push(made);
    Ok(())
}

fn has_key(hash: &Hash, key: &str) -> bool {
    if key.contains("[]") {
        return false;
    }
    let mut parts = key.split(['[', ']']).filter(|part| !part.is_empty());
    let Some(first) = parts.next() else { return true };
    let mut at = hash.get(first);
    for part in parts {
        at = at.and_then(Param::as_hash).and_then(|inner| inner.get(part));
    }
    at.is_some()
}

fn array_at<'a>(params: &'a mut Hash, key: &str) -> Result<&'a mut Vec<Param>, RailsError> {
    match slot(params, key, || Param::Array(Vec::new())) {
        Param::Array(items) => Ok(items),
        other => Err(type_conflict("Array", other)),
    }
}

fn hash_at<'a>(params: &'a mut Hash, key: &str) -> Result<&'a mut Hash, RailsError> {
    match slot(params, key, || Param::Hash(Hash::new())) {
        Param::Hash(hash) => Ok(hash),
        other => Err(type_conflict("Hash", other)),
    }
}

/// Ruby's `params[key] ||= …`: a `nil` is replaced too.
fn slot<'a>(params: &'a mut Hash, key: &str, make: impl Fn() -> Param) -> &'a mut Param {
    let slot = params.entry(key.to_owned()).or_insert_with(&make);
    if *slot == Param::Null {
        *slot = make();
    }
    slot
}

fn type_conflict(expected: &'static str, got: &Param) -> RailsError {
    RailsError::bad_request(RailsErrorKind::TypeConflict { expected, got: got.class_name() })
}

/// `+` is a space and `%xx` a byte; any other `%` is refused.
fn unescape(text: &[u8]) -> Result<Vec<u8>, RailsError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let high = bytes.next().and_then(|digit| hex(*digit));
                let low = bytes.next().and_then(|digit| hex(*digit));
                match (high, low) {
                    (Some(high), Some(low)) => out.push(high * 16 + low),
                    _ => return Err(RailsError::bad_request(RailsErrorKind::PercentEncoding)),
                }
            }
            other => out.push(*other),
        }
    }
    Ok(out)
}

/// The value of a hexadecimal digit.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
