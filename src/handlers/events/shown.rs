//! An event as its end user sees it: in JSON, with the object as a GET would show it now.

use std::fmt::Write as _;

use serde_json::json;

use crate::clock::Timestamp;
use crate::events::{Event, EventKind};
use crate::objects::{Prompt, Tune, View};
use crate::ownership::ObjectKind;
use crate::quota::QuotaState;

/// An event of an object's.
pub(super) fn object_event(event: &Event, view: &View<'_>) -> String {
    let (kind, id) = (event.object.kind, event.object.id);
    let mut object = json!({ "kind": kind.name(), "id": id });
    if let (Some(tune), Some(members)) = (event.tune, object.as_object_mut()) {
        members.insert("tune_id".into(), tune.get().into());
    }
    let mut data =
        format!(r#"{{"type":"{}","at":"{}","object":{object}"#, event.kind.name(kind), event.at.rfc_3339());
    if event.kind == EventKind::Lost {
        data.push_str(r#","reason":"lost""#);
    }
    if let Some(shown) = event_object(event, view) {
        // Writing to a String cannot fail.
        let _ = write!(data, r#","{}":{shown}"#, kind.name());
    }
    data.push('}');
    data
}

/// An event's object as its owner sees it now. `None`: it is deleted, whatever is still known of it, or was only named so
/// far.
pub fn event_object(event: &Event, view: &View<'_>) -> Option<String> {
    let record = event.record.as_ref().filter(|_| event.kind != EventKind::Deleted)?;
    let members = record.members.as_deref()?.as_bytes();
    let shown = match event.object.kind {
        ObjectKind::Tune => Tune::find(members)?.show(view),
        ObjectKind::Prompt => Prompt::find(members)?.show(view, record.is_liked),
    };
    String::from_utf8(shown).ok()
}

/// Where the end user's quotas stand.
pub(super) fn quotas_changed(at: Timestamp, quotas: &[QuotaState]) -> String {
    json!({ "type": "quota.changed", "at": at.rfc_3339(), "quotas": quotas }).to_string()
}
