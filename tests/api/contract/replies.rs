//! A walk over all of it: each answer is one that the document describes.

use std::collections::BTreeSet;

use astria_gateway::callback::Slot;
use astria_gateway::config::{Config, LoginProvider, Plan};
use astria_gateway::ids::ReservationId;
use mock_astria::{Fault, FaultRule};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Contract, Listed, texts};
use crate::harness::{Client, Reply, SHARED_TUNE, TestGateway, finished, photos};
use crate::objects::open;

/// Whoever asks, and looks each answer up.
struct Walk {
    contract: Contract,
    /// Operation, status.
    seen: BTreeSet<(String, u16)>,
    codes: BTreeSet<String>,
}

enum Body<'a> {
    None,
    Json(Value),
    Form(&'a [(&'a str, &'a str)], &'a [(&'a str, &'a [u8])]),
}

/// What needs a storage or a login provider: tests/api/images and tests/api/login.
const ELSEWHERE: [&str; 4] = ["getImage", "startLogin", "finishLogin", "receiveBackchannelLogout"];

/// Of every answer, by a proxy or by HTTP itself.
const NOT_OURS: [&str; 5] = ["connection", "content-length", "content-type", "date", "transfer-encoding"];

impl Walk {
    fn new(config: &Config) -> Self {
        Self { contract: Contract::of(config), seen: BTreeSet::new(), codes: BTreeSet::new() }
    }

    async fn get(&mut self, who: &Client, id: &str, path: &str) -> Reply {
        self.go(who, id, path, Body::None).await
    }

    async fn post(&mut self, who: &Client, id: &str, path: &str, body: Value) -> Reply {
        self.go(who, id, path, Body::Json(body)).await
    }

    /// By the method of this operation.
    async fn go(&mut self, who: &Client, id: &str, path: &str, body: Body<'_>) -> Reply {
        let method = Method::from_bytes(self.contract.named(id).method.as_bytes()).unwrap();
        let reply = match body {
            Body::None => who.method(method, path).await,
            Body::Json(body) => who.method_with(method, path, "application/json", body.to_string()).await,
            Body::Form(fields, files) => who.post_multipart(path, fields, files).await,
        };
        let listed = self.contract.named(id);
        let code = look(&self.contract, listed, &reply);
        self.seen.insert((id.to_owned(), reply.status.as_u16()));
        self.codes.extend(code);
        reply
    }
}

/// Holds an answer against the document; its code, if it is a Problem.
fn look(contract: &Contract, listed: Listed<'_>, reply: &Reply) -> Option<String> {
    let (id, status) = (listed.id(), reply.status.as_u16());
    let said =
        contract.response(listed, status).unwrap_or_else(|| panic!("{id}: {status}: {}", reply.text()));
    let headers: BTreeSet<String> =
        said["headers"].as_object().unwrap().keys().map(|name| name.to_ascii_lowercase()).collect();
    for (name, value) in &reply.headers {
        assert!(
            headers.contains(name.as_str()) || NOT_OURS.contains(&name.as_str()),
            "{id} {status}: {name}: {value:?}"
        );
    }
    let Some(kind) = reply.header("content-type") else {
        assert!(said.get("content").is_none() && reply.body.is_empty(), "{id} {status}");
        return None;
    };
    let content = said["content"].as_object().unwrap_or_else(|| panic!("{id} {status}: {kind}"));
    let (family, _) = kind.split_once('/').unwrap();
    let media = content.get(kind).or_else(|| content.get(&format!("{family}/*")));
    let media = media.unwrap_or_else(|| panic!("{id} {status}: {kind}"));
    if !kind.ends_with("json") {
        return None;
    }
    let body = reply.json();
    let wrong = contract.wrong(&media["schema"], &body);
    assert!(wrong.is_empty(), "{id} {status}: {wrong:?} in {body}");
    (kind == "application/problem+json").then(|| {
        let code = body["code"].as_str().unwrap();
        assert!(texts(&said["x-problem-codes"]).contains(&code), "{id} {status}: {code}");
        code.to_owned()
    })
}

fn path_of(gw: &TestGateway, url: &Value) -> String {
    url.as_str().unwrap().strip_prefix(&gw.url).unwrap().to_owned()
}

#[tokio::test]
async fn every_answer_is_one_that_the_document_describes() {
    let gw = open()
        .config(|config| {
            config.reconcile.poll_fresh_ms = 0;
            config.guest.trial = true;
            let looks = Plan { allow: Vec::new(), ..config.plans["free"].clone() };
            config.plans.insert("trial".into(), looks);
            let nowhere = LoginProvider {
                issuer: "http://127.0.0.1:1".into(),
                client_id: "gateway".into(),
                ..LoginProvider::default()
            };
            config.login.providers.insert("nowhere".into(), nowhere);
        })
        .start()
        .await;
    let user = gw.pro_user("first");
    let mut walk = Walk::new(&gw.state().config);
    service(&mut walk, &gw).await;
    packs_and_photos(&mut walk, &gw, &user).await;
    let tune = tunes(&mut walk, &user).await;
    prompts(&mut walk, &gw, &user, tune).await;
    account(&mut walk, &gw, &user, tune).await;
    sessions(&mut walk, &gw).await;
    // Nothing is left of them.
    walk.go(
        &user.header("gateway-confirm", "erase"),
        "eraseAccountData",
        "/gateway/account/data",
        Body::None,
    )
    .await;
    for listed in walk.contract.operations() {
        let is_seen = walk.seen.iter().any(|(id, status)| id == listed.id() && (200..300).contains(status));
        assert!(is_seen || ELSEWHERE.contains(&listed.id()), "nobody looked at what {} answers", listed.id());
    }
}

async fn service(walk: &mut Walk, gw: &TestGateway) {
    let nobody = gw.anonymous();
    walk.get(&nobody, "getHealth", "/healthz").await;
    walk.get(&nobody, "getReadiness", "/readyz").await;
    walk.get(&nobody, "getOpenApi", "/gateway/openapi.json").await;
    let callback = gw.state().callback_url(ReservationId::generate(), Slot::Tune);
    walk.post(&nobody, "receiveCallback", &path_of(gw, &callback.into()), json!({ "id": 1 })).await;
    walk.post(&nobody, "receiveCallback", "/gateway/callbacks/x", json!({})).await;
    walk.get(&nobody, "getImage", "/rails/active_storage/blobs/redirect/x/a.jpg?s=nonsense").await;
}

async fn packs_and_photos(walk: &mut Walk, gw: &TestGateway, user: &Client) {
    walk.get(&gw.anonymous(), "listPacks", "/packs").await;
    walk.get(&gw.with_token("nonsense"), "listPacks", "/packs").await;
    let packs = walk.get(user, "listPacks", "/packs?limit=5&colour=red").await;
    let known = user.header("if-none-match", packs.header("etag").unwrap());
    assert_eq!(walk.get(&known, "listPacks", "/packs?limit=5").await.status, 304);
    walk.get(user, "listPacks", "/packs?limit=many").await.problem(422, "validation_failed");
    walk.get(user, "listGalleryPacks", "/gallery/packs").await;
    walk.get(user, "getPack", "/p/corporate-headshots").await.ok();
    walk.get(user, "getPack", "/p/no-such-pack").await.problem(404, "not_found");
    let photo = photos::png(64, 64);
    let file: &[(&str, &[u8])] = &[("file", &photo)];
    walk.go(user, "inspectImage", "/images/inspect", Body::Form(&[("name", "man"), ("shoe", "9")], file))
        .await
        .ok();
    let none: &[(&str, &[u8])] = &[("file", b"no photo")];
    walk.go(user, "inspectImage", "/images/inspect", Body::Form(&[("name", "man")], none)).await;
    let both = json!({ "name": "man", "file_url": "http://cdn.example.com/1.jpg" });
    walk.post(user, "inspectImage", "/images/inspect", both).await.problem(422, "validation_failed");
}

async fn tunes(walk: &mut Walk, user: &Client) -> u64 {
    let body = json!({
        "tune": {
            "title": "me", "name": "man", "characteristics": { "hair": "red" },
            "image_urls": ["https://cdn.example.com/1.jpg"], "prompts_attributes": [{ "text": "a cat" }],
        },
    });
    let made = walk.post(user, "createTune", "/tunes", body).await.ok();
    let tune = made["id"].as_u64().unwrap();
    let (own, shared) = (format!("/tunes/{tune}"), format!("/tunes/{SHARED_TUNE}"));
    walk.get(user, "listTunes", "/tunes?name[]=man&limit=5").await.ok();
    walk.get(user, "getTune", &own).await.ok();
    walk.get(user, "getTune", &shared).await.ok();
    walk.get(user, "getTune", "/tunes/99").await.problem(404, "not_found");
    walk.post(user, "updateTune", &own, json!({ "tune": { "title": "me, 2026", "x": 1 } })).await.ok();
    walk.post(user, "updateTune", &own, json!({ "tune": {} })).await.problem(422, "validation_failed");
    walk.post(user, "updateTuneByPut", &own, json!({ "tune": { "name": "woman" } })).await.ok();
    walk.get(user, "listGalleryTunes", "/gallery/tunes?limit=2").await.ok();
    walk.get(user, "listGallery", "/gallery.json").await.ok();
    let run = json!({ "tune": { "tune_ids": [tune] } });
    walk.post(user, "runPack", "/p/corporate-headshots/tunes", run).await.ok();
    let training =
        json!({ "tune": { "title": "me", "name": "man", "image_urls": ["https://cdn.example.com/1.jpg"] } });
    let trained = walk.post(user, "runPack", "/p/corporate-headshots/tunes", training).await.ok();
    walk.get(user, "deleteTune", &format!("/tunes/{}", trained["id"])).await;
    tune
}

async fn prompts(walk: &mut Walk, gw: &TestGateway, user: &Client, tune: u64) {
    let on = format!("/tunes/{tune}/prompts");
    let keyed = user.header("idempotency-key", "one");
    let body =
        || json!({ "prompt": { "text": "a cat", "num_images": 2, "callback": "https://evil.example" } });
    let made = walk.post(&keyed, "createPromptOnTune", &on, body()).await.ok();
    let again = walk.post(&keyed, "createPromptOnTune", &on, body()).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    walk.post(&keyed, "createPromptOnTune", &on, json!({ "prompt": { "text": "a dog" } })).await;
    walk.post(user, "createPromptOnTune", &on, json!({ "prompt": { "num_images": 9 } })).await;
    let at_root = json!({ "prompt": { "tune_id": "gemini", "text": "a cat" } });
    walk.post(user, "createPrompt", "/prompts", at_root).await.ok();
    let video = json!({ "prompt": { "tune_id": tune, "text": "a cat --video" } });
    walk.post(user, "createPrompt", "/prompts", video).await.problem(403, "parameter_not_allowed");
    let one = format!("/prompts/{}", made["id"]);
    finished(user, &one).await;
    walk.get(user, "getPrompt", &one).await.ok();
    walk.get(user, "getPromptOfTune", &format!("{on}/{}", made["id"])).await.ok();
    walk.get(&gw.user("second"), "getPrompt", &one).await.problem(404, "not_found");
    walk.get(user, "listPrompts", "/prompts?liked=false&colour=red").await.ok();
    walk.get(user, "listPromptsOfTune", &on).await.ok();
    walk.get(user, "listPrompts", "/prompts?page=0").await.problem(422, "validation_failed");
    for (id, path) in [
        ("likePrompt", "likes"),
        ("unlikePrompt", "likes"),
        ("likePromptAtLike", "like"),
        ("unlikePromptAtLike", "like"),
    ] {
        walk.get(user, id, &format!("{one}/{path}")).await;
    }
    let copy = walk.post(user, "duplicatePrompt", &format!("{one}/duplicate"), json!({})).await.ok();
    walk.get(user, "deletePromptOfTune", &format!("{on}/{}", copy["id"])).await;
    walk.get(user, "deletePrompt", &one).await;
    let theme = json!({ "theme": { "theme": "the sea", "tune_ids": [tune] } });
    walk.post(user, "createTheme", "/themes", theme).await;
    gw.expect_unknown();
}

async fn account(walk: &mut Walk, gw: &TestGateway, user: &Client, tune: u64) {
    walk.get(user, "getAccount", "/gateway/account").await.ok();
    walk.get(user, "exportAccountData", "/gateway/account/data").await.ok();
    walk.get(user, "exportAccountData", "/gateway/account/data?after=x").await;
    walk.get(user, "eraseAccountData", "/gateway/account/data").await.problem(428, "confirmation_required");
    walk.get(user, "createEventTicket", "/gateway/events/ticket").await.ok();
    gw.mock.inject(FaultRule::new(Fault::Status504AfterProcessing).method("POST"));
    let lost = json!({ "prompt": { "tune_id": tune, "text": "a lost cat" } });
    let problem = walk.post(user, "createPrompt", "/prompts", lost).await.problem(504, "upstream_timeout");
    walk.get(user, "getCreate", &path_of(gw, &problem["status_url"])).await.ok();
    walk.get(user, "getCreate", "/gateway/creates/x").await.problem(404, "not_found");
    let mut stream = user.listen("/gateway/events").await;
    walk.seen.insert(("streamEvents".to_owned(), 200));
    for name in ["stream.open", "quota.changed"] {
        let message = stream.until(name).await;
        let wrong = walk.contract.wrong(walk.contract.schema("Event"), &message.data);
        assert!(wrong.is_empty() && message.data["type"] == name, "{name}: {wrong:?}: {}", message.data);
    }
    let body = json!({ "prompt": { "text": "a cat" } });
    user.post_json(&format!("/tunes/{tune}/prompts"), &body).await.ok();
    let message = stream.next().await.unwrap();
    assert!(walk.contract.wrong(walk.contract.schema("Event"), &message.data).is_empty(), "{}", message.data);
}

#[tokio::test]
async fn refusals_of_plans_and_quotas_are_those_of_the_document() {
    let gw = crate::harness::spawn_gateway()
        .config(|config| {
            let free = config.plans["free"].clone();
            config.plans.insert("looker".into(), Plan { allow: Vec::new(), ..free.clone() });
            config.plans.insert("once".into(), Plan { burst: 1, requests_per_s: 0.1, ..free.clone() });
            config.plans.insert("one".into(), Plan { max_jobs_in_flight: 1, ..free.clone() });
            let mut poor = free;
            poor.quotas[0].limit = 1;
            config.plans.insert("poor".into(), poor);
        })
        .mock(|mock| mock.generate_ms = 3_600_000)
        .start()
        .await;
    let mut walk = Walk::new(&gw.state().config);
    let on = format!("/tunes/{SHARED_TUNE}/prompts");
    for plan in ["looker", "once", "one", "poor"] {
        let user = gw.with_token(&gw.token(plan, plan));
        for _ in 0..2 {
            let body = json!({ "prompt": { "text": "a cat", "num_images": 1 } });
            walk.post(&user, "createPromptOnTune", &on, body).await;
        }
    }
    let codes: Vec<&str> = walk.codes.iter().map(String::as_str).collect();
    assert_eq!(codes, ["operation_not_allowed", "quota_exhausted", "rate_limited", "too_many_jobs"]);
}

#[tokio::test]
async fn what_astria_does_wrong_is_told_as_the_document_says() {
    for fault in [
        Fault::Status401,
        Fault::Status402,
        Fault::Status422,
        Fault::Status429,
        Fault::Status500,
        Fault::BrokenJson,
        Fault::Page200,
        Fault::Redirect,
    ] {
        let gw = crate::harness::spawn_gateway().start().await;
        gw.expect_unknown();
        gw.mock.inject(FaultRule::new(fault).times(10));
        let (user, mut walk) = (gw.user("first"), Walk::new(&gw.state().config));
        walk.get(&user, "listGalleryTunes", "/gallery/tunes").await;
        let body = json!({ "prompt": { "tune_id": SHARED_TUNE, "text": "a cat" } });
        walk.post(&user, "createPrompt", "/prompts", body).await;
        assert!(!walk.codes.is_empty());
    }
}

async fn sessions(walk: &mut Walk, gw: &TestGateway) {
    let nobody = gw.anonymous();
    walk.get(&nobody, "getSession", "/gateway/session").await.problem(401, "unauthenticated");
    walk.get(&nobody, "createGuest", "/gateway/guest").await.ok();
    walk.get(&nobody, "listLoginProviders", "/gateway/login").await.ok();
    walk.get(&nobody, "startLogin", "/gateway/login/nowhere?return_to=/app").await;
    walk.get(&nobody, "finishLogin", "/gateway/login/nowhere/callback?code=a&state=b").await;
    walk.get(&nobody, "receiveBackchannelLogout", "/gateway/login/nowhere/backchannel").await;
    let user = gw.user("alice");
    walk.get(&user, "getSession", "/gateway/session").await.ok();
    walk.get(&user, "deleteSessionById", "/gateway/sessions/x").await.problem(404, "not_found");
    let browser = gw.browser();
    for id in ["deleteSession", "deleteSessions", "deleteSessionById", "logout"] {
        let begun = walk.get(&user, "createSession", "/gateway/session").await;
        browser.keep(&begun);
        browser.note(&begun.ok());
        walk.get(&browser.with_cookies(), "deleteSession", "/gateway/session")
            .await
            .problem(403, "csrf_refused");
        let page = browser.page();
        let own = walk.get(&page, "getSession", "/gateway/session").await.ok()["session"]["id"].clone();
        walk.get(&page, "listSessions", "/gateway/sessions").await.ok();
        let path = match id {
            "deleteSession" => "/gateway/session".to_owned(),
            "deleteSessions" => "/gateway/sessions".to_owned(),
            "logout" => "/gateway/logout".to_owned(),
            _ => format!("/gateway/sessions/{}", own.as_str().unwrap()),
        };
        let ended = walk.get(&page, id, &path).await;
        assert!(ended.status.is_success(), "{id}: {}", ended.text());
    }
}
