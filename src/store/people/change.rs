//! One change of the operator's: done and recorded in one transaction.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::people::{Change, Changed, Order, Standing};
use crate::store::command::{Answer, Outcome};
use crate::store::rows::{number_out, time_in};

pub(in crate::store) fn change(conn: &Connection, order: &Order) -> Outcome {
    let Order { who, at, person, pseudonym, reason, change } = order;
    let (pseudonym, at_ms) = (pseudonym.to_string(), time_in(*at));
    let known = "SELECT EXISTS (SELECT 1 FROM owners WHERE issuer = ?1 AND subject = ?2)";
    let was_known =
        conn.prepare_cached(known)?.query_row(params![person.issuer, person.subject], |row| row.get(0))?;
    // From here on they are found by their name, and what is recorded about them has one.
    let named = "INSERT INTO owners (issuer, subject, pseudonym) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (issuer, subject) DO UPDATE SET pseudonym = excluded.pseudonym";
    conn.prepare_cached(named)?.execute(params![person.issuer, person.subject, pseudonym])?;
    let before = standing(conn, &pseudonym, change)?;
    match change {
        Change::Plan(plan) => {
            let set = "INSERT INTO overrides (pseudonym, plan) VALUES (?1, ?2) \
                       ON CONFLICT (pseudonym) DO UPDATE SET plan = excluded.plan";
            conn.prepare_cached(set)?.execute(params![pseudonym, plan])?;
        }
        Change::Grant { of, per, period, amount } => {
            let add = "INSERT INTO grants (pseudonym, of, per, period, amount, at_ms) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let amount = i64::try_from(*amount).unwrap_or(i64::MAX);
            conn.prepare_cached(add)?.execute(params![
                pseudonym,
                of.name(),
                per.name(),
                period,
                amount,
                at_ms
            ])?;
        }
        Change::Block => {
            // Who is blocked again is so since the first time.
            let set = "INSERT INTO overrides (pseudonym, blocked_at_ms, block_reason) VALUES (?1, ?2, ?3) \
                       ON CONFLICT (pseudonym) DO UPDATE SET block_reason = excluded.block_reason, \
                       blocked_at_ms = COALESCE(blocked_at_ms, excluded.blocked_at_ms)";
            conn.prepare_cached(set)?.execute(params![pseudonym, at_ms, reason.as_str()])?;
        }
        Change::Unblock => {
            let set = "UPDATE overrides SET blocked_at_ms = NULL, block_reason = NULL WHERE pseudonym = ?1";
            conn.prepare_cached(set)?.execute([&pseudonym])?;
        }
    }
    let nothing_said =
        "DELETE FROM overrides WHERE pseudonym = ?1 AND plan IS NULL AND blocked_at_ms IS NULL";
    conn.prepare_cached(nothing_said)?.execute([&pseudonym])?;
    let raise = "INSERT INTO operator_revision (one, revision) VALUES (1, 1) \
                 ON CONFLICT (one) DO UPDATE SET revision = revision + 1";
    conn.prepare_cached(raise)?.execute([])?;
    let (was, is) = (change.shows(&before), change.shows(&change.apply(&before)));
    let record = "INSERT INTO operator_audit (at_ms, who, action, pseudonym, reason, before, after) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    conn.prepare_cached(record)?.execute(params![
        at_ms,
        who,
        change.action(),
        pseudonym,
        reason.as_str(),
        was,
        is
    ])?;
    Ok(Ok(Answer::Changed(Changed { before: was, after: is, was_known })))
}

fn standing(conn: &Connection, pseudonym: &str, change: &Change) -> Result<Standing, rusqlite::Error> {
    let find = "SELECT plan, blocked_at_ms IS NOT NULL FROM overrides WHERE pseudonym = ?1";
    let said = conn.prepare_cached(find)?.query_row([pseudonym], |row| Ok((row.get(0)?, row.get(1)?)));
    let (plan, is_blocked) = said.optional()?.unwrap_or_default();
    let granted = match change {
        Change::Grant { of, per, period, amount: _ } => {
            let sum = "SELECT COALESCE(SUM(amount), 0) FROM grants \
                       WHERE pseudonym = ?1 AND of = ?2 AND per = ?3 AND period = ?4";
            let sum = conn
                .prepare_cached(sum)?
                .query_row(params![pseudonym, of.name(), per.name(), period], |row| row.get(0))?;
            number_out(sum)
        }
        Change::Plan(_) | Change::Block | Change::Unblock => 0,
    };
    Ok(Standing { plan, is_blocked, granted })
}
