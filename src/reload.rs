//! Reloads the configuration: on SIGHUP, and when one of its files changes.
//!
//! Files are compared by content, not by time or inode: that survives Kubernetes' swap of a symbolic link and
//! an editor that writes a new file. What cannot be loaded changes nothing and is said once, with every
//! error; it is tried again when the files change again, or on SIGHUP.

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::config::{self, Config, ConfigError, Environment, Secrets};
use crate::fingerprint::{Fingerprint, Fingerprinter};
use crate::gateway::Gateway;
use crate::serve::notify;

/// Where a configuration comes from.
#[derive(Clone)]
pub struct Source {
    /// The TOML file; without it, defaults and environment alone.
    pub file: Option<PathBuf>,
    /// As it was when the process began.
    pub environment: Environment,
}

impl Source {
    /// Reads everything.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn load(&self) -> Result<(Config, Secrets), Vec<ConfigError>> {
        config::load_with_secrets(self.file.as_deref(), &self.environment)
    }

    /// Of the content of all files that a configuration is made of. What cannot be read counts as empty: it will differ when it can be.
    fn fingerprint(&self, config: &Config) -> Fingerprint {
        let mut fingerprint = Fingerprinter::new();
        let files = config.secret_files();
        for file in self.file.as_deref().into_iter().chain(files.iter().map(PathBuf::as_path)) {
            fingerprint.part(&std::fs::read(file).unwrap_or_default());
        }
        fingerprint.finish()
    }
}

/// Reloads `gateway` whenever there is a reason. Never ends by itself.
///
/// Cancel safe: a reload takes effect whole or not at all.
pub async fn keep_current(gateway: &Gateway, source: Source) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else {
        tracing::error!("SIGHUP cannot be waited for; changed files are still noticed");
        return std::future::pending().await;
    };
    let mut seen = fingerprint(&source, gateway).await;
    loop {
        let pause_s = gateway.state().config.reload.poll_s;
        let asked = tokio::select! {
            _ = hangup.recv() => true,
            () = pause(pause_s) => false,
        };
        let present = fingerprint(&source, gateway).await;
        if asked || present != seen {
            notify::reloading();
            reload(gateway, &source).await;
            notify::ready();
            // The new configuration may name other files.
            seen = fingerprint(&source, gateway).await;
        }
    }
}

async fn pause(pause_s: u64) {
    if pause_s == 0 {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(Duration::from_secs(pause_s)).await;
}

/// Off the threads that answer requests: a file may lie on a slow disk.
async fn fingerprint(source: &Source, gateway: &Gateway) -> Fingerprint {
    let (source, state) = (source.clone(), gateway.state());
    tokio::task::spawn_blocking(move || source.fingerprint(&state.config)).await.unwrap_or_default()
}

async fn reload(gateway: &Gateway, source: &Source) {
    let loading = source.clone();
    let Ok(loaded) = tokio::task::spawn_blocking(move || loading.load()).await else { return };
    let state = gateway.state();
    let reloaded = |taken| state.metrics.reloaded(taken, state.clock.now());
    match loaded {
        Ok((config, secrets)) => match gateway.reload(config, secrets) {
            Ok(done) => {
                reloaded(true);
                for key in done.needs_restart {
                    tracing::warn!(key, "this key changed, but counts only after a restart");
                }
                tracing::info!("the configuration was reloaded");
            }
            Err(error) => {
                reloaded(false);
                tracing::error!(%error, "the configuration was not reloaded; nothing has changed");
            }
        },
        Err(errors) => {
            reloaded(false);
            for error in errors {
                tracing::error!(key = error.key, error = error.message, "the configuration is wrong");
            }
            tracing::error!("the configuration was not reloaded; nothing has changed");
        }
    }
}
