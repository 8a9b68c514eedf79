//! Whether `[events]` makes sense.

use super::sections::Events;

/// Intermediaries close what is silent for longer: many after 30 s, some after 20.
const MAX_HEARTBEAT_S: u64 = 15;

/// Appends everything that makes no sense.
pub(super) fn check(config: &Events, wrong: &mut impl FnMut(&str, String)) {
    if !(1..=MAX_HEARTBEAT_S).contains(&config.heartbeat_s) {
        wrong("events.heartbeat_s", format!("must be 1 to {MAX_HEARTBEAT_S}"));
    }
    if config.max_streams == 0 {
        wrong("events.max_streams", "must be at least 1".into());
    }
    if config.max_streams_per_user == 0 {
        wrong("events.max_streams_per_user", "must be at least 1".into());
    }
    if !(5..=600).contains(&config.ticket_s) {
        wrong("events.ticket_s", "must be 5 to 600".into());
    }
    if !(60..=86_400).contains(&config.max_stream_s) {
        wrong("events.max_stream_s", "must be 60 to 86400".into());
    }
    if !(60..=2_592_000).contains(&config.keep_s) {
        wrong("events.keep_s", "must be 60 to 2592000".into());
    }
    if config.max_per_user == 0 {
        wrong("events.max_per_user", "must be at least 1".into());
    }
}
