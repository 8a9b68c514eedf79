//! Wakes the streams of whoever there is something new for.
//!
//! One task for all streams: the record's writer tells it of new events, and as long as there are streams it also looks
//! for those that another process on the same database wrote. It never looks at an event itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::hub::{Hub, Wake};
use crate::events::EventLog;
use crate::ownership::IndexError;
use crate::people::Overrides;

/// Between two looks for events of which nobody tells: another process's.
const LOOK_AFTER: Duration = Duration::from_millis(500);
/// Between two looks at all: under load one finds the events of many commits.
const PACE: Duration = Duration::from_millis(10);
/// Events that one look goes over.
const PAGE: u32 = 1000;

/// Goes on until `stop`.
///
/// Cancel safe: what was not woken is found at the next look.
pub async fn keep_waking(
    hub: Arc<Hub>,
    log: Arc<dyn EventLog>,
    overrides: Arc<Overrides>,
    mut sessions: watch::Receiver<u64>,
    stop: CancellationToken,
) {
    let waking = async {
        let (mut news, mut said) = (log.news(), overrides.changes());
        let mut looked = Looked::default();
        let mut is_failing = false;
        loop {
            if hub.count() == 0 {
                looked = Looked::default();
                hub.begun().await;
                continue;
            }
            let failed = looked.look(&hub, &*log).await.is_err();
            if failed && !is_failing {
                tracing::warn!("new events cannot be looked for: the store is unavailable");
            }
            is_failing = failed;
            tokio::time::sleep(PACE).await;
            tokio::select! {
                Ok(()) = news.changed() => {}
                Ok(()) = said.changed() => hub.wake_all(Wake::Said),
                Ok(()) = sessions.changed() => hub.wake_all(Wake::Said),
                () = tokio::time::sleep(LOOK_AFTER) => {}
            }
        }
    };
    stop.run_until_cancelled(waking).await;
}

/// Up to where somebody was woken, in everybody's order; `None`: there was nobody to wake.
#[derive(Default)]
struct Looked(Option<u64>);

impl Looked {
    async fn look(&mut self, hub: &Hub, log: &dyn EventLog) -> Result<(), IndexError> {
        let Some(mut seq) = self.0 else {
            // A stream that is here already may have looked before this number was the last.
            self.0 = Some(log.last_seq().await?);
            hub.wake_all(Wake::Events);
            return Ok(());
        };
        loop {
            let stirred = log.stirred(seq, PAGE).await?;
            stirred.whose.iter().for_each(|who| hub.wake(who, Wake::Events));
            let passed = stirred.seq.saturating_sub(seq);
            seq = stirred.seq;
            self.0 = Some(seq);
            if passed < u64::from(PAGE) {
                return Ok(());
            }
        }
    }
}
