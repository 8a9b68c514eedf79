//! What is read of Astria's objects, kept of them, and shown of them: built from nothing plus the lists here.
//!
//! Left out on purpose: `callback` (our secret address), `ckpt_url` and `ckpt_urls` (model weights),
//! `user_id`, `workspace_id`, template texts of packs, and whatever Astria adds next month.
//!
//! ```text
//! reply → Prompt, Tune → seen()  what the index keeps      members as they came, without the callback
//!                      → show()  what the owner gets       addresses, titles and pictures are the gateway's
//! ```
//!
//! What it does *not* do: it does not know who may see an object.

mod inspection;
mod pack;
mod prompt;
mod raw;
mod run;
mod tune;
mod view;

pub use inspection::{inspection_members, show_inspection};
pub use pack::{is_unlisted, pack_members, pack_names, show_pack};
pub use prompt::{Prompt, prompt_members};
pub use run::{Order, PackRun};
pub use tune::{Tune, shared_tune_members, tune_members};
pub use view::View;

use crate::callback::CallbackToken;
use crate::clock::Timestamp;
use crate::ids::ReservationId;

/// The path of callback addresses.
const CALLBACKS: &str = "/gateway/callbacks/";

/// The reservation that an object's callback address names, whatever its host, expiry or key.
fn attribution(callback: Option<&str>) -> Option<ReservationId> {
    let address = text(callback)?;
    let (_, token) = address.split_once(CALLBACKS)?;
    let token = token.split(['?', '#', '/']).next().unwrap_or_default();
    CallbackToken::read_unverified(token).map(|token| token.reservation)
}

/// A member that is a text.
fn text(member: Option<&str>) -> Option<String> {
    serde_json::from_str(member.filter(|member| member.starts_with('"'))?).ok()
}

/// A member that says something.
fn is_set(member: Option<&str>) -> bool {
    !matches!(member, None | Some("null" | "false" | "\"\"" | "[]" | "{}"))
}

/// A member that is a point in time (RFC 3339).
fn timestamp(member: Option<&str>) -> Option<Timestamp> {
    let at: jiff::Timestamp = text(member)?.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok().map(Timestamp::from_unix_ms)
}

#[cfg(test)]
mod tests;
