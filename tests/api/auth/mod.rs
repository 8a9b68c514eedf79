//! Who gets in, at the edge: the issuers side by side, the `Authorization` header, and every private route.

mod discovered;
mod forged;
mod guests;
mod presets;
mod published;
mod services;
mod tenants;
mod told;

use astria_gateway::config::{Issuer, IssuerKeys};
use astria_gateway::routes::{Access, table};
use astria_gateway::secret::Secret;
use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{AUDIENCE, SHARED_TUNE, Signer, TestGateway, spawn_gateway, tokens};

const OTHER_ISSUER: &str = "https://other.test";

/// An issuer that signs with a shared secret.
fn with_secrets(current: &str, previous: Option<&str>) -> (Issuer, IssuerKeys) {
    let file = |secret: Option<&str>| secret.map_or("", |_| "in-the-test").into();
    let issuer = Issuer {
        hs256_secret_file: file(Some(current)),
        hs256_previous_secret_file: file(previous),
        ..other()
    };
    let secret = |text: &str| Secret::from(text.to_owned());
    (issuer, IssuerKeys::Hs256 { current: secret(current), previous: previous.map(secret) })
}

/// An issuer whose public key stands in a file.
fn with_public_key(key: &Signer) -> (Issuer, IssuerKeys) {
    let issuer = Issuer { public_key_file: "in-the-test".into(), ..other() };
    (issuer, IssuerKeys::PublicKeys(key.pem().into_bytes()))
}

/// An issuer that publishes its keys.
fn with_jwks(url: String) -> (Issuer, IssuerKeys) {
    (Issuer { jwks_url: url, ..other() }, IssuerKeys::Jwks)
}

fn other() -> Issuer {
    Issuer { issuer: OTHER_ISSUER.into(), audiences: vec![AUDIENCE.into()], ..Issuer::default() }
}

/// Good claims of the other issuer.
fn other_claims(gw: &TestGateway) -> Value {
    let mut claims = tokens::claims(gw.clock.now(), "first", "free");
    claims["iss"] = json!(OTHER_ISSUER);
    claims
}

async fn accepts(gw: &TestGateway, token: &str) {
    let account = gw.with_token(token).get("/gateway/account").await.ok();
    assert_eq!(account["principal"]["subject"], "first");
}

async fn refuses(gw: &TestGateway, token: &str) {
    gw.with_token(token).get("/gateway/account").await.problem(401, "invalid_token");
}

#[tokio::test]
async fn hs256_tokens_of_the_current_and_the_previous_secret_get_in_and_others_do_not() {
    let secrets = ["current", "previous", "removed"].map(|name| format!("{name:-<32}"));
    let [current, previous, removed] = &secrets;
    let (issuer, keys) = with_secrets(current, Some(previous));
    let gw = spawn_gateway().issuer(issuer, keys).start().await;
    let token = |secret: &str| tokens::hs256(secret.as_bytes(), &other_claims(&gw));

    accepts(&gw, &token(current)).await;
    accepts(&gw, &token(previous)).await;
    refuses(&gw, &token(removed)).await;
}

#[tokio::test]
async fn es256_tokens_get_in_by_a_public_key_file() {
    let (key, stranger) = (Signer::es256(), Signer::es256());
    let (issuer, keys) = with_public_key(&key);
    let gw = spawn_gateway().issuer(issuer, keys).start().await;

    accepts(&gw, &key.token("any", &other_claims(&gw))).await;
    refuses(&gw, &stranger.token("any", &other_claims(&gw))).await;
}

#[tokio::test]
async fn jwt_09_issuers_stand_side_by_side_and_a_key_counts_for_its_own_alone() {
    let key = Signer::es256();
    let (issuer, keys) = with_public_key(&key);
    let gw = spawn_gateway().issuer(issuer, keys).start().await;
    let own_claims = tokens::claims(gw.clock.now(), "first", "free");

    accepts(&gw, &gw.token("first", "free")).await;
    accepts(&gw, &key.token("k", &other_claims(&gw))).await;
    refuses(&gw, &key.token("k", &own_claims)).await;
    refuses(&gw, &tokens::hs256(gw.signing.as_bytes(), &other_claims(&gw))).await;
}

#[tokio::test]
async fn jwt_12_the_same_subject_of_two_issuers_is_two_people() {
    let key = Signer::es256();
    let (issuer, keys) = with_public_key(&key);
    let gw = spawn_gateway().issuer(issuer, keys).start().await;
    let (one, two) = (gw.user("first"), gw.with_token(&key.token("k", &other_claims(&gw))));
    let body = json!({"prompt": {"text": "a cat", "num_images": 3}});

    let made = one.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await.ok();

    assert_eq!(gw.quota(&one, "images").await, (3, 0, 17));
    assert_eq!(gw.quota(&two, "images").await, (0, 0, 20));
    let path = format!("/prompts/{}", made["id"]);
    one.get(&path).await.ok();
    two.get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn without_a_token_no_private_route_answers_and_the_upstream_sees_nothing() {
    let gw = spawn_gateway().start().await;
    let nobody = gw.anonymous();
    let names = ["{token}", "{id}", "{tune_id}", "{pack_id}", "{provider}", "{*rest}"];
    let mut private = 0;
    for route in table() {
        let path = names.iter().fold(route.path.to_owned(), |path, name| path.replace(name, "1"));
        assert!(!path.contains('{'), "a name that this test does not know: {path}");

        let reply = nobody.method(route.method.clone(), &path).await;

        match route.access() {
            Access::Public => assert_eq!(reply.status, 200, "{path}"),
            Access::Visitor => {}
            Access::Callback | Access::Signed => {
                reply.problem(404, "not_found");
            }
            Access::Operator => panic!("{path} stands on the operator's own listener alone"),
            Access::EndUser | Access::Listener => {
                private += 1;
                reply.problem(401, "unauthenticated");
                assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{path}");
                if route.method == Method::GET {
                    assert_eq!(nobody.method(Method::HEAD, &path).await.status, 401, "{path}");
                }
            }
        }
    }
    assert!(private >= 45, "the table lost routes: {private} private ones");
    assert!(gw.mock.requests().is_empty());
}

#[tokio::test]
async fn under_a_base_path_the_private_routes_are_private_too() {
    let gw = spawn_gateway().config(|config| config.server.base_path = "/api".into()).start().await;
    for route in
        table().into_iter().filter(|route| matches!(route.access(), Access::EndUser | Access::Listener))
    {
        let path = ["{id}", "{tune_id}", "{pack_id}"]
            .iter()
            .fold(route.path.to_owned(), |path, n| path.replace(n, "1"));
        let under_base = gw.anonymous().method(route.method.clone(), &format!("/api{path}")).await;
        under_base.problem(401, "unauthenticated");
        gw.anonymous().method(route.method, &path).await.problem(404, "not_found");
    }
    gw.user("first").get("/api/gateway/account").await.ok();
    gw.anonymous().get("/healthz").await.ok();
}

#[tokio::test]
async fn the_scheme_is_bearer_in_any_case_and_nothing_else() {
    let gw = spawn_gateway().start().await;
    let token = gw.token("first", "free");
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let user = gw.anonymous().header("authorization", &format!("{scheme} {token}"));
        user.get("/gateway/account").await.ok();
    }
    let others = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Basic dXNlcjpwYXNz".to_owned(),
        format!("Token {token}"),
        token.clone(),
        format!("Bearer {token} {token}"),
        format!("Bearer {token}, Bearer {token}"),
    ];
    for value in others {
        let user = gw.anonymous().header("authorization", &value);
        user.get("/gateway/account").await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn bff_04_the_callers_authorization_and_cookies_end_at_the_gateway() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first").header("cookie", "session=of-the-client; theme=dark");
    let body = json!({"prompt": {"text": "a cat"}});

    let made = user.post_json(&format!("/tunes/{SHARED_TUNE}/prompts"), &body).await.ok();
    user.get(&format!("/prompts/{}", made["id"])).await.ok();
    user.get("/packs").await.ok();

    let seen = gw.mock.requests();
    assert_eq!(seen.len(), 3);
    for request in seen {
        assert!(!request.headers.contains_key("cookie"), "{}", request.path);
        assert_eq!(request.headers["authorization"], format!("Bearer {}", gw.api_key), "{}", request.path);
    }
}

#[tokio::test]
async fn a_cookie_signs_nobody_in() {
    let gw = spawn_gateway().start().await;
    let token = gw.token("first", "free");
    let user = gw.anonymous().header("cookie", &format!("token={token}; authorization=Bearer {token}"));

    user.get("/gateway/account").await.problem(401, "unauthenticated");
}
