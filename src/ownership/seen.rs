//! An object of Astria's as it was last seen: what the index keeps of it.
//!
//! What it does *not* do: it is not what a client gets. Members are picked already, but titles, addresses and image
//! URLs are still Astria's.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::{PackId, PromptId, ReservationId, TuneId};

/// What kind of object an id is of: ids of one kind say nothing about the other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A fine-tuned model.
    Tune,
    /// A generation.
    Prompt,
}

impl ObjectKind {
    /// One word, stable: it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tune => "tune",
            Self::Prompt => "prompt",
        }
    }
}

/// Names an object within an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// What it is.
    pub kind: ObjectKind,
    /// Its number at Astria.
    pub id: u64,
}

impl From<TuneId> for ObjectId {
    fn from(id: TuneId) -> Self {
        Self { kind: ObjectKind::Tune, id: id.get() }
    }
}

impl From<PromptId> for ObjectId {
    fn from(id: PromptId) -> Self {
        Self { kind: ObjectKind::Prompt, id: id.get() }
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which object.
    pub object: ObjectId,
    /// The tune of a prompt.
    pub tune: Option<TuneId>,
    /// The pack that it belongs to.
    pub pack: Option<PackId>,
    /// The pack whose template a prompt was made from.
    pub base_pack: Option<PackId>,
    /// By Astria's clock.
    pub created_at: Option<Timestamp>,
    /// By Astria's clock: `trained_at`.
    pub finished_at: Option<Timestamp>,
    /// When Astria deletes it.
    pub expires_at: Option<Timestamp>,
    /// When Astria thinks that its job ends, if it says so.
    pub eta: Option<Timestamp>,
    /// Whether nothing more is expected of it: trained, pictures there, or failed.
    pub is_finished: bool,
    /// What lists can be filtered by.
    pub traits: Traits,
    /// What the ledger counts.
    pub counts: Counts,
    /// The reservation that its echoed callback address names: whoever made that one owns it.
    pub reservation: Option<ReservationId>,
    /// The allow-listed members as they came: a JSON object. Empty: it was named, and not seen.
    pub members: String,
}

/// How long Astria keeps an object after its job has ended, unless it says otherwise. Source: the API's documentation
/// (S3), read 2026-11-20.
pub const KEPT_AT_ASTRIA: Duration = Duration::from_secs(30 * 86_400);

impl Seen {
    /// When Astria deletes it, as far as is known.
    pub fn vanishes_at(&self) -> Option<Timestamp> {
        self.expires_at.or_else(|| self.finished_at.map(|at| at.plus(KEPT_AT_ASTRIA)))
    }
}

/// What the ledger counts of an object, as far as Astria says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of a prompt: its pictures, or while it is being made as many as it will have.
    pub images: Option<u64>,
    /// Millicents.
    pub cost_mc: Option<u64>,
    /// The job ended without a result.
    pub is_failed: bool,
}

/// What lists can be filtered by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// A tune's title, with its owner's prefix, as Astria knows it.
    pub title: Option<String>,
    /// A tune's class name.
    pub name: Option<String>,
    /// A tune's.
    pub model_type: Option<String>,
    /// A tune's; `fast` is free.
    pub branch: Option<String>,
    /// A prompt's.
    pub text: Option<String>,
    /// A prompt's.
    pub is_video: bool,
    /// Made by the API, which everything of ours is.
    pub is_api: Option<bool>,
}
