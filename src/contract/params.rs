//! The policy tables as schemas: of a JSON body, and of a form whose names are spelled as Rails reads them.

use serde_json::{Map, Value, json};

use super::words::param_words;
use crate::policy::{Form, Param, Shape};

/// Names whose value is never a list of one's own words.
pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// An object of parameters, as JSON takes them: without photos, which need a form.
pub(super) fn json_object(fields: &[Param], without: &[&str]) -> Value {
    let taken = || fields.iter().filter(|param| !without.contains(&param.name.as_str()));
    let properties: Map<String, Value> =
        taken().filter_map(|param| Some((param.name.clone(), json_property(param)?))).collect();
    let required: Vec<&str> =
        taken().filter(|param| param.is_required).map(|param| param.name.as_str()).collect();
    object(properties, &required)
}

/// Beside the parameters of a create: where a page can send a field but no header.
pub(super) fn take_token(body: &mut Value) {
    let token = json!({
        "type": "string",
        "description": "The `csrf_token` of `GET /gateway/session`, where no header can be sent.",
    });
    set_property(body, "authenticity_token", token);
}

/// What a JSON body is: the parameters inside their wrapper.
pub(super) fn json_body(form: &Form, inside: Value) -> Value {
    let Some(wrapper) = form.wrapper else { return inside };
    let mut properties = Map::new();
    for param in &form.beside {
        properties.extend(json_property(param).map(|schema| (param.name.clone(), schema)));
    }
    properties.insert(wrapper.to_owned(), inside);
    let required = [wrapper];
    let is_required = form.fields.iter().any(|param| param.is_required);
    object(properties, required.get(..usize::from(is_required)).unwrap_or_default())
}

fn object(properties: Map<String, Value>, required: &[&str]) -> Value {
    let mut schema = json!({ "type": "object" });
    set(&mut schema, "properties", properties.into());
    if !required.is_empty() {
        set(&mut schema, "required", json!(required));
    }
    schema
}

fn json_property(param: &Param) -> Option<Value> {
    let mut schema = match &param.shape {
        Shape::Photo | Shape::Photos { .. } => return None,
        Shape::Urls { max, max_bytes } => {
            json!({ "type": "array", "maxItems": max, "items": url(*max_bytes) })
        }
        Shape::Ids { max } => {
            json!({ "type": "array", "maxItems": max, "uniqueItems": true, "items": id() })
        }
        Shape::Characteristics { max_names, max_name_bytes, max_value_bytes } => json!({
            "type": "object",
            "maxProperties": max_names,
            "propertyNames": { "pattern": format!("^[a-z0-9_]{{1,{max_name_bytes}}}$") },
            "additionalProperties": {
                "anyOf": [
                    { "type": "string", "maxLength": max_value_bytes },
                    { "type": "number" },
                    { "type": "boolean" },
                ],
            },
        }),
        Shape::Object(fields) => json_object(fields, &[]),
        Shape::Objects { fields, max } => {
            let is_prompts = param.name == "prompts_attributes";
            let items = if is_prompts { reference("PromptParams") } else { json_object(fields, &[]) };
            json!({ "type": "array", "maxItems": max, "items": items })
        }
        plain => scalar(plain),
    };
    describe(&mut schema, param);
    Some(schema)
}

/// The fields of a form. `with_photos`: multipart; else urlencoded.
pub(super) fn form_object(form: &Form, without: &[&str], with_photos: bool) -> Value {
    let mut flat = Flat { with_photos, ..Flat::default() };
    for param in &form.beside {
        flat.add("", param);
    }
    for param in form.fields.iter().filter(|param| !without.contains(&param.name.as_str())) {
        flat.add(form.wrapper.unwrap_or_default(), param);
    }
    let required: Vec<&str> = flat.required.iter().map(String::as_str).collect();
    let mut schema = object(flat.properties, &required);
    if !flat.patterns.is_empty() {
        set(&mut schema, "patternProperties", Value::Object(flat.patterns));
    }
    schema
}

/// A form's names, in brackets.
#[derive(Default)]
struct Flat {
    with_photos: bool,
    properties: Map<String, Value>,
    patterns: Map<String, Value>,
    required: Vec<String>,
}

impl Flat {
    fn add(&mut self, parent: &str, param: &Param) {
        let name = if parent.is_empty() { param.name.clone() } else { format!("{parent}[{}]", param.name) };
        let (name, mut schema) = match &param.shape {
            Shape::Photo | Shape::Photos { .. } if !self.with_photos => return,
            Shape::Photo => (name, photo()),
            Shape::Photos { max } => {
                (format!("{name}[]"), json!({ "type": "array", "maxItems": max, "items": photo() }))
            }
            Shape::Urls { max, max_bytes } => {
                (format!("{name}[]"), json!({ "type": "array", "maxItems": max, "items": url(*max_bytes) }))
            }
            Shape::Ids { max } => (
                format!("{name}[]"),
                json!({ "type": "array", "maxItems": max, "uniqueItems": true, "items": id() }),
            ),
            Shape::Characteristics { .. } => {
                (name, json!({ "type": "string", "contentMediaType": "application/json" }))
            }
            Shape::Object(fields) => {
                for field in fields {
                    self.add(&name, field);
                }
                return;
            }
            Shape::Objects { .. } => {
                let escaped = name.replace('[', "\\[").replace(']', "\\]");
                let schema = json!({ "description": param_words(&param.name) });
                self.patterns.insert(format!("^{escaped}\\[[0-9]+\\]\\[[a-z_]+\\](\\[\\])?$"), schema);
                return;
            }
            plain => (name, scalar(plain)),
        };
        describe(&mut schema, param);
        if param.is_required {
            self.required.push(name.clone());
        }
        self.properties.insert(name, schema);
    }
}

fn scalar(shape: &Shape) -> Value {
    match shape {
        Shape::Text { max_bytes } => json!({ "type": "string", "maxLength": max_bytes }),
        Shape::Title { max_bytes } => {
            json!({ "type": "string", "maxLength": max_bytes, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" })
        }
        // No `--`, and no dash at either end.
        Shape::Name { max_bytes } => json!({
            "type": "string",
            "maxLength": max_bytes,
            "pattern": "^[A-Za-z0-9._ ]+(-[A-Za-z0-9._ ]+)*$",
        }),
        Shape::Whole { min, max, step: 1 } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Whole { min, max, step } => {
            json!({ "type": "integer", "minimum": min, "maximum": max, "multipleOf": step })
        }
        Shape::Decimal { min, max } => json!({ "type": "number", "minimum": min, "maximum": max }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Choice(choices) => json!({ "type": "string", "enum": choices }),
        Shape::Url { max_bytes } => url(*max_bytes),
        Shape::Extra { max_bytes } => json!({
            "anyOf": [
                { "type": "string", "maxLength": max_bytes },
                { "type": "number" },
                { "type": "boolean" },
            ],
        }),
        Shape::Tune => reference("TuneRef"),
        Shape::Photo
        | Shape::Photos { .. }
        | Shape::Urls { .. }
        | Shape::Ids { .. }
        | Shape::Characteristics { .. }
        | Shape::Object(_)
        | Shape::Objects { .. } => json!({}),
    }
}

fn url(max_bytes: usize) -> Value {
    json!({ "type": "string", "format": "uri", "pattern": "^https://", "maxLength": max_bytes })
}

fn photo() -> Value {
    json!({ "type": "string", "format": "binary", "contentMediaType": "image/*" })
}

/// An id of Astria's.
pub(super) fn id() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 1 })
}

fn describe(schema: &mut Value, param: &Param) {
    let mut words = param_words(&param.name).to_owned();
    if let Some(permission) = param.needs {
        words.push_str(&format!(" Needs the plan's permission `{permission}`."));
    }
    set(schema, "description", words.into());
    if let Some(permission) = param.needs {
        set(schema, "x-permission", permission.into());
    }
}

/// Sets a member of an object.
pub(super) fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// Adds a property to an object's schema.
pub(super) fn set_property(schema: &mut Value, name: &str, value: Value) {
    set_in(schema, "properties", name, value);
}

/// Sets a member of a member that is an object.
pub(super) fn set_in(object: &mut Value, member: &str, name: &str, value: Value) {
    if let Some(inside) = object.get_mut(member) {
        set(inside, name, value);
    }
}
