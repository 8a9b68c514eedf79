//! Whether the ledger agrees with itself: entries, what reservations hold, totals, and what objects were booked with.
//!
//! What it does *not* do: it mends nothing. What is wrong cannot be told from what is right by a rule.

use rusqlite::Connection;

use crate::quota::Measure;
use crate::store::rows::{number_out, text};

/// Differences of one kind that are told at most.
const MAX_TOLD: usize = 100;

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Size {
    pub(in crate::store) entries: u64,
    pub(in crate::store) reservations: u64,
    pub(in crate::store) totals: u64,
    pub(in crate::store) charges: u64,
}

/// The measures as columns, each by a text of it.
fn each(column: impl Fn(&str) -> String) -> String {
    Measure::ALL.map(|of| column(of.name())).join(", ")
}

/// The sums of an entry's column of these names, 0 without an entry.
fn sums(names: impl Fn(&str) -> String) -> String {
    each(|of| format!("COALESCE(SUM({}), 0)", names(of)))
}

pub(in crate::store) fn size(conn: &Connection) -> Result<Size, rusqlite::Error> {
    let count = |table: &str| {
        conn.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).map(number_out)
    };
    Ok(Size {
        entries: count("entries")?,
        reservations: count("reservations")?,
        totals: count("totals")?,
        charges: count("charges")?,
    })
}

/// What differs of the creates that have no end yet: each holds what its entries say, and no total knows of less. Costs
/// what these creates are, however long the ledger is.
pub(in crate::store) fn holds(conn: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    let held = each(|of| format!("held_{of}"));
    let own = format!(
        "SELECT id FROM reservations INDEXED BY reservations_due WHERE look_at_ms IS NOT NULL AND day > 0 \
         AND ({held}) <> (SELECT {} FROM entries WHERE entries.reservation = reservations.n)",
        sums(|of| format!("held_{of}"))
    );
    let mut wrong = told(conn, &own, holds_otherwise)?;
    let less = Measure::ALL.map(|of| format!("COALESCE(totals.held_{0}, 0) < sums.held_{0}", of.name()));
    let of_totals = format!(
        "WITH unended AS (SELECT day, scopes, {held} FROM reservations INDEXED BY reservations_due \
         WHERE look_at_ms IS NOT NULL AND day > 0), \
         placed AS (SELECT named.value AS scope, unended.* FROM unended, json_each(unended.scopes) AS named), \
         periods AS (SELECT scope, day AS period, {held} FROM placed UNION ALL SELECT scope, day / 100, {held} \
         FROM placed UNION ALL SELECT scope, 0, {held} FROM placed), \
         sums AS (SELECT scope, period, {} FROM periods GROUP BY scope, period) \
         SELECT CAST(sums.period AS TEXT) FROM sums LEFT JOIN totals \
         ON totals.scope = sums.scope AND totals.period = sums.period WHERE {}",
        each(|of| format!("SUM(held_{of}) AS held_{of}")),
        less.join(" OR ")
    );
    let less = |period: &str| format!("a total of period {period} knows of less than is held in it");
    wrong.extend(told(conn, &of_totals, less)?);
    Ok(wrong)
}

/// Totals that are not the sums of their entries, and holds that are not.
fn totals(conn: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    let both = |column: &dyn Fn(&str) -> String| {
        format!("{}, {}", each(|of| column(&format!("held_{of}"))), each(|of| column(&format!("used_{of}"))))
    };
    let columns = both(&str::to_owned);
    // Creates that count in the same places are added up first: all entries three times in each scope would be many.
    // Then each total without its entries must be nothing.
    let of_totals = format!(
        "WITH days AS (SELECT scopes, day, {} FROM reservations JOIN entries \
         ON entries.reservation = reservations.n WHERE day > 0 GROUP BY scopes, day), \
         placed AS (SELECT named.value AS scope, days.* FROM days, json_each(days.scopes) AS named), \
         rest AS (SELECT scope, period, {columns} FROM totals \
         UNION ALL SELECT scope, day, {minus} FROM placed UNION ALL SELECT scope, day / 100, {minus} FROM placed \
         UNION ALL SELECT scope, 0, {minus} FROM placed) \
         SELECT CAST(period AS TEXT) FROM rest GROUP BY scope, period HAVING {}",
        both(&|column| format!("SUM(entries.{column}) AS {column}")),
        both(&|column| format!("SUM({column}) <> 0")).replace(", ", " OR "),
        minus = both(&|column| format!("-{column}")),
    );
    let sentence =
        |period: &str| format!("the total of period {period} in one scope is not the sum of its entries");
    let mut wrong = told(conn, &of_totals, sentence)?;
    let holds = format!(
        "SELECT id FROM reservations WHERE day > 0 AND ({}) <> (SELECT {} FROM entries \
         WHERE entries.reservation = reservations.n)",
        each(|of| format!("held_{of}")),
        sums(|of| format!("held_{of}"))
    );
    wrong.extend(told(conn, &holds, holds_otherwise)?);
    Ok(wrong)
}

fn holds_otherwise(id: &str) -> String {
    format!("reservation {id} holds something else than its entries say")
}

/// Everything that differs, in the whole ledger.
pub(in crate::store) fn differences(conn: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    let mut wrong = totals(conn)?;
    let nobody_looks = format!(
        "SELECT id FROM reservations WHERE look_at_ms IS NULL AND ({}) <> (0, 0, 0, 0, 0, 0)",
        each(|of| format!("held_{of}"))
    );
    let text = |id: &str| format!("reservation {id} holds something, and nobody will look for its end");
    wrong.extend(told(conn, &nobody_looks, text)?);
    let moved = "SELECT r.id FROM moves AS m JOIN reservations AS r INDEXED BY reservations_moved ON r.moved_by = m.id \
        WHERE r.subject <> m.end_user OR INSTR(r.scopes, m.guest) > 0 OR INSTR(r.scopes, '\"u:' || m.end_user || '\"') = 0";
    let text = |id: &str| format!("reservation {id} counts for somebody else than it was moved to");
    wrong.extend(told(conn, moved, text)?);
    let booked = "SELECT charges.kind || ' ' || charges.id FROM charges \
        JOIN reservations ON reservations.n = charges.reservation WHERE day > 0 AND (images, videos, cost_mc) <> \
        (SELECT COALESCE(SUM(used_images), 0), COALESCE(SUM(used_videos), 0), COALESCE(SUM(used_cost_mc), 0) \
        FROM entries WHERE entries.reservation = charges.reservation AND object_kind = charges.kind \
        AND object_id = charges.id)";
    let text = |object: &str| format!("{object} was booked with something else than its entries say");
    wrong.extend(told(conn, booked, text)?);
    Ok(wrong)
}

/// One sentence a row.
fn told(
    conn: &Connection,
    question: &str,
    sentence: impl Fn(&str) -> String,
) -> Result<Vec<String>, rusqlite::Error> {
    let mut ask = conn.prepare(question)?;
    let mut rows = ask.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        if all.len() == MAX_TOLD {
            all.push("and more of these".to_owned());
            break;
        }
        all.push(sentence(text(row, 0)?));
    }
    Ok(all)
}
