//! Astria's API, imitated: the same routes, parameter rules, objects, errors and callbacks, in memory.
//!
//! It exists so that tests, the demo and the benchmark of the gateway have an upstream that costs nothing, that shows what
//! it was sent, and that fails on request.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use mock_astria::{Fault, FaultRule, MockAstria, Settings};
//!
//! let mock = MockAstria::start(Settings { generate_ms: 0, ..Settings::default() }).await?;
//! mock.inject(FaultRule::new(Fault::Status500).path("/tunes/:tune_id/prompts"));
//! // … point a client at `mock.url()` …
//! assert!(mock.requests().is_empty());
//! mock.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! It makes no images of anybody, checks no payment, keeps nothing on disk, and speaks plain HTTP/1.1 only.

mod app;
mod blobs;
mod callback;
mod calling;
mod cast;
mod changes;
mod control;
mod create_prompt;
mod create_tune;
mod duplicate;
mod faults;
mod filters;
mod inspection;
mod jobs;
mod listing;
mod money;
mod objects;
mod pack_run;
mod pack_seeds;
mod packs;
mod pictures;
mod pieces;
pub mod rails_params;
mod recording;
mod reply;
pub mod router;
mod seeding;
mod server;
mod settings;
mod state;
mod storage;
mod stored;
mod themes;
mod tune_seeds;
mod validation;
mod wire;

pub use faults::{Fault, FaultRule};
pub use recording::{RecordedFile, RecordedRequest, StorageRequest};
pub use server::MockAstria;
pub use settings::{DeleteReply, Envelope, PackRunReply, PromptReply, Settings, UsersReply};
pub use stored::StoredContent;
pub use tune_seeds::{
    FLUX_TUNE_ID, GEMINI_TUNE_ID, REALISTIC_VISION_TUNE_ID, SDXL_TUNE_ID, SEEDREAM_TUNE_ID,
};
