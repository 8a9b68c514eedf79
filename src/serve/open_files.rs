//! The process's limit of open files, held against what the configuration wants.
//!
//! Each connection is a file, and a request may need one more upstream. With too few, connections wait although the
//! configuration has places for them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files beside connections: listeners, logs, the store, the upstream's pool.
const OTHERS: u64 = 256;

/// Raises the soft limit as far as needed and allowed, and warns if that is not enough. `false`: it is not.
pub fn prepare(max_connections: usize) -> bool {
    let wanted = (max_connections as u64).saturating_add(OTHERS);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return true;
    }
    let possible = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum }).is_ok();
    let has = if raised { Some(possible) } else { current };
    let enough = has.is_none_or(|has| has >= wanted);
    if !enough {
        tracing::warn!(
            open_files = has,
            wanted,
            "the limit of open files is lower than server.max_connections needs; raise it (LimitNOFILE)"
        );
    }
    enough
}
