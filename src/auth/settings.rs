//! What config says about token issuers, and what is wrong with it.
//!
//! A weak setting here is a hole in the gateway, so [`super::Authenticator::new`] refuses to start on one
//! and names it.
//!
//! It does *not* read files or the environment: config hands over bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Url;

use super::wanted::ClaimValue;

use super::service_keys::{ServiceKeyFault, ServiceKeySettings};
use crate::principal::Guest;
use crate::secret::Secret;

/// Most leeway, in seconds, that an issuer may be given for clocks that disagree.
pub const MAX_LEEWAY_S: u64 = 60;

/// Longest time, in seconds, that a verified token may be remembered.
pub const MAX_TOKEN_CACHE_S: u64 = 60;

/// Shortest HS256 secret, in bytes: the hash's output.
/// Source: RFC 7518 section 3.2 (read 2026-11-21).
pub const MIN_SECRET_BYTES: usize = 32;

/// One issuer of tokens and how its tokens are read.
pub struct IssuerSettings {
    /// The exact `iss` of its tokens.
    pub issuer: Arc<str>,
    /// Names of this gateway, of which a token's `aud` must hold one.
    pub audiences: Vec<String>,
    /// Whether `aud` may also hold names that are not in `audiences`.
    pub allow_other_audiences: bool,
    /// Where its keys come from; this also decides which algorithms it may use.
    pub keys: KeySource,
    /// Top-level claim that identifies the person within the issuer, for good: `sub` unless there is a
    /// strong reason. Claims that people can change, as `email`, are refused.
    pub subject_claim: String,
    /// Claim that names the plan, or a path to it (`/app_metadata/plan`); empty: no plan is read.
    pub plan_claim: String,
    /// Claim that names the tenant, or a path to it; empty: no tenant is read.
    pub tenant_claim: String,
    /// Accepted `typ` headers, compared without regard to case or an `application/` before them. A token
    /// without `typ` is accepted.
    pub token_types: Vec<String>,
    /// By how many seconds the issuer's clock may differ; at most [`MAX_LEEWAY_S`].
    pub leeway_s: u64,
    /// Claim that must hold one of `audiences`: `aud`, or of issuers whose access tokens have none, one of
    /// [`OTHER_AUDIENCE_CLAIMS`]. An `aud` that stands beside that one must be ours, too.
    pub audience_claim: String,
    /// Names that may stand beside ours in the audience, but never without.
    pub other_audiences: Vec<String>,
    /// Apps that may call, by the names that the issuer gives them; empty: whichever gets tokens for us.
    pub authorized_parties: Vec<String>,
    /// Claim that names the app: one of [`OTHER_AUDIENCE_CLAIMS`].
    pub authorized_party_claim: String,
    /// Claims, or paths to them, that must be there with these values.
    pub required_claims: BTreeMap<String, ClaimValue>,
    /// Claims, or paths to them, that must not be there with these values.
    pub refused_claims: BTreeMap<String, ClaimValue>,
    /// What the plan's name begins with in the claim; what follows is the plan. Texts without it name no plan, and a
    /// list may hold one text with it. Empty: the claim is the plan, and a list is refused.
    pub plan_prefix: String,
}

/// Claims that name the app that a token was given to, which stand in for `aud` where there is none: OpenID Connect's
/// and Clerk's `azp`, RFC 9068's and Cognito's `client_id`, Entra's `appid`, Okta's `cid`. A closed list: a claim that
/// every token of the issuer has alike would check nothing.
pub const OTHER_AUDIENCE_CLAIMS: &[&str] = &["azp", "client_id", "appid", "cid"];

impl IssuerSettings {
    /// An issuer with the usual claims: `sub`, `plan`, `tenant`; `typ` is `at+jwt` or `JWT`; 30 s leeway.
    pub fn new(issuer: impl Into<Arc<str>>, audiences: Vec<String>, keys: KeySource) -> Self {
        Self {
            issuer: issuer.into(),
            audiences,
            allow_other_audiences: false,
            keys,
            subject_claim: "sub".to_owned(),
            plan_claim: "plan".to_owned(),
            tenant_claim: "tenant".to_owned(),
            token_types: vec!["at+jwt".to_owned(), "JWT".to_owned()],
            leeway_s: 30,
            audience_claim: "aud".to_owned(),
            other_audiences: Vec::new(),
            authorized_parties: Vec::new(),
            authorized_party_claim: "azp".to_owned(),
            required_claims: BTreeMap::new(),
            refused_claims: BTreeMap::new(),
            plan_prefix: String::new(),
        }
    }
}

/// Where an issuer's keys come from: one source each, so that families of algorithms never mix.
pub enum KeySource {
    /// A secret shared with the app's backend: HS256 and nothing else.
    Hs256 {
        /// At least [`MIN_SECRET_BYTES`] bytes.
        current: Secret,
        /// The one before, still accepted during a rotation.
        previous: Option<Secret>,
    },
    /// One or more public keys: SPKI, or PKCS #1 for RSA. RS256, RS384, RS512, PS256, ES256, ES384 or
    /// EdDSA, as the key allows. A token's key id is not looked at: the file has none.
    PublicKeys {
        /// The PEM file's bytes.
        pem: Vec<u8>,
    },
    /// A published key set, with the same algorithms.
    Jwks {
        /// https, or http on this machine.
        url: Url,
    },
    /// A published key set whose address the issuer's discovery document names. The issuer's own name is then an
    /// https address, or http on this machine.
    Discovery,
}

/// How key sets are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwksSettings {
    /// Shortest time between two attempts for one issuer, in seconds.
    pub cooldown_s: u64,
    /// Longest time, in seconds, that a set is believed after it was fetched.
    pub max_stale_s: u64,
    /// Age, in seconds, from which use of a set refreshes it.
    pub refresh_s: u64,
    /// Deadline of one attempt, in milliseconds.
    pub timeout_ms: u64,
    /// Largest document, in bytes.
    pub max_bytes: usize,
    /// Most keys in a set.
    pub max_keys: usize,
    /// Age, in seconds, from which a refresh reads the discovery document again, too.
    pub discovery_refresh_s: u64,
}

impl Default for JwksSettings {
    fn default() -> Self {
        Self {
            cooldown_s: 10,
            max_stale_s: 86_400,
            refresh_s: 300,
            timeout_ms: 5_000,
            max_bytes: 262_144,
            max_keys: 100,
            discovery_refresh_s: 3_600,
        }
    }
}

/// Everything that verification of tokens is told.
pub struct AuthSettings {
    /// The issuers, each named once.
    pub issuers: Vec<IssuerSettings>,
    /// Most verified tokens that are remembered; 0: none.
    pub token_cache_entries: u64,
    /// How long a verified token is remembered, in seconds; at most [`MAX_TOKEN_CACHE_S`].
    pub token_cache_s: u64,
    /// How key sets are fetched.
    pub jwks: JwksSettings,
    /// Keys of the operator's servers that act for end users.
    pub service_keys: Vec<ServiceKeySettings>,
    /// Who calls without a token; `None`: nobody may.
    pub guest: Option<Guest>,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            token_cache_entries: 10_000,
            token_cache_s: 60,
            jwks: JwksSettings::default(),
            service_keys: Vec::new(),
            guest: None,
        }
    }
}

/// Why verification of tokens cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AuthSetupError {
    /// One issuer's settings are unfit.
    #[error("issuer {index}: {fault}")]
    Issuer {
        /// Its place in the list, from 0.
        index: usize,
        /// What is wrong with it.
        fault: IssuerFault,
    },
    /// A service key's settings are unfit.
    #[error("service key {index}: {fault}")]
    ServiceKey {
        /// Its place in the list, from 0.
        index: usize,
        /// What is wrong with it.
        fault: ServiceKeyFault,
    },
    /// `token_cache_s` is longer than [`MAX_TOKEN_CACHE_S`].
    #[error("verified tokens may be remembered for at most 60 s")]
    TokenCacheTooLong,
    /// A limit of [`JwksSettings`] is zero, or `max_stale_s` is shorter than `refresh_s`.
    #[error("jwks.{key} is out of range")]
    JwksLimit {
        /// The setting's name.
        key: &'static str,
    },
    /// The HTTP client for an issuer's key set cannot be built, e.g. for want of the system's certificates.
    #[error("issuer {index}: the client for its key set cannot be built")]
    JwksClient {
        /// The issuer's place in the list, from 0.
        index: usize,
        /// The client's own reason.
        #[source]
        source: reqwest::Error,
    },
}

/// What is wrong with one issuer's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerFault {
    /// The issuer's name is empty.
    #[error("the issuer is empty")]
    IssuerEmpty,
    /// An earlier issuer has the same name and the same kind of keys: a shared secret, or published keys.
    #[error("the issuer is configured twice")]
    IssuerDuplicate,
    /// There is no audience, or one is empty.
    #[error("the audiences are empty or hold an empty name")]
    AudienceEmpty,
    /// There is no accepted token type, or one is empty.
    #[error("the token types are empty or hold an empty name")]
    TokenTypeEmpty,
    /// The leeway is longer than [`MAX_LEEWAY_S`].
    #[error("the leeway is longer than 60 s")]
    LeewayTooLong,
    /// The subject claim has no name.
    #[error("the subject claim has no name")]
    SubjectClaimEmpty,
    /// The subject claim is one that a person can change or that another person can be given.
    #[error("the subject claim does not identify a person for good")]
    SubjectClaimMutable,
    /// A secret is shorter than [`MIN_SECRET_BYTES`].
    #[error("the secret is shorter than 32 bytes")]
    SecretTooShort,
    /// A secret is a PEM file: anybody could sign with a public key.
    #[error("the secret is a PEM file")]
    SecretIsPem,
    /// The PEM file holds no key, or something else than public keys.
    #[error("the PEM file cannot be read as public keys")]
    PemUnreadable,
    /// The PEM file holds a private key.
    #[error("the PEM file holds a private key")]
    PemPrivateKey,
    /// The PEM file holds more than eight keys.
    #[error("the PEM file holds too many keys")]
    PemTooManyKeys,
    /// A key is malformed or of a kind or curve that is not accepted.
    #[error("a key is of a kind that is not accepted")]
    KeyUnusable,
    /// An RSA key is shorter than 2048 bits.
    #[error("an RSA key is shorter than 2048 bits")]
    RsaTooSmall,
    /// The key set's address is neither https nor on this machine.
    #[error("the key set's address is neither https nor http on this machine")]
    UrlNotHttps,
    /// The key set's address holds a user name or password.
    #[error("the key set's address holds a user name or password")]
    UrlHasCredentials,
    /// Keys are to be discovered, and the issuer's name is no address, or has a query or fragment.
    #[error("the issuer is no address below which a discovery document could stand")]
    IssuerNotAddress,
    /// The audience's claim is neither `aud` nor one of [`OTHER_AUDIENCE_CLAIMS`].
    #[error("the audience's claim must be one of aud, azp, client_id, appid, cid")]
    AudienceClaim,
    /// Another claim than `aud` is the audience, and nothing tells access tokens from ID tokens.
    #[error("another audience_claim than aud needs required_claims that ID tokens do not have")]
    AudienceClaimAlone,
    /// A list holds an empty name.
    #[error("a name is empty")]
    NameEmpty,
    /// The authorized party's claim is none of [`OTHER_AUDIENCE_CLAIMS`].
    #[error("the authorized party's claim must be one of azp, client_id, appid, cid")]
    AuthorizedPartyClaim,
    /// A claim's name is empty or no path.
    #[error("a claim is a name, or a path such as /app_metadata/plan with ~1 for / and ~0 for ~")]
    ClaimName,
    /// The plan or tenant would be read from where people can write themselves.
    #[error("people can change what stands there: it must not decide on plan or tenant")]
    AttributeMutable,
    /// The name is that of the gateway's own identities.
    #[error("\"gateway\" is the issuer of the gateway's own guest")]
    IssuerOwn,
}
