//! OpenID discovery: reads where an issuer publishes its keys from what the issuer publishes about itself.
//!
//! The document's `issuer` must be the configured one, letter for letter: otherwise one provider could answer
//! for another. The key set's address must be as well protected as the document was.
//! Source: OpenID Connect Discovery 1.0 sections 4.1 to 4.3, RFC 8414 section 3.3 (read 2026-11-21).
//!
//! It does *not* look at `/.well-known/oauth-authorization-server`, and takes nothing but the key set's address
//! from the document: algorithms, audiences and claims are config's.

use reqwest::Url;
use serde_json::Value;

use super::settings::IssuerFault;
use super::{check_key_set_url, json};

/// Why a discovery document does not say where the keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryFault {
    /// Not a JSON object without repeated names.
    #[error("the discovery document is no JSON object")]
    Malformed,
    /// Its `issuer` is not the configured one, letter for letter.
    #[error("the discovery document is of another issuer")]
    OtherIssuer,
    /// `jwks_uri` is missing, or less protected than the document was.
    #[error("the discovery document names no usable address of a key set")]
    KeySetAddress,
}

/// Where the issuer's discovery document stands: its own address without a slash at the end, and the fixed path.
///
/// # Errors
/// [`IssuerFault::IssuerNotAddress`] if the issuer is no URL, or one with a query or fragment, which would have no
/// such path; and as [`check_key_set_url`].
pub fn discovery_url(issuer: &str) -> Result<Url, IssuerFault> {
    let mut url = Url::parse(issuer).map_err(|_| IssuerFault::IssuerNotAddress)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(IssuerFault::IssuerNotAddress);
    }
    check_key_set_url(&url)?;
    let path = url.path().strip_suffix('/').unwrap_or(url.path());
    let path = format!("{path}/.well-known/openid-configuration");
    url.set_path(&path);
    Ok(url)
}

/// The key set's address that the document names.
///
/// # Errors
/// [`DiscoveryFault`]: see there.
pub fn key_set_url(document: &[u8], issuer: &str) -> Result<Url, DiscoveryFault> {
    let document = json::object(document).ok_or(DiscoveryFault::Malformed)?;
    let text = |member: &str| document.get(member).and_then(Value::as_str);
    if text("issuer") != Some(issuer) {
        return Err(DiscoveryFault::OtherIssuer);
    }
    let url = text("jwks_uri").and_then(|text| Url::parse(text).ok()).ok_or(DiscoveryFault::KeySetAddress)?;
    if is_as_safe(&url, issuer) { Ok(url) } else { Err(DiscoveryFault::KeySetAddress) }
}

/// Whether an address that the issuer's document names is as well protected as the document was.
pub fn is_as_safe(url: &Url, issuer: &str) -> bool {
    // http is for an issuer on this machine alone: one elsewhere must not point us at our own ports.
    (issuer.starts_with("http:") || url.scheme() == "https") && check_key_set_url(url).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn jwks_05_the_document_stands_below_the_issuers_own_path() {
        for (issuer, url) in [
            ("https://login.example", "https://login.example/.well-known/openid-configuration"),
            ("https://login.example/", "https://login.example/.well-known/openid-configuration"),
            (
                "https://login.example/realms/a",
                "https://login.example/realms/a/.well-known/openid-configuration",
            ),
            ("https://login.example/a/", "https://login.example/a/.well-known/openid-configuration"),
            ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a/.well-known/openid-configuration"),
        ] {
            assert_eq!(discovery_url(issuer).unwrap().as_str(), url);
        }
        for (issuer, fault) in [
            ("login.example", IssuerFault::IssuerNotAddress),
            ("https://login.example?tenant=a", IssuerFault::IssuerNotAddress),
            ("https://login.example/#a", IssuerFault::IssuerNotAddress),
            ("http://login.example", IssuerFault::UrlNotHttps),
            ("file:///etc", IssuerFault::UrlNotHttps),
            ("https://a:b@login.example", IssuerFault::UrlHasCredentials),
        ] {
            assert_eq!(discovery_url(issuer).err(), Some(fault), "{issuer}");
        }
    }

    #[test]
    fn jwks_05_the_documents_issuer_is_ours_letter_for_letter() {
        let read = |issuer: &str| {
            let document = json!({ "issuer": issuer, "jwks_uri": "https://keys.example/set" }).to_string();
            key_set_url(document.as_bytes(), "https://login.example/a").map(String::from)
        };
        assert_eq!(read("https://login.example/a").as_deref(), Ok("https://keys.example/set"));
        for other in [
            "https://login.example/a/",
            "https://login.example/A",
            "https://login.example",
            "https://LOGIN.example/a",
            "https://login.example:443/a",
            "",
        ] {
            assert_eq!(read(other), Err(DiscoveryFault::OtherIssuer), "{other}");
        }
    }

    #[test]
    fn jwks_05_the_key_set_is_as_well_protected_as_the_document() {
        let read = |issuer: &str, address: Value| {
            let document = json!({ "issuer": issuer, "jwks_uri": address }).to_string();
            key_set_url(document.as_bytes(), issuer)
        };
        let (away, here) = ("https://login.example", "http://localhost:1");
        assert!(read(away, json!("https://keys.example/set")).is_ok());
        assert!(read(here, json!("http://127.0.0.1:2/set")).is_ok());
        for bad in
            ["http://keys.example/set", "http://127.0.0.1/set", "https://a:b@keys.example/", "/set", ""]
        {
            assert_eq!(read(away, json!(bad)), Err(DiscoveryFault::KeySetAddress), "{bad}");
        }
        assert_eq!(read(here, json!("http://keys.example/set")), Err(DiscoveryFault::KeySetAddress));
        assert_eq!(read(away, json!(["https://keys.example/set"])), Err(DiscoveryFault::KeySetAddress));
        assert_eq!(key_set_url(br#"{"issuer":"a","issuer":"b"}"#, "a"), Err(DiscoveryFault::Malformed));
        assert_eq!(key_set_url(b"<html>", "a"), Err(DiscoveryFault::Malformed));
    }
}
