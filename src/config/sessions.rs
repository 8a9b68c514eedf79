//! Whether `[sessions]` makes sense.

use url::{Host, Url};

use super::Config;
use crate::sessions::Rules;

const MAX_S: u64 = 365 * 86_400;

/// Appends everything that makes no sense.
pub(super) fn check(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    let sessions = &config.sessions;
    if !(60..=MAX_S).contains(&sessions.max_s) {
        wrong("sessions.max_s", format!("must be 60 to {MAX_S}"));
    }
    if !(60..=sessions.max_s.max(60)).contains(&sessions.idle_s) {
        wrong("sessions.idle_s", "must be at least 60 and at most sessions.max_s".into());
    }
    if !(1..=1000).contains(&sessions.max_per_user) {
        wrong("sessions.max_per_user", "must be 1 to 1000".into());
    }
    if sessions.insecure_http && config.is_public() {
        let message = "is for trying things out on this machine: server.listen and server.public_url must be \
                       loopback addresses without TLS";
        wrong("sessions.insecure_http", message.into());
    }
}

impl Config {
    /// Whether anybody but this machine may reach the gateway, as far as its configuration tells.
    fn is_public(&self) -> bool {
        let server = &self.server;
        let is_local = server.public_url.is_empty()
            || Url::parse(&server.public_url).is_ok_and(|url| url.scheme() == "http" && is_loopback(&url));
        !server.listen.ip().is_loopback() || !is_local || !server.tls.certificate_file.as_os_str().is_empty()
    }

    /// What the keeper of sessions is told.
    pub const fn session_rules(&self) -> Rules {
        Rules { idle: std::time::Duration::from_secs(self.sessions.idle_s) }
    }

    /// Whether a request that a page of this origin sends may count on a cookie: the gateway's own origin, and those
    /// of `cors.allowed_origins`.
    pub fn trusts_origin(&self, origin: &str) -> bool {
        let is_listed = self.cors.allowed_origins.iter().any(|listed| listed == origin);
        is_listed || origin == self.public_origin() || (self.sessions.insecure_http && self.is_here(origin))
    }

    /// This machine has several names; on which of them a page was opened does not matter while trying things out.
    fn is_here(&self, origin: &str) -> bool {
        let port = |url: &Url| url.port_or_known_default();
        let ours = Url::parse(&self.public_origin());
        Url::parse(origin).is_ok_and(|url| {
            url.scheme() == "http" && is_loopback(&url) && ours.is_ok_and(|ours| port(&ours) == port(&url))
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, load_text};

    fn wrong(text: &str) -> Vec<String> {
        match load_text(text, &Environment::default()) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.iter().map(|error| error.key.clone()).collect(),
        }
    }

    #[test]
    fn cookies_without_tls_are_refused_beside_any_address_that_others_can_reach() {
        let with = |server: &str| wrong(&format!("[server]\n{server}\n[sessions]\ninsecure_http = true\n"));
        for here in
            ["", "listen = \"127.0.0.1:1\"", "listen = \"[::1]:1\"", "public_url = \"http://localhost:8080\""]
        {
            assert_eq!(with(here), Vec::<String>::new(), "{here}");
        }
        for public in [
            "listen = \"0.0.0.0:8080\"",
            "listen = \"[::]:8080\"",
            "listen = \"192.168.1.7:8080\"",
            "public_url = \"https://app.example.com\"",
            "public_url = \"http://app.example.com\"",
            "public_url = \"https://localhost\"",
            "tls = { certificate_file = \"c.pem\", key_file = \"k.pem\" }",
        ] {
            assert!(with(public).contains(&"sessions.insecure_http".to_owned()), "{public}");
        }
    }

    #[test]
    fn a_session_lasts_at_least_as_long_as_it_may_be_idle() {
        let with = |text: &str| wrong(&format!("[sessions]\n{text}\n"));
        assert_eq!(with("idle_s = 60\nmax_s = 60"), Vec::<String>::new());
        assert_eq!(with("idle_s = 61\nmax_s = 60"), ["sessions.idle_s"]);
        assert_eq!(with("max_s = 59\nidle_s = 60"), ["sessions.max_s"]);
        assert_eq!(with("max_per_user = 0"), ["sessions.max_per_user"]);
    }

    #[test]
    fn bff_06_only_the_gateways_own_and_listed_origins_are_trusted() {
        let text = "[server]\npublic_url = \"https://api.example.com\"\n\
                    [cors]\nallowed_origins = [\"https://app.example.com\"]\n";
        let config = load_text(text, &Environment::default()).unwrap();
        for ours in ["https://api.example.com", "https://app.example.com"] {
            assert!(config.trusts_origin(ours), "{ours}");
        }
        for other in ["null", "", "https://example.com", "http://api.example.com", "http://localhost:8080"] {
            assert!(!config.trusts_origin(other), "{other}");
        }
    }
}
