//! The integration tests: the real gateway on real sockets against the imitated upstream.
//!
//! One binary, so that it links once. Every test gets the harness's checks for free; see `harness`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test stops at the first surprise, and its name is its documentation"
)]

mod harness;
mod ids;

mod account;
mod account_data;
mod auth;
mod bad_input;
mod balance;
mod browser;
mod callbacks;
mod command;
mod config_example;
mod contract;
mod crashes;
mod differential;
mod disk;
mod errors;
mod events;
mod faults;
mod floors;
mod images;
mod inspect;
mod jobs;
mod limits;
mod lists;
mod login;
mod money;
mod notifications;
mod objects;
mod operator;
mod ownership;
mod packs;
mod params;
mod prompts;
mod reload;
mod serving;
mod sessions;
mod stack;
mod telemetry;
mod tenants;
mod tunes;
mod uploads;
mod upstream;
mod vendor;
