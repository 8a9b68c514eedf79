//! Judges URLs that the upstream will fetch for a client.
//!
//! The fetch comes from the upstream's network and could reach private addresses, or another end user's photos in
//! the upstream's own, unsigned storage (L-08). So: https, a public name or address, not the upstream's own
//! hosts; and what is sent is the URL as it was understood here, not as it was spelled.
//!
//! What it does *not* do: it resolves no name, so a public name that points at a private address passes; an
//! operator who minds lists hosts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// Bytes of a URL.
pub(super) const MAX_URL_BYTES: usize = 2048;

/// Names that are resolved inside some network only: reserved ones (RFC 6761, 6762, 7686, 8375) and common habits.
const PRIVATE_SUFFIXES: [&str; 14] = [
    "localhost",
    "local",
    "internal",
    "localdomain",
    "intranet",
    "lan",
    "corp",
    "home",
    "private",
    "home.arpa",
    "in-addr.arpa",
    "test",
    "invalid",
    "onion",
];

/// The upstream's bucket: its objects are other end users' photos.
/// Source: `orig_images` in replies of the Astria API quoted by public clients (read 2026-11-21).
const UPSTREAM_BUCKET: &str = "sdbooth2-production";

/// The URL to send, or what is wrong with it. `hosts` as in [`super::PolicyRules::url_hosts`].
pub(super) fn judge(text: &str, hosts: &[String]) -> Result<String, &'static str> {
    if text.len() > MAX_URL_BYTES {
        return Err("is too long for a URL");
    }
    // Parsers strip or translate these, each in its own way.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err("must be a URL without spaces, control characters and backslashes");
    }
    let mut url = Url::parse(text).map_err(|_| "must be a URL")?;
    let authority =
        text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(""));
    if url.scheme() != "https" || authority.is_empty() {
        return Err("must be an https URL");
    }
    if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or password");
    }
    let public = match url.host() {
        Some(Host::Domain(name)) => is_public_name(name.trim_end_matches('.')),
        Some(Host::Ipv4(address)) => is_public_v4(address),
        Some(Host::Ipv6(address)) => is_public_v6(address),
        None => false,
    };
    if !public {
        return Err("must point at a public host");
    }
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    if is_upstreams_own(host, url.path()) {
        return Err("must not point at the image service itself");
    }
    if !hosts.is_empty() && !hosts.iter().any(|rule| names_host(rule, host)) {
        return Err("must point at one of the hosts that this service allows");
    }
    url.set_fragment(None);
    Ok(url.into())
}

fn is_public_name(name: &str) -> bool {
    let is_or_below = |suffix: &str| {
        name.strip_suffix(suffix).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    name.contains('.') && !PRIVATE_SUFFIXES.into_iter().any(is_or_below)
}

/// Whether an address is everybody's: no loopback, no private network, nothing special.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Source: IANA IPv4 Special-Purpose Address Registry, a copy of 2013 (read 2026-11-21); multicast is RFC 5771.
fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..]
    )
}

/// Global unicast only, less the blocks that carry an IPv4 address or are special.
/// Source: RFC 4291 (2000::/3), 2928 and 4380 (2001::/23), 3849 and 9637 (documentation), 3056 (6to4).
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Teredo and other protocol assignments; documentation; 6to4; documentation (and its whole /16).
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002 | 0x3fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn is_upstreams_own(host: &str, path: &str) -> bool {
    let below = |suffix: &str| {
        host.strip_suffix(suffix).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    if below("astria.ai") {
        return true;
    }
    let names_bucket = || {
        let path = percent_decode_str(path).decode_utf8_lossy().to_ascii_lowercase();
        host.contains(UPSTREAM_BUCKET) || path.trim_start_matches('/').starts_with(UPSTREAM_BUCKET)
    };
    (below("amazonaws.com") || below("amazonaws.com.cn")) && names_bucket()
}

/// Whether a rule (`a.example`, or `*.a.example` for everything below) names a host.
pub fn names_host(rule: &str, host: &str) -> bool {
    match rule.strip_prefix("*.") {
        Some(parent) => {
            host.len().checked_sub(parent.len()).and_then(|at| host.split_at_checked(at)).is_some_and(
                |(before, tail)| {
                    before.len() > 1 && before.ends_with('.') && tail.eq_ignore_ascii_case(parent)
                },
            )
        }
        None => host.eq_ignore_ascii_case(rule),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l_08_public_https_urls_pass_in_one_spelling() {
        for (spelled, sent) in [
            ("https://img.example.com/a.jpg?sig=%2Fx%3D#top", "https://img.example.com/a.jpg?sig=%2Fx%3D"),
            ("HTTPS://IMG.Example.com:443/a/../b.jpg", "https://img.example.com/b.jpg"),
            ("https://8.8.8.8/a", "https://8.8.8.8/a"),
            ("https://[2606:4700::1111]/a", "https://[2606:4700::1111]/a"),
            ("https://my-bucket.s3.amazonaws.com/a", "https://my-bucket.s3.amazonaws.com/a"),
        ] {
            assert_eq!(judge(spelled, &[]).as_deref(), Ok(sent), "{spelled}");
        }
    }

    #[test]
    fn l_08_urls_that_could_reach_something_private_are_refused() {
        for url in [
            "",
            "a.jpg",
            "//example.com/a",
            "http://example.com/a",
            "ftp://example.com",
            "data:image/png;base64,AA",
            "file:///etc/passwd",
            "https:example.com",
            "https:///example.com",
            "https://",
            "https://example.com\t/",
            " https://example.com",
            "https://exam\nple.com",
            "https://evil.example\\@example.com/",
            "https://user@example.com/",
            "https://:p@example.com/",
            "https://@example.com/",
            "https://localhost/",
            "https://localhost./",
            "https://a.localhost",
            "https://intranet/",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://a.home.arpa",
            "https://LOCALHOST/",
            "https://a.internal.",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://０x7f.1/",
            "https://127。0。0。1/",
            "https://%31%32%37.0.0.1/",
            "https://127.0.0.1./",
            "https://0/",
            "https://10.1.2.3",
            "https://172.16.0.1",
            "https://192.168.0.1",
            "https://169.254.169.254/latest",
            "https://100.64.0.1",
            "https://192.0.0.8",
            "https://198.18.0.1",
            "https://224.0.0.1",
            "https://255.255.255.255",
            "https://[::]/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[::ffff:8.8.8.8]/",
            "https://[::127.0.0.1]/",
            "https://[fe80::1]/",
            "https://[fc00::1]/",
            "https://[fd00::1]/",
            "https://[ff02::1]/",
            "https://[64:ff9b::a00:1]/",
            "https://[2002:a00:1::]/",
            "https://[2001:0:1::]/",
            "https://[2001:db8::1]/",
            "https://[fec0::1]/",
        ] {
            assert!(judge(url, &[]).is_err(), "{url}");
        }
        assert!(judge(&format!("https://example.com/{}", "a".repeat(2048)), &[]).is_err());
    }

    #[test]
    fn l_08_the_upstreams_own_hosts_are_refused() {
        for url in [
            "https://astria.ai/",
            "https://api.astria.ai/tunes/1",
            "https://MP.astria.ai./x",
            "https://www.astria.ai/",
            "https://sdbooth2-production.s3.amazonaws.com/x",
            "https://SDBOOTH2-production.s3.us-east-1.amazonaws.com/x",
            "https://s3.amazonaws.com/sdbooth2-production/x",
            "https://s3.amazonaws.com/%73dbooth2-production/x",
            "https://s3.us-east-1.amazonaws.com//sdbooth2-production/x",
            "https://sdbooth2-production.s3-accelerate.amazonaws.com/x",
            "https://s3.dualstack.us-east-1.amazonaws.com/a/../sdbooth2-production/x",
        ] {
            assert_eq!(judge(url, &[]), Err("must not point at the image service itself"), "{url}");
        }
        assert!(judge("https://notastria.ai/", &[]).is_ok());
    }

    #[test]
    fn an_operators_list_of_hosts_is_exact() {
        let hosts = ["cdn.example.com".to_owned(), "*.photos.example".to_owned()];
        for url in [
            "https://cdn.example.com/a",
            "https://CDN.example.com/a",
            "https://a.photos.example",
            "https://a.b.photos.example",
        ] {
            assert!(judge(url, &hosts).is_ok(), "{url}");
        }
        for url in [
            "https://example.com/",
            "https://a.cdn.example.com",
            "https://photos.example",
            "https://aphotos.example",
            "https://8.8.8.8",
        ] {
            assert!(judge(url, &hosts).is_err(), "{url}");
        }
    }
}
