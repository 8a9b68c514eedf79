//! A small reader of event streams, as the standard says they are read, and strict where ours must be.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::client::Tickets;

/// Longer than anything takes that is on its way.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open stream; dropped, its connection is closed.
pub struct Listener {
    response: reqwest::Response,
    text: String,
    /// What a client would send back.
    pub last_id: Option<String>,
    /// What the server said of when to come back.
    pub retry_ms: Option<u64>,
    pub comments: usize,
    secrets: Arc<Vec<String>>,
    tickets: Tickets,
}

#[derive(Clone, Debug)]
pub struct Message {
    pub id: Option<u64>,
    pub event: String,
    pub data: Value,
}

impl Listener {
    pub(super) fn new(response: reqwest::Response, secrets: Arc<Vec<String>>, tickets: Tickets) -> Self {
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("content-type"), Some("text/event-stream"));
        assert_eq!(header("cache-control"), Some("no-store"));
        assert_eq!(header("x-accel-buffering"), Some("no"));
        let (text, last_id, retry_ms) = (String::new(), None, None);
        Self { response, text, last_id, retry_ms, comments: 0, secrets, tickets }
    }

    /// The next message; `None`: the stream has ended. A comment is counted, and is none.
    pub async fn next(&mut self) -> Option<Message> {
        tokio::time::timeout(PATIENCE, self.read(false)).await.expect("no message came")
    }

    /// Waits for one more comment.
    pub async fn comment(&mut self) {
        let before = self.comments;
        let read = tokio::time::timeout(PATIENCE, self.read(true)).await.expect("no comment came");
        assert!(read.is_none() && self.comments > before, "{read:?} came instead of a comment");
    }

    /// The next message of this name; others before it are passed over.
    pub async fn until(&mut self, event: &str) -> Message {
        loop {
            let message = self.next().await.unwrap_or_else(|| panic!("the stream ended before {event}"));
            if message.event == event {
                return message;
            }
        }
    }

    /// Everything up to its end.
    pub async fn rest(&mut self) -> Vec<Message> {
        let mut all = Vec::new();
        while let Some(message) = self.next().await {
            all.push(message);
        }
        all
    }

    async fn read(&mut self, until_comment: bool) -> Option<Message> {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let comments = self.comments;
                if let Some(message) = self.block(&block) {
                    return Some(message);
                }
                if until_comment && self.comments > comments {
                    return None;
                }
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            let text = std::str::from_utf8(&chunk).unwrap();
            for secret in self.secrets.iter() {
                assert!(!text.contains(secret.as_str()), "a stream holds a secret");
            }
            for ticket in self.tickets.lock().unwrap().iter() {
                assert!(!text.contains(ticket.as_str()), "a stream holds a ticket");
            }
            self.text.push_str(text);
        }
    }

    fn block(&mut self, block: &str) -> Option<Message> {
        let (mut id, mut event, mut data) = (None, None, None);
        for line in block.lines().filter(|line| !line.is_empty()) {
            match line.split_once(": ").unwrap_or((line, "")) {
                ("id", value) => id = Some(value.parse().unwrap()),
                ("event", value) => assert!(event.replace(value.to_owned()).is_none(), "{block}"),
                ("data", value) => assert!(data.replace(value.to_owned()).is_none(), "{block}"),
                ("retry", value) => self.retry_ms = Some(value.parse().unwrap()),
                (":", "") => self.comments += 1,
                _ => panic!("no line of ours: {line}"),
            }
        }
        let data: Value = serde_json::from_str(&data?).unwrap();
        let event = event.unwrap();
        assert_eq!(data["type"], event.as_str());
        if let Some(id) = id {
            self.last_id = Some(format!("{id}"));
        }
        Some(Message { id, event, data })
    }
}
