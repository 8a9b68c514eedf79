//! The one thread that writes: it takes what is queued, writes it in one transaction, and answers after the commit.
//!
//! So one wait for the disk serves all who ask at the same moment, and SQLite never sees two writers of ours. It owns
//! its connection and calls SQLite directly: a command of ten statements is ten function calls. A command that cannot
//! be done undoes nothing of the others'.
//!
//! Commands in company wait a moment for more of it before they are committed ([`Writer::commit_delay`]), because a commit
//! costs the processor as much as several of them. Whoever writes alone does not wait.
//!
//! What it does *not* do: it never tries again. What failed is answered as failed, the connection is closed, and the
//! next batch begins with a new one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot, watch};

use super::command::{Answer, Command};
use super::error::is_of_one_command;
use super::events;
use super::ledger::Totals;
use super::observer::Observer;
use super::open::{Opening, Place};
use super::readers::{Afterwards, Lookup};
use crate::clock::Clock;
use crate::ownership::IndexError;

/// Commands in one commit: more would not be faster, and the first would wait for the last.
pub(super) const MAX_BATCH: usize = 128;

/// So many commands in this commit, or in the last one, mean that more are on their way.
const COMPANY: usize = 4;

/// What the writer is given.
pub(super) enum Job {
    /// Written with others.
    Write(Write),
    /// Done between two batches: a database in memory has one connection for all.
    Look(Lookup),
}

/// A command and who waits for it.
pub(super) struct Write {
    pub(super) command: Command,
    pub(super) reply: oneshot::Sender<Result<Answer, IndexError>>,
}

/// See the module.
pub(super) struct Writer {
    pub(super) queue: mpsc::Receiver<Job>,
    pub(super) opening: Opening,
    /// How long commands in company wait for more of it; zero: not at all.
    pub(super) commit_delay: Duration,
    /// `None` after a failure, until the next batch.
    pub(super) connection: Option<Connection>,
    pub(super) clock: Clock,
    pub(super) observer: Arc<dyn Observer>,
    /// Told of each last event that was committed.
    pub(super) news: watch::Sender<u64>,
}

impl Writer {
    /// Runs until the store is closed or dropped, and what was queued by then is done.
    pub(super) fn run(mut self) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        let mut last = 0;
        while let Some(first) = self.queue.blocking_recv() {
            self.gather(first, &mut batch);
            let is_in_company = batch.len().max(last) >= COMPANY && batch.len() < MAX_BATCH;
            if is_in_company && !self.commit_delay.is_zero() {
                pause(self.commit_delay);
                if let Ok(more) = self.queue.try_recv() {
                    self.gather(more, &mut batch);
                }
            }
            last = batch.len();
            self.serve(&mut batch);
        }
        self.checkpoint();
    }

    /// Takes what waits, as far as there is room in the batch.
    fn gather(&mut self, first: Job, batch: &mut Vec<Write>) {
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Write(write) => batch.push(write),
                Job::Look(lookup) => {
                    // It sees what was queued before it.
                    self.serve(batch);
                    self.look(lookup);
                }
            }
            next = if batch.len() < MAX_BATCH { self.queue.try_recv().ok() } else { None };
        }
    }

    fn serve(&mut self, batch: &mut Vec<Write>) {
        batch.retain(|write| !(write.command.needs_its_caller() && write.reply.is_closed()));
        if batch.is_empty() {
            return;
        }
        let started = self.clock.monotonic();
        if let Some(answers) = self.write(batch) {
            self.observer.committed(batch.len(), self.clock.monotonic().saturating_sub(started));
            self.tell_news();
            for (write, answer) in batch.drain(..).zip(answers) {
                let outcome = match answer {
                    Ok(_) => "done",
                    Err(IndexError::Unavailable) => "failed",
                    Err(IndexError::Conflict | IndexError::Erasing) => "refused",
                };
                self.observer.command(write.command.name(), outcome);
                // Nobody may be waiting any more.
                let _ = write.reply.send(answer);
            }
        } else {
            for write in batch.drain(..) {
                self.observer.command(write.command.name(), "failed");
                let _ = write.reply.send(Err(IndexError::Unavailable));
            }
        }
    }

    /// `None`: nothing was written. Why is in the log.
    fn write(&mut self, batch: &[Write]) -> Option<Vec<Result<Answer, IndexError>>> {
        // A transaction that is left by a panic is rolled back on the way, so nothing half is seen.
        let written = catch_unwind(AssertUnwindSafe(|| -> Result<_, rusqlite::Error> {
            let connection = self.connection()?;
            match write_all(connection, batch, Form::Together)? {
                Some(answers) => Ok(answers),
                None => Ok(write_all(connection, batch, Form::Apart)?.unwrap_or_default()),
            }
        }));
        match written {
            Ok(Ok(answers)) => return Some(answers),
            Ok(Err(error)) => {
                tracing::error!(%error, commands = batch.len(), "the store could not be written to");
            }
            Err(_) => tracing::error!(commands = batch.len(), "the store's writer panicked; it goes on"),
        }
        self.discard();
        None
    }

    /// Whoever waits for events looks for them.
    fn tell_news(&self) {
        let Some(Ok(last)) = self.connection.as_ref().map(events::last) else { return };
        self.news.send_if_modified(|news| std::mem::replace(news, last) != last);
    }

    fn look(&mut self, lookup: Lookup) {
        let looked =
            catch_unwind(AssertUnwindSafe(|| self.connection().map(|connection| lookup(connection))));
        match looked {
            Ok(Ok(Afterwards::Keep)) => {}
            Ok(Ok(Afterwards::Discard)) => self.discard(),
            Ok(Err(error)) => tracing::error!(%error, "the store cannot be opened for a look-up"),
            Err(_) => {
                tracing::error!("a look-up in the store panicked");
                self.discard();
            }
        }
    }

    fn connection(&mut self) -> Result<&mut Connection, rusqlite::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.opening.writing()?,
        };
        Ok(self.connection.insert(connection))
    }

    /// The next batch opens it anew. What is in memory would be lost with it.
    fn discard(&mut self) {
        if self.opening.place != Place::Memory {
            self.connection = None;
        }
    }

    fn checkpoint(&mut self) {
        let Some(connection) = &self.connection else { return };
        if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the store's log could not be folded in; the next start does it");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this thread is the writer's own: no task waits on it")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// How the commands of a batch are kept from each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Not at all. Most batches need no more.
    Together,
    /// Each with a savepoint of its own, which costs as much as the command.
    Apart,
}

/// All of them in one transaction. `None`: one cannot be done, and together all are undone.
fn write_all(
    connection: &mut Connection,
    batch: &[Write],
    form: Form,
) -> Result<Option<Vec<Result<Answer, IndexError>>>, rusqlite::Error> {
    // Immediate: a transaction that begins as a reader may fail at its first write without waiting.
    let mut whole = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (mut answers, mut totals) = (Vec::with_capacity(batch.len()), Totals::default());
    for write in batch {
        let outcome = match form {
            Form::Together => write.command.run(&whole, &mut totals),
            Form::Apart => {
                let step = whole.savepoint()?;
                let mut totals = Totals::default();
                let outcome = write.command.run(&step, &mut totals);
                let outcome = outcome.and_then(|answer| totals.write(&step).map(|()| answer));
                match &outcome {
                    Ok(_) => step.commit()?,
                    Err(error) if is_of_one_command(error) => step.finish()?,
                    // All of the batch is.
                    Err(_) => {}
                }
                outcome
            }
        };
        match outcome {
            Ok(answer) => answers.push(answer),
            Err(error) if !is_of_one_command(&error) => return Err(error),
            Err(_) if form == Form::Together => {
                whole.rollback()?;
                return Ok(None);
            }
            Err(error) => {
                tracing::error!(%error, command = write.command.name(), "the store refused a command");
                answers.push(Err(IndexError::Unavailable));
            }
        }
    }
    match totals.write(&whole) {
        Ok(()) => {}
        Err(error) if is_of_one_command(&error) => {
            whole.rollback()?;
            return Ok(None);
        }
        Err(error) => return Err(error),
    }
    whole.commit()?;
    Ok(Some(answers))
}
