//! [`Index`] by way of the writer and the readers.

use futures_util::future::BoxFuture;

use super::command::{Answer, Command};
use super::{Store, read};
use crate::clock::Timestamp;
use crate::ids::TuneId;
use crate::ownership::{
    AccountKey, Found, Index, IndexError, ListQuery, ObjectId, ObjectKind, Page, Record, Seen, Sighting,
};
use crate::principal::EndUserId;

/// The answer that a command gives. Another kind of answer would be a bug of the writer: nothing is claimed then.
macro_rules! answer {
    ($store:ident, $command:expr, $answer:pat => $value:expr) => {
        match $store.write($command).await? {
            $answer => Ok($value),
            _ => Err(IndexError::Unavailable),
        }
    };
}
pub(super) use answer;

impl Index for Store {
    fn find<'a>(
        &'a self,
        account: &'a AccountKey,
        owner: &'a EndUserId,
        wanted: &'a [ObjectId],
    ) -> BoxFuture<'a, Result<Vec<Record>, IndexError>> {
        let (account, owner, wanted) = (account.clone(), owner.clone(), wanted.to_vec());
        Box::pin(self.read("find", move |conn| read::find(conn, &account, &owner, &wanted)))
    }

    fn list<'a>(
        &'a self,
        account: &'a AccountKey,
        owner: &'a EndUserId,
        kind: ObjectKind,
        query: &'a ListQuery,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Page, IndexError>> {
        let (account, owner, query) = (account.clone(), owner.clone(), query.clone());
        Box::pin(self.read("list", move |conn| read::list(conn, &account, &owner, kind, &query, now)))
    }

    fn see(&self, sighting: Sighting) -> BoxFuture<'_, Result<u64, IndexError>> {
        Box::pin(async move {
            if sighting.objects.is_empty() {
                return Ok(0);
            }
            match self.write(Command::See(Box::new(sighting))).await? {
                Answer::Seen { known, overruns } => {
                    (0..overruns).for_each(|_| self.observer.overrun());
                    Ok(known)
                }
                _ => Err(IndexError::Unavailable),
            }
        })
    }

    fn swept<'a>(
        &'a self,
        account: &'a AccountKey,
        tune: TuneId,
        at: Timestamp,
        is_done: bool,
    ) -> BoxFuture<'a, Result<(), IndexError>> {
        let command = Command::Swept { account: account.clone(), tune, at, is_done };
        Box::pin(async move { answer!(self, command, Answer::Done => ()) })
    }

    fn doubt<'a>(
        &'a self,
        account: &'a AccountKey,
        object: ObjectId,
    ) -> BoxFuture<'a, Result<(), IndexError>> {
        let command = Command::Doubt { account: account.clone(), object };
        Box::pin(async move { answer!(self, command, Answer::Done => ()) })
    }

    fn forget<'a>(
        &'a self,
        account: &'a AccountKey,
        object: ObjectId,
    ) -> BoxFuture<'a, Result<(), IndexError>> {
        let at = self.clock.now();
        let command = Command::Forget { account: account.clone(), object, at };
        Box::pin(async move { answer!(self, command, Answer::Done => ()) })
    }

    fn like<'a>(
        &'a self,
        account: &'a AccountKey,
        object: ObjectId,
        is_liked: bool,
    ) -> BoxFuture<'a, Result<(), IndexError>> {
        let command = Command::Like { account: account.clone(), object, is_liked };
        Box::pin(async move { answer!(self, command, Answer::Done => ()) })
    }

    fn import<'a>(
        &'a self,
        account: &'a AccountKey,
        owner: &'a EndUserId,
        objects: Vec<Seen>,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<u64, IndexError>> {
        let command = Command::Import { account: account.clone(), owner: owner.clone(), objects, at };
        Box::pin(async move { answer!(self, command, Answer::Known(known) => known) })
    }

    fn look_up(&self, id: u64) -> BoxFuture<'_, Result<Vec<Found>, IndexError>> {
        Box::pin(self.read("look_up", move |conn| read::look_up(conn, id)))
    }

    fn key(&self, name: &'static str) -> BoxFuture<'_, Result<[u8; 32], IndexError>> {
        Box::pin(async move { answer!(self, Command::Key(name), Answer::Key(bytes) => bytes) })
    }
}
