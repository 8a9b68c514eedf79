//! Starts a gateway and an imitated upstream for one test, and checks what no test should forget.
//!
//! - Each reply has only listed headers, a request id, and none of this run's secrets.
//! - Each request that the upstream saw has exactly our bearer and workspace, and nothing of the client's.
//! - When the gateway is dropped: no reservation is open, and neither logs nor metrics hold a secret.

mod browser;
mod client;
mod configured;
mod gateway;
mod key_server;
pub mod logs;
pub mod photos;
mod process;
pub mod raw;
mod signers;
mod sse;
pub mod tokens;

pub use browser::Browser;
pub use client::{Client, Reply};
pub use configured::Configured;
pub use gateway::{
    AUDIENCE, ISSUER, SHARED_TUNE, Spawn, TestGateway, eventually, eventually_async, finished, spawn_gateway,
};
pub use key_server::KeyServer;
pub use process::Process;
pub use signers::Signer;
pub use sse::Listener;
