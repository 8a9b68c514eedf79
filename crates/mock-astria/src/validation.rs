//! What the upstream's models refuse, and in which words.
//!
//! The answer is the second shape of validation errors: `{"field": ["message", …], "base": ["…"]}`. The upstream's exact
//! words are not documented; these are ours. It runs on cast attributes.

use serde_json::{Map, Value, json};

/// Errors by field.
#[derive(Debug, Default)]
pub(crate) struct Errors(Map<String, Value>);

impl Errors {
    pub(crate) fn add(&mut self, field: &str, message: &str) {
        let messages = self.0.entry(field).or_insert_with(|| json!([]));
        if let Value::Array(messages) = messages {
            messages.push(Value::from(message));
        }
    }

    /// Adopts a nested object's errors under dotted names.
    pub(crate) fn adopt(&mut self, prefix: &str, nested: Self) {
        for (field, messages) in nested.0 {
            self.0.insert(format!("{prefix}.{field}"), messages);
        }
    }

    /// The body of the 422, if there is anything to say.
    pub(crate) fn into_body(self) -> Option<Value> {
        (!self.0.is_empty()).then_some(Value::Object(self.0))
    }
}

const ASPECT_RATIOS: &[&str] =
    &["1:1", "16:9", "9:16", "21:9", "9:21", "3:2", "2:3", "5:4", "4:5", "4:3", "3:4"];
const SCHEDULERS: &[&str] =
    &["euler", "euler_a", "dpm++2m_karras", "dpm++sde_karras", "dpm++2m", "dpm++sde", "lcm", "tcd"];
const CONTROLNETS: &[&str] = &[
    "composition",
    "reference",
    "segroom",
    "ipadapter",
    "lineart",
    "canny",
    "depth",
    "mlsd",
    "hed",
    "pose",
    "tile",
    "qr",
];
const RANGES: &[(&str, f64, f64)] = &[
    ("seed", 0.0, 4_294_967_296.0),
    ("cfg_scale", 0.0, 15.0),
    ("steps", 0.0, 50.0),
    ("denoising_strength", 0.0, 1.0),
    ("controlnet_conditioning_scale", 0.0, 1.0),
];
const ENUMS: &[(&str, &[&str])] = &[
    ("aspect_ratio", ASPECT_RATIOS),
    ("scheduler", SCHEDULERS),
    ("controlnet", CONTROLNETS),
    ("resolution", &["1K", "2K", "4K"]),
    ("color_grading", &["Film Velvia", "Film Portra", "Ektar"]),
];

/// Checks a prompt. `max_images` depends on its tune's model; `has_input_image` counts a file or a URL.
pub(crate) fn prompt(attributes: &Map<String, Value>, max_images: u64, has_input_image: bool) -> Errors {
    let mut errors = Errors::default();
    let get = |name: &str| attributes.get(name).filter(|value| !value.is_null());
    let on = |name: &str| get(name) == Some(&Value::Bool(true));
    let text = |name: &str| get(name).and_then(Value::as_str).filter(|text| !text.is_empty());

    if text("text").is_none_or(|text| text.trim().is_empty()) {
        errors.add("text", "can't be blank");
    }
    let images = get("num_images");
    if images.is_some() && !images.and_then(Value::as_u64).is_some_and(|n| (1..=max_images).contains(&n)) {
        errors.add("num_images", &format!("must be in 1..{max_images}"));
    }
    for side in ["w", "h"] {
        if get(side).is_some_and(|value| value.as_u64().is_none_or(|n| n == 0 || n % 8 != 0)) {
            errors.add(side, "must be a multiple of 8");
        }
    }
    for (name, low, high) in RANGES {
        if get(name).and_then(Value::as_f64).is_some_and(|value| !(*low..=*high).contains(&value)) {
            errors.add(name, &format!("must be in {low}..{high}"));
        }
    }
    for (name, allowed) in ENUMS {
        if text(name).is_some_and(|value| !allowed.contains(&value)) {
            errors.add(name, "is not included in the list");
        }
    }
    for name in ["inpaint_faces", "hires_fix"] {
        if on(name) && !on("super_resolution") {
            errors.add(name, "requires super_resolution");
        }
    }
    if text("controlnet").is_some() && !has_input_image {
        errors.add("base", "Controlnet requires an input image");
    }
    errors
}

/// Checks a tune. `images` counts files and URLs.
pub(crate) fn tune(attributes: &Map<String, Value>, images: usize) -> Errors {
    let mut errors = Errors::default();
    let text = |name: &str| attributes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    for name in ["title", "name"] {
        if text(name).is_none_or(|text| text.trim().is_empty()) {
            errors.add(name, "can't be blank");
        }
    }
    if images == 0 {
        errors.add("images", "can't be blank");
    }
    let enums: &[(&str, &[&str])] = &[
        ("branch", &["sd15", "sdxl1", "flux1", "fast"]),
        ("model_type", &["lora", "pti", "faceid"]),
        ("preset", &["flux-lora-focus", "flux-lora-portrait", "flux-lora-fast"]),
    ];
    for (name, allowed) in enums {
        if text(name).is_some_and(|value| !allowed.contains(&value)) {
            errors.add(name, "is not included in the list");
        }
    }
    errors
}
