//! What enters a price: an operation, what it is made with, and how much of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::ids::TuneId;
use crate::operation::Operation;
use crate::policy::{Priced, Resolution, Video, VideoModel};

/// Prompts that are alike, or a training, or an inspection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What asks for it.
    pub operation: Operation,
    /// The tune that it is made on, if it is a shared one; of all end users' own tunes nothing is said.
    pub model: Option<TuneId>,
    /// `None`: Astria's default.
    pub resolution: Option<Resolution>,
    /// Each image becomes a video.
    pub video: Option<Video>,
    /// Permissions of the plan that it makes use of, but for videos.
    pub flags: BTreeSet<&'static str>,
    /// Images of each; 0 for a training or an inspection.
    images: u64,
    count: u64,
}

impl Job {
    /// A training or an inspection.
    pub const fn new(operation: Operation, model: Option<TuneId>, flags: BTreeSet<&'static str>) -> Self {
        Self { operation, model, resolution: None, video: None, flags, images: 0, count: 1 }
    }

    /// A prompt.
    pub fn prompt(operation: Operation, model: Option<TuneId>, priced: &Priced) -> Self {
        Self {
            operation,
            model,
            resolution: priced.resolution,
            video: priced.video.clone(),
            flags: priced.flags.clone(),
            images: priced.images.into(),
            count: 1,
        }
    }

    /// As many images of each.
    #[must_use]
    pub const fn images(mut self, images: u64) -> Self {
        self.images = images;
        self
    }

    /// So many of them, at least one.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = count.max(1);
        self
    }

    /// How many there are.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Images of all of them; of trainings and inspections, their number.
    pub fn units(&self) -> u64 {
        self.images.max(1).saturating_mul(self.count)
    }

    /// Seconds of each of its videos, at most.
    pub(super) fn seconds(&self) -> u64 {
        let video = self.video.as_ref();
        video.and_then(|video| video.duration_s).map_or(Video::MAX_DURATION_S, u64::from).max(1)
    }

    /// Whether the request asks for more than the plainest of its operation.
    pub(super) fn has_extras(&self) -> bool {
        self.video.is_some() || self.resolution.is_some() || !self.flags.is_empty()
    }

    /// Jobs of one kind cost the same an image: `create_prompt/1504944/2K/kling-2.1@5s/upscale_v4`. Stable and short; it
    /// holds nothing that a person wrote but the name of a video model.
    pub fn kind(&self) -> String {
        let mut kind = format!("{}/", self.operation);
        // Writing into a text cannot fail.
        let _ = match self.model {
            Some(model) => write!(kind, "{model}"),
            None => write!(kind, "-"),
        };
        let _ = write!(kind, "/{}/", self.resolution.map_or("-", Resolution::name));
        match &self.video {
            None => kind.push('-'),
            Some(video) => {
                let mut models = video.models.iter();
                kind.push_str(match (models.next(), models.next()) {
                    (None, _) => "DEFAULT",
                    (Some(VideoModel::Named(name)), None) => name,
                    // Upper case is in no name.
                    (Some(VideoModel::Unclear), None) => "UNCLEAR",
                    (Some(_), Some(_)) => "SEVERAL",
                });
                let _ = match video.duration_s {
                    Some(seconds) => write!(kind, "@{seconds}s"),
                    None => write!(kind, "@-"),
                };
            }
        }
        kind.push('/');
        if self.flags.is_empty() {
            kind.push('-');
        }
        for (n, flag) in self.flags.iter().enumerate() {
            if n > 0 {
                kind.push('+');
            }
            kind.push_str(flag);
        }
        kind
    }
}
