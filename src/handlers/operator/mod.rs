//! The operator's API: JSON on the private listener, one token a person or tool.
//!
//! Each handler takes `Call<OperatorName>`, which nothing but `middleware/operator_gate.rs` makes. What it does is in
//! `operate`, where the commands find it, too.

mod asked;
mod changes;
mod notifications;
mod reads;
mod usage;

pub use changes::{block, grant, plan};
pub use notifications::{notifications, replay};
pub use reads::{audit, reservations, user, users};
pub use usage::usage;
