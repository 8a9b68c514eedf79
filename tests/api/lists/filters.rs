//! Every documented filter, on the caller's own objects.

use serde_json::{Value, json};

use super::super::harness::{SHARED_TUNE, spawn_gateway};
use super::super::ids::{a_tune, open_gateway};
use super::{adopt, listed};

#[tokio::test]
async fn tunes_are_filtered_by_title_name_model_type_and_branch() {
    let gw = open_gateway().await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let made = a.post_json("/tunes", &a_tune("My cat & I")).await.ok()["id"].as_u64().unwrap();
    b.post_json("/tunes", &a_tune("My cat & I")).await.ok();
    let [woman, dog, fast, theirs] = gw.mock.seed_tunes(4).try_into().unwrap();
    for (id, name, value) in [
        (woman, "name", json!("woman")),
        (woman, "model_type", json!("pti")),
        (dog, "name", json!("dog")),
        (dog, "model_type", Value::Null),
        (dog, "title", json!("Rex")),
        (fast, "branch", json!("fast")),
        (theirs, "title", json!("Rex")),
        (theirs, "branch", json!("fast")),
    ] {
        gw.mock.set_member(id, name, value);
    }
    adopt(&gw, "a", &[woman, dog, fast]).await;
    adopt(&gw, "b", &[theirs]).await;

    for (query, expected) in [
        ("", vec![fast, dog, woman, made]),
        ("title=My+cat+%26+I", vec![made]),
        ("title=My+cat", vec![]),
        ("title=my+cat+%26+i", vec![]),
        ("title=Rex", vec![dog]),
        ("title=", vec![fast, dog, woman, made]),
        ("name=woman", vec![woman]),
        ("name[]=woman&name[]=dog", vec![dog, woman]),
        ("name%5B%5D=man", vec![fast, made]),
        ("name[]=man&branch=fast", vec![fast]),
        ("model_type=pti", vec![woman]),
        ("model_type=lora", vec![fast, made]),
        ("branch=fast", vec![fast]),
        ("branch=flux1&limit=1&offset=1", vec![woman]),
        ("branch=sd15", vec![]),
    ] {
        assert_eq!(listed(&a, &format!("/tunes?{query}")).await, expected, "{query}");
    }
    let of_another = listed(&b, "/tunes?branch=fast&title=Rex").await;
    assert_eq!(of_another, [theirs]);
}

#[tokio::test]
async fn prompts_are_filtered_by_text_tune_pack_like_day_kind_and_origin() {
    let gw = spawn_gateway().manual_clock_at(1_800_000_000).start().await;
    let user = gw.user("a");
    let [tune] = gw.mock.seed_tunes(1).try_into().unwrap();
    let [cat, percent, video, old] = gw.mock.seed_prompts(tune, 4).try_into().unwrap();
    let [shared] = gw.mock.seed_prompts(SHARED_TUNE, 1).try_into().unwrap();
    let [aliased] = gw.mock.seed_prompts(mock_astria::GEMINI_TUNE_ID, 1).try_into().unwrap();
    let [theirs] = gw.mock.seed_prompts(SHARED_TUNE, 1).try_into().unwrap();
    // The test's clock stands at 08:00 of this day.
    for id in [cat, percent, video, shared, aliased, theirs] {
        gw.mock.set_member(id, "created_at", json!("2027-01-15T00:00:00.000Z"));
    }
    for (id, name, value) in [
        (cat, "text", json!("A ginger CÄT in a 10-gallon hat")),
        (percent, "text", json!("100% cotton_shirt")),
        (video, "video_model", json!("kling")),
        (old, "created_at", json!("2027-01-14T23:59:59.999Z")),
        (old, "is_api", json!(false)),
        (cat, "pack_id", json!(260)),
        (old, "base_pack_id", json!(311)),
        (theirs, "pack_id", json!(260)),
    ] {
        gw.mock.set_member(id, name, value);
    }
    adopt(&gw, "a", &[tune, cat, percent, video, old, shared, aliased]).await;
    adopt(&gw, "b", &[theirs]).await;
    assert_eq!(user.post_json(&format!("/prompts/{shared}/likes"), &json!({})).await.status, 201);

    for (query, expected) in [
        ("", vec![aliased, shared, old, video, percent, cat]),
        ("text=ginger+c%C3%A4t", vec![cat]),
        ("text=100%25", vec![percent]),
        ("text=%25", vec![percent]),
        ("text=_", vec![percent]),
        ("text=10", vec![percent, cat]),
        ("tune_id=TUNE", vec![old, video, percent, cat]),
        ("tune_id=SHARED", vec![shared]),
        ("tune_id=gemini", vec![aliased]),
        ("tune_id=%40gemini", vec![aliased]),
        ("pack_id=260", vec![cat]),
        ("base_pack_id=311", vec![old]),
        ("base_pack_id=260", vec![]),
        ("liked=true", vec![shared]),
        ("liked=0&tune_id=SHARED", vec![]),
        ("today=true", vec![aliased, shared, video, percent, cat]),
        ("today=false", vec![aliased, shared, old, video, percent, cat]),
        ("is_video=true", vec![video]),
        ("is_video=false&tune_id=TUNE", vec![old, percent, cat]),
        ("is_api=false", vec![old]),
        ("is_api=true&limit=2", vec![aliased, shared]),
    ] {
        let query = query.replace("TUNE", &tune.to_string()).replace("SHARED", &SHARED_TUNE.to_string());
        assert_eq!(listed(&user, &format!("/prompts?{query}")).await, expected, "{query}");
    }
    assert_eq!(listed(&user, &format!("/tunes/{tune}/prompts?text=cotton")).await, [percent]);
    assert_eq!(listed(&user, "/tunes/@gemini/prompts?today=1").await, [aliased]);
    let contradictory = format!("/tunes/{tune}/prompts?tune_id={SHARED_TUNE}");
    assert!(listed(&user, &contradictory).await.is_empty());
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_told_and_one_that_nobody_knows_is_dropped_and_named() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("a");
    for query in
        ["liked=maybe", "today=2", "is_video=x", "is_api=[]", "pack_id=x", "base_pack_id=-1", "text[]=a"]
    {
        let name = query.split(['=', '[']).next().unwrap();
        let problem = user.get(&format!("/prompts?{query}")).await.problem(422, "validation_failed");
        assert!(problem["errors"][name].is_array(), "{query}: {problem}");
    }
    for (path, dropped) in [
        ("/prompts?user_id=1&title=x&foo=1", "user_id, title, foo"),
        ("/tunes?liked=true&tune_id=7&order=asc", "liked, tune_id, order"),
        ("/tunes?limit=3", ""),
    ] {
        let reply = user.get(path).await;
        assert_eq!(reply.ok(), json!([]));
        assert_eq!(reply.header("gateway-dropped-params").unwrap_or_default(), dropped, "{path}");
    }
    assert!(gw.mock.requests().is_empty());
}
