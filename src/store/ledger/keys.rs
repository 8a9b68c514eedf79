//! Idempotency keys: one row each, whose reservation says how far its create is.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::create::find_by_number;
use crate::clock::Timestamp;
use crate::idempotency::StoredReply;
use crate::quota::{Claim, CreateState, Opened};
use crate::store::command::{Answer, Outcome};
use crate::store::rows::{time_in, time_out};

/// What an owner's key leads to; `None`: it is free.
pub(super) fn find(
    conn: &Connection,
    owner: i64,
    claim: &Claim,
    now: Timestamp,
) -> Result<Option<Opened>, rusqlite::Error> {
    const FIND: &str = "SELECT fingerprint, reservation, status, is_problem, body, notes, expires_at_ms \
        FROM idempotency WHERE owner = ?1 AND route = ?2 AND key = ?3";
    let found = conn
        .prepare_cached(FIND)?
        .query_row(params![owner, claim.route, claim.key], |row| {
            let fingerprint: Vec<u8> = row.get(0)?;
            let status: Option<u16> = row.get(2)?;
            let reply = match status {
                Some(status) => {
                    let (body, notes): (Vec<u8>, String) = (row.get(4)?, row.get(5)?);
                    StoredReply::load(status, row.get(3)?, body.into(), &notes)
                }
                None => None,
            };
            Ok((fingerprint, row.get::<_, i64>(1)?, reply, time_out(row.get(6)?)))
        })
        .optional()?;
    let Some((fingerprint, reservation, reply, expires_at)) = found else { return Ok(None) };
    if reply.is_some() && expires_at <= now {
        const FORGET: &str = "DELETE FROM idempotency WHERE owner = ?1 AND route = ?2 AND key = ?3";
        conn.prepare_cached(FORGET)?.execute(params![owner, claim.route, claim.key])?;
        return Ok(None);
    }
    if fingerprint.as_slice() != claim.fingerprint.as_bytes() {
        return Ok(Some(Opened::OtherRequest));
    }
    if let Some(reply) = reply {
        return Ok(Some(Opened::Replay(reply)));
    }
    let Some(create) = find_by_number(conn, reservation)? else { return Ok(None) };
    Ok(Some(match create.state {
        CreateState::Open if create.lease_until > now => {
            Opened::InProgress { lease_until: create.lease_until }
        }
        _ => Opened::Unknown(create.id),
    }))
}

/// A key's create begins.
pub(super) fn claim(
    conn: &Connection,
    owner: i64,
    reservation: i64,
    claim: &Claim,
) -> Result<(), rusqlite::Error> {
    const CLAIM: &str = "INSERT INTO idempotency (owner, route, key, fingerprint, reservation, expires_at_ms) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    conn.prepare_cached(CLAIM)?.execute(params![
        owner,
        claim.route,
        claim.key,
        claim.fingerprint.as_bytes(),
        reservation,
        time_in(claim.expires_at),
    ])?;
    Ok(())
}

/// Whether a key waits for the reply of a create.
pub(super) fn waits(conn: &Connection, reservation: i64) -> Result<bool, rusqlite::Error> {
    const WAITS: &str = "SELECT EXISTS (SELECT 1 FROM idempotency WHERE reservation = ?1 AND status IS NULL)";
    conn.prepare_cached(WAITS)?.query_row([reservation], |row| row.get(0))
}

/// Keeps the reply of a create's key, if it has one and it is not known yet.
pub(super) fn answer(
    conn: &Connection,
    reservation: i64,
    reply: &StoredReply,
) -> Result<(), rusqlite::Error> {
    const ANSWER: &str = "UPDATE idempotency SET status = ?2, is_problem = ?3, body = ?4, notes = ?5 \
        WHERE reservation = ?1 AND status IS NULL";
    conn.prepare_cached(ANSWER)?.execute(params![
        reservation,
        reply.status,
        reply.is_problem,
        &*reply.body,
        reply.notes(),
    ])?;
    Ok(())
}

/// Nothing came of it: the key can be used again.
pub(super) fn free(conn: &Connection, reservation: i64) -> Result<(), rusqlite::Error> {
    const FREE: &str = "DELETE FROM idempotency WHERE reservation = ?1 AND status IS NULL";
    conn.prepare_cached(FREE)?.execute([reservation])?;
    Ok(())
}

/// Replies that were kept for long enough. A key whose outcome is not known stays.
pub(in crate::store) fn forget_keys(conn: &Connection, at: Timestamp) -> Outcome {
    const FORGET: &str = "DELETE FROM idempotency WHERE expires_at_ms <= ?1 AND status IS NOT NULL";
    let forgotten = conn.prepare_cached(FORGET)?.execute([time_in(at)])?;
    Ok(Ok(Answer::Ended(u64::try_from(forgotten).unwrap_or(u64::MAX))))
}
