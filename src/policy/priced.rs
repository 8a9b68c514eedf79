//! What enters the price of a prompt: whoever knows prices reads it, and nothing else of the parameters.
//!
//! Astria bills by images, resolution, video model, seconds and what flags in a text ask for. All of them are gathered
//! while a request is judged, because a flag counts wherever it stands.
//!
//! What it does *not* do: it knows no price.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::params::{Object, Value};

use super::plan::Resolution;
use super::spec::whole;
use super::{flags, prompt_params, tune_params};

/// The permission that makes a video of each image. It is told by [`Priced::video`], not as a flag.
pub(super) const VIDEO: &str = "video_model";

/// What enters the price of one prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Priced {
    /// Images that it makes; 0 where somebody else must say.
    pub images: u32,
    /// As it is sent. `None`: not named, so Astria's default for the model.
    pub resolution: Option<Resolution>,
    /// Each image becomes a video.
    pub video: Option<Video>,
    /// Permissions of the plan that it makes use of, such as `upscale_v4`: each may cost more.
    pub flags: BTreeSet<&'static str>,
}

impl Priced {
    /// Videos that it makes at most: none, or one an image.
    pub const fn videos(&self) -> u32 {
        if self.video.is_some() { self.images } else { 0 }
    }
}

/// What enters the price of a video.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Video {
    /// Every model that the request names, as parameter and as flags. Which of them counts is Astria's to say. None:
    /// Astria's default.
    pub models: BTreeSet<VideoModel>,
    /// The longest that the request names, in seconds. `None`: Astria's default.
    pub duration_s: Option<u32>,
}

impl Video {
    /// The most seconds that a video has whose request names none: as many as one may ask for.
    pub const MAX_DURATION_S: u64 = prompt_params::VIDEO_DURATION_S.1;

    /// Notes a value of this parameter, if it is one that enters a price.
    pub(super) fn notice(&mut self, name: &str, value: &Value) {
        match (name, value) {
            ("video_model", Value::Text(model)) => self.name(model),
            ("video_duration", value) => {
                whole(value).into_iter().for_each(|seconds| self.last(seconds));
            }
            _ => {}
        }
    }

    /// Notes a model.
    pub(super) fn name(&mut self, model: &str) {
        self.models.insert(VideoModel::read(model));
    }

    /// Notes a duration.
    pub(super) fn last(&mut self, seconds: u64) {
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        self.duration_s = self.duration_s.max(Some(seconds));
    }

    /// Notes what another text names.
    pub(super) fn extend(&mut self, other: Self) {
        self.models.extend(other.models);
        self.duration_s = self.duration_s.max(other.duration_s);
    }

    /// Notes what a prompt that exists already was made with.
    pub(super) fn seen(&mut self, prompt: &Map<String, Json>) {
        if let Some(model) =
            prompt.get("video_model").and_then(Json::as_str).filter(|model| !model.is_empty())
        {
            self.name(model);
        }
        prompt
            .get("video_duration")
            .and_then(Json::as_u64)
            .into_iter()
            .for_each(|seconds| self.last(seconds));
    }
}

/// The name of a video model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VideoModel {
    /// 1 to 40 of `[a-z0-9_.-]`, a letter or digit first: the form that all of Astria's have.
    Named(String),
    /// Anything else, such as a template that Astria fills in: it may turn out to be any.
    Unclear,
}

impl VideoModel {
    /// Reads a name.
    pub fn read(text: &str) -> Self {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if begins && text.len() <= 40 && text.bytes().all(plain) {
            Self::Named(text.to_owned())
        } else {
            Self::Unclear
        }
    }
}

/// What texts and parameters ask for that costs more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asks {
    /// Permissions that were made use of.
    pub(super) granted: Vec<&'static str>,
    /// Counts only if `video_model` is among them.
    pub(super) video: Video,
}

impl Asks {
    /// What a prompt that is judged like this is priced by.
    pub(super) fn priced(&self, images: u32, judged: &Object) -> Priced {
        let resolution = match judged.get("resolution") {
            Some(Value::Text(text)) => Resolution::parse(text),
            _ => None,
        };
        let video = self.granted.contains(&VIDEO).then(|| self.video.clone());
        Priced { images, resolution, video, flags: self.flags() }
    }

    /// The permissions but for videos.
    pub(super) fn flags(&self) -> BTreeSet<&'static str> {
        self.granted.iter().copied().filter(|permission| *permission != VIDEO).collect()
    }
}

/// A member of [`Priced::flags`] by its name.
pub fn find_flag(name: &str) -> Option<&'static str> {
    let tables = prompt_params::PROMPT.iter().chain(tune_params::TUNE).filter_map(|spec| spec.needs);
    let mut known = tables.chain(flags::permissions().map(|(_, permission)| permission));
    known.find(|permission| *permission == name && *permission != VIDEO)
}
