//! The caller's account, their data, creates whose answer was lost, events.

use serde_json::json;

use super::objects::prompt;
use crate::contract::described::{Content, Described, Success, json as json_reply, operation};
use crate::contract::params::reference;
use crate::problem::Code;

pub(super) fn operations() -> Vec<Described> {
    let principal =
        || json!({ "kind": "end_user", "issuer": "https://login.example.com", "subject": "alice" });
    let quota = || {
        json!({
            "of": "images", "per": "day", "limit": 20, "shared_by": "end_user", "used": 6, "held": 2, "left": 12,
            "resets_at": "2026-11-23T00:00:00Z",
        })
    };
    let erasure = || json!({ "state": "erasing", "started_at": "2026-11-22T02:00:00Z", "objects_left": 12, "open_creates": 0 });
    vec![
        operation(
            ("GET", "/gateway/account"),
            "getAccount",
            "Account",
            "Who am I, and what is left",
            "Who is calling, under which plan, and where their quotas stand.",
        )
        .replies(json_reply(
            200,
            "The account.",
            reference("Account"),
            json!({ "principal": principal(), "plan": "free", "quotas": [quota()] }),
        ))
        .also(&[Code::LedgerUnavailable]),
        operation(
            ("GET", "/gateway/account/data"),
            "exportAccountData",
            "Account",
            "What is held of me",
            "By pages of 120 objects. Guests have no account: 401.",
        )
        .query("after", json!({ "type": "string" }), "`next` of the page before.")
        .replies(json_reply(
            200,
            "A page.",
            reference("AccountData"),
            json!({
                "principal": principal(), "objects": [{ "kind": "prompt", "id": 123, "object": prompt() }],
                "next": null, "quotas": [quota()], "sessions": [], "erasure": null,
            }),
        ))
        .also(&[Code::StoreUnavailable, Code::LedgerUnavailable]),
        operation(
            ("DELETE", "/gateway/account/data"),
            "eraseAccountData",
            "Account",
            "Forget me",
            "Deletes every tune, prompt and picture of the caller, at Astria too, for good. It goes on by itself; asking again \
             tells how far it is.",
        )
        .headers(&["Gateway-Confirm"])
        .replies(json_reply(
            202,
            "It has begun.",
            reference("ErasureBegun"),
            json!({ "erasure": erasure() }),
        ))
        .also(&[Code::ConfirmationRequired, Code::StoreUnavailable]),
        operation(
            ("GET", "/gateway/creates/{id}"),
            "getCreate",
            "Account",
            "What became of a create",
            "For whoever lost its answer: `status_url` of a Problem leads here.",
        )
        .replies(json_reply(
            200,
            "How it stands.",
            reference("CreateOutcome"),
            json!({
                "id": "01a1fc24998e72c993af9fcc752634af", "operation": "create_prompt", "state": "made",
                "created_at": "2026-11-22T02:00:00Z",
                "objects": [{
                    "kind": "prompt", "id": 123, "url": "https://images.example.com/prompts/123.json",
                }],
            }),
        ))
        .also(&[Code::LedgerUnavailable]),
        listen(),
        operation(
            ("POST", "/gateway/events/ticket"),
            "createEventTicket",
            "Events",
            "A ticket for an EventSource",
            "A browser's `EventSource` sends no header. A ticket opens one stream, and again when it breaks off, until the proof \
             that it was given for ends.",
        )
        .replies(json_reply(
            201,
            "The ticket.",
            reference("EventTicket"),
            json!({
                "ticket": "v1.…", "url": "https://images.example.com/gateway/events?ticket=v1.…", "expires_in_s": 60,
            }),
        ))
        .also(&[]),
    ]
}

fn listen() -> Described {
    let stream = Success {
        status: 200,
        words: "Messages for as long as the proof lasts. The `data` of each is an `Event` in JSON.",
        headers: vec!["X-Accel-Buffering"],
        content: Some(Content {
            media_types: &["text/event-stream"],
            schema: json!({ "type": "string", "x-event-schema": reference("Event") }),
            example: Some(json!(
                "retry: 2417\n\nid: 41\nevent: stream.open\ndata: {\"type\":\"stream.open\"}\n\nid: 42\nevent: \
                 prompt.finished\ndata: {\"type\":\"prompt.finished\",\"at\":\"2026-11-22T02:00:21.123Z\",\"object\":\
                 {\"kind\":\"prompt\",\"id\":123,\"tune_id\":1504944},\"prompt\":{…}}\n\n"
            )),
        }),
    };
    operation(
        ("GET", "/gateway/events"),
        "streamEvents",
        "Events",
        "What happens, as it happens",
        "Server-sent events of the caller's own prompts, tunes and quotas. Come back with `Last-Event-ID` and you miss nothing. A \
         comment comes every ten seconds; after thirty without anything, the connection is dead. Guests: 401.",
    )
    .headers(&["Last-Event-ID"])
    .replies(stream)
    .also(&[Code::TooManyStreams, Code::StoreUnavailable])
}
