//! Faults on request: which of the next requests fail, and how.
//!
//! Rules are asked for in the order in which they were injected; each counts down and vanishes. What a fault does to a
//! reply stands in [`crate::app`].

use std::time::Duration;

use serde_json::Value;

/// One way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 500 with an HTML page; nothing is processed.
    Status500,
    /// 429 with `Retry-After: 1`; nothing is processed.
    Status429,
    /// 401 in plain text; nothing is processed.
    Status401,
    /// 402 with a JSON error; nothing is processed.
    Status402,
    /// 403 in plain text; nothing is processed.
    Status403,
    /// 422 with messages about two fields; nothing is processed.
    Status422,
    /// 200 with an HTML page, as a captive portal would; nothing is processed.
    Page200,
    /// Processed, then 500 with an HTML page: a crash after the commit.
    Status500AfterProcessing,
    /// Processed, then 504 with an HTML page.
    Status504AfterProcessing,
    /// Waits, then processes as usual.
    Delay(Duration),
    /// Processed; the JSON of the reply ends half-way.
    BrokenJson,
    /// Processed; the connection closes without a byte of reply.
    CutBeforeReply,
    /// Processed; the connection closes after the head and half of the body.
    CutMidReply,
    /// Processed; the API key appears in the reply's body and in a header.
    KeyInBody,
    /// Processed; more than 1 MiB of response headers.
    HugeHeaders,
    /// 302 to a path of the imitation that records who followed; nothing is processed.
    Redirect,
    /// Processed; the objects made never call back.
    NoCallback,
    /// Processed; the objects made call back that much after they are done: at most 10 minutes.
    DelayCallback(Duration),
    /// Processed; each callback comes several times, in parallel.
    DoubleCallback {
        /// How many times: 2 is twice the same; at most 100.
        copies: usize,
    },
    /// Processed; the callbacks wait until everything made is done, then come in reverse order, one after the other: that
    /// for all prompts, each prompt's from the last to the first, the tune's.
    ReorderCallbacks,
    /// Processed; everything made is done at once, and its callbacks are answered before the reply is sent.
    CallbackBeforeReply,
}

impl Fault {
    fn from_name(name: &str, delay: Duration, copies: usize) -> Option<Self> {
        Some(match name {
            "status_500" => Self::Status500,
            "status_429" => Self::Status429,
            "status_401" => Self::Status401,
            "status_402" => Self::Status402,
            "status_403" => Self::Status403,
            "status_422" => Self::Status422,
            "page_200" => Self::Page200,
            "status_500_after_processing" => Self::Status500AfterProcessing,
            "status_504_after_processing" => Self::Status504AfterProcessing,
            "delay" => Self::Delay(delay),
            "broken_json" => Self::BrokenJson,
            "cut_before_reply" => Self::CutBeforeReply,
            "cut_mid_reply" => Self::CutMidReply,
            "key_in_body" => Self::KeyInBody,
            "huge_headers" => Self::HugeHeaders,
            "redirect" => Self::Redirect,
            "no_callback" => Self::NoCallback,
            "delay_callback" => Self::DelayCallback(delay),
            "double_callback" => Self::DoubleCallback { copies },
            "reorder_callbacks" => Self::ReorderCallbacks,
            "callback_before_reply" => Self::CallbackBeforeReply,
            _ => return None,
        })
    }
}

/// Which requests fail, how often, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    /// The method on the request line; `None` is any.
    pub method: Option<String>,
    /// The undecoded path: exact, with `:name` segments, or ending in `*`; `None` is any.
    pub path: Option<String>,
    /// How many requests it hits before it vanishes.
    pub times: u64,
    /// What happens to them.
    pub fault: Fault,
}

impl FaultRule {
    /// The fault, once, on the next request.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self { method: None, path: None, times: 1, fault }
    }

    /// Only for this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = (method != "*").then(|| method.to_ascii_uppercase());
        self
    }

    /// Only for this path: exact, with `:name` segments, or ending in `*`.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.path = (path != "*").then(|| path.to_owned());
        self
    }

    /// For this many requests.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Reads a rule as the control API takes it; `None` if the fault is unknown.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let number = |key: &str| value.get(key).and_then(Value::as_u64);
        let delay_ms = number("delay_ms").or_else(|| number("ms")).unwrap_or(2_000);
        let copies = number("copies").and_then(|copies| usize::try_from(copies).ok()).unwrap_or(2);
        let fault = Fault::from_name(text("fault")?, Duration::from_millis(delay_ms), copies)?;
        let mut rule = Self::new(fault);
        rule = rule.times(number("times").unwrap_or(1));
        if let Some(method) = text("method") {
            rule = rule.method(method);
        }
        if let Some(path) = text("path") {
            rule = rule.path(path);
        }
        Some(rule)
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.path.as_deref().is_none_or(|pattern| path_matches(pattern, path))
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    if let Some(prefix) = pattern.strip_suffix('*') {
        return path.starts_with(prefix);
    }
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if wanted.starts_with(':') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

/// Takes the first rule that matches, and counts it down.
pub(crate) fn take(rules: &mut Vec<FaultRule>, method: &str, path: &str) -> Option<Fault> {
    rules.retain(|rule| rule.times > 0);
    let rule = rules.iter_mut().find(|rule| rule.matches(method, path))?;
    rule.times -= 1;
    Some(rule.fault)
}

#[cfg(test)]
mod tests {
    use super::path_matches;

    #[test]
    fn a_pattern_matches_by_segment_or_by_prefix() {
        assert!(path_matches("/tunes/:tune_id/prompts", "/tunes/7/prompts"));
        assert!(!path_matches("/tunes/:tune_id/prompts", "/tunes/7/prompts/8"));
        assert!(!path_matches("/tunes/:id", "/tunes/"));
        assert!(path_matches("/tunes*", "/tunes/7/prompts/8"));
        assert!(!path_matches("/tunes", "/tunes/7"));
    }
}
