//! Cognito, Keycloak, Entra.

use serde_json::{Value, json};

use super::super::super::{Preset, Refusal};
use super::super::key_server::{Answer, KeyServer};
use super::super::signers::Signer;
use super::super::{NOW_S, merged};
use super::{Provider, issuer, plan_of, rsa};

const POOL: &str = "eu-west-1_AbCdEfGhI";
const CLIENT: &str = "1example23456789abcdefghij";

/// Source: <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>
/// (read 2026-11-22).
fn cognito(change: impl FnOnce(&mut super::IssuerSettings)) -> Provider {
    let mut settings = issuer(Preset::Cognito, POOL, CLIENT, rsa());
    change(&mut settings);
    let claims = json!({
        "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "cognito:groups": ["testers", "plan-pro"],
        "iss": format!("https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"), "version": 2, "client_id": CLIENT,
        "origin_jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "event_id": "64f513be-32db-42b0-b78e-b02127b4f463",
        "token_use": "access", "scope": "openid email", "auth_time": NOW_S - 60,
        "jti": "cccccccc-dddd-eeee-aaaa-dddddddddddd", "username": "my-test-user",
    });
    Provider::new(settings, json!({ "kid": "1234example=", "alg": "RS256" }), claims)
}

#[tokio::test]
async fn cognito_access_tokens_get_in_by_client_id_with_a_plan_from_a_claim_or_a_group() {
    let user = cognito(|_| {}).user(json!({ "plan": "pro" })).await;
    assert_eq!((&*user.id.subject, plan_of(&user)), ("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", Some("pro")));
    let grouped = cognito(|issuer| {
        issuer.plan_claim = "cognito:groups".to_owned();
        issuer.plan_prefix = "plan-".to_owned();
    });
    assert_eq!(plan_of(&grouped.user(json!({})).await), Some("pro"));
    assert_eq!(plan_of(&grouped.user(json!({ "cognito:groups": null })).await), None);
    let two = json!({ "cognito:groups": ["plan-pro", "plan-free"] });
    grouped.refuses(two, Refusal::Attribute).await;
}

#[tokio::test]
async fn jwt_10_cognito_tokens_need_our_client_id_and_an_aud_that_is_there_must_be_ours_too() {
    let gateway = cognito(|_| {});
    gateway.refuses(json!({ "client_id": null }), Refusal::Audience).await;
    gateway.refuses(json!({ "client_id": "other23456789abcdefghij" }), Refusal::Audience).await;
    gateway.refuses(json!({ "client_id": null, "aud": CLIENT }), Refusal::Audience).await;
    gateway.refuses(json!({ "aud": "https://other.api" }), Refusal::Audience).await;
    let bound = cognito(|issuer| issuer.audiences.push("https://images.my-app.com".to_owned()));
    bound.accepts(json!({ "aud": "https://images.my-app.com" })).await;
    bound
        .refuses(json!({ "aud": "https://images.my-app.com", "client_id": "other" }), Refusal::Audience)
        .await;
}

#[tokio::test]
async fn jwt_11_cognito_id_tokens_machines_and_other_pools_are_refused() {
    let cognito = cognito(|_| {});
    let id_token = json!({
        "aud": CLIENT, "client_id": null, "token_use": "id", "username": null, "cognito:username": "my-test-user",
        "email": "anna@example.com",
    });
    cognito.refuses(id_token.clone(), Refusal::TokenType).await;
    cognito.refuses(merged(id_token, json!({ "token_use": null })), Refusal::Audience).await;
    cognito.refuses(json!({ "token_use": null }), Refusal::Claim).await;
    cognito.refuses(json!({ "token_use": "refresh" }), Refusal::Claim).await;
    let machine =
        json!({ "sub": CLIENT, "username": null, "scope": "images/create", "cognito:groups": null });
    cognito.refuses(machine, Refusal::Claim).await;
    let pool = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other";
    cognito.refuses(json!({ "iss": pool }), Refusal::Issuer).await;
}

const REALM: &str = "https://sso.my-app.com/realms/app";

/// Source: <https://phasetwo.io/tutorials/clients/audience/> (read 2026-11-22).
fn keycloak(change: impl FnOnce(&mut super::IssuerSettings)) -> Provider {
    let mut settings = issuer(Preset::Keycloak, REALM, "images", rsa());
    change(&mut settings);
    let claims = json!({
        "auth_time": NOW_S - 61, "jti": "onrtac:b1f4", "iss": REALM, "aud": ["images", "account"],
        "sub": "f1c4f64e-2c0c-4cda-8c9f-9f3f8f3a2b0e", "typ": "Bearer", "azp": "spa", "sid": "4c0a3a8a", "acr": "1",
        "allowed-origins": ["https://my-app.com"], "realm_access": { "roles": ["default-roles-app", "plan-pro"] },
        "resource_access": { "account": { "roles": ["view-profile"] } }, "scope": "openid profile",
        "preferred_username": "ada",
    });
    Provider::new(settings, json!({ "alg": "RS256", "typ": "JWT", "kid": "nnniBrxL0q" }), claims)
}

#[tokio::test]
async fn keycloak_access_tokens_get_in_with_a_plan_from_a_mapped_claim_or_a_role() {
    let mapped = keycloak(|_| {});
    assert_eq!(plan_of(&mapped.user(json!({ "plan": "pro" })).await), Some("pro"));
    mapped.accepts(json!({ "aud": "images" })).await;
    let by_role = keycloak(|issuer| {
        issuer.plan_claim = "/realm_access/roles".to_owned();
        issuer.plan_prefix = "plan-".to_owned();
    });
    assert_eq!(plan_of(&by_role.user(json!({})).await), Some("pro"));
    assert_eq!(plan_of(&by_role.user(json!({ "realm_access": { "roles": ["user"] } })).await), None);
    assert_eq!(plan_of(&by_role.user(json!({ "realm_access": null })).await), None);
}

#[tokio::test]
async fn jwt_11_keycloak_tokens_that_are_no_bearer_tokens_for_us_are_refused() {
    let keycloak = keycloak(|_| {});
    keycloak.refuses(json!({ "typ": "ID", "aud": "spa" }), Refusal::TokenType).await;
    for kind in [json!("Refresh"), json!("Offline"), json!("DPoP"), json!("Logout"), Value::Null] {
        keycloak.refuses(json!({ "typ": kind }), Refusal::Claim).await;
    }
    for audience in [json!("account"), json!(["account"]), Value::Null, json!(["images", "billing"])] {
        keycloak.refuses(json!({ "aud": audience }), Refusal::Audience).await;
    }
    keycloak.refuses(json!({ "iss": "https://sso.my-app.com/realms/other" }), Refusal::Issuer).await;
    keycloak.refuses(json!({ "iss": format!("{REALM}/") }), Refusal::Issuer).await;
}

#[tokio::test]
async fn keycloak_clients_can_be_named_beside_the_audience_or_instead_of_it() {
    let beside = keycloak(|issuer| issuer.authorized_parties = vec!["spa".to_owned(), "mobile".to_owned()]);
    beside.accepts(json!({})).await;
    for azp in [json!("billing"), json!(["spa"]), json!(null)] {
        beside.refuses(json!({ "azp": azp }), Refusal::AuthorizedParty).await;
    }
    let instead = keycloak(|issuer| {
        issuer.audience_claim = "azp".to_owned();
        issuer.audiences = vec!["spa".to_owned()];
    });
    instead.accepts(json!({ "aud": "account" })).await;
    instead.accepts(json!({ "aud": null })).await;
    instead.refuses(json!({ "aud": null, "azp": "billing" }), Refusal::Audience).await;
    instead.refuses(json!({ "aud": "billing" }), Refusal::Audience).await;
    instead.refuses(json!({ "aud": "spa", "typ": "ID" }), Refusal::TokenType).await;
}

const TENANT: &str = "8f7b5a1e-0c3d-4e2f-9a6b-1234567890ab";
const API: &str = "11112222-3333-4444-5555-666677778888";

/// Source: <https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference> (read 2026-11-22).
fn entra_claims() -> Value {
    json!({
        "aud": API, "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "nbf": NOW_S - 60,
        "aio": "AXQAi/8IAAAA", "azp": "6e74172b-be56-4843-9ff4-e66a39bb12e3", "azpacr": "0", "name": "Abe Lincoln",
        "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474", "preferred_username": "abeli@microsoft.com", "rh": "I",
        "scp": "access_as_user", "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": TENANT,
        "uti": "fqiBqXLPj0eQa82S-IYFAA", "ver": "2.0", "roles": ["plan-pro"],
    })
}

fn entra(change: impl FnOnce(&mut super::IssuerSettings)) -> Provider {
    let mut settings = issuer(Preset::Entra, TENANT, API, rsa());
    change(&mut settings);
    Provider::new(
        settings,
        json!({ "typ": "JWT", "alg": "RS256", "kid": "nOo3ZDrODXEK1jKWhXslHR_KXEg" }),
        entra_claims(),
    )
}

#[tokio::test]
async fn entra_users_get_in_by_their_object_id_with_a_plan_from_an_app_role() {
    let entra = entra(|issuer| {
        issuer.plan_claim = "roles".to_owned();
        issuer.plan_prefix = "plan-".to_owned();
    });
    let user = entra.user(json!({})).await;
    assert_eq!((&*user.id.subject, plan_of(&user)), ("690222be-ff1a-4d56-abd1-7e4f7d38e474", Some("pro")));
    let elsewhere = entra.user(json!({ "sub": "another-per-app" })).await;
    assert!(user.id == elsewhere.id);
}

#[tokio::test]
async fn jwt_10_jwt_11_entra_tokens_of_another_kind_api_app_or_tenant_are_refused() {
    let gateway = entra(|issuer| {
        issuer.authorized_parties = vec!["6e74172b-be56-4843-9ff4-e66a39bb12e3".to_owned()];
    });
    gateway.accepts(json!({})).await;
    gateway.refuses(json!({ "azp": "99999999-be56-4843-9ff4-e66a39bb12e3" }), Refusal::AuthorizedParty).await;
    // The ID token of an app whose registration is also the API's.
    gateway.refuses(json!({ "scp": null, "nonce": "n", "aio": "A" }), Refusal::Claim).await;
    let machine = json!({ "scp": null, "roles": ["images.create"], "idtyp": "app" });
    gateway.refuses(machine, Refusal::Claim).await;
    let graph = "00000003-0000-0000-c000-000000000000";
    gateway.refuses(json!({ "aud": graph }), Refusal::Audience).await;
    let consumers = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
    gateway.refuses(json!({ "iss": consumers }), Refusal::Issuer).await;
    let first_version = json!({ "iss": format!("https://sts.windows.net/{TENANT}/"), "ver": "1.0" });
    gateway.refuses(first_version, Refusal::Issuer).await;
    gateway.refuses(json!({ "oid": null }), Refusal::Subject).await;
}

#[tokio::test]
async fn entra_tokens_of_the_first_version_have_a_preset_of_their_own() {
    let mut settings = issuer(Preset::EntraV1, TENANT, "api://images", rsa());
    settings.authorized_parties = vec!["f4f9c4a1".to_owned()];
    let first = json!({
        "iss": format!("https://sts.windows.net/{TENANT}/"), "ver": "1.0", "azp": null, "azpacr": null, "appid": "f4f9c4a1",
        "appidacr": "0", "acr": "1", "amr": ["pwd"], "aud": "api://images", "unique_name": "abeli@microsoft.com",
    });
    let header = json!({ "typ": "JWT", "alg": "RS256", "x5t": "nOo3", "kid": "nOo3" });
    let entra = Provider::new(settings, header, merged(entra_claims(), first));
    let user = entra.user(json!({})).await;
    assert_eq!(&*user.id.subject, "690222be-ff1a-4d56-abd1-7e4f7d38e474");
    entra.refuses(json!({ "appid": "other" }), Refusal::AuthorizedParty).await;
    entra.refuses(json!({ "ver": "2.0" }), Refusal::Claim).await;
    entra.refuses(json!({ "aud": API }), Refusal::Audience).await;
}

#[tokio::test]
async fn jwt_13_published_keys_without_alg_and_among_keys_of_other_kinds_work() {
    let entra_like = json!({
        "kid": "nOo3", "use": "sig", "x5t": "nOo3", "x5c": ["MIIC"], "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
    });
    let encryption = json!({ "kid": "enc", "use": "enc", "alg": "RSA-OAEP" });
    let server = KeyServer::start(Answer::keys(&[
        Signer::new_rsa().jwk(encryption),
        Signer::p256()
            .jwk(json!({ "kid": "ec", "use": "sig", "alg": "ES256", "key_ops": ["verify"], "ext": true })),
        Signer::rsa().jwk(entra_like),
        Signer::hs256(&[7; 32]).jwk(json!({ "kid": "oct" })),
    ]))
    .await;
    let settings = issuer(Preset::Entra, TENANT, API, server.source());
    let entra =
        Provider::new(settings, json!({ "typ": "JWT", "alg": "RS256", "kid": "nOo3" }), entra_claims());
    entra.accepts(json!({})).await;
    entra.refuses_header(json!({ "typ": "JWT", "alg": "RS256", "kid": "enc" }), Refusal::UnknownKey).await;
    entra.refuses_header(json!({ "typ": "JWT", "alg": "RS256", "kid": "ec" }), Refusal::Algorithm).await;
}
