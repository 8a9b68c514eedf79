//! Reads one part's headers: what the part is called and whether it is a file.
//!
//! Rack accepts parts without a name, two names, two dispositions, folded headers and more (PARAM-26 to
//! PARAM-29); all of these are refused.
//!
//! What it does *not* do: it decodes no transfer encoding, opens no nested multipart, and trusts neither a part's
//! Content-Type nor its file name.

use super::super::ParamsError;
use super::super::content_type::MediaType;

const PLAIN_TYPES: [&str; 5] =
    ["image/jpeg", "image/png", "image/webp", "application/octet-stream", "text/plain"];

/// Whether a part is a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileName {
    /// A field.
    Absent,
    /// A file field that was left empty: Rails drops the part.
    Empty,
    /// A file.
    Given,
}

/// What is kept of a part's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) file: FileName,
}

impl Head {
    /// Reads the lines between a boundary and the empty line.
    pub(super) fn parse(raw: &[u8]) -> Result<Self, ParamsError> {
        let malformed = |what| ParamsError::Multipart { what };
        let head = std::str::from_utf8(raw).map_err(|_| ParamsError::InvalidEncoding)?;
        let mut disposition = None;
        let mut seen_type = false;
        for line in head.split("\r\n") {
            // Beyond ASCII, the control characters are U+0080 to U+009F: 0xC2 and a byte below 0xA0.
            let control = |byte: u8| byte < 0x20 && byte != b'\t' || byte == 0x7F;
            let plain = line.is_ascii() && !line.bytes().any(control);
            if !plain && line.chars().any(|c| c.is_control() && c != '\t') {
                return Err(malformed("a control character in a part's header"));
            }
            let (field, value) = line.split_once(':').ok_or(malformed("a part's header without a colon"))?;
            if field.is_empty() || field.contains([' ', '\t']) {
                return Err(malformed("a folded or malformed header in a part"));
            }
            let value = value.trim_matches([' ', '\t']);
            if field.eq_ignore_ascii_case("content-disposition") {
                if disposition.replace(value).is_some() {
                    return Err(malformed("a part with two Content-Disposition headers"));
                }
            } else if field.eq_ignore_ascii_case("content-type") {
                if std::mem::replace(&mut seen_type, true) {
                    return Err(malformed("a part with two Content-Type headers"));
                }
                check_part_type(value)?;
            } else if field.eq_ignore_ascii_case("content-transfer-encoding")
                // These three say that nothing is encoded; several mobile clients send them.
                && !["binary", "8bit", "7bit"].iter().any(|as_is| value.eq_ignore_ascii_case(as_is))
            {
                return Err(malformed("a part with a Content-Transfer-Encoding"));
            }
        }
        Self::from_disposition(disposition.ok_or(malformed("a part without Content-Disposition"))?)
    }

    /// `form-data; name="…"` and perhaps `; filename="…"`, both quoted, each once, nothing else.
    fn from_disposition(value: &str) -> Result<Self, ParamsError> {
        let malformed = |what| ParamsError::Multipart { what };
        let (kind, mut rest) = value.find(';').map_or((value, ""), |at| value.split_at(at));
        if !kind.trim_end_matches([' ', '\t']).eq_ignore_ascii_case("form-data") {
            return Err(malformed("a part whose disposition is not form-data"));
        }
        let (mut name, mut file) = (None, FileName::Absent);
        while let Some(after) = rest.strip_prefix(';') {
            let (key, after) = after.split_once('=').ok_or(malformed("a malformed Content-Disposition"))?;
            let quoted = after.strip_prefix('"').and_then(|after| after.split_once('"'));
            let (value, after) =
                quoted.ok_or(malformed("a Content-Disposition with an unquoted or unclosed value"))?;
            if value.ends_with('\\') {
                return Err(ParamsError::Ambiguous { what: "an escaped quote in a Content-Disposition" });
            }
            let key = key.trim_matches([' ', '\t']);
            if key.eq_ignore_ascii_case("name") {
                if name.replace(value).is_some() {
                    return Err(malformed("a part with two names"));
                }
            } else if key.eq_ignore_ascii_case("filename") {
                if file != FileName::Absent {
                    return Err(malformed("a part with two file names"));
                }
                file = if value.is_empty() { FileName::Empty } else { FileName::Given };
            } else {
                return Err(malformed("a Content-Disposition parameter other than name and filename"));
            }
            rest = after.trim_start_matches([' ', '\t']);
        }
        if !rest.is_empty() {
            return Err(malformed("a malformed Content-Disposition"));
        }
        let name = name.filter(|name| !name.is_empty()).ok_or(malformed("a part without a name"))?;
        Ok(Self { name: name.to_owned(), file })
    }
}

/// A part's own type is not trusted, but a nested multipart or another charset would change what it says.
fn check_part_type(value: &str) -> Result<(), ParamsError> {
    // What nearly every part says; it names no charset.
    if PLAIN_TYPES.contains(&value) {
        return Ok(());
    }
    let lower = value.to_ascii_lowercase();
    if lower.starts_with("multipart/") {
        return Err(ParamsError::Multipart { what: "a nested multipart" });
    }
    let utf8 = MediaType::parse(value).map_or(!lower.contains("charset"), |media| media.is_utf8());
    if utf8 { Ok(()) } else { Err(ParamsError::Multipart { what: "a part with a charset other than UTF-8" }) }
}
