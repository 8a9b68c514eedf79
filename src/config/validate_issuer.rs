//! Whether an issuer of tokens can be believed as it is configured.

use url::Url;

use super::Issuer;
use super::who::issuer_settings;
use crate::auth::{KeySource, Preset, check_key_set_url, claim_faults, discovery_url};

/// Appends everything that makes no sense; `key` is the issuer's own path.
pub(super) fn check(key: &str, issuer: &Issuer, wrong: &mut impl FnMut(&str, String)) {
    let is_filled_in = check_preset(key, issuer, wrong);
    if issuer.issuer.is_empty() && is_filled_in {
        wrong(&format!("{key}.issuer"), "must not be empty".into());
    }
    if issuer.audiences.is_empty() || issuer.audiences.iter().any(String::is_empty) {
        let message = match issuer.audience_claim.as_str() {
            "aud" => "must name at least one audience, none of them empty".into(),
            other => format!("must name at least one audience, none of them empty: who `{other}` may be"),
        };
        wrong(&format!("{key}.audiences"), message);
    }
    check_keys(key, issuer, is_filled_in, wrong);
    for (name, claim) in
        [("subject", &issuer.subject_claim), ("plan", &issuer.plan_claim), ("tenant", &issuer.tenant_claim)]
    {
        if claim.is_empty() {
            wrong(&format!("{key}.{name}_claim"), "must not be empty".into());
        }
    }
    // Their own source of keys does not matter for claims.
    for (name, fault) in claim_faults(&issuer_settings(issuer, KeySource::Discovery, 0)) {
        wrong(&format!("{key}.{name}"), fault.to_string());
    }
}

/// False if there is a preset that could not be filled in: what it would have said is not missing beside that.
fn check_preset(key: &str, issuer: &Issuer, wrong: &mut impl FnMut(&str, String)) -> bool {
    if issuer.preset == Preset::None && issuer.preset_for.is_empty() {
        return true;
    }
    match issuer.preset.rules(&issuer.preset_for) {
        Ok(_) => true,
        Err(fault) => {
            wrong(&format!("{key}.preset_for"), fault.to_string());
            issuer.preset == Preset::None
        }
    }
}

fn check_keys(key: &str, issuer: &Issuer, is_filled_in: bool, wrong: &mut impl FnMut(&str, String)) {
    let unset = |path: &std::path::Path| path.as_os_str().is_empty();
    let sources = [
        !unset(&issuer.hs256_secret_file),
        !unset(&issuer.public_key_file),
        !issuer.jwks_url.is_empty(),
        issuer.discover,
    ];
    let sources = sources.iter().filter(|set| **set).count();
    if sources > 1 || sources == 0 && is_filled_in {
        wrong(key, "needs exactly one of hs256_secret_file, public_key_file, jwks_url, discover".into());
    }
    if issuer.discover
        && let Err(fault) = discovery_url(&issuer.issuer)
    {
        wrong(&format!("{key}.issuer"), fault.to_string());
    }
    if !unset(&issuer.hs256_previous_secret_file) && unset(&issuer.hs256_secret_file) {
        wrong(&format!("{key}.hs256_previous_secret_file"), "needs hs256_secret_file beside it".into());
    }
    if !issuer.jwks_url.is_empty() {
        let checked = Url::parse(&issuer.jwks_url)
            .map_err(|error| error.to_string())
            .and_then(|url| check_key_set_url(&url).map_err(|fault| fault.to_string()));
        if let Err(message) = checked {
            wrong(&format!("{key}.jwks_url"), message);
        }
    }
}
