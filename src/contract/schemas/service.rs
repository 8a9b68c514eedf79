//! Problems, health, small words.

use serde_json::{Value, json};

use super::Schemas;
use crate::contract::params::reference;
use crate::contract::problems;

pub(super) fn all() -> Schemas {
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    vec![
        ("Problem", problem()),
        ("ProblemCode", codes()),
        (
            "Message",
            json!({
                "type": "object",
                "properties": { "message": { "type": "string" } },
                "required": ["message"],
            }),
        ),
        (
            "Health",
            json!({
                "type": "object",
                "properties": { "status": { "type": "string", "enum": ["ok"] } },
                "required": ["status"],
            }),
        ),
        (
            "Readiness",
            json!({
                "type": "object",
                "properties": {
                    "status": { "type": "string", "enum": ["ready", "waiting", "draining"] },
                    "without": { "description": "What does not work yet.", "type": "array", "items": { "type": "string" } },
                    "for": texts(),
                },
                "required": ["status"],
            }),
        ),
        (
            "CallbackReceived",
            json!({
                "type": "object",
                "properties": { "received": { "type": "boolean" } },
                "required": ["received"],
            }),
        ),
        (
            "OpenApi",
            json!({
                "type": "object",
                "description": "This document.",
                "properties": { "openapi": { "type": "string" } },
                "required": ["openapi", "info", "paths"],
            }),
        ),
    ]
}

fn problem() -> Value {
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    json!({
        "type": "object",
        "description": "An error (RFC 9457). The fields of a refused form stand at top level too, where existing clients of \
                        Astria look for them.",
        "properties": {
            "type": { "type": "string", "format": "uri", "description": "`urn:astria-gateway:problem:` and the code." },
            "title": { "type": "string", "description": "A few words for people; may change." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "What to do, for people; may change." },
            "instance": { "type": "string", "format": "uri" },
            "code": reference("ProblemCode"),
            "request_id": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
            "retry_after_s": { "type": "integer", "minimum": 1, "description": "Also as `Retry-After`." },
            "spent": {
                "type": "string", "enum": ["no", "yes", "unknown"],
                "description": "Whether the create may have cost money. Never repeat one whose `spent` is `unknown`.",
            },
            "status_url": {
                "type": "string", "format": "uri",
                "description": "Where the outcome of a create that nobody knows yet will be told.",
            },
            "quota": reference("Quota"),
            "errors": {
                "type": "object", "additionalProperties": texts(), "description": "Field: messages.",
            },
            "error": { "type": "string", "description": "One sentence." },
            "base": texts(),
        },
        "required": ["type", "title", "status", "detail", "instance", "code", "request_id", "error", "base"],
        "additionalProperties": true,
    })
}

fn codes() -> Value {
    let all = problems::all();
    let lines: Vec<String> =
        all.iter().map(|(name, status, title)| format!("- `{name}` ({status}): {title}.")).collect();
    let names: Vec<&str> = all.iter().map(|(name, ..)| *name).collect();
    json!({
        "type": "string",
        "description": format!("The stable name of an error.\n\n{}", lines.join("\n")),
        "enum": names,
    })
}
