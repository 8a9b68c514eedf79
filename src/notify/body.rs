//! What an app is told: what happened, to whose object, and the object as its owner sees it now.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::events::EventKind;
use crate::handlers::events::event_object;
use crate::handlers::view_on;
use crate::ids::TuneId;
use crate::notifications::Notification;
use crate::ownership::{AccountKey, ObjectKind};
use crate::state::State;

#[derive(Serialize)]
struct Told<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    end_user: EndUser<'a>,
    tenant: Option<&'a str>,
    event: u64,
    object: Object,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tune: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct EndUser<'a> {
    issuer: &'a str,
    subject: &'a str,
}

#[derive(Serialize)]
struct Object {
    kind: &'static str,
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tune_id: Option<u64>,
}

/// The JSON that is posted. `None`: it cannot be written, which would be a bug.
pub(super) fn body(state: &State, notification: &Notification) -> Option<Vec<u8>> {
    let Notification { who, event, .. } = notification;
    let shown = shown(state, notification);
    let (prompt, tune) = match event.object.kind {
        ObjectKind::Prompt => (shown, None),
        ObjectKind::Tune => (None, shown),
    };
    let told = Told {
        r#type: event.kind.name(event.object.kind),
        timestamp: event.at.rfc_3339(),
        data: Data {
            end_user: EndUser { issuer: &who.issuer, subject: &who.subject },
            tenant: tenant(state, &event.account),
            event: event.number,
            object: Object {
                kind: event.object.kind.name(),
                id: event.object.id,
                tune_id: event.tune.map(TuneId::get),
            },
            reason: (event.kind == EventKind::Lost).then_some("lost"),
            prompt,
            tune,
        },
    };
    serde_json::to_vec(&told).ok()
}

/// As its owner sees it.
fn shown(state: &State, notification: &Notification) -> Option<Box<RawValue>> {
    let Notification { who, event, .. } = notification;
    let view = view_on(state, &event.account, Some(who));
    RawValue::from_string(event_object(event, &view)?).ok()
}

/// The tenant's name in the configuration; none on the account of `[upstream]`.
fn tenant<'a>(state: &'a State, account: &AccountKey) -> Option<&'a str> {
    state.accounts.tenants.iter().find(|(_, tenant)| tenant.key == *account).map(|(name, _)| name.as_str())
}
