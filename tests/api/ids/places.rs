//! Where an id can stand in a request of an operation.

use astria_gateway::operation::Operation;
use astria_gateway::routes::Route;
use reqwest::Method;
use serde_json::{Value, json};

use super::Things;
use crate::harness::SHARED_TUNE;

/// How a body is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    None,
    Json,
    /// The id as text.
    JsonText,
    /// Without the wrapper, as Rails' ParamsWrapper reads it.
    Unwrapped,
    Form,
    /// Every byte of the name that may be escaped, escaped.
    EscapedForm,
    Multipart,
}

/// One place, in one route.
pub struct Place {
    pub name: String,
    /// The id to put there.
    pub id: u64,
    /// Whether the same request goes through with an id of one's own.
    pub takes_own: bool,
    /// With `{}` where the id goes.
    path: String,
    /// JSON with the text `"{}"` or within texts `{}` where the id goes; its root has one member.
    body: Option<Value>,
}

impl Place {
    pub fn path(&self, id: u64) -> String {
        self.path.replace("{}", &id.to_string())
    }

    pub fn in_body(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.to_string().contains("{}"))
    }

    pub fn encodings(&self) -> Vec<Encoding> {
        if self.body.is_none() {
            return vec![Encoding::None];
        }
        use Encoding::{EscapedForm, Form, Json, JsonText, Multipart, Unwrapped};
        vec![Json, JsonText, Unwrapped, Form, EscapedForm, Multipart]
    }

    /// Content type and body; none where the request has none.
    pub fn body(&self, id: u64, encoding: Encoding) -> (Option<String>, Vec<u8>) {
        let Some(body) = &self.body else { return (None, Vec::new()) };
        let numbers = !matches!(encoding, Encoding::JsonText);
        let body = filled(body, id, numbers);
        let (kind, bytes) = match encoding {
            Encoding::None => return (None, Vec::new()),
            Encoding::Json | Encoding::JsonText => {
                ("application/json".to_owned(), body.to_string().into_bytes())
            }
            Encoding::Unwrapped => {
                let inner = body.as_object().unwrap().values().next().unwrap();
                ("application/json".to_owned(), inner.to_string().into_bytes())
            }
            Encoding::Form | Encoding::EscapedForm => {
                let escape = encoding == Encoding::EscapedForm;
                let pairs: Vec<String> = pairs(&body)
                    .into_iter()
                    .map(|(name, value)| format!("{}={}", spelled(&name, escape), spelled(&value, true)))
                    .collect();
                ("application/x-www-form-urlencoded".to_owned(), pairs.join("&").into_bytes())
            }
            Encoding::Multipart => {
                let mut text = String::new();
                for (name, value) in pairs(&body) {
                    text += &format!(
                        "--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                    );
                }
                text += "--xyz--\r\n";
                ("multipart/form-data; boundary=xyz".to_owned(), text.into_bytes())
            }
        };
        (Some(kind), bytes)
    }
}

/// Every byte but letters and digits as `%xx`, if asked for; brackets stay otherwise.
fn spelled(text: &str, escape: bool) -> String {
    text.bytes()
        .map(|byte| match byte {
            b if b.is_ascii_alphanumeric() || b == b'_' => char::from(b).to_string(),
            b'[' | b']' if !escape => char::from(byte).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

fn filled(value: &Value, id: u64, numbers: bool) -> Value {
    match value {
        Value::String(text) if text == "{}" && numbers => json!(id),
        Value::String(text) => json!(text.replace("{}", &id.to_string())),
        Value::Array(list) => list.iter().map(|one| filled(one, id, numbers)).collect(),
        Value::Object(object) => {
            Value::Object(object.iter().map(|(name, one)| (name.clone(), filled(one, id, numbers))).collect())
        }
        other => other.clone(),
    }
}

/// As a form names them.
fn pairs(body: &Value) -> Vec<(String, String)> {
    fn walk(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    let name = if name.is_empty() { key.clone() } else { format!("{name}[{key}]") };
                    walk(&name, inner, found);
                }
            }
            Value::Array(list) => {
                for (index, inner) in list.iter().enumerate() {
                    let name =
                        if inner.is_object() { format!("{name}[{index}]") } else { format!("{name}[]") };
                    walk(&name, inner, found);
                }
            }
            Value::String(text) => found.push((name.to_owned(), text.clone())),
            other => found.push((name.to_owned(), other.to_string())),
        }
    }
    let mut found = Vec::new();
    walk("", body, &mut found);
    found
}

/// All places of a route: in its path, in its query, in its body.
pub fn places_of(route: &Route, theirs: &Things, mine: &Things) -> Vec<Place> {
    let mut places = in_path(route, theirs, mine);
    places.extend(in_query(route, theirs));
    places.extend(in_body(route, theirs, mine));
    places
}

/// A body that the operation takes, with nothing of anybody's in it.
fn plain_body(route: &Route, mine: &Things) -> Option<Value> {
    match route.operation? {
        Operation::CreatePrompt if route.path.starts_with("/prompts") => {
            Some(json!({"prompt": {"text": "a cat", "tune_id": SHARED_TUNE}}))
        }
        Operation::CreatePrompt => Some(json!({"prompt": {"text": "a cat"}})),
        Operation::DuplicatePrompt => Some(json!({"prompt": {"num_images": 1}})),
        Operation::CreateTune => Some(super::a_tune("another")),
        Operation::UpdateTune => Some(json!({"tune": {"title": "renamed"}})),
        Operation::RunPack => Some(json!({"tune": {"tune_ids": [mine.tune]}})),
        Operation::CreateTheme => Some(json!({"theme": {"theme": "Corporate", "tune_ids": [mine.tune]}})),
        _ => None,
    }
}

fn in_path(route: &Route, theirs: &Things, mine: &Things) -> Vec<Place> {
    let names: Vec<&str> = route.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    let own_method = !matches!(route.operation, Some(Operation::UpdatePrompt));
    let mut places = Vec::new();
    for name in &names {
        let of_prompts =
            *name == "id" && (route.path.contains("/prompts/") || route.path.starts_with("/prompts"));
        let ids: &[(&str, u64)] = match (*name, of_prompts) {
            ("pack_id", _) => continue,
            ("id", false) if route.path.starts_with("/p/") => continue,
            ("id", true) => &[("prompt", theirs.prompt), ("prompt on a shared tune", theirs.on_shared)],
            _ => &[("tune", theirs.tune)],
        };
        for (what, id) in ids {
            // What else the path names: one's own, the shared, or the same stranger's.
            let around: Vec<(&str, u64)> = if names.len() == 1 {
                vec![("", 0)]
            } else if *name == "tune_id" {
                vec![("{id}", mine.prompt), ("{id}", theirs.prompt)]
            } else {
                vec![("{tune_id}", mine.tune), ("{tune_id}", SHARED_TUNE), ("{tune_id}", theirs.tune)]
            };
            for (other, value) in around {
                let path = route.path.replace(other, &value.to_string());
                let path = if other.is_empty() { route.path.to_owned() } else { path };
                for suffix in if path.ends_with('}') { &["", ".json"][..] } else { &[""] } {
                    // Their own prompt under a tune of somebody else is not there either.
                    let fits = names.len() == 1
                        || (other == "{id}" && value == mine.prompt)
                        || (value == mine.tune && *what == "prompt");
                    places.push(Place {
                        name: format!("{{{name}}} = {what}, {other} {value}{suffix}"),
                        id: *id,
                        takes_own: fits && own_method,
                        path: path.replace(&format!("{{{name}}}"), "{}") + suffix,
                        body: plain_body(route, mine),
                    });
                }
            }
        }
    }
    places
}

fn in_query(route: &Route, theirs: &Things) -> Vec<Place> {
    let lists_prompts = route.operation == Some(Operation::ListPrompts) && !route.path.contains('{');
    let place = |spelling: &str| Place {
        name: format!("?{spelling}"),
        id: theirs.tune,
        takes_own: true,
        path: format!("{}?{spelling}", route.path),
        body: None,
    };
    if lists_prompts { vec![place("tune_id={}"), place("limit=5&tune%5Fid={}")] } else { Vec::new() }
}

fn in_body(route: &Route, theirs: &Things, mine: &Things) -> Vec<Place> {
    let Some(operation) = route.operation.filter(|_| route.method == Method::POST) else { return Vec::new() };
    let Some(plain) = plain_body(route, mine) else { return Vec::new() };
    // (place, what is merged into the body's only member, whether one's own id goes through)
    let mut changes: Vec<(&str, Value, bool)> = Vec::new();
    let lora = "ohwx man <lora:{}:0.8>";
    let face = "ohwx man <faceid:{}:1>";
    match operation {
        Operation::CreatePrompt | Operation::DuplicatePrompt => {
            // A copy stays on its tune, and the path's tune counts.
            if route.path.starts_with("/prompts") && !route.path.contains('{') {
                changes.push(("tune_id", json!({"tune_id": "{}"}), true));
            }
            changes.push(("text lora", json!({"text": lora}), true));
            changes.push(("text faceid", json!({"text": face}), true));
            changes.push(("negative_prompt", json!({"negative_prompt": face}), true));
            changes.push(("video_prompt", json!({"video_prompt": lora, "video_model": "kling"}), true));
            changes.push(("a flag's text", json!({"text": "a --video_prompt <lora:{}:1>"}), true));
        }
        Operation::CreateTune => {
            changes.push(("base_tune_id", json!({"base_tune_id": "{}"}), true));
            for (name, prompt) in [
                ("nested text", json!({"text": lora})),
                ("nested negative_prompt", json!({"text": "x", "negative_prompt": face})),
                ("nested video_prompt", json!({"text": "x", "video_prompt": lora, "video_model": "kling"})),
            ] {
                changes.push((name, json!({"prompts_attributes": [{"text": "first"}, prompt]}), true));
            }
            changes.push((
                "nested under any key",
                json!({"prompts_attributes": {"zzz": {"text": lora}}}),
                true,
            ));
            changes.push((
                "template and characteristics",
                json!({
                    "characteristics": {"place": "a beach"},
                    "prompts_attributes": [{"text": "ohwx on {{place}} <lora:{}:1>"}],
                }),
                true,
            ));
        }
        Operation::RunPack => {
            changes.push(("tune_ids[]", json!({"tune_ids": ["{}"]}), true));
            changes.push(("tune_ids[], second", json!({"tune_ids": [mine.tune, "{}"]}), false));
            changes.push(("prompt_ids[]", json!({"prompt_ids": ["{}"]}), false));
            changes.push(("brief", json!({"brief": lora}), true));
        }
        Operation::CreateTheme => {
            changes.push(("tune_ids[]", json!({"tune_ids": ["{}"]}), true));
            changes.push(("tune_ids[], second", json!({"tune_ids": [mine.tune, "{}"]}), false));
            changes.push(("theme", json!({"theme": face}), true));
        }
        _ => {}
    }
    let path = route
        .path
        .replace("{tune_id}", &SHARED_TUNE.to_string())
        .replace("{pack_id}", "corporate-headshots")
        .replace("{id}", &mine.prompt.to_string());
    changes
        .into_iter()
        .map(|(name, change, takes_own)| {
            let mut body = plain.clone();
            let root = body.as_object_mut().unwrap().values_mut().next().unwrap();
            root.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            Place { name: name.to_owned(), id: theirs.tune, takes_own, path: path.clone(), body: Some(body) }
        })
        .collect()
}
