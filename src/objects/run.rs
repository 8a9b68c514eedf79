//! What a pack's run on tunes that exist is answered with: `{status, order: {…}, prompt_ids: […]}`.

use serde::{Deserialize, Serialize};

use crate::ids::PromptId;
use crate::ids::TuneId;
use crate::ownership::{Counts, Seen, Traits};

/// See the module. What it holds beyond this is dropped.
/// Source: public clients of the multi-pack run, read 2026-11-20.
#[derive(Debug, Deserialize, Serialize)]
pub struct PackRun {
    /// Astria's word for how it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The order.
    pub order: Order,
    /// The prompts that it makes.
    pub prompt_ids: Vec<u64>,
}

/// One order of runs.
#[derive(Debug, Deserialize, Serialize)]
pub struct Order {
    /// Its id.
    pub id: u64,
    /// On these tunes.
    #[serde(default)]
    pub tune_ids: Vec<u64>,
    /// Thousandths of a cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_cost_mc: Option<u64>,
}

impl PackRun {
    /// Reads the reply.
    pub fn find(reply: &[u8]) -> Option<Self> {
        serde_json::from_slice(reply).ok().filter(|run: &Self| !run.prompt_ids.contains(&0))
    }

    /// What the index keeps of its prompts, of which only the ids are known.
    pub fn seen(&self) -> impl Iterator<Item = Seen> + '_ {
        let tune = match self.order.tune_ids.as_slice() {
            [only] => Some(TuneId::from_u64(*only)),
            _ => None,
        };
        self.prompt_ids.iter().map(move |id| Seen {
            object: PromptId::from_u64(*id).into(),
            tune,
            pack: None,
            base_pack: None,
            created_at: None,
            finished_at: None,
            expires_at: None,
            eta: None,
            is_finished: false,
            traits: Traits::default(),
            counts: Counts::default(),
            reservation: None,
            members: String::new(),
        })
    }
}
