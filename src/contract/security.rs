//! How a request proves who is calling.

use http::Method;
use serde_json::{Value, json};

use super::Line;
use crate::config::Config;
use crate::operation::Operation;
use crate::routes::Access;

/// `components.securitySchemes`
pub(super) fn schemes() -> Value {
    json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "An end user's access token, of an issuer that the operator configured.",
        },
        "serviceKey": {
            "type": "http", "scheme": "bearer",
            "description": "The key of a server that acts for end users: together with `Gateway-End-User`.",
        },
        "endUser": {
            "type": "apiKey", "in": "header", "name": "Gateway-End-User",
            "description": "For whom a server acts: 1 to 255 visible ASCII characters. From anybody else it is 400.",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": "__Host-astria_session",
            "description": "A browser's session: HttpOnly. Where the operator allows plain HTTP for development it is called \
                            `astria_session`.",
        },
        "guest": {
            "type": "apiKey", "in": "cookie", "name": "__Host-astria_guest",
            "description": "Somebody who tries the app before signing up: HttpOnly, signed.",
        },
        "csrf": {
            "type": "apiKey", "in": "header", "name": "X-CSRF-Token",
            "description": "With a cookie and any method but GET: the `csrf_token` of `GET /gateway/session`, here or as the \
                            parameter `authenticity_token` of a create; or the header `X-CSRF: 1`, which no form can send.",
        },
        "eventTicket": {
            "type": "apiKey", "in": "query", "name": "ticket",
            "description": "For a browser's `EventSource`, which sends no header: `POST /gateway/events/ticket`.",
        },
        "imageSignature": {
            "type": "apiKey", "in": "query", "name": "s",
            "description": "The gateway signs the addresses of pictures that it shows: use them as they are.",
        },
    })
}

/// The ways to prove it, any of them.
pub(super) fn of(line: &Line, config: &Config) -> Value {
    let Line { access, operation, .. } = *line;
    let is_safe = line.method == Method::GET;
    let cookie = |name: &str| match is_safe {
        true => json!({ name: [] }),
        false => json!({ name: [], "csrf": [] }),
    };
    let mut ways = vec![
        json!({ "bearer": [] }),
        json!({ "serviceKey": [], "endUser": [] }),
        cookie("session"),
        cookie("guest"),
    ];
    match access {
        Access::Public | Access::Visitor | Access::Callback | Access::Operator => ways.clear(),
        Access::Signed => ways = vec![json!({ "imageSignature": [] })],
        Access::Listener => ways.push(json!({ "eventTicket": [] })),
        // What is exchanged for a session.
        Access::EndUser if line.path == "/gateway/session" && line.method == Method::POST => {
            ways = vec![json!({ "bearer": [] })];
        }
        Access::EndUser => {
            let reads = !operation.is_some_and(Operation::creates_cost);
            if config.guest.enabled && reads {
                ways.push(json!({}));
            }
        }
    }
    Value::Array(ways)
}
