use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::prompt_tests::{PHOTO, form_params, json_params, parsed, permissions, rules, sent, using};
use super::*;
use crate::ids::TuneId;
use crate::params::{Params, Value};

const URL: &str = "https://a.example/1.jpg";

fn judge_with(params: Params, allowed: &[&str]) -> Result<JudgedTune, PolicyError> {
    judge_tune(params, &rules(), &PlanRules::new(&permissions(allowed)))
}

pub(super) fn judge(params: Params) -> Result<JudgedTune, PolicyError> {
    judge_with(params, &[])
}

/// A tune with these members more.
pub(super) fn tune(more: &serde_json::Value) -> Params {
    let mut tune = json!({"title": "Mine", "name": "cat", "image_urls": [URL]});
    for (name, value) in more.as_object().unwrap() {
        tune[name] = value.clone();
    }
    json_params(&json!({ "tune": tune }))
}

#[track_caller]
pub(super) fn invalid<T: std::fmt::Debug>(outcome: Result<T, PolicyError>, field: &str) {
    match outcome {
        Err(PolicyError::Invalid(errors)) => assert!(errors.0.contains_key(field), "{errors:?}"),
        other => panic!("{field}: {other:?}"),
    }
}

#[test]
fn every_documented_parameter_of_a_tune_goes_upstream_typed_and_the_title_apart() {
    let form = "tune[title]=John Doe - UUID&tune[name]=man&tune[branch]=flux1&tune[model_type]=lora&tune[preset]=flux-lora-portrait\
        &tune[token]=ohwx&tune[steps]=300&tune[face_crop]=True&tune[training_face_correct]=0&tune[base_tune_id]=690204\
        &tune[characteristics][eye_color]=blue eyes&tune[image_urls][]=https://a.example/1.jpg&tune[image_urls][]=https://a.example/2.jpg\
        &tune[prompts_attributes][0][text]=ohwx man&tune[callback]=https://evil.example&tune[prompts_attributes][0][callback]=x";
    let judged = judge(form_params(form)).unwrap();
    assert_eq!((judged.title.as_str(), judged.name.as_deref()), ("John Doe - UUID", Some("man")));
    assert_eq!((judged.images_count, judged.branch_is_fast), (2, false));
    assert_eq!(judged.prompts, [Priced { images: 1, ..Priced::default() }]);
    assert_eq!((judged.base, judged.flags.len()), (Some(TuneId::from_u64(690_204)), 0));
    assert_eq!(judged.names, using(&[690_204]));
    assert_eq!(
        sent(&judged.params),
        json!({"tune": {
            "name": "man", "branch": "flux1", "model_type": "lora", "preset": "flux-lora-portrait", "token": "ohwx", "steps": 300,
            "face_crop": true, "training_face_correct": false, "image_urls": [URL, "https://a.example/2.jpg"],
            "base_tune_id": 690_204, "characteristics": {"eye_color": "blue eyes"},
            "prompts_attributes": [{"text": "ohwx man", "num_images": 1}],
        }})
    );
    assert_eq!(judged.dropped, ["tune[prompts_attributes][0][callback]", "tune[callback]"]);
}

#[test]
fn param_24_unwrapped_json_is_the_tune_and_an_unwrapped_form_is_not() {
    let body = json!({"title": "Mine", "name": "cat", "image_urls": [URL], "callback": "x"});
    assert_eq!(judge(json_params(&body)).unwrap().dropped, ["callback"]);
    invalid(judge(form_params("title=Mine&name=cat&image_urls[]=https://a.example/1.jpg")), "title");
}

#[test]
fn a_tune_needs_a_title_of_the_clients_words_and_photos() {
    for (more, field) in [
        (json!({"title": null}), "title"),
        (json!({"title": " "}), "title"),
        (json!({"title": 5}), "title"),
        (json!({"title": ["a"]}), "title"),
        (json!({"title": "a\nb"}), "title"),
        (json!({"title": "é".repeat(101)}), "title"),
        (json!({"image_urls": null}), "images"),
        (json!({"image_urls": []}), "images"),
        (json!({"image_urls": vec![URL; 33]}), "image_urls"),
        (json!({"image_urls": ["https://127.1/"]}), "image_urls"),
        (json!({"image_urls": URL}), "image_urls"),
        (json!({"images": ["text"]}), "images"),
        (json!({"name": "a<b"}), "name"),
        (json!({"name": "-a"}), "name"),
        (json!({"token": "a-"}), "token"),
        (json!({"branch": "sd99"}), "branch"),
        (json!({"steps": 0}), "steps"),
        (json!({"steps": "12abc"}), "steps"),
        (json!({"model_type": "checkpoint"}), "model_type"),
        (json!({"base_tune_id": [1]}), "base_tune_id"),
    ] {
        invalid(judge(tune(&more)), field);
    }
    let judged =
        judge(tune(&json!({"title": "é".repeat(100), "model_type": null, "preset": null, "name": null})));
    assert_eq!(judged.unwrap().name, None);
}

#[test]
fn photos_and_urls_of_a_tune_are_counted_together() {
    let mut params = tune(&json!({"image_urls": vec![URL; 31]}));
    let photo = || Value::File(crate::params::Upload::unjudged(PHOTO.into()));
    params.insert("tune[images]", Value::List(vec![photo()]));
    assert_eq!(judge(params.clone()).unwrap().images_count, 32);
    params.insert("tune[images]", Value::List(vec![photo(), photo()]));
    invalid(judge(params), "images");
}

#[test]
fn l_07_ids_of_a_tune_are_collected_or_not_found() {
    for (base, id) in [(json!(2), 2), (json!("2"), 2), (json!("@flux"), 7), (json!("Flux"), 7)] {
        let judged = judge(tune(&json!({"base_tune_id": base}))).unwrap();
        assert_eq!(
            (sent(&judged.params)["tune"]["base_tune_id"].as_u64(), judged.names),
            (Some(id), using(&[id]))
        );
    }
    for base in [json!("02"), json!("2 "), json!(2.5), json!("nobody"), json!(0), json!(-1)] {
        let outcome = judge(tune(&json!({"base_tune_id": base})));
        assert!(matches!(outcome, Err(PolicyError::NotFound)), "{base}: {outcome:?}");
    }
}

#[test]
fn l_03_references_in_every_text_of_nested_prompts_are_collected() {
    let prompts = json!([
        {"text": "b", "video_model": "kling", "video_prompt": "<lora:13:1>"},
        {"text": "a <lora:11:1>", "negative_prompt": "<faceid:12>"},
    ]);
    let params = tune(&json!({"base_tune_id": 10, "prompts_attributes": prompts}));
    let judged = judge_with(params, &["video_model"]).unwrap();
    assert_eq!(judged.names, using(&[10, 11, 12, 13]));
    let videos: Vec<u32> = judged.prompts.iter().map(Priced::videos).collect();
    assert_eq!(videos, [1, 0], "a permission of one prompt says nothing of its neighbour");
    assert_eq!(judged.flags.len(), 0, "nor of the training");
}

#[test]
fn l_02_flags_and_permissions_of_nested_prompts_are_the_plans_to_give() {
    for prompt in [
        json!({"text": "a --video"}),
        json!({"text": "a", "negative_prompt": "--upscale_v4"}),
        json!({"text": "a", "community": true}),
        json!({"text": "a", "video_model": "kling"}),
    ] {
        for prompts in [json!([prompt]), json!({"0": prompt}), json!({"zzz": prompt})] {
            let outcome = judge(tune(&json!({"prompts_attributes": prompts})));
            assert!(matches!(outcome, Err(PolicyError::PlanForbids { .. })), "{prompts}: {outcome:?}");
        }
    }
    let outcome = judge(tune(&json!({"auto_extend": true})));
    assert!(matches!(&outcome, Err(PolicyError::PlanForbids { param }) if param == "tune[auto_extend]"));
    assert_eq!(judge(tune(&json!({"auto_extend": false}))).unwrap().dropped, ["tune[auto_extend]"]);
    assert_eq!(
        judge_with(tune(&json!({"auto_extend": "1"})), &["auto_extend"]).unwrap().flags,
        BTreeSet::from(["auto_extend"])
    );
}

#[test]
fn param_13_nested_prompts_are_counted_after_parsing_in_every_form() {
    let forms = [
        "tune[prompts_attributes][0][text]=a&tune[prompts_attributes][0][num_images]=2&tune[prompts_attributes][1][text]=b",
        "tune[prompts_attributes][x][text]=a&tune[prompts_attributes][x][num_images]=2&tune[prompts_attributes][zzz][text]=b",
        "tune[prompts_attributes][][text]=a&tune[prompts_attributes][][num_images]=2&tune[prompts_attributes][][text]=b",
    ];
    for form in forms {
        let form = format!("tune[title]=Mine&tune[image_urls][]={URL}&{form}");
        let judged = judge(form_params(&form)).unwrap();
        let images: Vec<u32> = judged.prompts.iter().map(|prompt| prompt.images).collect();
        assert_eq!(images, [2, 1], "{form}");
        assert_eq!(
            sent(&judged.params)["tune"]["prompts_attributes"],
            json!([{"text": "a", "num_images": 2}, {"text": "b", "num_images": 1}])
        );
    }
}

#[test]
fn param_13_what_is_no_list_of_prompts_is_refused() {
    for (prompts, field) in [
        (json!("text"), "prompts_attributes"),
        (json!(1), "prompts_attributes"),
        (json!({"text": "a"}), "prompts_attributes[text]"),
        (json!({"id": 5, "text": "a"}), "prompts_attributes"),
        (json!({"id": {"text": "a"}}), "prompts_attributes"),
        (json!(["a"]), "prompts_attributes[0]"),
        (json!([[{"text": "a"}]]), "prompts_attributes[0]"),
        (json!([{"text": "a"}, {}]), "prompts_attributes[1][text]"),
        (json!([{"text": "a", "num_images": 9}]), "prompts_attributes[0][num_images]"),
        (json!({"z": {"text": "a", "w": 1}}), "prompts_attributes[z][w]"),
        (json!(vec![json!({"text": "a"}); 65]), "prompts_attributes"),
    ] {
        invalid(judge(tune(&json!({"prompts_attributes": prompts}))), field);
    }
    let most = judge(tune(&json!({"prompts_attributes": vec![json!({"text": "a"}); 64]}))).unwrap();
    assert_eq!(most.prompts.len(), 64);
    let callback = judge(tune(&json!({"prompts_attributes": {"callback": "x"}}))).unwrap();
    assert_eq!(
        (callback.prompts.len(), callback.dropped.as_slice()),
        (0, &["tune[prompts_attributes][callback]".to_owned()][..])
    );
}

#[test]
fn l_01_and_param_13_what_a_tune_must_not_say_never_passes() {
    let mut more = json!({});
    let mut prompt = json!({"text": "a"});
    let names = [
        "callback",
        "prompts_callback",
        "workspace_id",
        "user_id",
        "pack_id",
        "base_pack_id",
        "_method",
        "community_id",
        "ckpt_url",
        "id",
        "tune_ids",
        "prompt_ids",
        "prompt_attributes",
        "orig_images",
        "tune_id",
        "brief",
    ];
    for name in names {
        more[name] = json!("x");
        prompt[name] = json!({"callback": "x"});
    }
    more["prompts_attributes"] = json!([prompt]);
    let judged = judge(tune(&more)).unwrap();
    let sent = sent(&judged.params)["tune"].clone();
    assert_eq!(sent["prompts_attributes"], json!([{"text": "a", "num_images": 1}]));
    assert_eq!(
        sent.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["name", "image_urls", "prompts_attributes"]
    );
    assert_eq!(judged.dropped.len(), 2 * names.len());
}

#[test]
fn an_operators_addition_to_tunes_passes_and_a_forbidden_one_never() {
    for name in [
        "callback",
        "prompts_callback",
        "base_tune_id",
        "tune_ids",
        "prompts_attributes",
        "workspace_id",
        "user",
        "id",
    ] {
        assert!(!may_be_added(Operation::CreateTune, &format!("tune[{name}]")), "{name}");
    }
    let extra = vec!["tune[new_thing]".to_owned()];
    let rules = PolicyRules { extra_params: BTreeMap::from([(Operation::CreateTune, extra)]), ..rules() };
    let none = BTreeSet::new();
    let params = tune(&json!({"new_thing": "x <lora:5:1>"}));
    let judged = judge_tune(params, &rules, &PlanRules::new(&none)).unwrap();
    assert_eq!(
        (sent(&judged.params)["tune"]["new_thing"].as_str(), judged.names),
        (Some("x <lora:5:1>"), using(&[5]))
    );
}

#[test]
fn quota_07_a_sandbox_makes_every_tune_a_free_one() {
    let none = BTreeSet::new();
    let plan = PlanRules { is_sandbox: true, ..PlanRules::new(&none) };
    for (branch, dropped) in [
        (json!(null), &[][..]),
        (json!("fast"), &[]),
        (json!("flux1"), &["tune[branch]"]),
        (json!("nonsense"), &["tune[branch]"]),
        (json!(["fast"]), &["tune[branch]"]),
    ] {
        let judged = judge_tune(tune(&json!({"branch": branch})), &rules(), &plan).unwrap();
        assert!(judged.branch_is_fast);
        assert_eq!(sent(&judged.params)["tune"]["branch"], "fast");
        assert_eq!(judged.dropped, dropped, "{branch}");
    }
    assert!(judge(tune(&json!({"branch": "fast"}))).unwrap().branch_is_fast);
}

#[test]
fn quota_08_nested_prompts_are_lowered_to_the_plan_and_priced_so() {
    let none = BTreeSet::new();
    let plan = PlanRules {
        max_num_images: Some(2),
        max_resolution: Some(Resolution::TwoK),
        ..PlanRules::new(&none)
    };
    let prompts = json!([{"text": "a", "num_images": 8, "resolution": "4K"}, {"text": "b", "num_images": "2", "resolution": "1K"}]);
    let judged = judge_tune(tune(&json!({"prompts_attributes": prompts})), &rules(), &plan).unwrap();
    assert_eq!(judged.prompts.iter().map(|prompt| prompt.images).sum::<u32>(), 4);
    assert_eq!(
        sent(&judged.params)["tune"]["prompts_attributes"],
        json!([{"text": "a", "num_images": 2, "resolution": "2K"}, {"text": "b", "num_images": 2, "resolution": "1K"}])
    );
    assert_eq!(
        judged.clamped,
        ["tune[prompts_attributes][0][num_images]", "tune[prompts_attributes][0][resolution]"]
    );
}

#[test]
fn a_change_of_a_tune_is_title_name_characteristics_and_what_the_plan_pays() {
    let change = |body: serde_json::Value, allowed: &[&str]| {
        judge_tune_update(json_params(&body), &rules(), &PlanRules::new(&permissions(allowed)))
    };
    let body = json!({"tune": {"title": "New", "name": "dog", "characteristics": {"a": "b"}, "callback": "x", "branch": "fast", "base_tune_id": 5}});
    let judged = change(body, &[]).unwrap();
    assert_eq!(judged.title.as_deref(), Some("New"));
    assert!(judged.characteristics.is_some());
    assert_eq!(sent(&judged.params), json!({"tune": {"name": "dog", "characteristics": {"a": "b"}}}));
    assert_eq!(judged.dropped, ["tune[callback]", "tune[branch]", "tune[base_tune_id]"]);

    assert!(matches!(change(json!({"auto_extend": true}), &[]), Err(PolicyError::PlanForbids { .. })));
    assert_eq!(change(json!({"auto_extend": true}), &["auto_extend"]).unwrap().granted, ["auto_extend"]);
    assert_eq!(
        sent(&change(json!({"auto_extend": false}), &[]).unwrap().params),
        json!({"tune": {"auto_extend": false}})
    );
    assert_eq!(change(json!({"title": "Only"}), &[]).unwrap().title.as_deref(), Some("Only"));
    for nothing in [json!({}), json!({"tune": {}}), json!({"tune": {"steps": 5}}), json!({"title": ""})] {
        invalid(change(nothing, &[]), "base");
    }
    invalid(change(json!({"title": "a\u{7}"}), &[]), "title");
    invalid(change(json!({"characteristics": {"a": "<"}}), &[]), "characteristics");
}

#[test]
fn the_sample_with_nested_photos_is_read_as_it_is_meant() {
    let part = |name: &str, file: bool, content: &[u8]| {
        let file = if file { "; filename=\"x.jpg\"" } else { "" };
        let mut part =
            format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").into_bytes();
        part.extend_from_slice(content);
        part.extend_from_slice(b"\r\n");
        part
    };
    let body = [
        part("tune[title]", false, b"John Doe - UUID - 1234-6789-1234-56789"),
        part("tune[base_tune_id]", false, b"690204"),
        part("tune[name]", false, b"man"),
        part("tune[prompts_attributes][0][callback]", false, b"https://optional-callback-url.com/x"),
        part("tune[prompts_attributes][0][input_image]", true, PHOTO),
        part("tune[prompts_attributes][0][text]", false, b"ohwx man inside spacesuit in space"),
        part("tune[images][]", true, PHOTO),
        part("tune[images][]", true, PHOTO),
        part("tune[callback]", false, b"https://optional-callback-url.com/y"),
        b"--X--\r\n".to_vec(),
    ];
    let judged = judge(parsed("multipart/form-data; boundary=X", &body.concat())).unwrap();
    assert_eq!((judged.images_count, judged.prompts.len()), (2, 1));
    assert_eq!(judged.dropped, ["tune[prompts_attributes][0][callback]", "tune[callback]"]);
    let text = String::from_utf8_lossy(&crate::params::encode(&judged.params).concat()).into_owned();
    assert!(
        text.contains("name=\"tune[prompts_attributes][0][text]\"") && !text.contains("optional-callback"),
        "{text}"
    );
}

const UNSEEN: &str = "[\u{200b}-\u{200f}\u{2060}\u{feff}\u{ad}]{0,2}";

proptest! {
    #[test]
    fn l_03_a_reference_in_a_nested_prompt_is_collected_or_refused_in_every_nesting(
        key in "[a-z0-9]{1,6}", as_list in any::<bool>(), field in prop::sample::select(vec!["text", "negative_prompt"]),
        id in 1_u64..1_000_000, before in "[a-z <]{0,4}", unseen in UNSEEN, colon in "[:\u{ff1a}]",
    ) {
        let text = format!("{before} <lo{unseen}ra{colon}{id}:1>");
        let mut prompt = json!({"text": "a"});
        prompt[field] = json!(text);
        let prompts = if as_list { json!([prompt]) } else { json!({key: prompt}) };
        if let Ok(judged) = judge(tune(&json!({"prompts_attributes": prompts}))) {
            prop_assert_eq!(judged.names, using(&[id]));
        }
    }
}
