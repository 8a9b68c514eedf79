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
//! What it does *not* do: no I/O, no prices, no callbacks (the handler adds its own), and no ownership: the ids
//! that it lets through are the operator's shared tunes.

mod client_url;
mod dropped;
mod flags;
mod inspection;
mod look_alike;
mod prompt;
mod prompt_params;
mod references;
mod spec;
mod text;
mod tunes;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::ids::TuneId;
use crate::operation::Operation;
use crate::photo::{PhotoError, PhotoRules};

pub use dropped::dropped_header;
pub use inspection::{JudgedInspection, judge_inspection};
pub use prompt::{JudgedPrompt, judge_prompt};
pub use spec::may_be_added;
pub use tunes::resolve_tune;

/// What the operator allows to everybody.
#[derive(Clone, Debug)]
pub struct PolicyRules {
    /// Tunes that every end user may prompt on and refer to.
    pub shared_tunes: BTreeSet<TuneId>,
    /// Names for tunes, in lower case; a tune with a name is shared.
    pub models: BTreeMap<String, TuneId>,
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

/// What the caller's plan allows beyond that.
#[derive(Clone, Copy, Debug)]
pub struct PlanRules<'a> {
    /// Permissions by name: `community`, `video_model`, `image_references`, and the text flags `upscale_v4`,
    /// `tiled_upscale`, `tiled_upscale_v2`, `only_upscale`, `multi`, `outpaint`.
    pub params: &'a BTreeSet<String>,
}

impl PlanRules<'_> {
    fn permits(&self, permission: &str) -> bool {
        self.params.contains(permission)
    }
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
    /// An id that is neither shared nor the caller's, in path, body or text; the same whether it exists or not.
    #[error("an id is not usable by the caller")]
    NotFound,
    /// The parameter needs a permission that the plan does not give.
    #[error("the plan does not permit {param}")]
    PlanForbids {
        /// The upstream's name of the parameter, such as `prompt[video_model]`.
        param: String,
    },
    /// An uploaded file is not an admissible photo.
    #[error("an uploaded photo is refused")]
    Photo(#[source] PhotoError),
}

#[cfg(test)]
mod inspection_tests;
#[cfg(test)]
mod prompt_tests;
#[cfg(test)]
mod text_tests;
