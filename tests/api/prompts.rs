//! Prompts: created on shared tunes in every encoding, read back by whoever created them.

mod isolation;
mod prices;
mod quotas;
mod refused;

use serde_json::{Value, json};

use super::harness::{SHARED_TUNE, finished, photos, spawn_gateway};

pub fn on_shared() -> String {
    format!("/tunes/{SHARED_TUNE}/prompts")
}

pub fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_prompt_is_created_and_read_under_every_address_until_its_pictures_are_there() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");

    let created = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "num_images": 3}})).await;

    assert_eq!(created.status, 201);
    assert_eq!(created.header("cache-control"), Some("no-store"));
    let prompt = created.ok();
    let id = &prompt["id"];
    assert_eq!(prompt["url"], format!("{}/tunes/{SHARED_TUNE}/prompts/{id}.json", gw.url));
    for withheld in ["callback", "user_id", "is_api", "workspace_id", "pack_id", "input_image"] {
        assert!(prompt.get(withheld).is_none(), "{withheld} is shown");
    }
    for path in [
        format!("/prompts/{id}"),
        format!("/prompts/{id}.json"),
        format!("/tunes/{SHARED_TUNE}/prompts/{id}"),
        format!("/tunes/{SHARED_TUNE}/prompts/{id}.json"),
    ] {
        let shown = finished(&user, &path).await.ok();
        assert_eq!(shown["images"].as_array().unwrap().len(), 3, "{path}");
        assert_eq!((&shown["id"], &shown["url"]), (id, &prompt["url"]), "{path}");
        assert!(shown.get("callback").is_none() && shown.get("user_id").is_none(), "{path}");
    }
    let creates = gw.mock.requests().into_iter().filter(|request| request.method == "POST").count();
    assert_eq!(creates, 1);
}

#[tokio::test]
async fn a_failed_job_shows_why_it_failed() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let prompt = user.post_json(&on_shared(), &json!({"prompt": {"text": "a user_error"}})).await.ok();

    let shown = finished(&user, &format!("/prompts/{}", prompt["id"])).await.ok();

    assert!(shown["user_error"].is_string(), "{shown}");
    assert_eq!(shown["images"], json!([]));
}

#[tokio::test]
async fn a_multipart_prompt_reaches_astria_with_its_photos_and_without_their_positions() {
    let gw = spawn_gateway().start().await;
    let [(_, jpeg), (_, png), ..] = photos::SAMPLES;
    let fields =
        [("prompt[text]", "a cat"), ("prompt[controlnet]", "pose"), ("prompt[denoising_strength]", "0.5")];
    let files = [("prompt[input_image]", jpeg), ("prompt[mask_image]", png)];

    let reply = gw.user("first").post_multipart(&on_shared(), &fields, &files).await;

    assert_eq!(reply.status, 201, "{}", reply.text());
    let sent = &gw.mock.requests()[0];
    assert_eq!(sent.params["prompt"]["text"], "a cat");
    assert_eq!(sent.params["prompt"]["controlnet"], "pose");
    assert_eq!(sent.params["prompt"]["num_images"], "1");
    assert!(sent.headers["content-type"].starts_with("multipart/form-data; boundary=gateway-"));
    let files: Vec<_> =
        sent.files.iter().map(|file| (&*file.name, &*file.filename, file.size_bytes)).collect();
    assert_eq!(
        files,
        [("prompt[input_image]", "upload.jpg", jpeg.len()), ("prompt[mask_image]", "upload.png", png.len())]
    );
    assert_eq!(sent.files[0].content_type.as_deref(), Some("image/jpeg"));
    for (file, original) in sent.files.iter().zip([jpeg, png]) {
        super::inspect::assert_position_is_blanked(original, &super::inspect::bytes_of(file));
    }
}

#[tokio::test]
async fn a_urlencoded_prompt_reaches_astria() {
    let gw = spawn_gateway().start().await;
    let fields = [
        ("prompt[text]", "a cat & a dog = 100%"),
        ("prompt[num_images]", "2"),
        ("prompt[super_resolution]", "True"),
        ("prompt[w]", "512"),
        ("prompt[seed]", ""),
    ];

    let reply = gw.user("first").post_form(&on_shared(), &fields).await;

    assert_eq!(reply.status, 201, "{}", reply.text());
    let mut sent = gw.mock.requests()[0].params["prompt"].clone();
    sent.as_object_mut().unwrap().remove("callback");
    assert_eq!(
        sent,
        json!({"text": "a cat & a dog = 100%", "num_images": 2, "super_resolution": true, "w": 512})
    );
}

#[tokio::test]
async fn the_tune_may_stand_in_the_body_and_goes_upstream_in_the_path() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let id = SHARED_TUNE.to_string();
    user.post_json("/prompts", &json!({"prompt": {"text": "a cat", "tune_id": SHARED_TUNE}})).await.ok();
    user.post_json("/prompts", &json!({"prompt": {"text": "a cat", "tune_id": id}})).await.ok();
    user.post_form("/prompts", &[("prompt[tune_id]", &id), ("prompt[text]", "a cat")]).await.ok();
    user.post_multipart("/prompts", &[("prompt[tune_id]", &id), ("prompt[text]", "a cat")], &[]).await.ok();

    let requests = gw.mock.requests();

    assert_eq!(requests.len(), 4);
    for sent in requests {
        assert_eq!((sent.path.as_str(), sent.query.as_str()), (on_shared().as_str(), ""));
        assert!(sent.params["prompt"].get("tune_id").is_none());
    }
}

#[tokio::test]
async fn unwrapped_json_is_read_as_rails_wraps_it() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    user.post_json(&on_shared(), &json!({"text": "a cat", "num_images": 2})).await.ok();
    user.post_json("/prompts", &json!({"text": "a dog", "tune_id": SHARED_TUNE})).await.ok();

    let requests = gw.mock.requests();

    let sent = |n: usize| (requests[n].params["prompt"]["text"].clone(), &requests[n].params["prompt"]);
    assert_eq!(sent(0).0, "a cat");
    assert_eq!(sent(0).1["num_images"], 2);
    assert_eq!(sent(1).0, "a dog");
    assert_eq!(gw.quota(&user, "images").await, (3, 0, 17));
}

#[tokio::test]
async fn an_alias_with_or_without_at_means_the_operators_tune() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let body = json!({"prompt": {"text": "a cat"}});
    let expected = format!("/tunes/{}/prompts", mock_astria::GEMINI_TUNE_ID);
    let by_name = user.post_json("/tunes/gemini/prompts", &body).await.ok();
    user.post_json("/tunes/@gemini/prompts", &body).await.ok();
    for name in ["gemini", "@gemini"] {
        let body = json!({"prompt": {"text": "a cat", "tune_id": name}});
        user.post_json("/prompts", &body).await.ok();
    }

    let paths: Vec<_> = gw.mock.requests().into_iter().map(|request| request.path).collect();

    assert_eq!(paths, vec![expected; 4]);
    assert_eq!(by_name["tune_id"], mock_astria::GEMINI_TUNE_ID);
    for alias in ["gemini", "@gemini"] {
        finished(&user, &format!("/tunes/{alias}/prompts/{}", by_name["id"])).await;
    }
}

#[tokio::test]
async fn quota_07_an_absent_number_of_images_is_sent_explicitly() {
    let gw = spawn_gateway().config(|c| c.policy.default_num_images = 2).start().await;
    let user = gw.user("first");
    let prompt = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await.ok();

    // Left out, the imitated account's default of 4 would be made.
    assert_eq!(gw.mock.requests()[0].params["prompt"]["num_images"], 2);
    assert_eq!(prompt["num_images"], 2);
    assert_eq!(gw.quota(&user, "images").await, (2, 0, 18));
}

#[tokio::test]
async fn what_is_on_no_list_is_dropped_and_named_in_plain_characters() {
    let gw = spawn_gateway().start().await;
    let mut prompt = json!({"text": "a cat", "Weird; name é\u{2028}": 1, "foo": {"bar": [1]}});
    for n in 0..30 {
        prompt[format!("{n:02}{}", "x".repeat(100))] = json!(n);
    }
    let body = json!({"prompt": prompt, "utf8": "✓", "commit": "Save"});

    let reply = gw.user("first").post_json(&on_shared(), &body).await;

    assert_eq!(reply.status, 201, "{}", reply.text());
    let named: Vec<_> = reply.header("gateway-dropped-params").unwrap().split(", ").collect();
    assert_eq!(named.len(), 16);
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"_[]".contains(&c);
    assert!(named.iter().all(|name| name.len() <= 64 && name.bytes().all(plain)), "{named:?}");
    assert!(named.contains(&"utf8") && named.contains(&"commit"), "{named:?}");
    assert!(
        named.contains(&"prompt[foo]") && named.iter().any(|name| name.starts_with("prompt[weird__name"))
    );
    assert_eq!(names(&gw.mock.requests()[0].params["prompt"]), ["callback", "num_images", "text"]);
    let metrics = gw.operator("/metrics").await;
    assert!(metrics.contains(r#"dropped_params_total{operation="create_prompt"} 1"#), "{metrics}");
}

#[tokio::test]
async fn a_request_without_superfluous_parameters_names_none() {
    let gw = spawn_gateway().start().await;
    let reply = gw.user("first").post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await;
    assert_eq!(reply.header("gateway-dropped-params"), None);
}

#[tokio::test]
async fn l_01_what_must_never_pass_never_passes_in_any_encoding() {
    let evil = [
        ("prompt[callback]", "https://evil.example"),
        ("prompt[prompts_callback]", "https://evil.example"),
        ("prompt[prompts_attributes][0][callback]", "https://evil.example"),
        ("prompt[workspace_id]", "7"),
        ("prompt[user_id]", "7"),
        ("prompt[pack_id]", "260"),
        ("prompt[base_pack_id]", "260"),
        ("prompt[community]", "false"),
        ("prompt[auto_extend]", "true"),
        ("prompt[id]", "7"),
        ("callback", "https://evil.example"),
        ("workspace_id", "7"),
        ("community", "true"),
        ("authenticity_token", "abc"),
        ("_method", "delete"),
        ("tune_id", "7"),
        ("id", "7"),
    ];
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let mut fields = vec![("prompt[text]", "a cat")];
    fields.extend(evil);
    let mut wrapped = json!({"prompt": {"text": "a cat"}});
    let mut unwrapped = json!({"text": "a cat"});
    for (name, value) in evil {
        let inner = name.strip_prefix("prompt[").map(|rest| rest.split(']').next().unwrap());
        match inner {
            Some(inner) => wrapped["prompt"][inner] = json!(value),
            None => wrapped[name] = json!(value),
        }
        // Unwrapped, `community` is the prompt's own, and asking for it is an error rather than dropped.
        if name != "community" {
            unwrapped[inner.unwrap_or(name)] = json!(value);
        }
    }
    let replies = [
        user.post_form(&on_shared(), &fields).await,
        user.post_multipart(&on_shared(), &fields, &[]).await,
        user.post_json(&on_shared(), &wrapped).await,
        user.post_json(&on_shared(), &unwrapped).await,
    ];

    for reply in &replies {
        assert_eq!(reply.status, 201, "{}", reply.text());
        assert!(reply.header("gateway-dropped-params").unwrap().contains("callback"));
    }
    let requests = gw.mock.requests();
    assert_eq!(requests.len(), 4);
    for sent in requests {
        assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", on_shared().as_str()));
        assert_eq!(names(&sent.params), ["prompt", "tune_id"]);
        assert_eq!(sent.params["tune_id"], SHARED_TUNE.to_string());
        assert_eq!(names(&sent.params["prompt"]), ["callback", "num_images", "text"]);
        let callback = sent.params["prompt"]["callback"].as_str().unwrap();
        assert!(callback.starts_with(&format!("{}/gateway/callbacks/1.", gw.url)), "{callback}");
    }
}

#[tokio::test]
async fn l_07_publishing_needs_a_plan_that_allows_it() {
    let gw = spawn_gateway()
        .config(|c| c.plans.get_mut("pro").unwrap().allow_params = ["community".into()].into())
        .start()
        .await;
    let body = json!({"prompt": {"text": "a cat", "community": true}});

    let refused = gw.user("first").post_json(&on_shared(), &body).await;
    let allowed = gw.pro_user("second").post_json(&on_shared(), &body).await;

    refused.problem(403, "parameter_not_allowed");
    assert_eq!(allowed.status, 201);
    let requests = gw.mock.requests();
    assert_eq!((requests.len(), &requests[0].params["prompt"]["community"]), (1, &json!(true)));
}
