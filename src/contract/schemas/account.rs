//! Who is calling, what is left, what is held of them; creates and events.

use serde_json::{Value, json};

use super::Schemas;
use crate::contract::params::{id, reference};
use crate::events::EventKind;
use crate::operation::Operation;
use crate::ownership::ObjectKind;
use crate::quota::{CreateState, Measure, Period, SharedBy};
use crate::streams::Ending;

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn names<T>(all: impl IntoIterator<Item = T>, name: impl Fn(T) -> &'static str) -> Value {
    json!({ "type": "string", "enum": all.into_iter().map(name).collect::<Vec<_>>() })
}

pub(super) fn all() -> Schemas {
    let count = || json!({ "type": "integer", "format": "int64", "minimum": 0 });
    let shared_by = [SharedBy::EndUser, SharedBy::Tenant, SharedBy::Account];
    let creates = Operation::ALL.into_iter().filter(|operation| operation.creates_cost());
    vec![
        (
            "Principal",
            json!({
                "type": "object",
                "properties": {
                    "kind": { "type": "string", "enum": ["end_user", "guest", "service"] },
                    "issuer": { "type": "string", "description": "Who says who it is." },
                    "subject": { "type": "string", "description": "The end user, as the issuer names them." },
                },
                "required": ["kind", "issuer", "subject"],
            }),
        ),
        (
            "Quota",
            json!({
                "type": "object",
                "description": "Where one quota stands.",
                "properties": {
                    "of": names(Measure::ALL, Measure::name),
                    "per": names(Period::ALL, Period::name),
                    "limit": count(),
                    "shared_by": names(shared_by, SharedBy::name),
                    "used": count(),
                    "held": count(),
                    "left": count(),
                    "resets_at": {
                        "type": ["string", "null"], "format": "date-time",
                        "description": "When it begins anew; null: never.",
                    },
                },
                "required": ["of", "per", "limit", "shared_by", "used", "held", "left", "resets_at"],
            }),
        ),
        (
            "Account",
            json!({
                "type": "object",
                "properties": {
                    "principal": reference("Principal"),
                    "plan": { "type": "string" },
                    "quotas": { "type": "array", "items": reference("Quota") },
                },
                "required": ["principal", "plan", "quotas"],
            }),
        ),
        (
            "Erasure",
            json!({
                "type": "object",
                "description": "How far an erasure is.",
                "properties": {
                    "state": { "type": "string", "enum": ["erasing"] },
                    "started_at": { "type": ["string", "null"], "format": "date-time" },
                    "objects_left": count(),
                    "open_creates": count(),
                },
                "required": ["state", "started_at", "objects_left", "open_creates"],
            }),
        ),
        (
            "ErasureBegun",
            json!({
                "type": "object",
                "properties": { "erasure": reference("Erasure") },
                "required": ["erasure"],
            }),
        ),
        (
            "HeldObject",
            json!({
                "type": "object",
                "description": "A tune or a prompt; `object` is null of one that was never seen whole.",
                "properties": {
                    "kind": reference("ObjectKind"),
                    "id": id(),
                    "object": { "anyOf": [reference("Prompt"), reference("Tune"), { "type": "null" }] },
                },
                "required": ["kind", "id", "object"],
            }),
        ),
        (
            "AccountData",
            json!({
                "type": "object",
                "description": "A page of everything that is held of the caller.",
                "properties": {
                    "principal": reference("Principal"),
                    "objects": { "type": "array", "items": reference("HeldObject") },
                    "next": { "type": ["string", "null"], "description": "Send it as `after`; null: this is the last page." },
                    "quotas": { "type": "array", "items": reference("Quota") },
                    "sessions": { "type": "array", "items": reference("ListedSession") },
                    "erasure": { "anyOf": [reference("Erasure"), { "type": "null" }] },
                },
                "required": ["principal", "objects", "next", "quotas", "sessions", "erasure"],
            }),
        ),
        ("ObjectKind", names([ObjectKind::Prompt, ObjectKind::Tune], ObjectKind::name)),
        ("CreateId", json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })),
        (
            "MadeObject",
            json!({
                "type": "object",
                "properties": {
                    "kind": reference("ObjectKind"),
                    "id": id(),
                    "url": { "type": "string", "format": "uri" },
                },
                "required": ["kind", "id", "url"],
            }),
        ),
        (
            "CreateOutcome",
            json!({
                "type": "object",
                "description": "What became of a create.",
                "properties": {
                    "id": reference("CreateId"),
                    "operation": names(creates, Operation::name),
                    "state": {
                        "type": "string",
                        "enum": CreateState::ALL.map(CreateState::name),
                        "description": "`open`: being called. `made`: something was made. `nothing`: nothing was. `unknown`: it is \
                                        looked for. `presumed`: it counts as spent until somebody knows.",
                    },
                    "created_at": { "type": ["string", "null"], "format": "date-time" },
                    "objects": { "type": "array", "items": reference("MadeObject") },
                },
                "required": ["id", "operation", "state", "created_at", "objects"],
            }),
        ),
        (
            "EventTicket",
            json!({
                "type": "object",
                "properties": {
                    "ticket": { "type": "string", "description": "As secret as a token." },
                    "url": { "type": "string", "format": "uri", "description": "For `new EventSource(url)`." },
                    "expires_in_s": { "type": "integer", "description": "Seconds in which the stream must be opened." },
                },
                "required": ["ticket", "url", "expires_in_s"],
            }),
        ),
        ("ObjectEvent", object_event()),
        (
            "QuotaEvent",
            json!({
                "type": "object",
                "properties": {
                    "type": { "type": "string", "const": "quota.changed" },
                    "at": time(),
                    "quotas": { "type": "array", "items": reference("Quota") },
                },
                "required": ["type", "at", "quotas"],
            }),
        ),
        (
            "StreamEvent",
            json!({
                "type": "object",
                "description": "About the stream itself.",
                "properties": {
                    "type": { "type": "string", "enum": ["stream.open", "stream.reset", "stream.end"] },
                    "reason": names(
                        [Ending::TokenExpired, Ending::Blocked, Ending::Replaced, Ending::Restarting],
                        Ending::name,
                    ),
                },
                "required": ["type"],
            }),
        ),
        (
            "Event",
            json!({
                "description": "The `data` of one message of the stream; `event` is its `type`.",
                "anyOf": [reference("ObjectEvent"), reference("QuotaEvent"), reference("StreamEvent")],
            }),
        ),
    ]
}

/// One schema for all: `prompt` or `tune` beside `object`.
fn object_event() -> Value {
    let mut types: Vec<&str> = [ObjectKind::Prompt, ObjectKind::Tune]
        .into_iter()
        .flat_map(|object| EventKind::ALL.map(|kind| kind.name(object)))
        .collect();
    types.dedup();
    json!({
        "type": "object",
        "description": "Something happened to a prompt or a tune, which is shown as it is now unless it is gone.",
        "properties": {
            "type": { "type": "string", "enum": types },
            "at": time(),
            "object": {
                "type": "object",
                "properties": { "kind": reference("ObjectKind"), "id": id(), "tune_id": id() },
                "required": ["kind", "id"],
            },
            "reason": { "type": "string", "enum": ["lost"], "description": "Nobody heard of its end for longer than jobs take." },
            "prompt": reference("Prompt"),
            "tune": reference("Tune"),
        },
        "required": ["type", "at", "object"],
    })
}
