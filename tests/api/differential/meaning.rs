//! What may arrive, and whether it is what was meant.

use serde_json::Value;

use super::super::prompts::names;
use super::targets::Target;

/// Never, at any depth, whatever is around them. Callbacks are judged by where they point.
const FORBIDDEN: [&str; 13] = [
    "_method",
    "action",
    "authenticity_token",
    "base_pack_id",
    "commit",
    "community",
    "controller",
    "format",
    "id",
    "pack_id",
    "user_id",
    "utf8",
    "workspace_id",
];

/// Only what the target lists, only our callbacks, and nothing of the list above.
pub fn nothing_forbidden(target: &Target, body: &Value, gateway_url: &str) {
    if !target.root.is_empty() {
        assert_eq!(names(body), [target.root], "{body}");
    }
    let fields = target.fields(body);
    for name in names(fields) {
        assert!(target.may_arrive(name), "{name} arrived: {body}");
    }
    walk(body, &mut |name, value| {
        // Rails compares names exactly; whatever only looks like one of these has no business there either.
        let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let plain = plain.to_ascii_lowercase();
        assert!(!FORBIDDEN.contains(&plain.as_str()), "{name} arrived: {body}");
        if plain.contains("callback") {
            let ours = value
                .as_str()
                .is_some_and(|url| url.starts_with(&format!("{gateway_url}/gateway/callbacks/")));
            assert!(ours, "{name} is not ours: {body}");
        }
    });
    if target.adds.contains(&"callback") {
        assert!(fields["callback"].is_string(), "no callback of ours: {body}");
    }
}

fn walk(value: &Value, see: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Array(list) => list.iter().for_each(|element| walk(element, see)),
        Value::Object(object) if !object.contains_key("<file>") => {
            for (name, value) in object {
                see(name, value);
                walk(value, see);
            }
        }
        _ => {}
    }
}

/// Tokens and namespaces of two gateways differ; that they are there does not.
pub fn masked(target: &Target, params: &Value, gateway_url: &str) -> Value {
    match params {
        Value::String(text) if text.starts_with(&format!("{gateway_url}/gateway/callbacks/")) => {
            "<our callback>".into()
        }
        Value::Array(list) => list.iter().map(|element| masked(target, element, gateway_url)).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| {
                let wrapped = target.wrapped.contains(&name.as_str()) && value.is_string();
                let value = if wrapped { "<wrapped>".into() } else { masked(target, value, gateway_url) };
                (name.clone(), value)
            })
            .collect(),
        other => other.clone(),
    }
}

/// Nothing was added, changed or lost on the way.
pub fn arrived_as_meant(
    target: &Target,
    body: &Value,
    meant: &Value,
    is_json: bool,
    context: &dyn Fn() -> String,
) {
    let fields = target.fields(body);
    // Rails' ParamsWrapper: an unwrapped JSON body is read as the object itself.
    let meant = if target.root.is_empty() || (is_json && meant.get(target.root).is_none()) {
        meant
    } else {
        &meant[target.root]
    };
    for name in names(fields) {
        let (ours, theirs) = (&fields[name], &meant[name]);
        if target.adds.contains(&name) && (name.contains("callback") || says_nothing(theirs)) {
            continue;
        }
        if target.nested.contains(&name) {
            assert!(
                same_within(target, ours, theirs),
                "{name} changed: {theirs} became {ours}\n{}",
                context()
            );
        } else if target.wrapped.contains(&name) {
            let within =
                ours.as_str().zip(theirs.as_str()).is_some_and(|(ours, theirs)| ours.contains(theirs));
            assert!(within, "{name} changed: {theirs} became {ours}\n{}", context());
        } else {
            assert!(same(ours, theirs), "{name} changed: {theirs} became {ours}\n{}", context());
        }
    }
    for name in target.must_arrive() {
        assert!(says_nothing(&meant[name]) || fields.get(name).is_some(), "{name} was lost\n{}", context());
    }
}

/// Nothing changed in nested objects but for what the gateway adds, and what it drops. Rails takes `{"0": …}` for a list.
fn same_within(target: &Target, ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same_within(target, a, b))
        }
        (Value::Array(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs.values()).all(|(a, b)| same_within(target, a, b))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.iter().all(|(name, value)| match theirs.get(name) {
                Some(_) if name.contains("callback") => true,
                Some(theirs) => same_within(target, value, theirs),
                None => target.adds.contains(&name.as_str()) || name == "num_images",
            })
        }
        _ => same(ours, theirs),
    }
}

/// Null, an empty field and an empty list are how forms and Rails say nothing at all.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// Equal, whichever way numbers and truth values are spelled: `"7.50"` and 7.5, `"TRUE"`, `"1"` and true.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(name, value)| theirs.get(name).is_some_and(|theirs| same(value, theirs)))
        }
        _ => {
            let (a, b) = (plain(ours), plain(theirs));
            a == b || truth(&a).is_some_and(|a| Some(a) == truth(&b))
        }
    }
}

fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.parse::<f64>() {
        Ok(number) => number.to_string(),
        Err(_) => text,
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}
