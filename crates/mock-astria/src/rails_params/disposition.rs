//! The headers of one multipart part: which name and which file name rack 3.1 takes from them.
//!
//! Apart from the body's division because it is the part with the oddest rules. It does not read the part's content.

use std::borrow::Cow;

use super::form::hex;

const MAX_BYTES: usize = 1536;
const MAX_PARAMS: usize = 16;

/// What a part calls itself.
#[derive(Debug, Default)]
pub(crate) struct Disposition {
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) filename: Option<String>,
}

/// The first header of that (lower-case) name: folded lines stay in it.
pub(crate) fn header(head: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut rest = head;
    loop {
        if let Some((start, after)) = rest.split_at_checked(name.len())
            && start.eq_ignore_ascii_case(name.as_bytes())
            && let Some(value) = after.strip_prefix(b":")
        {
            return Some(header_value(value));
        }
        let line_end = memchr::memchr(b'\n', rest)?;
        rest = rest.get(line_end + 1..)?;
    }
}

fn header_value(mut rest: &[u8]) -> Vec<u8> {
    let blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
    let spaces = rest.iter().take_while(blank).count();
    rest = rest.get(spaces..).unwrap_or_default();
    if spaces > 0
        && let Some(folded) = rest.strip_prefix(b"\r\n")
    {
        let more = folded.iter().take_while(blank).count();
        if more > 0 {
            rest = folded.get(more..).unwrap_or_default();
        }
    }
    let mut value = Vec::new();
    while let Some((first, tail)) = rest.split_first() {
        match *first {
            b'\r' if matches!(tail, [b'\n', b' ' | b'\t', ..]) => {
                value.extend_from_slice(b"\r\n");
                rest = tail.get(1..).unwrap_or_default();
            }
            b'\r' | b'\n' => break,
            other => {
                value.push(other);
                rest = tail;
            }
        }
    }
    value
}

/// Name and file name of a part.
pub(crate) fn read(head: &[u8]) -> Disposition {
    let mut found = Disposition::default();
    let mut filename = None;
    let mut filename_star = None;
    match header(head, "content-disposition").filter(|value| value.len() <= MAX_BYTES) {
        Some(value) => {
            let start = memchr::memchr(b';', &value).map_or(value.len(), |at| at + 1);
            let mut rest = value.get(start..).unwrap_or_default();
            for _ in 0..MAX_PARAMS {
                let Some((param, value, tail)) = next_param(rest) else { break };
                rest = tail;
                match param {
                    b"name" => found.name = Some(value),
                    b"filename" => filename = Some(value),
                    b"filename*" => filename_star = Some(value),
                    _ => {}
                }
            }
        }
        None => found.name = header(head, "content-id"),
    }
    found.filename = match filename_star {
        Some(star) => Some(base_name(star.splitn(3, |byte| *byte == b'\'').nth(2).unwrap_or_default())),
        None => filename.map(|filename| base_name(&filename)),
    };
    found
}

/// One `key=value` and what follows it.
fn next_param(rest: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let equals = memchr::memchr(b'=', rest)?;
    let param = rest.get(..equals)?.trim_ascii_start();
    let after = rest.get(equals + 1..)?;
    let (value, tail) = match after.strip_prefix(b"\"") {
        Some(quoted) => quoted_value(quoted, param == b"filename"),
        None => match memchr::memchr(b';', after) {
            Some(end) => (after.get(..end)?.to_vec(), after.get(end..)?),
            None => (after.trim_ascii().to_vec(), <&[u8]>::default()),
        },
    };
    let tail = memchr::memchr(b';', tail).and_then(|at| tail.get(at + 1..)).unwrap_or(tail);
    Some((param, value, tail))
}

fn quoted_value(mut rest: &[u8], is_filename: bool) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        value.extend_from_slice(rest.get(..at).unwrap_or_default());
        let closes = rest.get(at) == Some(&b'"');
        rest = rest.get(at + 1..).unwrap_or_default();
        if closes {
            break;
        }
        if let Some((escaped, tail)) = rest.split_first() {
            if is_filename && *escaped != b'"' {
                // Old Internet Explorer sent paths with bare backslashes.
                value.push(b'\\');
            }
            value.push(*escaped);
            rest = tail;
        }
    }
    (value, rest)
}

/// Percent-decodes if every `%` is well-formed, then keeps what follows the last slash of either kind.
fn base_name(raw: &[u8]) -> String {
    let decoded = unescape_path(raw).map_or(Cow::Borrowed(raw), Cow::Owned);
    let text = String::from_utf8_lossy(&decoded);
    text.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

fn unescape_path(raw: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'%' {
            let high = hex(*bytes.next()?)?;
            out.push(high * 16 + hex(*bytes.next()?)?);
        } else {
            out.push(*byte);
        }
    }
    Some(out)
}
