//! `GET` and `DELETE /gateway/account/data`: what is held of an end user, and their wish to be forgotten.
//!
//! Both go on where they stopped: the export by its cursor, the erasure by its durable state. Both are audited, under a
//! pseudonym.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::account::quotas;
use super::session::shown_in_list;
use super::shown::view_on;
use crate::call::{Answer, Call};
use crate::headers::GATEWAY_CONFIRM;
use crate::objects::{Prompt, Tune};
use crate::ownership::{AccountKey, AuditEntry, Cursor, Erasure, ObjectId, ObjectKind, Record};
use crate::params::{Value, parse_query};
use crate::principal::Principal;
use crate::problem::{Code, Problem};
use crate::reply;

/// What a request must say to erase.
const CONFIRMATION: &[u8] = b"erase";
/// Objects of one page.
const PAGE: u32 = 120;

/// `GET`: a page of everything that is held, and where to go on.
pub async fn export(call: Call) -> Answer {
    let owner = a_person(&call)?.clone();
    let state = &call.state;
    let after = read_cursor(&call)?;
    let page = state.subjects.objects(&owner, after.as_ref(), PAGE).await?;
    audit(&call, "export", page.len() as u64).await?;
    let next = match page.last() {
        Some((account, record)) if page.len() == PAGE as usize => {
            Some(write_cursor(&call, account, record.object))
        }
        _ => None,
    };
    let objects: Vec<Json> = page.iter().map(|(account, record)| held(&call, account, record)).collect();
    let erasure = state.subjects.erasure(&owner).await?;
    let quotas = quotas(state, &call.who).await?;
    let sessions = state.sessions.list(&owner, state.config.session_rules()).await?;
    let sessions: Vec<Json> = sessions.iter().map(|session| shown_in_list(state, session, false)).collect();
    let body = json!({
        "principal": { "kind": call.who.principal.kind(), "issuer": &*owner.issuer, "subject": &*owner.subject },
        "objects": objects,
        "next": next,
        "quotas": quotas,
        "sessions": sessions,
        "erasure": erasure.as_ref().map(under_way),
    });
    Ok(reply::json(StatusCode::OK, &body))
}

/// `DELETE`: 202, and the work goes on by itself. Asking again tells how far it is.
pub async fn erase(call: Call) -> Answer {
    let owner = a_person(&call)?.clone();
    let confirms = |value: &http::HeaderValue| value.as_bytes() == CONFIRMATION;
    if !call.headers().get(GATEWAY_CONFIRM).is_some_and(confirms) {
        let detail = "This deletes every tune, prompt and picture of yours. Send `Gateway-Confirm: erase`.";
        return Err(Problem::new(Code::ConfirmationRequired, detail));
    }
    let state = &call.state;
    let is_new = state.subjects.erasure(&owner).await?.is_none();
    let erasure = state.subjects.begin_erasure(&owner, state.clock.now()).await?;
    if is_new {
        audit(&call, "erasure_asked", erasure.objects_left).await?;
    }
    state.erasure_asked.notify_one();
    Ok(reply::json(StatusCode::ACCEPTED, &json!({ "erasure": under_way(&erasure) })))
}

/// All callers without a token are one guest: what one of them asks must not be done to the others.
fn a_person(call: &Call) -> Result<&crate::principal::EndUserId, Problem> {
    match &call.who.principal {
        Principal::Guest(guest) if guest.is_shared() => Err(Problem::unauthenticated()),
        Principal::EndUser(_) | Principal::Service(_) | Principal::Guest(_) => Ok(call.who.principal.id()),
    }
}

async fn audit(call: &Call, action: &'static str, objects: u64) -> Result<(), Problem> {
    let state = &call.state;
    let pseudonym = state.pseudonyms.of(call.who.principal.id()).to_string();
    let (at, request_id) = (state.clock.now(), call.facts.id.as_str());
    tracing::info!(action, request_id, objects, "an end user asked about their data");
    Ok(state.subjects.audit(AuditEntry { at, action, pseudonym: &pseudonym, request_id, objects }).await?)
}

fn under_way(erasure: &Erasure) -> Json {
    json!({
        "state": "erasing",
        "started_at": erasure.started_at.rfc_3339(),
        "objects_left": erasure.objects_left,
        "open_creates": erasure.open_creates,
    })
}

/// One object as its owner sees it; one that was never seen whole, by its id.
fn held(call: &Call, account: &AccountKey, record: &Record) -> Json {
    let state = &call.state;
    let view = view_on(state, account, Some(call.who.principal.id()));
    let members = record.members.as_deref().map(str::as_bytes);
    let shown = members.and_then(|members| match record.object.kind {
        ObjectKind::Tune => Tune::find(members).map(|tune| tune.show(&view)),
        ObjectKind::Prompt => Prompt::find(members).map(|prompt| prompt.show(&view, record.is_liked)),
    });
    let object: Option<Box<RawValue>> = shown.and_then(|shown| serde_json::from_slice(&shown).ok());
    json!({ "kind": record.object.kind.name(), "id": record.object.id, "object": object })
}

/// A place in the export. An account's key is the operator's business, so it stands there as a keyed hash.
#[derive(Serialize, Deserialize)]
struct Place {
    a: String,
    k: String,
    i: u64,
}

fn tag(call: &Call, account: &AccountKey) -> String {
    call.state.titles.of(account, call.who.principal.id()).add("")
}

fn write_cursor(call: &Call, account: &AccountKey, object: ObjectId) -> String {
    let place = Place { a: tag(call, account), k: object.kind.name().to_owned(), i: object.id };
    // Texts and numbers always serialize.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&place).unwrap_or_default())
}

fn read_cursor(call: &Call) -> Result<Option<Cursor>, Problem> {
    let mut sent = parse_query(call.query(), &call.state.param_limits)?;
    let place = match sent.root.shift_remove("after") {
        None => return Ok(None),
        Some(Value::Text(text)) => URL_SAFE_NO_PAD.decode(text).ok(),
        Some(_) => None,
    };
    let place = place.and_then(|place| serde_json::from_slice::<Place>(&place).ok());
    let kinds = [ObjectKind::Tune, ObjectKind::Prompt];
    let cursor = place.and_then(|Place { a, k, i }| {
        let account =
            call.state.accounts.all().map(|account| &account.key).find(|key| tag(call, key) == a)?;
        let kind = kinds.into_iter().find(|kind| kind.name() == k)?;
        Some(Cursor { account: account.clone(), object: ObjectId { kind, id: i } })
    });
    let wrong = || {
        Problem::new(Code::ValidationFailed, "Send `after` as `next` gave it.")
            .with_errors(vec![("after".into(), vec!["is not valid".into()])])
    };
    cursor.ok_or_else(wrong).map(Some)
}
