//! Prompts that are refused before anything is sent.

use astria_gateway::operation::Operation;
use serde_json::json;

use super::super::harness::{SHARED_TUNE, photos, spawn_gateway};
use super::on_shared;

#[tokio::test]
async fn l_02_a_flag_in_a_text_is_never_sent_without_permission() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    for (text, status, code) in [
        ("a cat --video", 403, "parameter_not_allowed"),
        ("a cat --video_model kling --duration 10", 403, "parameter_not_allowed"),
        ("a cat --upscale_v4", 403, "parameter_not_allowed"),
        ("a cat --tiled_upscale_v2", 403, "parameter_not_allowed"),
        ("--only_upscale", 403, "parameter_not_allowed"),
        ("a cat --multi", 403, "parameter_not_allowed"),
        ("a cat --num_images 8", 422, "validation_failed"),
        ("a cat --callback https://evil.example", 422, "validation_failed"),
        ("a cat --brandnew", 422, "validation_failed"),
        ("a cat \u{2013}\u{2013}video", 422, "validation_failed"),
        ("a cat -\u{200b}-video", 422, "validation_failed"),
        ("a cat {{x}}--video", 422, "validation_failed"),
        ("a <{{x}}> cat", 422, "validation_failed"),
        ("a < lora : 7 : 1 > cat", 422, "validation_failed"),
    ] {
        for name in ["text", "negative_prompt"] {
            let mut body = json!({"prompt": {"text": "a cat"}});
            body["prompt"][name] = json!(text);

            let reply = user.post_json(&on_shared(), &body).await;

            assert_eq!((reply.status.as_u16(), &reply.json()["code"]), (status, &json!(code)), "{text}");
            assert!(status == 403 || reply.json()["errors"][name].is_array(), "{text}: {}", reply.text());
        }
    }
    assert!(gw.mock.requests().is_empty());
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn a_plan_that_allows_a_flag_sends_it() {
    let gw = spawn_gateway()
        .config(|c| c.plans.get_mut("pro").unwrap().allow_params = ["upscale_v4".into()].into())
        .start()
        .await;
    let body = json!({"prompt": {"text": "a cat --upscale_v4"}});

    gw.pro_user("first").post_json(&on_shared(), &body).await.ok();
    gw.user("second").post_json(&on_shared(), &body).await.problem(403, "parameter_not_allowed");

    assert_eq!(gw.mock.requests()[0].params["prompt"]["text"], "a cat --upscale_v4");
}

#[tokio::test]
async fn a_plan_without_prompts_may_not_create_one() {
    let gw = spawn_gateway()
        .config(|c| c.plans.get_mut("free").unwrap().allow = vec![Operation::InspectImage])
        .start()
        .await;
    let body = json!({"prompt": {"text": "a cat", "tune_id": SHARED_TUNE}});

    gw.user("first").post_json(&on_shared(), &body).await.problem(403, "operation_not_allowed");
    gw.user("first").post_json("/prompts", &body).await.problem(403, "operation_not_allowed");

    assert!(gw.mock.requests().is_empty());
    gw.pro_user("first").post_json(&on_shared(), &body).await.ok();
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once_and_nothing_is_sent() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let body = json!({"prompt": {
        "text": "  ", "num_images": 9, "w": 100, "seed": "1.5", "aspect_ratio": "7:1", "steps": "8abc",
        "input_image_url": "http://127.0.0.1/", "film_grain": "perhaps",
    }});

    let problem = user.post_json(&on_shared(), &body).await.problem(422, "validation_failed");

    for field in ["text", "num_images", "w", "seed", "aspect_ratio", "steps", "input_image_url", "film_grain"]
    {
        assert!(problem["errors"][field].is_array(), "{field}: {problem}");
        assert_eq!(problem[field], problem["errors"][field], "{field} stands at top level too");
    }
    assert!(gw.mock.requests().is_empty());
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}

#[tokio::test]
async fn param_25_a_number_of_images_is_a_whole_number_from_1_to_8_in_one_spelling() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let odd = [
        json!(0),
        json!(9),
        json!(-1),
        json!(8.9),
        json!(1.0),
        json!(true),
        json!([8]),
        json!({"a": 8}),
        json!("8abc"),
        json!("0x8"),
        json!("08"),
        json!("１"),
        json!(" 8"),
        json!("8 "),
        json!("+8"),
        json!("1e0"),
        json!(1e300),
        json!(u64::MAX),
    ];
    for number in odd {
        let body = json!({"prompt": {"text": "a cat", "num_images": number}});
        let problem = user.post_json(&on_shared(), &body).await.problem(422, "validation_failed");
        assert!(problem["errors"]["num_images"].is_array(), "{number}: {problem}");
    }
    for fields in [
        vec![("prompt[text]", "a cat"), ("prompt[num_images][]", "8")],
        vec![("prompt[text]", "a cat"), ("prompt[num_images][a]", "8")],
        vec![("prompt[text]", "a cat"), ("prompt[num_images]", "9")],
    ] {
        user.post_form(&on_shared(), &fields).await.problem(422, "validation_failed");
        user.post_multipart(&on_shared(), &fields, &[]).await.problem(422, "validation_failed");
    }
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn photos_of_a_prompt_are_judged_as_those_of_an_inspection() {
    let gw = spawn_gateway().config(|c| c.photos.max_bytes = 4_000).start().await;
    let user = gw.user("first");
    let bomb = photos::png(60_000, 60_000);
    let fields = [("prompt[text]", "a cat")];
    for name in ["prompt[input_image]", "prompt[mask_image]"] {
        for file in [b"<svg onload=alert(1)/>".as_slice(), b"", &bomb, b"\xff\xd8\xff"] {
            let reply = user.post_multipart(&on_shared(), &fields, &[(name, file)]).await;
            reply.problem(422, "photo_refused");
        }
        let large = [photos::png(10, 10), vec![0; 4_000]].concat();
        user.post_multipart(&on_shared(), &fields, &[(name, &large)]).await.problem(413, "body_too_large");
    }
    user.post_multipart(&on_shared(), &[("prompt[text]", "x"), ("prompt[input_image]", "text")], &[])
        .await
        .problem(422, "validation_failed");
    assert!(gw.mock.requests().is_empty());
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
}
