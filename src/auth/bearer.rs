//! Takes the token out of an `Authorization` header.
//!
//! It does *not* decide what to do with two such headers; the edge refuses those before it calls.

/// The token of `Bearer <token>`, or `None` if the header holds anything else.
///
/// The scheme's case does not matter; the token is one run of `b64token` characters.
/// Source: RFC 6750 section 2.1, RFC 9110 section 11.1 (read 2026-11-21).
pub fn bearer(header: &[u8]) -> Option<&str> {
    let (scheme, rest) = header.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"bearer") || !rest.starts_with(b" ") {
        return None;
    }
    let token = std::str::from_utf8(rest).ok()?.trim_start_matches(' ');
    let body = token.trim_end_matches('=');
    let is_b64token = !body.is_empty()
        && body
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/'));
    is_b64token.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn one_token_after_the_scheme_in_any_case() {
        for header in ["Bearer abc.def-_~+/==", "bearer abc.def-_~+/==", "BEARER   abc.def-_~+/=="] {
            assert_eq!(bearer(header.as_bytes()), Some("abc.def-_~+/=="), "{header}");
        }
    }

    #[test]
    fn anything_else_holds_no_token() {
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer =",
            "Bearerabc",
            "Basic abc",
            "Bearer\tabc",
            "Bearer a b",
            "Bearer a, Bearer b",
            "Bearer a=b",
            "Bearer a ",
            " Bearer a",
            "Bearer {\"a\":1}",
            "Bearer a\n",
            "Bearer ä",
            "Token a",
            "Bear",
        ] {
            assert_eq!(bearer(header.as_bytes()), None, "{header:?}");
        }
        assert_eq!(bearer(b"Bearer \xff"), None);
    }
}
