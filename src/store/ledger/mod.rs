//! The ledger's tables: [`Books`](crate::quota::Books) by way of the writer and the readers.
//!
//! ```text
//! open   reservation + entry + totals + key      close  objects + charges + entries + totals + reply
//! ```
//!
//! Each of the two is done whole in one transaction. `totals` are the sums of `entries`, kept by the same commands; a limit is
//! compared with a total in the transaction that raises it.

mod books;
mod charge;
mod check;
mod close;
mod columns;
mod create;
mod hand_over;
mod import;
mod keys;
mod open;
mod post;
mod schedule;
mod totals;
pub(in crate::store) mod view;

pub(super) use charge::charge_seen;
pub(super) use check::{Size, differences, holds, size};
pub(super) use close::close;
pub(super) use create::find;
pub(super) use hand_over::{HandOver, is_beyond, move_creates, move_use};
pub(super) use import::{Counted, count, import_used, was_imported};
pub(super) use keys::forget_keys;
pub(super) use open::open;
pub(super) use schedule::{expire, looked, remember_cost};
pub(super) use totals::Totals;
