//! Sessions, guests, login.

use serde_json::json;

use super::Schemas;
use crate::contract::params::reference;

pub(super) fn all() -> Schemas {
    let time = || json!({ "type": "string", "format": "date-time" });
    let text = || json!({ "type": "string" });
    let maybe_text = || json!({ "type": ["string", "null"] });
    let lifetimes = || {
        json!({
            "id": text(),
            "created_at": time(),
            "last_used_at": time(),
            "idle_expires_at": time(),
            "expires_at": time(),
            "provider": { "type": ["string", "null"], "description": "Who signed them in; null: a token did." },
        })
    };
    let mut listed = lifetimes();
    for (name, schema) in [
        (
            "device",
            json!({ "type": "string", "description": "Browser and system, as it said: `Chrome on macOS`." }),
        ),
        ("current", json!({ "type": "boolean", "description": "The one that asks." })),
    ] {
        crate::contract::params::set(&mut listed, name, schema);
    }
    vec![
        (
            "SessionInfo",
            json!({
                "type": "object",
                "properties": lifetimes(),
                "required": ["id", "created_at", "last_used_at", "idle_expires_at", "expires_at", "provider"],
            }),
        ),
        (
            "Session",
            json!({
                "type": "object",
                "description": "Who is signed in, and until when.",
                "properties": {
                    "kind": { "type": "string", "enum": ["end_user", "guest", "service"] },
                    "issuer": text(),
                    "subject": text(),
                    "plan": text(),
                    "tenant": maybe_text(),
                    "session": { "anyOf": [reference("SessionInfo"), { "type": "null" }] },
                    "csrf_token": {
                        "type": ["string", "null"],
                        "description": "For `X-CSRF-Token` or `authenticity_token`; null without a cookie, where none is needed.",
                    },
                },
                "required": ["kind", "issuer", "subject", "plan", "tenant", "session", "csrf_token"],
            }),
        ),
        (
            "ListedSession",
            json!({
                "type": "object",
                "properties": listed,
                "required": [
                    "id", "device", "created_at", "last_used_at", "idle_expires_at", "expires_at", "provider", "current",
                ],
            }),
        ),
        (
            "SessionList",
            json!({
                "type": "object",
                "properties": { "sessions": { "type": "array", "items": reference("ListedSession") } },
                "required": ["sessions"],
            }),
        ),
        (
            "LoginProvider",
            json!({
                "type": "object",
                "properties": {
                    "name": text(),
                    "title": text(),
                    "url": { "type": "string", "format": "uri", "description": "Go there to sign in." },
                },
                "required": ["name", "title", "url"],
            }),
        ),
        (
            "LoginProviders",
            json!({
                "type": "object",
                "properties": { "providers": { "type": "array", "items": reference("LoginProvider") } },
                "required": ["providers"],
            }),
        ),
        (
            "LoggedOut",
            json!({
                "type": "object",
                "properties": {
                    "logout_url": {
                        "type": ["string", "null"],
                        "description": "Go there to sign out at the provider too; null: there is nothing to sign out of.",
                    },
                },
                "required": ["logout_url"],
            }),
        ),
    ]
}
