//! A statement that is put together from parts, and the documented filters of lists as such parts.
//!
//! Each shape of a list has one text, whatever its values are, so that a prepared statement is found again.

use rusqlite::types::Value;

use super::rows::{id_in, time_in};
use crate::ownership::Filters;

/// Text with a `?` for each value.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Statement {
    pub(super) fn new(sql: &str) -> Self {
        let mut own = String::with_capacity(1024);
        own.push_str(sql);
        Self { sql: own, values: Vec::with_capacity(16) }
    }

    /// Adds text.
    pub(super) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a `?` for a value.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.sql.push('?');
        self.values.push(value.into());
        self
    }
}

/// Adds ` AND …` for each that is given.
pub(super) fn push(sql: &mut Statement, filters: &Filters) {
    let Filters {
        titles,
        title_words,
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
    if !titles.is_empty() || title_words.is_some() {
        let titles = serde_json::Value::from(titles.clone()).to_string();
        sql.push(" AND (title IN (SELECT value FROM json_each(").bind(titles).push("))");
        if let Some(words) = title_words {
            sql.push(" OR (reservation IS NOT NULL AND SUBSTR(title, 26) = ").bind(words.clone());
            sql.push(" AND title GLOB '").push(&"[0-9a-f]".repeat(24)).push("-*')");
        }
        sql.push(")");
    }
    one_of(sql, " AND name IN (SELECT value FROM json_each(", names);
    if let Some(model_type) = model_type {
        sql.push(" AND model_type = ").bind(model_type.clone());
    }
    if let Some(branch) = branch {
        sql.push(" AND branch = ").bind(branch.clone());
    }
    if let Some(text) = text {
        // A literal part, not a pattern; both sides in lower case.
        sql.push(" AND INSTR(text_lower, ").bind(text.to_lowercase()).push(") > 0");
    }
    if let Some(pack) = pack {
        sql.push(" AND pack = ").bind(id_in(pack.get()));
    }
    if let Some(pack) = base_pack {
        sql.push(" AND base_pack = ").bind(id_in(pack.get()));
    }
    if let Some(is_liked) = is_liked {
        sql.push(" AND is_liked = ").bind(*is_liked);
    }
    if let Some(is_video) = is_video {
        sql.push(" AND is_video = ").bind(*is_video);
    }
    if let Some(is_api) = is_api {
        // Everything of ours is made by the API.
        sql.push(" AND COALESCE(is_api, 1) = ").bind(*is_api);
    }
    if let Some(from) = created_from {
        sql.push(" AND created_at_ms >= ").bind(time_in(*from));
    }
}

fn one_of(sql: &mut Statement, condition: &str, words: &[String]) {
    if !words.is_empty() {
        sql.push(condition).bind(serde_json::Value::from(words).to_string()).push("))");
    }
}
