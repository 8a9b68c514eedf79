//! The documented filters of lists, as conditions on one owner's rows.

use sqlx::{QueryBuilder, Sqlite};

use super::rows::{id_in, time_in};
use crate::ownership::Filters;

/// Adds ` AND …` for each that is given.
pub(super) fn push(sql: &mut QueryBuilder<Sqlite>, filters: &Filters) {
    let Filters {
        titles,
        names,
        model_type,
        branch,
        text,
        pack,
        base_pack,
        is_liked,
        is_video,
        is_api,
        created_from,
    } = filters;
    one_of(sql, " AND title IN (SELECT value FROM json_each(", titles);
    one_of(sql, " AND name IN (SELECT value FROM json_each(", names);
    if let Some(model_type) = model_type {
        sql.push(" AND model_type = ").push_bind(model_type.clone());
    }
    if let Some(branch) = branch {
        sql.push(" AND branch = ").push_bind(branch.clone());
    }
    if let Some(text) = text {
        // A literal part, not a pattern; both sides in lower case.
        sql.push(" AND INSTR(text_lower, ").push_bind(text.to_lowercase()).push(") > 0");
    }
    if let Some(pack) = pack {
        sql.push(" AND pack = ").push_bind(id_in(pack.get()));
    }
    if let Some(pack) = base_pack {
        sql.push(" AND base_pack = ").push_bind(id_in(pack.get()));
    }
    if let Some(is_liked) = is_liked {
        sql.push(" AND is_liked = ").push_bind(*is_liked);
    }
    if let Some(is_video) = is_video {
        sql.push(" AND is_video = ").push_bind(*is_video);
    }
    if let Some(is_api) = is_api {
        // Everything of ours is made by the API.
        sql.push(" AND COALESCE(is_api, 1) = ").push_bind(*is_api);
    }
    if let Some(from) = created_from {
        sql.push(" AND created_at_ms >= ").push_bind(time_in(*from));
    }
}

fn one_of(sql: &mut QueryBuilder<Sqlite>, condition: &'static str, words: &[String]) {
    if !words.is_empty() {
        sql.push(condition).push_bind(serde_json::Value::from(words).to_string()).push("))");
    }
}
