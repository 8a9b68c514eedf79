//! Health, callbacks, pictures, the document itself.

use serde_json::json;

use crate::contract::described::{Body, Content, Described, Success, empty, json as json_reply, operation};
use crate::contract::params::reference;
use crate::problem::Code;

const TAG: &str = "Service";

pub(super) fn operations() -> Vec<Described> {
    vec![
        image(),
        operation(
            ("GET", "/gateway/openapi.json"),
            "getOpenApi",
            TAG,
            "This document",
            "With the address and the limits of this gateway.",
        )
        .headers(&["If-None-Match"])
        .replies(
            json_reply(
                200,
                "OpenAPI 3.1.",
                reference("OpenApi"),
                json!({ "openapi": "3.1.0", "info": { "title": "astria-gateway" }, "paths": {} }),
            )
            .header("ETag")
            .header("Vary")
            .header("Content-Encoding"),
        )
        .replies(empty(304, "As you have it.").header("ETag").header("Vary")),
        operation(("GET", "/healthz"), "getHealth", TAG, "Does the process answer", "At the root, whatever the base path.")
            .replies(json_reply(200, "It does.", reference("Health"), json!({ "status": "ok" }))),
        operation(
            ("GET", "/readyz"),
            "getReadiness",
            TAG,
            "Are requests welcome",
            "At the root, whatever the base path.",
        )
        .replies(json_reply(200, "They are.", reference("Readiness"), json!({ "status": "ready" })))
        .replies(json_reply(
            503,
            "Not yet, or no more. No Problem: what is waited for.",
            reference("Readiness"),
            json!({ "status": "waiting", "for": ["keys of issuer https://login.example.com not fetched yet"] }),
        )),
        callback(),
    ]
}

fn image() -> Described {
    let bytes = |status, words| Success {
        status,
        words,
        headers: vec![
            "Accept-Ranges",
            "ETag",
            "Last-Modified",
            "Content-Security-Policy",
            "Cross-Origin-Resource-Policy",
        ],
        content: Some(Content {
            media_types: &["image/*", "video/*"],
            schema: json!({ "type": "string", "format": "binary" }),
            example: None,
        }),
    };
    operation(
        ("GET", "/rails/active_storage/blobs/{*rest}"),
        "getImage",
        TAG,
        "The bytes of a picture",
        "Objects show addresses of pictures with a signature in the query: use them as they are, in `<img>` and `<video>` too, until \
         they end.",
    )
    .query("a", json!({ "type": "string" }), "Part of the signed address.")
    .query("e", json!({ "type": "integer" }), "When it ends, in seconds since 1970.")
    .headers(&["Range"])
    .replies(bytes(200, "All of it."))
    .replies(bytes(206, "A part of it.").header("Content-Range"))
    .also(&[Code::RangeNotSatisfiable])
}

fn callback() -> Described {
    let callback = operation(
        ("POST", "/gateway/callbacks/{token}"),
        "receiveCallback",
        TAG,
        "Astria says that a job ended",
        "For Astria alone, which gets the address with each job. Nothing that the body says is believed: the object is looked at.",
    )
    .replies(json_reply(
        200,
        "It is noted.",
        reference("CallbackReceived"),
        json!({ "received": true }),
    ))
    .also(&[Code::StoreUnavailable, Code::Erasing]);
    let body = Body::Other {
        media_type: "application/json",
        schema: json!({ "description": "A tune or a prompt: bare, wrapped, or a list of them." }),
        is_required: false,
        example: json!({ "prompt": { "id": 123 } }),
    };
    Described { body, ..callback }
}
