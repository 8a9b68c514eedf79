//! Which of several gateways on one database does what only one should do.
//!
//! A holder renews its lease while it works; when it is gone for longer than the lease runs, another takes over. All of
//! them read one machine's clock, so that nobody's lease ends for the others only.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::Store;
use super::command::{Answer, Command, Outcome};
use super::index::answer;
use super::rows::time_in;
use crate::clock::Timestamp;
use crate::ownership::IndexError;

/// Takes the lease if it is free, over, or the holder's own. Gives whether it is theirs now.
pub(super) fn hold(conn: &Connection, name: &str, holder: &str, at: Timestamp, until: Timestamp) -> Outcome {
    const HOLD: &str = "INSERT INTO leases (name, holder, until_ms) VALUES (?1, ?2, ?4) \
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms \
        WHERE leases.holder = excluded.holder OR leases.until_ms <= ?3";
    let held = conn.prepare_cached(HOLD)?.execute(params![name, holder, time_in(at), time_in(until)])?;
    Ok(Ok(Answer::Held(held == 1)))
}

pub(super) fn release(conn: &Connection, name: &str, holder: &str) -> Outcome {
    conn.prepare_cached("DELETE FROM leases WHERE name = ?1 AND holder = ?2")?.execute([name, holder])?;
    Ok(Ok(Answer::Done))
}

impl Store {
    /// Takes or renews a lease for `ttl` from now. `false`: another process has it.
    ///
    /// Cancel safe: it may be taken or not.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]: nobody knows whose it is; do nothing.
    pub async fn hold_lease(
        &self,
        name: &'static str,
        holder: &str,
        ttl: Duration,
    ) -> Result<bool, IndexError> {
        let at = self.clock.now();
        let command = Command::Hold { name, holder: holder.to_owned(), at, until: at.plus(ttl) };
        answer!(self, command, Answer::Held(is_held) => is_held)
    }

    /// Gives a lease back, so that another process need not wait for its end.
    ///
    /// Cancel safe: it may be given back or not.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]: its end comes by itself.
    pub async fn release_lease(&self, name: &'static str, holder: &str) -> Result<(), IndexError> {
        let command = Command::Release { name, holder: holder.to_owned() };
        answer!(self, command, Answer::Done => ())
    }
}
