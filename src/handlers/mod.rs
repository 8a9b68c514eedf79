//! The HTTP edge, one resource a file: extract, call, answer.

pub mod account;
pub mod callbacks;
pub mod health;
pub mod inspect;
pub mod packs;
pub mod prompts;
pub mod withheld;
