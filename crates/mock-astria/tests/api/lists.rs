//! Packs, and lists in pages.

use mock_astria::FLUX_TUNE_ID;
use serde_json::{Value, json};

use crate::client::{get, post_json, start};

#[tokio::test]
async fn packs_carry_every_price_shape() {
    let mock = start().await;

    let packs = get(&mock, "/packs").await.json();

    let packs = packs.as_array().unwrap();
    assert!(packs.len() >= 6);
    assert!(packs.iter().any(|pack| pack["id"] == 260 && pack["costs"]["man"]["cost_mc"].is_u64()));
    assert!(packs.iter().any(|pack| pack["cost_mc_hash"]["man"].is_u64() && pack.get("costs").is_none()));
    assert!(packs.iter().any(|pack| {
        let cost = &pack["costs"]["cat"];
        cost["cost"].is_u64() && cost.get("cost_mc").is_none() && cost["num_images"].is_u64()
    }));
    assert!(packs.iter().any(|pack| pack["unlisted_at"].is_string()));
    assert!(
        packs.iter().all(|pack| pack["template_prompts"][0]["text"].is_string() && pack["user_id"].is_u64())
    );
}

#[tokio::test]
async fn packs_can_be_filtered_and_paged() {
    let mock = start().await;
    let all = get(&mock, "/packs").await.json();
    let ids = |value: &Value| -> Vec<Value> {
        value.as_array().unwrap().iter().map(|pack| pack["id"].clone()).collect()
    };

    let listed = get(&mock, "/packs?listed=true").await.json();
    let public = get(&mock, "/packs?public=true").await.json();
    let page = get(&mock, "/packs?limit=2&offset=1").await.json();

    assert!(listed.as_array().unwrap().iter().all(|pack| pack["unlisted_at"].is_null()));
    assert_eq!(ids(&listed).len() + 1, ids(&all).len());
    assert_eq!(public, get(&mock, "/gallery/packs").await.json());
    assert!(ids(&public).len() >= 4 && ids(&public).iter().all(|id| !ids(&all).contains(id)));
    assert_eq!(ids(&page), ids(&all)[1..3]);
}

#[tokio::test]
async fn a_pack_is_found_by_number_or_slug() {
    let mock = start().await;

    for path in ["/p/260", "/p/260.json", "/p/corporate-headshots", "/p/corporate-headshots.json", "/p/260-x"]
    {
        assert_eq!(get(&mock, path).await.json()["id"], 260, "{path}");
    }
    let missing = get(&mock, "/p/nothing").await;
    assert_eq!((missing.status, missing.json()["error"].is_string()), (404, true));
}

#[tokio::test]
async fn prompts_are_listed_newest_first_in_pages_of_twenty() {
    let mock = start().await;
    let path = format!("/tunes/{FLUX_TUNE_ID}/prompts");
    for n in 0..25 {
        post_json(&mock, &path, &json!({"prompt": {"text": format!("number {n}")}})).await;
    }
    let texts = |value: Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|p| p["text"].as_str().unwrap().to_owned()).collect()
    };

    let first = get(&mock, &path).await.json();
    assert_eq!(first.as_array().unwrap().len(), 20);
    assert_eq!(first[0]["text"], "number 24");
    assert_eq!(texts(get(&mock, "/prompts?offset=20").await.json()).len(), 5);
    let older = get(&mock, &format!("/prompts?before_id={}&limit=2", first[0]["id"])).await.json();
    assert_eq!(texts(older), ["number 23", "number 22"]);
    assert_eq!(texts(get(&mock, "/prompts?text=number%207").await.json()), ["number 7"]);
    let tunes = mock.seed_tunes(3);
    let older = get(&mock, &format!("/tunes?before_id={}&limit=2", tunes[2])).await.json();
    assert_eq!((&older[0]["id"], &older[1]["id"]), (&json!(tunes[1]), &json!(tunes[0])));
    assert_eq!(get(&mock, "/prompts?offset=10001").await.status, 400);
    assert_eq!(get(&mock, "/tunes?offset=201").await.status, 400);
}
