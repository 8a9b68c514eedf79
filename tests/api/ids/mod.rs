//! Every route × every place an id can stand × every encoding, as an end user with somebody else's ids.
//!
//! The routes come from the gateway's own table, so a new one is walked without a word here; one whose parameters
//! nobody described here fails the walk. The answer is always the 404 of an id that does not exist, and Astria is
//! asked nothing.

mod places;

use std::collections::BTreeSet;

use astria_gateway::operation::Operation;
use astria_gateway::routes::{Access, Route, table};
use reqwest::Method;
use serde_json::{Value, json};

use self::places::{Encoding, Place, places_of};
use super::harness::{Client, Reply, SHARED_TUNE, TestGateway, spawn_gateway};

/// Ids that nobody has.
const MISSING: u64 = 999_999_999;

/// What one end user has.
pub struct Things {
    pub tune: u64,
    pub prompt: u64,
    /// A prompt on a shared tune.
    pub on_shared: u64,
}

/// A gateway whose plans allow everything.
pub async fn open_gateway() -> TestGateway {
    spawn_gateway()
        .config(|config| {
            for plan in config.plans.values_mut() {
                plan.allow = Operation::ALL.into_iter().filter(|op| op.creates_cost()).collect();
                plan.allow_params =
                    ["video_model", "image_references", "multi", "upscale_v4"].map(str::to_owned).into();
                plan.quotas.clear();
            }
        })
        .start()
        .await
}

/// A body of `POST /tunes` that everybody accepts.
pub fn a_tune(title: &str) -> Value {
    json!({"tune": {
        "title": title, "name": "man", "model_type": "lora",
        "image_urls": ["https://images.example.com/1.jpg", "https://images.example.com/2.jpg",
            "https://images.example.com/3.jpg", "https://images.example.com/4.jpg"],
    }})
}

/// Makes a tune and two prompts.
pub async fn things_of(user: &Client) -> Things {
    let id = |value: &Value| value["id"].as_u64().unwrap();
    let tune = id(&user.post_json("/tunes", &a_tune("mine")).await.ok());
    let text = json!({"prompt": {"text": "ohwx man on a bench"}});
    let prompt = id(&user.post_json(&format!("/tunes/{tune}/prompts"), &text).await.ok());
    let on_shared = id(&user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &text).await.ok());
    Things { tune, prompt, on_shared }
}

/// Status, header names and body of a reply, without what is the request's own.
fn masked(reply: &Reply) -> (u16, Vec<String>, Value) {
    let mut headers: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
    headers.sort();
    let mut body = if reply.body.is_empty() { Value::Null } else { reply.json() };
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
        body.remove("instance");
    }
    (reply.status.as_u16(), headers, body)
}

/// Routes on which objects of end users can be named.
fn walked() -> Vec<Route> {
    let known = |route: &Route| route.access() == Access::EndUser && route.operation.is_some();
    table().into_iter().filter(known).collect()
}

async fn send(user: &Client, route: &Route, place: &Place, path: &str, id: u64, encoding: Encoding) -> Reply {
    let (kind, body) = place.body(id, encoding);
    match kind {
        Some(kind) => user.method_with(route.method.clone(), path, &kind, body).await,
        None => user.method(route.method.clone(), path).await,
    }
}

#[tokio::test]
async fn iso_05_no_route_place_or_encoding_reaches_anothers_object() {
    let gw = open_gateway().await;
    let (a, b) = (gw.user("a"), gw.user("b"));
    let (theirs, mine) = (things_of(&a).await, things_of(&b).await);
    let mut before = gw.mock.requests().len();
    let mut walked_places = 0;

    for route in walked() {
        let places = places_of(&route, &theirs, &mine);
        for place in &places {
            for encoding in place.encodings() {
                let line = format!("{} {} {} {encoding:?}", route.method, route.path, place.name);
                let (path_theirs, path_nobodys) = (place.path(place.id), place.path(MISSING));
                let reply = send(&b, &route, place, &path_theirs, place.id, encoding).await;
                let nobodys = send(&b, &route, place, &path_nobodys, MISSING, encoding).await;

                assert_eq!(reply.status, 404, "{line}: {}", reply.text());
                assert_eq!(masked(&reply), masked(&nobodys), "{line}");
                let asked: Vec<String> = gw
                    .mock
                    .requests()
                    .iter()
                    .skip(before)
                    // Which templates a pack has is the pack's to say: it is nobody's object.
                    .filter(|seen| place.name != "prompt_ids[]" || !seen.path.starts_with("/p/"))
                    .map(|seen| format!("{} {}", seen.method, seen.path))
                    .collect();
                assert!(asked.is_empty(), "{line} asked {asked:?}");
                before = gw.mock.requests().len();
                walked_places += 1;
            }
        }
    }

    assert!(walked_places > 200, "{walked_places}");
    // What was refused did not break what is there.
    a.get(&format!("/tunes/{}", theirs.tune)).await.ok();
    a.get(&format!("/prompts/{}", theirs.prompt)).await.ok();
}

/// The same requests with one's own ids go through: so the walk above fails for the ids, not for their surroundings.
#[tokio::test]
async fn the_same_places_take_ones_own_ids() {
    let gw = open_gateway().await;
    let b = gw.user("b");
    let mut tried = 0;
    for route in walked() {
        let count = places_of(
            &route,
            &Things { tune: 1, prompt: 1, on_shared: 1 },
            &Things { tune: 1, prompt: 1, on_shared: 1 },
        )
        .len();
        for at in 0..count {
            // Anew each time: a place may delete what it names.
            let mine = things_of(&b).await;
            let places = places_of(&route, &mine, &mine);
            let place = &places[at];
            if !place.takes_own {
                continue;
            }
            let encoding = place.encodings()[0];
            let reply = send(&b, &route, place, &place.path(place.id), place.id, encoding).await;
            assert!(
                reply.status.is_success(),
                "{} {} {}: {}",
                route.method,
                route.path,
                place.name,
                reply.text()
            );
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

/// Whoever adds an operation with parameters describes here where ids may stand in it.
#[test]
fn every_operation_with_a_body_has_its_places_described() {
    let things = Things { tune: 1, prompt: 2, on_shared: 3 };
    let bare: BTreeSet<Operation> =
        [Operation::InspectImage, Operation::LikePrompt, Operation::UpdateTune].into();
    for route in walked() {
        let Some(operation) = route.operation else { continue };
        let places = places_of(&route, &things, &things);
        let in_path = route.path.matches('{').count();
        let packs = usize::from(route.path.contains("/p/{"));
        assert!(places.len() >= in_path - packs, "{} {}", route.method, route.path);
        let takes_a_body = route.method == Method::POST && !bare.contains(&operation);
        let described = places.iter().any(Place::in_body);
        assert!(!takes_a_body || described, "{operation} has parameters that nobody described");
    }
}
