//! Reads a form name such as `prompt[a][][b]` and puts its value where Rails puts it.
//!
//! rack 2.2 and 3.1 agree on names of the form `key([key])*([][key]…|[])` only; stray, doubled and unclosed
//! brackets mean different things to them, and are refused (PARAM-08).
//!
//! Source: `Rack::QueryParser` as measured in `tests/fixtures/rails-params/` (2026-11).

use super::{Object, ParamLimits, ParamsError, Value};

/// One step of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// `a` or `[a]`
    Key(&'a str),
    /// `[]`
    Append,
}

/// Checks one key, of a name or of JSON: whether it means the same in every encoding that we write.
pub(super) fn check_key(key: &str, limits: &ParamLimits) -> Result<(), ParamsError> {
    if key.len() > limits.max_name_bytes {
        return Err(ParamsError::NameTooLong { limit: limits.max_name_bytes });
    }
    // Nearly every key; the looks below are for the others.
    if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(());
    }
    if key.contains('\0') {
        return Err(ParamsError::NulByte);
    }
    if key.is_empty() {
        return Err(ParamsError::Ambiguous { what: "an empty key" });
    }
    if key.contains(['[', ']']) {
        return Err(ParamsError::Ambiguous { what: "a stray bracket in a name" });
    }
    if key.contains(['"', '\\']) || key.chars().any(char::is_control) {
        return Err(ParamsError::Ambiguous { what: "a quote, backslash or control character in a name" });
    }
    Ok(())
}

/// Splits a decoded name into steps; empty for an empty name, which Rails skips.
pub(super) fn split<'a>(name: &'a str, limits: &ParamLimits) -> Result<Vec<Step<'a>>, ParamsError> {
    if name.len() > limits.max_name_bytes {
        return Err(ParamsError::NameTooLong { limit: limits.max_name_bytes });
    }
    if name.is_empty() {
        return Ok(Vec::new());
    }
    let (first, mut rest) = name.find('[').map_or((name, ""), |at| name.split_at(at));
    check_key(first, limits)?;
    let mut steps = vec![Step::Key(first)];
    while !rest.is_empty() {
        let inside = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let Some((key, after)) = inside else {
            return Err(ParamsError::Ambiguous { what: "a stray or unclosed bracket in a name" });
        };
        if !key.is_empty() {
            check_key(key, limits)?;
            steps.push(Step::Key(key));
        } else if steps.last() == Some(&Step::Append) {
            return Err(ParamsError::Ambiguous { what: "`[][]` in a name" });
        } else {
            steps.push(Step::Append);
        }
        if steps.len() > limits.max_depth {
            return Err(ParamsError::TooDeep { limit: limits.max_depth });
        }
        rest = after;
    }
    Ok(steps)
}

/// Puts a value into the tree as Rails does: the last duplicate wins, `[]` appends, and a sub-key that the last
/// element of a list already has begins a new element.
pub(super) fn put(level: &mut Object, steps: &[Step<'_>], value: Value) -> Result<(), ParamsError> {
    match steps {
        [] | [Step::Append, ..] => Ok(()),
        [Step::Key(key)] => {
            level.insert((*key).to_owned(), value);
            Ok(())
        }
        [Step::Key(key), Step::Append, rest @ ..] => {
            let Value::List(list) = child(level, key, || Value::List(Vec::new())) else {
                return Err(ParamsError::Conflict);
            };
            if rest.is_empty() {
                // Rails takes nulls out of lists ("deep munge").
                if value != Value::Null {
                    list.push(value);
                }
                return Ok(());
            }
            if let Some(Value::Object(last)) = list.last_mut()
                && !has(last, rest)
            {
                return put(last, rest, value);
            }
            let mut element = Object::new();
            put(&mut element, rest, value)?;
            list.push(Value::Object(element));
            Ok(())
        }
        [Step::Key(key), rest @ ..] => match child(level, key, || Value::Object(Object::new())) {
            Value::Object(next) => put(next, rest, value),
            _ => Err(ParamsError::Conflict),
        },
    }
}

/// The child under `key`; made if it is absent or null, as Ruby's `||=` does.
fn child<'a>(level: &'a mut Object, key: &str, make: impl Fn() -> Value) -> &'a mut Value {
    let slot = level.entry(key.to_owned()).or_insert_with(&make);
    if *slot == Value::Null {
        *slot = make();
    }
    slot
}

/// Whether an element already has this sub-key; a sub-key that holds `[]` never counts as had.
fn has(element: &Object, steps: &[Step<'_>]) -> bool {
    if steps.contains(&Step::Append) {
        return false;
    }
    let mut level = Some(element);
    for step in steps {
        let Step::Key(key) = step else { return false };
        let Some(found) = level.and_then(|level| level.get(*key)) else { return false };
        level = if let Value::Object(next) = found { Some(next) } else { None };
    }
    true
}
