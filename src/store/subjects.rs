//! [`Subjects`] by way of the writer and the readers.

use futures_util::future::BoxFuture;

use super::command::{Answer, Command};
use super::index::answer;
use super::{Store, read};
use crate::clock::Timestamp;
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
        let owner = owner.clone();
        Box::pin(self.read("erasure", move |conn| read::erasure(conn, &owner)))
    }

    fn erasing(&self) -> BoxFuture<'_, Result<Vec<EndUserId>, IndexError>> {
        Box::pin(self.read("erasing", read::erasing))
    }

    fn objects<'a>(
        &'a self,
        owner: &'a EndUserId,
        after: Option<&'a Cursor>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<(AccountKey, Record)>, IndexError>> {
        let (owner, after) = (owner.clone(), after.cloned());
        Box::pin(self.read("objects", move |conn| read::objects(conn, &owner, after.as_ref(), limit)))
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
