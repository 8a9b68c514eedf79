//! Where Astria's redirects lead: allowed hosts on public addresses, asked without any credential.
//!
//! A redirect is the upstream's word, and could lead into the operator's own network. So the host must be on a list;
//! the rest `outside` sees to.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HOST, HeaderValue, RANGE, USER_AGENT};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use url::Url;

use super::{ANY, BlobSettings, OpenBody};
use crate::clock::Clock;
use crate::policy::names_host;
use crate::upstream::AGENT;
use crate::upstream::connection::Life;
use crate::upstream::error::UpstreamError;
use crate::upstream::outside::{Outside, OutsideSettings, host_of, may_be_asked};
use crate::upstream::resolver::Lookup;

/// Read of a reply that is not shown, so that its connection can go on.
const MAX_REFUSAL_BYTES: usize = 16 * 1024;
/// Of a name, in the log.
const MAX_HOST_CHARS: usize = 100;
const MAX_LOCATION_BYTES: usize = 8 * 1024;

pub(super) struct Storage {
    hosts: Vec<String>,
    idle_timeout: Duration,
    outside: Outside<Empty<Bytes>>,
}

impl Storage {
    pub(super) fn new(settings: &BlobSettings, clock: &Clock, lookup: Arc<Lookup>) -> Self {
        let outside = OutsideSettings {
            allow_private: settings.allow_private_hosts,
            // An imitated storage speaks http.
            tls: !settings.allow_private_hosts,
            connect_timeout: settings.connect_timeout,
            resolver: settings.resolver,
            max_reply_bytes: MAX_REFUSAL_BYTES,
        };
        Self {
            hosts: settings.hosts.clone(),
            idle_timeout: settings.idle_timeout,
            outside: Outside::new(outside, clock, lookup),
        }
    }

    /// Where a redirect leads, if we go there. The refusal names nothing: an address can be a secret.
    pub(super) fn target(&self, from: &Url, location: &str) -> Result<Url, UpstreamError> {
        let refused = || UpstreamError::Unreadable;
        if location.is_empty() || location.len() > MAX_LOCATION_BYTES {
            return Err(refused());
        }
        let mut to = from.join(location).map_err(|_| refused())?;
        to.set_fragment(None);
        let allow_private = self.outside.settings().allow_private;
        let is_port = to.port().is_none() || allow_private;
        let host = to.host_str().unwrap_or_default();
        let is_listed = self.hosts.iter().any(|rule| names_host(rule, host));
        let may_go = may_be_asked(&to, allow_private) && is_port && is_listed;
        if !may_go {
            // The host alone: the rest of it may be a secret.
            let host: String = host.chars().take(MAX_HOST_CHARS).collect();
            tracing::warn!(host, "a picture's redirect was refused; images.hosts lists where they may lead");
            return Err(refused());
        }
        Ok(to)
    }

    /// Asks the storage, without reading the bytes of a success.
    pub(super) async fn get(
        &self,
        target: &Url,
        range: Option<HeaderValue>,
        max_reply_bytes: usize,
    ) -> Result<Response<Bytes>, UpstreamError> {
        let uri: Uri = target.as_str().parse().map_err(|_| UpstreamError::Unreadable)?;
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::try_from(host_of(target)).map_err(|_| UpstreamError::Unreadable)?);
        headers.insert(ACCEPT, ANY);
        headers.insert(USER_AGENT, AGENT);
        if let Some(range) = range {
            headers.insert(RANGE, range);
        }
        // Until the head is there; from then on each piece has its own time.
        let patience = self.outside.settings().connect_timeout + self.idle_timeout;
        let asked = tokio::time::timeout(patience, self.outside.send(request)).await;
        let (mut head, body) = asked.map_err(|_| UpstreamError::TimedOut)??.into_parts();
        let life = head.extensions.remove::<Life>();
        if head.status.is_success() {
            if let Some(life) = &life {
                life.grant(max_reply_bytes);
            }
            head.extensions.insert(OpenBody::new(body));
        } else {
            // What it says is nobody's affair; what is too long or too slow ends with its connection.
            let rest = Limited::new(body, MAX_REFUSAL_BYTES).collect();
            let _ = tokio::time::timeout(self.idle_timeout, rest).await;
        }
        Ok(Response::from_parts(head, Bytes::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::resolver::{ResolverSettings, system_lookup};

    fn storage(hosts: &[&str], allow_private_hosts: bool, lookup: Arc<Lookup>) -> Storage {
        let settings = BlobSettings {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            allow_private_hosts,
            max_bytes: 1 << 20,
            max_streams: 8,
            max_streams_each: 8,
            idle_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            resolver: ResolverSettings::default(),
        };
        Storage::new(&settings, &Clock::system(), lookup)
    }

    #[test]
    fn l_13_a_redirect_leads_to_a_listed_host_by_https_or_nowhere() {
        let hosts =
            ["bucket.example", "*.astria.ai", "10.0.0.1", "8.8.8.8", "127.0.0.1", "[::1]", "localhost"];
        let storage = storage(&hosts, false, system_lookup());
        let from = Url::parse("https://api.astria.ai/rails/active_storage/blobs/redirect/x/y.jpg").unwrap();
        for good in [
            "https://bucket.example/a?sig=1#x",
            "https://BUCKET.example:443/a",
            "https://cdn.astria.ai/a",
            "/rails/active_storage/blobs/proxy/x/y.jpg",
            "https://8.8.8.8/a",
        ] {
            let to = storage.target(&from, good).unwrap();
            assert_eq!((to.scheme(), to.fragment()), ("https", None), "{good}");
        }
        for bad in [
            "",
            "http://bucket.example/a",
            "ftp://bucket.example/a",
            "file:///etc/passwd",
            "https://bucket.example:8443/a",
            "https://user:pw@bucket.example/a",
            "https://evil.example/a",
            "//evil.example/a",
            "https://bucket.example.evil.example/a",
            "https://xbucket.example/a",
            "https://astria.ai/a",
            "https://evilastria.ai/a",
            "https://10.0.0.1/a",
            "https://127.0.0.1/a",
            "https://127.1/a",
            "https://2130706433/a",
            "https://[::1]/a",
            "https://[::ffff:127.0.0.1]/a",
            "https://169.254.169.254/latest/meta-data",
            "data:image/png;base64,AA",
            "javascript:alert(1)",
        ] {
            assert!(storage.target(&from, bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn l_13_a_listed_name_with_a_private_address_is_not_connected_to() {
        crate::auth::install_crypto_provider();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        // As in an attack by rebinding: each look-up may answer as it likes, all that counts is what is connected to.
        let storage = storage(&["bucket.example"], false, Arc::new(move |_| Ok(vec![at])));
        let target = Url::parse("https://bucket.example/a").unwrap();
        let answer = storage.get(&target, None, 1 << 20).await;
        assert!(matches!(answer, Err(UpstreamError::Unreachable)), "{answer:?}");
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "somebody connected");
    }
}
