//! Remembers the logout tokens that have done their work, so that each does it once.
//!
//! A token that was caught on its way and posted again would sign a person out who has signed in meanwhile. It is
//! believed for minutes only, so little has to be remembered; beyond [`MAX_REMEMBERED`] the oldest is forgotten.
//!
//! It does *not* outlive the process.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest;

use super::LEEWAY;
use super::logout_token::MAX_AGE;
use crate::clock::Clock;

/// Providers sign one person out at a time; a flood forgets the oldest.
const MAX_REMEMBERED: usize = 10_000;
/// How long a token may be believed.
const KEEP: Duration = MAX_AGE.saturating_add(LEEWAY).saturating_add(LEEWAY);

/// See the module.
pub(super) struct Used {
    clock: Clock,
    /// The oldest first; when each was used, on the monotonic clock.
    tokens: Mutex<VecDeque<([u8; 32], Duration)>>,
}

impl Used {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, tokens: Mutex::default() }
    }

    pub(super) fn contains(&self, jti: &str) -> bool {
        let hash = hash(jti);
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.monotonic();
        while tokens.front().is_some_and(|(_, at)| now.saturating_sub(*at) > KEEP) {
            tokens.pop_front();
        }
        tokens.iter().any(|(known, _)| *known == hash)
    }

    pub(super) fn insert(&self, jti: &str) {
        if self.contains(jti) {
            return;
        }
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MAX_REMEMBERED {
            tokens.pop_front();
        }
        tokens.push_back((hash(jti), self.clock.monotonic()));
    }
}

fn hash(jti: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, jti.as_bytes()).as_ref());
    bytes
}
