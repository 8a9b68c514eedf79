//! What every part of the gateway that keeps something must do when an end user is forgotten.
//!
//! [`State`] holds all of them, and [`forget`] takes it apart by name, so a new part does not compile before somebody
//! has said here what it forgets. The store of ownership is forgotten last, by [`super`]: what is written there is how
//! an erasure goes on after a crash, so [`forget`] may run again.

use crate::state::State;

/// Forgets an end user everywhere but in the store of ownership.
pub(super) fn forget(state: &State) {
    let State {
        // The store itself, and what asks it. Comes last.
        inbox: _,
        store: _,
        ownership: _,
        subjects: _,
        // Keeps what was spent under a pseudonym: leaving gives nobody a quota back.
        ledger: _,
        reconcile_soon: _,
        jobs_soon: _,
        pseudonyms: _,
        // What the operator said, under the same pseudonym: who was blocked comes back blocked.
        overrides: _,
        people: _,
        // Remembers when objects were looked at, by their numbers; whose they were, nobody can say any more.
        refresher: _,
        // Ended by the erasure itself, before the store forgets who they were.
        sessions: _,
        // Fetched for sessions, which have ended.
        renewals: _,
        providers: _,
        login_attempts: _,
        // Which guests were there, for half a second, and what signs their cookies.
        known_guests: _,
        guest_keys: _,
        // Open connections of theirs, each with a proof of its own: they hear of what is deleted, and end by themselves.
        streams: _,
        // What it sealed opens nothing any more: the store forgets which streams were opened.
        tickets: _,
        // Files without a name, gone with the request that they belong to.
        spool: _,
        // An end user who was forgotten may come back: their tokens and their rate stay what they are, in memory alone
        // and for minutes.
        authenticator: _,
        plan_limits: _,
        in_flight: _,
        bodies: _,
        // Pictures pass through; their addresses name an account and expire within `images.valid_s`.
        images: _,
        blobs: _,
        // Names an end user by a hash that differs after a restart. What was written is the operator's to keep or not.
        access_log: _,
        log_key: _,
        // Notifications that wait are in the store.
        endpoints: _,
        notify_soon: _,
        // Prices of kinds of jobs; like the rest, they name no end user.
        prices: _,
        config: _,
        operator_tokens: _,
        clock: _,
        tasks: _,
        metrics: _,
        spans: _,
        started: _,
        trusted_proxies: _,
        plans: _,
        titles: _,
        erasure_asked: _,
        csrf_tokens: _,
        own_callback_secret: _,
        callback_keys: _,
        accounts: _,
        rules: _,
        param_limits: _,
        gateway_url: _,
        contract: _,
        write_contract: _,
    } = state;
}
