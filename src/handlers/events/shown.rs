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
        format!(r#"{{"type":"{}","at":"{}","object":{object}"#, event.kind.name(kind), rfc_3339(event.at));
    if event.kind == EventKind::Lost {
        data.push_str(r#","reason":"lost""#);
    }
    if let Some(shown) = shown(event, view) {
        // Writing to a String cannot fail.
        let _ = write!(data, r#","{}":{shown}"#, kind.name());
    }
    data.push('}');
    data
}

/// `None`: it is not there any more, or was only named so far.
fn shown(event: &Event, view: &View<'_>) -> Option<String> {
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
    json!({ "type": "quota.changed", "at": rfc_3339(at), "quotas": quotas }).to_string()
}

fn rfc_3339(at: Timestamp) -> String {
    let ms = i64::try_from(at.unix_ms()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX).to_string()
}
