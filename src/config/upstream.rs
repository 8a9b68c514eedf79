//! `[upstream]` as the parts on the way to Astria want it.

use std::time::Duration;

use super::{Upstream, UpstreamBreaker};
use crate::upstream::account::AccountLimits;
use crate::upstream::breaker::BreakerSettings;
use crate::upstream::client::ClientSettings;
use crate::upstream::fair_share::ShareLimits;
use crate::upstream::resolver::ResolverSettings;

impl Upstream {
    /// For the client that all accounts share.
    pub fn client_settings(&self) -> ClientSettings {
        ClientSettings {
            connect_timeout: Duration::from_millis(self.connect_timeout_ms),
            timeout: Duration::from_millis(self.timeout_ms),
            idle_timeout: Duration::from_millis(self.idle_timeout_ms),
            max_reply_bytes: self.max_reply_bytes,
            tls: self.base_url.starts_with("https:"),
            max_connection_age: Duration::from_secs(self.max_connection_age_s),
            max_idle_connections: self.max_in_flight,
            resolver: ResolverSettings {
                fresh: Duration::from_secs(self.dns_fresh_s),
                stale: Duration::from_secs(self.dns_stale_s),
                timeout: Duration::from_millis(self.dns_timeout_ms),
            },
        }
    }

    /// For each account.
    pub const fn account_limits(&self) -> AccountLimits {
        let share = ShareLimits {
            max_in_flight: self.max_in_flight,
            max_in_flight_creates: self.max_in_flight_creates,
            max_queue: self.max_queue,
            max_queue_per_user: self.max_queue_per_user,
            queue_timeout: Duration::from_millis(self.queue_timeout_ms),
        };
        AccountLimits { share, breaker: self.breaker.settings() }
    }
}

impl UpstreamBreaker {
    const fn settings(&self) -> BreakerSettings {
        BreakerSettings {
            consecutive_failures: self.consecutive_failures,
            failure_percent: self.failure_percent,
            min_calls: self.min_calls,
            window_ms: self.window_s.saturating_mul(1000),
            open_ms: self.open_s.saturating_mul(1000),
            max_open_ms: self.max_open_s.saturating_mul(1000),
            credential_open_ms: self.credential_open_s.saturating_mul(1000),
            exhausted_open_ms: self.exhausted_open_s.saturating_mul(1000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_of_the_configuration_are_those_of_the_parts() {
        let limits = Upstream::default().account_limits();
        assert_eq!(limits.share, ShareLimits::default());
        assert_eq!(limits.breaker, BreakerSettings::default());
        assert_eq!(Upstream::default().client_settings().resolver, ResolverSettings::default());
    }
}
