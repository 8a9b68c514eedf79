//! What a create holds before anybody knows its price.

use astria_gateway::config::{Price, PricePer};
use astria_gateway::money::Millicents;
use astria_gateway::operation::Operation;
use astria_gateway::quota::{Measure, Period, QuotaRule, SharedBy};
use mock_astria::{Fault, FaultRule};
use serde_json::{Value, json};

use super::super::harness::{Spawn, TestGateway, spawn_gateway};
use super::on_shared;

const LIMIT_MC: u64 = 1_000_000;

/// `[[prices]]`: on the shared tune 300 an image, 700 in 4K, 50 more with `--upscale_v4`; a video 1 000 a second.
fn priced() -> Spawn {
    let row = |cost_mc| Price { cost_mc: Millicents(cost_mc), ..Price::default() };
    let model = mock_astria::FLUX_TUNE_ID.to_string();
    spawn_gateway().config(|c| {
        c.prices = vec![
            Price { model: model.clone(), ..row(300) },
            Price { model, resolution: "4K".into(), ..row(700) },
            Price { flag: "upscale_v4".into(), ..row(50) },
            Price { video_model: "*".into(), per: PricePer::Second, ..row(1_000) },
        ];
        let plan = c.plans.get_mut("free").unwrap();
        plan.quotas = vec![QuotaRule {
            of: Measure::CostMc,
            per: Period::Day,
            limit: LIMIT_MC,
            shared_by: SharedBy::EndUser,
        }];
        plan.allow = vec![Operation::CreatePrompt, Operation::InspectImage];
        plan.allow_params = ["video_model", "upscale_v4", "multi"].map(str::to_owned).into();
    })
}

/// What a create whose answer is lost leaves held, in millicents.
async fn held(gw: &TestGateway, name: &str, path: &str, body: &Value) -> u64 {
    gw.expect_unknown();
    gw.mock.inject(FaultRule::new(Fault::Status504AfterProcessing).method("POST"));
    let user = gw.user(name);
    let (_, before, _) = gw.quota(&user, "cost_mc").await;
    user.post_json(path, body).await.problem(504, "upstream_timeout");
    let (_, after, _) = gw.quota(&user, "cost_mc").await;
    after - before
}

#[tokio::test]
async fn quota_06_a_create_holds_what_the_operators_table_says_and_books_what_astria_says() {
    let gw = priced().start().await;

    for (more, expected) in [
        (json!({}), 600),
        (json!({"resolution": "4K"}), 1_400),
        (json!({"text": "a cat --upscale_v4"}), 700),
        (json!({"text": "a cat --video --duration 5"}), 10_000),
        (json!({"video_model": "kling-2.1", "video_duration": 3}), 6_000),
    ] {
        let mut body = json!({"prompt": {"text": "a cat", "num_images": 2}});
        for (name, value) in more.as_object().unwrap() {
            body["prompt"][name] = value.clone();
        }
        assert_eq!(held(&gw, "first", &on_shared(), &body).await, expected, "{more}");
    }
    let user = gw.user("second");
    let prompt = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await.ok();
    let cost_mc = prompt["cost_mc"].as_u64().unwrap();
    assert_ne!(cost_mc, 300);
    assert_eq!(gw.quota(&user, "cost_mc").await, (cost_mc, 0, LIMIT_MC - cost_mc));
}

#[tokio::test]
async fn quota_06_an_unknown_price_holds_the_default_until_one_like_it_has_cost_something() {
    let gw = priced().start().await;
    let elsewhere = "/tunes/gemini/prompts";
    let body = |text: &str, images: u64| json!({"prompt": {"text": text, "num_images": images}});
    let unknown = 10_000;
    assert_eq!(held(&gw, "first", elsewhere, &body("a cat", 3)).await, 3 * unknown);
    // A flag that no row prices, on a tune that one does.
    assert_eq!(held(&gw, "first", &on_shared(), &body("a cat --multi", 2)).await, 2 * unknown);

    let prompt = gw.user("second").post_json(elsewhere, &body("a cat", 2)).await.ok();

    let each = prompt["cost_mc"].as_u64().unwrap() / 2;
    assert!(each > 0 && each != unknown, "{each}");
    assert_eq!(held(&gw, "first", elsewhere, &body("a dog", 3)).await, 3 * each);
    // What was learned outlives a configuration; a row of the table comes before it.
    gw.reload(|configured| configured.config.quota.unknown_cost_mc = Millicents(55));
    assert_eq!(held(&gw, "first", elsewhere, &body("a bird", 1)).await, each);
    assert_eq!(held(&gw, "first", &on_shared(), &body("a cat --multi", 2)).await, 110);
    gw.reload(|configured| {
        let row = Price { model: "gemini".into(), cost_mc: Millicents(7), ..Price::default() };
        configured.config.prices.push(row);
    });
    assert_eq!(held(&gw, "first", elsewhere, &body("a bird", 2)).await, 14);
}

#[tokio::test]
async fn quota_08_a_pack_holds_what_it_publishes_and_more_if_the_request_adds_to_it() {
    let gw = priced()
        .config(|c| {
            let film = Price {
                operation: Operation::RunPack,
                video_model: "*".into(),
                per: PricePer::Second,
                cost_mc: Millicents(1_000),
                ..Price::default()
            };
            c.prices.push(film);
            c.plans.get_mut("free").unwrap().allow.push(Operation::RunPack);
        })
        .start()
        .await;
    let training = |name: &str, brief: &str| {
        let urls = ["https://a.example/1.jpg"];
        json!({"tune": {"title": brief, "name": name, "image_urls": urls, "brief": brief}})
    };
    let headshots = "/p/corporate-headshots/tunes";
    assert_eq!(held(&gw, "first", headshots, &training("man", "in Rome")).await, 450_000);
    // 4 prompts of 8 videos of 15 seconds, and a training of which nothing is known.
    assert_eq!(held(&gw, "second", headshots, &training("man", "it moves --video")).await, 490_000);
}

#[tokio::test]
async fn what_is_free_holds_no_money() {
    let gw =
        priced().config(|c| c.plans.get_mut("free").unwrap().allow.push(Operation::CreateTune)).start().await;
    let user = gw.user("first");
    let urls = ["https://a.example/1.jpg"];
    let tune = json!({"tune": {"title": "a", "name": "cat", "image_urls": urls, "branch": "fast"}});
    let id = user.post_json("/tunes", &tune).await.ok()["id"].clone();

    let on_free = json!({"prompt": {"text": "a cat", "num_images": 8}});
    assert_eq!(held(&gw, "first", &format!("/tunes/{id}/prompts"), &on_free).await, 0);
    assert_eq!(held(&gw, "first", "/tunes", &tune).await, 0);
}
