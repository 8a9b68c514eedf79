//! Multipart bodies as rack 3.1 reads them, its oddities included.
//!
//! A strict reader would refuse much of what the upstream accepts: parts without a name, two names, names from the file
//! name or the `Content-ID`. Tests of a gateway need to know what such a body would have done. It holds the whole body in
//! memory, which rack does not.
//!
//! Source: own runs of Rails 7.2 on rack 3.1, `fixtures/rails-7.2-rack-3.1.txt`.

use std::sync::Arc;

use bytes::Bytes;
use memchr::memmem;

use super::disposition::{self, Disposition};
use super::error::{RailsError, RailsErrorKind};
use super::form::Form;
use super::tree::{Param, UploadedFile};

const FILE_LIMIT: usize = 128;
const PART_LIMIT: usize = 4096;

/// Reads a body that `boundary` divides.
pub(crate) fn parse(body: &[u8], boundary: &str) -> Result<Form, RailsError> {
    let mut scanner = Scanner { body, at: 0, delimiter: format!("\r\n--{boundary}").into_bytes() };
    let mut form = Form::default();
    let (mut parts, mut files) = (0, 0);
    if !scanner.fast_forward()? {
        return Ok(form);
    }
    loop {
        let head = scanner.head()?;
        let content = scanner.content()?;
        let part = Part::new(head);
        parts += 1;
        files += usize::from(part.filename.is_some());
        if files > FILE_LIMIT || parts > PART_LIMIT {
            return Err(RailsError::outer(RailsErrorKind::PartLimit));
        }
        part.insert_into(&mut form, content)?;
        if !scanner.more_parts() {
            return Ok(form);
        }
    }
}

struct Scanner<'a> {
    body: &'a [u8],
    at: usize,
    /// CR LF, two hyphens and the boundary.
    delimiter: Vec<u8>,
}

struct Boundary {
    start: usize,
    end: usize,
    last: bool,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a [u8] {
        self.body.get(self.at..).unwrap_or_default()
    }

    fn ended() -> RailsError {
        RailsError::bad_request(RailsErrorKind::EmptyContent)
    }

    /// The next boundary: at the scan position itself, or after a CR LF.
    fn find(&self) -> Option<Boundary> {
        let rest = self.rest();
        let bare = self.delimiter.get(2..).unwrap_or_default();
        if let Some(last) = rest.strip_prefix(bare).and_then(Self::closing) {
            return Some(Boundary { start: self.at, end: self.at + bare.len() + 2, last });
        }
        memmem::find_iter(rest, &self.delimiter).find_map(|found| {
            let after = found + self.delimiter.len();
            let last = Self::closing(rest.get(after..)?)?;
            Some(Boundary { start: self.at + found, end: self.at + after + 2, last })
        })
    }

    fn closing(after: &[u8]) -> Option<bool> {
        if after.starts_with(b"\r\n") {
            Some(false)
        } else if after.starts_with(b"--") {
            Some(true)
        } else {
            None
        }
    }

    /// Goes behind the first opening boundary. `false`: the body is nothing but a closing one.
    fn fast_forward(&mut self) -> Result<bool, RailsError> {
        while let Some(found) = self.find() {
            self.at = found.end;
            if !found.last {
                return Ok(true);
            }
            if found.start == 0 && self.rest() == b"\r\n" {
                return Ok(false);
            }
        }
        Err(Self::ended())
    }

    fn head(&mut self) -> Result<&'a [u8], RailsError> {
        let rest = self.rest();
        let end = memmem::find(rest, b"\r\n\r\n").ok_or_else(Self::ended)?;
        self.at += end + 4;
        Ok(rest.get(..end + 2).unwrap_or_default())
    }

    fn content(&mut self) -> Result<&'a [u8], RailsError> {
        let found = self.find().ok_or_else(Self::ended)?;
        let content = self.body.get(self.at..found.start).unwrap_or_default();
        // Always two bytes on, even where the boundary stood at once and there was no CR LF to skip.
        self.at = found.start + 2;
        Ok(content)
    }

    fn more_parts(&mut self) -> bool {
        match self.find() {
            Some(found) if !found.last => {
                self.at = found.end;
                true
            }
            _ => false,
        }
    }
}

struct Part {
    name: Vec<u8>,
    filename: Option<String>,
    content_type: Option<String>,
}

impl Part {
    fn new(head: &[u8]) -> Self {
        let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
        let content_type = disposition::header(head, "content-type").map(text);
        let Disposition { name, filename } = disposition::read(head);
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| match &filename {
            Some(filename) => filename.clone().into_bytes(),
            None => format!("{}[]", content_type.as_deref().unwrap_or("text/plain")).into_bytes(),
        });
        Self { name, filename, content_type }
    }

    fn insert_into(self, form: &mut Form, content: &[u8]) -> Result<(), RailsError> {
        let value = match self.filename {
            // A file field left empty by a browser: the part vanishes.
            Some(filename) if filename.is_empty() => return Ok(()),
            Some(filename) => Param::File(Arc::new(UploadedFile {
                name: String::from_utf8_lossy(&self.name).into_owned(),
                filename,
                content_type: self.content_type,
                content: Bytes::copy_from_slice(content),
            })),
            None => match charset(self.content_type.as_deref()).as_deref() {
                Some("utf-16le" | "utf-16be" | "utf-32le" | "utf-32be") => {
                    return Err(RailsError::outer(RailsErrorKind::PartCharset));
                }
                Some("iso-8859-1" | "latin1" | "windows-1252") => {
                    Param::String(content.iter().copied().map(char::from).collect())
                }
                _ => form.text(content.to_vec()),
            },
        };
        form.insert(self.name, value)
    }
}

/// The charset of a `text/plain` part, lower-cased. Other types are taken as UTF-8.
fn charset(content_type: Option<&str>) -> Option<String> {
    let mut items = content_type?.split(';');
    if items.next()?.trim() != "text/plain" {
        return None;
    }
    items
        .filter_map(|item| item.split_once('='))
        .filter(|(key, _)| key.trim() == "charset")
        .map(|(_, value)| value.trim().trim_matches('"').to_ascii_lowercase())
        .next_back()
}
