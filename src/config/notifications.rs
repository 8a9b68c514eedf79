//! Whether `[notifications]` makes sense, and what the parts that send them are told.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::secrets::notification_variable;
use super::{Config, ConfigError, Notifications};
use crate::notifications::{Endpoint, Filter, SigningKeys};
use crate::upstream::outside::{OutsideSettings, may_be_asked};

/// Of an answer, which nobody reads.
const MAX_REPLY_BYTES: usize = 16 * 1024;
const MAX_TIMEOUT_MS: u64 = 60_000;

impl Config {
    /// How endpoints are reached.
    pub fn notification_settings(&self) -> OutsideSettings {
        let client = self.upstream.client_settings();
        let endpoints = &self.notifications.endpoints;
        OutsideSettings {
            allow_private: self.notifications.allow_private_hosts,
            tls: endpoints.values().any(|endpoint| endpoint.url.starts_with("https:")),
            connect_timeout: client.connect_timeout,
            resolver: client.resolver,
            max_reply_bytes: MAX_REPLY_BYTES,
        }
    }

    /// Where notifications go, with the keys that [`super::load_secrets`] has read.
    ///
    /// # Errors
    /// What validation finds, too; a key that is missing.
    pub fn notification_endpoints(
        &self,
        mut keys: BTreeMap<String, SigningKeys>,
    ) -> Result<Vec<Endpoint>, ConfigError> {
        let endpoints = self.notifications.endpoints.iter().map(|(name, endpoint)| {
            let wrong = |member: &str, message: String| {
                ConfigError::new(format!("notifications.endpoints.{name}.{member}"), message)
            };
            let names = endpoint.events.iter().map(String::as_str);
            Ok(Endpoint {
                name: name.as_str().into(),
                url: Url::parse(&endpoint.url).map_err(|error| wrong("url", error.to_string()))?,
                filter: Filter::parse(names).map_err(|error| wrong("events", error.to_string()))?,
                keys: keys.remove(name).ok_or_else(|| wrong("secret_file", "no secret".into()))?,
            })
        });
        endpoints.collect()
    }
}

impl Notifications {
    /// For one attempt.
    pub const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

/// Appends everything that makes no sense.
pub(super) fn check(config: &Notifications, wrong: &mut impl FnMut(&str, String)) {
    if !(1..=256).contains(&config.max_in_flight) {
        wrong("notifications.max_in_flight", "must be 1 to 256".into());
    }
    if !(1..=MAX_TIMEOUT_MS).contains(&config.timeout_ms) {
        wrong("notifications.timeout_ms", format!("must be 1 to {MAX_TIMEOUT_MS}"));
    }
    for (key, value) in [
        ("notifications.give_up_after_s", config.give_up_after_s),
        ("notifications.keep_given_up_s", config.keep_given_up_s),
    ] {
        if value == 0 {
            wrong(key, "must be at least 1".into());
        }
    }
    let mut variables = BTreeMap::new();
    for (name, endpoint) in &config.endpoints {
        let key = |member: &str| format!("notifications.endpoints.{name}{member}");
        let is_plain =
            name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
        if !is_plain || !(1..=64).contains(&name.len()) {
            wrong(&key(""), "a name is 1 to 64 of a-z, 0-9, - and _".into());
        }
        if let Some(other) = variables.insert(notification_variable(name, ""), name) {
            wrong(&key(""), format!("differs from {other:?} in - and _ only"));
        }
        if let Err(message) = judge_url(&endpoint.url, config.allow_private_hosts) {
            wrong(&key(".url"), message.into());
        }
        for (i, event) in endpoint.events.iter().enumerate() {
            if let Err(unknown) = Filter::parse([event.as_str()]) {
                wrong(&format!("{}[{i}]", key(".events")), unknown.to_string());
            }
        }
    }
}

fn judge_url(text: &str, allow_private: bool) -> Result<(), &'static str> {
    let url = Url::parse(text).map_err(|_| "must be a URL")?;
    if url.fragment().is_some() {
        return Err("must have no fragment");
    }
    match (may_be_asked(&url, allow_private), allow_private) {
        (true, _) => Ok(()),
        (false, true) => Err("must be an http or https URL without a user"),
        (false, false) => Err("must be an https URL without a user, at a public host; \
             notifications.allow_private_hosts allows http and private hosts"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, NotificationEndpoint, load_secrets};
    use super::*;

    fn wrong(notifications: &Notifications) -> Vec<String> {
        let mut keys = Vec::new();
        check(notifications, &mut |key, _| keys.push(key.to_owned()));
        keys
    }

    fn with(url: &str, allow_private_hosts: bool) -> Notifications {
        let endpoint = NotificationEndpoint { url: url.into(), ..NotificationEndpoint::default() };
        let endpoints = [("app".to_owned(), endpoint)].into();
        Notifications { allow_private_hosts, endpoints, ..Notifications::default() }
    }

    #[test]
    fn cb_10_an_endpoint_is_a_public_https_address_unless_others_are_allowed() {
        assert!(wrong(&Notifications::default()).is_empty());
        for url in ["https://app.example/hooks?key=1", "https://app.example:8443/", "https://8.8.8.8/"] {
            assert!(wrong(&with(url, false)).is_empty(), "{url}");
        }
        let private = ["http://app.example/", "https://10.0.0.1/", "https://127.0.0.1:1/", "https://[::1]/"];
        for url in private {
            assert_eq!(wrong(&with(url, false)), ["notifications.endpoints.app.url"], "{url}");
            assert!(wrong(&with(url, true)).is_empty(), "{url}");
        }
        for url in ["", "app.example", "ftp://a.example/", "https://u:p@a.example/", "https://a.example/#x"] {
            assert_eq!(wrong(&with(url, true)), ["notifications.endpoints.app.url"], "{url}");
        }
    }

    #[test]
    fn every_fault_is_named() {
        let mut config = with("https://app.example/", false);
        let named = |name: &str| (name.to_owned(), config.endpoints["app"].clone());
        config.endpoints = [named("App"), named("a-b"), named("a_b")].into();
        if let Some(endpoint) = config.endpoints.get_mut("a-b") {
            endpoint.events = vec!["prompt.finished".into(), "prompt.done".into()];
        }
        (config.max_in_flight, config.timeout_ms) = (0, 0);
        (config.give_up_after_s, config.keep_given_up_s) = (0, 0);
        let expected = [
            "notifications.max_in_flight",
            "notifications.timeout_ms",
            "notifications.give_up_after_s",
            "notifications.keep_given_up_s",
            "notifications.endpoints.App",
            "notifications.endpoints.a-b.events[1]",
            "notifications.endpoints.a_b",
        ];
        assert_eq!(wrong(&config), expected);
    }

    #[test]
    fn cb_09_secrets_come_from_files_or_the_environment_and_have_their_form() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\n").unwrap();
        let mut config = Config { notifications: with("https://app.example/", false), ..Config::default() };
        config.upstream.tenant_required = true;
        let loaded = |config: &Config, variables: &Environment| match load_secrets(config, variables) {
            Ok(secrets) => Ok(secrets.notification_keys["app"].previous.is_some()),
            Err(errors) => Err(errors.into_iter().map(|error| error.key).collect::<Vec<_>>()),
        };
        let none = Environment::default();
        let key = "notifications.endpoints.app.secret_file".to_owned();
        assert_eq!(loaded(&config, &none), Err(vec![key.clone()]));
        let bad = Environment::of([("ASTRIA_GATEWAY_NOTIFICATIONS_APP_SECRET", "whsec_short")]);
        assert_eq!(loaded(&config, &bad), Err(vec![key]));
        let good = Environment::of([(
            "ASTRIA_GATEWAY_NOTIFICATIONS_APP_SECRET",
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        )]);
        assert_eq!(loaded(&config, &good), Ok(false));
        if let Some(endpoint) = config.notifications.endpoints.get_mut("app") {
            endpoint.secret_file.clone_from(&file);
        }
        assert_eq!(loaded(&config, &none), Ok(false));
        if let Some(endpoint) = config.notifications.endpoints.get_mut("app") {
            endpoint.previous_secret_file.clone_from(&file);
        }
        assert_eq!(loaded(&config, &none), Ok(true));
        assert!(config.secret_files().contains(&file), "a rotation is noticed");
    }
}
