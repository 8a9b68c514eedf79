//! How a call to Astria fails, and whether the failed call may have cost money.

use serde_json::{Map, Value};
use thiserror::Error;

use crate::operation::Operation;

/// May this failed call have cost money?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// Certainly not: no byte was sent, or Astria refused definitely.
    No,
    /// Certainly.
    Yes,
    /// Nobody knows yet: the reservation stays until somebody finds out.
    Unknown,
}

impl Spent {
    /// The word in Problems and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        }
    }
}

/// Why the gateway does not ask Astria for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PauseReason {
    /// Call after call failed.
    Failing,
    /// 401.
    CredentialRejected,
    /// 402.
    AccountExhausted,
}

impl PauseReason {
    /// The word in metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::CredentialRejected => "credential_rejected",
            Self::AccountExhausted => "account_exhausted",
        }
    }
}

/// What can go wrong between the gateway and Astria. Facts only; `Display` holds no upstream text.
#[derive(Clone, Debug, Error)]
pub enum UpstreamError {
    /// No connection: nothing was sent.
    #[error("the upstream cannot be reached")]
    Unreachable,
    /// The deadline passed after the request was sent, or Astria answered 504.
    #[error("the upstream did not answer in time")]
    TimedOut,
    /// The connection broke, or what came was no HTTP reply.
    #[error("the upstream's reply was cut")]
    Cut,
    /// 429, or the pause that an earlier 429 asked for.
    #[error("the upstream asks to slow down")]
    Busy {
        /// Seconds to wait, at least 1.
        retry_after_s: u64,
    },
    /// The breaker is open: nothing was sent.
    #[error("the upstream is not asked for now: {}", reason.name())]
    Paused {
        /// Seconds to wait, at least 1.
        retry_after_s: u64,
        /// Why.
        reason: PauseReason,
    },
    /// Every place in flight and in the queue is taken: nothing was sent.
    #[error("too many calls to the upstream are waiting")]
    Overloaded {
        /// Seconds to wait, at least 1.
        retry_after_s: u64,
    },
    /// 401 or 403: our key or workspace.
    #[error("the upstream rejects the operator's credential")]
    CredentialRejected,
    /// 402: the operator's account may not pay.
    #[error("the operator's account is exhausted")]
    AccountExhausted,
    /// 426.
    #[error("the upstream finds this client outdated")]
    Outdated,
    /// 404.
    #[error("the upstream knows no such object")]
    NotFound,
    /// 422: what the end user must mend.
    #[error("the upstream found the request invalid")]
    Invalid(Messages),
    /// 400: such as an offset too deep.
    #[error("the upstream refused the request")]
    Refused(Messages),
    /// 5xx other than 504.
    #[error("the upstream failed with status {status}")]
    Failed {
        /// Its status.
        status: u16,
    },
    /// A status that no documented behaviour explains: 1xx, 3xx, another 4xx.
    #[error("the upstream answered with unexpected status {status}")]
    Unexpected {
        /// Its status.
        status: u16,
    },
    /// A success whose body is not the documented JSON.
    #[error("the upstream's reply is not readable")]
    Unreadable,
    /// The body is larger than `upstream.max_reply_bytes`.
    #[error("the upstream's reply is too large")]
    TooLarge,
    /// The reply holds our own API key: nothing of it may go on.
    #[error("the upstream's reply holds a secret of ours")]
    SecretEchoed,
}

impl UpstreamError {
    /// Whether this failure of this operation may have cost money.
    pub const fn spent(&self, operation: Operation) -> Spent {
        if !operation.creates_cost() {
            return Spent::No;
        }
        match self {
            Self::Unreachable
            | Self::Busy { .. }
            | Self::Paused { .. }
            | Self::Overloaded { .. }
            | Self::CredentialRejected
            | Self::AccountExhausted
            | Self::Outdated
            | Self::NotFound
            | Self::Invalid(_)
            | Self::Refused(_) => Spent::No,
            Self::Unexpected { status } if *status >= 400 && *status < 500 => Spent::No,
            Self::TimedOut
            | Self::Cut
            | Self::Failed { .. }
            | Self::Unexpected { .. }
            | Self::Unreadable
            | Self::TooLarge
            | Self::SecretEchoed => Spent::Unknown,
        }
    }

    /// The outcome's name in metrics and logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Cut => "cut",
            Self::Busy { .. } => "busy",
            Self::Paused { .. } => "paused",
            Self::Overloaded { .. } => "overloaded",
            Self::CredentialRejected => "credential_rejected",
            Self::AccountExhausted => "account_exhausted",
            Self::Outdated => "outdated",
            Self::NotFound => "not_found",
            Self::Invalid(_) => "invalid",
            Self::Refused(_) => "refused",
            Self::Failed { .. } => "failed",
            Self::Unexpected { .. } => "unexpected",
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too_large",
            Self::SecretEchoed => "secret_echoed",
        }
    }
}

/// The validation messages of a 422 or 400: Astria's own members, text only and bounded.
///
/// Astria sends `{"error": "…"}` or `{"field": ["message"], "base": ["…"]}` (its API overview, read
/// 2026-11-21); whatever else a body holds is dropped here. Nothing is read of a framework's debug page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages(Vec<(String, Vec<String>)>);

/// What a debug page in JSON has and no validation message is called.
/// Source: Rails 7.2, `ActionDispatch::DebugExceptions#render_for_api_request` (read 2026-11-21).
const DEBUG_MEMBERS: [&str; 2] = ["exception", "traces"];
const MAX_MEMBERS: usize = 32;
const MAX_MESSAGES: usize = 16;
const MAX_TEXT_CHARS: usize = 500;

impl Messages {
    /// Reads a reply's body; empty when it is not such an object.
    pub fn parse(body: &[u8]) -> Self {
        let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        if DEBUG_MEMBERS.iter().any(|name| members.contains_key(*name)) {
            return Self::default();
        }
        Self::from_members(members)
    }

    fn from_members(members: Map<String, Value>) -> Self {
        let plain = |name: &str| {
            !name.is_empty()
                && name.len() <= 64
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.[]".contains(&b))
        };
        let messages = members
            .into_iter()
            .filter(|(name, _)| plain(name))
            .filter_map(|(name, value)| {
                let texts: Vec<String> = match value {
                    Value::String(text) => vec![cut(&text)],
                    Value::Array(list) => {
                        list.iter().filter_map(Value::as_str).take(MAX_MESSAGES).map(cut).collect()
                    }
                    _ => Vec::new(),
                };
                (!texts.is_empty()).then_some((name, texts))
            })
            .take(MAX_MEMBERS)
            .collect();
        Self(messages)
    }

    /// (field, messages), in Astria's order; the fields `error`, `message` and `base` are about the whole.
    pub fn fields(&self) -> &[(String, Vec<String>)] {
        &self.0
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_TEXT_CHARS).collect()
}
