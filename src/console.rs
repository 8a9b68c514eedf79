//! What the commands share with their terminal: output, errors, and the signals that end them.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::gateway::Gateway;
use crate::reload::{self, Source};
use crate::serve::notify;

/// Waits for SIGTERM or Ctrl-C and reloads meanwhile, then drains; a second signal ends at once.
pub async fn run_until_signal(gateway: Gateway, source: Option<Source>) -> ExitCode {
    let current = async {
        match source {
            Some(source) => reload::keep_current(&gateway, source).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait_for_signal() => {}
        () = current => {}
    }
    notify::stopping();
    tracing::info!("draining");
    tokio::select! {
        drained = gateway.stop() => {
            if !drained {
                tracing::warn!("some requests did not finish in time");
            }
            ExitCode::SUCCESS
        }
        () = wait_for_signal() => ExitCode::FAILURE,
    }
}

async fn wait_for_signal() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// One line to standard error, and the exit code of a command that failed.
pub fn fail(error: &dyn Display) -> ExitCode {
    print_error(format_args!("{error}"));
    ExitCode::FAILURE
}

/// To standard output; a closed pipe is nobody's fault.
pub fn print(text: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    // Whom could it be told?
    let _ = out.write_fmt(text).and_then(|()| out.flush());
}

/// One line to standard error.
pub fn print_error(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "astria-gateway: {text}");
}
