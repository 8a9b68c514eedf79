//! Bodies to try: likely and odd parameters, in each of the three encodings.

use proptest::prelude::*;

pub type Pairs = Vec<(&'static str, &'static str)>;

pub fn pairs() -> impl Strategy<Value = Pairs> {
    let likely = prop::sample::select(vec![
        ("prompt[text]", "a cat"),
        ("prompt[text]", "a dog & 100%+1"),
        ("prompt[num_images]", "1"),
        ("prompt[num_images]", "8"),
        ("prompt[num_images]", ""),
        ("prompt[w]", "512"),
        ("prompt[seed]", "7"),
        ("prompt[super_resolution]", "True"),
        ("prompt[super_resolution]", "0"),
        ("prompt[cfg_scale]", "7.50"),
        ("prompt[style]", "Cinematic"),
        ("prompt[negative_prompt]", "ugly"),
        ("prompt[callback]", "https://evil.example"),
        ("prompt[workspace_id]", "7"),
        ("prompt[user_id]", "7"),
        ("prompt[tune_id]", "7"),
        ("prompt[prompts_attributes][0][callback]", "https://evil.example"),
        ("callback", "https://evil.example"),
        ("_method", "delete"),
        ("tune_id", "7"),
        ("num_images", "8"),
        ("Prompt[num_images]", "8"),
        ("prompt.num_images", "8"),
        ("prompt[ num_images]", "8"),
        ("prompt[num_images(1i)]", "8"),
    ]);
    let odd = prop::sample::select(vec![
        ("prompt[num_images]", "9"),
        ("prompt[num_images]", "8abc"),
        ("prompt[num_images]", "08"),
        ("prompt[num_images][]", "8"),
        ("prompt[num_images][a]", "8"),
        ("prompt[num_images]x", "8"),
        ("prompt[num_images", "8"),
        ("prompt[[num_images]]", "8"),
        ("[prompt][num_images]", "8"),
        ("prompt[][num_images]", "8"),
        ("prompt[]", "8"),
        ("prompt", "x"),
        ("prompt[pack_id]", "260"),
        ("prompt[community]", "true"),
    ]);
    let start =
        prop::sample::select(vec![vec![("prompt[text]", "a cat")], vec![("prompt[text]", "x")], vec![]]);
    let rest = prop::collection::vec(prop_oneof![12 => likely, 1 => odd], 0..8);
    (start, rest).prop_map(|(mut pairs, rest)| {
        pairs.extend(rest);
        pairs
    })
}

pub fn form(pairs: &Pairs, escaped: bool) -> Vec<u8> {
    if escaped {
        return form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes();
    }
    let value = |text: &str| text.replace('%', "%25").replace('&', "%26").replace('+', "%2B");
    let pairs: Vec<_> = pairs.iter().map(|(name, text)| format!("{name}={}", value(text))).collect();
    pairs.join("& ").into_bytes()
}

pub fn multipart(pairs: &Pairs) -> Vec<u8> {
    let part = |(name, value): &(&str, &str)| {
        format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    (pairs.iter().map(part).collect::<String>() + "--X--\r\n").into_bytes()
}

pub fn json_text() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "1",
        "8",
        "9",
        "\"8\"",
        "\"a cat\"",
        "\"\"",
        "null",
        "true",
        "\"TRUE\"",
        "512",
        "7.5",
        "[]",
        "[8]",
        "{\"a\":8}",
        "1e0",
        "\"7.50\"",
        "\"Cinematic\"",
    ]);
    let likely = prop::sample::select(vec![
        ("num_images", "1"),
        ("num_images", "8"),
        ("num_images", "\"3\""),
        ("num_images", "null"),
        ("w", "512"),
        ("w", "\"512\""),
        ("super_resolution", "true"),
        ("seed", "7"),
        ("cfg_scale", "7.5"),
        ("style", "\"Cinematic\""),
        ("callback", "\"https://evil.example\""),
        ("workspace_id", "7"),
        ("_method", "\"delete\""),
        ("prompts_attributes", "[{\"callback\":\"https://evil.example\"}]"),
        ("num_imag\\u0065s", "2"),
        ("id", "7"),
    ]);
    let name = prop::sample::select(vec![
        "text",
        "num_images",
        "seed",
        "w",
        "community",
        "callback",
        "user_id",
        "tune_id",
        "negative_prompt",
        "new",
    ]);
    let member = prop_oneof![
        9 => likely.prop_map(|(name, value)| format!("\"{name}\":{value}")),
        1 => (name, value).prop_map(|(name, value)| format!("\"{name}\":{value}")),
    ];
    let members = prop::collection::vec(member, 0..6);
    (members, 0..4).prop_map(|(mut members, shape)| {
        members.insert(0, "\"text\":\"a cat\"".into());
        let inner = members.join(",");
        match shape {
            0 => format!("{{{inner}}}"),
            1 => format!("{{\"prompt\":{{{inner}}},\"num_images\":8,\"callback\":\"x\"}}"),
            2 => format!("{{\"callback\":\"x\",\"prompt\":{{{inner}}}}}"),
            _ => format!("{{\"prompt\":{{{inner}}}}}"),
        }
    })
}
