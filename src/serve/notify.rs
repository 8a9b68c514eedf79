//! Tells the service manager (systemd, `Type=notify-reload`) where the gateway stands. Without one, nothing happens.
//!
//! Source: sd_notify(3) (read 2026-11-20).

use sd_notify::NotifyState;

/// It serves. Also after a reload.
pub fn ready() {
    say(&[NotifyState::Ready]);
}

/// It reads its configuration again; [`ready`] must follow, whatever came of it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => say(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "the service manager was not told of a reload"),
    }
}

/// It drains and ends.
pub fn stopping() {
    say(&[NotifyState::Stopping]);
}

fn say(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
