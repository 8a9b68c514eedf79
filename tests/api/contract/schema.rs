//! Holds a value against a schema: the part of JSON Schema that the document uses, and a panic for any other.
//!
//! `pattern` is left to schemathesis (`scripts/check-contract`), which holds the same replies against it.

use serde_json::{Map, Value};

use super::Contract;

impl Contract {
    /// What is wrong with a value, each with where it stands; nothing if it fits.
    pub fn wrong(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        self.look(schema, value, "", &mut wrong);
        wrong
    }

    fn look(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        let schema = self.resolve(schema).as_object().unwrap();
        for (keyword, says) in schema {
            let fits = match keyword.as_str() {
                "type" => match says {
                    Value::String(one) => is_of(one, value),
                    many => many.as_array().unwrap().iter().any(|one| is_of(one.as_str().unwrap(), value)),
                },
                "enum" => says.as_array().unwrap().contains(value),
                "const" => says == value,
                "anyOf" => says.as_array().unwrap().iter().any(|one| self.wrong(one, value).is_empty()),
                "minimum" => value.as_f64().is_none_or(|number| number >= says.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|number| number <= says.as_f64().unwrap()),
                "multipleOf" => value.as_u64().is_none_or(|number| number % says.as_u64().unwrap() == 0),
                "minLength" => length(value).is_none_or(|length| length >= says.as_u64().unwrap()),
                "maxLength" => length(value).is_none_or(|length| length <= says.as_u64().unwrap()),
                "maxItems" => value.as_array().is_none_or(|list| list.len() as u64 <= says.as_u64().unwrap()),
                "minProperties" => {
                    members(value).is_none_or(|all| all.len() as u64 >= says.as_u64().unwrap())
                }
                "maxProperties" => {
                    members(value).is_none_or(|all| all.len() as u64 <= says.as_u64().unwrap())
                }
                "uniqueItems" => value.as_array().is_none_or(|list| {
                    list.iter().enumerate().all(|(place, one)| !list[..place].contains(one))
                }),
                "format" => value.as_str().is_none_or(|text| is_formed(says.as_str().unwrap(), text)),
                "required" => members(value).is_none_or(|all| {
                    says.as_array().unwrap().iter().all(|name| all.contains_key(name.as_str().unwrap()))
                }),
                "items" => {
                    for (place, one) in value.as_array().into_iter().flatten().enumerate() {
                        self.look(says, one, &format!("{at}/{place}"), wrong);
                    }
                    true
                }
                "properties" => {
                    for (name, one) in members(value).into_iter().flatten() {
                        if let Some(schema) = says.get(name) {
                            self.look(schema, one, &format!("{at}/{name}"), wrong);
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known = schema.get("properties").and_then(Value::as_object);
                    for (name, one) in members(value).into_iter().flatten() {
                        let is_known = known.is_some_and(|known| known.contains_key(name));
                        if !is_known && !says.is_boolean() {
                            self.look(says, one, &format!("{at}/{name}"), wrong);
                        }
                    }
                    true
                }
                "description" | "pattern" | "propertyNames" | "patternProperties" | "contentMediaType"
                | "default" => true,
                other if other.starts_with("x-") => true,
                other => panic!("nobody here knows {other}"),
            };
            if !fits {
                wrong.push(format!("{at}: {keyword} {says}: {value}"));
            }
        }
    }
}

fn members(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object()
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("nobody here knows {other}"),
    }
}

fn is_formed(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "uri" => url::Url::parse(text).is_ok(),
        "binary" | "int64" => true,
        other => panic!("nobody here knows {other}"),
    }
}

#[test]
fn a_value_is_held_against_each_keyword() {
    let contract = Contract(serde_json::json!({
        "components": { "schemas": { "One": { "type": "string", "enum": ["a", "b"] } } },
    }));
    let schema = serde_json::json!({
        "type": "object",
        "required": ["one"],
        "properties": {
            "one": { "$ref": "#/components/schemas/One" },
            "many": { "type": "array", "maxItems": 2, "items": { "type": ["integer", "null"], "maximum": 8 } },
            "at": { "type": "string", "format": "date-time" },
        },
        "additionalProperties": { "type": "boolean" },
    });
    let wrong = |value: Value| contract.wrong(&schema, &value).len();
    assert_eq!(
        wrong(serde_json::json!({ "one": "a", "many": [1, null], "at": "2026-11-22T02:00:00Z", "x": true })),
        0
    );
    for value in [
        serde_json::json!([]),
        serde_json::json!({}),
        serde_json::json!({ "one": "c" }),
        serde_json::json!({ "one": "a", "many": [9] }),
        serde_json::json!({ "one": "a", "many": [1, 2, 3] }),
        serde_json::json!({ "one": "a", "at": "yesterday" }),
        serde_json::json!({ "one": "a", "x": 1 }),
    ] {
        assert_eq!(wrong(value.clone()), 1, "{value}");
    }
}
