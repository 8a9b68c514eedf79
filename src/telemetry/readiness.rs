//! Whether the gateway wants requests, and what it waits for, in words: what `/readyz` answers.
//!
//! A load balancer that is told "not ready" by every replica has nobody to send requests to, so readiness waits for as
//! little as it can:
//!
//! - **Keys of issuers** are waited for only in the first [`KEYS_WAIT`] after the start, and only while no issuer has
//!   any. One issuer that works is enough, and afterwards a provider that is down makes sign-in fail for its own
//!   users (503 `auth_unavailable`), not the gateway unready for all (JWKS-02).
//! - **Astria** is not waited for: packs come from the cache, and the breaker answers for the rest.
//! - **Draining** is final.
//!
//! What it does *not* do: it asks nobody; the edge hands it what is known.

use std::time::Duration;

use serde::Serialize;

/// How long after the start keys that were never fetched are waited for.
pub const KEYS_WAIT: Duration = Duration::from_secs(10);

/// What is known when `/readyz` is asked.
#[derive(Clone, Debug, Default)]
pub struct ReadinessFacts {
    /// The gateway was told to end.
    pub is_draining: bool,
    /// Since the start, on the monotonic clock.
    pub up_for: Duration,
    /// Whether at least one issuer has its keys from a file: such keys are always there.
    pub has_static_keys: bool,
    /// Issuers whose keys are fetched and were never fetched yet.
    pub issuers_without_keys: Vec<String>,
    /// Issuers whose keys are fetched and are there.
    pub issuers_with_keys: usize,
    /// Parts that must work before the first request, each in a few words: `the ledger cannot be reached`.
    pub waits: Vec<String>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Readiness {
    /// Send requests.
    Ready {
        /// What does not work yet, in words; requests that need it fail.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        without: Vec<String>,
    },
    /// Not yet.
    Waiting {
        /// For what, in words.
        r#for: Vec<String>,
    },
    /// No more.
    Draining,
}

impl Readiness {
    /// Judges what is known.
    pub fn judge(facts: &ReadinessFacts) -> Self {
        if facts.is_draining {
            return Self::Draining;
        }
        let missing = facts
            .issuers_without_keys
            .iter()
            .map(|issuer| format!("keys of issuer {issuer} not fetched yet"));
        let mut missing: Vec<String> = missing.collect();
        let nobody_can_sign_in = !facts.has_static_keys && facts.issuers_with_keys == 0;
        let waits_for_keys = nobody_can_sign_in && !missing.is_empty() && facts.up_for < KEYS_WAIT;
        if !facts.waits.is_empty() || waits_for_keys {
            let mut waits = facts.waits.clone();
            if waits_for_keys {
                waits.append(&mut missing);
            }
            return Self::Waiting { r#for: waits };
        }
        Self::Ready { without: missing }
    }

    /// 200, or 503 for what is not ready.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Ready { .. } => 200,
            Self::Waiting { .. } | Self::Draining => 503,
        }
    }

    /// The body: `{"status":"waiting","for":["…"]}`.
    pub fn to_json(&self) -> String {
        // Texts alone: it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_keys(issuers: &[&str]) -> ReadinessFacts {
        let issuers_without_keys = issuers.iter().map(|&issuer| issuer.to_owned()).collect();
        ReadinessFacts { issuers_without_keys, ..ReadinessFacts::default() }
    }

    #[test]
    fn it_says_in_words_what_it_waits_for() {
        let waiting = Readiness::judge(&without_keys(&["https://a.example"]));
        assert_eq!(
            (waiting.status(), waiting.to_json().as_str()),
            (503, r#"{"status":"waiting","for":["keys of issuer https://a.example not fetched yet"]}"#)
        );
        let ready = Readiness::judge(&ReadinessFacts::default());
        assert_eq!((ready.status(), ready.to_json().as_str()), (200, r#"{"status":"ready"}"#));
        let draining = Readiness::judge(&ReadinessFacts { is_draining: true, ..ReadinessFacts::default() });
        assert_eq!((draining.status(), draining.to_json().as_str()), (503, r#"{"status":"draining"}"#));
    }

    #[test]
    fn jwks_02_a_provider_that_is_down_does_not_keep_the_gateway_from_working() {
        let down = without_keys(&["https://down.example"]);
        let says = |facts: &ReadinessFacts| Readiness::judge(facts).to_json();
        let ready = r#"{"status":"ready","without":["keys of issuer https://down.example not fetched yet"]}"#;
        assert_eq!(
            says(&ReadinessFacts { issuers_with_keys: 1, ..down.clone() }),
            ready,
            "another one works"
        );
        assert_eq!(
            says(&ReadinessFacts { has_static_keys: true, ..down.clone() }),
            ready,
            "as do keys in files"
        );
        assert_eq!(
            says(&ReadinessFacts { up_for: KEYS_WAIT, ..down }),
            ready,
            "and it does not wait for ever"
        );
    }

    #[test]
    fn a_part_that_must_work_is_waited_for_without_an_end() {
        let facts = ReadinessFacts {
            waits: vec!["the ledger cannot be reached".into()],
            up_for: KEYS_WAIT * 1000,
            ..ReadinessFacts::default()
        };
        let said = Readiness::judge(&facts).to_json();
        assert_eq!(said, r#"{"status":"waiting","for":["the ledger cannot be reached"]}"#);
    }
}
