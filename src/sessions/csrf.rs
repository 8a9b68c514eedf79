//! CSRF tokens: what a page of ours can know of its session, and a page of somebody else's cannot.
//!
//! A token is a keyed hash of the session's name, so nothing is kept, it stays the same while the cookie is renewed, and
//! it tells nothing of the cookie.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Whose token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOf<'a> {
    /// A session's, by its public name.
    Session(&'a str),
    /// A guest's, by the name in their cookie.
    Guest(&'a str),
}

/// Makes tokens, and knows them again. The same at every gateway on one store.
pub struct CsrfTokens(hmac::Key);

impl CsrfTokens {
    /// With this key, which serves nothing else.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The token: letters, digits, `-` and `_`.
    pub fn make(&self, of: TokenOf<'_>) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, &said(of)))
    }

    /// Whether this is the token. Takes the same time for all that are not.
    pub fn is_token(&self, of: TokenOf<'_>, text: &str) -> bool {
        let Ok(tag) = URL_SAFE_NO_PAD.decode(text) else { return false };
        hmac::verify(&self.0, &said(of), &tag).is_ok()
    }
}

fn said(of: TokenOf<'_>) -> Vec<u8> {
    let (kind, name) = match of {
        TokenOf::Session(name) => ("session ", name),
        TokenOf::Guest(name) => ("guest ", name),
    };
    [kind.as_bytes(), name.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_proves_one_session_under_one_key() {
        let tokens = CsrfTokens::new(&[1; 32]);
        let token = tokens.make(TokenOf::Session("a"));
        assert!(tokens.is_token(TokenOf::Session("a"), &token));
        for (of, text) in [
            (TokenOf::Session("b"), token.clone()),
            (TokenOf::Guest("a"), token.clone()),
            (TokenOf::Session("a"), String::new()),
            (TokenOf::Session("a"), token[1..].to_owned()),
            (TokenOf::Session("a"), format!("{token}=")),
        ] {
            assert!(!tokens.is_token(of, &text), "{text}");
        }
        assert!(!CsrfTokens::new(&[2; 32]).is_token(TokenOf::Session("a"), &token));
    }
}
