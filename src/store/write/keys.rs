//! Secrets that the gateway makes for itself, once.

use rusqlite::{Connection, params};

use crate::store::command::{Answer, Outcome};

pub(in crate::store) fn key(conn: &Connection, name: &str) -> Outcome {
    let mut new = [0_u8; 32];
    let no_random = |_| rusqlite::Error::ToSqlConversionFailure("no random numbers".into());
    aws_lc_rs::rand::fill(&mut new).map_err(no_random)?;
    let add = "INSERT INTO keys (name, bytes) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
    conn.prepare_cached(add)?.execute(params![name, new])?;
    let mut find = conn.prepare_cached("SELECT bytes FROM keys WHERE name = ?1")?;
    Ok(Ok(Answer::Key(find.query_row([name], |row| row.get(0))?)))
}
