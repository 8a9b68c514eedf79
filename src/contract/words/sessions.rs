//! Sessions, guests, login.

use serde_json::{Value, json};

use crate::contract::described::{Body, Content, Described, Success, empty, json as json_reply, operation};
use crate::contract::params::reference;
use crate::problem::Code;

const TAG: &str = "Sessions";

fn session() -> Value {
    json!({
        "kind": "end_user", "issuer": "https://login.example.com", "subject": "alice", "plan": "pro", "tenant": null,
        "session": {
            "id": "0198c0de-5b7a-7c6d-8e9f-0a1b2c3d4e5f", "created_at": "2026-11-22T02:00:00Z",
            "last_used_at": "2026-11-22T02:10:00Z", "idle_expires_at": "2026-11-22T14:10:00Z",
            "expires_at": "2026-12-22T02:00:00Z", "provider": "keycloak",
        },
        "csrf_token": "pX3v…",
    })
}

fn guest() -> Value {
    json!({
        "kind": "guest", "issuer": "urn:astria-gateway:guest", "subject": "0198c0de5b7a7c6d8e9f0a1b2c3d4e5f", "plan": "trial",
        "tenant": null, "session": null, "csrf_token": "pX3v…",
    })
}

fn listed() -> Value {
    json!({
        "id": "0198c0de-5b7a-7c6d-8e9f-0a1b2c3d4e5f", "device": "Chrome on macOS", "created_at": "2026-11-22T02:00:00Z",
        "last_used_at": "2026-11-22T02:10:00Z", "idle_expires_at": "2026-11-22T14:10:00Z",
        "expires_at": "2026-12-22T02:00:00Z", "provider": "keycloak", "current": true,
    })
}

pub(super) fn operations() -> Vec<Described> {
    let mut operations = sessions();
    operations.extend(login());
    operations
}

fn sessions() -> Vec<Described> {
    vec![
        operation(
            ("GET", "/gateway/session"),
            "getSession",
            TAG,
            "Who is signed in",
            "With the token that a form sends along (`csrf_token`). A bearer token works too: `session` and `csrf_token` are null \
             then.",
        )
        .replies(json_reply(200, "Somebody is.", reference("Session"), session()))
        .also(&[Code::StoreUnavailable, Code::NotFound]),
        operation(
            ("POST", "/gateway/session"),
            "createSession",
            TAG,
            "Sign in with a token",
            "Exchanges a valid bearer token for a session in a cookie. What a guest of the same browser made becomes the end user's.",
        )
        .replies(
            json_reply(201, "Signed in.", reference("Session"), session()),
        )
        .also(&[Code::StoreUnavailable, Code::NotFound]),
        operation(
            ("DELETE", "/gateway/session"),
            "deleteSession",
            TAG,
            "Sign out here",
            "Ends the session of this browser.",
        )
        .replies(empty(204, "Signed out."))
        .also(&[Code::StoreUnavailable, Code::NotFound]),
        operation(
            ("GET", "/gateway/sessions"),
            "listSessions",
            TAG,
            "Where am I signed in",
            "All sessions of the caller, on every device.",
        )
        .replies(json_reply(
            200,
            "The sessions.",
            reference("SessionList"),
            json!({ "sessions": [listed()] }),
        ))
        .also(&[Code::StoreUnavailable, Code::NotFound]),
        operation(
            ("DELETE", "/gateway/sessions"),
            "deleteSessions",
            TAG,
            "Sign out everywhere",
            "Ends all sessions of the caller within a second.",
        )
        .replies(empty(204, "Signed out."))
        .also(&[Code::StoreUnavailable, Code::NotFound]),
        operation(
            ("DELETE", "/gateway/sessions/{id}"),
            "deleteSessionById",
            TAG,
            "Sign out elsewhere",
            "Ends one session of the caller.",
        )
        .replies(empty(204, "Signed out there."))
        .also(&[Code::StoreUnavailable, Code::NotFound]),
        operation(
            ("POST", "/gateway/guest"),
            "createGuest",
            TAG,
            "Try it before signing up",
            "Makes a guest with an identity of their own, in a signed cookie. 404 where guests are not let in this way.",
        )
        .replies(json_reply(
            201,
            "A guest.",
            reference("Session"),
            guest(),
        ))
        .replies(json_reply(200, "The guest that this browser is already.", reference("Session"), guest())),
    ]
}

fn login() -> Vec<Described> {
    let start = operation(
        ("GET", "/gateway/login/{provider}"),
        "startLogin",
        TAG,
        "Sign in at a provider",
        "A navigation, not a fetch: leads to the provider and back to `return_to`.",
    )
    .query(
        "return_to",
        json!({ "type": "string", "pattern": "^/([^/\\\\].*)?$" }),
        "A path of the app, where the browser comes back to.",
    )
    .replies(empty(303, "To the provider.").header("Location"));
    let finish = operation(
        ("GET", "/gateway/login/{provider}/callback"),
        "finishLogin",
        TAG,
        "Back from a provider",
        "Where the provider sends the browser. Failures are a Problem, or a small page for `Accept: text/html`.",
    )
    .query("code", json!({ "type": "string" }), "The provider's.")
    .query("state", json!({ "type": "string" }), "The gateway's own, bound to the browser.")
    .query("iss", json!({ "type": "string" }), "Who answers (RFC 9207).")
    .query("error", json!({ "type": "string" }), "Why the provider refused.")
    .replies(empty(303, "Signed in; to `return_to`.").header("Location"))
    .replies(Success {
        content: Some(Content {
            media_types: &["text/html"],
            schema: json!({ "type": "string" }),
            example: Some(json!("<!doctype html>…")),
        }),
        ..empty(200, "Signed in; a page that goes on to `return_to`, where the cookie is `SameSite=Strict`.")
    });
    let backchannel = operation(
        ("POST", "/gateway/login/{provider}/backchannel"),
        "receiveBackchannelLogout",
        TAG,
        "A provider says that somebody signed out",
        "For providers alone (OpenID Connect Back-Channel Logout 1.0).",
    )
    .replies(empty(200, "Their sessions have ended."))
    .also(&[Code::BodyTimeout, Code::BadBody]);
    let backchannel = Described {
        body: Body::Other {
            media_type: "application/x-www-form-urlencoded",
            schema: json!({
                "type": "object", "properties": { "logout_token": { "type": "string" } }, "required": ["logout_token"],
            }),
            is_required: true,
            example: json!({ "logout_token": "eyJ…" }),
        },
        ..backchannel
    };
    vec![
        operation(
            ("GET", "/gateway/login"),
            "listLoginProviders",
            TAG,
            "Where can I sign in",
            "The providers that the operator configured.",
        )
        .replies(json_reply(
            200,
            "The providers.",
            reference("LoginProviders"),
            json!({
                "providers": [{
                    "name": "keycloak", "title": "Keycloak", "url": "https://images.example.com/gateway/login/keycloak",
                }],
            }),
        )),
        start,
        finish,
        backchannel,
        log_out(),
    ]
}

fn log_out() -> Described {
    let log_out = operation(
        ("POST", "/gateway/logout"),
        "logout",
        TAG,
        "Sign out here and at the provider",
        "Ends the session. A fetch is told where to go to sign out at the provider; a form's navigation goes there.",
    )
    .replies(
        json_reply(200, "Signed out here.", reference("LoggedOut"), json!({ "logout_url": null })),
    )
    .replies(empty(303, "Signed out here; to the provider.").header("Location"))
    .also(&[
        Code::StoreUnavailable,
        Code::NotFound,
        Code::BadBody,
        Code::UnsupportedMediaType,
        Code::BodyTimeout,
    ]);
    let body = Body::Other {
        media_type: "application/x-www-form-urlencoded",
        schema: json!({
            "type": "object",
            "properties": {
                "authenticity_token": {
                    "type": "string", "description": "The `csrf_token` of `GET /gateway/session`, where no header can be sent.",
                },
            },
        }),
        is_required: false,
        example: json!({ "authenticity_token": "pX3v…" }),
    };
    Described { body, ..log_out }
}
