//! astria-gateway: a backend-for-frontend between an app and the Astria image API.
//!
//! The key stays on the server, every end user sees only their own, nobody overspends, every job ends.
//! Start reading at [`stack`]: it shows the path of a request. Modules stand below by floor: one imports only its
//! own floor's and those above it in this list. `tests/api/floors.rs` has the exact order and holds it.

// vocabulary
pub mod clock;
pub mod fingerprint;
pub mod ids;
pub mod money;
pub mod operation;
pub mod principal;
pub mod pseudonym;
pub mod secret;
pub mod trace;
// domain
pub mod auth;
pub mod intake;
pub mod limits;
pub mod login;
pub mod ownership;
// (need ownership)
pub mod callback;
pub mod events;
// (needs events)
pub mod notifications;
// (needs ownership)
pub mod images;
pub mod params;
// (needs params)
pub mod idempotency;
pub mod photo;
pub mod policy;
pub mod prices;
pub mod quota;
pub mod sessions;
// (needs quota)
// (need quota)
pub mod guests;
pub mod people;
pub mod upstream;
// (need upstream)
pub mod objects;
pub mod packs;
// configuration, adapters
pub mod config;
pub mod store;
pub mod telemetry;
// the HTTP edge
pub mod abandoned;
pub mod accounts;
pub mod adopt;
pub mod ask;

pub mod balance;
pub mod call;
pub mod contract;
pub mod cookies;
pub mod detach;
pub mod erasure;
pub mod handlers;
pub mod headers;
pub mod lease;
pub mod middleware;
pub mod notify;
pub mod operate;
pub mod plans;
pub mod problem;
pub mod reconcile;
pub mod refresh;
pub mod reply;
pub mod router;
pub mod routes;
pub mod sign_in;
pub mod spend;
pub mod state;
pub mod streams;
// the whole
pub mod cli;
pub mod console;
#[cfg(feature = "demo")]
pub mod demo;
pub mod gateway;
pub mod reload;
pub mod serve;
pub mod stack;
