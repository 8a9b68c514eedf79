//! `POST /images/inspect`: traits made up from the image's bytes.
//!
//! The same image always gets the same answer, and different images different ones, so that a test can tell them apart. One
//! field, `debug_score`, is documented nowhere: a gateway's allow-list must drop it. Nobody looks at the picture.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::rails_params::{Param, Parsed};
use crate::reply::Reply;

const TRAITS: &[(&str, &[&str])] = &[
    ("ethnicity", &["caucasian", "black", "hispanic", "korean", "japanese", "chinese", "philippine"]),
    ("age", &["20 yo", "30 yo", "40 yo", "50 yo", "60 yo", "70 yo"]),
    ("glasses", &["NONE", "glasses"]),
    ("eye_color", &["blue eyes", "brown eyes", "green eyes", "gray eyes", "black eyes"]),
    ("hair_color", &["blonde", "brunette", "red hair", "black hair"]),
    ("hair_length", &["short hair", "medium hair", "long hair"]),
    ("hair_style", &["straight hair", "curly hair", "wavy hair", "dreadlocks", "cornrows"]),
    ("facial_hair", &["NONE", "", "mustache", "beard", "goatee"]),
    ("is_bald", &["NONE", "", "NONE", "NONE", "bald"]),
    ("body_type", &["", "slim", "athletic", "average"]),
];

/// One picture in eight shows each of these.
const WARNINGS: &[&str] = &[
    "funny_face",
    "wearing_sunglasses",
    "wearing_hat",
    "blurry",
    "includes_multiple_people",
    "full_body_image_or_longshot",
    "selfie",
    "low_resolution",
    "low_quality",
];

/// Handles the route.
pub(crate) fn inspect(parsed: &Parsed) -> Reply {
    let text = |name: &str| parsed.params.get(name).and_then(Param::as_str).filter(|text| !text.is_empty());
    let Some(name) = text("name") else {
        return Reply::error(422, "name can't be blank");
    };
    let digest = match parsed.params.get("file") {
        Some(Param::File(file)) if file.content.is_empty() => return Reply::error(422, "file is empty"),
        Some(Param::File(file)) => Sha256::digest(&file.content),
        _ => match text("file_url") {
            Some(url) => Sha256::digest(url),
            None => return Reply::error(422, "file or file_url is required"),
        },
    };
    let mut draws = digest.iter().copied();
    let mut draw = || usize::from(draws.next().unwrap_or_default());
    let mut traits = Map::new();
    traits.insert("name".to_owned(), json!(name));
    for (trait_name, values) in TRAITS {
        let value = values.get(draw() % values.len()).copied().unwrap_or_default();
        traits.insert((*trait_name).to_owned(), json!(value));
    }
    for warning in WARNINGS {
        traits.insert((*warning).to_owned(), json!(draw() % 8 == 0));
    }
    traits.insert("debug_score".to_owned(), json!(draw()));
    Reply::json(200, Value::Object(traits))
}
