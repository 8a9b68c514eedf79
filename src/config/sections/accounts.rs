//! Astria, and the operator's accounts there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::lenient;
use crate::quota::QuotaRule;

section! {
    /// `[upstream]`: Astria.
    Upstream {
        /// The API's base URL.
        base_url: String = "https://api.astria.ai".into(),
        /// File that holds the operator's API key; empty: `ASTRIA_API_KEY` or `ASTRIA_AUTH_TOKEN`.
        api_key_file: PathBuf = PathBuf::new(),
        /// Workspace that every call names; empty: none.
        #[serde(deserialize_with = "lenient::text")]
        workspace_id: String = String::new(),
        /// Milliseconds for one whole call; Astria's own limit is 30 s.
        timeout_ms: u64 = 40_000,
        /// Milliseconds to connect.
        connect_timeout_ms: u64 = 3_000,
        /// Milliseconds between two pieces of a reply's body.
        idle_timeout_ms: u64 = 10_000,
        /// Bytes of a reply's body; beyond it the reply is refused.
        max_reply_bytes: usize = 8 * 1024 * 1024,
        /// How often a failed read (never a create) is tried again.
        read_retries: u32 = 2,
        /// Calls in flight, per account; beyond it end users take turns.
        max_in_flight: usize = 256,
        /// Of these, creates of prompts and tunes; the rest is for inspections and reads.
        max_in_flight_creates: usize = 192,
        /// Calls that wait for their turn, per account; beyond it 503.
        max_queue: usize = 512,
        /// Calls of one end user that wait.
        max_queue_per_user: usize = 32,
        /// Milliseconds a call may wait for its turn.
        queue_timeout_ms: u64 = 10_000,
        /// Seconds after which a connection is not used again, so that a changed address is noticed.
        max_connection_age_s: u64 = 300,
        /// Seconds the answer of the name service is used without asking again.
        dns_fresh_s: u64 = 30,
        /// Seconds it is used when the name service fails or is slow.
        dns_stale_s: u64 = 3_600,
        /// Milliseconds the name service is waited for.
        dns_timeout_ms: u64 = 2_000,
        /// When to stop asking an account that fails.
        breaker: UpstreamBreaker = UpstreamBreaker::default(),
        /// Refuse end users whose proof names no tenant, instead of serving them with this section's account.
        tenant_required: bool = false,
        /// What everybody on this account may spend together: `{ of, per, limit }`.
        quotas: Vec<QuotaRule> = Vec::new(),
        /// Tunes that every end user may use, by id.
        #[serde(deserialize_with = "lenient::numbers")]
        shared_tunes: Vec<u64> = Vec::new(),
        /// Names for tunes: `/tunes/gemini/prompts` means the id; an alias's tune counts as shared.
        #[serde(deserialize_with = "lenient::named_numbers")]
        models: BTreeMap<String, u64> = BTreeMap::new(),
    }
}

section! {
    /// `[upstream.breaker]`: when an account that fails is left alone for a while.
    UpstreamBreaker {
        /// Failures in a row that pause it.
        consecutive_failures: u32 = 10,
        /// Share of failures among the calls of a window that pauses it, in percent.
        failure_percent: u64 = 50,
        /// Calls that a window needs before its share counts.
        min_calls: u32 = 20,
        /// Seconds of a window.
        window_s: u64 = 10,
        /// Seconds of the first pause; each probe that fails doubles it.
        open_s: u64 = 5,
        /// Seconds of the longest pause.
        max_open_s: u64 = 60,
        /// Seconds of the pause after a 401.
        credential_open_s: u64 = 2,
        /// Seconds of the pause after a 402; reads go on.
        exhausted_open_s: u64 = 30,
    }
}

section! {
    /// `[tenants.<name>]`: one more account at Astria.
    Tenant {
        /// File that holds its API key; empty: `ASTRIA_GATEWAY_TENANT_<NAME>_API_KEY`.
        api_key_file: PathBuf = PathBuf::new(),
        /// Workspace that every call for it names; empty: none.
        #[serde(deserialize_with = "lenient::text")]
        workspace_id: String = String::new(),
        /// What everybody on this account may spend together: `{ of, per, limit }`.
        quotas: Vec<QuotaRule> = Vec::new(),
    }
}
