//! Headers of requests and replies, each described once and referred to.

use serde_json::{Map, Value, json};

use crate::idempotency::MAX_KEY_CHARS;
use crate::operation::Operation;
use crate::routes::Access;

/// A reference to a reply header.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// A reference to a request header.
pub(super) fn parameter(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

/// Of every reply.
const EVERY: &[&str] = &[
    "X-Request-Id",
    "Cache-Control",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Content-Security-Policy",
];

/// Of every reply to somebody who has a rate of their own.
const RATE: &[&str] =
    &["RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

/// Wherever a cookie may have come: it is renewed, or to be forgotten.
const COOKIES: &[&str] = &["Set-Cookie"];

/// The reply headers of a route, beside those that a single status adds.
pub(super) fn of_reply(access: Access) -> Map<String, Value> {
    let own: &[&[&str]] = match access {
        Access::EndUser | Access::Listener => &[RATE, COOKIES],
        Access::Visitor => &[COOKIES],
        Access::Public | Access::Callback | Access::Signed | Access::Operator => &[],
    };
    EVERY
        .iter()
        .chain(own.iter().copied().flatten())
        .map(|name| ((*name).to_owned(), reference(name)))
        .collect()
}

/// Those that a create's answer adds.
pub(super) fn of_create(operation: Option<Operation>) -> &'static [&'static str] {
    if operation.is_some_and(Operation::creates_cost) {
        &["Gateway-Dropped-Params", "Gateway-Clamped-Params", "Gateway-Quota-Left", "Idempotent-Replayed"]
    } else {
        &[]
    }
}

/// Name, words, schema, example.
type Header = (&'static str, &'static str, fn() -> Value, &'static str);

const REPLY: &[Header] = &[
    (
        "X-Request-Id",
        "The request's id: the operator finds the request by it.",
        request_id,
        "01a1fc24998e72c993af9fcc752634af",
    ),
    ("Cache-Control", "`no-store`, unless it says otherwise.", text, "no-store"),
    ("X-Content-Type-Options", "`nosniff`", text, "nosniff"),
    ("Referrer-Policy", "`no-referrer`", text, "no-referrer"),
    (
        "Content-Security-Policy",
        "Nothing runs in what is no page, and nobody frames it.",
        text,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (
        "RateLimit",
        "What is left of the rate (draft-ietf-httpapi-ratelimit-headers).",
        text,
        "\"user\";r=39;t=1",
    ),
    ("RateLimit-Policy", "The rate: requests and seconds.", text, "\"user\";q=40;w=4"),
    ("X-RateLimit-Limit", "The same in the older form: the bucket's size.", whole, "40"),
    ("X-RateLimit-Remaining", "Requests left.", whole, "39"),
    ("X-RateLimit-Reset", "Seconds until the bucket is full again.", whole, "1"),
    ("Retry-After", "Seconds after which it may work again.", whole, "5"),
    ("WWW-Authenticate", "How to prove who is calling.", text, "Bearer error=\"invalid_token\""),
    (
        "Gateway-Dropped-Params",
        "Parameters that were sent and not forwarded; at most 16 are named.",
        text,
        "prompt[callback]",
    ),
    (
        "Gateway-Clamped-Params",
        "Parameters that were lowered to what the plan allows.",
        text,
        "prompt[num_images]",
    ),
    (
        "Gateway-Quota-Left",
        "What is left of the quotas that the request counted against: a list of RFC 9651.",
        text,
        "\"images\";per=day;left=12",
    ),
    ("Idempotent-Replayed", "The answer is that of an earlier request under the same key.", is_true, "true"),
    ("Cache-Status", "Where the answer came from (RFC 9211).", text, "astria-gateway; hit; ttl=41"),
    (
        "ETag",
        "Names this state of the answer; send it as `If-None-Match`.",
        text,
        "W/\"5f1b0c9d2e3a4b5c6d7e8f90\"",
    ),
    ("Vary", "What the answer depends on.", text, "accept-encoding"),
    ("Content-Encoding", "`gzip`, where `Accept-Encoding` has it.", text, "gzip"),
    ("Accept-Ranges", "`bytes`", text, "bytes"),
    ("Content-Range", "Which bytes these are.", text, "bytes 0-1023/48211"),
    ("Last-Modified", "When the picture was made.", text, "Sun, 22 Nov 2026 02:00:00 GMT"),
    ("Content-Security-Policy", "Opened by itself, it runs nothing.", text, "sandbox; default-src 'none'"),
    ("Cross-Origin-Resource-Policy", "Pages of the app's own origin may show it.", text, "cross-origin"),
    ("X-Accel-Buffering", "Tells nginx not to hold the stream back.", text, "no"),
    (
        "Set-Cookie",
        "The session or the guest: HttpOnly, Secure, SameSite=Lax.",
        text,
        "__Host-astria_session=…; Path=/; Secure; HttpOnly; SameSite=Lax",
    ),
    ("Location", "Where to go.", text, "https://login.example.com/authorize?…"),
];

fn text() -> Value {
    json!({ "type": "string" })
}

fn whole() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn is_true() -> Value {
    json!({ "type": "string", "enum": ["true"] })
}

fn request_id() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })
}

/// `components.headers`
pub(super) fn components() -> Map<String, Value> {
    REPLY
        .iter()
        .map(|(name, words, schema, example)| {
            let schema = schema();
            let example = match example.parse::<u64>() {
                Ok(number) if schema.get("type") == Some(&json!("integer")) => json!(number),
                _ => json!(example),
            };
            ((*name).to_owned(), json!({ "description": words, "schema": schema, "example": example }))
        })
        .collect()
}

/// `components.parameters`: what a request may say in a header, beside its proof.
pub(super) fn parameters() -> Map<String, Value> {
    let header = |name: &str, words: &str, schema: Value, example: Value| {
        let parameter = json!({
            "name": name, "in": "header", "description": words, "schema": schema, "example": example,
        });
        (name.to_owned(), parameter)
    };
    [
        header(
            "Idempotency-Key",
            "Names a create: sent again under the same key it is carried out once and answered with the same bytes. A new \
             one, such as a UUID, for each create; in quotes or without. The operator may require one.",
            json!({
                "type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARS,
                // Visible ASCII; a comma stands where a proxy joined two.
                "pattern": "^(?!derived:)[!#-+\\--~][!-+\\--~]*$",
            }),
            json!("8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ),
        header(
            "If-None-Match",
            "An `ETag` that you have: where it is still the state, the answer is 304.",
            text(),
            json!("W/\"5f1b0c9d2e3a4b5c6d7e8f90\""),
        ),
        header(
            "Last-Event-ID",
            "The last event that you got: everything after it comes first. Without it the stream begins now.",
            json!({ "type": "string", "pattern": "^[0-9]{1,19}$" }),
            json!("42"),
        ),
        header(
            "Gateway-Confirm",
            "Says that you mean it.",
            json!({ "type": "string", "enum": ["erase"] }),
            json!("erase"),
        ),
        header(
            "Range",
            "One range of bytes.",
            json!({ "type": "string", "pattern": "^bytes=([0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})$" }),
            json!("bytes=0-1023"),
        ),
    ]
    .into_iter()
    .collect()
}
