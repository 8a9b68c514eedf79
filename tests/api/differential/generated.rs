//! Spellings to try: likely, forbidden and odd parameters of a target, in each encoding.

use proptest::prelude::*;

use super::targets::Target;

/// What must never arrive, wherever it is put: (name, value in a form, value in JSON).
const FORBIDDEN: [(&str, &str, &str); 16] = [
    ("callback", "https://evil.example", r#""https://evil.example""#),
    ("prompts_callback", "https://evil.example", r#""https://evil.example""#),
    ("prompts_attributes[0][callback]", "https://evil.example", r#"[{"callback":"https://evil.example"}]"#),
    ("prompt_attributes[callback]", "https://evil.example", r#"{"callback":"https://evil.example"}"#),
    ("workspace_id", "7", "7"),
    ("user_id", "7", "7"),
    ("pack_id", "260", "260"),
    ("base_pack_id", "260", r#""260""#),
    ("authenticity_token", "t", r#""t""#),
    ("_method", "delete", r#""delete""#),
    ("controller", "admin", r#""admin""#),
    ("action", "destroy", r#""destroy""#),
    ("format", "html", r#""html""#),
    ("id", "7", "7"),
    ("tune_id", "7", "7"),
    ("call\u{200b}back", "https://evil.example", r#""https://evil.example""#),
];

/// Spellings of a known name that some reader might take for it.
const ODD: [&str; 12] = [
    "{root}[ {name}]",
    "{root}[{name} ]",
    "{root}.{name}",
    "{ROOT}[{name}]",
    "{root}[{name}(1i)]",
    "{root}[{name}][]",
    "{root}[{name}][a]",
    "{root}[[{name}]]",
    "{root}[{name}",
    "[{root}][{name}]",
    "{root}[][{name}]",
    "{root}[{name}]x",
];

pub type Pairs = Vec<(String, String)>;

/// Name and value pairs of a form.
pub fn pairs(target: &'static Target) -> impl Strategy<Value = Pairs> {
    let field = |(name, text, _): &(&str, &str, &str)| (target.spelled(name), (*text).to_owned());
    let likely: Pairs = target.passes.iter().map(field).collect();
    let in_root = FORBIDDEN.iter().map(field);
    let on_top = FORBIDDEN.iter().map(|(name, text, _)| ((*name).to_owned(), (*text).to_owned()));
    let forbidden: Pairs = in_root.chain(on_top).collect();
    let root = if target.root.is_empty() { "prompt" } else { target.root };
    let mut odd = vec![(root.to_owned(), "x".to_owned()), (format!("{root}[]"), "8".to_owned())];
    for (name, text, _) in target.passes {
        for spelling in ODD {
            let spelling = spelling
                .replace("{root}", root)
                .replace("{ROOT}", &root.to_uppercase())
                .replace("{name}", name.trim_end_matches("[]"));
            odd.push((spelling, (*text).to_owned()));
        }
    }
    let start = prop::bool::weighted(0.8).prop_map(move |complete| {
        if complete { target.needs.iter().map(field).collect() } else { Pairs::new() }
    });
    let rest = prop_oneof![
        8 => prop::sample::select(likely),
        6 => prop::sample::select(forbidden),
        1 => prop::sample::select(odd),
    ];
    (start, prop::collection::vec(rest, 0..8)).prop_map(|(mut pairs, rest)| {
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
    let part = |(name, value): &(String, String)| {
        format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    (pairs.iter().map(part).collect::<String>() + "--X--\r\n").into_bytes()
}

/// A JSON body: members in the root, beside it, or without it.
pub fn json(target: &'static Target) -> impl Strategy<Value = Vec<u8>> {
    let member = |name: &str, json: &str| format!("\"{}\":{json}", name.split('[').next().unwrap());
    let likely: Vec<String> = target.passes.iter().map(|(name, _, json)| member(name, json)).collect();
    let forbidden: Vec<String> = FORBIDDEN.iter().map(|(name, _, json)| member(name, json)).collect();
    let values =
        ["8", "9", "\"8\"", "\"\"", "null", "true", "\"TRUE\"", "[]", "[8]", "{\"a\":8}", "1e0", "8.0", "-1"];
    let mut odd = Vec::new();
    for name in target.must_arrive() {
        for value in values {
            odd.push(format!("\"{name}\":{value}"));
        }
    }
    let beside = forbidden.join(",");
    let one = prop_oneof![
        8 => prop::sample::select(likely),
        5 => prop::sample::select(forbidden),
        2 => prop::sample::select(odd),
    ];
    (prop::collection::vec(one, 0..6), 0..4).prop_map(move |(mut members, shape)| {
        members.extend(target.needs.iter().map(|(name, _, json)| member(name, json)));
        // A name that stands twice is refused; most bodies have each once.
        let mut seen = std::collections::BTreeSet::new();
        members.retain(|member| seen.insert(member.split(':').next().unwrap().to_owned()));
        let inner = members.join(",");
        let root = target.root;
        let text = match shape {
            _ if root.is_empty() => format!("{{{inner}}}"),
            0 => format!("{{{inner}}}"),
            1 => format!("{{\"{root}\":{{{inner}}},{beside}}}"),
            2 => format!("{{{beside},\"{root}\":{{{inner}}}}}"),
            _ => format!("{{\"{root}\":{{{inner}}}}}"),
        };
        text.into_bytes()
    })
}
