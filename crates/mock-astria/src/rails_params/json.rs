//! JSON as Ruby's `json` gem reads it: comments are allowed, nesting ends at 100, the last of two equal keys wins.
//!
//! `serde_json` refuses comments and unknown escapes, which the upstream accepts. It does not know `NaN` or a byte order
//! mark, and neither does the upstream.

use serde_json::Number;

use super::error::{RailsError, RailsErrorKind};
use super::form::hex;
use super::tree::{Hash, Param};

const DEPTH_LIMIT: usize = 100;

/// Reads a whole text as one value.
pub(crate) fn parse(text: &[u8]) -> Result<Param, RailsError> {
    let mut reader = Reader { rest: text };
    reader.document().ok_or_else(|| RailsError::bad_request(RailsErrorKind::Json))
}

struct Reader<'a> {
    rest: &'a [u8],
}

/// `None` stands for "not JSON"; where it went wrong is of no interest to an imitation.
impl Reader<'_> {
    fn document(&mut self) -> Option<Param> {
        self.skip_ignored()?;
        let value = self.value(0)?;
        self.skip_ignored()?;
        self.rest.is_empty().then_some(value)
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, literal: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    fn skip_ignored(&mut self) -> Option<()> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => {
                    self.next();
                }
                Some(b'/') => self.skip_comment()?,
                _ => return Some(()),
            }
        }
    }

    fn skip_comment(&mut self) -> Option<()> {
        let end: &[u8] = if self.rest.starts_with(b"/*") {
            b"*/"
        } else if self.rest.starts_with(b"//") {
            b"\n"
        } else {
            return None;
        };
        let body = self.rest.get(2..)?;
        let at = memchr::memmem::find(body, end)?;
        self.rest = body.get(at + end.len()..)?;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Param> {
        match self.peek()? {
            b'{' => self.object(depth + 1),
            b'[' => self.array(depth + 1),
            b'"' => self.string().map(Param::String),
            b't' => self.take(b"true").map(|()| Param::Bool(true)),
            b'f' => self.take(b"false").map(|()| Param::Bool(false)),
            b'n' => self.take(b"null").map(|()| Param::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Param> {
        if depth > DEPTH_LIMIT {
            return None;
        }
        let mut hash = Hash::new();
        self.take(b"{")?;
        self.skip_ignored()?;
        if self.take(b"}").is_some() {
            return Some(Param::Hash(hash));
        }
        loop {
            let key = self.string()?;
            self.skip_ignored()?;
            self.take(b":")?;
            self.skip_ignored()?;
            let value = self.value(depth)?;
            hash.insert(key, value);
            self.skip_ignored()?;
            match self.next()? {
                b',' => self.skip_ignored()?,
                b'}' => return Some(Param::Hash(hash)),
                _ => return None,
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Param> {
        if depth > DEPTH_LIMIT {
            return None;
        }
        let mut items = Vec::new();
        self.take(b"[")?;
        self.skip_ignored()?;
        if self.take(b"]").is_some() {
            return Some(Param::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.skip_ignored()?;
            match self.next()? {
                b',' => self.skip_ignored()?,
                b']' => return Some(Param::Array(items)),
                _ => return None,
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        self.take(b"\"")?;
        let mut out = Vec::new();
        loop {
            match self.next()? {
                b'"' => return String::from_utf8(out).ok(),
                b'\\' => self.escape(&mut out)?,
                byte if byte < 0x20 => return None,
                byte => out.push(byte),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Option<()> {
        match self.next()? {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let mut code = u32::from(self.hex4()?);
                if (0xD800..0xDC00).contains(&code) {
                    self.take(b"\\u")?;
                    let low = u32::from(self.hex4()?).checked_sub(0xDC00).filter(|low| *low < 0x400)?;
                    code = 0x10000 + ((code - 0xD800) << 10) + low;
                }
                // A lone surrogate makes a string that Rails refuses as badly encoded.
                let character = char::from_u32(code)?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            byte if byte < 0x20 => return None,
            // The gem drops a backslash that means nothing.
            other => out.push(other),
        }
        Some(())
    }

    fn hex4(&mut self) -> Option<u16> {
        let mut code = 0;
        for _ in 0..4 {
            code = code * 16 + u16::from(hex(self.next()?)?);
        }
        Some(code)
    }

    fn digits(&mut self) -> usize {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.rest = self.rest.get(count..).unwrap_or_default();
        count
    }

    fn number(&mut self) -> Option<Param> {
        let start = self.rest;
        let _ = self.take(b"-");
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return None;
        }
        let mut float = false;
        if self.take(b".").is_some() {
            float = true;
            (self.digits() > 0).then_some(())?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            float = true;
            self.next();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.next();
            }
            (self.digits() > 0).then_some(())?;
        }
        let text = std::str::from_utf8(start.get(..start.len() - self.rest.len())?).ok()?;
        Some(to_number(text, float))
    }
}

/// Integers beyond 64 bits become floats here: Ruby keeps them whole, and no attribute takes them.
fn to_number(text: &str, float: bool) -> Param {
    if !float {
        if let Ok(value) = text.parse::<i64>() {
            return Param::Number(value.into());
        }
        if let Ok(value) = text.parse::<u64>() {
            return Param::Number(value.into());
        }
    }
    text.parse::<f64>().ok().and_then(Number::from_f64).map_or(Param::Null, Param::Number)
}
