//! The imitation, from outside: one binary, real sockets.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy's leave for tests does not reach the functions that tests share"
)]

mod access;
mod blobs;
mod callback_faults;
mod callbacks;
mod changes;
mod client;
mod control;
mod duplicates;
mod faults;
mod filters;
mod fixture_walk;
mod inspections;
mod lists;
mod money;
mod pack_runs;
mod prompts;
mod seeding;
mod themes;
mod tunes;
