//! The imitation, from outside: one binary, real sockets.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy's leave for tests does not reach the functions that tests share"
)]

mod access;
mod callbacks;
mod client;
mod control;
mod faults;
mod fixture_walk;
mod inspections;
mod lists;
mod prompts;
mod tunes;
