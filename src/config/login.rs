//! Whether `[login]` makes sense, and what the module that signs people in is told.

use std::collections::BTreeMap;
use std::time::Duration;

use super::secrets::login_variable;
use super::{Config, Login, LoginProvider};
use crate::login::{ProviderSettings, check_issuer, is_own_parameter, is_scope};
use crate::secret::Secret;

const MAX_TIMEOUT_MS: u64 = 60_000;
const MAX_UNREFRESHED_S: u64 = 30 * 86_400;

impl Config {
    /// The providers, with the secrets that [`super::load_secrets`] has read: a provider without one is a public client.
    pub fn login_providers(&self, mut secrets: BTreeMap<String, Secret>) -> Vec<ProviderSettings> {
        let origin = self.public_origin();
        let callbacks = format!("{origin}{}/gateway/login", self.server.base_path);
        let providers = self.login.providers.iter().map(|(name, provider)| ProviderSettings {
            name: name.clone(),
            title: if provider.title.is_empty() { name.clone() } else { provider.title.clone() },
            issuer: provider.issuer.clone(),
            client_id: provider.client_id.clone(),
            client_secret: secrets.remove(name),
            scopes: provider.scopes.clone(),
            plan_claim: provider.plan_claim.clone(),
            tenant_claim: provider.tenant_claim.clone(),
            redirect_uri: format!("{callbacks}/{name}/callback"),
            post_logout_redirect_uri: format!("{origin}{}", self.login.signed_out_path),
            extra_params: provider.params.clone(),
            timeout: Duration::from_millis(self.login.timeout_ms),
        });
        providers.collect()
    }
}

/// Appends everything that makes no sense.
pub(super) fn check(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    let Login { timeout_ms, unrefreshed_max_s, signed_out_path, providers } = &config.login;
    if !(1..=MAX_TIMEOUT_MS).contains(timeout_ms) {
        wrong("login.timeout_ms", format!("must be 1 to {MAX_TIMEOUT_MS}"));
    }
    if *unrefreshed_max_s > MAX_UNREFRESHED_S {
        wrong("login.unrefreshed_max_s", format!("must be at most {MAX_UNREFRESHED_S}"));
    }
    // `//` and `\` after it would lead to another host.
    let is_path = signed_out_path.starts_with('/')
        && !signed_out_path.contains("//")
        && signed_out_path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#');
    if !is_path {
        wrong("login.signed_out_path", "must be a path such as \"/\" or \"/goodbye\"".into());
    }
    let mut variables = BTreeMap::new();
    for (name, provider) in providers {
        let key = |member: &str| format!("login.providers.{name}{member}");
        let is_plain =
            name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
        if !is_plain || !(1..=64).contains(&name.len()) {
            wrong(&key(""), "a name is 1 to 64 of a-z, 0-9, - and _".into());
        }
        if let Some(other) = variables.insert(login_variable(name), name) {
            wrong(&key(""), format!("differs from {other:?} in - and _ only"));
        }
        if providers.iter().any(|(other, known)| other < name && known.issuer == provider.issuer) {
            wrong(
                &key(".issuer"),
                "is another provider's, too: nobody could tell their answers apart".into(),
            );
        }
        check_provider(config, provider, &mut |member, message| wrong(&key(member), message));
    }
}

fn check_provider(config: &Config, provider: &LoginProvider, wrong: &mut impl FnMut(&str, String)) {
    if let Err(fault) = check_issuer(&provider.issuer) {
        wrong(".issuer", fault.to_string());
    }
    // A person is the pair of issuer and subject, however they come: two claims would make two people of one.
    let is_other = |claim: &str| claim != "sub";
    let issuers = &config.auth.issuers;
    if issuers.iter().any(|known| known.issuer == provider.issuer && is_other(&known.subject_claim)) {
        let message = "auth.issuers reads another subject_claim than \"sub\" from this issuer's tokens: \
             who signs in would be another end user than who brings a token";
        wrong(".issuer", message.into());
    }
    if provider.client_id.is_empty() {
        wrong(".client_id", "must not be empty".into());
    }
    for (i, scope) in provider.scopes.iter().enumerate() {
        if !is_scope(scope) {
            wrong(&format!(".scopes[{i}]"), "is no scope".into());
        }
    }
    for name in provider.params.keys() {
        if name.is_empty() || is_own_parameter(name) {
            wrong(&format!(".params.{name}"), "is set by the gateway".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, Issuer, load_secrets};
    use super::*;

    fn with(providers: &[(&str, LoginProvider)]) -> Config {
        let mut config = Config::default();
        config.upstream.tenant_required = true;
        let named = providers.iter().map(|(name, provider)| ((*name).to_owned(), provider.clone()));
        config.login.providers = named.collect();
        config
    }

    fn good() -> LoginProvider {
        LoginProvider {
            issuer: "https://login.example".into(),
            client_id: "gateway".into(),
            ..LoginProvider::default()
        }
    }

    fn wrong(config: &Config) -> Vec<String> {
        let mut keys = Vec::new();
        check(config, &mut |key, _| keys.push(key.to_owned()));
        keys
    }

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        assert!(wrong(&with(&[])).is_empty());
        for issuer in ["https://login.example", "https://a.example/realms/b", "http://127.0.0.1:3000"] {
            assert!(wrong(&with(&[("a", LoginProvider { issuer: issuer.into(), ..good() })])).is_empty());
        }
        for issuer in
            ["", "login.example", "http://login.example", "https://u:p@a.example", "https://a.example/?x"]
        {
            let config = with(&[("a", LoginProvider { issuer: issuer.into(), ..good() })]);
            assert_eq!(wrong(&config), ["login.providers.a.issuer"], "{issuer}");
        }
    }

    #[test]
    fn every_fault_is_named() {
        let bad = LoginProvider {
            issuer: "https://other.example".into(),
            client_id: String::new(),
            scopes: vec!["openid".into(), "a b".into()],
            params: [("prompt".into(), "consent".into()), ("state".into(), "x".into())].into(),
            ..LoginProvider::default()
        };
        let mut config = with(&[("A", good()), ("a-b", bad), ("a_b", good())]);
        (config.login.timeout_ms, config.login.unrefreshed_max_s) = (0, u64::MAX);
        config.login.signed_out_path = "//evil.example".into();
        let expected = [
            "login.timeout_ms",
            "login.unrefreshed_max_s",
            "login.signed_out_path",
            "login.providers.A",
            "login.providers.a-b.client_id",
            "login.providers.a-b.scopes[1]",
            "login.providers.a-b.params.state",
            "login.providers.a_b",
            "login.providers.a_b.issuer",
        ];
        assert_eq!(wrong(&config), expected);
    }

    #[test]
    fn jwt_12_who_signs_in_is_who_brings_a_token_of_the_same_issuer() {
        let mut config = with(&[("a", good())]);
        config.auth.issuers = vec![Issuer { issuer: "https://login.example".into(), ..Issuer::default() }];
        assert!(wrong(&config).is_empty());
        for issuer in &mut config.auth.issuers {
            issuer.subject_claim = "oid".into();
        }
        assert_eq!(wrong(&config), ["login.providers.a.issuer"]);
    }

    #[test]
    fn secrets_come_from_files_or_the_environment_and_a_public_client_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "from the file\n").unwrap();
        let with_file = LoginProvider { client_secret_file: file.clone(), ..good() };
        let config = with(&[("my-idp", with_file), ("open", good())]);
        assert!(config.secret_files().contains(&file), "a rotation is noticed");
        let secret = |variables: &Environment| {
            let secrets = load_secrets(&config, variables).ok().unwrap();
            let providers = config.login_providers(secrets.login_secrets);
            assert!(providers[1].client_secret.is_none());
            String::from_utf8(providers[0].client_secret.as_ref().unwrap().expose().to_vec()).unwrap()
        };
        assert_eq!(secret(&Environment::default()), "from the file");
        let variable = ("ASTRIA_GATEWAY_LOGIN_MY_IDP_CLIENT_SECRET", "from the environment");
        assert_eq!(secret(&Environment::of([variable])), "from the environment");
        std::fs::remove_file(&file).unwrap();
        let missing = load_secrets(&config, &Environment::default()).err().unwrap();
        assert_eq!(missing[0].key, "login.providers.my-idp.client_secret_file");
    }

    #[test]
    fn people_come_back_to_the_gateways_public_address() {
        let mut config = with(&[("a", good())]);
        config.server.public_url = "https://app.example/".into();
        config.server.base_path = "/api".into();
        config.login.signed_out_path = "/goodbye".into();
        let provider = &config.login_providers(BTreeMap::new())[0];
        assert_eq!(provider.redirect_uri, "https://app.example/api/gateway/login/a/callback");
        assert_eq!(provider.post_logout_redirect_uri, "https://app.example/goodbye");
        assert_eq!(provider.title, "a");
    }
}
