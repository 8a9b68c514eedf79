//! Reads `multipart/form-data`, strictly, without copying the files: from memory, or as it comes in.
//!
//! Rack's versions disagree on bodies with bare line feeds, odd part headers or without an end (PARAM-26 to
//! PARAM-29); all of these are refused. The crate multer cannot tell: it keeps the last of two equal part headers
//! without a word and reads unquoted names. Tests hold both against each other on what is accepted.
//!
//! There is one grammar ([`grammar`] and [`head`]) and two users of it: [`parse`] has the whole body,
//! [`spooled`] a window of it. Another test holds these two against each other.

mod grammar;
mod head;
mod spooled;

use bytes::Bytes;

use self::grammar::{Event, Grammar};
use self::head::FileName;
use super::{Object, ParamLimits, Params, ParamsError, ParamsKind, Upload, Value, name};

pub use self::spooled::{SpoolRules, SpoolingError, spool_multipart};

/// Reads the whole body; files share its memory.
pub(super) fn parse(body: &Bytes, boundary: &str, limits: &ParamLimits) -> Result<Params, ParamsError> {
    let mut grammar = Grammar::new(boundary);
    let mut parts = Parts::new(*limits);
    let mut at = 0;
    let mut content_from = 0;
    loop {
        let window = body.get(at..).unwrap_or_default();
        let (used, event) = grammar.next(window, true)?;
        let end = at + used;
        match event {
            Event::Head(head) => {
                parts.begin(head)?;
                content_from = end;
            }
            Event::Content => {}
            Event::PartEnd { content_bytes } => {
                let content = content_from..at + content_bytes;
                match parts.file()? {
                    FileName::Absent => parts.text(body.get(content).unwrap_or_default())?,
                    FileName::Empty => parts.skip(),
                    FileName::Given => parts.upload(Upload::unjudged(body.slice(content)))?,
                }
            }
            Event::Skipped => {}
            Event::More | Event::End => return Ok(parts.finish()),
        }
        at = end;
    }
}

/// The tree that grows part by part, and what may be in it.
struct Parts {
    root: Object,
    limits: ParamLimits,
    count: usize,
    files: usize,
    head: Option<head::Head>,
}

impl Parts {
    fn new(limits: ParamLimits) -> Self {
        Self { root: Object::new(), limits, count: 0, files: 0, head: None }
    }

    /// A part begins.
    fn begin(&mut self, head: head::Head) -> Result<(), ParamsError> {
        self.count += 1;
        if self.count > self.limits.max_params {
            return Err(ParamsError::TooManyParams { limit: self.limits.max_params });
        }
        if head.file == FileName::Given {
            self.files += 1;
            if self.files > self.limits.max_files {
                return Err(ParamsError::TooManyFiles { limit: self.limits.max_files });
            }
        }
        self.head = Some(head);
        Ok(())
    }

    /// What the present part is.
    fn file(&self) -> Result<FileName, ParamsError> {
        let head = self.head.as_ref().ok_or(ParamsError::Multipart { what: "content without a part" })?;
        Ok(head.file)
    }

    /// The present part was a field with this content.
    fn text(&mut self, content: &[u8]) -> Result<(), ParamsError> {
        self.check_text_size(content.len())?;
        let text = std::str::from_utf8(content).map_err(|_| ParamsError::InvalidEncoding)?;
        if text.contains('\0') {
            return Err(ParamsError::NulByte);
        }
        self.put(Value::Text(text.to_owned()))
    }

    fn check_text_size(&self, size_bytes: usize) -> Result<(), ParamsError> {
        let limit = self.limits.max_text_bytes;
        if size_bytes > limit { Err(ParamsError::TextTooLong { limit }) } else { Ok(()) }
    }

    /// The present part was a file.
    fn upload(&mut self, upload: Upload) -> Result<(), ParamsError> {
        self.put(Value::File(upload))
    }

    /// The present part was a file field that was left empty.
    fn skip(&mut self) {
        self.head = None;
    }

    fn put(&mut self, value: Value) -> Result<(), ParamsError> {
        let Some(head) = self.head.take() else { return Ok(()) };
        name::put(&mut self.root, &name::split(&head.name, &self.limits)?, value)
    }

    fn finish(self) -> Params {
        Params { root: self.root, kind: ParamsKind::Multipart }
    }
}

#[cfg(test)]
mod tests;
