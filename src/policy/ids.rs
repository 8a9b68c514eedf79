//! Reads the ids that stand in a body as values of their own.
//!
//! What is no canonical id is not found rather than invalid: the same answer as for an id that is somebody else's.

use crate::ids::TuneId;
use crate::params::Value;

use super::text::Refusal;
use super::{PolicyError, PolicyRules};

/// A tune by its id or by one of the operator's names; `None` if nothing was sent.
pub(super) fn tune(value: Option<&Value>, rules: &PolicyRules) -> Result<Option<TuneId>, Refusal> {
    let found = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Text(text)) if text.is_empty() => return Ok(None),
        Some(Value::Text(text)) => rules.shared.read(text),
        Some(Value::Number(number)) => rules.shared.read(&number.to_string()),
        Some(_) => return Err("must be an id".into()),
    };
    found.map(Some).ok_or(Refusal::Hard(PolicyError::NotFound))
}

/// Ids in a list, none twice; `None` if nothing was sent. `read` as [`TuneId::parse`].
pub(super) fn list<T: PartialEq>(
    value: Value,
    max: usize,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<Vec<T>>, Refusal> {
    let list = match value {
        Value::Null => return Ok(None),
        Value::Text(text) if text.is_empty() => return Ok(None),
        Value::List(list) if list.is_empty() => return Ok(None),
        Value::List(list) => list,
        _ => return Err("must be a list".into()),
    };
    if list.len() > max {
        return Err(Refusal::Message(format!("has too many elements (maximum is {max})")));
    }
    let mut ids = Vec::with_capacity(list.len());
    for element in list {
        let id = match element {
            Value::Text(text) => read(&text),
            Value::Number(number) => read(&number.to_string()),
            _ => return Err("must be a list of ids".into()),
        };
        let id = id.ok_or(Refusal::Hard(PolicyError::NotFound))?;
        if ids.contains(&id) {
            return Err("names the same id twice".into());
        }
        ids.push(id);
    }
    Ok(Some(ids))
}
