//! The published contract: an OpenAPI 3.1 document of every public route.
//!
//! What can be known is not written twice: routes, who may use them and how large their bodies may be come from
//! [`crate::routes`], parameters with their ranges from [`crate::policy`], errors from [`crate::problem`], limits from the
//! configuration. Beside them stand words and examples (`words`) and what replies look like (`schemas`); tests hold all of
//! it against the gateway as it answers.
//!
//! Left out, by rule:
//! - the `.json` twin of a path that is there without it, and `HEAD`, which every `GET` answers;
//! - [`WITHHELD`]: routes that answer 404 to everybody;
//! - the operator's API, which stands on a listener of its own.

mod described;
mod headers;
mod params;
mod paths;
mod problems;
mod schemas;
mod security;
mod words;

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::operation::Operation;
use crate::routes::{self, Access, BodyCap};

/// Routes that answer as if there were none: what they would change is the operator's.
pub const WITHHELD: &[(&str, &str)] = &[
    ("POST", "/packs"),
    ("PATCH", "/prompts/{id}"),
    ("PUT", "/prompts/{id}"),
    ("PATCH", "/tunes/{tune_id}/prompts/{id}"),
    ("PUT", "/tunes/{tune_id}/prompts/{id}"),
];

/// What the document needs to know of a route.
struct Line {
    method: Method,
    path: &'static str,
    access: Access,
    operation: Option<Operation>,
    body: BodyCap,
    under_base_path: bool,
}

fn lines() -> Vec<Line> {
    let line = |route: routes::Route| Line {
        access: route.access(),
        method: route.method,
        path: route.path,
        operation: route.operation,
        body: route.body,
        under_base_path: route.under_base_path,
    };
    routes::table().into_iter().map(line).collect()
}

/// The document for a configuration: its public address, its base path, its limits.
pub fn document(config: &Config) -> Value {
    let (origin, base) = (config.public_origin(), &config.server.base_path);
    let lines = lines();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut schemas = schemas::all();
    let mut known = problems::Known::default();
    for described in words::operations(config) {
        let found = lines.iter().find(|line| line.method == described.method && line.path == described.path);
        let Some(line) = found else { continue };
        schemas.extend(paths::body_schemas(&described, config));
        let path = paths.entry(line.path.replace("{*", "{")).or_default();
        if !line.under_base_path {
            path.insert("servers".into(), json!([{ "url": origin }]));
        }
        let method = line.method.as_str().to_ascii_lowercase();
        path.insert(method, paths::operation(&described, line, config, &mut known));
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "astria-gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The Astria image API, for an app's own end users.",
            "description": words::ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": format!("{origin}{base}") }],
        "tags": words::tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": known.0,
            "headers": headers::components(),
            "parameters": headers::parameters(),
            "examples": problems::examples(),
            "securitySchemes": security::schemes(),
        },
    });
    document.sort_all_objects();
    document
}

/// As it is printed: the same text for the same configuration, with a line feed at its end.
pub fn text(document: &Value) -> String {
    // JSON values always serialize.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
