//! [`Books`] by way of the writer and the readers.

use futures_util::future::BoxFuture;

use super::view;
use crate::clock::Timestamp;
use crate::ids::ReservationId;
use crate::ownership::{AccountKey, ObjectId};
use crate::quota::{
    Books, BooksError, Closed, Closing, Create, Due, DueObject, Ending, LastCost, Looked, Opened, Opening,
    Scope, Standing, Usage,
};
use crate::store::command::{Answer, Command};
use crate::store::{Store, check};

/// The answer that a command gives. Another kind of answer would be a bug of the writer: nothing is claimed then.
macro_rules! answer {
    ($store:ident, $command:expr, $answer:pat => $value:expr) => {
        match $store.write($command).await? {
            $answer => $value,
            _ => Err(BooksError::Unavailable),
        }
    };
}

impl Books for Store {
    fn open(&self, opening: Opening) -> BoxFuture<'_, Result<Opened, BooksError>> {
        let command = Command::Open(Box::new(opening));
        Box::pin(async move { answer!(self, command, Answer::Opened(opened) => *opened) })
    }

    fn close(&self, closing: Closing) -> BoxFuture<'_, Result<Closed, BooksError>> {
        let command = Command::Close(Box::new(closing));
        Box::pin(async move {
            let closed = answer!(self, command, Answer::Closed(closed) => closed)?;
            if closed.is_overrun {
                self.observer.overrun();
            }
            Ok(closed)
        })
    }

    fn abandon(&self, reservation: ReservationId, ending: Ending) {
        let at = self.clock.now();
        let look_at = super::schedule::first_look(at);
        let closing = Closing { look_at, awaits_until: at, ..Closing::new(reservation, ending, at) };
        self.write_unheard(Command::Close(Box::new(closing)));
    }

    fn expire(
        &self,
        at: Timestamp,
        awaits_until: Timestamp,
        of_all: bool,
    ) -> BoxFuture<'_, Result<u64, BooksError>> {
        let command = Command::Expire { at, awaits_until, of_all };
        Box::pin(async move { answer!(self, command, Answer::Ended(ended) => Ok(ended)) })
    }

    fn usage<'a>(&'a self, of: &'a [(Scope, u32)]) -> BoxFuture<'a, Result<Vec<Usage>, BooksError>> {
        let of = of.to_vec();
        Box::pin(async move { Ok(self.read("usage", move |conn| view::usage(conn, &of)).await?) })
    }

    fn standing(&self) -> BoxFuture<'_, Result<Standing, BooksError>> {
        Box::pin(async move { Ok(self.read("standing", view::standing).await?) })
    }

    fn create(&self, reservation: ReservationId) -> BoxFuture<'_, Result<Option<Create>, BooksError>> {
        Box::pin(async move { Ok(self.read("create", move |conn| view::create(conn, reservation)).await?) })
    }

    fn due(&self, now: Timestamp, limit: u32) -> BoxFuture<'_, Result<Due, BooksError>> {
        Box::pin(async move { Ok(self.read("due", move |conn| view::due(conn, now, limit)).await?) })
    }

    fn looked_after<'a>(
        &'a self,
        account: &'a AccountKey,
        objects: &'a [ObjectId],
    ) -> BoxFuture<'a, Result<Vec<DueObject>, BooksError>> {
        let (account, objects) = (account.clone(), objects.to_vec());
        Box::pin(async move {
            let of = self.read("looked_after", move |conn| view::looked_after(conn, &account, &objects));
            Ok(of.await?)
        })
    }

    fn looked(&self, looked: Vec<Looked>) -> BoxFuture<'_, Result<(), BooksError>> {
        let command = Command::Looked(looked);
        Box::pin(async move { answer!(self, command, Answer::Done => Ok(())) })
    }

    fn lose<'a>(
        &'a self,
        account: &'a AccountKey,
        object: ObjectId,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<bool, BooksError>> {
        let command = Command::Lose { account: account.clone(), object, at };
        Box::pin(async move { answer!(self, command, Answer::Ended(lost) => Ok(lost > 0)) })
    }

    fn tell_vanishing(&self, at: Timestamp, warn_until: Timestamp) -> BoxFuture<'_, Result<u64, BooksError>> {
        let command = Command::Vanishing { at, warn_until };
        Box::pin(async move { answer!(self, command, Answer::Ended(told) => Ok(told)) })
    }

    fn remember_cost<'a>(
        &'a self,
        account: &'a AccountKey,
        kind: &'a str,
        each_mc: u64,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<(), BooksError>> {
        let command = Command::Cost { account: account.clone(), kind: kind.to_owned(), each_mc, at };
        Box::pin(async move { answer!(self, command, Answer::Done => Ok(())) })
    }

    fn last_costs(&self) -> BoxFuture<'_, Result<Vec<LastCost>, BooksError>> {
        Box::pin(async move { Ok(self.read("last_costs", view::last_costs).await?) })
    }

    fn forget_keys(&self, at: Timestamp) -> BoxFuture<'_, Result<u64, BooksError>> {
        Box::pin(async move { answer!(self, Command::ForgetKeys(at), Answer::Ended(ended) => Ok(ended)) })
    }

    fn audit_ledger(&self) -> BoxFuture<'_, Result<Vec<String>, BooksError>> {
        Box::pin(
            async move { Ok(self.read("audit_ledger", |conn| Ok(check::ledger(conn)?.differences)).await?) },
        )
    }
}
