//! What the caller's plan adds to, and takes from, what everybody may say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What the caller's plan allows.
#[derive(Clone, Copy, Debug)]
pub struct PlanRules<'a> {
    /// Permissions by name: `auto_extend`, `community`, `video_model`, `image_references`, and the text flags
    /// `upscale_v4`, `tiled_upscale`, `tiled_upscale_v2`, `only_upscale`, `multi`, `outpaint`.
    pub params: &'a BTreeSet<String>,
    /// Only what is free: tunes of the branch `fast`, and what is made on them.
    pub is_sandbox: bool,
    /// Images of one prompt; a larger number is lowered. At least 1. `None`: as many as Astria makes.
    pub max_num_images: Option<u8>,
    /// A higher one is lowered. `None`: as high as Astria's.
    pub max_resolution: Option<Resolution>,
}

impl<'a> PlanRules<'a> {
    /// These permissions, and no other bound than Astria's.
    pub const fn new(params: &'a BTreeSet<String>) -> Self {
        Self { params, is_sandbox: false, max_num_images: None, max_resolution: None }
    }

    pub(super) fn permits(&self, permission: &str) -> bool {
        self.params.contains(permission)
    }

    /// The most images of one prompt.
    pub(super) fn num_images(&self) -> u8 {
        self.max_num_images.unwrap_or(MAX_NUM_IMAGES).clamp(1, MAX_NUM_IMAGES)
    }
}

/// Source: `num_images` of "Create a prompt" of the Astria API reference (read 2026-11-20).
pub(super) const MAX_NUM_IMAGES: u8 = 8;

/// `resolution` of a prompt, from the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Resolution {
    /// `1K`
    #[serde(rename = "1K")]
    OneK,
    /// `2K`, Astria's default.
    #[serde(rename = "2K")]
    TwoK,
    /// `4K`
    #[serde(rename = "4K")]
    FourK,
}

impl Resolution {
    /// Astria's spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneK => "1K",
            Self::TwoK => "2K",
            Self::FourK => "4K",
        }
    }

    /// Reads Astria's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::OneK, Self::TwoK, Self::FourK].into_iter().find(|resolution| resolution.name() == text)
    }
}
