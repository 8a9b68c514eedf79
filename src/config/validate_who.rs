//! Whether what config says about service keys, guests and tenants fits together.

use std::collections::BTreeMap;

use super::Config;
use super::secrets::tenant_variable;
use super::who::{operator_tokens, service_key_settings};
use crate::auth::{OperatorTokenFault, OperatorTokens, ServiceKeyFault, ServiceKeys};
use crate::guests::COUNTED;
use crate::principal::OWN_ISSUER;
use crate::quota::SharedBy;

/// Appends everything that makes no sense.
pub(super) fn check(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    for (i, issuer) in config.auth.issuers.iter().enumerate() {
        if issuer.issuer == OWN_ISSUER {
            let message = format!("{OWN_ISSUER:?} is the issuer of the gateway's own guest");
            wrong(&format!("auth.issuers[{i}].issuer"), message);
        }
    }
    check_service_keys(config, wrong);
    check_operator_tokens(config, wrong);
    check_guest(config, wrong);
    check_trial(config, wrong);
    check_tenants(config, wrong);
}

fn check_operator_tokens(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    let tokens = &config.operator.tokens;
    for (i, token) in tokens.iter().enumerate() {
        let path = |member: &str| format!("operator.tokens[{i}].{member}");
        if let Err((_, fault)) = OperatorTokens::new([(token.name.as_str(), &token.sha256[..])]) {
            let member = if fault == OperatorTokenFault::Name { "name" } else { "sha256" };
            wrong(&path(member), fault.to_string());
        }
        if tokens.iter().take(i).any(|other| other.name == token.name) {
            wrong(&path("name"), format!("{:?} stands twice", token.name));
        }
        // Whoever may act for one end user must not thereby be the operator.
        let is_service = |hash: &String| {
            let mut hashes = config.auth.service_keys.iter().flat_map(|key| &key.sha256);
            hashes.any(|known| known.eq_ignore_ascii_case(hash))
        };
        if token.sha256.iter().any(is_service) {
            wrong(&path("sha256"), "is the hash of a key of auth.service_keys: make another".into());
        }
    }
    if let Err((i, fault @ (OperatorTokenFault::HashDouble | OperatorTokenFault::TooManyHashes))) =
        operator_tokens(config)
    {
        wrong(&format!("operator.tokens[{i}].sha256"), fault.to_string());
    }
}

fn check_service_keys(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    let settings = service_key_settings(config);
    for (i, key) in config.auth.service_keys.iter().enumerate() {
        let path = |member: &str| format!("auth.service_keys[{i}].{member}");
        // Alone first, so that each key's own fault is found; what keys do wrong together comes after.
        let alone = settings.get(i..=i).unwrap_or_default();
        if let Err((_, fault)) = ServiceKeys::new(alone) {
            let member = match fault {
                ServiceKeyFault::Name => "name",
                ServiceKeyFault::Issuer => "issuer",
                ServiceKeyFault::Hash | ServiceKeyFault::HashDouble | ServiceKeyFault::TooManyHashes => {
                    "sha256"
                }
            };
            wrong(&path(member), fault.to_string());
        }
        if config.auth.service_keys.iter().take(i).any(|other| other.name == key.name) {
            wrong(&path("name"), format!("{:?} stands twice", key.name));
        }
        if !key.plan.is_empty() && !config.plans.contains_key(&key.plan) {
            wrong(&path("plan"), format!("there is no plan {:?}", key.plan));
        }
        check_tenant(config, &path("tenant"), &key.tenant, wrong);
    }
    if let Err((i, fault @ (ServiceKeyFault::HashDouble | ServiceKeyFault::TooManyHashes))) =
        ServiceKeys::new(&settings)
    {
        wrong(&format!("auth.service_keys[{i}].sha256"), fault.to_string());
    }
}

fn check_guest(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    if !config.guest.enabled {
        return;
    }
    match config.plans.get(&config.guest.plan) {
        None => wrong("guest.plan", format!("there is no plan {:?}", config.guest.plan)),
        Some(plan) if plan.allow.iter().any(|operation| operation.creates_cost()) => {
            let message = "guests may not spend: this plan needs `allow = []`".to_owned();
            wrong("guest.plan", message);
        }
        Some(_) => {}
    }
    check_tenant(config, "guest.tenant", &config.guest.tenant, wrong);
}

fn check_trial(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    let guest = &config.guest;
    for (name, plan) in &config.plans {
        let is_theirs = guest.trial && *name == guest.trial_plan;
        let shared = plan.quotas.iter().position(|rule| rule.shared_by == SharedBy::Guests);
        if let Some(i) = shared.filter(|_| !is_theirs) {
            let message = "only the plan of guest.trial_plan, with guest.trial, has quotas that guests share";
            wrong(&format!("plans.{name}.quotas[{i}].shared_by"), message.into());
        }
    }
    if !guest.trial {
        return;
    }
    match config.plans.get(&guest.trial_plan) {
        None => wrong("guest.trial_plan", format!("there is no plan {:?}", guest.trial_plan)),
        Some(plan) => {
            let spends = plan.allow.iter().any(|operation| operation.creates_cost());
            let is_bounded = plan.quotas.iter().any(|rule| rule.shared_by == SharedBy::Guests);
            // Whoever may begin anew as often as they like has no quota of their own worth the name.
            if spends && !is_bounded {
                let message = "a plan that lets guests spend needs a quota with shared_by = \"guests\"";
                wrong("guest.trial_plan", message.into());
            }
        }
    }
    if !guest.enabled {
        check_tenant(config, "guest.tenant", &guest.tenant, wrong);
    }
    // A browser keeps no cookie for longer than 400 days.
    if !(60..=34_560_000).contains(&guest.valid_s) {
        wrong("guest.valid_s", "must be 60 to 34560000".into());
    }
    if guest.max_per_network_per_day == 0 {
        wrong("guest.max_per_network_per_day", "must be at least 1".into());
    }
    if guest.max_per_day < guest.max_per_network_per_day {
        wrong("guest.max_per_day", "must be at least guest.max_per_network_per_day".into());
    }
    // Who can still come back is not forgotten, nor who still counts.
    if guest.keep_s < guest.valid_s.max(COUNTED.as_secs()) {
        wrong("guest.keep_s", "must be at least guest.valid_s, and a day".into());
    }
}

/// A tenant that config itself gives to somebody.
fn check_tenant(config: &Config, key: &str, tenant: &str, wrong: &mut impl FnMut(&str, String)) {
    if tenant.is_empty() {
        if config.upstream.tenant_required {
            wrong(key, "must be set, because upstream.tenant_required is".into());
        }
    } else if !config.tenants.contains_key(tenant) {
        wrong(key, format!("there is no tenant {tenant:?}"));
    }
}

fn check_tenants(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    let mut variables = BTreeMap::new();
    for (name, tenant) in &config.tenants {
        let is_plain =
            name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
        if !is_plain || !(1..=64).contains(&name.len()) {
            wrong(&format!("tenants.{name}"), "a name is 1 to 64 of a-z, 0-9, - and _".into());
        }
        if let Some(other) = variables.insert(tenant_variable(name), name) {
            wrong(&format!("tenants.{name}"), format!("differs from {other:?} in - and _ only"));
        }
        let id = &tenant.workspace_id;
        if !is_workspace_id(id) {
            wrong(&format!("tenants.{name}.workspace_id"), "must be an id: letters, digits, - and _".into());
        }
    }
    if config.upstream.tenant_required && config.tenants.is_empty() {
        wrong("upstream.tenant_required", "there is no tenant".into());
    }
}

/// Whether a text may be sent as the id of a workspace; empty is none.
fn is_workspace_id(id: &str) -> bool {
    id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}
