//! Judges one operation's parameters: what may go upstream, under which name, in which range.
//!
//! All end users share one account at the upstream, so a single parameter can publish, bill elsewhere, load
//! another person's face or turn one image into a video. Each operation therefore has an allow-list: a readable
//! table, one line a parameter. What is not on it is dropped and named; what is on it is checked, typed and
//! written anew.
//!
//! ```text
//! {"prompt": {"text": "a cat", "w": "512", "foo": 1}}  →  {"prompt": {"text": "a cat", "num_images": 1, "w": 512}}, dropped: prompt[foo]
//! ```
//!
//! What it does *not* do: no I/O, no prices (it says what enters one: [`Priced`]), no callbacks (the handler adds its own), and no ownership: every object that
//! a request names, wherever it stands, is collected into [`References`](crate::ownership::References), which must be
//! proven before anything is sent.

mod characteristics;
mod client_url;
mod dropped;
mod duplicate;
mod flags;
mod ids;
mod inspection;
mod judge;
mod look_alike;
mod pack_run;
mod plan;
mod priced;
mod prompt;
mod prompt_params;
mod published;
mod references;
mod spec;
mod text;
mod theme;
mod tune;
mod tune_params;
mod tune_update;
mod unwrap;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::operation::Operation;
use crate::ownership::SharedTunes;
use crate::photo::{PhotoError, PhotoRules};

pub use characteristics::{Characteristics, judge_characteristics_for};
pub use client_url::{is_public, names_host};
pub use dropped::dropped_header;
pub use duplicate::{JudgedDuplicate, judge_duplicate};
pub use inspection::{JudgedInspection, judge_inspection};
pub use pack_run::{JudgedPackRun, PackRun, judge_pack_run};
pub use plan::{PlanRules, Resolution};
pub use priced::{Priced, Video, VideoModel, find_flag};
pub use prompt::{JudgedPrompt, judge_prompt};
pub use published::{Form, Param, Shape};
pub use spec::may_be_added;
pub use theme::{JudgedTheme, judge_theme};
pub use tune::{JudgedTune, judge_tune};
pub use tune_update::{JudgedTuneUpdate, judge_tune_update};

/// What the operator allows to everybody.
#[derive(Clone, Debug)]
pub struct PolicyRules {
    /// Tunes that every end user may use, and the names that clients may give them.
    pub shared: SharedTunes,
    /// Names that `<lora:name:w>` may use.
    pub lora_names: BTreeSet<String>,
    /// Hosts that a client's URL may point at (`a.example`, or `*.a.example` for everything below); empty = any
    /// public host.
    pub url_hosts: Vec<String>,
    /// Parameters that the operator lets through besides ours, such as `prompt[new_thing]`. Names for which
    /// [`may_be_added`] is false are ignored.
    pub extra_params: BTreeMap<Operation, Vec<String>>,
    /// Images of a prompt that names no `num_images`: it is always sent, so that no account default is billed.
    pub default_num_images: u8,
    /// What an uploaded photo may be.
    pub photo: PhotoRules,
}

/// Field → messages, as Rails words a 422: `"text": ["can't be blank"]`. Messages are for the client alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(pub IndexMap<String, Vec<String>>);

impl FieldErrors {
    /// Adds a message to a field; a second equal one is left out.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        let messages = self.0.entry(field.into()).or_default();
        let message = message.into();
        if !messages.contains(&message) {
            messages.push(message);
        }
    }

    /// One field with one message.
    pub fn one(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }
}

/// Why parameters are not admitted. Nothing was sent upstream.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Values that this operation does not take; all of them, not only the first.
    #[error("{} parameters are invalid", .0.0.len())]
    Invalid(FieldErrors),
    /// What cannot be the id of anything, in path or body: the same answer as for somebody else's.
    #[error("an id is not usable by the caller")]
    NotFound,
    /// The parameter needs a permission that the plan does not give.
    #[error("the plan does not permit {param}")]
    PlanForbids {
        /// The upstream's name of the parameter, such as `prompt[video_model]`.
        param: String,
    },
    /// The plan is a sandbox, and this has no form that is free.
    #[error("the plan's sandbox does not include this")]
    NoFreeForm,
    /// An uploaded file is not an admissible photo.
    #[error("an uploaded photo is refused")]
    Photo(#[source] PhotoError),
}

#[cfg(test)]
mod characteristics_tests;
#[cfg(test)]
mod inspection_tests;
#[cfg(test)]
mod priced_tests;
#[cfg(test)]
mod prompt_tests;
#[cfg(test)]
mod run_tests;
#[cfg(test)]
mod text_tests;
#[cfg(test)]
mod tune_tests;
