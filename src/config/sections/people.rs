//! Who may call, and what they may do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

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
        /// Claim that names the plan.
        plan_claim: String = "plan".into(),
        /// Claim that names the tenant.
        tenant_claim: String = "tenant".into(),
        /// Accepted `typ` header values; a token without one is accepted.
        token_types: Vec<String> = vec!["at+jwt".into(), "JWT".into()],
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
    /// `[guest]`: who calls without a token.
    Guest {
        /// Let them read what costs nothing.
        enabled: bool = false,
        /// Their plan, which must allow nothing that costs money; its rate is shared by all of them.
        plan: String = "guest".into(),
        /// Their tenant; empty: none.
        tenant: String = String::new(),
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
        /// Quotas: `{ of, per, limit }`, and `shared_by = "tenant"` for one that all of a tenant have together.
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
