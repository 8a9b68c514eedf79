//! Forgets events whose time is over, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::ownership::IndexError;
use crate::store::{KeepEvents, Store};

/// Between two looks for what is too old or too much.
const EVERY: Duration = Duration::from_secs(60);
/// Between two steps of one look, so that who else writes is not kept waiting.
const STEP_EVERY: Duration = Duration::from_millis(50);

/// Goes on until `stop`. `keep` says for how long events are kept at present.
///
/// Cancel safe: what was not taken out is, the next time.
pub async fn keep_trimming(store: Arc<Store>, keep: impl Fn() -> KeepEvents + Send, stop: CancellationToken) {
    let trimming = async {
        let mut through = 0;
        loop {
            tokio::time::sleep(EVERY).await;
            if trim(&store, keep(), &mut through).await.is_err() {
                tracing::warn!("old events could not be forgotten; it is tried again");
            }
        }
    };
    stop.run_until_cancelled(trimming).await;
}

/// Everything whose time is over now. `through`: where the last look came to, in everybody's order.
///
/// Cancel safe.
///
/// # Errors
/// [`IndexError::Unavailable`]
pub async fn trim(store: &Store, keep: KeepEvents, through: &mut u64) -> Result<(), IndexError> {
    loop {
        let trimmed = store.trim_events(keep, *through).await?;
        *through = trimmed.through;
        if !trimmed.is_more {
            return Ok(());
        }
        tokio::time::sleep(STEP_EVERY).await;
    }
}
