//! The one task that writes: it takes what is queued, writes it in one transaction, and answers after the commit.
//!
//! So one wait for the disk serves all who ask at the same moment, and SQLite never sees two writers of ours. A command
//! that cannot be done undoes nothing of the others'.
//!
//! What it does *not* do: it never tries again. What failed is answered as failed, the connection is closed, and the
//! next batch begins with a new one.

use std::sync::Arc;

use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::command::{Answer, Command};
use super::connections::Connections;
use super::error::is_of_one_command;
use super::observer::Observer;
use crate::clock::Clock;
use crate::ownership::IndexError;

/// Commands in one commit: more would not be faster, and the first would wait for the last.
pub(super) const MAX_BATCH: usize = 128;

/// A command and who waits for it.
pub(super) struct Job {
    pub(super) command: Command,
    pub(super) reply: oneshot::Sender<Result<Answer, IndexError>>,
}

/// See the module.
pub(super) struct Writer {
    pub(super) queue: mpsc::Receiver<Job>,
    pub(super) connections: Connections,
    pub(super) closing: CancellationToken,
    pub(super) clock: Clock,
    pub(super) observer: Arc<dyn Observer>,
}

impl Writer {
    /// Runs until the store is closed or dropped, and what was queued by then is done.
    ///
    /// Not cancel safe: what is queued is not done then.
    pub(super) async fn run(mut self) {
        let mut jobs = Vec::with_capacity(MAX_BATCH);
        let mut is_closing = false;
        loop {
            let taken = tokio::select! {
                biased;
                taken = self.queue.recv_many(&mut jobs, MAX_BATCH) => taken,
                () = self.closing.cancelled(), if !is_closing => {
                    is_closing = true;
                    self.queue.close();
                    continue;
                }
            };
            if taken == 0 {
                break;
            }
            self.serve(&mut jobs).await;
        }
        self.checkpoint().await;
    }

    async fn serve(&self, jobs: &mut Vec<Job>) {
        jobs.retain(|job| !(job.command.needs_its_caller() && job.reply.is_closed()));
        if jobs.is_empty() {
            return;
        }
        let started = self.clock.monotonic();
        match self.write(jobs).await {
            Ok(answers) => {
                self.observer.committed(jobs.len(), self.clock.monotonic().saturating_sub(started));
                for (job, answer) in jobs.drain(..).zip(answers) {
                    let outcome = match answer {
                        Ok(_) => "done",
                        Err(IndexError::Unavailable) => "failed",
                        Err(IndexError::Conflict | IndexError::Erasing) => "refused",
                    };
                    self.observer.command(job.command.name(), outcome);
                    // Nobody may be waiting any more.
                    let _ = job.reply.send(answer);
                }
            }
            Err(error) => {
                tracing::error!(%error, commands = jobs.len(), "the store could not be written to");
                for job in jobs.drain(..) {
                    self.observer.command(job.command.name(), "failed");
                    let _ = job.reply.send(Err(IndexError::Unavailable));
                }
            }
        }
    }

    async fn write(&self, jobs: &[Job]) -> Result<Vec<Result<Answer, IndexError>>, sqlx::Error> {
        let mut lent = self.connections.lend().await?;
        let written = write_all(&mut lent, jobs).await;
        if written.is_err() {
            lent.discard();
        }
        written
    }

    async fn checkpoint(&self) {
        let Ok(mut lent) = self.connections.lend().await else { return };
        let Ok(connection) = lent.get() else { return };
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await {
            tracing::warn!(%error, "the store's log could not be folded in; the next start does it");
        }
    }
}

/// All of them in one transaction. Most batches need no more; one with a command that cannot be done is undone and
/// written again, each command then with a savepoint of its own: a savepoint costs as much as the command.
async fn write_all(
    lent: &mut super::connections::Lent,
    jobs: &[Job],
) -> Result<Vec<Result<Answer, IndexError>>, sqlx::Error> {
    // Immediate: a transaction that begins as a reader may fail at its first write without waiting.
    let mut batch = lent.get()?.begin_with(IMMEDIATE).await?;
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        match job.command.run(&mut batch).await {
            Ok(answer) => answers.push(answer),
            Err(error) if is_of_one_command(&error) => {
                batch.rollback().await?;
                return write_each(lent, jobs).await;
            }
            Err(error) => return Err(error),
        }
    }
    batch.commit().await?;
    Ok(answers)
}

async fn write_each(
    lent: &mut super::connections::Lent,
    jobs: &[Job],
) -> Result<Vec<Result<Answer, IndexError>>, sqlx::Error> {
    let mut batch = lent.get()?.begin_with(IMMEDIATE).await?;
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut step = batch.begin().await?;
        match job.command.run(&mut step).await {
            Ok(answer) => {
                step.commit().await?;
                answers.push(answer);
            }
            Err(error) if is_of_one_command(&error) => {
                step.rollback().await?;
                tracing::error!(%error, command = job.command.name(), "the store refused a command");
                answers.push(Err(IndexError::Unavailable));
            }
            Err(error) => return Err(error),
        }
    }
    batch.commit().await?;
    Ok(answers)
}

const IMMEDIATE: &str = "BEGIN IMMEDIATE";
