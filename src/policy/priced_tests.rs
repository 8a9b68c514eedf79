//! What enters a price is found wherever it stands in a request.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::prompt_tests::{json_params, permissions, rules};
use super::*;

const ALL: [&str; 6] = ["video_model", "upscale_v4", "multi", "image_references", "community", "auto_extend"];

fn prompt(more: &Json) -> Priced {
    let mut prompt = json!({"text": "a cat", "num_images": 2});
    for (name, value) in more.as_object().unwrap() {
        prompt[name] = value.clone();
    }
    let all = permissions(&ALL);
    let params = json_params(&json!({ "prompt": prompt }));
    judge_prompt(params, Some("7"), &rules(), &PlanRules::new(&all), None).unwrap().priced
}

fn video(models: &[&str], duration_s: Option<u32>) -> Option<Video> {
    Some(Video { models: models.iter().map(|name| VideoModel::read(name)).collect(), duration_s })
}

#[test]
fn l_02_a_videos_model_and_seconds_count_as_parameter_and_as_flag() {
    for (more, expected) in [
        (json!({}), None),
        (json!({"text": "a --video"}), video(&[], None)),
        (json!({"video_model": "kling-2.1", "video_duration": "5"}), video(&["kling-2.1"], Some(5))),
        (json!({"text": "a --video_model kling-2.1 --duration 10"}), video(&["kling-2.1"], Some(10))),
        (json!({"text": "a --video_model=veo3 --video_duration=4"}), video(&["veo3"], Some(4))),
        (json!({"negative_prompt": "b --video_model veo3"}), video(&["veo3"], None)),
        (
            json!({"text": "a --video_model veo3 --duration 3", "video_model": "kling", "video_duration": 9}),
            video(&["kling", "veo3"], Some(9)),
        ),
        (json!({"text": "a --video_model"}), video(&[""], None)),
        (json!({"text": "a --video_model {{model}}"}), video(&["{{model}}"], None)),
        (json!({"video_model": "Kling 2.1"}), video(&["Kling 2.1"], None)),
    ] {
        assert_eq!(prompt(&more).video, expected, "{more}");
    }
    for unclear in ["", "Kling", "{{model}}", "--video", &"a".repeat(41)] {
        assert_eq!(VideoModel::read(unclear), VideoModel::Unclear, "{unclear:?}");
    }
}

#[test]
fn resolution_and_flags_enter_a_price_and_videos_are_no_flag() {
    let priced =
        prompt(&json!({"text": "a --upscale_v4 --multi --video", "resolution": "4K", "community": true}));
    assert_eq!(priced.resolution, Some(Resolution::FourK));
    assert_eq!(priced.flags, BTreeSet::from(["community", "multi", "upscale_v4"]));
    assert_eq!((priced.images, priced.videos()), (2, 2));
    assert_eq!(prompt(&json!({})).resolution, None, "what nobody named is Astria's default");
}

#[test]
fn l_09_a_duplicate_is_priced_by_its_original_and_the_overrides_together() {
    let all = permissions(&ALL);
    let duplicate = |of: Json, body: Json| {
        let mut original = json!({"tune_id": 7, "num_images": 4, "text": "a cat"});
        for (name, value) in of.as_object().unwrap() {
            original[name] = value.clone();
        }
        let original = original.as_object().unwrap().clone();
        judge_duplicate(&original, json_params(&body), &rules(), &PlanRules::new(&all), None).unwrap().priced
    };
    let of = json!({"video_model": "veo3", "video_duration": 8, "resolution": "4K", "text": "a --multi"});
    let priced = duplicate(of, json!({"prompt": {"video_model": "kling", "video_duration": 2, "text": "b"}}));
    assert_eq!(priced.video, video(&["kling", "veo3"], Some(8)), "which counts is Astria's to say");
    assert_eq!((priced.resolution, priced.images), (Some(Resolution::FourK), 4));
    assert_eq!(priced.flags, BTreeSet::from(["multi"]));
    let of = json!({"text": "a --video_model veo3 --duration 7"});
    let priced = duplicate(of.clone(), json!({"prompt": {"text": "b", "resolution": "1K"}}));
    assert_eq!((&priced.video, priced.resolution), (&video(&["veo3"], Some(7)), Some(Resolution::OneK)));
    assert_eq!(duplicate(of, json!({})).video, video(&["veo3"], Some(7)));
}

#[test]
fn what_one_nested_prompt_asks_for_prices_neither_its_neighbour_nor_the_training() {
    let all = permissions(&ALL);
    let body = json!({"tune": {"title": "t", "name": "cat", "image_urls": ["https://a.example/1.jpg"], "auto_extend": true,
        "prompts_attributes": [{"text": "a --video_model veo3 --upscale_v4"}, {"text": "b", "num_images": 3}]}});
    let judged = judge_tune(json_params(&body), &rules(), &PlanRules::new(&all)).unwrap();
    assert_eq!(judged.flags, BTreeSet::from(["auto_extend"]));
    let first = Priced {
        images: 1,
        video: video(&["veo3"], None),
        flags: BTreeSet::from(["upscale_v4"]),
        ..Priced::default()
    };
    assert_eq!(judged.prompts, [first, Priced { images: 3, ..Priced::default() }]);
}

#[test]
fn a_briefs_flags_price_a_packs_prompts_and_not_its_training() {
    let all = permissions(&ALL);
    let body = json!({"tune": {"title": "t", "name": "cat", "image_urls": ["https://a.example/1.jpg"], "auto_extend": true,
        "brief": "a --video", "prompt_attributes": {"num_images": 2, "resolution": "4K"}}});
    let judged = judge_pack_run(json_params(&body), &rules(), &PlanRules::new(&all)).unwrap();
    assert_eq!(judged.flags, BTreeSet::from(["auto_extend"]));
    let each = Priced {
        images: 2,
        resolution: Some(Resolution::FourK),
        video: video(&[], None),
        flags: BTreeSet::new(),
    };
    assert_eq!(judged.each, each);
}
