//! Reads `multipart/form-data`, strictly, without copying the files.
//!
//! Rack accepts parts without a name, two names, two dispositions, folded headers and more (PARAM-26 to
//! PARAM-29), and its versions disagree on bodies with bare line feeds or without an end; all of these are
//! refused. The crate multer cannot tell: it keeps the last of two equal part headers without a word and reads
//! unquoted names. Tests hold both against each other on what is accepted.
//!
//! What it does *not* do: it decodes no transfer encoding, opens no nested multipart, and trusts neither a part's
//! Content-Type nor its file name. Preamble and epilogue are skipped, as Rails skips them.

use bytes::Bytes;
use memchr::memmem;

use super::content_type::MediaType;
use super::{Object, ParamLimits, Params, ParamsError, ParamsKind, Upload, Value, name};

/// Bytes of one part's headers; browsers send under 300.
const MAX_HEAD_BYTES: usize = 4 * 1024;

const CRLF: &[u8] = b"\r\n";

/// Reads the whole body.
pub(super) fn parse(body: &Bytes, boundary: &str, limits: &ParamLimits) -> Result<Params, ParamsError> {
    let delimiter = format!("\r\n--{boundary}");
    let mut root = Object::new();
    let mut at = first_delimiter_end(body, &delimiter)?;
    let (mut parts, mut files) = (0_usize, 0_usize);
    loop {
        let rest = body.get(at..).unwrap_or_default();
        if rest.starts_with(b"--") {
            return Ok(Params { root, kind: ParamsKind::Multipart });
        }
        if !rest.starts_with(CRLF) {
            return Err(ParamsError::Multipart { what: "a boundary line is cut or has something after it" });
        }
        parts += 1;
        if parts > limits.max_params {
            return Err(ParamsError::TooManyParams { limit: limits.max_params });
        }
        let head_from = at + CRLF.len();
        let scope = body.get(head_from..body.len().min(head_from + MAX_HEAD_BYTES)).unwrap_or_default();
        let head_len = memmem::find(scope, b"\r\n\r\n")
            .ok_or(ParamsError::Multipart { what: "a part's headers are cut or too long" })?;
        let head = Head::parse(scope.get(..head_len).unwrap_or_default())?;
        let content_from = head_from + head_len + 2 * CRLF.len();
        // From the head's last CRLF on, so that an empty part may end at once.
        let search_from = content_from - CRLF.len();
        let found = memmem::find(body.get(search_from..).unwrap_or_default(), delimiter.as_bytes())
            .ok_or(ParamsError::Multipart { what: "the final boundary is missing" })?;
        let content_to = search_from + found;
        if content_to < content_from {
            return Err(ParamsError::Multipart { what: "a part has no content" });
        }
        let content = body.slice(content_from..content_to);
        at = content_to + delimiter.len();

        let value = match head.file {
            FileName::Absent => Value::Text(text(&content, limits)?),
            // A file field that was left empty: Rails drops the part.
            FileName::Empty => continue,
            FileName::Given => {
                files += 1;
                if files > limits.max_files {
                    return Err(ParamsError::TooManyFiles { limit: limits.max_files });
                }
                Value::File(Upload::unjudged(content))
            }
        };
        name::put(&mut root, &name::split(&head.name, limits)?, value)?;
    }
}

/// Where the first boundary ends. It opens the body or a line; one in the middle of a line is ambiguous.
fn first_delimiter_end(body: &[u8], delimiter: &str) -> Result<usize, ParamsError> {
    let dashed = delimiter.as_bytes().get(CRLF.len()..).unwrap_or_default();
    let at =
        memmem::find(body, dashed).ok_or(ParamsError::Multipart { what: "the boundary does not occur" })?;
    if at > 0 && !body.get(..at).unwrap_or_default().ends_with(CRLF) {
        return Err(ParamsError::Ambiguous { what: "a boundary in the middle of a line" });
    }
    Ok(at + dashed.len())
}

fn text(content: &[u8], limits: &ParamLimits) -> Result<String, ParamsError> {
    if content.len() > limits.max_text_bytes {
        return Err(ParamsError::TextTooLong { limit: limits.max_text_bytes });
    }
    let text = std::str::from_utf8(content).map_err(|_| ParamsError::InvalidEncoding)?;
    if text.contains('\0') { Err(ParamsError::NulByte) } else { Ok(text.to_owned()) }
}

enum FileName {
    Absent,
    Empty,
    Given,
}

/// What is kept of a part's headers.
struct Head {
    name: String,
    file: FileName,
}

impl Head {
    fn parse(raw: &[u8]) -> Result<Self, ParamsError> {
        let malformed = |what| ParamsError::Multipart { what };
        let head = std::str::from_utf8(raw).map_err(|_| ParamsError::InvalidEncoding)?;
        let mut disposition = None;
        let mut seen_type = false;
        for line in head.split("\r\n") {
            if line.chars().any(|c| c.is_control() && c != '\t') {
                return Err(malformed("a control character in a part's header"));
            }
            let (field, value) = line.split_once(':').ok_or(malformed("a part's header without a colon"))?;
            if field.is_empty() || field.contains([' ', '\t']) {
                return Err(malformed("a folded or malformed header in a part"));
            }
            let value = value.trim_matches([' ', '\t']);
            match field.to_ascii_lowercase().as_str() {
                "content-disposition" if disposition.is_some() => {
                    return Err(malformed("a part with two Content-Disposition headers"));
                }
                "content-disposition" => disposition = Some(value),
                "content-type" if seen_type => {
                    return Err(malformed("a part with two Content-Type headers"));
                }
                "content-type" => {
                    seen_type = true;
                    check_part_type(value)?;
                }
                // These three say that nothing is encoded; several mobile clients send them.
                "content-transfer-encoding"
                    if !["binary", "8bit", "7bit"].iter().any(|as_is| value.eq_ignore_ascii_case(as_is)) =>
                {
                    return Err(malformed("a part with a Content-Transfer-Encoding"));
                }
                _ => {}
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
            match (key.trim_matches([' ', '\t']).to_ascii_lowercase().as_str(), &name, &file) {
                ("name", None, _) => name = Some(value.to_owned()),
                ("name", Some(_), _) => return Err(malformed("a part with two names")),
                ("filename", _, FileName::Absent) => {
                    file = if value.is_empty() { FileName::Empty } else { FileName::Given };
                }
                ("filename", ..) => return Err(malformed("a part with two file names")),
                _ => return Err(malformed("a Content-Disposition parameter other than name and filename")),
            }
            rest = after.trim_start_matches([' ', '\t']);
        }
        if !rest.is_empty() {
            return Err(malformed("a malformed Content-Disposition"));
        }
        let name = name.filter(|name| !name.is_empty()).ok_or(malformed("a part without a name"))?;
        Ok(Self { name, file })
    }
}

/// A part's own type is not trusted, but a nested multipart or another charset would change what it says.
fn check_part_type(value: &str) -> Result<(), ParamsError> {
    let lower = value.to_ascii_lowercase();
    if lower.starts_with("multipart/") {
        return Err(ParamsError::Multipart { what: "a nested multipart" });
    }
    let utf8 = MediaType::parse(value).map_or(!lower.contains("charset"), |media| media.is_utf8());
    if utf8 { Ok(()) } else { Err(ParamsError::Multipart { what: "a part with a charset other than UTF-8" }) }
}
