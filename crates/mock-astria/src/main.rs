//! Runs the imitation as a process, for the demo, the benchmark and tests in other languages.
//!
//! Prints one line with its address when it is ready. It stops at Ctrl-C.

use std::io::{self, Write};
use std::net::SocketAddr;

use clap::Parser;
use mock_astria::{Envelope, MockAstria, Settings};

/// Astria's API, imitated.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The only API key that is let in.
    #[arg(long, default_value = "sd_mock_key")]
    api_key: String,
    /// The only workspace that is let in; without it the header is not looked at.
    #[arg(long)]
    workspace_id: Option<String>,
    /// How long a tune trains, in milliseconds.
    #[arg(long, default_value_t = 200)]
    train_ms: u64,
    /// How long a prompt generates, in milliseconds.
    #[arg(long, default_value_t = 100)]
    generate_ms: u64,
    /// How long it takes until the prompts of a theme appear, in milliseconds.
    #[arg(long, default_value_t = 50)]
    theme_ms: u64,
    /// The account's money, in thousandths of a cent.
    #[arg(long, default_value_t = 5_000_000)]
    balance_mc: i64,
    /// The shape of callback bodies: `bare` or `wrapped`.
    #[arg(long, default_value = "bare")]
    envelope: Envelope,
    /// Call nobody back.
    #[arg(long)]
    no_callbacks: bool,
    /// Answer a known title or known prompt attributes with the object that has them.
    #[arg(long)]
    idempotent: bool,
    /// Show pictures under `/rails/active_storage/blobs/…`.
    #[arg(long)]
    relative_images: bool,
    /// Where the storage host listens; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:0")]
    storage_listen: SocketAddr,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mock = MockAstria::start(Settings {
        listen: arguments.listen,
        api_key: arguments.api_key,
        workspace_id: arguments.workspace_id,
        train_ms: arguments.train_ms,
        generate_ms: arguments.generate_ms,
        theme_ms: arguments.theme_ms,
        balance_mc: arguments.balance_mc,
        envelope: arguments.envelope,
        callbacks: !arguments.no_callbacks,
        idempotent: arguments.idempotent,
        relative_images: arguments.relative_images,
        storage_listen: arguments.storage_listen,
        ..Settings::default()
    })
    .await?;
    let mut stdout = io::stdout();
    writeln!(stdout, "mock-astria listens on {}", mock.url())?;
    stdout.flush()?;
    tokio::signal::ctrl_c().await?;
    mock.stop().await;
    Ok(())
}
