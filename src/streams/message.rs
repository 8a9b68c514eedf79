//! How events look on the wire.
//!
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html> (read 2026-11-22).

use std::fmt::Write as _;

/// A line that clients pass over: it shows them, and whatever stands between, that the connection lives.
pub const COMMENT: &[u8] = b":\n\n";

/// How long a client should wait before it comes back, in milliseconds.
pub fn retry(after_ms: u64) -> String {
    format!("retry: {after_ms}\n\n")
}

/// One event.
pub struct Message<'a> {
    /// What a client names when it comes back.
    pub id: Option<u64>,
    /// Its name.
    pub event: &'a str,
    /// JSON.
    pub data: &'a str,
}

impl Message<'_> {
    /// Appends it to what is sent.
    pub fn write(&self, to: &mut String) {
        // Writing to a String cannot fail.
        if let Some(id) = self.id {
            let _ = writeln!(to, "id: {id}");
        }
        let _ = write!(to, "event: {}\ndata: ", self.event);
        // Astria's members are shown as they came. Within JSON's texts there is no bare line break, and between its
        // words any white space means the same; here one would end the line.
        to.extend(self.data.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
        to.push_str("\n\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(id: Option<u64>, data: &str) -> String {
        let mut text = String::new();
        Message { id, event: "prompt.finished", data }.write(&mut text);
        text
    }

    #[test]
    fn a_message_is_an_id_a_name_and_one_line_of_data() {
        assert_eq!(written(Some(7), "{}"), "id: 7\nevent: prompt.finished\ndata: {}\n\n");
        assert_eq!(written(None, "{}"), "event: prompt.finished\ndata: {}\n\n");
        assert_eq!(written(None, "{\r\n\"a\":\n1}"), "event: prompt.finished\ndata: {  \"a\": 1}\n\n");
    }
}
