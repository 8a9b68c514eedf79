//! Tokens of real shape, provider by provider: the good one, and each that comes near it.

mod directories;
mod hosted;

use serde_json::{Value, json};

use super::super::{IssuerSettings, KeySource, Preset, PresetFault, Refusal};
use super::signers::Signer;
use super::{Fixture, NOW_S, merged, signed};
use crate::principal::{EndUser, Principal};

/// The settings that config would make of a preset, an audience and keys.
fn issuer(preset: Preset, of: &str, audience: &str, keys: KeySource) -> IssuerSettings {
    let rules = preset.rules(of).expect("of the provider's form");
    let owned = |claims: Vec<(&'static str, _)>| {
        claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    };
    let audiences = if audience.is_empty() { rules.audiences } else { vec![audience.to_owned()] };
    IssuerSettings {
        audience_claim: rules.audience_claim.to_owned(),
        other_audiences: rules.other_audiences,
        authorized_party_claim: rules.authorized_party_claim.to_owned(),
        token_types: rules.token_types.iter().map(|name| (*name).to_owned()).collect(),
        subject_claim: rules.subject_claim.to_owned(),
        plan_claim: rules.plan_claim.to_owned(),
        tenant_claim: rules.tenant_claim.to_owned(),
        required_claims: owned(rules.required_claims),
        refused_claims: owned(rules.refused_claims),
        ..IssuerSettings::new(rules.issuer, audiences, keys)
    }
}

/// A provider with one RSA key, and a token as it makes them.
struct Provider {
    gateway: Fixture,
    header: Value,
    claims: Value,
}

impl Provider {
    fn new(issuer: IssuerSettings, header: Value, claims: Value) -> Self {
        let times = json!({ "iat": NOW_S - 60, "exp": NOW_S + 3_540 });
        Self { gateway: Fixture::with_issuer(issuer), header, claims: merged(times, claims) }
    }

    /// The token with some claims replaced; `null` removes one.
    fn token(&self, changes: Value) -> String {
        signed(self.header.clone(), merged(self.claims.clone(), changes), Signer::rsa())
    }

    async fn user(&self, changes: Value) -> EndUser {
        match self.gateway.verify(&self.token(changes)).await.expect("accepted") {
            Principal::EndUser(user) => (*user).clone(),
            _ => panic!("an end user"),
        }
    }

    async fn accepts(&self, changes: Value) {
        self.gateway.accepts(&self.token(changes)).await;
    }

    async fn refuses(&self, changes: Value, reason: Refusal) {
        self.gateway.refuses(&self.token(changes), reason).await;
    }

    /// The good token under another header.
    async fn refuses_header(&self, header: Value, reason: Refusal) {
        let token = signed(header, self.claims.clone(), Signer::rsa());
        self.gateway.refuses(&token, reason).await;
    }
}

fn rsa() -> KeySource {
    KeySource::PublicKeys { pem: Signer::rsa().pem().into_bytes() }
}

fn plan_of(user: &EndUser) -> Option<&str> {
    user.claimed_plan.as_deref()
}

#[test]
fn a_value_that_is_not_of_the_providers_form_fills_in_nothing() {
    let guid = "8f7b5a1e-0c3d-4e2f-9a6b-1234567890ab";
    for (preset, good) in [
        (Preset::Auth0, "my-app.eu.auth0.com"),
        (Preset::Clerk, "clerk.my-app.com"),
        (Preset::Supabase, "abcdefghijklmnopqrst"),
        (Preset::Supabase, "auth.my-app.com"),
        (Preset::Firebase, "my-app-1a2b3"),
        (Preset::Cognito, "eu-west-1_AbCdEfGhI"),
        (Preset::Keycloak, "https://sso.my-app.com/realms/app"),
        (Preset::Keycloak, "https://sso.my-app.com/auth/realms/app/"),
        (Preset::Keycloak, "http://127.0.0.1:8080/realms/app"),
        (Preset::Entra, guid),
        (Preset::EntraV1, guid),
    ] {
        let rules = preset.rules(good).expect("of the provider's form");
        assert!(rules.jwks_url.starts_with("https://") || good.starts_with("http://127"), "{good}");
    }
    let upper = guid.to_uppercase();
    for (preset, fault, bad) in [
        (Preset::None, PresetFault::NoPreset, &["", "my-app"][..]),
        (
            Preset::Auth0,
            PresetFault::Host,
            &[
                "",
                "my-app",
                "https://a.auth0.com",
                "a.auth0.com/",
                "A.auth0.com",
                "a..com",
                "127.0.0.1",
                "a.b:1",
                "a@b.c",
            ],
        ),
        (Preset::Clerk, PresetFault::Host, &["https://clerk.my-app.com", "clerk.my-app.com/v1", "-a.b"]),
        (Preset::Supabase, PresetFault::ProjectReference, &["", "short", "abcdefghijklmnopqrs1", "a.b/c"]),
        (Preset::Firebase, PresetFault::Project, &["", "abc", "My-App", "a/b/c", "my.app"]),
        (
            Preset::Cognito,
            PresetFault::Pool,
            &["", "eu-west-1", "eu-west-1_", "_AbC", "euwest_A", "eu-west-1_A/b", "evil.example/x-_A"],
        ),
        (
            Preset::Keycloak,
            PresetFault::Realm,
            &[
                "",
                "app",
                "http://sso.my-app.com/realms/app",
                "https://sso.my-app.com",
                "https://sso.my-app.com/realms/",
                "https://sso.my-app.com/realms/app/protocol",
                "https://a:b@sso.my-app.com/realms/app",
                "https://sso.my-app.com/realms/app?x=1",
                "https://SSO.my-app.com/realms/app",
            ],
        ),
        (
            Preset::Entra,
            PresetFault::Tenant,
            &["", "common", "organizations", "my-app.onmicrosoft.com", &upper],
        ),
        (Preset::EntraV1, PresetFault::Tenant, &["common"]),
    ] {
        for of in bad {
            assert_eq!(preset.rules(of).err(), Some(fault), "{preset:?} {of}");
        }
    }
}
