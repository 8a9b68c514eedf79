//! The packs of the account and of the gallery.
//!
//! Between them they carry every price shape that the upstream uses, an unlisted pack, prompt texts and owner ids: what a
//! gateway must read, and what it must not show. Titles, texts and prices are made up.

use serde_json::{Map, Value, json};

use crate::tune_seeds::{FLUX_TUNE_ID, GEMINI_TUNE_ID, REALISTIC_VISION_TUNE_ID, SDXL_TUNE_ID};

/// Which of the three shapes a pack carries its prices in.
#[derive(Clone, Copy)]
enum Prices {
    /// `cost_mc_hash.{class}`
    Hash,
    /// `costs.{class}.{cost,cost_mc,num_images}`
    Costs,
    /// `costs.{class}.{cost,num_images}`: `cost` is in cents here; the upstream states no unit.
    CostOnly,
    /// The first two at once.
    Both,
}

struct Seed {
    id: u64,
    slug: &'static str,
    title: &'static str,
    base_tune_id: u64,
    prices: Prices,
    classes: &'static [(&'static str, u64)],
    unlisted: bool,
    texts: &'static [&'static str],
}

const ACCOUNT: &[Seed] = &[
    Seed {
        id: 260,
        slug: "corporate-headshots",
        title: "Corporate Headshots",
        base_tune_id: FLUX_TUNE_ID,
        prices: Prices::Both,
        classes: &[("man", 450_000), ("woman", 450_000)],
        unlisted: false,
        texts: &[
            "studio headshot of ohwx {{name}} in a charcoal suit, grey backdrop, softbox light",
            "ohwx {{name}}, {{eye_color}}, navy blazer, glass office behind, late morning light",
            "close portrait of ohwx {{name}} in a white shirt, arms folded, plain wall",
            "ohwx {{name}} seated at a walnut desk, warm lamp, shallow depth of field",
        ],
    },
    Seed {
        id: 311,
        slug: "dating-outdoors",
        title: "Dating, Outdoors",
        base_tune_id: FLUX_TUNE_ID,
        prices: Prices::Hash,
        classes: &[("man", 200_000), ("woman", 100_000)],
        unlisted: false,
        texts: &[
            "ohwx {{name}} laughing on a harbour wall, low sun, linen shirt",
            "ohwx {{name}} on a forest path, {{hair_color}}, film look",
            "candid photo of ohwx {{name}} at a street market, telephoto",
        ],
    },
    Seed {
        id: 402,
        slug: "fantasy-realms",
        title: "Fantasy Realms",
        base_tune_id: SDXL_TUNE_ID,
        prices: Prices::Costs,
        classes: &[("man", 320_000), ("woman", 320_000), ("boy", 160_000), ("girl", 160_000)],
        unlisted: false,
        texts: &[
            "ohwx {{name}} as a ranger in silver mail, misty valley, painterly",
            "portrait of ohwx {{name}} with a lantern in a library of glass",
            "ohwx {{name}} riding a white stag at dusk, wide shot",
        ],
    },
    Seed {
        id: 455,
        slug: "pet-royalty",
        title: "Pet Royalty",
        base_tune_id: REALISTIC_VISION_TUNE_ID,
        prices: Prices::CostOnly,
        classes: &[("cat", 120_000), ("dog", 120_000)],
        unlisted: false,
        texts: &[
            "oil portrait of ohwx {{name}} in an ermine cape, gilded frame",
            "ohwx {{name}} on a velvet cushion, candlelight, baroque",
        ],
    },
    Seed {
        id: 503,
        slug: "product-on-marble",
        title: "Product on Marble",
        base_tune_id: GEMINI_TUNE_ID,
        prices: Prices::Costs,
        classes: &[("style", 90_000)],
        unlisted: false,
        texts: &["the object of ohwx on white marble, hard shadow, catalogue photo"],
    },
    Seed {
        id: 588,
        slug: "internal-lighting-study",
        title: "Internal Lighting Study",
        base_tune_id: FLUX_TUNE_ID,
        prices: Prices::Hash,
        classes: &[("man", 50_000), ("woman", 50_000)],
        unlisted: true,
        texts: &["ohwx {{name}}, single hard light from the left, black background"],
    },
    Seed {
        id: 612,
        slug: "yearbook-1994",
        title: "Yearbook 1994",
        base_tune_id: SDXL_TUNE_ID,
        prices: Prices::Both,
        classes: &[("man", 240_000), ("woman", 240_000)],
        unlisted: false,
        texts: &[
            "yearbook photo of ohwx {{name}}, mottled blue backdrop, knitted jumper, flash",
            "ohwx {{name}} leaning on a locker, denim jacket, faded print",
        ],
    },
];

const GALLERY: &[Seed] = &[
    Seed {
        id: 1_021,
        slug: "alpine-winter",
        title: "Alpine Winter",
        base_tune_id: FLUX_TUNE_ID,
        prices: Prices::Costs,
        classes: &[("man", 300_000), ("woman", 300_000)],
        unlisted: false,
        texts: &["ohwx {{name}} in a red parka on a ridge, powder snow, blue hour"],
    },
    Seed {
        id: 1_048,
        slug: "noir-city",
        title: "Noir City",
        base_tune_id: SDXL_TUNE_ID,
        prices: Prices::Hash,
        classes: &[("man", 180_000), ("woman", 180_000)],
        unlisted: false,
        texts: &["ohwx {{name}} under a street lamp in the rain, black and white"],
    },
    Seed {
        id: 1_090,
        slug: "garden-party",
        title: "Garden Party",
        base_tune_id: FLUX_TUNE_ID,
        prices: Prices::CostOnly,
        classes: &[("woman", 220_000), ("girl", 220_000)],
        unlisted: false,
        texts: &["ohwx {{name}} in a meadow with paper lanterns, golden light"],
    },
    Seed {
        id: 1_137,
        slug: "space-crew",
        title: "Space Crew",
        base_tune_id: FLUX_TUNE_ID,
        prices: Prices::Both,
        classes: &[("man", 260_000), ("woman", 260_000), ("boy", 130_000), ("girl", 130_000)],
        unlisted: false,
        texts: &["ohwx {{name}} in a white flight suit beside a porthole, earthlight"],
    },
];

/// The packs of the account.
pub(crate) fn account(base_url: &str) -> Vec<Value> {
    ACCOUNT.iter().map(|seed| seed.pack(base_url, 1, Value::Null)).collect()
}

/// The public packs of others.
pub(crate) fn gallery(base_url: &str) -> Vec<Value> {
    GALLERY.iter().map(|seed| seed.pack(base_url, 77, json!("2024-05-02T08:00:00.000Z"))).collect()
}

impl Seed {
    fn pack(&self, base_url: &str, user_id: u64, public_at: Value) -> Value {
        let id = self.id;
        let images_each = 8;
        let num_images = self.texts.len() * images_each;
        let per_class = |value: &dyn Fn(u64) -> Value| -> Value {
            Value::Object(self.classes.iter().map(|(class, mc)| ((*class).to_owned(), value(*mc))).collect())
        };
        let mut pack = Map::new();
        let mut put = |key: &str, value: Value| pack.insert(key.to_owned(), value);
        put("id", json!(id));
        put("base_tune_id", json!(self.base_tune_id));
        put("user_id", json!(user_id));
        put("slug", json!(self.slug));
        put("title", json!(self.title));
        put("token", json!("ohwx"));
        put("created_at", json!("2024-01-17T12:35:13.379Z"));
        put("updated_at", json!("2024-04-04T12:14:52.094Z"));
        put("multiplier", json!(10));
        put("model_type", json!("lora"));
        put("public_at", public_at);
        put("unlisted_at", if self.unlisted { json!("2024-06-01T10:00:00.000Z") } else { Value::Null });
        put("url", json!(format!("{base_url}/p/{id}.json")));
        put("cover_url", json!(format!("{base_url}/__mock__/pictures/pack-{id}/cover.png")));
        put("prompts_per_class", per_class(&|_| json!(self.texts.len())));
        if matches!(self.prices, Prices::Hash | Prices::Both) {
            put("cost_mc_hash", per_class(&|mc| json!(mc)));
        }
        if matches!(self.prices, Prices::Costs | Prices::Both) {
            let cost = |mc: u64| json!({"cost": mc / 1_000, "cost_mc": mc, "num_images": num_images});
            put("costs", per_class(&cost));
        }
        if matches!(self.prices, Prices::CostOnly) {
            put("costs", per_class(&|mc| json!({"cost": mc / 1_000, "num_images": num_images})));
        }
        let texts = self.texts.iter().zip(1..).map(|(text, n)| {
            json!({
                "id": id * 100 + n,
                "text": text,
                "negative_prompt": "blurry, extra fingers, watermark",
                "num_images": images_each,
                "w": 896,
                "h": 1152,
                "images": [format!("{base_url}/__mock__/pictures/pack-{id}/{n}.png")],
            })
        });
        put("template_prompts", Value::Array(texts.collect()));
        Value::Object(pack)
    }
}
