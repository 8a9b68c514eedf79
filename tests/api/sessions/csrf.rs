//! What another site's page can make a browser send with our cookie, and why it is of no use.

use astria_gateway::routes::{Access, table};
use reqwest::Method;
use serde_json::json;

use crate::harness::{Browser, Client, Reply, SHARED_TUNE, TestGateway, photos, spawn_gateway};

const OURS: &str = "https://app.example";

/// A gateway that lets pages of one origin call it, and a browser that is signed in.
async fn signed_in() -> (TestGateway, Browser) {
    let spawn = spawn_gateway().config(|config| {
        config.server.public_url = "https://api.example".into();
        config.cors.allowed_origins = vec![OURS.into()];
    });
    let gw = spawn.start().await;
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "pro")).await;
    (gw, browser)
}

fn prompts() -> String {
    format!("/tunes/{SHARED_TUNE}/prompts")
}

async fn create(client: &Client) -> Reply {
    client.post_json(&prompts(), &json!({ "prompt": { "text": "a lighthouse" } })).await
}

fn nothing_was_made(gw: &TestGateway) {
    assert!(gw.mock.requests().is_empty(), "Astria was called");
}

#[tokio::test]
async fn bff_03_each_unsafe_route_refuses_a_cookie_without_more() {
    let (gw, browser) = signed_in().await;
    let client = browser.with_cookies();
    let mut walked = 0;
    for route in table() {
        let is_private = matches!(route.access(), Access::EndUser | Access::Listener);
        if !is_private || [Method::GET].contains(&route.method) {
            continue;
        }
        let path = ["{id}", "{tune_id}", "{pack_id}"]
            .iter()
            .fold(route.path.to_owned(), |path, n| path.replace(n, "1"));
        // As a form on somebody's page would send it, and without any body.
        let form = client.method_with(
            route.method.clone(),
            &path,
            "application/x-www-form-urlencoded",
            "prompt[text]=x",
        );
        for reply in [form.await, client.method(route.method.clone(), &path).await] {
            // Some are refused for what they lack before the parameters are looked at; none is done.
            let code = reply.json()["code"].as_str().unwrap().to_owned();
            let is_refused = code == "csrf_refused"
                || ["operation_not_allowed", "not_found", "unsupported_media_type", "bad_body"]
                    .contains(&&*code);
            assert!(is_refused, "{} {path}: {code}", route.method);
        }
        walked += 1;
    }
    assert!(walked > 30, "{walked}");
    nothing_was_made(&gw);
    browser.get("/gateway/account").await.ok();
}

#[tokio::test]
async fn bff_03_the_token_in_the_header_the_custom_header_or_the_field_each_prove_it() {
    let (_gw, browser) = signed_in().await;
    let (cookies, token) = (browser.with_cookies(), browser.csrf_token());
    assert_eq!(create(&cookies.header("x-csrf-token", &token)).await.status, 201);
    assert_eq!(create(&cookies.header("x-csrf", "1")).await.status, 201);
    let fields = [("prompt[text]", "a lighthouse"), ("authenticity_token", &*token)];
    assert_eq!(cookies.post_form(&prompts(), &fields).await.status, 201);
    assert_eq!(cookies.post_multipart(&prompts(), &fields, &[]).await.status, 201);
    let body = json!({ "authenticity_token": token, "prompt": { "text": "a lighthouse" } });
    let by_json = cookies.post_json(&prompts(), &body).await;
    assert_eq!(by_json.status, 201);
    assert_eq!(by_json.header("gateway-dropped-params"), None, "it has done its work");
    // Uploads that go to disk, and inspections.
    let photo = photos::png(512, 512);
    let fields = [("name", "man"), ("authenticity_token", &*token)];
    assert_eq!(cookies.post_multipart("/images/inspect", &fields, &[("file", &photo)]).await.status, 200);
    let fields = [("tune[title]", "me"), ("tune[name]", "man"), ("authenticity_token", &*token)];
    let images = [
        ("tune[images][]", &*photo),
        ("tune[images][]", &*photo),
        ("tune[images][]", &*photo),
        ("tune[images][]", &*photo),
    ];
    assert_eq!(cookies.post_multipart("/tunes", &fields, &images).await.status, 201);
}

#[tokio::test]
async fn bff_03_a_wrong_token_is_refused_wherever_it_stands_and_nothing_is_spent() {
    let (gw, browser) = signed_in().await;
    let (cookies, token) = (browser.with_cookies(), browser.csrf_token());
    let other = gw.browser();
    other.sign_in(&gw.token("bob", "pro")).await;
    let long = "A".repeat(8000);
    for wrong in [&*other.csrf_token(), "", "1", "A", &token[1..], &format!("{token}="), &long] {
        create(&cookies.header("x-csrf-token", wrong)).await.problem(403, "csrf_refused");
        // A wrong token is not saved by another proof.
        create(&cookies.header("x-csrf-token", wrong).header("x-csrf", "1"))
            .await
            .problem(403, "csrf_refused");
        let fields = [("prompt[text]", "a lighthouse"), ("authenticity_token", wrong)];
        cookies.post_form(&prompts(), &fields).await.problem(403, "csrf_refused");
        cookies.post_multipart(&prompts(), &fields, &[]).await.problem(403, "csrf_refused");
    }
    create(&cookies.header("x-csrf", "0")).await.problem(403, "csrf_refused");
    create(&cookies.header("x-csrf-token", &token).header("x-csrf-token", &token))
        .await
        .problem(403, "csrf_refused");
    // Only where Rails' own forms have it: at the top, a text, in the body.
    for body in [
        json!({ "prompt": { "text": "x", "authenticity_token": token } }),
        json!({ "authenticity_token": [token], "prompt": { "text": "x" } }),
        json!({ "authenticity_token": { "a": token }, "prompt": { "text": "x" } }),
    ] {
        cookies.post_json(&prompts(), &body).await.problem(403, "csrf_refused");
    }
    let path = format!("{}?authenticity_token={token}", prompts());
    let fields = [("prompt[text]", "a lighthouse")];
    cookies.post_form(&path, &fields).await.problem(403, "csrf_refused");
    nothing_was_made(&gw);
    assert_eq!(browser.get("/gateway/account").await.ok()["quotas"][0]["used"], 0);
}

#[tokio::test]
async fn bff_07_what_the_browser_says_comes_from_another_site_is_refused_whatever_else_it_holds() {
    let (gw, browser) = signed_in().await;
    let page = browser.with_cookies().header("x-csrf-token", &browser.csrf_token());
    let cross = page.header("sec-fetch-site", "cross-site");
    create(&cross).await.problem(403, "csrf_refused");
    for path in ["/gateway/account", "/prompts", "/gateway/session", "/gateway/events"] {
        cross.get(path).await.problem(403, "csrf_refused");
    }
    create(&page.header("sec-fetch-site", "same-site")).await.problem(403, "csrf_refused");
    for origin in [
        "null",
        "https://evil.example",
        "https://api.example.evil.example",
        "http://api.example",
        "https://api.example:444",
        "https://API.example",
        "",
    ] {
        create(&page.header("origin", origin)).await.problem(403, "csrf_refused");
        create(&page.header("origin", origin).header("sec-fetch-site", "same-origin"))
            .await
            .problem(403, "csrf_refused");
    }
    nothing_was_made(&gw);
    for (origin, site) in [("https://api.example", "same-origin"), (OURS, "same-site")] {
        let ours = page.header("origin", origin).header("sec-fetch-site", site);
        assert_eq!(create(&ours).await.status, 201, "{origin}");
    }
    assert_eq!(create(&page).await.status, 201, "a client that is no browser says nothing of it");
}

#[tokio::test]
async fn a_foreign_page_cannot_sign_a_browser_in_or_out() {
    let (gw, browser) = signed_in().await;
    let sign_in = gw.with_token(&gw.token("mallory", "free"));
    for (name, value) in
        [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
    {
        sign_in
            .header(name, value)
            .method(Method::POST, "/gateway/session")
            .await
            .problem(403, "csrf_refused");
    }
    browser.with_cookies().method(Method::DELETE, "/gateway/session").await.problem(403, "csrf_refused");
    browser.with_cookies().method(Method::DELETE, "/gateway/sessions").await.problem(403, "csrf_refused");
    browser.get("/gateway/account").await.ok();
}

#[tokio::test]
async fn bff_06_listed_origins_may_send_cookies_and_no_others_and_a_preflight_says_so() {
    let (gw, browser) = signed_in().await;
    let ask = |origin: &'static str| {
        gw.anonymous()
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-csrf-token")
    };
    let reply = ask(OURS).method(Method::OPTIONS, "/prompts").await;
    assert_eq!(reply.header("access-control-allow-origin"), Some(OURS));
    assert_eq!(reply.header("access-control-allow-credentials"), Some("true"));
    assert!(reply.header("access-control-allow-headers").unwrap().contains("x-csrf-token"));
    assert_eq!(reply.header("access-control-max-age"), Some("600"));
    let other = ask("https://evil.example").method(Method::OPTIONS, "/prompts").await;
    assert_eq!(other.header("access-control-allow-origin"), None);
    let seen = browser.with_cookies().header("origin", OURS).get("/gateway/session").await;
    seen.ok();
    assert_eq!(seen.header("access-control-allow-origin"), Some(OURS));
    assert!(seen.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("origin")));
    // 401 can be read too.
    let ended = gw.anonymous().header("origin", OURS).get("/gateway/session").await;
    ended.problem(401, "unauthenticated");
    assert_eq!(ended.header("access-control-allow-origin"), Some(OURS));
}
