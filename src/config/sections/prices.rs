//! What creates cost.

use serde::{Deserialize, Serialize};

use super::super::lenient;
use crate::money::Millicents;
use crate::operation::Operation;

section! {
    /// `[[prices]]`: what one kind of job costs. An empty text says nothing.
    Price {
        /// The operation, which must create cost.
        operation: Operation = Operation::CreatePrompt,
        /// The shared tune that it is made on, an alias or an id; empty: any, and end users' own.
        #[serde(deserialize_with = "lenient::text")]
        model: String = String::new(),
        /// `1K`, `2K` or `4K`, where the request names it; empty: any, or none.
        resolution: String = String::new(),
        /// Of videos by this model; `*`: of any model; empty: of what is no video.
        video_model: String = String::new(),
        /// What this flag costs more; empty: the price itself.
        flag: String = String::new(),
        /// What the cost is of.
        per: PricePer = PricePer::Image,
        /// Millicents.
        cost_mc: Millicents = Millicents(0),
    }
}

/// What a price is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PricePer {
    /// A prompt, training or inspection.
    Call,
    /// An image.
    Image,
    /// A second of each video.
    Second,
}
