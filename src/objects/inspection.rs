//! What a client may see of an inspection.

use super::raw::{RawObject, Writer};

/// Fields of an inspection, sorted: the documented schema, and what is current.
pub(super) const INSPECTION: &[&str] = &[
    "age",
    "blurry",
    "body_type",
    "ethnicity",
    "eye_color",
    "facial_hair",
    "full_body_image_or_longshot",
    "funny_face",
    "glasses",
    "hair_color",
    "hair_length",
    "hair_style",
    "headcover",
    "includes_multiple_people",
    "is_bald",
    "low_quality",
    "low_resolution",
    "name",
    "selfie",
    "wearing_hat",
    "wearing_sunglasses",
];

/// What clients see of an inspection.
pub fn inspection_members() -> impl Iterator<Item = &'static str> {
    INSPECTION.iter().copied()
}

/// An inspection in JSON, or `None` if the reply is none. Only texts, truth values and nulls: it is flat.
pub fn show_inspection(reply: &[u8]) -> Option<Vec<u8>> {
    let members = RawObject::parse(reply, INSPECTION)?.keep(|value| value.starts_with(['"', 't', 'f', 'n']));
    let mut shown = Writer::with_room_for(&members);
    shown.members(&members, |_, value| Some(value.into()));
    Some(shown.finish())
}
