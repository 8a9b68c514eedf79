//! `GET /operator/usage?from=&to=&by=&format=`: what was used, streamed part after part.

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use http::header::HeaderValue;
use http_body::Frame;
use http_body_util::StreamBody;

use super::asked::Asked;
use crate::auth::OperatorName;
use crate::call::{Answer, Call};
use crate::operate;
use crate::people::{Format, Table, UsagePages, UsageQuery};
use crate::reply::{self, ReplyBody};
use crate::upstream::UpstreamError;

/// See the module.
pub async fn usage(call: Call<OperatorName>) -> Answer {
    let (state, mut asked) = (&call.state, Asked::read(&call)?);
    let (from, to, by) = (asked.text("from")?, asked.text("to")?, asked.text("by")?);
    let format = Format::parse(asked.text("format")?.as_deref().unwrap_or("json"))?;
    asked.end()?;
    let today = operate::today(state);
    let query = UsageQuery::parse(from.as_deref(), to.as_deref(), by.as_deref(), today)?;
    let (mut pages, mut table) = (operate::usage(state, query), Table::new(format, query.by));
    // The first part before the reply's head: a store that cannot be asked is 503, not a reply that breaks off.
    let rows = pages.next().await?.unwrap_or_default();
    let piece = table.head() + &table.rows(&rows);
    let writing = Writing { pages, table, piece, is_done: false };
    let body = StreamBody::new(stream::try_unfold(writing, Writing::next));
    let kind = HeaderValue::from_static(match format {
        Format::Json => "application/json",
        Format::JsonLines => "application/jsonl",
        Format::Csv => "text/csv; charset=utf-8; header=present",
    });
    Ok(reply::with_body(StatusCode::OK, kind, ReplyBody::Stream(Box::pin(body))))
}

struct Writing {
    pages: UsagePages,
    table: Table,
    /// Written, and not sent yet.
    piece: String,
    is_done: bool,
}

impl Writing {
    async fn next(mut self) -> Result<Option<(Frame<Bytes>, Self)>, UpstreamError> {
        loop {
            if !self.piece.is_empty() {
                let piece = Bytes::from(std::mem::take(&mut self.piece));
                return Ok(Some((Frame::data(piece), self)));
            }
            if self.is_done {
                return Ok(None);
            }
            match self.pages.next().await {
                Ok(Some(rows)) => self.piece = self.table.rows(&rows),
                Ok(None) => {
                    self.piece = self.table.end().to_owned();
                    self.is_done = true;
                }
                // Whoever reads must not take a part for the whole: the connection breaks.
                Err(error) => {
                    tracing::error!(%error, "usage could not be read to its end");
                    return Err(UpstreamError::Cut);
                }
            }
        }
    }
}
