//! Writes what an issuer's preset says into the keys that the operator left out, before the file becomes a [`super::Config`].
//!
//! Here and not later, because only the file's own text tells a key that was left out from one that repeats a default: what the
//! operator wrote wins, whatever it is. Everybody else sees a complete issuer and knows nothing of presets; validation
//! looks at what was filled in as at what was written.
//!
//! It does *not* complain: a preset without its value, or with one of the wrong form, fills in nothing, and
//! [`super::validate_issuer`] says why.

use toml::{Table, Value};

use crate::auth::{ClaimValue, Preset, PresetRules};

/// Fills in all issuers of a file.
pub(super) fn fill_in(file: &mut Table) {
    let issuers = file
        .get_mut("auth")
        .and_then(Value::as_table_mut)
        .and_then(|auth| auth.get_mut("issuers"))
        .and_then(Value::as_array_mut);
    for issuer in issuers.into_iter().flatten().filter_map(Value::as_table_mut) {
        if let Some(rules) = rules_for(issuer) {
            fill_in_issuer(issuer, &rules);
        }
    }
}

fn rules_for(issuer: &Table) -> Option<PresetRules> {
    let preset: Preset = issuer.get("preset")?.clone().try_into().ok()?;
    preset.rules(issuer.get("preset_for")?.as_str()?).ok()
}

fn fill_in_issuer(issuer: &mut Table, rules: &PresetRules) {
    let texts = |names: &[String]| names.iter().map(|name| Value::from(name.as_str())).collect::<Vec<_>>();
    let types: Vec<Value> = rules.token_types.iter().map(|name| Value::from(*name)).collect();
    if !has_keys(issuer) {
        issuer.insert("jwks_url".into(), Value::from(rules.jwks_url.as_str()));
    }
    for (key, value) in [
        ("issuer", Value::from(rules.issuer.as_str())),
        ("audiences", Value::from(texts(&rules.audiences))),
        ("audience_claim", Value::from(rules.audience_claim)),
        ("other_audiences", Value::from(texts(&rules.other_audiences))),
        ("authorized_party_claim", Value::from(rules.authorized_party_claim)),
        ("token_types", Value::from(types)),
        ("subject_claim", Value::from(rules.subject_claim)),
        ("plan_claim", Value::from(rules.plan_claim)),
        ("tenant_claim", Value::from(rules.tenant_claim)),
    ] {
        issuer.entry(key).or_insert(value);
    }
    // By claim: an operator who adds a rule must not thereby lose the provider's.
    for (key, claims) in
        [("required_claims", &rules.required_claims), ("refused_claims", &rules.refused_claims)]
    {
        let table = issuer.entry(key).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(table) = table {
            for (name, value) in claims {
                table.entry(*name).or_insert_with(|| match value {
                    ClaimValue::Flag(flag) => Value::from(*flag),
                    ClaimValue::Text(text) => Value::from(text.as_str()),
                });
            }
        }
    }
}

/// Whether the operator says where the keys come from.
fn has_keys(issuer: &Table) -> bool {
    let is_named = |key: &str| issuer.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    ["hs256_secret_file", "public_key_file", "jwks_url"].into_iter().any(is_named)
        || issuer.get("discover").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use tokio_util::task::TaskTracker;

    use crate::auth::{Authenticator, ClaimValue, Preset, install_crypto_provider, mint};
    use crate::clock::{Clock, Timestamp};
    use crate::config::{Config, Environment, Issuer, IssuerKeys, auth_settings, load_text};
    use crate::principal::Principal;
    use crate::secret::Secret;

    fn issuer(keys: &str) -> Issuer {
        load(keys).expect("valid").auth.issuers.remove(0)
    }

    fn load(keys: &str) -> Result<Config, Vec<String>> {
        let loaded = load_text(&format!("[[auth.issuers]]\n{keys}"), &Environment::default());
        loaded.map_err(|errors| errors.into_iter().map(|error| error.key).collect())
    }

    fn errors(keys: &str) -> Vec<String> {
        load(keys).expect_err("refused")
    }

    fn text(value: &str) -> ClaimValue {
        ClaimValue::Text(value.to_owned())
    }

    #[test]
    fn without_a_preset_nothing_is_filled_in() {
        let plain = "issuer = \"https://a.example\"\naudiences = [\"a\"]\nhs256_secret_file = \"s\"\n";
        let read = issuer(plain);
        let expected = Issuer {
            issuer: "https://a.example".into(),
            audiences: vec!["a".into()],
            hs256_secret_file: "s".into(),
            ..Issuer::default()
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn a_preset_fills_in_what_is_left_out() {
        let read = issuer("preset = \"cognito\"\npreset_for = \"eu-west-1_AbC\"\naudiences = [\"client\"]\n");
        assert_eq!(read.issuer, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC");
        assert_eq!(read.jwks_url, format!("{}/.well-known/jwks.json", read.issuer));
        assert_eq!((read.preset, read.audience_claim.as_str()), (Preset::Cognito, "client_id"));
        assert_eq!(read.required_claims["token_use"], text("access"));
        let short = issuer("preset = \"firebase\"\npreset_for = \"my-app\"\n");
        assert_eq!(short.audiences, ["my-app"]);
        assert!(short.jwks_url.starts_with("https://www.googleapis.com/"));
    }

    #[test]
    fn what_is_written_wins_even_if_it_repeats_a_default() {
        let keys = "preset = \"supabase\"\npreset_for = \"abcdefghijklmnopqrst\"\n";
        let read = issuer(&format!(
            "{keys}plan_claim = \"plan\"\njwks_url = \"http://127.0.0.1:1/keys\"\nissuer = \"https://own.example\"\n"
        ));
        assert_eq!(read.plan_claim, "plan");
        assert_eq!(
            (read.issuer.as_str(), read.jwks_url.as_str()),
            ("https://own.example", "http://127.0.0.1:1/keys")
        );
        assert_eq!(read.tenant_claim, "/app_metadata/tenant", "the rest is still filled in");
        for own in ["hs256_secret_file = \"s\"", "public_key_file = \"p\"", "discover = true"] {
            assert_eq!(issuer(&format!("{keys}{own}\n")).jwks_url, "", "{own}");
        }
    }

    #[test]
    fn rules_about_claims_are_added_to_the_providers_and_taken_away_one_by_one() {
        let keys = "preset = \"supabase\"\npreset_for = \"abcdefghijklmnopqrst\"\n";
        let own = "required_claims = { aal = \"aal2\" }\nrefused_claims = { is_anonymous = \"\" }\n";
        let read = issuer(&format!("{keys}{own}"));
        assert_eq!(read.required_claims["role"], text("authenticated"));
        assert_eq!(read.required_claims["aal"], text("aal2"));
        assert_eq!(read.refused_claims["is_anonymous"], text(""));
        assert_eq!(read.refused_claims["client_id"], text("*"));
    }

    #[tokio::test]
    async fn a_token_that_is_minted_for_a_preset_is_accepted_by_it() {
        install_crypto_provider();
        let keys =
            "preset = \"supabase\"\npreset_for = \"abcdefghijklmnopqrst\"\nhs256_secret_file = \"s\"\n";
        let config = load(&format!("{keys}plan_prefix = \"plan-\"\n")).expect("valid");
        let secret = || Secret::new(vec![7; 40]);
        let clock = Clock::manual(Timestamp::from_unix_s(1_800_000_000));
        let claims = config.auth.issuers[0].claims("anna", Some("pro"), Some("acme"), clock.now(), 60);
        let token = mint(&secret(), &claims).expect("a token");
        let keys = vec![IssuerKeys::Hs256 { current: secret(), previous: None }];
        let settings = auth_settings(&config, keys).expect("settings");
        let authenticator =
            Authenticator::new(settings, clock, TaskTracker::new(), None).expect("fit settings");

        let Principal::EndUser(user) = authenticator.verify(&token).await.expect("accepted") else {
            panic!("an end user")
        };

        assert_eq!((&*user.id.subject, user.claimed_plan.as_deref()), ("anna", Some("pro")));
        assert_eq!(user.tenant.as_deref(), Some("acme"));
    }

    #[test]
    fn a_config_that_was_filled_in_is_read_as_itself() {
        let config = load(
            "preset = \"keycloak\"\npreset_for = \"https://sso.my-app.com/realms/app\"\naudiences = [\"a\"]\n",
        );
        let config = config.expect("valid");
        let again = load_text(&toml::to_string(&config).expect("toml"), &Environment::default());
        assert_eq!(again.expect("valid"), config);
    }

    #[test]
    fn a_value_of_the_wrong_form_is_the_one_error() {
        let audiences = "audiences = [\"a\"]\n";
        for (preset, of) in
            [("auth0", "https://my-app.auth0.com"), ("entra", "common"), ("clerk", ""), ("", "app")]
        {
            let keys = format!("preset = \"{preset}\"\npreset_for = \"{of}\"\n{audiences}");
            let found = errors(&keys);
            assert_eq!(found[0], "auth.issuers[0].preset_for", "{preset}");
            assert_eq!(found.len(), if preset.is_empty() { 3 } else { 1 }, "{found:?}");
        }
        let unknown = format!("preset = \"okta\"\npreset_for = \"x\"\n{audiences}");
        assert_eq!(errors(&unknown)[0], "auth.issuers[0].preset");
    }

    #[test]
    fn what_is_written_beside_a_preset_is_checked_like_ever() {
        let keys = "preset = \"clerk\"\npreset_for = \"clerk.my-app.com\"\n";
        assert_eq!(errors(keys), ["auth.issuers[0].audiences"]);
        let with = |own: &str| errors(&format!("{keys}audiences = [\"https://my-app.com\"]\n{own}\n"));
        assert_eq!(with("jwks_url = \"http://clerk.my-app.com/keys\""), ["auth.issuers[0].jwks_url"]);
        assert_eq!(with("jwks_url = \"https://a.b/c\"\ndiscover = true"), ["auth.issuers[0]"]);
        assert_eq!(with("audience_claim = \"sub\""), ["auth.issuers[0].audience_claim"]);
        assert_eq!(with("required_claims = { sid = \"\" }"), ["auth.issuers[0].audience_claim"]);
        assert_eq!(with("required_claims = { sid = 7 }"), ["auth.issuers[0].required_claims"]);
        assert_eq!(with("plan_claim = \"/unsafe_metadata/plan\""), ["auth.issuers[0].plan_claim"]);
        assert_eq!(with("tenant_claim = \"/o/\""), ["auth.issuers[0].tenant_claim"]);
        assert_eq!(with("authorized_parties = [\"\"]"), ["auth.issuers[0].authorized_parties"]);
    }
}
