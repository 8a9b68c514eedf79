//! Where a multipart body's parts begin and end: the one judgement behind both readers.
//!
//! It is asked with a window of the body that begins where the last answer ended, and says how far it got. It keeps
//! no bytes, so that the same code serves a body that is here and one that is coming.

use memchr::memmem::{self, Finder};

use super::super::ParamsError;
use super::head::Head;

/// Bytes of one part's headers; browsers send under 300.
pub(super) const MAX_HEAD_BYTES: usize = 4 * 1024;

const CRLF: &[u8] = b"\r\n";

/// What the used bytes of the window were.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Nothing can be said of the window without more of the body.
    More,
    /// Before the first boundary, or behind a boundary's name.
    Skipped,
    /// A part's headers; its content follows.
    Head(Head),
    /// Content of the present part, more to follow.
    Content,
    /// The present part's last bytes, and the boundary behind them.
    PartEnd {
        /// How many of the used bytes are content.
        content_bytes: usize,
    },
    /// The final boundary. What follows is an epilogue, which Rails skips.
    End,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// Before the first boundary; `true`: at the body's first byte.
    Preamble {
        at_start: bool,
    },
    /// Behind the name of a boundary.
    BoundaryLine,
    Head,
    /// At the first byte of a part's content.
    ContentStart,
    Content,
}

/// Reads one body.
pub(super) struct Grammar {
    /// CRLF, two dashes, boundary.
    delimiter: Finder<'static>,
    dashed: Finder<'static>,
    place: Place,
}

impl Grammar {
    pub(super) fn new(boundary: &str) -> Self {
        let mut delimiter = Vec::with_capacity(boundary.len() + 4);
        delimiter.extend_from_slice(b"\r\n--");
        delimiter.extend_from_slice(boundary.as_bytes());
        let dashed = Finder::new(delimiter.get(CRLF.len()..).unwrap_or_default()).into_owned();
        let delimiter = Finder::new(&delimiter).into_owned();
        Self { delimiter, dashed, place: Place::Preamble { at_start: true } }
    }

    /// The most bytes that a window can need before it is answered with more than [`Event::More`].
    pub(super) const fn max_window_bytes() -> usize {
        MAX_HEAD_BYTES
    }

    /// How many bytes at the window's begin are done with, and what they were; `whole`: the body ends with the
    /// window. [`Event::More`] comes only where it is not whole.
    pub(super) fn next(&mut self, window: &[u8], whole: bool) -> Result<(usize, Event), ParamsError> {
        match self.place {
            Place::Preamble { at_start } => self.preamble(window, at_start, whole),
            Place::BoundaryLine => self.boundary_line(window, whole),
            Place::Head => self.head(window, whole),
            Place::ContentStart => self.content_start(window, whole),
            Place::Content => self.content(window, whole),
        }
    }

    /// The first boundary opens the body or a line; one in the middle of a line is ambiguous.
    fn preamble(
        &mut self,
        window: &[u8],
        at_start: bool,
        whole: bool,
    ) -> Result<(usize, Event), ParamsError> {
        let Some(at) = self.dashed.find(window) else {
            if whole {
                return Err(ParamsError::Multipart { what: "the boundary does not occur" });
            }
            // It may have begun; and the line before it must still be seen.
            let kept = self.delimiter.needle().len() - 1;
            return Ok(match window.len().saturating_sub(kept) {
                0 => (0, Event::More),
                used => {
                    self.place = Place::Preamble { at_start: false };
                    (used, Event::Skipped)
                }
            });
        };
        let opens = at == 0 && at_start || window.get(..at).is_some_and(|before| before.ends_with(CRLF));
        if !opens {
            return Err(ParamsError::Ambiguous { what: "a boundary in the middle of a line" });
        }
        self.place = Place::BoundaryLine;
        Ok((at + self.dashed.needle().len(), Event::Skipped))
    }

    fn boundary_line(&mut self, window: &[u8], whole: bool) -> Result<(usize, Event), ParamsError> {
        match window {
            [b'-', b'-', ..] => Ok((2, Event::End)),
            [b'\r', b'\n', ..] => {
                self.place = Place::Head;
                Ok((2, Event::Skipped))
            }
            [] | [b'-' | b'\r'] if !whole => Ok((0, Event::More)),
            _ => Err(ParamsError::Multipart { what: "a boundary line is cut or has something after it" }),
        }
    }

    fn head(&mut self, window: &[u8], whole: bool) -> Result<(usize, Event), ParamsError> {
        let scope = window.get(..window.len().min(MAX_HEAD_BYTES)).unwrap_or_default();
        let Some(head_len) = memmem::find(scope, b"\r\n\r\n") else {
            if !whole && window.len() < MAX_HEAD_BYTES {
                return Ok((0, Event::More));
            }
            return Err(ParamsError::Multipart { what: "a part's headers are cut or too long" });
        };
        let head = Head::parse(scope.get(..head_len).unwrap_or_default())?;
        self.place = Place::ContentStart;
        Ok((head_len + 2 * CRLF.len(), Event::Head(head)))
    }

    /// A boundary right behind the head's last line end: servers differ in whether the part has content.
    fn content_start(&mut self, window: &[u8], whole: bool) -> Result<(usize, Event), ParamsError> {
        let dashed = self.dashed.needle();
        if window.starts_with(dashed) {
            return Err(ParamsError::Multipart { what: "a part has no content" });
        }
        if !whole && dashed.starts_with(window) {
            return Ok((0, Event::More));
        }
        self.place = Place::Content;
        self.content(window, whole)
    }

    fn content(&mut self, window: &[u8], whole: bool) -> Result<(usize, Event), ParamsError> {
        let length = self.delimiter.needle().len();
        if let Some(content_bytes) = self.delimiter.find(window) {
            self.place = Place::BoundaryLine;
            return Ok((content_bytes + length, Event::PartEnd { content_bytes }));
        }
        if whole {
            return Err(ParamsError::Multipart { what: "the final boundary is missing" });
        }
        // The last bytes may be the begin of a boundary.
        Ok(match window.len().saturating_sub(length - 1) {
            0 => (0, Event::More),
            used => (used, Event::Content),
        })
    }
}
