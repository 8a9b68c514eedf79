//! What Rails understands of what we send is what we judged and counted, whatever a client sent.

use mock_astria::rails_params::{self, Parsed};
use mock_astria::{Fault, FaultRule, RecordedRequest};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::harness::{Client, SHARED_TUNE, TestGateway, finished, raw, spawn_gateway};
use super::prompts::{names, on_shared};

mod bodies;
pub mod rails_cases;

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=X";

/// A gateway whose end user can spend a lot, so that quota never hides a case.
async fn generous_gateway() -> TestGateway {
    spawn_gateway()
        .config(|c| {
            let plan = c.plans.get_mut("free").unwrap();
            plan.quotas[0].limit = 1_000_000;
            plan.burst = 1_000_000;
            c.upstream.breaker.consecutive_failures = u32::MAX;
            c.upstream.breaker.min_calls = u32::MAX;
        })
        .start()
        .await
}

/// What holds for everything that the upstream ever sees of creates; gives the images that it was asked for.
async fn check_all_sent(gw: &TestGateway, user: &Client) -> u64 {
    let mut asked = 0;
    for sent in gw.mock.requests() {
        check_sent(gw, &sent);
        asked += images(&sent);
    }
    let (used, held, _) = gw.quota(user, "images").await;
    assert_eq!(used + held, asked, "what was counted is not what was sent");
    asked
}

fn images(sent: &RecordedRequest) -> u64 {
    let number = &sent.params["prompt"]["num_images"];
    number.as_u64().or_else(|| number.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{}", sent.params))
}

fn check_sent(gw: &TestGateway, sent: &RecordedRequest) {
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", on_shared().as_str()));
    assert_eq!(sent.query, "");
    assert_eq!(names(&sent.params), ["prompt", "tune_id"], "{}", sent.params);
    let prompt = &sent.params["prompt"];
    for name in names(prompt) {
        let forbidden =
            ["_id", "_ids", "_attributes", "_method", "_token", "community", "user", "pack", "id"];
        assert!(!forbidden.iter().any(|end| name.ends_with(end)), "{name} was sent");
        assert!(name == "callback" || !name.contains("callback"), "{name} was sent");
    }
    let callback = prompt["callback"].as_str().unwrap();
    assert!(callback.starts_with(&format!("{}/gateway/callbacks/1.", gw.url)), "{callback}");
    assert!((1..=8).contains(&images(sent)), "{prompt}");
}

/// A parameter as the client's own body has it, read by Rails.
fn meant<'a>(client: &'a Value, is_json: bool, name: &str) -> &'a Value {
    match client.get("prompt") {
        None if is_json => &client[name],
        _ => &client["prompt"][name],
    }
}

/// One spelling for `"7.50"` and 7.5, `"TRUE"` and true.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.parse::<f64>() {
        Ok(number) => number.to_string(),
        Err(_) if matches!(text.to_ascii_lowercase().as_str(), "true" | "false") => text.to_ascii_lowercase(),
        Err(_) => text,
    }
}

const KEPT: [&str; 8] =
    ["text", "num_images", "w", "seed", "super_resolution", "style", "cfg_scale", "negative_prompt"];

/// Nothing was added, changed or lost on the way.
fn check_meaning(sent: &RecordedRequest, client: &Parsed) {
    let understood = client.to_json();
    let context = || format!("client: {understood}\nsent: {}", sent.params);
    for name in names(&sent.params["prompt"]).into_iter().filter(|name| *name != "callback") {
        let (ours, theirs) = (&sent.params["prompt"][name], meant(&understood, client.json, name));
        if name == "num_images" && (theirs.is_null() || theirs == "") {
            assert_eq!(plain(ours), "1", "{}", context());
        } else {
            assert_eq!(as_truth(name, ours), as_truth(name, theirs), "{name}\n{}", context());
        }
    }
    for name in KEPT {
        let theirs = meant(&understood, client.json, name);
        // An empty list is how forms and Rails say nothing at all.
        if !theirs.is_null() && theirs != "" && *theirs != json!([]) {
            assert!(sent.params["prompt"].get(name).is_some(), "{name} was lost\n{}", context());
        }
    }
}

fn as_truth(name: &str, value: &Value) -> String {
    match plain(value).as_str() {
        "1" if name == "super_resolution" => "true".into(),
        "0" if name == "super_resolution" => "false".into(),
        other => other.into(),
    }
}

#[tokio::test]
async fn whatever_is_accepted_reaches_rails_as_it_was_judged_and_counted() {
    let gw = generous_gateway().await;
    // No reply ever comes, so what is counted is what was reserved, not what Astria says it made.
    gw.expect_unknown();
    gw.mock.inject(FaultRule::new(Fault::Status504AfterProcessing).times(u64::MAX));
    let user = gw.user("first");
    let mut runner = TestRunner::deterministic();
    let mut accepted = Vec::new();
    let mut refused = 0;
    for round in 0..200 {
        let pairs = bodies::pairs().new_tree(&mut runner).unwrap().current();
        let json = bodies::json_text().new_tree(&mut runner).unwrap().current();
        for (content_type, body) in [
            (FORM, bodies::form(&pairs, round % 2 == 0)),
            (MULTIPART, bodies::multipart(&pairs)),
            ("application/json", json.into_bytes()),
        ] {
            let reply = user.post(&on_shared(), content_type, body.clone()).await;
            match reply.status.as_u16() {
                504 => {
                    let read = rails_params::parse("POST", &[], "", Some(content_type), None, &body);
                    accepted.push(read.expect("the gateway reads what Rails refuses"));
                }
                400 | 403 | 422 => refused += 1,
                other => panic!("{other} {} for {}", reply.text(), String::from_utf8_lossy(&body)),
            }
        }
    }

    assert!(accepted.len() > 150 && refused > 100, "{} accepted, {refused} refused", accepted.len());
    check_all_sent(&gw, &user).await;
    let requests = gw.mock.requests();
    assert_eq!(requests.len(), accepted.len());
    for (sent, client) in requests.iter().zip(&accepted) {
        check_meaning(sent, client);
    }
}

#[tokio::test]
async fn every_measured_case_is_refused_or_reaches_rails_as_it_was_counted() {
    let gw = generous_gateway().await;
    let user = gw.user("first");
    let token = gw.token("first", "free");
    let (mut replayed, mut created) = (0, 0);
    for case in rails_cases::posts() {
        for body in [Some(case.body.clone()), case.body_with_text()].into_iter().flatten() {
            let kind = case
                .content_type
                .as_ref()
                .map_or(Vec::new(), |kind| [b"Content-Type: ".as_slice(), kind, b"\r\n"].concat());
            let head = format!(
                "POST {}{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
                 X-HTTP-Method-Override: DELETE\r\nContent-Length: {}\r\n",
                on_shared(),
                case.query.as_ref().map_or(String::new(), |query| format!("?{query}")),
                gw.host(),
                body.len()
            );
            let request = [head.as_bytes(), &kind, b"\r\n", &body].concat();

            let reply = raw::exchange(gw.host(), &request).await;

            let status = raw::status(&reply);
            assert!(matches!(status, 201 | 400 | 403 | 404 | 415 | 422), "{}: {reply}", case.name);
            gw.assert_no_secret(&reply, "a reply");
            replayed += 1;
            created += usize::from(status == 201);
        }
    }

    assert!(replayed > 150 && created > 20, "{replayed} replayed, {created} created");
    assert_eq!(gw.mock.requests().len(), created);
    check_all_sent(&gw, &user).await;
}

#[tokio::test]
async fn param_01_the_query_of_a_create_never_reaches_astria() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    for query in [
        "prompt[num_images]=8&prompt[callback]=http://evil",
        "prompt%5Bnum_images%5D=8",
        "a=1;prompt[num_images]=8",
        "_method=delete",
        "format=html",
        "prompt=x",
        "tune_id=7&id=7&controller=admin&action=destroy",
        "x=%zz",
        "",
    ] {
        let path = format!("{}?{query}", on_shared());
        let body = json!({"prompt": {"text": "a cat", "num_images": 2}});
        user.post_json(&path, &body).await.ok();
    }

    assert_eq!(check_all_sent(&gw, &user).await, 18);
    assert!(gw.mock.requests().iter().all(|sent| images(sent) == 2));
}

#[tokio::test]
async fn param_01_the_query_of_a_read_never_reaches_astria_either() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    let id = user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat"}})).await.ok()["id"].clone();

    finished(&user, &format!("/prompts/{id}?id=7&tune_id=7&format=html&_method=delete")).await;
    finished(&user, &format!("/tunes/{SHARED_TUNE}/prompts/{id}.json?id=7")).await;

    for sent in gw.mock.requests().iter().filter(|sent| sent.method == "GET") {
        assert_eq!((sent.query.as_str(), &sent.params["id"]), ("", &json!(id.to_string())));
    }
}

#[tokio::test]
async fn param_16_param_17_no_parameter_and_no_header_changes_the_method() {
    let gw = spawn_gateway().start().await;
    let mut user = gw.user("first");
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        user = user.header(name, "DELETE");
    }
    let fields = [("_method", "delete"), ("prompt[text]", "a cat")];
    user.post_form(&on_shared(), &fields).await.ok();
    user.post_multipart(&on_shared(), &fields, &[]).await.ok();
    let body = json!({"_method": "delete", "prompt": {"text": "a cat"}});
    let created = user.post_json(&format!("{}?_method=delete", on_shared()), &body).await.ok();

    finished(&user, &format!("/prompts/{}", created["id"])).await;

    for sent in gw.mock.requests() {
        assert!(matches!(sent.method.as_str(), "POST" | "GET"));
        assert!(!sent.headers.keys().any(|name| name.contains("override") || name.contains("x-http")));
    }
    assert_eq!(gw.mock.prompts().len(), 3, "nothing was deleted");
    // Nor does an override open a route that is not there.
    user.method(reqwest::Method::POST, "/gallery/packs").await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn hdr_02_no_header_of_a_client_reaches_astria_however_it_is_spelled() {
    let gw = spawn_gateway().start().await;
    let token = gw.token("first", "free");
    let body = r#"{"prompt":{"text":"a cat"}}"#;
    let headers = format!(
        "Authorization: Bearer {token}\r\nContent-Type: application/json\r\nX_Workspace_Id: 7\r\nX-Workspace-Id: 7\r\n\
         Cookie: a=b\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: evil\r\nForwarded: for=1.2.3.4\r\nReferer: x\r\n\
         User-Agent: evil\r\nX-Requested-With: x\r\nX-Request-Id: mine\r\nAccept-Encoding: gzip\r\nRange: bytes=0-1\r\n\
         If-None-Match: x\r\nTraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\
         Connection: authorization, x-workspace-id\r\n"
    );
    gw.mock.inject(FaultRule::new(Fault::NoCallback));

    let reply = raw::request(gw.host(), "POST", &on_shared(), &headers, body).await;

    // Which headers may be there at all is the harness's own check.
    assert_eq!(raw::status(&reply), 201, "{reply}");
    let sent = &gw.mock.requests()[0];
    assert!(sent.headers["user-agent"].starts_with("astria-gateway/"));
    assert_eq!(sent.headers["accept"], "application/json");
    assert!(!reply.contains("mine"));
}
