//! A tune of Astria's: what is read of it, kept of it, and shown of it.

use serde_json::value::RawValue;

use super::prompt::Prompt;
use super::raw::{RawObject, Writer};
use super::view::View;
use super::{attribution, is_set, text, timestamp};
use crate::ids::{PackId, TuneId};
use crate::ownership::{Counts, Seen, Traits, has_prefix};

/// What is read, sorted. Left out on purpose: `ckpt_url` and `ckpt_urls` (model weights), `user_id`,
/// `workspace_id`, `url`. Source: the API's object samples (S3, S4), read 2026-11-20.
pub(super) const TUNE: &[&str] = &[
    "args",
    "auto_extend",
    "base_tune_id",
    "branch",
    "callback",
    "characteristics",
    "cost_mc",
    "created_at",
    "eta",
    "expires_at",
    "face_crop",
    "id",
    "is_api",
    "model_type",
    "name",
    "orig_images",
    "preset",
    "prompts",
    "started_training_at",
    "steps",
    "title",
    "token",
    "trained_at",
    "training_face_correct",
    "updated_at",
    "user_error",
];

/// What everybody may see of a tune that the operator shares.
const SHARED: &[&str] =
    &["base_tune_id", "branch", "id", "model_type", "name", "title", "token", "trained_at"];

/// What its owner sees of a tune.
pub fn tune_members() -> impl Iterator<Item = &'static str> {
    TUNE.iter().copied().filter(|name| !matches!(*name, "callback" | "prompts")).chain(["url"])
}

/// What everybody sees of a shared one.
pub fn shared_tune_members() -> impl Iterator<Item = &'static str> {
    SHARED.iter().copied().chain(["url"])
}

/// A tune, its members still as they came.
pub struct Tune<'a> {
    /// Its id.
    pub id: TuneId,
    members: RawObject<'a>,
}

impl<'a> Tune<'a> {
    /// Reads a reply that is a tune (an object, or a list of one).
    pub fn find(reply: &'a [u8]) -> Option<Self> {
        Self::of(RawObject::parse_one(reply, TUNE)?)
    }

    /// Reads a reply that is a list of tunes; `None` if one of them is none.
    pub fn find_all(reply: &'a [u8]) -> Option<Vec<Self>> {
        let list: Vec<&'a RawValue> = serde_json::from_slice(reply).ok()?;
        list.into_iter().map(|one| Self::of(RawObject::parse(one.get().as_bytes(), TUNE)?)).collect()
    }

    fn of(members: RawObject<'a>) -> Option<Self> {
        // A prompt has an id too, and no tune is made on a tune.
        let id = members.number("id").filter(|id| *id > 0)?;
        members.get("title").or_else(|| members.get("name"))?;
        Some(Self { id: TuneId::from_u64(id), members })
    }

    /// A whole number among its members.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.members.number(name)
    }

    /// The prompts that the reply shows with it.
    pub fn prompts(&self) -> Vec<Prompt<'a>> {
        let nested = self.members.get("prompts").filter(|nested| nested.starts_with('['));
        nested.and_then(|nested| Prompt::find_all(nested.as_bytes())).unwrap_or_default()
    }

    /// What the index keeps of it.
    pub fn seen(&self) -> Seen {
        let members = &self.members;
        let finished_at = timestamp(members.get("trained_at"));
        Seen {
            object: self.id.into(),
            tune: None,
            pack: members.number("pack_id").map(PackId::from_u64),
            base_pack: None,
            created_at: timestamp(members.get("created_at")),
            finished_at,
            expires_at: timestamp(members.get("expires_at")),
            eta: timestamp(members.get("eta")),
            is_finished: finished_at.is_some() || is_set(members.get("user_error")),
            traits: Traits {
                title: text(members.get("title")),
                name: text(members.get("name")),
                model_type: text(members.get("model_type")),
                branch: text(members.get("branch")),
                is_api: members.get("is_api").map(|flag| flag == "true"),
                ..Traits::default()
            },
            counts: Counts {
                images: None,
                cost_mc: members.number("cost_mc"),
                is_failed: is_set(members.get("user_error")),
            },
            reservation: attribution(members.get("callback")),
            members: self.kept(),
        }
    }

    /// As its owner sees it, in JSON.
    pub fn show(&self, view: &View<'_>) -> Vec<u8> {
        let mut shown = Writer::with_room_for(&self.members);
        let is_ours = attribution(self.members.get("callback")).is_some();
        shown.members(&self.members, |name, value| match name {
            "callback" | "prompts" => None,
            "title" => Some(view.title(value, is_ours)),
            "orig_images" => Some(view.pictures(value)),
            _ => Some(value.into()),
        });
        shown.text("url", &view.address(format_args!("tunes/{}.json", self.id)));
        shown.finish()
    }

    /// As everybody sees it whom the operator lets use it: without photos, costs and words of whoever made it. The title
    /// of a tune that an end user made here is theirs.
    pub fn show_shared(&self, view: &View<'_>) -> Vec<u8> {
        let mut shown = Writer::with_room_for(&self.members);
        let is_an_end_users = text(self.members.get("title")).is_some_and(|title| has_prefix(&title));
        shown.members(&self.members, |name, value| {
            let is_shown = SHARED.contains(&name) && !(name == "title" && is_an_end_users);
            is_shown.then(|| value.into())
        });
        shown.text("url", &view.address(format_args!("tunes/{}.json", self.id)));
        shown.finish()
    }

    fn kept(&self) -> String {
        let mut kept = Writer::with_room_for(&self.members);
        kept.members(&self.members, |name, value| {
            (!matches!(name, "callback" | "prompts")).then(|| value.into())
        });
        kept.finish_text()
    }
}
