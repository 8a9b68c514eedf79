//! `[images]` as the fetcher of pictures wants it, and what must hold of it.

use std::time::Duration;

use super::{Config, Images};
use crate::upstream::blob::BlobSettings;

const MIN_VALID_S: u64 = 60;
const MAX_VALID_S: u64 = 7 * 86_400;

impl Config {
    /// How pictures are fetched.
    pub fn blob_settings(&self) -> BlobSettings {
        let client = self.upstream.client_settings();
        let images = &self.images;
        BlobSettings {
            hosts: images.hosts.clone(),
            allow_private_hosts: images.allow_private_hosts,
            max_bytes: images.max_bytes,
            max_streams: images.max_streams,
            max_streams_each: images.max_streams_per_ip,
            idle_timeout: Duration::from_millis(images.idle_timeout_ms),
            connect_timeout: client.connect_timeout,
            resolver: client.resolver,
        }
    }
}

/// Appends everything that makes no sense. `is_local`: Astria is imitated on a local host.
pub(super) fn check(images: &Images, is_local: bool, wrong: &mut impl FnMut(&str, String)) {
    if !(MIN_VALID_S..=MAX_VALID_S).contains(&images.valid_s) {
        wrong("images.valid_s", format!("must be {MIN_VALID_S} to {MAX_VALID_S}"));
    }
    for (key, value) in [
        ("images.max_bytes", images.max_bytes),
        ("images.max_streams", images.max_streams as u64),
        ("images.max_streams_per_ip", images.max_streams_per_ip as u64),
        ("images.idle_timeout_ms", images.idle_timeout_ms),
    ] {
        if value == 0 {
            wrong(key, "must be at least 1".into());
        }
    }
    for (i, rule) in images.hosts.iter().enumerate() {
        let host = rule.strip_prefix("*.").unwrap_or(rule);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b".-[]:".contains(&b);
        if host.is_empty() || host.starts_with('.') || !host.bytes().all(plain) {
            let message =
                format!("{rule:?} must be a host such as \"a.example\", or \"*.a.example\" for all below");
            wrong(&format!("images.hosts[{i}]"), message);
        }
    }
    if images.allow_private_hosts && !is_local {
        let message = "is for an imitated Astria only: upstream.base_url must name a local host by http";
        wrong("images.allow_private_hosts", message.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(images: &Images, is_local: bool) -> Vec<String> {
        let mut keys = Vec::new();
        check(images, is_local, &mut |key, _| keys.push(key.to_owned()));
        keys
    }

    #[test]
    fn every_fault_is_named_and_private_hosts_are_for_an_imitation_alone() {
        assert!(wrong(&Images::default(), false).is_empty());
        let private = Images { allow_private_hosts: true, ..Images::default() };
        assert_eq!(wrong(&private, false), ["images.allow_private_hosts"]);
        assert!(wrong(&private, true).is_empty());
        let odd = ["", "*.", "*", "https://a.example", "a.example/x", ".a", "*.*.a"];
        let hosts = odd.map(str::to_owned).to_vec();
        let images = Images { valid_s: 59, max_bytes: 0, max_streams: 0, hosts, ..Images::default() };
        let keys = wrong(&images, false);
        assert_eq!(keys[..3], ["images.valid_s", "images.max_bytes", "images.max_streams"]);
        assert_eq!(keys.len(), 3 + odd.len(), "{keys:?}");
    }
}
