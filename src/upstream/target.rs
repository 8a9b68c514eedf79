//! Where Astria is, parsed once: scheme, authority, `Host`, and a path that prefixes all others.

use bytes::Bytes;
use http::Uri;
use http::header::HeaderValue;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};

/// A base URL, ready to be joined with paths.
#[derive(Clone, Debug)]
pub struct Target {
    scheme: Scheme,
    authority: Authority,
    pub(super) host: HeaderValue,
    /// Without a slash at its end; mostly empty.
    prefix: String,
}

impl Target {
    /// `None` if `base_url` is no absolute http or https URL.
    pub fn parse(base_url: &str) -> Option<Self> {
        let Parts { scheme, authority, path_and_query, .. } = base_url.parse::<Uri>().ok()?.into_parts();
        let (scheme, authority) = (scheme?, authority?);
        let default_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = match authority.port_u16() {
            Some(port) if port != default_port => format!("{}:{port}", authority.host()),
            _ => authority.host().to_owned(),
        };
        let prefix = path_and_query.as_ref().map_or("", PathAndQuery::path).trim_end_matches('/').to_owned();
        Some(Self { scheme, authority, host: HeaderValue::from_str(&host).ok()?, prefix })
    }

    /// `None` if the path cannot stand in a URI.
    pub(super) fn join(&self, path_and_query: String) -> Option<Uri> {
        let joined =
            if self.prefix.is_empty() { path_and_query } else { format!("{}{path_and_query}", self.prefix) };
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(PathAndQuery::from_maybe_shared(Bytes::from(joined)).ok()?);
        Uri::from_parts(parts).ok()
    }
}
