//! What the operator configures: one TOML file, environment overrides, every error at once.
//!
//! The file is parsed into [`Config`], whose defaults are the documented ones (`config.toml.example`
//! repeats them and a test keeps it true). Secrets are never in it: they come from `*_file` keys or the
//! environment and live in [`Secrets`].
//!
//! What it does *not* do: it opens no socket and fetches nothing; a valid config can still name an
//! upstream that is down.

mod balance;
mod events;
mod idempotency;
mod images;
mod lenient;
mod load;
mod login;
mod notifications;
mod presets;
mod prices;
mod reconcile;
mod secrets;
mod sections;
mod sessions;
mod upstream;
mod validate;
mod validate_issuer;
mod validate_who;
mod who;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use load::{Environment, load, load_text, load_with_secrets};
pub use secrets::{IssuerKeys, Secrets, load_issuer_keys, load_secrets};
pub use sections::{
    Auth, Balance, Callbacks, CheckAtStart, Cors, Events, FailedJobs, Guest, Idempotency, Images, IpLimit,
    Issuer, Limits, Lists, Log, LogFormat, Login, LoginProvider, NotificationEndpoint, Notifications,
    Operator, OperatorToken, Otlp, Packs, Photos, Plan, Policy, Price, PricePer, ProxyProtocol, Quota, Rate,
    Reconcile, Reload, Replies, SameSite, Server, ServiceKey, Sessions, Store, Telemetry, Tenant, Tls,
    Upstream, UpstreamBreaker, UserLimit,
};
pub use who::{AccountChoice, auth_settings, operator_tokens, rate_policies};

use crate::auth::{ClaimValue, Claims};
use crate::clock::Timestamp;

/// The whole configuration. Every key has a default; unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The plan of an end user whose token names none, or names one that does not exist.
    pub plans_default: String,
    /// What creates cost, as far as the operator knows.
    pub prices: Vec<Price>,
    /// Where end users reach the gateway.
    pub server: Server,
    /// Where the operator reaches it: metrics and health, on a private address.
    pub operator: Operator,
    /// Astria, and how patiently it is called.
    pub upstream: Upstream,
    /// Who may prove that somebody is an end user.
    pub auth: Auth,
    /// Who signs people in.
    pub login: Login,
    /// Who calls without proof.
    pub guest: Guest,
    /// Further accounts at Astria, by tenant.
    pub tenants: BTreeMap<String, Tenant>,
    /// Limits that protect the gateway itself.
    pub limits: Limits,
    /// What end users may do, by plan.
    pub plans: BTreeMap<String, Plan>,
    /// How quotas are counted.
    pub quota: Quota,
    /// What requests may say.
    pub policy: Policy,
    /// Uploaded photos.
    pub photos: Photos,
    /// The pack cache.
    pub packs: Packs,
    /// Lists of tunes and prompts.
    pub lists: Lists,
    /// Statuses on which Astria's documents and its clients disagree.
    pub replies: Replies,
    /// Astria's calls back to the gateway.
    pub callbacks: Callbacks,
    /// Pictures under the gateway's own address.
    pub images: Images,
    /// Creates that are sent twice.
    pub idempotency: Idempotency,
    /// Jobs and creates without an end.
    pub reconcile: Reconcile,
    /// What happens to objects, told to browsers.
    pub events: Events,
    /// What the operator's app is told.
    pub notifications: Notifications,
    /// The money on the operator's accounts.
    pub balance: Balance,
    /// Sign-ins that browsers hold by a cookie.
    pub sessions: Sessions,
    /// Browsers of other origins.
    pub cors: Cors,
    /// Where state is kept.
    pub store: Store,
    /// What is written to standard error.
    pub log: Log,
    /// What is sent to other systems.
    pub telemetry: Telemetry,
    /// How changed files are noticed.
    pub reload: Reload,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            plans_default: "free".into(),
            prices: Vec::new(),
            server: Server::default(),
            operator: Operator::default(),
            upstream: Upstream::default(),
            auth: Auth::default(),
            login: Login::default(),
            guest: Guest::default(),
            tenants: BTreeMap::new(),
            limits: Limits::default(),
            plans: BTreeMap::from([("free".into(), Plan::default())]),
            quota: Quota::default(),
            policy: Policy::default(),
            photos: Photos::default(),
            packs: Packs::default(),
            lists: Lists::default(),
            replies: Replies::default(),
            callbacks: Callbacks::default(),
            images: Images::default(),
            idempotency: Idempotency::default(),
            reconcile: Reconcile::default(),
            events: Events::default(),
            notifications: Notifications::default(),
            balance: Balance::default(),
            sessions: Sessions::default(),
            cors: Cors::default(),
            store: Store::default(),
            log: Log::default(),
            telemetry: Telemetry::default(),
            reload: Reload::default(),
        }
    }
}

impl Config {
    /// The plan that counts for a claim: the claimed one if it exists, else the default.
    pub fn plan(&self, claimed: Option<&str>) -> (&str, &Plan) {
        let known = claimed.and_then(|name| self.plans.get_key_value(name));
        let (name, plan) = known.or_else(|| self.plans.get_key_value(&self.plans_default)).unzip();
        (name.map_or("", String::as_str), plan.unwrap_or(&sections::NO_PLAN))
    }

    /// Every file that the configuration is made of, beside its own.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let issuers = self.auth.issuers.iter().flat_map(|issuer| {
            [&issuer.hs256_secret_file, &issuer.hs256_previous_secret_file, &issuer.public_key_file]
        });
        let others =
            [&self.upstream.api_key_file, &self.callbacks.secret_file, &self.callbacks.previous_secret_file];
        let tls = &self.server.tls;
        let tenants = self.tenants.values().map(|tenant| &tenant.api_key_file);
        let endpoints = self.notifications.endpoints.values();
        let endpoints =
            endpoints.flat_map(|endpoint| [&endpoint.secret_file, &endpoint.previous_secret_file]);
        let providers = self.login.providers.values().map(|provider| &provider.client_secret_file);
        let named = issuers
            .chain(others)
            .chain(providers)
            .chain(tenants)
            .chain(endpoints)
            .chain([&tls.certificate_file, &tls.key_file])
            .filter(|path| !path.as_os_str().is_empty());
        named.cloned().collect()
    }

    /// The origin under which the world reaches the gateway, without a slash at the end.
    pub fn public_origin(&self) -> String {
        if self.server.public_url.is_empty() {
            let scheme =
                if self.server.tls.certificate_file.as_os_str().is_empty() { "http" } else { "https" };
            format!("{scheme}://{}", self.server.listen)
        } else {
            self.server.public_url.trim_end_matches('/').to_owned()
        }
    }
}

impl Issuer {
    /// Claims that this issuer's own settings accept: its first audience, its first token type, its claim names, what it
    /// requires, and its first authorized party.
    pub fn claims(
        &self,
        subject: &str,
        plan: Option<&str>,
        tenant: Option<&str>,
        issued_at: Timestamp,
        lifetime_s: u64,
    ) -> Claims {
        let named = |claim: &String, value: &str| (claim.clone(), value.to_owned());
        let party = self
            .authorized_parties
            .first()
            .map(|party| (self.authorized_party_claim.clone(), ClaimValue::Text(party.clone())));
        let required = self.required_claims.iter().filter(|(_, value)| !value.is_none());
        Claims {
            issuer: self.issuer.clone(),
            audience: (self.audience_claim.clone(), self.audiences.first().cloned().unwrap_or_default()),
            token_type: self.token_types.first().cloned().unwrap_or_else(|| "JWT".into()),
            subject: named(&self.subject_claim, subject),
            required: required.map(|(name, value)| (name.clone(), value.clone())).chain(party).collect(),
            plan: plan.map(|plan| named(&self.plan_claim, &format!("{}{plan}", self.plan_prefix))),
            tenant: tenant.map(|tenant| named(&self.tenant_claim, tenant)),
            issued_at,
            lifetime_s,
        }
    }
}

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The key's path, `auth.issuers[0].audiences`; or the file or variable that cannot be read.
    pub key: String,
    /// What is wrong, for the operator; holds no secret.
    pub message: String,
}

impl ConfigError {
    fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

#[cfg(test)]
mod tests;
