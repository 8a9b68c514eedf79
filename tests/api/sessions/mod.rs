//! Sessions by cookie: exchange, list, sign-out, expiry, and what a cookie must be like.

mod csrf;
mod decided;
mod ended;
mod guests;
mod renewed;

use astria_gateway::config::{LoginProvider, SameSite};
use reqwest::Method;
use serde_json::json;

use crate::harness::{Reply, SHARED_TUNE, spawn_gateway};

const COOKIE: &str = "__Host-astria_session";

/// What a browser is refused: by its cookie alone, as a guest too many, by a provider that it did not ask, and by one that
/// cannot be reached.
pub async fn refusals() -> [Reply; 4] {
    let nowhere = LoginProvider {
        issuer: "http://127.0.0.1:1".into(),
        client_id: "gateway".into(),
        ..LoginProvider::default()
    };
    let gw = guests::with_guests()
        .config(|config| {
            (config.guest.max_per_network_per_day, config.guest.max_per_day) = (1, 1);
            config.login.providers.insert("nowhere".into(), nowhere);
        })
        .start()
        .await;
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    let nobody = gw.anonymous();
    assert_eq!(nobody.method(Method::POST, "/gateway/guest").await.status, 201);
    [
        browser.with_cookies().method(Method::DELETE, "/gateway/session").await,
        nobody.method(Method::POST, "/gateway/guest").await,
        nobody.get("/gateway/login/nowhere/callback?code=a&state=b").await,
        nobody.get("/gateway/login/nowhere").await,
    ]
}

#[tokio::test]
async fn a_token_is_exchanged_for_a_session_and_the_cookie_alone_does_what_the_token_did() {
    let gw = spawn_gateway().start().await;
    let browser = gw.browser();
    let session = browser.sign_in(&gw.token("alice", "pro")).await;
    assert_eq!(session["kind"], "end_user");
    assert_eq!((&session["subject"], &session["plan"]), (&json!("alice"), &json!("pro")));
    assert!(session["csrf_token"].as_str().unwrap().len() >= 43);
    let seen = browser.get("/gateway/session").await.ok();
    for member in ["issuer", "subject", "plan", "csrf_token"] {
        assert_eq!(seen[member], session[member], "{member}");
    }
    assert_eq!(seen["session"]["id"], session["session"]["id"]);
    assert_eq!(browser.get("/gateway/account").await.ok()["principal"]["subject"], "alice");
    let body = json!({ "prompt": { "text": "a lighthouse", "num_images": 1 } });
    let made = browser.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let path = format!("/prompts/{}", made.json()["id"]);
    browser.get(&path).await.ok();
    // The same end user by the token; nobody else.
    gw.pro_user("alice").get(&path).await.ok();
    gw.user("bob").get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn bff_01_no_reply_holds_the_token_or_the_id_and_the_cookie_is_for_this_host_and_no_script() {
    let gw = spawn_gateway().start().await;
    let browser = gw.browser();
    let token = gw.token("alice", "free");
    let session = browser.sign_in(&token).await.to_string();
    let id = browser.cookie(COOKIE).unwrap();
    assert_eq!(id.len(), 43, "256 bits");
    assert!(!session.contains(&id) && !session.contains(&token));
    for path in ["/gateway/session", "/gateway/sessions", "/gateway/account", "/gateway/account/data"] {
        let reply = browser.get(path).await;
        assert!(!reply.text().contains(&id) && !reply.text().contains(&token), "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn bff_04_the_cookie_goes_no_further_and_no_cookie_of_astrias_comes_back() {
    let gw = spawn_gateway().start().await;
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    browser.set_cookie("other", "theirs");
    browser.get("/packs").await.ok();
    let body = json!({ "prompt": { "text": "a lighthouse" } });
    assert_eq!(browser.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await.status, 201);
    // What Astria saw of headers, the harness compares with its list for every request: no Cookie is among them.
    assert!(!gw.mock.requests().is_empty());
}

#[tokio::test]
async fn bff_05_without_a_session_an_api_route_answers_401_and_never_a_redirect() {
    let gw = spawn_gateway().start().await;
    for (method, path) in [
        (Method::GET, "/gateway/session"),
        (Method::GET, "/gateway/sessions"),
        (Method::DELETE, "/gateway/session"),
        (Method::GET, "/prompts"),
        (Method::POST, "/prompts"),
    ] {
        let client = gw.anonymous().header("accept", "text/html");
        client.method(method, path).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_cookie_that_proves_nothing_is_401_and_the_browser_is_told_to_forget_it() {
    let gw = spawn_gateway().start().await;
    let random = "A".repeat(43);
    for value in ["", "x", &random, "%00", "a.b.c"] {
        let reply =
            gw.anonymous().header("cookie", &format!("{COOKIE}={value}")).get("/gateway/account").await;
        reply.problem(401, "unauthenticated");
        assert_eq!(reply.cookies(), [(COOKIE.to_owned(), String::new())], "{value}");
    }
    // Two that differ have no meaning; other cookies are nobody's business.
    let two = format!("{COOKIE}={random}; {COOKIE}={}", "B".repeat(43));
    gw.anonymous().header("cookie", &two).get("/gateway/account").await.problem(400, "bad_request");
    let other = gw.anonymous().header("cookie", &format!("astria_session={random}; x=y"));
    other.get("/gateway/account").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_token_wins_over_a_cookie_and_a_wrong_token_is_not_saved_by_one() {
    let gw = spawn_gateway().start().await;
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    let bob = browser.with_cookies().header("authorization", &format!("Bearer {}", gw.token("bob", "free")));
    assert_eq!(bob.get("/gateway/account").await.ok()["principal"]["subject"], "bob");
    let wrong = browser.with_cookies().header("authorization", "Bearer a.b.c");
    wrong.get("/gateway/account").await.problem(401, "invalid_token");
}

#[tokio::test]
async fn a_session_is_begun_with_an_end_users_own_token_only() {
    let gw = spawn_gateway().start().await;
    gw.anonymous().method(Method::POST, "/gateway/session").await.problem(401, "unauthenticated");
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    browser.method(Method::POST, "/gateway/session").await.problem(400, "bad_request");
}

#[tokio::test]
async fn sign_in_gives_a_new_id_and_ends_the_session_that_the_browser_had() {
    let gw = spawn_gateway().start().await;
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    let before = browser.cookie(COOKIE).unwrap();
    browser.sign_in(&gw.token("bob", "free")).await;
    assert_ne!(browser.cookie(COOKIE).unwrap(), before);
    assert_eq!(browser.get("/gateway/account").await.ok()["principal"]["subject"], "bob");
    let old = gw.anonymous().header("cookie", &format!("{COOKIE}={before}"));
    old.get("/gateway/account").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn sessions_are_listed_with_device_and_last_use_and_only_ones_own() {
    let gw = spawn_gateway().start().await;
    let agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/156.0.0.0 Safari/537.36";
    let (phone, laptop) = (gw.browser(), gw.browser());
    phone.sign_in(&gw.token("alice", "free")).await;
    let client = gw.with_token(&gw.token("alice", "free")).header("user-agent", agent);
    let reply = client.method(Method::POST, "/gateway/session").await;
    laptop.keep(&reply);
    laptop.note(&reply.json());
    gw.browser().sign_in(&gw.token("bob", "free")).await;
    let listed = laptop.get("/gateway/sessions").await.ok();
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let mine: Vec<_> = sessions.iter().filter(|session| session["current"] == true).collect();
    assert_eq!(mine.len(), 1);
    assert_eq!(mine[0]["device"], "Chrome on macOS");
    for member in ["created_at", "last_used_at", "idle_expires_at", "expires_at"] {
        assert!(mine[0][member].as_str().unwrap().ends_with('Z'), "{member}");
    }
    // By a token, too: there is no current one then.
    let by_token = gw.user("alice").get("/gateway/sessions").await.ok();
    assert!(by_token["sessions"].as_array().unwrap().iter().all(|session| session["current"] == false));
}

#[tokio::test]
async fn beyond_the_most_sessions_of_one_end_user_the_one_that_was_not_used_for_longest_ends() {
    let gw = spawn_gateway().config(|config| config.sessions.max_per_user = 2).manual_clock().start().await;
    let browsers = [gw.browser(), gw.browser(), gw.browser()];
    for browser in &browsers {
        browser.sign_in(&gw.token("alice", "free")).await;
        gw.clock.advance(std::time::Duration::from_secs(90));
        browsers[0].get("/gateway/account").await;
    }
    browsers[0].get("/gateway/account").await.ok();
    browsers[1].get("/gateway/account").await.problem(401, "unauthenticated");
    browsers[2].get("/gateway/account").await.ok();
}

#[tokio::test]
async fn without_sessions_in_the_configuration_there_are_none() {
    let gw = spawn_gateway().config(|config| config.sessions.enabled = false).start().await;
    let user = gw.user("alice");
    user.method(Method::POST, "/gateway/session").await.problem(404, "not_found");
    user.get("/gateway/sessions").await.problem(404, "not_found");
    user.get("/gateway/account").await.ok();
}

#[tokio::test]
async fn bff_02_the_cookie_is_of_this_host_alone_secure_and_for_no_script() {
    for (same_site, attribute) in [(SameSite::Lax, "SameSite=Lax"), (SameSite::Strict, "SameSite=Strict")] {
        let gw = spawn_gateway().config(|config| config.sessions.same_site = same_site).start().await;
        let reply = gw.user("alice").method(Method::POST, "/gateway/session").await;
        let cookie = reply.header("set-cookie").unwrap();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert!(pair.starts_with("__Host-astria_session=") && pair.len() == 22 + 43, "{}", pair.len());
        let mut attributes: Vec<_> = attributes.split("; ").collect();
        attributes.sort_unstable();
        assert_eq!(attributes, ["HttpOnly", "Max-Age=1209600", "Path=/", attribute, "Secure"]);
    }
}

#[tokio::test]
async fn the_development_switch_leaves_secure_out_and_takes_any_name_of_this_machine_for_its_own() {
    let gw = spawn_gateway().config(|config| config.sessions.insecure_http = true).start().await;
    let browser = gw.browser();
    browser.sign_in(&gw.token("alice", "free")).await;
    assert!(browser.cookie("astria_session").is_some() && browser.cookie(COOKIE).is_none());
    let port = gw.host().rsplit_once(':').unwrap().1;
    let page = browser.page().header("origin", &format!("http://localhost:{port}"));
    assert_eq!(page.method(Method::DELETE, "/gateway/sessions").await.status, 204);
}
