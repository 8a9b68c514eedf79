//! Sums of the ledger's entries, for a part of all days or of all end users.

use rusqlite::{Connection, params};

use super::{amounts, columns, name};
use crate::people::{By, UsageRow, UsageSlice, Used};
use crate::quota::Measure;
use crate::store::rows::number_out;

/// The creates of some end users, from one on. Who used something on a day has a total of that day; who was forgotten has no
/// owner any more.
const THEIRS: &str = "WITH some (subject) AS (SELECT SUBSTR(scope, 3) FROM (SELECT DISTINCT scope FROM totals \
    WHERE scope > 'u:' || ?3 AND scope < 'u;' AND period BETWEEN ?1 AND ?2 ORDER BY scope LIMIT ?4)), \
    theirs (n, day, operation, subject, owner) AS (\
    SELECT r.n, r.day, r.operation, r.subject, r.owner FROM some CROSS JOIN owners AS o ON o.pseudonym = some.subject \
    CROSS JOIN reservations AS r ON r.owner = o.id AND r.day BETWEEN ?1 AND ?2 \
    UNION ALL \
    SELECT r.n, r.day, r.operation, r.subject, r.owner FROM some CROSS JOIN reservations AS r \
    ON r.owner IS NULL AND r.subject = some.subject AND r.day BETWEEN ?1 AND ?2),";

/// The statement of each of the eight ways in which usage is told. Told by end user it looks at some of them, which
/// indexes by owner and day find; told otherwise at some days, which an index by day finds.
pub(in crate::store) fn statement(by: By) -> String {
    let told = |is_told: bool, column: &'static str| if is_told { column } else { "NULL" };
    let (day, operation, subject) =
        (told(by.day, "c.day"), told(by.operation, "c.operation"), told(by.user, "c.subject"));
    let groups = [(by.user, "c.subject"), (by.day, "c.day"), (by.operation, "c.operation")];
    let groups: Vec<&str> =
        groups.into_iter().filter_map(|(is_told, column)| is_told.then_some(column)).collect();
    let owner = told(by.user, "MAX(c.owner)");
    let sums =
        [columns(|of| format!("SUM(e.used_{of})")), columns(|of| format!("SUM(e.held_{of})"))].join(", ");
    // Every statement takes the same values.
    let (with, creates, of_all) =
        if by.user { (THEIRS, "theirs", "") } else { ("WITH", "reservations", " AND ?3 = '' AND ?4 >= 0") };
    // Without a group there is one line, also of nothing.
    let group = if groups.is_empty() {
        "HAVING COUNT(c.n) > 0".into()
    } else {
        format!("GROUP BY {}", groups.join(", "))
    };
    let order = if groups.is_empty() {
        String::new()
    } else {
        format!("ORDER BY {}", groups.join(", ").replace("c.", "s."))
    };
    let amounts = [columns(|of| format!("s.used_{of}")), columns(|of| format!("s.held_{of}"))].join(", ");
    let named = [columns(|of| format!("used_{of}")), columns(|of| format!("held_{of}"))].join(", ");
    format!(
        "{with} sums (day, operation, subject, owner, creates, {named}) AS MATERIALIZED (\
         SELECT {day}, {operation}, {subject}, {owner}, COUNT(DISTINCT c.n), {sums} \
         FROM {creates} AS c LEFT JOIN entries AS e ON e.reservation = c.n \
         WHERE c.day BETWEEN ?1 AND ?2{of_all} {group}) \
         SELECT s.day, s.operation, s.subject, o.issuer, o.subject, s.creates, {amounts} \
         FROM sums AS s LEFT JOIN owners AS o ON o.id = s.owner {order}"
    )
}

pub(super) fn usage(conn: &Connection, slice: &UsageSlice) -> Result<Vec<UsageRow>, rusqlite::Error> {
    let mut find = conn.prepare_cached(&statement(slice.by))?;
    let found = find.query_map(params![slice.from, slice.to, slice.after, slice.people], |row| {
        let pseudonym: Option<String> = row.get(2)?;
        let id = name(row, 3)?;
        Ok(UsageRow {
            day: row.get(0)?,
            operation: row.get(1)?,
            person: pseudonym.map(|pseudonym| Used { pseudonym, id }),
            creates: number_out(row.get(5)?),
            used: amounts(row, 6)?,
            held: amounts(row, 6 + Measure::ALL.len())?,
        })
    })?;
    found.collect()
}
