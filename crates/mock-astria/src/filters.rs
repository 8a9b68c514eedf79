//! Which objects a list shows, and which page of them.
//!
//! A page is cut by `limit`, `offset` or `page`, and `before_id`; the filters are those of the documents and of current
//! clients. It knows no owners: the upstream does not either.

use std::ops::Bound;

use serde_json::{Map, Value};

use crate::cast::{self, Kind};
use crate::objects::{Prompt, Tune, now};
use crate::rails_params::{Param, Parsed};

const PAGE: u64 = 20;
const MAX_LIMIT: u64 = 120;

/// A part of a list, newest first.
pub(crate) struct Page {
    offset: u64,
    limit: u64,
    before: Bound<u64>,
}

impl Page {
    /// `None`: deeper than the upstream looks.
    pub(crate) fn new(parsed: &Parsed, max_offset: u64) -> Option<Self> {
        let limit = number(parsed, "limit").unwrap_or(PAGE).clamp(1, MAX_LIMIT);
        let of_page = || number(parsed, "page").map(|page| page.saturating_sub(1).saturating_mul(limit));
        let offset = number(parsed, "offset").or_else(of_page).unwrap_or(0);
        let before = number(parsed, "before_id").map_or(Bound::Unbounded, Bound::Excluded);
        (offset <= max_offset).then_some(Self { offset, limit, before })
    }

    /// The ids that may be on it.
    pub(crate) fn range(&self) -> (Bound<u64>, Bound<u64>) {
        (Bound::Unbounded, self.before)
    }

    /// Cuts the page out of what the filters let through.
    pub(crate) fn of<T>(&self, items: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        window(items, self.offset, self.limit)
    }
}

/// Some items after others.
pub(crate) fn window<T>(items: impl Iterator<Item = T>, offset: u64, limit: u64) -> impl Iterator<Item = T> {
    let as_count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    items.skip(as_count(offset)).take(as_count(limit))
}

/// The filters of `GET /tunes`.
pub(crate) fn tunes(parsed: &Parsed) -> impl Fn(&Tune) -> bool {
    let names: Option<Vec<String>> = match parsed.params.get("name") {
        Some(Param::Array(items)) => Some(items.iter().filter_map(text_of).collect()),
        other => other.and_then(text_of).map(|name| vec![name]),
    };
    let equal = ["title", "model_type", "branch"].map(|name| (name, text(parsed, name)));
    move |tune| {
        let shown = |name: &str| tune.object.get(name).and_then(Value::as_str);
        equal.iter().all(|(name, wanted)| wanted.is_none() || shown(name) == wanted.as_deref())
            && names.as_ref().is_none_or(|names| names.iter().any(|name| shown("name") == Some(name)))
    }
}

/// The filters of `GET /prompts`. A tune in the path is not one of them: the caller lists its prompts.
pub(crate) fn prompts(parsed: &Parsed, tune_in_path: bool) -> impl Fn(&Prompt) -> bool {
    let part = text(parsed, "text");
    let equal = ["base_pack_id", "pack_id", "user_id", "tune_id"]
        .map(|name| (name, number(parsed, name).filter(|_| !(tune_in_path && name == "tune_id"))));
    let (liked, is_api, is_video) = (flag(parsed, "liked"), flag(parsed, "is_api"), flag(parsed, "is_video"));
    let today = (flag(parsed, "today") == Some(true)).then(now);
    move |prompt| {
        let object = &prompt.object;
        let shown = |name: &str| object.get(name).and_then(Value::as_str);
        let same_flag = |name: &str, wanted: Option<bool>| {
            wanted.is_none() || object.get(name).and_then(Value::as_bool) == wanted
        };
        part.as_deref().is_none_or(|part| shown("text").is_some_and(|text| text.contains(part)))
            && equal.iter().all(|(name, wanted)| {
                wanted.is_none() || object.get(*name).and_then(Value::as_u64) == *wanted
            })
            && same_flag("liked", liked)
            && same_flag("is_api", is_api)
            && is_video.is_none_or(|wanted| makes_video(object) == wanted)
            && today.as_deref().is_none_or(|now| shown("created_at").and_then(day) == day(now))
    }
}

fn makes_video(object: &Map<String, Value>) -> bool {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    text("text").contains("--video")
        || ["video_model", "video_prompt"].iter().any(|name| !text(name).is_empty())
}

/// The date of a time: its first ten letters.
fn day(time: &str) -> Option<&str> {
    time.get(..10)
}

fn text(parsed: &Parsed, name: &str) -> Option<String> {
    parsed.params.get(name).and_then(text_of).filter(|text| !text.is_empty())
}

fn text_of(param: &Param) -> Option<String> {
    cast::cast(Kind::Text, param)?.as_str().map(str::to_owned)
}

/// A parameter as a number; what is none, or negative, is not there.
pub(crate) fn number(parsed: &Parsed, name: &str) -> Option<u64> {
    cast::cast(Kind::Integer, parsed.params.get(name)?)?.as_u64()
}

/// A parameter as a switch; an empty one is not there.
pub(crate) fn flag(parsed: &Parsed, name: &str) -> Option<bool> {
    cast::cast(Kind::Boolean, parsed.params.get(name)?)?.as_bool()
}
