//! The creates that the corpus is sent to, one line of facts each: adding an operation is adding to [`TARGETS`].

use serde_json::Value;

/// One operation's request.
#[derive(Debug)]
pub struct Target {
    /// Where it goes; every id in it is shared, or the end user's own.
    pub path: &'static str,
    /// The name that wraps its parameters; empty: they stand at the top.
    pub root: &'static str,
    /// What a complete request has. (Name, as a form spells the value, as JSON spells it); `[]` marks a list.
    pub needs: &'static [Field],
    /// What may arrive, and must if it was sent and has a value: likely values, all of them allowed.
    pub passes: &'static [Field],
    /// What the gateway may put in by itself.
    pub adds: &'static [&'static str],
    /// Objects and lists of objects that may arrive; in them too, the gateway adds.
    pub nested: &'static [&'static str],
    /// Of [`Self::passes`]: texts that arrive with something of ours around them (titles are namespaced).
    pub wrapped: &'static [&'static str],
    /// File fields; `[]` marks a list. What [`Self::needs`] of addresses is left out beside a file.
    pub photos: &'static [&'static str],
}

type Field = (&'static str, &'static str, &'static str);

/// The Flux tune of `mock-astria`, shared in every test.
pub const TARGETS: &[Target] = &[
    Target {
        path: "/tunes/1504944/prompts",
        root: "prompt",
        needs: &[("text", "a cat", r#""a cat""#)],
        passes: &[
            ("text", "a cat", r#""a cat""#),
            ("text", "a dog & 100%+1", r#""a d\u006fg & 100%+1""#),
            ("text", "ein Käfer = schön", r#""ein K\u00e4fer = schön""#),
            ("negative_prompt", "ugly", r#""ugly""#),
            ("num_images", "1", "1"),
            ("num_images", "8", r#""8""#),
            ("num_images", "", "null"),
            ("w", "512", "512"),
            ("h", "768", r#""768""#),
            ("seed", "7", "7"),
            ("super_resolution", "True", "true"),
            ("super_resolution", "0", "false"),
            ("cfg_scale", "7.50", "7.5"),
            ("style", "Cinematic", r#""Cinematic""#),
            ("film_grain", "1", "true"),
            ("scheduler", "dpm++2m", r#""dpm++2m""#),
            (
                "input_image_url",
                "https://photos.example.com/me.jpg?a=1",
                r#""https://photos.example.com/me.jpg?a=1""#,
            ),
        ],
        adds: &["callback", "num_images"],
        nested: &[],
        wrapped: &[],
        photos: &["input_image", "mask_image"],
    },
    Target {
        path: "/images/inspect",
        root: "",
        needs: &[
            ("name", "man", r#""man""#),
            ("file_url", "https://photos.example.com/me.jpg", r#""https://photos.example.com/me.jpg""#),
        ],
        passes: &[
            ("name", "woman", r#""woman""#),
            ("name", "man", r#""m\u0061n""#),
            (
                "file_url",
                "https://photos.example.com/a.jpg?b=%2F",
                r#""https://photos.example.com/a.jpg?b=%2F""#,
            ),
        ],
        adds: &[],
        nested: &[],
        wrapped: &[],
        photos: &["file"],
    },
    Target {
        path: "/tunes",
        root: "tune",
        needs: &[
            ("title", "Herr Käfer", r#""Herr K\u00e4fer""#),
            ("name", "man", r#""man""#),
            (
                "image_urls[]",
                "https://photos.example.com/me.jpg",
                r#"["https://photos.example.com/me.jpg","https://photos.example.com/b.jpg"]"#,
            ),
        ],
        passes: &[
            ("title", "My cat & me, 100%+1", r#""My cat & me, 100%+1""#),
            ("name", "cat", r#""c\u0061t""#),
            (
                "image_urls[]",
                "https://photos.example.com/a.jpg?b=%2F",
                r#"["https://photos.example.com/a.jpg?b=%2F"]"#,
            ),
            ("token", "ohwx", r#""ohwx""#),
            ("branch", "fast", r#""fast""#),
            ("base_tune_id", "690204", "690204"),
            ("model_type", "lora", r#""lora""#),
            ("steps", "100", "100"),
            ("face_crop", "1", "true"),
            ("face_crop", "false", r#""False""#),
            ("auto_extend", "", "null"),
        ],
        adds: &["callback", "prompts_callback", "branch"],
        nested: &["prompts_attributes"],
        wrapped: &["title"],
        photos: &["images[]"],
    },
];

impl Target {
    /// A field's name as a form spells it: `prompt[text]`, `tune[image_urls][]`, `name`.
    pub fn spelled(&self, name: &str) -> String {
        let (base, brackets) =
            name.split_once('[').map_or((name, String::new()), |(base, rest)| (base, format!("[{rest}")));
        if self.root.is_empty() { name.to_owned() } else { format!("{}[{base}]{brackets}", self.root) }
    }

    /// The parameters of a body, without their root.
    pub fn fields<'a>(&self, body: &'a Value) -> &'a Value {
        if self.root.is_empty() { body } else { &body[self.root] }
    }

    /// The value of a field; of a list its first.
    pub fn field<'a>(&self, body: &'a Value, name: &str) -> &'a Value {
        let value = &self.fields(body)[name.trim_end_matches("[]")];
        if name.ends_with("[]") { &value[0] } else { value }
    }

    /// Names that may arrive.
    pub fn may_arrive(&self, name: &str) -> bool {
        self.adds.contains(&name)
            || self.nested.contains(&name)
            || self.photos.iter().any(|photo| photo.trim_end_matches("[]") == name)
            || self.must_arrive().any(|pass| pass == name)
    }

    /// Names that arrive if they were sent.
    pub fn must_arrive(&self) -> impl Iterator<Item = &'static str> {
        self.needs.iter().chain(self.passes).map(|(name, ..)| name.trim_end_matches("[]"))
    }
}
