//! A final answer, as it is kept for whoever asks again.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// An answer to be given again, byte for byte. Only a final one is ever stored: an unknown outcome is none.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredReply {
    /// The status that it was given with.
    pub status: u16,
    /// Whether the body is a Problem rather than an object.
    pub is_problem: bool,
    /// JSON.
    pub body: Bytes,
    /// Parameters that were not forwarded.
    pub dropped: Vec<String>,
    /// Parameters that were lowered to what the plan allows.
    pub clamped: Vec<String>,
}

/// What became of parameters, as the store keeps it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Notes<D> {
    dropped: D,
    clamped: D,
}

impl StoredReply {
    /// What became of its parameters, in JSON: for the store.
    pub fn notes(&self) -> String {
        let notes = Notes { dropped: &self.dropped, clamped: &self.clamped };
        // Lists of texts always serialize.
        serde_json::to_string(&notes).unwrap_or_default()
    }

    /// As the store kept it; `None` if the notes are none of ours.
    pub fn load(status: u16, is_problem: bool, body: Bytes, notes: &str) -> Option<Self> {
        let Notes::<Vec<String>> { dropped, clamped } = serde_json::from_str(notes).ok()?;
        Some(Self { status, is_problem, body, dropped, clamped })
    }
}

impl fmt::Debug for StoredReply {
    /// Prints no text of the client: a body repeats its prompt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredReply({}, {} bytes)", self.status, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idem_02_an_answer_survives_the_store_byte_for_byte() {
        let reply = StoredReply {
            status: 201,
            is_problem: false,
            body: Bytes::from_static(b"{\"id\": 1, \"text\":\"a cat\" }"),
            dropped: vec!["prompt[callback]".into(), "prompt[\"]".into()],
            clamped: vec![],
        };
        let again = StoredReply::load(reply.status, reply.is_problem, reply.body.clone(), &reply.notes());
        assert_eq!(again, Some(reply.clone()));
        assert!(!format!("{reply:?}").contains("cat"));
        assert_eq!(StoredReply::load(201, false, Bytes::new(), "[]"), None);
        assert_eq!(StoredReply::load(201, false, Bytes::new(), ""), None);
    }
}
