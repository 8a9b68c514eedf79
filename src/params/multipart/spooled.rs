//! Reads a multipart body while it comes in: fields into memory, files to disk, one after the other.
//!
//! Memory does not grow with the upload: a window, one chunk on its way to disk, and the fields within their own
//! limit, all of it paid for from the budget. The tree is the same as if the body had been read whole.

use bytes::{Bytes, BytesMut};
use http_body::Body;

use super::super::{ParamLimits, Params, ParamsError, Upload};
use super::Parts;
use super::grammar::{Event, Grammar};
use super::head::FileName;
use crate::intake::{Budget, Inflow, IntakeError, Pace, Share, Spool, SpoolWriter};

/// A window, the chunk that is being written, the piece that came and the connection's own buffer.
const WORK_BYTES: u64 = 1024 * 1024;

/// What an upload may be.
#[derive(Clone, Copy, Debug)]
pub struct SpoolRules {
    /// Names, counts and single texts.
    pub limits: ParamLimits,
    /// The whole body.
    pub max_bytes: u64,
    /// One file.
    pub max_file_bytes: u64,
    /// All texts together.
    pub max_fields_bytes: u64,
    /// How fast it must come.
    pub pace: Pace,
}

/// Why an upload was not taken. Nothing of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpoolingError {
    /// How it came.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// What it says.
    #[error(transparent)]
    Params(#[from] ParamsError),
}

/// Reads an upload to its end. The tree's files are spooled and unjudged; its texts are paid for by the share.
///
/// Not cancel safe in the sense that the body is lost; what was written goes with it.
///
/// # Errors
/// The first thing that is wrong; the rest of the body is not read then.
pub async fn spool_multipart<B: Body<Data = Bytes> + Unpin>(
    body: B,
    boundary: &str,
    rules: &SpoolRules,
    spool: &Spool,
    budget: &Budget,
) -> Result<(Params, Share), SpoolingError> {
    let mut inflow = Inflow::new(body, rules.max_bytes, rules.pace)?;
    let mut share = budget.take(WORK_BYTES).map_err(IntakeError::from)?;
    let mut grammar = Grammar::new(boundary);
    let mut sink = Sink {
        rules,
        spool,
        parts: Parts::new(rules.limits),
        fields_bytes: 0,
        text: Vec::new(),
        writer: None,
        file_from: 0,
    };
    let mut window = Window::default();
    loop {
        let (used, event) = grammar.next(window.bytes(), window.whole)?;
        match event {
            Event::More => {
                window.add(inflow.next().await?);
                continue;
            }
            Event::Skipped => {}
            Event::Head(head) => sink.begin(head).await?,
            Event::Content => sink.content(window.first(used), &mut share).await?,
            Event::PartEnd { content_bytes } => {
                sink.content(window.first(content_bytes), &mut share).await?;
                sink.end().await?;
            }
            Event::End => break,
        }
        window.drop_first(used);
    }
    // The epilogue says nothing, but a body that breaks off in it was not sent whole.
    while inflow.next().await?.is_some() {}
    share.shrink_to(sink.fields_bytes);
    Ok((sink.parts.finish(), share))
}

/// The stretch of the body that is looked at. A piece that answers everything is not copied.
#[derive(Default)]
struct Window {
    piece: Bytes,
    whole: bool,
}

impl Window {
    fn bytes(&self) -> &[u8] {
        &self.piece
    }

    fn first(&self, bytes: usize) -> &[u8] {
        self.piece.get(..bytes).unwrap_or_default()
    }

    fn drop_first(&mut self, bytes: usize) {
        // Within the piece; beyond it, nothing is left.
        drop(self.piece.split_to(bytes.min(self.piece.len())));
    }

    /// What is left is less than a head, so joining it to the next piece costs little.
    fn add(&mut self, next: Option<Bytes>) {
        match next {
            None => self.whole = true,
            Some(next) if self.piece.is_empty() => self.piece = next,
            Some(next) => {
                debug_assert!(self.piece.len() < Grammar::max_window_bytes());
                let mut joined = BytesMut::with_capacity(self.piece.len() + next.len());
                joined.extend_from_slice(&self.piece);
                joined.extend_from_slice(&next);
                self.piece = joined.freeze();
            }
        }
    }
}

/// Where contents go.
struct Sink<'a> {
    rules: &'a SpoolRules,
    spool: &'a Spool,
    parts: Parts,
    fields_bytes: u64,
    text: Vec<u8>,
    /// From the first file on; all files of an upload are parts of one.
    writer: Option<SpoolWriter>,
    file_from: u64,
}

impl Sink<'_> {
    async fn begin(&mut self, head: super::head::Head) -> Result<(), SpoolingError> {
        let is_file = head.file == FileName::Given;
        self.parts.begin(head)?;
        if is_file {
            if self.writer.is_none() {
                self.writer = Some(self.spool.create(0).await.map_err(IntakeError::from)?);
            }
            self.file_from = self.writer.as_ref().map_or(0, SpoolWriter::size_bytes);
        }
        Ok(())
    }

    async fn content(&mut self, bytes: &[u8], share: &mut Share) -> Result<(), SpoolingError> {
        match (self.parts.file()?, &mut self.writer) {
            (FileName::Given, Some(writer)) => {
                let size_bytes = writer.size_bytes() - self.file_from + bytes.len() as u64;
                if size_bytes > self.rules.max_file_bytes {
                    return Err(IntakeError::TooLarge { max_bytes: self.rules.max_file_bytes }.into());
                }
                writer.write(bytes).await.map_err(IntakeError::from)?;
            }
            (FileName::Given, None) | (FileName::Empty, _) => {}
            (FileName::Absent, _) => {
                self.parts.check_text_size(self.text.len() + bytes.len())?;
                self.fields_bytes += bytes.len() as u64;
                if self.fields_bytes > self.rules.max_fields_bytes {
                    return Err(IntakeError::TooLarge { max_bytes: self.rules.max_fields_bytes }.into());
                }
                share.grow(bytes.len() as u64).map_err(IntakeError::from)?;
                self.text.extend_from_slice(bytes);
            }
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), SpoolingError> {
        match (self.parts.file()?, &mut self.writer) {
            (FileName::Given, Some(writer)) => {
                let file = writer.part(self.file_from).await.map_err(IntakeError::from)?;
                self.parts.upload(Upload::spooled(file))?;
            }
            (FileName::Given, None) | (FileName::Empty, _) => self.parts.skip(),
            (FileName::Absent, _) => {
                self.parts.text(&self.text)?;
                self.text.clear();
            }
        }
        Ok(())
    }
}
