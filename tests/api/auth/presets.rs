//! Presets of issuers, through a real gateway: a key server on this machine plays the provider, whose name and rules are
//! the preset's. Each kind of near miss has its own test in `src/auth/tests/presets`.

use astria_gateway::config::{Environment, Issuer, IssuerKeys, load_text};
use serde_json::{Value, json};

use super::{accepts, refuses};
use crate::harness::{KeyServer, Signer, TestGateway, spawn_gateway, tokens};

/// An issuer as a file would make it.
fn issuer(preset: &str, of: &str, more: &str) -> Issuer {
    let text = format!("[[auth.issuers]]\npreset = \"{preset}\"\npreset_for = \"{of}\"\n{more}\n");
    load_text(&text, &Environment::default()).unwrap().auth.issuers.remove(0)
}

/// A gateway that believes a provider, whose keys are published here.
struct Provider {
    gw: TestGateway,
    key: Signer,
    _server: KeyServer,
    claims: Value,
}

impl Provider {
    async fn start(preset: &str, of: &str, more: &str, claims: Value) -> Self {
        let key = Signer::rs256();
        let server = KeyServer::start(&[Signer::es256().jwk("other"), key.jwk("k")]).await;
        let issuer = issuer(preset, of, &format!("{more}\njwks_url = \"{}\"", server.url()));
        let name = issuer.issuer.clone();
        let gw = spawn_gateway().issuer(issuer, IssuerKeys::Jwks).start().await;
        let now_s = gw.clock.now().unix_s();
        let claims =
            merged(json!({ "iss": name, "sub": "first", "iat": now_s, "exp": now_s + 3_600 }), &claims);
        Self { gw, key, _server: server, claims }
    }

    fn token(&self, changes: &Value) -> String {
        let header = json!({ "alg": "RS256", "kid": "k", "typ": "JWT" });
        self.key.token_with_header(&header, &merged(self.claims.clone(), changes))
    }

    /// The plan that the good token with these changes leads to.
    async fn plan(&self, changes: Value) -> Value {
        let token = self.token(&changes);
        accepts(&self.gw, &token).await;
        self.gw.with_token(&token).get("/gateway/account").await.ok()["plan"].clone()
    }

    async fn refuses(&self, near_misses: &[Value]) {
        for changes in near_misses {
            refuses(&self.gw, &self.token(changes)).await;
        }
        assert!(self.gw.mock.requests().is_empty());
    }
}

/// Replaces claims; `null` removes one.
fn merged(mut claims: Value, changes: &Value) -> Value {
    let members = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(members.remove(name)),
            other => drop(members.insert(name.clone(), other.clone())),
        }
    }
    claims
}

#[tokio::test]
async fn auth0_by_its_domain() {
    let more = "audiences = [\"https://api.test\"]\nplan_claim = \"https://app.test/plan\"";
    let audience = json!(["https://api.test", "https://app.eu.auth0.com/userinfo"]);
    let claims = json!({ "aud": audience, "azp": "AbCd", "https://app.test/plan": "pro" });
    let auth0 = Provider::start("auth0", "app.eu.auth0.com", more, claims).await;
    assert_eq!(auth0.plan(json!({})).await, "pro");
    let machine = json!({ "gty": "client-credentials", "sub": "first" });
    auth0.refuses(&[json!({ "aud": "AbCd", "nonce": "n" }), json!({ "aud": null }), machine]).await;
}

#[tokio::test]
async fn jwt_10_clerk_by_the_origin_in_azp() {
    let claims = json!({ "azp": "https://app.test", "sid": "sess_1", "v": 2, "sts": "active", "metadata": { "plan": "pro" } });
    let more = "audiences = [\"https://app.test\"]\nplan_claim = \"/metadata/plan\"";
    let clerk = Provider::start("clerk", "clerk.app.test", more, claims).await;
    assert_eq!(clerk.plan(json!({})).await, "pro");
    clerk
        .refuses(&[
            json!({ "azp": "https://other.test" }),
            json!({ "azp": null }),
            json!({ "sid": null, "aud": "https://other.test" }),
            json!({ "sid": null }),
        ])
        .await;
}

#[tokio::test]
async fn supabase_by_its_published_keys() {
    let claims = json!({
        "aud": "authenticated", "role": "authenticated", "is_anonymous": false, "session_id": "s",
        "app_metadata": { "provider": "email", "plan": "pro" }, "user_metadata": { "plan": "free" },
    });
    let supabase = Provider::start("supabase", "abcdefghijklmnopqrst", "", claims).await;
    assert_eq!(supabase.plan(json!({})).await, "pro");
    assert_eq!(supabase.plan(json!({ "app_metadata": {} })).await, "free");
    supabase
        .refuses(&[
            json!({ "iss": "supabase", "role": "anon", "aud": null, "sub": null }),
            json!({ "iss": "supabase", "role": "service_role", "aud": null, "sub": null }),
            json!({ "is_anonymous": true }),
            json!({ "client_id": "third" }),
            json!({ "iss": "https://zyxwvutsrqponmlkjihg.supabase.co/auth/v1" }),
        ])
        .await;
}

#[tokio::test]
async fn supabase_by_its_legacy_secret() {
    let secret = "super-secret-jwt-token-with-at-least-32-characters";
    let issuer = issuer("supabase", "abcdefghijklmnopqrst", "hs256_secret_file = \"in-the-test\"");
    let name = issuer.issuer.clone();
    let current = astria_gateway::secret::Secret::from(secret.to_owned());
    let gw = spawn_gateway().issuer(issuer, IssuerKeys::Hs256 { current, previous: None }).start().await;
    let token = |changes: Value| {
        let claims = merged(
            tokens::claims(gw.clock.now(), "first", "free"),
            &json!({ "iss": name, "aud": "authenticated", "role": "authenticated" }),
        );
        tokens::hs256_with_header(
            secret.as_bytes(),
            &json!({ "alg": "HS256", "typ": "JWT" }),
            &merged(claims, &changes),
        )
    };
    accepts(&gw, &token(json!({}))).await;
    for role in ["anon", "service_role"] {
        refuses(&gw, &token(json!({ "iss": "supabase", "role": role, "aud": null, "sub": null }))).await;
        refuses(&gw, &token(json!({ "role": role }))).await;
    }
}

#[tokio::test]
async fn jwt_09_firebase_by_its_project() {
    let claims = json!({ "aud": "my-app", "firebase": { "sign_in_provider": "password", "identities": {} }, "plan": "pro" });
    let firebase = Provider::start("firebase", "my-app", "", claims).await;
    assert_eq!(firebase.plan(json!({})).await, "pro");
    firebase
        .refuses(&[
            json!({ "iss": "https://securetoken.google.com/other", "aud": "other" }),
            json!({ "iss": "https://session.firebase.google.com/my-app" }),
            json!({ "firebase": { "sign_in_provider": "anonymous" } }),
        ])
        .await;
}

#[tokio::test]
async fn jwt_10_cognito_access_tokens_by_client_id() {
    let claims = json!({
        "client_id": "app", "token_use": "access", "username": "anna", "cognito:groups": ["testers", "plan-pro"],
    });
    let more = "audiences = [\"app\"]\nplan_claim = \"cognito:groups\"\nplan_prefix = \"plan-\"";
    let cognito = Provider::start("cognito", "eu-west-1_AbC", more, claims).await;
    assert_eq!(cognito.plan(json!({})).await, "pro");
    cognito
        .refuses(&[
            json!({ "client_id": null, "aud": "app", "token_use": "id" }),
            json!({ "client_id": null }),
            json!({ "client_id": "other" }),
            json!({ "token_use": null }),
            json!({ "username": null }),
        ])
        .await;
}

#[tokio::test]
async fn jwt_11_keycloak_by_its_realm() {
    let claims = json!({
        "aud": ["images", "account"], "typ": "Bearer", "azp": "spa", "realm_access": { "roles": ["plan-pro"] },
    });
    let more = "audiences = [\"images\"]\nauthorized_parties = [\"spa\"]\n\
        plan_claim = \"/realm_access/roles\"\nplan_prefix = \"plan-\"";
    let keycloak = Provider::start("keycloak", "https://sso.app.test/realms/app", more, claims).await;
    assert_eq!(keycloak.plan(json!({})).await, "pro");
    keycloak
        .refuses(&[
            json!({ "typ": "ID", "aud": "spa" }),
            json!({ "typ": "Refresh" }),
            json!({ "aud": "account" }),
            json!({ "azp": "billing" }),
            json!({ "iss": "https://sso.app.test/realms/other" }),
        ])
        .await;
}

#[tokio::test]
async fn jwt_11_entra_by_its_tenant() {
    let tenant = "8f7b5a1e-0c3d-4e2f-9a6b-1234567890ab";
    let claims = json!({
        "aud": "api", "azp": "spa", "scp": "access", "ver": "2.0", "oid": "first", "sub": "per-app", "roles": ["plan-pro"],
    });
    let more = "audiences = [\"api\"]\nplan_claim = \"roles\"\nplan_prefix = \"plan-\"";
    let entra = Provider::start("entra", tenant, more, claims).await;
    assert_eq!(entra.plan(json!({})).await, "pro");
    let other = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
    entra
        .refuses(&[json!({ "scp": null, "nonce": "n" }), json!({ "iss": other }), json!({ "ver": "1.0" })])
        .await;
}
