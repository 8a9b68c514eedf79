//! What is known of the tokens of well-known providers, so that an operator names a provider and one value of theirs.
//!
//! Each provider signs several kinds of tokens with the same keys, and names issuer, audience and kind in its own way.
//! A preset is a set of the same rules that an operator could write; it has no code of its own on the way of a token.
//! What the operator writes beside it wins and is checked like ever (`config/presets.rs`).
//!
//! It does *not* say who the audience is where that is the operator's own name (Auth0, Clerk, Cognito, Keycloak,
//! Entra): then config must.

use serde::{Deserialize, Serialize};
use url::Url;

use super::discovery::discovery_url;
use super::wanted::ClaimValue;

/// A provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// None: everything is written by hand.
    #[default]
    #[serde(rename = "")]
    None,
    /// Auth0, by the tenant's domain: `my-app.eu.auth0.com`, or a custom one.
    Auth0,
    /// Clerk, by the host of the Frontend API: `clerk.my-app.com`.
    Clerk,
    /// Supabase Auth, by the project's reference or its own domain.
    Supabase,
    /// Firebase Authentication, by the project's id.
    Firebase,
    /// Amazon Cognito user pools, by the pool's id: `eu-west-1_AbCdEfGhI`.
    Cognito,
    /// Keycloak, by the realm's address: `https://sso.my-app.com/realms/app`.
    Keycloak,
    /// Microsoft Entra ID with v2.0 tokens, by the tenant's id.
    Entra,
    /// Microsoft Entra ID with v1.0 tokens, by the tenant's id.
    EntraV1,
}

/// Why a preset cannot be filled in: the value is not of the provider's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresetFault {
    /// There is no preset to fill in.
    #[error("needs a preset beside it")]
    NoPreset,
    /// No host name.
    #[error("must be a host name such as \"my-app.eu.auth0.com\", without https://")]
    Host,
    /// Neither a reference nor a host name.
    #[error("must be a project's reference, 20 letters, or its own host name, without https://")]
    ProjectReference,
    /// No project id.
    #[error("must be a project's id such as \"my-app-1a2b3\"")]
    Project,
    /// No pool id.
    #[error("must be a user pool's id such as \"eu-west-1_AbCdEfGhI\"")]
    Pool,
    /// No realm's address.
    #[error(
        "must be a realm's address such as \"https://sso.my-app.com/realms/app\": https, or http on this machine"
    )]
    Realm,
    /// No tenant id.
    #[error(
        "must be the directory (tenant) id, a GUID in lower case: tokens name it even where people use a domain"
    )]
    Tenant,
}

/// What a preset says. Each member is a setting of [`super::IssuerSettings`] or of its key source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetRules {
    /// The exact `iss`.
    pub issuer: String,
    /// Where the keys are published.
    pub jwks_url: String,
    /// The audiences, where they follow from the value; else empty.
    pub audiences: Vec<String>,
    /// The claim that holds the audience.
    pub audience_claim: &'static str,
    /// Names that may stand beside ours.
    pub other_audiences: Vec<String>,
    /// The claim that names the calling app.
    pub authorized_party_claim: &'static str,
    /// Accepted `typ` headers.
    pub token_types: &'static [&'static str],
    /// The claim that names the person for good.
    pub subject_claim: &'static str,
    /// The claim that names the plan.
    pub plan_claim: &'static str,
    /// The claim that names the tenant.
    pub tenant_claim: &'static str,
    /// Claims that must be there.
    pub required_claims: Vec<(&'static str, ClaimValue)>,
    /// Claims that must not be there.
    pub refused_claims: Vec<(&'static str, ClaimValue)>,
}

impl Preset {
    /// The provider's rules, from the one value that differs from customer to customer.
    ///
    /// # Errors
    /// [`PresetFault`]: the value is not of the form that this provider's have.
    pub fn rules(self, of: &str) -> Result<PresetRules, PresetFault> {
        match self {
            Self::None => Err(PresetFault::NoPreset),
            Self::Auth0 => auth0(of),
            Self::Clerk => clerk(of),
            Self::Supabase => supabase(of),
            Self::Firebase => firebase(of),
            Self::Cognito => cognito(of),
            Self::Keycloak => keycloak(of),
            Self::Entra => entra(of),
            Self::EntraV1 => entra_v1(of),
        }
    }
}

/// An issuer with the usual claims and nothing special.
fn usual(issuer: String, jwks_url: String) -> PresetRules {
    PresetRules {
        issuer,
        jwks_url,
        audiences: Vec::new(),
        audience_claim: "aud",
        other_audiences: Vec::new(),
        authorized_party_claim: "azp",
        token_types: &["at+jwt", "JWT"],
        subject_claim: "sub",
        plan_claim: "plan",
        tenant_claim: "tenant",
        required_claims: Vec::new(),
        refused_claims: Vec::new(),
    }
}

fn text(value: &str) -> ClaimValue {
    ClaimValue::Text(value.to_owned())
}

/// `iss` ends with a slash. A token that was also asked for with the scope `openid` names `/userinfo` beside the API.
/// Source: <https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles>,
/// <https://auth0.com/docs/jwks> (read 2026-11-22).
fn auth0(domain: &str) -> Result<PresetRules, PresetFault> {
    let issuer = format!("https://{}/", host(domain).ok_or(PresetFault::Host)?);
    Ok(PresetRules {
        other_audiences: vec![format!("{issuer}userinfo")],
        // A machine's token; machines use service keys here.
        refused_claims: vec![("gty", text("client-credentials"))],
        ..usual(issuer.clone(), format!("{issuer}.well-known/jwks.json"))
    })
}

/// A session token has no `aud`; `azp` is the origin of the page that it was given to. Tokens of JWT templates, which are
/// made for other services, have the same issuer, subject and `azp`, but no `sid`; OAuth tokens are `at+jwt`. A session
/// that has still to choose an organization or a second factor is `pending`, and counts as signed out.
/// Source: <https://clerk.com/docs/guides/sessions/session-tokens>,
/// <https://clerk.com/docs/guides/sessions/jwt-templates>,
/// <https://clerk.com/docs/guides/sessions/manual-jwt-verification> (read 2026-11-22).
fn clerk(frontend_api: &str) -> Result<PresetRules, PresetFault> {
    let issuer = format!("https://{}", host(frontend_api).ok_or(PresetFault::Host)?);
    Ok(PresetRules {
        audience_claim: "azp",
        token_types: &["JWT"],
        required_claims: vec![("sid", text("*"))],
        refused_claims: vec![("sts", text("pending"))],
        ..usual(issuer.clone(), format!("{issuer}/.well-known/jwks.json"))
    })
}

/// People who signed in anonymously have the role and audience of everybody else, and as many accounts as they like, so
/// they are refused unless config lets them in. A `client_id` marks a token that a third app was given (OAuth 2.1
/// server). The API keys `anon` and `service_role` are tokens of the issuer `supabase`.
/// Source: <https://supabase.com/docs/guides/auth/jwt-fields>, <https://supabase.com/docs/guides/auth/auth-anonymous>,
/// <https://supabase.com/docs/guides/auth/oauth-server/token-security>,
/// <https://supabase.com/docs/guides/auth/signing-keys> (read 2026-11-22).
fn supabase(project: &str) -> Result<PresetRules, PresetFault> {
    let is_reference = project.len() == 20 && project.bytes().all(|b| b.is_ascii_lowercase());
    let host = if is_reference {
        format!("{project}.supabase.co")
    } else {
        host(project).ok_or(PresetFault::ProjectReference)?.to_owned()
    };
    let issuer = format!("https://{host}/auth/v1");
    Ok(PresetRules {
        audiences: vec!["authenticated".to_owned()],
        authorized_party_claim: "client_id",
        token_types: &["JWT"],
        plan_claim: "/app_metadata/plan",
        tenant_claim: "/app_metadata/tenant",
        required_claims: vec![("role", text("authenticated"))],
        refused_claims: vec![("client_id", text("*")), ("is_anonymous", ClaimValue::Flag(true))],
        ..usual(issuer.clone(), format!("{issuer}/.well-known/jwks.json"))
    })
}

/// Firebase has ID tokens only, and they are what its back ends take. All projects share one key set; `iss` and `aud`
/// tell them apart. Session cookies have another issuer and other keys.
/// Source: <https://firebase.google.com/docs/reference/admin/node/firebase-admin.auth.decodedidtoken>,
/// <https://firebase.google.com/docs/auth/admin/manage-cookies>, <https://jwttoolkit.com/issuers/firebase/> (read
/// 2026-11-22).
fn firebase(project: &str) -> Result<PresetRules, PresetFault> {
    let is_id = project.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !is_id || !(4..=63).contains(&project.len()) {
        return Err(PresetFault::Project);
    }
    const KEYS: &str =
        "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";
    Ok(PresetRules {
        audiences: vec![project.to_owned()],
        token_types: &["JWT"],
        refused_claims: vec![("/firebase/sign_in_provider", text("anonymous"))],
        ..usual(format!("https://securetoken.google.com/{project}"), KEYS.to_owned())
    })
}

/// An access token has no `aud` (unless one was asked for by a resource's name) but `client_id`; an ID token has `aud` and
/// no `client_id`. A machine's token (client credentials) has no `username`.
/// Source: <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>,
/// <https://aws.amazon.com/premiumsupport/knowledge-center/decode-verify-cognito-json-token/>; a machine's token:
/// <https://zenn.dev/noid11/articles/d36dccd74601ed83d83b> (read 2026-11-22).
fn cognito(pool: &str) -> Result<PresetRules, PresetFault> {
    let (region, name) = pool.split_once('_').ok_or(PresetFault::Pool)?;
    let is_region = region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && region.contains('-')
        && region.len() <= 32;
    if !is_region || !(1..=55).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(PresetFault::Pool);
    }
    let issuer = format!("https://cognito-idp.{region}.amazonaws.com/{pool}");
    Ok(PresetRules {
        audience_claim: "client_id",
        authorized_party_claim: "client_id",
        required_claims: vec![("token_use", text("access")), ("username", text("*"))],
        ..usual(issuer.clone(), format!("{issuer}/.well-known/jwks.json"))
    })
}

/// ID tokens are `typ: ID`, refresh tokens `Refresh` or `Offline`, tokens bound to a key `DPoP`: only `Bearer` is a bearer's.
/// A new realm puts `account` into every audience.
/// Source: <https://phasetwo.io/tutorials/clients/audience/>, the claims of a deployment:
/// <https://bidbax.atlassian.net/wiki/pages/diffpagesbyversion.action?pageId=32965660> (read 2026-11-22).
fn keycloak(realm: &str) -> Result<PresetRules, PresetFault> {
    let issuer = realm.strip_suffix('/').unwrap_or(realm);
    let named =
        issuer.rsplit_once("/realms/").is_some_and(|(_, name)| !name.is_empty() && !name.contains('/'));
    if !named || discovery_url(issuer).is_err() || Url::parse(issuer).is_ok_and(|url| url.as_str() != issuer)
    {
        return Err(PresetFault::Realm);
    }
    Ok(PresetRules {
        other_audiences: vec!["account".to_owned()],
        required_claims: vec![("typ", text("Bearer"))],
        ..usual(issuer.to_owned(), format!("{issuer}/protocol/openid-connect/certs"))
    })
}

/// `oid` is one and the same in every app of the tenant, where `sub` differs from app to app. `scp` is in people's access
/// tokens alone: an ID token has none, and where one registration is page and API at once, both have the same `aud`. A
/// machine's has `roles` instead. The keys name no algorithm.
/// Source: <https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference>,
/// and of the keys <https://github.com/agentgateway/agentgateway/issues/477> (read 2026-11-22).
fn entra(tenant: &str) -> Result<PresetRules, PresetFault> {
    let tenant = guid(tenant).ok_or(PresetFault::Tenant)?;
    let place = format!("https://login.microsoftonline.com/{tenant}");
    Ok(PresetRules {
        token_types: &["JWT"],
        subject_claim: "oid",
        required_claims: vec![("scp", text("*")), ("ver", text("2.0"))],
        ..usual(format!("{place}/v2.0"), format!("{place}/discovery/v2.0/keys"))
    })
}

/// The older form, which an API gets whose manifest does not ask for version 2. Source: as for [`entra`].
fn entra_v1(tenant: &str) -> Result<PresetRules, PresetFault> {
    let rules = entra(tenant)?;
    Ok(PresetRules {
        issuer: format!("https://sts.windows.net/{tenant}/"),
        jwks_url: format!("https://login.microsoftonline.com/{tenant}/discovery/keys"),
        authorized_party_claim: "appid",
        required_claims: vec![("scp", text("*")), ("ver", text("1.0"))],
        ..rules
    })
}

/// A host name of several labels in lower case, as `iss` has it: no port, no path, no user.
fn host(text: &str) -> Option<&str> {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let is_address = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_host = text.len() <= 253 && text.contains('.') && text.split('.').all(is_label) && !is_address;
    is_host.then_some(text)
}

fn guid(text: &str) -> Option<&str> {
    let sizes = [8, 4, 4, 4, 12];
    let parts = text.split('-');
    let fits = parts.clone().count() == sizes.len()
        && parts.zip(sizes).all(|(part, size)| {
            part.len() == size && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        });
    fits.then_some(text)
}
