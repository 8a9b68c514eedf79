//! One request as one line, formatted by hand into a buffer that each thread keeps.
//!
//! A span and a generic event cost more than a cached reply does, so nothing here allocates in the steady
//! state, and the date is formatted once a second. Both formats look like the other log lines of the process.

use std::io::Write as _;

use super::AccessRecord;
use crate::config::LogFormat;
use crate::telemetry::escape::{escape, escape_at_most};

/// Of an id that a client chose.
const MAX_CLIENT_ID_BYTES: usize = 64;

/// A thread's buffer.
pub(super) struct Line {
    bytes: Vec<u8>,
    /// `2026-11-21T13:40:13`, of `stamp_s`.
    stamp: Vec<u8>,
    stamp_s: Option<u64>,
}

/// A field's name as each format begins it.
struct Key {
    text: &'static str,
    json: &'static str,
}

macro_rules! key {
    ($name:literal) => {
        Key { text: concat!(" ", $name, "="), json: concat!(",\"", $name, "\":") }
    };
}

impl Line {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), stamp: Vec::new(), stamp_s: None }
    }

    /// The line, its line feed included.
    pub(super) fn format(&mut self, format: LogFormat, record: &AccessRecord<'_>) -> &[u8] {
        self.bytes.clear();
        self.begin(format, record);
        let mut fields = Fields { out: &mut self.bytes, json: format == LogFormat::Json };
        fields.text(&key!("request_id"), record.request_id);
        fields.text(&key!("method"), record.method);
        fields.text(&key!("route"), record.route);
        fields.text(&key!("operation"), record.operation);
        fields.number(&key!("status"), record.status.into());
        fields.text(&key!("code"), record.code);
        fields.text(&key!("spent"), record.spent);
        fields.text(&key!("principal"), record.principal);
        fields.number(&key!("took_us"), micros(record.took));
        fields.number(&key!("upstream_us"), micros(record.upstream));
        fields.number(&key!("received_bytes"), record.received_bytes);
        fields.number(&key!("sent_bytes"), record.sent_bytes);
        fields.text(&key!("cache"), record.cache);
        fields.text(&key!("protocol"), record.protocol);
        if let Some(id) = record.client_request_id {
            fields.quoted(&key!("client_request_id"), |out| escape_at_most(out, id, MAX_CLIENT_ID_BYTES));
        }
        if let Some(trace) = record.trace {
            fields.quoted(&key!("trace_id"), |out| out.extend_from_slice(&trace.trace_id_hex()));
        }
        self.bytes.extend_from_slice(if format == LogFormat::Json { b"}\n" } else { b"\n" });
        &self.bytes
    }

    fn begin(&mut self, format: LogFormat, record: &AccessRecord<'_>) {
        let at_s = record.at.unix_s();
        if self.stamp_s != Some(at_s) {
            self.stamp.clear();
            let at = i64::try_from(at_s).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
            // Writing to a Vec cannot fail.
            let _ = write!(self.stamp, "{}", at.unwrap_or_default());
            self.stamp.truncate(self.stamp.len().saturating_sub(1));
            self.stamp_s = Some(at_s);
        }
        let (before, after) = match format {
            LogFormat::Text => ("", "Z  INFO astria_gateway::access: request"),
            LogFormat::Json => (
                "{\"timestamp\":\"",
                "Z\",\"level\":\"INFO\",\"message\":\"request\",\"target\":\"astria_gateway::access\"",
            ),
        };
        let out = &mut self.bytes;
        out.extend_from_slice(before.as_bytes());
        out.extend_from_slice(&self.stamp);
        let ms = record.at.unix_ms() % 1000;
        let digit = |n: u64| b'0' + u8::try_from(n % 10).unwrap_or(0);
        out.extend_from_slice(&[b'.', digit(ms / 100), digit(ms / 10), digit(ms)]);
        out.extend_from_slice(after.as_bytes());
    }
}

struct Fields<'a> {
    out: &'a mut Vec<u8>,
    json: bool,
}

impl Fields<'_> {
    fn key(&mut self, key: &Key) {
        let key = if self.json { key.json } else { key.text };
        self.out.extend_from_slice(key.as_bytes());
    }

    fn text(&mut self, key: &Key, value: &str) {
        self.quoted(key, |out| escape(out, value));
    }

    fn quoted(&mut self, key: &Key, value: impl FnOnce(&mut Vec<u8>)) {
        self.key(key);
        self.out.push(b'"');
        value(self.out);
        self.out.push(b'"');
    }

    fn number(&mut self, key: &Key, value: u64) {
        self.key(key);
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
