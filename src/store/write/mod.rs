//! What each command does to the tables.

pub(super) mod ends;
pub(super) mod keys;
pub(super) mod marks;
pub(super) mod objects;
pub(super) mod people;
pub(super) mod upsert;
