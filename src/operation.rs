//! What the gateway can do upstream, one name each: in routes, plans, limits, policy, metrics and logs.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! operations {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $cost:literal;)*) => {
        /// One thing the gateway can do at Astria.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation { $($(#[$doc])* $variant,)* }

        impl Operation {
            /// Every operation, in the order of the upstream's documentation.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The name in metrics and logs: snake_case, stable.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The operation of a [`Operation::name`].
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// Whether a call may cost the operator money: such an operation needs a plan's `allow`, runs through
            /// `spend`, and is never retried.
            pub const fn creates_cost(self) -> bool {
                match self { $(Self::$variant => $cost,)* }
            }
        }
    };
}

operations! {
    /// `GET /packs`
    ListPacks = "list_packs", false;
    /// `GET /gallery/packs`
    ListGalleryPacks = "list_gallery_packs", false;
    /// `GET /p/:id_or_slug`
    GetPack = "get_pack", false;
    /// `POST /p/:pack_id/tunes`: a training with the pack's prompts, or its prompts on tunes that exist.
    RunPack = "run_pack", true;
    /// `POST /images/inspect`: costs one inspection.
    InspectImage = "inspect_image", true;
    /// `POST /tunes`: costs a training and the prompts that come with it.
    CreateTune = "create_tune", true;
    /// `GET /tunes`
    ListTunes = "list_tunes", false;
    /// `GET /tunes/:id`
    GetTune = "get_tune", false;
    /// `PATCH /tunes/:id`
    UpdateTune = "update_tune", false;
    /// `DELETE /tunes/:id`
    DeleteTune = "delete_tune", false;
    /// `GET /gallery/tunes`, `GET /gallery.json`
    ListGalleryTunes = "list_gallery_tunes", false;
    /// `POST /tunes/:tune_id/prompts`, `POST /prompts`: costs its images.
    CreatePrompt = "create_prompt", true;
    /// `GET /prompts`, `GET /tunes/:tune_id/prompts`
    ListPrompts = "list_prompts", false;
    /// `GET /prompts/:id`, `GET /tunes/:tune_id/prompts/:id`
    GetPrompt = "get_prompt", false;
    /// `PATCH` of a prompt: the operator's, never an end user's.
    UpdatePrompt = "update_prompt", false;
    /// `DELETE /prompts/:id`, `DELETE /tunes/:tune_id/prompts/:id`
    DeletePrompt = "delete_prompt", false;
    /// `POST /prompts/:id/duplicate`: costs its images again.
    DuplicatePrompt = "duplicate_prompt", true;
    /// `POST /prompts/:id/likes`
    LikePrompt = "like_prompt", false;
    /// `DELETE /prompts/:id/likes`
    UnlikePrompt = "unlike_prompt", false;
    /// `POST /themes`: costs ten prompts a tune.
    CreateTheme = "create_theme", true;
    /// `GET /rails/active_storage/blobs/…`
    GetImage = "get_image", false;
    /// `GET /users`: the operator's account; no route of an end user's leads to it.
    GetBalance = "get_balance", false;
}

impl Operation {
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
            assert_eq!((Operation::parse(op.name()), Operation::named(op.name())), (Some(op), Some(op)));
            assert_eq!(Operation::parse(&format!("{op:?}")), Some(op));
        }
        assert_eq!(Operation::parse("delete_everything"), None);
    }
}
