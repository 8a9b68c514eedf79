//! The command `astria-gateway`; see `cli.rs`.

use std::process::ExitCode;

use astria_gateway::auth::install_crypto_provider;
use astria_gateway::cli::{Cli, run};
use clap::Parser as _;

fn main() -> ExitCode {
    install_crypto_provider();
    let cli = Cli::parse();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(_) => ExitCode::FAILURE,
    }
}
