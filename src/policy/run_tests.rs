//! Runs of packs, themes and duplicates.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::prompt_tests::{form_params, granted, json_params, permissions, rules, sent, using};
use super::tune_tests::invalid;
use super::*;
use crate::ids::TuneId;
use crate::ownership::References;
use crate::params::Params;

const URL: &str = "https://a.example/1.jpg";

/// What a request names when it acts on these tunes.
fn owning(ids: &[u64]) -> References {
    let mut names = References::default();
    for id in ids {
        names.own_tune(TuneId::from_u64(*id));
    }
    names
}

fn run(body: &Json) -> Result<JudgedPackRun, PolicyError> {
    judge_pack_run(json_params(body), &rules(), &PlanRules::new(&BTreeSet::new()))
}

#[test]
fn a_pack_run_that_trains_is_a_tune_without_a_base() {
    let judged = run(&json!({"tune": {
        "title": "Grumpy Cat", "name": "cat", "image_urls": [URL, URL], "characteristics": {"eye_color": "blue eyes"},
        "callback": "x", "prompts_callback": "x", "prompt_attributes": {"callback": "x", "num_images": 2, "text": "<lora:5:1>", "controlnet": "pose"},
        "prompts_attributes": {"callback": "x"}, "base_tune_id": 5, "branch": "fast", "brief": "in Rome", "prompt_ids": [3, "4"],
    }}))
    .unwrap();
    assert_eq!(
        judged.run,
        PackRun::Trains { title: "Grumpy Cat".to_owned(), name: "cat".to_owned(), images_count: 2 }
    );
    assert_eq!((judged.template_prompts.as_slice(), judged.num_images), (&[3, 4][..], Some(2)));
    assert_eq!(judged.names, using(&[]));
    assert_eq!(
        sent(&judged.params),
        json!({"tune": {
            "name": "cat", "image_urls": [URL, URL], "prompt_ids": [3, 4], "brief": "in Rome", "prompt_attributes": {"num_images": 2},
            "characteristics": {"eye_color": "blue eyes"},
        }})
    );
    assert_eq!(
        BTreeSet::from_iter(judged.dropped),
        permissions(&[
            "tune[callback]",
            "tune[prompts_callback]",
            "tune[prompt_attributes][callback]",
            "tune[prompt_attributes][text]",
            "tune[prompt_attributes][controlnet]",
            "tune[prompts_attributes]",
            "tune[base_tune_id]",
            "tune[branch]",
        ])
    );
}

#[test]
fn l_09_a_pack_run_on_tunes_asks_for_the_callers_own() {
    let body = json!({"tune_ids": [5, "6"], "title": "t", "name": "n", "images": "x", "brief": "<lora:7:1>"});
    let judged = run(&json!({ "tune": body })).unwrap();
    assert_eq!(judged.run, PackRun::OnTunes(vec![TuneId::from_u64(5), TuneId::from_u64(6)]));
    let mut names = owning(&[5, 6]);
    names.extend(using(&[7]));
    assert_eq!(judged.names, names);
    assert_eq!(sent(&judged.params), json!({"tune": {"tune_ids": [5, 6], "brief": "<lora:7:1>"}}));
    assert_eq!(judged.dropped, ["tune[title]", "tune[name]", "tune[images]"]);
}

#[test]
fn a_pack_run_is_refused_where_it_has_no_one_meaning() {
    for (body, field) in [
        (json!({"title": "t", "name": "n"}), "images"),
        (json!({"title": "t", "image_urls": [URL]}), "name"),
        (json!({"name": "n", "image_urls": [URL]}), "title"),
        (json!({"tune_ids": 5}), "tune_ids"),
        (json!({"tune_ids": {"0": 5}}), "tune_ids"),
        (json!({"tune_ids": [[5]]}), "tune_ids"),
        (json!({"tune_ids": [5, "5"]}), "tune_ids"),
        (json!({"tune_ids": (1..=17).collect::<Vec<_>>()}), "tune_ids"),
        (json!({"tune_ids": [5], "prompt_ids": 3}), "prompt_ids"),
        (json!({"tune_ids": [5], "prompt_ids": [3, 3]}), "prompt_ids"),
        (json!({"tune_ids": [5], "prompt_attributes": "x"}), "prompt_attributes"),
        (json!({"tune_ids": [5], "prompt_attributes": {"num_images": 9}}), "prompt_attributes[num_images]"),
        (json!({"tune_ids": [5], "brief": "< lora:7:1>"}), "brief"),
        (json!({"tune_ids": [5], "characteristics": {"a": "<"}}), "characteristics"),
    ] {
        invalid(run(&json!({ "tune": body })), field);
    }
    for id in [json!("05"), json!(5.5), json!("@flux"), json!("flux"), json!(0), json!(-5), json!("5 ")] {
        for name in ["tune_ids", "prompt_ids"] {
            let body = json!({"title": "t", "name": "n", "image_urls": [URL], name: [id]});
            let outcome = run(&body);
            assert!(matches!(outcome, Err(PolicyError::NotFound)), "{body}: {outcome:?}");
        }
    }
}

#[test]
fn l_02_a_brief_is_judged_like_any_text() {
    let outcome = run(&json!({"tune_ids": [5], "brief": "a --video"}));
    assert!(matches!(outcome, Err(PolicyError::PlanForbids { .. })), "{outcome:?}");
}

#[test]
fn quota_07_a_sandbox_trains_no_pack_and_runs_it_on_free_tunes_only() {
    let none = BTreeSet::new();
    let plan = PlanRules { is_sandbox: true, max_num_images: Some(2), ..PlanRules::new(&none) };
    let trains = json!({"title": "t", "name": "n", "image_urls": [URL]});
    let outcome = judge_pack_run(json_params(&trains), &rules(), &plan);
    assert!(matches!(outcome, Err(PolicyError::NoFreeForm)), "{outcome:?}");
    let on = json!({"tune_ids": [5], "prompt_attributes": {"num_images": 8}});
    let judged = judge_pack_run(json_params(&on), &rules(), &plan).unwrap();
    assert_eq!(
        (judged.num_images, judged.clamped.as_slice()),
        (Some(2), &["prompt_attributes[num_images]".to_owned()][..])
    );
}

fn theme(params: Params) -> Result<JudgedTheme, PolicyError> {
    judge_theme(params, &rules(), &PlanRules::new(&BTreeSet::new()))
}

#[test]
fn a_theme_is_sent_in_one_form_however_it_was_spelled() {
    let wrapped =
        "theme[theme]=Corporate headshots&theme[tune_ids][]=123&theme[prompt_attributes][num_images]=123";
    let unwrapped = "theme=Corporate headshots&tune_ids[]=123&prompt_attributes[num_images]=123";
    let json =
        json!({"theme": "Corporate headshots", "tune_ids": [123], "prompt_attributes": {"num_images": 123}});
    for (params, clamped) in [
        (form_params(wrapped), "theme[prompt_attributes][num_images]"),
        (form_params(unwrapped), "prompt_attributes[num_images]"),
        (json_params(&json), "prompt_attributes[num_images]"),
        (json_params(&json!({ "theme": json })), "theme[prompt_attributes][num_images]"),
    ] {
        let judged = theme(params).unwrap();
        assert_eq!(
            sent(&judged.params),
            json!({"theme": {"theme": "Corporate headshots", "tune_ids": [123], "prompt_attributes": {"num_images": 8}}})
        );
        assert_eq!((judged.prompts, judged.each.images, judged.each.videos()), (10, 8, 0));
        assert_eq!((judged.names, judged.clamped.as_slice()), (owning(&[123]), &[clamped.to_owned()][..]));
        assert_eq!(judged.dropped, Vec::<String>::new());
    }
}

#[test]
fn quota_07_a_theme_always_says_how_many_images() {
    let judged = theme(json_params(&json!({"theme": "a", "tune_ids": [1, 2, 3]}))).unwrap();
    assert_eq!(sent(&judged.params)["theme"]["prompt_attributes"], json!({"num_images": 1}));
    assert_eq!((judged.prompts, judged.each.images), (30, 1));
    let attributes = json!({"num_images": 2, "w": "512", "h": 768, "text": "<lora:5:1>", "callback": "x"});
    let judged = theme(json_params(
        &json!({"theme": {"theme": "a", "tune_ids": [1], "prompt_attributes": attributes}, "tune_ids": [9]}),
    ));
    let judged = judged.unwrap();
    assert_eq!(
        sent(&judged.params)["theme"]["prompt_attributes"],
        json!({"num_images": 2, "w": 512, "h": 768})
    );
    assert_eq!(
        judged.dropped,
        ["tune_ids", "theme[prompt_attributes][text]", "theme[prompt_attributes][callback]"]
    );
}

#[test]
fn l_09_a_theme_is_refused_where_it_has_no_one_meaning() {
    for (body, field) in [
        (json!({"tune_ids": [1]}), "theme"),
        (json!({"theme": " ", "tune_ids": [1]}), "theme"),
        (json!({"theme": ["a"], "tune_ids": [1]}), "theme"),
        (json!({"theme": "a"}), "tune_ids"),
        (json!({"theme": "a", "tune_ids": []}), "tune_ids"),
        (json!({"theme": "a", "tune_ids": 123}), "tune_ids"),
        (json!({"theme": "a", "tune_ids": [1, 1]}), "tune_ids"),
        (json!({"theme": "a", "tune_ids": (1..=17).collect::<Vec<_>>()}), "tune_ids"),
        (json!({"theme": "a", "tune_ids": [1], "prompt_attributes": "num_images"}), "prompt_attributes"),
        (
            json!({"theme": "a", "tune_ids": [1], "prompt_attributes": {"num_images": 0}}),
            "prompt_attributes[num_images]",
        ),
        (
            json!({"theme": "a", "tune_ids": [1], "prompt_attributes": {"num_images": "9x"}}),
            "prompt_attributes[num_images]",
        ),
        (json!({"theme": "a --foo", "tune_ids": [1]}), "theme"),
    ] {
        invalid(theme(json_params(&body)), field);
    }
    let outcome = theme(json_params(&json!({"theme": "a", "tune_ids": ["01"]})));
    assert!(matches!(outcome, Err(PolicyError::NotFound)), "{outcome:?}");
}

#[test]
fn l_03_a_theme_names_what_its_text_names() {
    let mut names = owning(&[1]);
    names.extend(using(&[5]));
    assert_eq!(theme(json_params(&json!({"theme": "a <lora:5:1>", "tune_ids": [1]}))).unwrap().names, names);
    let all = permissions(&["video_model"]);
    let body = json!({"theme": "a --video", "tune_ids": [1], "prompt_attributes": {"num_images": 2}});
    let judged = judge_theme(json_params(&body), &rules(), &PlanRules::new(&all)).unwrap();
    assert_eq!((judged.prompts, judged.each.images, judged.each.videos()), (10, 2, 2));
}

fn original(more: &Json) -> serde_json::Map<String, Json> {
    let mut original =
        json!({"id": 50, "tune_id": 7, "text": "a <lora:11:1>", "num_images": 4, "seed": null, "w": 512});
    for (name, value) in more.as_object().unwrap() {
        original[name] = value.clone();
    }
    original.as_object().unwrap().clone()
}

fn duplicate(of: &Json, body: &Json, plan: &PlanRules<'_>) -> Result<JudgedDuplicate, PolicyError> {
    judge_duplicate(&original(of), json_params(body), &rules(), plan, None)
}

#[test]
fn l_09_a_duplicate_is_judged_on_the_original_with_the_overrides() {
    let none = BTreeSet::new();
    let plan = PlanRules::new(&none);
    let judged = duplicate(&json!({}), &json!({"image_index": 2, "callback": "x"}), &plan).unwrap();
    assert_eq!((judged.tune_id.get(), judged.priced.images, judged.priced.videos()), (7, 4, 0));
    assert_eq!(judged.names, using(&[7, 11]));
    assert_eq!(sent(&judged.params), json!({"image_index": 2, "prompt": {"num_images": 4}}));
    assert_eq!(judged.dropped, ["callback"]);

    let body = json!({"prompt": {"text": "b <faceid:12:1>", "seed": "5", "callback": "x", "tune_id": 9, "image_index": 1}});
    let judged = duplicate(&json!({"negative_prompt": "<lora:13:1>"}), &body, &plan).unwrap();
    assert_eq!(judged.names, using(&[7, 12, 13]), "the text is replaced, the negative prompt is not");
    assert_eq!(
        sent(&judged.params),
        json!({"prompt": {"text": "b <faceid:12:1>", "seed": 5, "num_images": 4}})
    );
    assert_eq!(judged.dropped, ["prompt[callback]", "prompt[tune_id]", "prompt[image_index]"]);
    for index in [json!(8), json!(-1), json!("0x1"), json!([1]), json!(1.0)] {
        invalid(duplicate(&json!({}), &json!({"image_index": index}), &plan), "image_index");
    }
    for (body, field) in [
        (json!({"prompt": {"text": ""}}), "text"),
        (json!({"prompt": {"num_images": 9}}), "num_images"),
        (json!({"prompt": {"input_image_url": "https://127.1/"}}), "input_image_url"),
        (json!({"prompt": "x"}), "prompt"),
    ] {
        invalid(duplicate(&json!({}), &body, &plan), field);
    }
}

#[test]
fn l_02_what_only_the_original_asks_for_needs_the_plans_permission_whatever_is_overridden() {
    let none = BTreeSet::new();
    for (of, permission) in [
        (json!({"text": "a --video"}), "video_model"),
        (json!({"negative_prompt": "--upscale_v4"}), "upscale_v4"),
        (json!({"video_model": "kling"}), "video_model"),
        (json!({"community": true}), "community"),
        (json!({"only_upscale": true}), "only_upscale"),
        (json!({"outpaint_top": 100}), "outpaint"),
    ] {
        for body in [
            json!({}),
            json!({"prompt": {"text": "b", "negative_prompt": "c", "community": false, "video_model": null}}),
        ] {
            let outcome = duplicate(&of, &body, &PlanRules::new(&none));
            assert!(matches!(outcome, Err(PolicyError::PlanForbids { .. })), "{of} {body}: {outcome:?}");
            let all = permissions(&[permission, "community"]);
            let judged = duplicate(&of, &body, &PlanRules::new(&all)).unwrap();
            assert!(granted(&judged.priced).contains(&permission), "{of} {body}");
            assert_eq!(judged.priced.videos(), if permission == "video_model" { 4 } else { 0 });
        }
    }
    let quiet = json!({"community": false, "video_model": null, "video_prompt": "", "image_references": [], "multi": 0});
    assert!(duplicate(&quiet, &json!({}), &PlanRules::new(&none)).is_ok());
}

#[test]
fn l_09_an_original_that_was_not_seen_whole_is_not_duplicated() {
    let none = BTreeSet::new();
    for of in [
        json!({"text": null}),
        json!({"text": " "}),
        json!({"text": 5}),
        json!({"num_images": null}),
        json!({"num_images": 0}),
        json!({"num_images": 9}),
        json!({"num_images": "4"}),
        json!({"tune_id": null}),
        json!({"tune_id": 0}),
        json!({"tune_id": "7"}),
    ] {
        let body = json!({"prompt": {"text": "b", "num_images": 1}});
        invalid(duplicate(&of, &body, &PlanRules::new(&none)), "base");
    }
}

#[test]
fn quota_08_a_duplicate_has_no_more_than_the_plan() {
    let none = BTreeSet::new();
    let plan = PlanRules {
        is_sandbox: true,
        max_num_images: Some(2),
        max_resolution: Some(Resolution::TwoK),
        ..PlanRules::new(&none)
    };
    let judged = duplicate(&json!({"resolution": "4K"}), &json!({}), &plan).unwrap();
    assert_eq!(sent(&judged.params), json!({"prompt": {"num_images": 2, "resolution": "2K"}}));
    assert_eq!((judged.priced.images, judged.priced.resolution), (2, Some(Resolution::TwoK)));
    assert_eq!(judged.clamped, ["prompt[num_images]", "prompt[resolution]"]);
    let judged =
        duplicate(&json!({"resolution": "1K", "num_images": 1}), &json!({"num_images": 3}), &plan).unwrap();
    assert_eq!(
        (sent(&judged.params), judged.clamped),
        (json!({"prompt": {"num_images": 2}}), vec!["num_images".to_owned()])
    );
}

#[test]
fn a_template_of_an_original_is_judged_with_what_is_known_of_its_tune() {
    let none = BTreeSet::new();
    let known = Characteristics::seen(&json!({"k": "<lora:9:1>"}));
    let original = original(&json!({"text": "a {{k}}"}));
    let judge =
        |known| judge_duplicate(&original, json_params(&json!({})), &rules(), &PlanRules::new(&none), known);
    assert_eq!(judge(Some(&known)).unwrap().names, using(&[7, 9]));
    assert_eq!(judge(None).unwrap().templates, ["a {{k}}"]);
}

#[test]
fn quota_08_a_prompt_is_lowered_to_the_plan_and_says_so() {
    let none = BTreeSet::new();
    let judge = |body: Json, max: u8, resolution| {
        let plan = PlanRules {
            max_num_images: Some(max),
            max_resolution: Some(resolution),
            ..PlanRules::new(&none)
        };
        judge_prompt(json_params(&body), Some("7"), &rules(), &plan, None).unwrap()
    };
    let judged = judge(json!({"text": "a", "num_images": 8, "resolution": "4K"}), 3, Resolution::TwoK);
    assert_eq!(
        (judged.priced.images, judged.clamped.as_slice()),
        (3, &["num_images".to_owned(), "resolution".to_owned()][..])
    );
    assert_eq!(sent(&judged.params), json!({"prompt": {"text": "a", "num_images": 3, "resolution": "2K"}}));
    let judged = judge(json!({"prompt": {"text": "a", "num_images": "4"}}), 3, Resolution::OneK);
    assert_eq!(sent(&judged.params), json!({"prompt": {"text": "a", "num_images": 3, "resolution": "1K"}}));
    assert_eq!(judged.clamped, ["prompt[num_images]"]);
    let judged = judge(json!({"text": "a", "num_images": 3, "resolution": "4K"}), 8, Resolution::FourK);
    assert_eq!(judged.clamped, Vec::<String>::new());
}
