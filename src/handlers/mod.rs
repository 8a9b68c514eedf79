//! The HTTP edge, one resource a file: extract, call, answer.

pub mod account;
pub mod account_data;
pub mod callbacks;
pub mod creates;
pub mod events;
pub mod guest;
pub mod health;
pub mod images;
pub mod inspect;
mod list_query;
pub mod lists;
pub mod login;
pub mod openapi;
pub mod operator;
pub mod packs;
pub mod prompts;
mod rendered;
pub mod session;
mod shown;
pub mod themes;
pub mod tunes;
pub mod withheld;

pub(crate) use shown::view_on;
