//! Small notes on one object. An object that is not recorded is left alone.

use sqlx::SqliteConnection;

use crate::clock::Timestamp;
use crate::ids::TuneId;
use crate::ownership::{AccountKey, ObjectId, ObjectKind};
use crate::store::command::{Answer, Outcome};
use crate::store::rows::{id_in, time_in};

pub(in crate::store) async fn swept(
    conn: &mut SqliteConnection,
    account: &AccountKey,
    tune: TuneId,
    at: Timestamp,
    is_done: bool,
) -> Outcome {
    let Some(id) = id_in(tune.get()) else { return Ok(Ok(Answer::Done)) };
    let note = "UPDATE objects SET swept_at_ms = $3, \
                awaits_until_ms = CASE WHEN $4 THEN NULL ELSE awaits_until_ms END \
                WHERE id = $2 AND kind = 'tune' AND account = $1";
    let note = sqlx::query(note).bind(account.as_str()).bind(id).bind(time_in(at)).bind(is_done);
    note.execute(conn).await?;
    Ok(Ok(Answer::Done))
}

pub(in crate::store) async fn doubt(
    conn: &mut SqliteConnection,
    account: &AccountKey,
    object: ObjectId,
) -> Outcome {
    let note = "UPDATE objects SET seen_at_ms = NULL WHERE id = $2 AND kind = $3 AND account = $1";
    on_one(conn, note, account, object).await?;
    Ok(Ok(Answer::Done))
}

pub(in crate::store) async fn forget(
    conn: &mut SqliteConnection,
    account: &AccountKey,
    object: ObjectId,
) -> Outcome {
    on_one(conn, "DELETE FROM objects WHERE id = $2 AND kind = $3 AND account = $1", account, object).await?;
    if object.kind == ObjectKind::Tune {
        // They may be gone with it: nobody knows before Astria says so for each.
        let doubt = sqlx::query("UPDATE objects SET seen_at_ms = NULL WHERE account = $1 AND tune = $2");
        doubt.bind(account.as_str()).bind(id_in(object.id)).execute(conn).await?;
    }
    Ok(Ok(Answer::Done))
}

pub(in crate::store) async fn like(
    conn: &mut SqliteConnection,
    account: &AccountKey,
    object: ObjectId,
    is_liked: bool,
) -> Outcome {
    let note = if is_liked {
        "UPDATE objects SET is_liked = 1 WHERE id = $2 AND kind = $3 AND account = $1"
    } else {
        "UPDATE objects SET is_liked = 0 WHERE id = $2 AND kind = $3 AND account = $1"
    };
    on_one(conn, note, account, object).await?;
    Ok(Ok(Answer::Done))
}

async fn on_one(
    conn: &mut SqliteConnection,
    statement: &'static str,
    account: &AccountKey,
    object: ObjectId,
) -> Result<(), sqlx::Error> {
    let Some(id) = id_in(object.id) else { return Ok(()) };
    sqlx::query(statement).bind(account.as_str()).bind(id).bind(object.kind.name()).execute(conn).await?;
    Ok(())
}
