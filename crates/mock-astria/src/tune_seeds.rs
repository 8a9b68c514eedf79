//! The tunes that exist before anybody makes one: the shared models that prompts are made on.
//!
//! They belong to the gallery, not to the account: listed by `GET /gallery/tunes`, kept over a reset.

use crate::objects::Tune;

/// Flux1.dev. Source: the vendor's Flux page (read 2026-11-21).
pub const FLUX_TUNE_ID: u64 = 1_504_944;
/// SDXL 1.0. Source: the vendor's SDXL page (read 2026-11-21).
pub const SDXL_TUNE_ID: u64 = 666_678;
/// Realistic Vision 5.1. Source: the vendor's tune page (read 2026-11-21).
pub const REALISTIC_VISION_TUNE_ID: u64 = 690_204;
/// Gemini. The number is made up: an app configures it.
pub const GEMINI_TUNE_ID: u64 = 2_618_064;
/// Seedream. The number is made up: an app configures it.
pub const SEEDREAM_TUNE_ID: u64 = 2_692_241;

const SEEDS: &[(u64, &str, Option<&str>)] = &[
    (FLUX_TUNE_ID, "Flux1.dev", Some("flux1")),
    (SDXL_TUNE_ID, "SDXL 1.0", Some("sdxl1")),
    (REALISTIC_VISION_TUNE_ID, "Realistic Vision v5.1", Some("sd15")),
    (GEMINI_TUNE_ID, "Gemini", None),
    (SEEDREAM_TUNE_ID, "Seedream 4.5", None),
];

/// The shared tunes, trained long ago.
pub(crate) fn shared_tunes(base_url: &str) -> Vec<(u64, Tune)> {
    SEEDS.iter().map(|(id, title, branch)| (*id, Tune::shared(base_url, *id, title, *branch))).collect()
}
