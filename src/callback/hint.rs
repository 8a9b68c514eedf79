//! Which objects a callback's body names: bare, wrapped as `{"tune": …}` or `{"prompt": …}`, or a list of either.
//!
//! Source: the API's documentation (S3) and current clients, read 2026-11-20.
//!
//! What it does *not* do: it believes nothing else of the body, and a body that it cannot read names nothing.

use serde_json::Value;

use crate::ownership::{ObjectId, ObjectKind};

/// Of one body: more than any pack makes.
const MAX_NAMED: usize = 1_000;

/// See the module. Each once, in the body's order.
pub fn objects_named(body: &[u8]) -> Vec<ObjectId> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let all = match &body {
        Value::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut named = Vec::new();
    for object in all.iter().take(MAX_NAMED).filter_map(object) {
        if !named.contains(&object) {
            named.push(object);
        }
    }
    named
}

fn object(value: &Value) -> Option<ObjectId> {
    for (name, kind) in [("tune", ObjectKind::Tune), ("prompt", ObjectKind::Prompt)] {
        if let Some(wrapped) = value.get(name).filter(|wrapped| wrapped.is_object()) {
            return Some(ObjectId { kind, id: id(wrapped)? });
        }
    }
    // No tune is made on a tune.
    let kind = if value.get("tune_id").is_some() { ObjectKind::Prompt } else { ObjectKind::Tune };
    Some(ObjectId { kind, id: id(value)? })
}

fn id(object: &Value) -> Option<u64> {
    object.get("id")?.as_u64().filter(|id| *id > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUNE: ObjectId = ObjectId { kind: ObjectKind::Tune, id: 7 };
    const PROMPT: ObjectId = ObjectId { kind: ObjectKind::Prompt, id: 8 };

    #[test]
    fn bare_wrapped_and_listed_objects_are_named() {
        for (body, named) in [
            (r#"{"id":7,"title":"t"}"#, vec![TUNE]),
            (r#"{"id":8,"tune_id":7}"#, vec![PROMPT]),
            (r#"{"tune":{"id":7}}"#, vec![TUNE]),
            (r#"{"prompt":{"id":8}}"#, vec![PROMPT]),
            (r#"[{"id":8,"tune_id":7},{"prompt":{"id":8}},{"tune":{"id":7}}]"#, vec![PROMPT, TUNE]),
        ] {
            assert_eq!(objects_named(body.as_bytes()), named, "{body}");
        }
    }

    #[test]
    fn what_names_nothing_names_nothing() {
        for body in [
            "",
            "x",
            "{}",
            "[]",
            "7",
            "[[{\"id\":7}]]",
            r#"{"id":"7"}"#,
            r#"{"id":-1}"#,
            r#"{"id":0}"#,
            r#"{"tune":{}}"#,
        ] {
            assert_eq!(objects_named(body.as_bytes()), [], "{body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(objects_named(deep.as_bytes()), []);
    }
}
