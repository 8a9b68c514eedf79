//! `serve` and `mint-token`.

use std::time::Duration;

use astria_gateway::clock::Clock;
use mock_astria::{Fault, FaultRule, GEMINI_TUNE_ID};
use serde_json::json;

use super::super::harness::{KeyServer, SHARED_TUNE, Signer, eventually, tokens};
use super::{Served, Site, http};

#[tokio::test]
async fn serve_and_a_minted_token_show_packs_and_create_a_prompt() {
    let site = Site::new().await;
    let file = site.write("config.toml", &site.config());
    let token = site.mint(&file, "first", "pro").await;
    let served = site.serve(&site.config(), &[]).await;
    let user = served.with_token(&token);

    let account = user.get("/gateway/account").await.ok();
    let packs = user.get("/packs").await.ok();
    let prompt = create(&served, &token).await;

    assert_eq!((&account["principal"]["subject"], &account["plan"]), (&json!("first"), &json!("pro")));
    assert!(packs.as_array().unwrap().iter().any(|pack| pack["id"] == 260));
    assert!(prompt.ok()["id"].is_u64());
    assert!(!site.mock.requests().is_empty());
    for request in site.mock.requests() {
        assert_eq!(request.headers["authorization"], format!("Bearer {}", site.api_key));
        assert_eq!(request.headers["x-workspace-id"], site.workspace);
    }
}

#[tokio::test]
async fn three_kinds_of_issuers_stand_side_by_side_in_one_file() {
    let site = Site::new().await;
    let (old, new, ec) = (Signer::rs256(), Signer::rs256(), Signer::es256());
    let provider = KeyServer::start(&[old.jwk("old")]).await;
    site.write("ec.pem", &ec.pem());
    let config = format!(
        r#"{}
        [[auth.issuers]]
        issuer = "https://rsa.test"
        audiences = ["gateway"]
        jwks_url = "{}"
        [[auth.issuers]]
        issuer = "https://ec.test"
        audiences = ["gateway"]
        public_key_file = "{}"
        subject_claim = "uid"
        plan_claim = "tier"
        "#,
        site.config().replace("[[auth.issuers]]", "[auth]\njwks_cooldown_s = 1\n[[auth.issuers]]"),
        provider.url(),
        site.path("ec.pem").display(),
    );
    let served = site.serve(&config, &[]).await;
    let plain = tokens::claims(Clock::system().now(), "first", "pro");
    let with = |changes: serde_json::Value| {
        let mut claims = plain.clone();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims
    };
    let rsa = with(json!({ "iss": "https://rsa.test" }));
    let elliptic = with(json!({ "iss": "https://ec.test", "uid": "third", "tier": "pro", "plan": "free" }));

    let shared = tokens::hs256(site.signing.as_bytes(), &plain);
    assert_eq!(who(&served, &shared).await, ("first".into(), "pro".into()));
    assert_eq!(who(&served, &old.token("old", &rsa)).await, ("first".into(), "pro".into()));
    assert_eq!(who(&served, &ec.token("any", &elliptic)).await, ("third".into(), "pro".into()));

    provider.publish(&[new.jwk("new")]);
    let rotated = served.with_token(&new.token("new", &rsa));
    let accepted = async {
        let mut often = tokio::time::interval(Duration::from_millis(50));
        while rotated.get("/gateway/account").await.status != 200 {
            often.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), accepted).await.expect("the new key is fetched in time");
    // One issuer's key signs nothing for another.
    let crossed = ec.token("any", &with(json!({ "uid": "third" })));
    served.with_token(&crossed).get("/gateway/account").await.problem(401, "invalid_token");
}

#[tokio::test]
async fn key_upstream_workspace_and_model_come_from_the_environment() {
    for name in ["ASTRIA_API_KEY", "ASTRIA_AUTH_TOKEN"] {
        let site = Site::new().await;
        let wanted = ["base_url =", "api_key_file =", "workspace_id ="];
        let config: String = site
            .config()
            .lines()
            .filter(|line| !wanted.iter().any(|key| line.contains(key)))
            .fold(String::new(), |text, line| text + line + "\n");
        let (upstream, model) = (site.mock.url(), GEMINI_TUNE_ID.to_string());
        let variables = [
            (name, site.api_key.as_str()),
            ("ASTRIA_BASE_URL", &upstream),
            ("WORKSPACE_ID", &site.workspace),
            ("GEMINI_TUNE_ID", &model),
        ];
        let served = site.serve(&config, &variables).await;
        let claims = tokens::claims(Clock::system().now(), "first", "free");
        let user = served.with_token(&tokens::hs256(site.signing.as_bytes(), &claims));

        user.post_json("/tunes/@gemini/prompts", &json!({"prompt": {"text": "a cat"}})).await.ok();

        let requests = site.mock.requests();
        let [request] = requests.as_slice() else { panic!("{} requests", requests.len()) };
        assert_eq!(request.path, format!("/tunes/{GEMINI_TUNE_ID}/prompts"));
        assert_eq!(request.headers["authorization"], format!("Bearer {}", site.api_key));
        assert_eq!(request.headers["x-workspace-id"], site.workspace);
    }
}

#[tokio::test]
async fn a_variable_overrides_the_file() {
    let site = Site::new().await;
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = site.config().replacen("127.0.0.1:0", &taken.local_addr().unwrap().to_string(), 1);

    let served = site.serve(&config, &[("ASTRIA_GATEWAY__SERVER__LISTEN", "127.0.0.1:0")]).await;

    assert_eq!(http().get(format!("{}/healthz", served.url)).send().await.unwrap().status(), 200);
    assert_eq!(http().get(format!("{}/metrics", served.operator)).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn sigterm_lets_the_request_in_flight_finish_and_ends_with_zero() {
    let site = Site::new().await;
    site.mock.inject(FaultRule::new(Fault::Delay(Duration::from_secs(1))).method("POST"));
    let served = site.serve(&site.config(), &[]).await;
    let claims = tokens::claims(Clock::system().now(), "first", "free");
    let token = tokens::hs256(site.signing.as_bytes(), &claims);
    let (reply, ()) = tokio::join!(create(&served, &token), async {
        eventually("the create's arrival upstream", || !site.mock.requests().is_empty()).await;
        served.process.terminate();
    });

    assert!(reply.ok()["id"].is_u64());
    let (url, (code, _, errors)) = (served.url, served.process.ended().await);
    assert_eq!(code, 0, "{errors}");
    assert!(http().get(url).send().await.is_err_and(|error| error.is_connect()));
}

#[tokio::test]
async fn a_taken_port_ends_with_one_and_says_so() {
    let site = Site::new().await;
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let file = site.write("config.toml", &site.config().replacen("127.0.0.1:0", &address, 1));

    let (code, out, errors) = site.run("serve", &file, &[], &[]).ended().await;

    assert_eq!((code, out.as_str()), (1, ""));
    assert!(errors.contains("cannot listen") && errors.contains(&address), "{errors}");
}

#[tokio::test]
async fn a_token_of_an_unknown_plan_is_minted_with_a_note() {
    let site = Site::new().await;
    let file = site.write("config.toml", &site.config());

    let (code, token, note) =
        site.run("mint-token", &file, &["--sub", "first", "--plan", "gold"], &[]).ended().await;

    assert_eq!((code, token.matches('.').count()), (0, 2));
    assert!(note.contains("gold") && note.contains("free"), "{note}");
}

#[tokio::test]
async fn a_token_is_minted_without_an_api_key() {
    let site = Site::new().await;
    let file = site.write("config.toml", &site.config().replace("/api-key", "/no-such-file"));

    let token = site.mint(&file, "first", "free").await;

    let served = site.serve(&site.config(), &[]).await;
    assert_eq!(who(&served, &token).await, ("first".into(), "free".into()));
}

#[tokio::test]
async fn nothing_is_minted_where_no_issuer_has_a_secret_of_ours() {
    let site = Site::new().await;
    site.write("ec.pem", &Signer::es256().pem());
    let config =
        site.config().replace("hs256_secret_file", "public_key_file").replace("hs256.secret", "ec.pem");
    let file = site.write("config.toml", &config);

    let (code, out, errors) = site.run("mint-token", &file, &["--sub", "first"], &[]).ended().await;

    assert_eq!((code, out.as_str()), (1, ""));
    assert!(errors.contains("HS256"), "{errors}");
}

async fn create(served: &Served, token: &str) -> super::super::harness::Reply {
    let path = format!("/tunes/{SHARED_TUNE}/prompts");
    served.with_token(token).post_json(&path, &json!({"prompt": {"text": "a cat"}})).await
}

async fn who(served: &Served, token: &str) -> (String, String) {
    let account = served.with_token(token).get("/gateway/account").await.ok();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (text(&account["principal"]["subject"]), text(&account["plan"]))
}
