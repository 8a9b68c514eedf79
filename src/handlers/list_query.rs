//! Reads the query of a list: a page and the documented filters. What is not known is dropped and named.
//!
//! Source: the list pages of the Astria API reference (S3) and its current documentation (read 2026-11-20).

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::call::Call;
use crate::clock::Timestamp;
use crate::ids::{PackId, TuneId};
use crate::ownership::{ListQuery, ObjectKind, TitlePrefix};
use crate::params::{Value, parse_query};
use crate::problem::{Code, Problem};

/// Objects of a page that asks for no number. Source: "Current page size is 20" (S3).
const USUAL_LIMIT: u32 = 20;
/// The most that one page holds, at Astria and here.
const MAX_LIMIT: u32 = 120;
const MAX_NAMES: usize = 32;

/// A list that was asked for.
pub(super) struct Asked {
    /// What of it.
    pub(super) query: ListQuery,
    /// A tune among the filters: an id that must be proven.
    pub(super) tune: Option<TuneId>,
    /// Parameters that mean nothing here.
    pub(super) dropped: Vec<String>,
}

/// Reads the query of a call.
///
/// # Errors
/// `bad_body` for what cannot be read, `validation_failed` for values that make no sense, `not_found` for a tune that is
/// no id.
pub(super) fn read(call: &Call, kind: ObjectKind, prefix: &TitlePrefix) -> Result<Asked, Problem> {
    let sent = parse_query(call.query(), &call.state.param_limits)?;
    let mut asked = Asked {
        query: ListQuery { limit: USUAL_LIMIT, ..ListQuery::default() },
        tune: None,
        dropped: Vec::new(),
    };
    let (mut page, mut errors) = (None, Vec::new());
    for (name, value) in sent.root {
        // A form's empty field asks for nothing.
        if matches!(&value, Value::Null) || matches!(&value, Value::Text(text) if text.is_empty()) {
            continue;
        }
        let ListQuery { limit, offset, before_id, filters, .. } = &mut asked.query;
        let taken = match (name.as_str(), kind) {
            ("limit", _) => number(&value).filter(|n| *n > 0).map(|n| {
                *limit = u32::try_from(n).unwrap_or(MAX_LIMIT).min(MAX_LIMIT);
            }),
            ("offset", _) => number(&value).map(|n| *offset = n),
            ("page", _) => number(&value).filter(|n| *n > 0).map(|n| page = Some(n)),
            ("before_id", _) => number(&value).filter(|n| *n > 0).map(|n| *before_id = Some(n)),
            ("title", ObjectKind::Tune) => text(&value).map(|title| {
                filters.titles = vec![prefix.add(title), title.to_owned()];
                filters.title_words = Some(title.to_owned());
            }),
            ("name", ObjectKind::Tune) => texts(value).map(|names| filters.names = names),
            ("model_type", ObjectKind::Tune) => {
                text(&value).map(|kind| filters.model_type = Some(kind.into()))
            }
            ("branch", ObjectKind::Tune) => text(&value).map(|branch| filters.branch = Some(branch.into())),
            ("text", ObjectKind::Prompt) => text(&value).map(|text| filters.text = Some(text.into())),
            ("pack_id", ObjectKind::Prompt) => {
                number(&value).map(|id| filters.pack = Some(PackId::from_u64(id)))
            }
            ("base_pack_id", ObjectKind::Prompt) => {
                number(&value).map(|id| filters.base_pack = Some(PackId::from_u64(id)))
            }
            ("tune_id", ObjectKind::Prompt) => {
                let id = text(&value).and_then(|text| call.state.rules.shared.read(text));
                asked.tune = Some(id.ok_or_else(Problem::not_found)?);
                Some(())
            }
            ("liked", ObjectKind::Prompt) => flag(&value).map(|liked| filters.is_liked = Some(liked)),
            ("is_video", ObjectKind::Prompt) => flag(&value).map(|video| filters.is_video = Some(video)),
            ("is_api", ObjectKind::Prompt) => flag(&value).map(|api| filters.is_api = Some(api)),
            ("today", ObjectKind::Prompt) => flag(&value).map(|today| {
                filters.created_from = today.then(|| today_begins(call)).flatten();
            }),
            _ => {
                asked.dropped.push(name);
                continue;
            }
        };
        if taken.is_none() {
            errors.push((name, vec!["is not valid".to_owned()]));
        }
    }
    if !errors.is_empty() {
        return Err(Problem::new(Code::ValidationFailed, "Mend the fields that are named, then send again.")
            .with_errors(errors));
    }
    if let Some(page) = page {
        let before = (page - 1).saturating_mul(u64::from(asked.query.limit));
        asked.query.offset = asked.query.offset.saturating_add(before);
    }
    Ok(asked)
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn texts(value: Value) -> Option<Vec<String>> {
    match value {
        Value::Text(text) => Some(vec![text]),
        Value::List(list) if list.len() <= MAX_NAMES => {
            list.into_iter().map(|one| text(&one).map(str::to_owned)).collect()
        }
        _ => None,
    }
}

/// Canonical digits; beyond what a list could hold it is none.
fn number(value: &Value) -> Option<u64> {
    let text = text(value)?;
    let canonical = text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| canonical)
}

fn flag(value: &Value) -> Option<bool> {
    match text(value)?.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// The first moment of the day, in the time zone of quotas.
fn today_begins(call: &Call) -> Option<Timestamp> {
    let zone = TimeZone::get(&call.state.config.quota.time_zone).ok()?;
    let now = Duration::from_millis(call.state.clock.now().unix_ms());
    let now = jiff::Timestamp::from_duration(now.try_into().ok()?).ok()?;
    let begins = now.to_zoned(zone).start_of_day().ok()?.timestamp();
    u64::try_from(begins.as_millisecond()).ok().map(Timestamp::from_unix_ms)
}
