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
    let is_b64token = |byte: u8| B64TOKEN.get(usize::from(byte)).is_some_and(|is| *is);
    (!body.is_empty() && body.bytes().all(is_b64token)).then_some(token)
}

/// Which bytes a token is made of, the padding at its end aside.
const B64TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let characters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    let mut at = 0;
    while at < characters.len() {
        #[expect(
            clippy::indexing_slicing,
            reason = "counted below the length, and a byte fits a table of 256"
        )]
        {
            table[characters[at] as usize] = true;
        }
        at += 1;
    }
    table
};

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
