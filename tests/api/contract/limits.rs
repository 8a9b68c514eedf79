//! Every parameter of the document is taken within its limits and refused beyond them, by the judges themselves.

use std::collections::BTreeSet;

use astria_gateway::config::Config;
use astria_gateway::ids::TuneId;
use astria_gateway::ownership::SharedTunes;
use astria_gateway::params::{ParamLimits, Params, parse_body};
use astria_gateway::photo::PhotoRules;
use astria_gateway::policy::{
    PlanRules, PolicyError, PolicyRules, judge_duplicate, judge_inspection, judge_pack_run, judge_prompt,
    judge_theme, judge_tune, judge_tune_update,
};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::Contract;

/// What was dropped and what was lowered.
type Judged = Result<(Vec<String>, Vec<String>), PolicyError>;
type Judge = fn(Params, &PolicyRules, &PlanRules<'_>) -> Judged;

fn rules() -> PolicyRules {
    PolicyRules {
        shared: SharedTunes::new([], [("gemini".to_owned(), TuneId::from_u64(7))].into()),
        lora_names: BTreeSet::new(),
        url_hosts: Vec::new(),
        extra_params: [].into(),
        default_num_images: 1,
        photo: PhotoRules::default(),
    }
}

/// Schema of what is inside the wrapper, the wrapper, the least that is taken, and who judges it.
fn forms() -> Vec<(&'static str, &'static str, Value, Judge)> {
    let photos = json!(["https://cdn.example.com/1.jpg"]);
    vec![
        ("PromptCreateParams", "prompt", json!({ "tune_id": 7, "text": "a cat" }), |sent, rules, plan| {
            judge_prompt(sent, None, rules, plan, None).map(|judged| (judged.dropped, judged.clamped))
        }),
        ("PromptCreateOnTuneParams", "prompt", json!({ "text": "a cat" }), |sent, rules, plan| {
            judge_prompt(sent, Some("7"), rules, plan, None).map(|judged| (judged.dropped, judged.clamped))
        }),
        ("PromptDuplicateParams", "prompt", json!({ "text": "a cat" }), |sent, rules, plan| {
            let original = json!({ "tune_id": 7, "num_images": 1, "text": "a dog" });
            judge_duplicate(original.as_object().unwrap(), sent, rules, plan, None)
                .map(|judged| (judged.dropped, judged.clamped))
        }),
        ("TuneCreateParams", "tune", json!({ "title": "me", "image_urls": photos }), |sent, rules, plan| {
            judge_tune(sent, rules, plan).map(|judged| (judged.dropped, judged.clamped))
        }),
        ("TuneUpdateParams", "tune", json!({ "title": "me" }), |sent, rules, plan| {
            judge_tune_update(sent, rules, plan).map(|judged| (judged.dropped, Vec::new()))
        }),
        (
            "PackRunCreateParams",
            "tune",
            json!({ "title": "me", "name": "man", "image_urls": photos }),
            |sent, rules, plan| {
                judge_pack_run(sent, rules, plan).map(|judged| (judged.dropped, judged.clamped))
            },
        ),
        (
            "ThemeCreateParams",
            "theme",
            json!({ "theme": "the sea", "tune_ids": [7] }),
            |sent, rules, plan| judge_theme(sent, rules, plan).map(|judged| (judged.dropped, judged.clamped)),
        ),
        (
            "InspectionCreate",
            "",
            json!({ "name": "man", "file_url": "https://cdn.example.com/1.jpg" }),
            |sent, rules, plan| {
                judge_inspection(sent, rules, plan).map(|judged| (judged.dropped, Vec::new()))
            },
        ),
    ]
}

fn judge(by: Judge, wrapper: &str, fields: &Map<String, Value>) -> Judged {
    let fields = Value::Object(fields.clone());
    let body = if wrapper.is_empty() { fields } else { json!({ wrapper: fields }) };
    let limits = ParamLimits { max_params: 2_000, ..ParamLimits::default() };
    let sent = parse_body(Some(b"application/json"), &Bytes::from(body.to_string()), &limits).unwrap();
    let permissions: BTreeSet<String> =
        ["auto_extend", "community", "video_model", "image_references"].map(str::to_owned).into();
    by(sent, &rules(), &PlanRules::new(&permissions))
}

/// Values at the limits of a schema, and beyond them.
fn values(contract: &Contract, schema: &Value) -> (Vec<Value>, Vec<Value>) {
    let schema = contract.resolve(schema);
    let bound = |name: &str| schema[name].as_f64();
    if let Some(choices) = schema["enum"].as_array() {
        return (choices.clone(), vec![json!("nobody knows this")]);
    }
    if schema.get("anyOf").is_some() {
        return (vec![json!(7), json!("gemini")], vec![json!("nobody's")]);
    }
    match schema["type"].as_str().unwrap() {
        "boolean" => (vec![json!(true), json!(false)], vec![json!("maybe")]),
        "integer" => {
            let (min, max) = (schema["minimum"].as_u64().unwrap(), schema["maximum"].as_u64().unwrap());
            let step = schema["multipleOf"].as_u64().unwrap_or(1);
            let mut bad = vec![json!(max + step), json!(-1), json!("some")];
            bad.extend((min > 0).then(|| json!(min - step)));
            bad.extend((step > 1).then(|| json!(min + 1)));
            (vec![json!(min), json!(max)], bad)
        }
        "number" => {
            let (min, max) = (bound("minimum").unwrap(), bound("maximum").unwrap());
            (vec![json!(min), json!(max)], vec![json!(max + 0.1), json!(min - 0.1), json!("some")])
        }
        "string" => strings(schema),
        "array" => lists(contract, schema),
        "object" if schema["additionalProperties"].is_object() => {
            let names =
                |count: usize| (0..count).map(|n| (format!("n{n}"), json!("red"))).collect::<Map<_, _>>();
            let max = usize::try_from(schema["maxProperties"].as_u64().unwrap()).unwrap();
            let max_value = schema["additionalProperties"]["anyOf"][0]["maxLength"].as_u64().unwrap();
            let value = |length: u64| json!({ "hair": "r".repeat(usize::try_from(length).unwrap()) });
            let good = vec![Value::Object(names(max)), value(max_value)];
            (good, vec![Value::Object(names(max + 1)), value(max_value + 1), json!({ "Hair": "red" })])
        }
        "object" => {
            let (mut good, mut bad) = (Vec::new(), Vec::new());
            for (name, inside) in schema["properties"].as_object().unwrap() {
                let (fit, unfit) = values(contract, inside);
                good.extend(fit.into_iter().map(|value| json!({ name: value })));
                bad.extend(unfit.into_iter().map(|value| json!({ name: value })));
            }
            (good, bad)
        }
        other => panic!("{other}: {schema}"),
    }
}

fn strings(schema: &Value) -> (Vec<Value>, Vec<Value>) {
    let max = usize::try_from(schema["maxLength"].as_u64().unwrap()).unwrap();
    let long = |begin: &str, length: usize| json!(format!("{begin}{}", "a".repeat(length - begin.len())));
    if schema["format"] == "uri" {
        let begin = "https://cdn.example.com/";
        return (vec![long(begin, max)], vec![long(begin, max + 1), json!("http://cdn.example.com/a.jpg")]);
    }
    let mut bad = vec![long("", max + 1), json!(7)];
    bad.extend(match schema["pattern"].as_str() {
        Some(title) if title.contains("u0000") => vec![json!("a\u{7}b")],
        Some(_) => vec![json!("a--b"), json!("-a"), json!("a/b")],
        None => Vec::new(),
    });
    (vec![long("", max)], bad)
}

fn lists(contract: &Contract, schema: &Value) -> (Vec<Value>, Vec<Value>) {
    let max = usize::try_from(schema["maxItems"].as_u64().unwrap()).unwrap();
    let items = contract.resolve(&schema["items"]);
    let of = |count: usize| match items["type"].as_str().unwrap() {
        "integer" => (1..=count).map(Value::from).collect::<Value>(),
        "object" => std::iter::repeat_n(json!({ "text": "a cat" }), count).collect(),
        _ => std::iter::repeat_n(json!("https://cdn.example.com/1.jpg"), count).collect(),
    };
    let mut bad = vec![of(max + 1), json!("one")];
    if schema["uniqueItems"] == true {
        bad.push(json!([3, 3]));
    }
    (vec![of(max)], bad)
}

#[test]
fn every_parameter_is_taken_up_to_its_limits_and_not_beyond() {
    let contract = Contract::usual();
    let mut looked = 0;
    for (schema, wrapper, least, by) in forms() {
        let least = least.as_object().unwrap();
        assert!(judge(by, wrapper, least).unwrap().0.is_empty(), "{schema}: the least is taken");
        for (name, says) in contract.schema(schema)["properties"].as_object().unwrap() {
            if name == "authenticity_token" {
                continue;
            }
            // A run on tunes that exist has nothing that describes a new one.
            let with = |value: &Value| {
                let mut fields =
                    if name == "tune_ids" && wrapper == "tune" { Map::new() } else { least.clone() };
                fields.insert(name.clone(), value.clone());
                fields
            };
            let (good, bad) = values(&contract, says);
            for value in good {
                let judged = judge(by, wrapper, &with(&value));
                let kept =
                    judged.as_ref().is_ok_and(|(dropped, clamped)| dropped.is_empty() && clamped.is_empty());
                assert!(kept, "{schema}: {name} = {value}: {judged:?}");
                looked += 1;
            }
            for value in bad {
                let judged = judge(by, wrapper, &with(&value));
                // What a theme asks for in excess is lowered: the documented samples do so.
                let lowered = judged.as_ref().is_ok_and(|(_, clamped)| !clamped.is_empty());
                assert!(judged.is_err() || lowered, "{schema}: {name} = {value} is taken");
                looked += 1;
            }
        }
    }
    assert!(looked > 500, "{looked}");
}

#[test]
fn what_is_required_is_required() {
    let contract = Contract::usual();
    for (schema, wrapper, least, by) in forms() {
        for name in super::texts(&contract.schema(schema)["required"]) {
            let mut fields = least.as_object().unwrap().clone();
            assert!(fields.remove(name).is_some(), "{schema}: {name}");
            assert!(judge(by, wrapper, &fields).is_err(), "{schema} is taken without {name}");
        }
    }
}

#[test]
fn what_needs_a_permission_says_so_and_is_refused_without_it() {
    let contract = Contract::usual();
    let (schema, wrapper, least, by) = forms().remove(0);
    let (permissions, limits) = (BTreeSet::new(), ParamLimits::default());
    for (name, says) in contract.schema(schema)["properties"].as_object().unwrap() {
        let (good, _) = values(&contract, says);
        let mut fields = least.clone();
        fields[name] = good[0].clone();
        let body = json!({ wrapper: fields }).to_string();
        let sent = parse_body(Some(b"application/json"), &Bytes::from(body), &limits).unwrap();
        let judged = by(sent, &rules(), &PlanRules::new(&permissions));
        let refused = matches!(judged, Err(PolicyError::PlanForbids { .. }));
        assert_eq!(refused, says.get("x-permission").is_some(), "{name}: {judged:?}");
    }
}

#[test]
fn a_form_spells_what_json_nests_and_takes_photos_beside_it() {
    let contract = Contract::of(&Config::default());
    for (schema, wrapper, _, _) in forms() {
        let (form, fields) = match schema.strip_suffix("Params") {
            Some(name) => (format!("{name}Form"), format!("{name}Fields")),
            None => (format!("{schema}Form"), format!("{schema}Fields")),
        };
        let names = |schema: &str| -> BTreeSet<String> {
            let properties = contract.schema(schema)["properties"].as_object().unwrap();
            let around = format!("{wrapper}[");
            let inside = |name: &str| match name.strip_prefix(&around) {
                Some(rest) => rest.split(']').next().unwrap().to_owned(),
                None => name.trim_end_matches("[]").to_owned(),
            };
            properties.keys().map(|name| inside(name)).collect()
        };
        let (json, form, fields) = (names(schema), names(&form), names(&fields));
        let ignored = ["authenticity_token", "image_index", "prompts_attributes"];
        let missing: Vec<&String> =
            json.difference(&fields).filter(|name| !ignored.contains(&name.as_str())).collect();
        assert!(missing.is_empty(), "{schema}: {missing:?}");
        let photos: BTreeSet<&str> = form.difference(&fields).map(String::as_str).collect();
        let known = BTreeSet::from([
            "file",
            "images",
            "input_image",
            "mask_image",
            "image_references",
            "video_first_frame",
            "video_last_frame",
        ]);
        assert!(photos.is_subset(&known), "{schema}: {photos:?}");
        assert_eq!(photos.is_empty(), matches!(wrapper, "theme") || schema == "TuneUpdateParams", "{schema}");
    }
}
