//! Reads a Content-Type exactly: which of three bodies this is, or none.
//!
//! Rails parses `multipart/mixed` as a form, `application/jsonrequest` as JSON and an absent type as a form
//! (PARAM-18 to PARAM-20); a gateway that guesses otherwise judges another request. So: an exact match or 415.

use super::ParamsError;

/// How a body is encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
    /// `multipart/form-data`
    Multipart {
        /// What separates the parts, without the leading `--`.
        boundary: String,
    },
}

/// Reads the header's value.
///
/// # Errors
///
/// [`ParamsError::UnsupportedMediaType`] when it is absent, another type, has a charset other than UTF-8, an
/// unknown parameter, or not exactly one boundary that every parser reads alike.
pub fn body_kind(content_type: Option<&[u8]>) -> Result<BodyKind, ParamsError> {
    let read = || {
        let media = MediaType::parse(std::str::from_utf8(content_type?).ok()?)?;
        if media.params.iter().filter(|(name, _)| name == "charset").count() > 1 || !media.is_utf8() {
            return None;
        }
        let mut others = media.params.iter().filter(|(name, _)| name != "charset");
        match (media.essence.as_str(), others.next(), others.next()) {
            ("application/json", None, None) => Some(BodyKind::Json),
            ("application/x-www-form-urlencoded", None, None) => Some(BodyKind::Form),
            ("multipart/form-data", Some((name, boundary)), None)
                if name == "boundary" && is_boundary(boundary) =>
            {
                Some(BodyKind::Multipart { boundary: boundary.clone() })
            }
            _ => None,
        }
    };
    read().ok_or(ParamsError::UnsupportedMediaType)
}

/// RFC 2046 section 5.1.1, less the comma and the space: rack 2.2 ends a boundary at a comma.
fn is_boundary(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_-./:=?".contains(&byte);
    (1..=70).contains(&text.len()) && text.bytes().all(plain)
}

/// A media type with its parameters, names and type in lower case.
pub(super) struct MediaType {
    /// `type/subtype`
    pub(super) essence: String,
    /// In order, duplicates kept.
    pub(super) params: Vec<(String, String)>,
}

impl MediaType {
    /// Reads `type/subtype; name=token; name="quoted"`; `None` for anything else, an escape in quotes included.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (essence, mut rest) = text.find(';').map_or((text, ""), |at| text.split_at(at));
        let essence = essence.trim_matches([' ', '\t']).to_ascii_lowercase();
        let (main, sub) = essence.split_once('/')?;
        if !is_token(main) || !is_token(sub) {
            return None;
        }
        let mut params = Vec::new();
        while let Some(after) = rest.strip_prefix(';') {
            let (name, value) = after.split_once('=')?;
            let name = name.trim_matches([' ', '\t']).to_ascii_lowercase();
            let (value, after) = if let Some(quoted) = value.strip_prefix('"') {
                quoted.split_once('"').filter(|(value, _)| !value.contains('\\'))?
            } else {
                let (token, after) = value.find(';').map_or((value, ""), |at| value.split_at(at));
                (Some(token.trim_end_matches([' ', '\t'])).filter(|token| is_token(token))?, after)
            };
            if !is_token(&name) {
                return None;
            }
            params.push((name, value.to_owned()));
            rest = after.trim_start_matches([' ', '\t']);
        }
        rest.is_empty().then_some(Self { essence, params })
    }

    /// Whether it names no charset, or UTF-8.
    pub(super) fn is_utf8(&self) -> bool {
        self.params
            .iter()
            .filter(|(name, _)| name == "charset")
            .all(|(_, value)| value.eq_ignore_ascii_case("utf-8"))
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
