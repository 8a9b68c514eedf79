//! Who may call, and what they may do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::auth::{ClaimValue, Preset};
use crate::money::Millicents;
use crate::operation::Operation;
use crate::policy::{PlanRules, Resolution};
use crate::quota::QuotaRule;

section! {
    /// `[auth]`: who may prove that somebody is an end user.
    Auth {
        /// Verified tokens kept, so that a busy end user costs one verification a minute.
        token_cache_entries: u64 = 10_000,
        /// Seconds a verified token is believed without verifying it again.
        token_cache_s: u64 = 60,
        /// Seconds by which an issuer's clock may differ; at most 60.
        leeway_s: u64 = 30,
        /// Seconds between two fetches of a JWKS.
        jwks_cooldown_s: u64 = 10,
        /// Seconds after which a JWKS is fetched anew in the background.
        jwks_refresh_s: u64 = 300,
        /// Seconds a JWKS is used when its provider is down.
        jwks_max_stale_s: u64 = 86_400,
        /// The issuers, side by side.
        issuers: Vec<Issuer> = Vec::new(),
        /// Keys of servers that act for end users.
        service_keys: Vec<ServiceKey> = Vec::new(),
    }
}

section! {
    /// `[[auth.issuers]]`: one issuer of tokens, with exactly one key source.
    Issuer {
        /// The provider whose rules fill in what is left out here.
        preset: Preset = Preset::None,
        /// The provider's name for the customer: a domain, a project, a pool, a realm's address, a tenant's id.
        preset_for: String = String::new(),
        /// The exact `iss`.
        issuer: String = String::new(),
        /// Accepted `aud` values; at least one.
        audiences: Vec<String> = Vec::new(),
        /// Accept a token whose `aud` list names others beside ours.
        allow_other_audiences: bool = false,
        /// File with the HS256 secret, at least 32 bytes (a line feed that ends a text does not count).
        hs256_secret_file: PathBuf = PathBuf::new(),
        /// File with the secret before the present one, while a rotation lasts.
        hs256_previous_secret_file: PathBuf = PathBuf::new(),
        /// File with one or more PEM public keys (RSA of at least 2048 bits, P-256, P-384, Ed25519).
        public_key_file: PathBuf = PathBuf::new(),
        /// JWKS address; https, or http on loopback.
        jwks_url: String = String::new(),
        /// Read the JWKS address from the issuer's OpenID discovery document.
        discover: bool = false,
        /// Claim that names the end user.
        subject_claim: String = "sub".into(),
        /// Claim that names the plan, or a path to it: `/app_metadata/plan`.
        plan_claim: String = "plan".into(),
        /// What the plan's name begins with in the claim, among other roles of a list.
        plan_prefix: String = String::new(),
        /// Claim that names the tenant, or a path to it.
        tenant_claim: String = "tenant".into(),
        /// Accepted `typ` header values; a token without one is accepted.
        token_types: Vec<String> = vec!["at+jwt".into(), "JWT".into()],
        /// Claim that must hold one of `audiences`: `aud`, or `azp`, `client_id`, `appid`, `cid`.
        audience_claim: String = "aud".into(),
        /// Audiences that may stand beside ours, but never without.
        other_audiences: Vec<String> = Vec::new(),
        /// Apps that may call; empty: whichever gets tokens for us.
        authorized_parties: Vec<String> = Vec::new(),
        /// Claim that names the app.
        authorized_party_claim: String = "azp".into(),
        /// Claims, or paths to them, that must have these values; `"*"`: any, `""`: no rule.
        required_claims: BTreeMap<String, ClaimValue> = BTreeMap::new(),
        /// Claims, or paths to them, that must not have these values.
        refused_claims: BTreeMap<String, ClaimValue> = BTreeMap::new(),
    }
}

section! {
    /// `[[auth.service_keys]]`: a static key of a server that acts for end users.
    ServiceKey {
        /// Its name in logs: letters, digits, `-` and `_`.
        name: String = String::new(),
        /// SHA-256 of the key in hex; several while a rotation lasts.
        sha256: Vec<String> = Vec::new(),
        /// The issuer whose end users it acts for.
        issuer: String = String::new(),
        /// The plan of those end users; empty: the default.
        plan: String = String::new(),
        /// The tenant of those end users; empty: none.
        tenant: String = String::new(),
    }
}

section! {
    /// `[guest]`: who has not signed in.
    Guest {
        /// Let callers without a token read what costs nothing, all of them as one.
        enabled: bool = false,
        /// The plan of all of them together, which must allow nothing that costs money; they share its rate.
        plan: String = "guest".into(),
        /// The tenant of guests of both kinds; empty: none.
        tenant: String = String::new(),
        /// Let a browser begin as a guest of its own, with a cookie. What it makes becomes the end user's who signs in there.
        trial: bool = false,
        /// The plan of each such guest, which may allow what costs money; then it needs a quota that all of them share.
        trial_plan: String = "trial".into(),
        /// Seconds that a guest's cookie proves it, from its beginning on.
        valid_s: u64 = 604_800,
        /// Guests that may begin in 24 hours from one IPv4 address or one /64 of IPv6.
        max_per_network_per_day: u32 = 5,
        /// Guests that may begin in 24 hours from everywhere.
        max_per_day: u32 = 1000,
        /// Seconds after its beginning when a guest that nobody became is forgotten and what it made is deleted.
        keep_s: u64 = 2_592_000,
    }
}

section! {
    /// `[plans.<name>]`: what its end users may do.
    Plan {
        /// Requests per second, per end user; an operation in `limits` has a bucket of its own.
        requests_per_s: f64 = 10.0,
        /// Requests the full bucket holds.
        burst: u32 = 40,
        /// Operations that cost money and are allowed.
        allow: Vec<Operation> = vec![Operation::InspectImage, Operation::CreatePrompt],
        /// Parameters that need permission and are allowed: `video_model`, `community`, …
        allow_params: BTreeSet<String> = BTreeSet::new(),
        /// Only what is free: tunes of the branch `fast`, and what is made on them.
        sandbox: bool = false,
        /// Images of one prompt; a larger number is lowered.
        max_num_images: u8 = 8,
        /// A higher one is lowered.
        max_resolution: Resolution = Resolution::FourK,
        /// Quotas: `{ of, per, limit }`, and `shared_by = "tenant"` for one that all of a tenant have together,
        /// or in `guest.trial_plan` `shared_by = "guests"` for one that all guests have.
        quotas: Vec<QuotaRule> = Vec::new(),
        /// Jobs of one end user that may be in flight at once; 0: any number.
        max_jobs_in_flight: u32 = 0,
        /// What becomes of the quota of a job that failed.
        failed_jobs: FailedJobs = FailedJobs::Release,
        /// Other rates for single operations: `limits.inspect_image = { requests_per_s = 1, burst = 5 }`.
        limits: BTreeMap<Operation, Rate> = BTreeMap::new(),
    }
}

/// What becomes of the quota of a job that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedJobs {
    /// It is given back.
    Release,
    /// It stays spent.
    Keep,
}

impl Plan {
    /// Jobs of one end user that may be in flight at once.
    pub const fn max_jobs(&self) -> Option<u32> {
        if self.max_jobs_in_flight == 0 { None } else { Some(self.max_jobs_in_flight) }
    }

    /// A job that failed stays spent.
    pub fn keeps_failed(&self) -> bool {
        self.failed_jobs == FailedJobs::Keep
    }

    /// What it says of parameters.
    pub fn policy(&self) -> PlanRules<'_> {
        PlanRules {
            params: &self.allow_params,
            is_sandbox: self.sandbox,
            max_num_images: Some(self.max_num_images),
            max_resolution: Some(self.max_resolution),
        }
    }
}

/// What an end user without any plan may do: nothing that costs money. Validation rules it out.
pub(in crate::config) static NO_PLAN: LazyLock<Plan> =
    LazyLock::new(|| Plan { requests_per_s: 1.0, burst: 1, allow: Vec::new(), ..Plan::default() });

/// A token bucket's two figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests per second that refill the bucket.
    pub requests_per_s: f64,
    /// Requests the full bucket holds.
    pub burst: u32,
}

section! {
    /// `[quota]`: how quotas are counted.
    Quota {
        /// Time zone of days and months, an IANA name.
        time_zone: String = "UTC".into(),
        /// Millicents held for an image, inspection or training until its cost is known.
        unknown_cost_mc: Millicents = Millicents(10_000),
    }
}
