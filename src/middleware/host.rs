//! What a request's head must say in one way only: for whom it is, how its body is coded, and what it expects.
//!
//! Two parsers that choose different ones of two `Host` lines route one request to two places. Nobody below reads
//! either, but a proxy before the gateway does, and what it chose must be what we were asked.
//!
//! - Answers: `bad_request` with `Connection: close`: nobody can say where such a request ends.

use http::header::{CONNECTION, EXPECT, HOST, HeaderValue, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderMap, Request, Version};

use crate::problem::{Code, Problem};

/// See the module.
///
/// # Errors
/// Something can be read in two ways.
pub fn unambiguous<B>(request: &Request<B>) -> Result<(), Problem> {
    if is_unambiguous(request) {
        return Ok(());
    }
    let detail =
        "Send one Host, the same as in the target, at most one transfer coding, chunked, and no expectation.";
    Err(Problem::new(Code::BadRequest, detail).with_header(CONNECTION, HeaderValue::from_static("close")))
}

fn is_unambiguous<B>(request: &Request<B>) -> bool {
    names_one_host(request) && is_coded_once(request.headers()) && expects_nothing_unknown(request.headers())
}

/// Whether the body is chunked once, or not at all. hyper reads the last coding only; another one before it would
/// be ignored here and undone elsewhere.
fn is_coded_once(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(TRANSFER_ENCODING).iter();
    match (lines.next(), lines.next()) {
        (None, _) => true,
        (Some(line), None) => line.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

/// Whether the request names one host: one `Host` line that is an authority, equal to the target's own authority
/// where it has one (absolute form, HTTP/2's `:authority`). HTTP/1.0 and HTTP/2 may leave the line out.
///
/// Source: RFC 9112 section 3.2, RFC 9113 section 8.3.1 (read 2026-11-20).
fn names_one_host<B>(request: &Request<B>) -> bool {
    let target = request.uri().authority();
    if target.is_some_and(|authority| authority.as_str().contains('@')) {
        return false;
    }
    let mut lines = request.headers().get_all(HOST).iter();
    match (lines.next(), lines.next()) {
        (None, _) => match request.version() {
            Version::HTTP_10 => target.is_none(),
            Version::HTTP_2 => target.is_some(),
            _ => false,
        },
        (Some(_), Some(_)) => false,
        (Some(line), None) => {
            let bytes = line.as_bytes();
            // The usual line, letters, digits, dots, a port, needs no parser; whatever else does.
            let plain = !bytes.is_empty()
                && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
            let is_host = plain || Authority::try_from(bytes).is_ok_and(|host| !host.as_str().contains('@'));
            is_host && target.is_none_or(|target| bytes.eq_ignore_ascii_case(target.as_str().as_bytes()))
        }
    }
}

/// Whether the request expects nothing, or `100-continue`: any other expectation would be ignored silently.
fn expects_nothing_unknown(headers: &HeaderMap) -> bool {
    headers.get_all(EXPECT).iter().all(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, target: &str, hosts: &[&str]) -> Request<()> {
        let mut request = Request::builder().version(version).uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn smug_07_one_host_and_no_other_beside_it() {
        for (version, target, hosts) in [
            (Version::HTTP_11, "/packs", &["a.example"][..]),
            (Version::HTTP_11, "/packs", &["a.example:8080"]),
            (Version::HTTP_11, "/packs", &["[::1]:8080"]),
            (Version::HTTP_11, "http://a.example/packs", &["A.example"]),
            (Version::HTTP_10, "/packs", &[]),
            (Version::HTTP_2, "https://a.example/packs", &[]),
            (Version::HTTP_2, "https://a.example/packs", &["a.example"]),
        ] {
            assert!(names_one_host(&request(version, target, hosts)), "{version:?} {target} {hosts:?}");
        }
    }

    #[test]
    fn smug_07_a_host_that_is_missing_doubled_contradicted_or_none_is_refused() {
        for (version, target, hosts) in [
            (Version::HTTP_11, "/packs", &[][..]),
            (Version::HTTP_11, "/packs", &["a.example", "b.example"]),
            (Version::HTTP_11, "/packs", &["a.example", "a.example"]),
            (Version::HTTP_11, "/packs", &[""]),
            (Version::HTTP_11, "/packs", &["a.example/path"]),
            (Version::HTTP_11, "/packs", &["a.example, b.example"]),
            (Version::HTTP_11, "/packs", &["user@a.example"]),
            (Version::HTTP_11, "/packs", &["a b"]),
            (Version::HTTP_11, "http://b.example/packs", &["a.example"]),
            (Version::HTTP_11, "http://b.example/packs", &[]),
            (Version::HTTP_11, "http://u@a.example/packs", &["u@a.example"]),
            (Version::HTTP_10, "http://b.example/packs", &[]),
            (Version::HTTP_2, "https://a.example/packs", &["b.example"]),
            (Version::HTTP_2, "/packs", &[]),
        ] {
            assert!(!names_one_host(&request(version, target, hosts)), "{version:?} {target} {hosts:?}");
        }
    }

    #[test]
    fn smug_03_one_coding_and_that_is_chunked() {
        let with = |values: &[&'static str]| {
            values.iter().map(|value| (TRANSFER_ENCODING, value.parse().unwrap())).fold(
                HeaderMap::new(),
                |mut headers, (name, value)| {
                    headers.append(name, value);
                    headers
                },
            )
        };
        assert!(
            is_coded_once(&with(&[]))
                && is_coded_once(&with(&["chunked"]))
                && is_coded_once(&with(&["Chunked"]))
        );
        for odd in [
            &["gzip, chunked"][..],
            &["chunked, chunked"],
            &["gzip", "chunked"],
            &["chunked", "chunked"],
            &[""],
        ] {
            assert!(!is_coded_once(&with(odd)), "{odd:?}");
        }
    }

    #[test]
    fn smug_09_an_expectation_that_nobody_knows_is_refused() {
        let with = |value: &'static str| HeaderMap::from_iter([(EXPECT, value.parse().unwrap())]);
        assert!(expects_nothing_unknown(&HeaderMap::new()));
        assert!(expects_nothing_unknown(&with("100-Continue")));
        assert!(!expects_nothing_unknown(&with("200-ok")));
        assert!(!expects_nothing_unknown(&with("100-continue, 200-ok")));
    }
}
