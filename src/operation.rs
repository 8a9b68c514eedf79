//! What the gateway can do upstream, one name each: in routes, plans, limits, policy, metrics and logs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing the gateway can do at Astria.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// `GET /packs`
    ListPacks,
    /// `GET /gallery/packs`
    ListGalleryPacks,
    /// `GET /p/:id_or_slug`
    GetPack,
    /// `POST /images/inspect`: costs one inspection.
    InspectImage,
    /// `POST /tunes/:tune_id/prompts`, `POST /prompts`: costs its images.
    CreatePrompt,
    /// `GET /prompts/:id`, `GET /tunes/:tune_id/prompts/:id`
    GetPrompt,
    /// `GET /prompts`, `GET /tunes/:tune_id/prompts`
    ListPrompts,
    /// `DELETE /prompts/:id`, `DELETE /tunes/:tune_id/prompts/:id`
    DeletePrompt,
    /// `POST /tunes`, `POST /p/:pack_id/tunes`: costs a training.
    CreateTune,
}

impl Operation {
    /// Every operation, in the order of the upstream's documentation.
    pub const ALL: [Self; 9] = [
        Self::ListPacks,
        Self::ListGalleryPacks,
        Self::GetPack,
        Self::InspectImage,
        Self::CreatePrompt,
        Self::GetPrompt,
        Self::ListPrompts,
        Self::DeletePrompt,
        Self::CreateTune,
    ];

    /// The name in metrics and logs: snake_case, stable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ListPacks => "list_packs",
            Self::ListGalleryPacks => "list_gallery_packs",
            Self::GetPack => "get_pack",
            Self::InspectImage => "inspect_image",
            Self::CreatePrompt => "create_prompt",
            Self::GetPrompt => "get_prompt",
            Self::ListPrompts => "list_prompts",
            Self::DeletePrompt => "delete_prompt",
            Self::CreateTune => "create_tune",
        }
    }

    /// Whether a call may cost the operator money: such an operation needs a plan's `allow`, runs through
    /// `spend`, and is never retried.
    pub const fn creates_cost(self) -> bool {
        matches!(self, Self::InspectImage | Self::CreatePrompt | Self::CreateTune)
    }

    /// Reads a name as config spells it: `create_prompt` or `CreatePrompt`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |s: &str| s.replace('_', "").to_ascii_lowercase();
        Self::ALL.into_iter().find(|op| plain(op.name()) == plain(text))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Operation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|op| op.name()).collect();
            serde::de::Error::custom(format!("no such operation {text:?}; known: {}", known.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_read_in_both_spellings() {
        for op in Operation::ALL {
            assert_eq!(Operation::parse(op.name()), Some(op));
            assert_eq!(Operation::parse(&format!("{op:?}")), Some(op));
        }
        assert_eq!(Operation::parse("delete_everything"), None);
    }
}
