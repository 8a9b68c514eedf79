//! Secrets that the gateway makes for itself, once.

use sqlx::{Row as _, SqliteConnection};

use crate::store::command::{Answer, Outcome};

pub(in crate::store) async fn key(conn: &mut SqliteConnection, name: &str) -> Outcome {
    let mut new = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut new).map_err(|_| sqlx::Error::Protocol("no random numbers".into()))?;
    let add = "INSERT INTO keys (name, bytes) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    sqlx::query(add).bind(name).bind(new.as_slice()).execute(&mut *conn).await?;
    let row = sqlx::query("SELECT bytes FROM keys WHERE name = $1").bind(name).fetch_one(conn).await?;
    let kept: &[u8] = row.try_get(0)?;
    let kept = kept.try_into().map_err(|_| sqlx::Error::Decode("a key of another length".into()))?;
    Ok(Ok(Answer::Key(kept)))
}
