//! Auth0, Clerk, Supabase, Firebase.

use serde_json::{Value, json};

use super::super::super::{ClaimValue, KeySource, Preset, Refusal};
use super::super::signers::Signer;
use super::super::{NOW_S, merged, signed};
use super::{Provider, issuer, plan_of, rsa};
use crate::secret::Secret;

const API: &str = "https://images.my-app.com";

/// Source: <https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles> (read 2026-11-22).
fn auth0() -> Provider {
    let mut settings = issuer(Preset::Auth0, "my-app.eu.auth0.com", API, rsa());
    settings.plan_claim = "https://my-app.com/plan".to_owned();
    let claims = json!({
        "iss": "https://my-app.eu.auth0.com/", "sub": "auth0|65a1b2c3d4e5f60718293a4b",
        "aud": [API, "https://my-app.eu.auth0.com/userinfo"], "azp": "AbCdEfGhIjKlMnOpQrStUvWxYz012345",
        "scope": "openid profile images", "https://my-app.com/plan": "pro", "permissions": ["images:create"],
    });
    Provider::new(settings, json!({ "alg": "RS256", "typ": "JWT", "kid": "NjJDNEMzQUEx" }), claims)
}

#[tokio::test]
async fn auth0_access_tokens_of_both_profiles_get_in_with_a_namespaced_plan() {
    let auth0 = auth0();
    let user = auth0.user(json!({})).await;
    assert_eq!((&*user.id.subject, plan_of(&user)), ("auth0|65a1b2c3d4e5f60718293a4b", Some("pro")));
    auth0.accepts(json!({ "aud": API })).await;
    auth0.accepts(json!({ "azp": null, "client_id": "AbCd", "jti": "73WakrfVbNJBaAmhQtEeDv" })).await;
}

#[tokio::test]
async fn jwt_10_jwt_11_auth0_tokens_of_another_kind_api_or_tenant_are_refused() {
    let auth0 = auth0();
    let id_token =
        json!({ "aud": "AbCdEfGhIjKlMnOpQrStUvWxYz012345", "azp": null, "nonce": "n", "name": "A" });
    auth0.refuses(id_token, Refusal::Audience).await;
    let userinfo_alone = json!("https://my-app.eu.auth0.com/userinfo");
    for audience in
        [userinfo_alone.clone(), json!([userinfo_alone]), json!([API, "https://other.api"]), Value::Null]
    {
        auth0.refuses(json!({ "aud": audience }), Refusal::Audience).await;
    }
    auth0.refuses(json!({ "iss": "https://my-app.eu.auth0.com" }), Refusal::Issuer).await;
    auth0.refuses(json!({ "iss": "https://other.eu.auth0.com/" }), Refusal::Issuer).await;
    let machine = json!({ "sub": "AbCd@clients", "aud": API, "gty": "client-credentials" });
    auth0.refuses(machine, Refusal::Claim).await;
}

const ORIGIN: &str = "https://my-app.com";

/// Source: <https://clerk.com/docs/guides/sessions/session-tokens> (read 2026-11-22).
fn clerk(change: impl FnOnce(&mut super::IssuerSettings)) -> Provider {
    let mut settings = issuer(Preset::Clerk, "clerk.my-app.com", ORIGIN, rsa());
    change(&mut settings);
    let claims = json!({
        "azp": ORIGIN, "iss": "https://clerk.my-app.com", "sub": "user_2bVftRtFezPdchfaz", "sid": "sess_2bVftP1rQemOu4CPj",
        "v": 2, "fva": [7, -1], "sts": "active", "jti": "10db7f531a90cb2faea4", "nbf": NOW_S - 70, "pla": "u:pro",
        "fea": "u:videos", "o": { "id": "org_2bV", "slg": "acme", "rol": "admin", "per": "read", "fpm": "3" },
        "metadata": { "plan": "team" },
    });
    let header = json!({ "alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": "ins_2b", "typ": "JWT" });
    Provider::new(settings, header, claims)
}

#[tokio::test]
async fn clerk_session_tokens_of_our_origin_get_in_with_a_plan_from_where_config_says() {
    assert_eq!(plan_of(&clerk(|_| {}).user(json!({ "plan": "pro" })).await), Some("pro"));
    let nested = clerk(|issuer| {
        issuer.plan_claim = "/metadata/plan".to_owned();
        issuer.tenant_claim = "/o/id".to_owned();
    });
    let user = nested.user(json!({})).await;
    assert_eq!((plan_of(&user), user.tenant.as_deref()), (Some("team"), Some("org_2bV")));
    let alone = nested.user(json!({ "o": null, "metadata": null })).await;
    assert_eq!((plan_of(&alone), alone.tenant.as_deref()), (None, None));
    let billed = clerk(|issuer| {
        issuer.plan_claim = "pla".to_owned();
        issuer.plan_prefix = "u:".to_owned();
    });
    assert_eq!(plan_of(&billed.user(json!({})).await), Some("pro"));
    assert_eq!(plan_of(&billed.user(json!({ "pla": "o:team" })).await), None);
}

#[tokio::test]
async fn jwt_10_clerk_tokens_of_another_origin_or_for_another_service_are_refused() {
    let clerk = clerk(|_| {});
    for origin in ["https://other.com", "https://my-app.com/", "http://my-app.com", "https://evil.my-app.com"]
    {
        clerk.refuses(json!({ "azp": origin }), Refusal::Audience).await;
    }
    clerk.refuses(json!({ "azp": null }), Refusal::Audience).await;
    clerk.refuses(json!({ "iss": "https://clerk.other.com" }), Refusal::Issuer).await;
    let template = json!({ "sid": null, "v": null, "pla": null, "fea": null, "sts": null });
    clerk.refuses(template.clone(), Refusal::Claim).await;
    clerk.refuses(merged(template, json!({ "aud": "https://other.service" })), Refusal::Audience).await;
    clerk.refuses(json!({ "aud": "https://other.service" }), Refusal::Audience).await;
    clerk.refuses(json!({ "sts": "pending" }), Refusal::Claim).await;
    clerk.refuses_header(json!({ "alg": "RS256", "typ": "at+jwt" }), Refusal::TokenType).await;
}

const PROJECT: &str = "abcdefghijklmnopqrst";

/// Source: <https://supabase.com/docs/guides/auth/jwt-fields> (read 2026-11-22).
fn supabase_claims() -> Value {
    json!({
        "aal": "aal1", "amr": [{ "method": "password", "timestamp": NOW_S - 60 }],
        "app_metadata": { "plan": "pro", "provider": "email", "providers": ["email"] }, "aud": "authenticated",
        "email": "anna@example.com", "is_anonymous": false, "iss": format!("https://{PROJECT}.supabase.co/auth/v1"),
        "phone": "", "role": "authenticated", "session_id": "b8f1e0a2-3c4d-4e5f-8a9b-0c1d2e3f4a5b",
        "sub": "123e4567-e89b-12d3-a456-426614174000", "user_metadata": { "plan": "gold" },
    })
}

fn supabase() -> Provider {
    let settings = issuer(Preset::Supabase, PROJECT, "", rsa());
    Provider::new(settings, json!({ "alg": "RS256", "kid": "any", "typ": "JWT" }), supabase_claims())
}

#[tokio::test]
async fn supabase_users_get_in_with_the_plan_of_their_app_metadata() {
    let supabase = supabase();
    let user = supabase.user(json!({})).await;
    assert_eq!((&*user.id.subject, plan_of(&user)), ("123e4567-e89b-12d3-a456-426614174000", Some("pro")));
    let without = supabase.user(json!({ "app_metadata": { "provider": "email" } })).await;
    assert_eq!(plan_of(&without), None, "what people write themselves is no plan");
    supabase.accepts(json!({ "app_metadata": {} })).await;
    supabase.refuses(json!({ "app_metadata": { "plan": 7 } }), Refusal::Attribute).await;
    supabase.refuses(json!({ "app_metadata": "pro" }), Refusal::Attribute).await;
}

#[tokio::test]
async fn jwt_11_supabase_api_keys_third_apps_and_other_projects_are_refused() {
    let supabase = supabase();
    for role in ["anon", "service_role"] {
        let key = json!({ "iss": "supabase", "ref": PROJECT, "role": role, "aud": null, "sub": null });
        supabase.refuses(key, Refusal::Issuer).await;
        supabase.refuses(json!({ "role": role, "aud": null, "sub": null }), Refusal::Audience).await;
        supabase.refuses(json!({ "role": role }), Refusal::Claim).await;
    }
    supabase.refuses(json!({ "role": null }), Refusal::Claim).await;
    supabase.refuses(json!({ "client_id": "9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d" }), Refusal::Claim).await;
    supabase.refuses(json!({ "aud": "9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d" }), Refusal::Audience).await;
    let other = "https://zyxwvutsrqponmlkjihg.supabase.co/auth/v1";
    supabase.refuses(json!({ "iss": other }), Refusal::Issuer).await;
}

#[tokio::test]
async fn supabase_users_without_an_account_are_refused_unless_config_lets_them_in() {
    let refusing = supabase();
    for odd in [json!(true), json!("true"), json!(1)] {
        refusing.refuses(json!({ "is_anonymous": odd }), Refusal::Claim).await;
    }
    refusing.accepts(json!({ "is_anonymous": null })).await;
    let mut settings = issuer(Preset::Supabase, PROJECT, "", rsa());
    settings.refused_claims.insert("is_anonymous".to_owned(), ClaimValue::Text(String::new()));
    let letting = Provider::new(settings, refusing.header.clone(), refusing.claims.clone());
    letting.accepts(json!({ "is_anonymous": true })).await;
}

#[tokio::test]
async fn supabase_projects_with_the_legacy_secret_are_read_alike() {
    let secret = b"super-secret-jwt-token-with-at-least-32-characters";
    let keys = KeySource::Hs256 { current: Secret::new(secret.to_vec()), previous: None };
    let supabase = Provider::new(issuer(Preset::Supabase, PROJECT, "", keys), json!({}), supabase_claims());
    let token = |changes: Value| {
        let claims = merged(supabase.claims.clone(), changes);
        signed(json!({ "alg": "HS256", "kid": "legacy", "typ": "JWT" }), claims, &Signer::hs256(secret))
    };
    supabase.gateway.accepts(&token(json!({}))).await;
    for role in ["anon", "service_role"] {
        let key = json!({ "iss": "supabase", "ref": PROJECT, "role": role, "aud": null, "sub": null });
        supabase.gateway.refuses(&token(key), Refusal::Issuer).await;
    }
    supabase.gateway.refuses(&token(json!({ "is_anonymous": true })), Refusal::Claim).await;
}

/// Source: <https://firebase.google.com/docs/reference/admin/node/firebase-admin.auth.decodedidtoken> (read 2026-11-22).
fn firebase() -> Provider {
    let settings = issuer(Preset::Firebase, "my-app-1a2b3", "", rsa());
    let claims = json!({
        "iss": "https://securetoken.google.com/my-app-1a2b3", "aud": "my-app-1a2b3", "auth_time": NOW_S - 600,
        "user_id": "Xk893u23H9SH893", "sub": "Xk893u23H9SH893", "email": "anna@example.com", "email_verified": true,
        "firebase": { "identities": { "email": ["anna@example.com"] }, "sign_in_provider": "password" }, "plan": "pro",
    });
    Provider::new(settings, json!({ "alg": "RS256", "kid": "e197bf2e87bd1905", "typ": "JWT" }), claims)
}

#[tokio::test]
async fn firebase_users_get_in_with_the_plan_of_their_custom_claims() {
    let firebase = firebase();
    let user = firebase.user(json!({})).await;
    assert_eq!((&*user.id.subject, plan_of(&user)), ("Xk893u23H9SH893", Some("pro")));
}

#[tokio::test]
async fn jwt_09_jwt_11_firebase_tokens_of_another_project_or_kind_are_refused() {
    let firebase = firebase();
    let other = json!({ "iss": "https://securetoken.google.com/other-app", "aud": "other-app" });
    firebase.refuses(other, Refusal::Issuer).await;
    firebase.refuses(json!({ "aud": "other-app" }), Refusal::Audience).await;
    let cookie = json!({ "iss": "https://session.firebase.google.com/my-app-1a2b3" });
    firebase.refuses(cookie, Refusal::Issuer).await;
    let custom_token = json!({
        "iss": "firebase-adminsdk@my-app-1a2b3.iam.gserviceaccount.com", "uid": "Xk893u23H9SH893",
        "aud": "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit",
    });
    firebase.refuses(custom_token, Refusal::Issuer).await;
    let app_check =
        json!({ "iss": "https://firebaseappcheck.googleapis.com/123", "aud": ["projects/my-app-1a2b3"] });
    firebase.refuses(app_check, Refusal::Issuer).await;
    firebase.refuses(json!({ "sub": "" }), Refusal::Subject).await;
    let anonymous = json!({ "provider_id": "anonymous", "firebase": { "sign_in_provider": "anonymous" } });
    firebase.refuses(anonymous, Refusal::Claim).await;
}
