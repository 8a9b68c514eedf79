//! What a reload cannot change: it is kept as it was, and named, so that nobody waits for it in vain.

use crate::config::Config;

macro_rules! keep {
    ($old:ident, $new:ident: $($($key:ident).+,)*) => {{
        let mut needs_restart = Vec::new();
        $(if $old.$($key).+ != $new.$($key).+ {
            needs_restart.push(concat!(keep!(@path $($key).+)));
            $new.$($key).+ = $old.$($key).+.clone();
        })*
        needs_restart
    }};
    (@path $first:ident.$($rest:ident).+) => { concat!(stringify!($first), ".", keep!(@path $($rest).+)) };
    (@path $last:ident) => { stringify!($last) };
}

/// The new configuration with what only a restart changes as it was, and the names of the keys that differ.
pub(super) fn keep(old: &Config, mut new: Config) -> (Config, Vec<&'static str>) {
    // Port 0 means any: whichever it became is no change.
    if new.server.listen.port() == 0 {
        new.server.listen.set_port(old.server.listen.port());
    }
    if new.operator.listen.port() == 0 {
        new.operator.listen.set_port(old.operator.listen.port());
    }
    let needs_restart = keep!(old, new:
        server.listen,
        operator.listen,
        limits.spool_dir,
        limits.spool_bytes,
        quota.time_zone,
        store.url,
        store.migrate_at_start,
        store.check_at_start,
        store.timeout_ms,
        store.busy_timeout_ms,
        store.commit_delay_us,
        store.max_queue,
        store.readers,
        log.format,
        log.filter,
        log.access,
        log.access_buffer_bytes,
        telemetry.otlp.endpoint,
        telemetry.otlp.service_name,
        telemetry.otlp.sample_ratio,
        telemetry.otlp.timeout_ms,
    );
    (new, needs_restart)
}
