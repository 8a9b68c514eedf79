//! How objects are listed and shown.

use serde::{Deserialize, Serialize};

section! {
    /// `[lists]`: lists of tunes and prompts, which come from the gateway's own index.
    Lists {
        /// Milliseconds an unfinished object is shown as last seen before Astria is asked again.
        unfinished_fresh_ms: u64 = 2_000,
        /// Seconds a finished one is.
        finished_fresh_s: u64 = 3_600,
        /// Objects that one list asks Astria for at once.
        fan_out: usize = 8,
        /// Milliseconds a list waits for them; what is not there then is shown as last seen.
        refresh_timeout_ms: u64 = 5_000,
        /// Milliseconds between two looks for prompts that a theme, a pack or an unknown outcome left on a tune.
        sweep_fresh_ms: u64 = 5_000,
        /// Seconds such prompts are looked for.
        awaits_s: u64 = 86_400,
    }
}

section! {
    /// `[replies]`: statuses on which Astria's documents and its clients disagree.
    Replies {
        /// Of a deleted tune: 200 with a message, or 204.
        delete_tune_status: u16 = 200,
        /// Of a deleted prompt: 200 with a message, or 204.
        delete_prompt_status: u16 = 200,
        /// Of a like and of a like taken back: 201 without a body, 200, or 204.
        like_status: u16 = 201,
        /// Of a theme: 201 without a body, or 200.
        theme_status: u16 = 201,
    }
}
