//! [`Sessions`] by way of the writer and the readers.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::Store;
use super::command::{Answer, Command, Outcome};
use super::index::answer;
use super::rows::{number_out, time_in, time_out};
use super::write::people::{find_owner, owner};
use crate::clock::Timestamp;
use crate::ownership::IndexError;
use crate::principal::EndUserId;
use crate::sessions::{
    Ended, Found, Grant, NewCookie, NewSession, Refreshed, Session, SessionName, Sessions, SessionsError,
};

/// Rows that one command takes out: what others write waits for it.
const MAX_FORGOTTEN: u32 = 1000;

/// A change of sessions.
pub(super) enum Change {
    Begin(Box<NewSession>),
    Touch(SessionName, Timestamp),
    Confirm([u8; 32], Timestamp),
    Renew(NewCookie),
    End(Ended, Timestamp),
    ClaimRefresh(SessionName, Timestamp, Timestamp),
    Refreshed(Refreshed),
    Forget(Timestamp),
}

/// What came of it.
pub(super) enum Told {
    Done,
    Count(u64),
    Grant(Option<Grant>),
}

impl Change {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Begin(_) => "begin_session",
            Self::Touch(..) => "touch_session",
            Self::Confirm(..) => "confirm_session",
            Self::Renew(_) => "renew_session",
            Self::End(..) => "end_sessions",
            Self::ClaimRefresh(..) => "claim_refresh",
            Self::Refreshed(_) => "refreshed",
            Self::Forget(_) => "forget_sessions",
        }
    }

    pub(super) fn run(&self, conn: &Connection) -> Outcome {
        let told = match self {
            Self::Begin(new) => begin(conn, new)?,
            Self::Touch(name, at) => {
                const TOUCH: &str =
                    "UPDATE sessions SET last_used_at_ms = MAX(last_used_at_ms, ?2) WHERE name = ?1";
                conn.prepare_cached(TOUCH)?.execute(params![name, time_in(*at)])?;
                Told::Done
            }
            Self::Confirm(hash, others_end_at) => confirm(conn, hash, *others_end_at)?,
            Self::Renew(cookie) => renew(conn, cookie)?,
            Self::End(which, at) => Told::Count(end(conn, which, *at)?),
            Self::ClaimRefresh(name, at, until) => Told::Grant(claim_refresh(conn, name, *at, *until)?),
            Self::Refreshed(refreshed) => note_refreshed(conn, refreshed)?,
            Self::Forget(before) => {
                const FORGET: &str = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions \
                    WHERE expires_at_ms < ?1 OR ended_at_ms < ?1 LIMIT ?2)";
                let forgotten =
                    conn.prepare_cached(FORGET)?.execute(params![time_in(*before), MAX_FORGOTTEN])?;
                Told::Count(forgotten as u64)
            }
        };
        Ok(Ok(Answer::Sessions(told)))
    }
}

/// The next revision.
fn revised(conn: &Connection) -> Result<i64, rusqlite::Error> {
    const NEXT: &str = "UPDATE session_changes SET last = last + 1 WHERE id = 1 RETURNING last";
    conn.prepare_cached(NEXT)?.query_row([], |row| row.get(0))
}

fn begin(conn: &Connection, new: &NewSession) -> Result<Told, rusqlite::Error> {
    let NewSession { session, provider_session, hash, key_sealed, replaces, max_each } = new;
    if let Some(before) = replaces {
        const END: &str = "UPDATE sessions SET ended_at_ms = ?2, grant_sealed = NULL, revision = ?3 \
            WHERE id = (SELECT session FROM session_ids WHERE hash = ?1) AND ended_at_ms IS NULL";
        let revision = revised(conn)?;
        conn.prepare_cached(END)?.execute(params![before, time_in(session.created_at), revision])?;
    }
    // Who became somebody else has no sessions; end users do not.
    let Some(owner) = owner(conn, &session.end_user)?.map(|owner| owner.id) else { return Ok(Told::Done) };
    const BEGIN: &str = "INSERT INTO sessions (name, owner, plan, tenant, cookie_plan, cookie_at_ms, device, \
        created_at_ms, last_used_at_ms, expires_at_ms, provider, provider_session, grant_sealed, refresh_at_ms, \
        revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6, ?6, ?8, ?9, ?10, ?11, ?12, ?13) RETURNING id";
    let revision = revised(conn)?;
    let id: i64 = conn.prepare_cached(BEGIN)?.query_row(
        params![
            session.name,
            owner,
            session.claimed_plan,
            session.tenant,
            session.cookie_plan,
            time_in(session.created_at),
            session.device,
            time_in(session.expires_at),
            session.provider,
            provider_session,
            session.grant.as_ref().map(|grant| &grant.sealed),
            session.grant.as_ref().and_then(|grant| grant.refresh_at).map(time_in),
            revision,
        ],
        |row| row.get(0),
    )?;
    const ID: &str =
        "INSERT INTO session_ids (hash, session, is_confirmed, key_sealed) VALUES (?1, ?2, 1, ?3)";
    conn.prepare_cached(ID)?.execute(params![hash, id, key_sealed])?;
    const BOUND: &str = "UPDATE sessions SET ended_at_ms = ?3, grant_sealed = NULL, revision = ?4 WHERE id IN \
        (SELECT id FROM sessions WHERE owner = ?1 AND ended_at_ms IS NULL AND id <> ?5 \
        ORDER BY last_used_at_ms DESC LIMIT -1 OFFSET ?2)";
    let others = max_each.saturating_sub(1);
    conn.prepare_cached(BOUND)?.execute(params![owner, others, time_in(session.created_at), revision, id])?;
    Ok(Told::Done)
}

fn confirm(conn: &Connection, hash: &[u8; 32], others_end_at: Timestamp) -> Result<Told, rusqlite::Error> {
    const CONFIRM: &str =
        "UPDATE session_ids SET is_confirmed = 1 WHERE hash = ?1 AND is_confirmed = 0 RETURNING session";
    let session: Option<i64> =
        conn.prepare_cached(CONFIRM)?.query_row([hash], |row| row.get(0)).optional()?;
    if let Some(session) = session {
        const OTHERS: &str = "UPDATE session_ids SET ends_at_ms = MIN(COALESCE(ends_at_ms, ?3), ?3) \
            WHERE session = ?1 AND hash <> ?2";
        conn.prepare_cached(OTHERS)?.execute(params![session, hash, time_in(others_end_at)])?;
        let revision = revised(conn)?;
        conn.prepare_cached("UPDATE sessions SET revision = ?2 WHERE id = ?1")?
            .execute([session, revision])?;
    }
    Ok(Told::Done)
}

fn renew(conn: &Connection, cookie: &NewCookie) -> Result<Told, rusqlite::Error> {
    const TAKE: &str = "UPDATE sessions SET cookie_plan = ?2, cookie_at_ms = ?3, revision = ?5 \
        WHERE name = ?1 AND ended_at_ms IS NULL AND cookie_at_ms <= ?4 RETURNING id";
    let revision = revised(conn)?;
    let taken: Option<i64> = conn
        .prepare_cached(TAKE)?
        .query_row(
            params![cookie.name, cookie.plan, time_in(cookie.at), time_in(cookie.unless_since), revision],
            |row| row.get(0),
        )
        .optional()?;
    let Some(session) = taken else { return Ok(Told::Count(0)) };
    // An id that no browser has shown was lost on its way.
    conn.prepare_cached("DELETE FROM session_ids WHERE session = ?1 AND is_confirmed = 0")?
        .execute([session])?;
    const ADD: &str =
        "INSERT INTO session_ids (hash, session, is_confirmed, key_sealed) VALUES (?1, ?2, 0, ?3)";
    conn.prepare_cached(ADD)?.execute(params![cookie.hash, session, cookie.key_sealed])?;
    Ok(Told::Count(1))
}

fn end(conn: &Connection, which: &Ended, at: Timestamp) -> Result<u64, rusqlite::Error> {
    // What is sealed is not needed any more.
    const END: &str = "UPDATE sessions SET ended_at_ms = ?1, grant_sealed = NULL, revision = ?2 \
        WHERE ended_at_ms IS NULL AND ";
    let (at, revision) = (time_in(at), revised(conn)?);
    let owner_of = |who: &EndUserId| find_owner(conn, who).map(|owner| owner.map(|owner| owner.id));
    let ended = match which {
        Ended::One(who, name) => {
            let Some(owner) = owner_of(who)? else { return Ok(0) };
            conn.prepare_cached(&format!("{END} owner = ?3 AND name = ?4"))?
                .execute(params![at, revision, owner, name])?
        }
        Ended::AllOf(who) => {
            let Some(owner) = owner_of(who)? else { return Ok(0) };
            conn.prepare_cached(&format!("{END} owner = ?3"))?.execute(params![at, revision, owner])?
        }
        Ended::OfProvider { provider, end_user, session } => {
            let owner = match end_user {
                Some(who) => match owner_of(who)? {
                    Some(owner) => Some(owner),
                    None => return Ok(0),
                },
                None => None,
            };
            let of_them = "provider = ?3 AND (?4 IS NULL OR owner = ?4) AND (?5 IS NULL OR provider_session = ?5) \
                AND (?4 IS NOT NULL OR ?5 IS NOT NULL)";
            conn.prepare_cached(&format!("{END} {of_them}"))?
                .execute(params![at, revision, provider, owner, session])?
        }
    };
    Ok(ended as u64)
}

fn claim_refresh(
    conn: &Connection,
    name: &SessionName,
    at: Timestamp,
    until: Timestamp,
) -> Result<Option<Grant>, rusqlite::Error> {
    const CLAIM: &str = "UPDATE sessions SET refreshing_until_ms = ?3 WHERE name = ?1 AND ended_at_ms IS NULL \
        AND grant_sealed IS NOT NULL AND (refreshing_until_ms IS NULL OR refreshing_until_ms <= ?2) \
        RETURNING grant_sealed, refresh_at_ms, unrefreshed_since_ms";
    let claimed = conn
        .prepare_cached(CLAIM)?
        .query_row(params![name, time_in(at), time_in(until)], |row| grant(row, 0));
    Ok(claimed.optional()?.flatten())
}

fn note_refreshed(conn: &Connection, refreshed: &Refreshed) -> Result<Told, rusqlite::Error> {
    let Refreshed { name, grant, claims } = refreshed;
    let (has_claims, plan, tenant) = match claims {
        Some((plan, tenant)) => (true, plan.as_deref(), tenant.as_deref()),
        None => (false, None, None),
    };
    const NOTE: &str = "UPDATE sessions SET grant_sealed = ?2, refresh_at_ms = ?3, unrefreshed_since_ms = ?4, \
        refreshing_until_ms = NULL, revision = ?5, plan = CASE WHEN ?6 THEN ?7 ELSE plan END, \
        tenant = CASE WHEN ?6 THEN ?8 ELSE tenant END WHERE name = ?1 AND ended_at_ms IS NULL";
    let revision = revised(conn)?;
    conn.prepare_cached(NOTE)?.execute(params![
        name,
        grant.sealed,
        grant.refresh_at.map(time_in),
        grant.unrefreshed_since.map(time_in),
        revision,
        has_claims,
        plan,
        tenant,
    ])?;
    Ok(Told::Done)
}

const COLUMNS: &str = "name, issuer, subject, plan, tenant, cookie_plan, cookie_at_ms, device, created_at_ms, \
    last_used_at_ms, expires_at_ms, provider, grant_sealed, refresh_at_ms, unrefreshed_since_ms";

fn session(row: &Row<'_>) -> Result<Session, rusqlite::Error> {
    let shared =
        |column: usize| row.get::<_, Option<Box<str>>>(column).map(|text| text.map(Arc::<str>::from));
    let text = |column: usize| row.get::<_, Box<str>>(column).map(Arc::<str>::from);
    let time = |column: usize| row.get(column).map(time_out);
    Ok(Session::new(
        text(0)?,
        EndUserId { issuer: text(1)?, subject: text(2)? },
        (shared(3)?, shared(4)?),
        (text(5)?, time(6)?),
        row.get(7)?,
        (time(8)?, time(9)?, time(10)?),
        shared(11)?,
        grant(row, 12)?,
    ))
}

fn grant(row: &Row<'_>, first: usize) -> Result<Option<Grant>, rusqlite::Error> {
    let sealed: Option<Vec<u8>> = row.get(first)?;
    let time = |column: usize| row.get::<_, Option<i64>>(column).map(|ms| ms.map(time_out));
    let (refresh_at, unrefreshed_since) = (time(first + 1)?, time(first + 2)?);
    Ok(sealed.map(|sealed| Grant { sealed, refresh_at, unrefreshed_since }))
}

fn find(conn: &Connection, hash: [u8; 32]) -> Result<(Option<Found>, u64), rusqlite::Error> {
    // Before what it counts: what is changed meanwhile is heard of later.
    let revision = revision(conn)?;
    let look = format!(
        "SELECT {COLUMNS}, is_confirmed, ends_at_ms, key_sealed, \
         EXISTS (SELECT 1 FROM session_ids AS other WHERE other.session = sessions.id AND other.is_confirmed = 0) \
         FROM session_ids \
         JOIN sessions ON sessions.id = session_ids.session JOIN owners ON owners.id = sessions.owner \
         WHERE hash = ?1 AND ended_at_ms IS NULL"
    );
    let found = conn.prepare_cached(&look)?.query_row([hash], |row| {
        Ok(Found {
            hash,
            session: Arc::new(session(row)?),
            is_confirmed: row.get(15)?,
            ends_at: row.get::<_, Option<i64>>(16)?.map(time_out),
            key_sealed: row.get(17)?,
            is_being_renewed: row.get(18)?,
        })
    });
    Ok((found.optional()?, revision))
}

fn revision(conn: &Connection) -> Result<u64, rusqlite::Error> {
    conn.prepare_cached("SELECT last FROM session_changes WHERE id = 1")?
        .query_row([], |row| row.get(0).map(number_out))
}

fn changed(conn: &Connection, since: u64) -> Result<(u64, Vec<SessionName>), rusqlite::Error> {
    let now = revision(conn)?;
    if now == since {
        return Ok((now, Vec::new()));
    }
    let mut changed = conn.prepare_cached("SELECT name FROM sessions WHERE revision > ?1")?;
    let names = changed.query_map([i64::try_from(since).unwrap_or(i64::MAX)], |row| {
        row.get::<_, Box<str>>(0).map(Arc::<str>::from)
    })?;
    Ok((now, names.collect::<Result<_, _>>()?))
}

fn list(conn: &Connection, who: &EndUserId) -> Result<Vec<Session>, rusqlite::Error> {
    let look = format!(
        "SELECT {COLUMNS} FROM sessions JOIN owners ON owners.id = sessions.owner \
         WHERE issuer = ?1 AND subject = ?2 AND ended_at_ms IS NULL ORDER BY last_used_at_ms DESC"
    );
    let mut look = conn.prepare_cached(&look)?;
    let sessions = look.query_map(params![who.issuer, who.subject], session)?;
    sessions.collect()
}

impl Store {
    async fn change_sessions(&self, change: Change) -> Result<Told, IndexError> {
        answer!(self, Command::Sessions(Box::new(change)), Answer::Sessions(told) => told)
    }

    /// Has a change done whose answer says nothing, or how many.
    async fn count_sessions(&self, change: Change) -> Result<u64, SessionsError> {
        match told(self.change_sessions(change).await)? {
            Told::Count(count) => Ok(count),
            Told::Done => Ok(0),
            Told::Grant(_) => Err(SessionsError::Unavailable),
        }
    }
}

/// These commands and look-ups are refused for no other reason.
fn told<T>(done: Result<T, IndexError>) -> Result<T, SessionsError> {
    done.map_err(|_| SessionsError::Unavailable)
}

impl Sessions for Store {
    fn begin(&self, new: NewSession) -> BoxFuture<'_, Result<(), SessionsError>> {
        Box::pin(async move { self.count_sessions(Change::Begin(Box::new(new))).await.map(drop) })
    }

    fn find(&self, hash: [u8; 32]) -> BoxFuture<'_, Result<(Option<Found>, u64), SessionsError>> {
        Box::pin(async move { told(self.read("session", move |conn| find(conn, hash)).await) })
    }

    fn changed(&self, since: u64) -> BoxFuture<'_, Result<(u64, Vec<SessionName>), SessionsError>> {
        Box::pin(async move { told(self.read("session_changes", move |conn| changed(conn, since)).await) })
    }

    fn list<'a>(&'a self, owner: &'a EndUserId) -> BoxFuture<'a, Result<Vec<Session>, SessionsError>> {
        let owner = owner.clone();
        Box::pin(async move { told(self.read("sessions", move |conn| list(conn, &owner)).await) })
    }

    fn touch(&self, name: SessionName, at: Timestamp) -> BoxFuture<'_, Result<(), SessionsError>> {
        Box::pin(async move { self.count_sessions(Change::Touch(name, at)).await.map(drop) })
    }

    fn confirm(&self, hash: [u8; 32], others_end_at: Timestamp) -> BoxFuture<'_, Result<(), SessionsError>> {
        Box::pin(async move { self.count_sessions(Change::Confirm(hash, others_end_at)).await.map(drop) })
    }

    fn renew(&self, cookie: NewCookie) -> BoxFuture<'_, Result<bool, SessionsError>> {
        Box::pin(async move { Ok(self.count_sessions(Change::Renew(cookie)).await? > 0) })
    }

    fn end(&self, which: Ended, at: Timestamp) -> BoxFuture<'_, Result<u64, SessionsError>> {
        Box::pin(self.count_sessions(Change::End(which, at)))
    }

    fn claim_refresh(
        &self,
        name: SessionName,
        at: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<Option<Grant>, SessionsError>> {
        Box::pin(async move {
            match told(self.change_sessions(Change::ClaimRefresh(name, at, until)).await)? {
                Told::Grant(grant) => Ok(grant),
                Told::Done | Told::Count(_) => Err(SessionsError::Unavailable),
            }
        })
    }

    fn refreshed(&self, refreshed: Refreshed) -> BoxFuture<'_, Result<(), SessionsError>> {
        Box::pin(async move { self.count_sessions(Change::Refreshed(refreshed)).await.map(drop) })
    }

    fn forget(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, SessionsError>> {
        Box::pin(self.count_sessions(Change::Forget(before)))
    }
}
