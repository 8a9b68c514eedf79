//! One operation of the document, from its route, its tables and its words.

use serde_json::{Map, Value, json};

use super::described::{Body, Described, Success};
use super::params::{form_object, id, json_body, json_object, reference, set, take_token};
use super::problems::Known;
use super::{Line, headers, problems, security};
use crate::config::Config;
use crate::operation::Operation;
use crate::policy::Form;

/// The Operation Object.
pub(super) fn operation(described: &Described, line: &Line, config: &Config, known: &mut Known) -> Value {
    let mut operation = json!({
        "operationId": described.id,
        "tags": [described.tag],
        "summary": described.summary,
        "description": described.description,
        "security": security::of(line, config),
        "responses": responses(described, line, known),
    });
    if described.is_deprecated {
        set(&mut operation, "deprecated", true.into());
    }
    let parameters = parameters(described, line);
    if !parameters.is_empty() {
        set(&mut operation, "parameters", parameters.into());
    }
    if let Some(mut body) = request_body(described, config) {
        set(&mut body, "x-max-bytes", line.body.max_bytes(config).into());
        set(&mut operation, "requestBody", body);
    }
    operation
}

fn parameters(described: &Described, line: &Line) -> Vec<Value> {
    let names = described.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let in_path = names.map(|name| path_parameter(described.path, name.trim_start_matches('*')));
    let in_query = described.query.iter().map(|query| {
        json!({ "name": query.name, "in": "query", "description": query.words, "schema": query.schema })
    });
    let key = line.operation.filter(|operation| operation.creates_cost()).map(|_| "Idempotency-Key");
    let in_header = key.into_iter().chain(described.headers.iter().copied()).map(headers::parameter);
    in_path.chain(in_query).chain(in_header).collect()
}

fn path_parameter(path: &str, name: &str) -> Value {
    let (schema, words, example) = match (path, name) {
        ("/tunes/{id}", "id") | (_, "tune_id") => (
            reference("TuneRef"),
            "A tune of your own or a shared one: its id, or one of the operator's names.",
            json!(1_504_944),
        ),
        ("/p/{id}", "id") | (_, "pack_id") => {
            (reference("PackRef"), "A pack: its id or its slug.", json!("corporate-headshots"))
        }
        ("/gateway/creates/{id}", _) => (
            reference("CreateId"),
            "The id at the end of `status_url`.",
            json!("01a1fc24998e72c993af9fcc752634af"),
        ),
        ("/gateway/sessions/{id}", _) => (
            json!({ "type": "string" }),
            "One of `GET /gateway/sessions`.",
            json!("01a1fc24998e72c993af9fcc752634af"),
        ),
        (_, "provider") => (
            json!({ "type": "string", "pattern": "^[a-z0-9_-]{1,64}$" }),
            "A provider of `GET /gateway/login`.",
            json!("keycloak"),
        ),
        (_, "token") => (
            json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]+$" }),
            "What the gateway gave to Astria.",
            json!("v1.k.AZ-Hc"),
        ),
        (_, "rest") => (
            json!({ "type": "string", "pattern": "^[A-Za-z0-9._~=%/-]+$" }),
            "What follows in an address that an object shows; it has slashes in it.",
            json!("redirect/eyJfcmFpbHMi--0a1b/cat.jpg"),
        ),
        _ => (id(), "One of your own.", json!(123)),
    };
    json!({ "name": name, "in": "path", "required": true, "description": words, "schema": schema, "example": example })
}

/// What the operator's configuration adds to a form is in it.
fn form(of: Operation, config: &Config) -> Option<Form> {
    let extra_of = if of == Operation::DuplicatePrompt { Operation::CreatePrompt } else { of };
    Form::of(of, config.policy.extra_params.get(&extra_of).map_or(&[][..], Vec::as_slice))
}

fn request_body(described: &Described, config: &Config) -> Option<Value> {
    match &described.body {
        Body::None => None,
        Body::Other { media_type, schema, is_required, example } => Some(json!({
            "required": is_required,
            "content": { *media_type: { "schema": schema, "example": example } },
        })),
        Body::Params { name, example, .. } => {
            let mut content = Map::new();
            content
                .insert("application/json".into(), json!({ "schema": reference(name), "example": example }));
            for (media_type, suffix) in FORMS {
                let schema = reference(&format!("{name}{suffix}"));
                content.insert(media_type.into(), json!({ "schema": schema }));
            }
            let photo_bytes = config.photos.max_bytes;
            Some(json!({ "required": true, "content": content, "x-max-photo-bytes": photo_bytes }))
        }
    }
}

/// Media types of forms, and what their schemas' names end in. Photos need the first.
const FORMS: [(&str, &str); 2] =
    [("multipart/form-data", "Form"), ("application/x-www-form-urlencoded", "Fields")];

/// Schemas of bodies, by name: `PromptCreate` and, of what is inside its wrapper, `PromptCreateParams`; of forms
/// `PromptCreateForm` and `PromptCreateFields`.
pub(super) fn body_schemas(described: &Described, config: &Config) -> Vec<(String, Value)> {
    let Body::Params { of, name, without, .. } = &described.body else { return Vec::new() };
    let Some(form) = form(*of, config) else { return Vec::new() };
    let mut inside = json_object(&form.fields, without);
    if *of == Operation::InspectImage || *of == Operation::CreateTune {
        // In JSON there is no other way to send photos.
        let photos = if *of == Operation::CreateTune { "image_urls" } else { "file_url" };
        if let Some(required) = inside.get_mut("required").and_then(Value::as_array_mut) {
            required.push(photos.into());
        }
    }
    if *of == Operation::UpdateTune {
        set(&mut inside, "minProperties", 1.into());
    }
    let mut schemas: Vec<(String, Value)> = FORMS
        .iter()
        .map(|(media_type, suffix)| {
            let with_photos = *media_type == "multipart/form-data";
            (format!("{name}{suffix}"), form_object(&form, without, with_photos))
        })
        .collect();
    let inside_name = format!("{name}Params");
    match form.wrapper {
        None => schemas.push(((*name).to_owned(), inside)),
        Some(_) => {
            schemas.push(((*name).to_owned(), json_body(&form, reference(&inside_name))));
            schemas.push((inside_name.clone(), inside));
        }
    }
    for (name, schema) in &mut schemas {
        if *name != inside_name {
            take_token(schema);
        }
    }
    if *of == Operation::CreatePrompt {
        schemas.push(("PromptParams".to_owned(), json_object(&form.fields, &["tune_id"])));
    }
    schemas
}

fn responses(described: &Described, line: &Line, known: &mut Known) -> Map<String, Value> {
    let every = headers::of_reply(line.access);
    let codes = problems::codes(described, line);
    let problems = problems::responses(&codes, &every, line.path.starts_with("/gateway/login/{"), known);
    let mut responses: Map<String, Value> =
        problems.into_iter().map(|(status, response)| (status.to_string(), response)).collect();
    for success in &described.replies {
        responses.insert(success.status.to_string(), reply(success, described, line));
    }
    responses
}

fn reply(success: &Success, described: &Described, line: &Line) -> Value {
    let mut headers = headers::of_reply(line.access);
    let added = headers::of_create(line.operation);
    let dropped = described.drops_params(line.access).then_some("Gateway-Dropped-Params");
    for name in added.iter().copied().chain(dropped).chain(success.headers.iter().copied()) {
        headers.insert(name.to_owned(), headers::reference(name));
    }
    let mut response = json!({ "description": success.words, "headers": headers });
    if let Some(content) = &success.content {
        let media: Map<String, Value> = content
            .media_types
            .iter()
            .map(|kind| {
                let mut media = json!({ "schema": content.schema });
                if let Some(example) = &content.example {
                    set(&mut media, "example", example.clone());
                }
                ((*kind).to_owned(), media)
            })
            .collect();
        set(&mut response, "content", media.into());
    }
    response
}
