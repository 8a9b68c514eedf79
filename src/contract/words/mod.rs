//! Summaries, descriptions and examples, one file a resource.

mod account;
mod objects;
mod packs;
mod params;
mod prompts;
mod service;
mod sessions;
mod tunes;

use serde_json::{Value, json};

use super::described::Described;
use crate::config::Config;

pub(super) use params::param_words;

/// What stands at the top.
pub(super) const ABOUT: &str = "\
A backend-for-frontend between an app and the Astria image API. An app that works against Astria works against it by changing \
the base URL and the token: paths, parameters and objects are Astria's, and every end user sees and touches only their own.

**Bodies** are JSON, multipart or urlencoded. Names nest as Rails reads them (`prompt[text]`, `tune[images][]`); in JSON the \
wrapper may be left out. Numbers and truth values may come as text. What is not known is dropped and named in \
`Gateway-Dropped-Params`; what the plan lowers, in `Gateway-Clamped-Params`. Sizes of texts are counted in bytes.

**Paths** take the `.json` of the older API; every `GET` answers `HEAD` too.

**Errors** are Problems (RFC 9457) with a stable `code`. What somebody else owns is 404, as what does not exist. Never repeat a \
create whose `spent` is `unknown`: its outcome is told at `status_url`.

**Creates** take an `Idempotency-Key`: under the same key they are carried out once and answered with the same bytes.";

/// Every operation, in the order of a page.
pub(super) fn operations(config: &Config) -> Vec<Described> {
    let mut all = prompts::operations(config);
    all.extend(tunes::operations(config));
    all.extend(packs::operations(config));
    all.extend(account::operations());
    all.extend(sessions::operations());
    all.extend(service::operations());
    all
}

/// `tags`, in the order of a page.
pub(super) fn tags() -> Value {
    json!([
        { "name": "Prompts", "description": "Pictures and videos: made on a tune of one's own or on a shared one." },
        { "name": "Tunes", "description": "Models trained on an end user's own photos." },
        { "name": "Packs", "description": "Prompts that somebody has written, to be run on one's own photos." },
        { "name": "Photos", "description": "Looking at a photo before it is used." },
        { "name": "Account", "description": "Who is calling, what is left, what is held of them." },
        { "name": "Events", "description": "What happens to one's objects, as it happens." },
        { "name": "Sessions", "description": "Signing in with a cookie, so that a page needs no token." },
        { "name": "Service", "description": "For load balancers, for Astria, for tools." },
    ])
}
