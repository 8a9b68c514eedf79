//! [`Subjects`] by way of the writer and the readers.

use futures_util::future::BoxFuture;

use super::command::{Answer, Command};
use super::index::answer;
use super::{Store, read};
use crate::clock::Timestamp;
use crate::ids::ReservationId;
use crate::ownership::{AccountKey, AuditEntry, Cursor, Erasure, IndexError, Record, Subjects};
use crate::principal::EndUserId;

impl Subjects for Store {
    fn begin_erasure<'a>(
        &'a self,
        owner: &'a EndUserId,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<Erasure, IndexError>> {
        let command = Command::BeginErasure { owner: owner.clone(), at };
        Box::pin(async move { answer!(self, command, Answer::Erasure(erasure) => erasure) })
    }

    fn erasure<'a>(&'a self, owner: &'a EndUserId) -> BoxFuture<'a, Result<Option<Erasure>, IndexError>> {
        Box::pin(self.read("erasure", async move |conn| read::erasure(conn, owner).await))
    }

    fn erasing(&self) -> BoxFuture<'_, Result<Vec<EndUserId>, IndexError>> {
        Box::pin(self.read("erasing", async move |conn| read::erasing(conn).await))
    }

    fn objects<'a>(
        &'a self,
        owner: &'a EndUserId,
        after: Option<&'a Cursor>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<(AccountKey, Record)>, IndexError>> {
        Box::pin(self.read("objects", async move |conn| read::objects(conn, owner, after, limit).await))
    }

    fn creates<'a>(&'a self, owner: &'a EndUserId) -> BoxFuture<'a, Result<Vec<ReservationId>, IndexError>> {
        Box::pin(self.read("creates", async move |conn| read::creates(conn, owner).await))
    }

    fn finish_erasure<'a>(
        &'a self,
        owner: &'a EndUserId,
        entry: AuditEntry<'a>,
    ) -> BoxFuture<'a, Result<bool, IndexError>> {
        let command = Command::FinishErasure { owner: owner.clone(), entry: Box::new(entry.into()) };
        Box::pin(async move { answer!(self, command, Answer::Forgotten(is_done) => is_done) })
    }

    fn audit<'a>(&'a self, entry: AuditEntry<'a>) -> BoxFuture<'a, Result<(), IndexError>> {
        let command = Command::Audit(Box::new(entry.into()));
        Box::pin(async move { answer!(self, command, Answer::Done => ()) })
    }
}
