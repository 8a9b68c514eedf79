//! Tickets: what a browser's `EventSource`, which can send no token, opens a stream with.
//!
//! A ticket stands in a URL, and URLs are copied into places that nobody thinks of. So it is sealed (it names nobody), it
//! opens one stream and nothing else, it must be used first within a minute, and it ends with the proof that it was
//! given for. It works after a restart and at every gateway on the same store, whose key seals it.
//!
//! ```
//! use astria_gateway::clock::Timestamp;
//! use astria_gateway::principal::EndUserId;
//! use astria_gateway::streams::{Holder, Ticket, Tickets};
//!
//! let tickets = Tickets::new(&[7; 32]).unwrap();
//! let end_user = EndUserId { issuer: "https://id.example".into(), subject: "ann".into() };
//! let at = Timestamp::from_unix_s;
//! let ticket = Ticket {
//!     stream: [1; 16],
//!     end_user,
//!     holder: Holder::EndUser { plan: None, tenant: None },
//!     opens_until: at(1_800_000_060),
//!     expires_at: at(1_800_003_600),
//! };
//! let text = tickets.seal(&ticket).unwrap();
//! assert_eq!(tickets.open(&text, at(1_800_000_000)), Some(ticket));
//! assert_eq!(tickets.open(&text, at(1_800_003_600)), None);
//! ```
//!
//! What it does *not* do: whether its stream was opened before, the store knows; whether its end user is welcome, the
//! edge asks each time.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::hub::StreamId;
use crate::clock::Timestamp;
use crate::principal::EndUserId;

/// Names of end users are short; nobody needs longer tickets than these make.
const MAX_CHARS: usize = 8 * 1024;
/// What is sealed here, and in which form.
const PURPOSE: &[u8] = b"events-ticket/1";

/// What a ticket says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The one stream that it opens.
    pub stream: StreamId,
    /// Whose events these are.
    pub end_user: EndUserId,
    /// Who proved that they may see them, and how.
    pub holder: Holder,
    /// It must be used first before this.
    pub opens_until: Timestamp,
    /// It opens nothing from here on.
    pub expires_at: Timestamp,
}

/// What stands behind a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A verified token.
    EndUser {
        /// The plan that it claims.
        plan: Option<Arc<str>>,
        /// The tenant that it claims.
        tenant: Option<Arc<str>>,
    },
    /// The service key of this name. What it means is in config, also later.
    Service {
        /// In config.
        key_name: Arc<str>,
    },
}

impl Ticket {
    /// What the store knows its stream by: whoever reads the store can make no ticket of it anyway, and learns nothing.
    pub fn stream_hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        for (to, from) in hash.iter_mut().zip(digest(&SHA256, &self.stream).as_ref()) {
            *to = *from;
        }
        hash
    }
}

/// The same in JSON, in few letters: it becomes a URL.
#[derive(Serialize, Deserialize)]
struct Said<'a> {
    d: StreamId,
    i: &'a str,
    s: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<&'a str>,
    o: u64,
    e: u64,
}

/// Seals tickets, and opens them again.
pub struct Tickets(RandomizedNonceKey);

impl Tickets {
    /// With this key, which serves nothing else.
    ///
    /// # Errors
    /// The library does not take it.
    pub fn new(key: &[u8; 32]) -> Result<Self, Unspecified> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self)
    }

    /// As a browser sends it back: letters, digits, `-` and `_`.
    ///
    /// # Errors
    /// The machine gives no random numbers.
    pub fn seal(&self, ticket: &Ticket) -> Result<String, Unspecified> {
        let (plan, tenant, key_name) = match &ticket.holder {
            Holder::EndUser { plan, tenant } => (plan.as_deref(), tenant.as_deref(), None),
            Holder::Service { key_name } => (None, None, Some(&**key_name)),
        };
        let said = Said {
            d: ticket.stream,
            i: &ticket.end_user.issuer,
            s: &ticket.end_user.subject,
            p: plan,
            t: tenant,
            k: key_name,
            o: ticket.opens_until.unix_ms(),
            e: ticket.expires_at.unix_ms(),
        };
        let mut sealed = serde_json::to_vec(&said).map_err(|_| Unspecified)?;
        let nonce = self.0.seal_in_place_append_tag(Aad::from(PURPOSE), &mut sealed)?;
        let mut bytes = nonce.as_ref().to_vec();
        bytes.append(&mut sealed);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a ticket of ours says that has not expired. `None` never tells which of these failed.
    pub fn open(&self, text: &str, now: Timestamp) -> Option<Ticket> {
        if text.len() > MAX_CHARS {
            return None;
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.0.open_in_place(nonce, Aad::from(PURPOSE), sealed).ok()?;
        // A text with an escape cannot be borrowed.
        let said: serde_json::Value = serde_json::from_slice(opened).ok()?;
        let text = |name: &str| said.get(name).and_then(serde_json::Value::as_str).map(Arc::<str>::from);
        let time =
            |name: &str| said.get(name).and_then(serde_json::Value::as_u64).map(Timestamp::from_unix_ms);
        let holder = match text("k") {
            Some(key_name) => Holder::Service { key_name },
            None => Holder::EndUser { plan: text("p"), tenant: text("t") },
        };
        let ticket = Ticket {
            stream: serde_json::from_value(said.get("d")?.clone()).ok()?,
            end_user: EndUserId { issuer: text("i")?, subject: text("s")? },
            holder,
            opens_until: time("o")?,
            expires_at: time("e")?,
        };
        (now < ticket.expires_at).then_some(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(holder: Holder) -> Ticket {
        Ticket {
            stream: [9; 16],
            end_user: EndUserId { issuer: "https://issuer.test".into(), subject: "an \"n\u{e9}".into() },
            holder,
            opens_until: Timestamp::from_unix_s(60),
            expires_at: Timestamp::from_unix_s(3600),
        }
    }

    #[test]
    fn what_was_sealed_is_opened_until_it_expires_and_names_nobody() {
        let tickets = Tickets::new(&[7; 32]).unwrap();
        let of_user = Holder::EndUser { plan: Some("pro".into()), tenant: Some("acme".into()) };
        for holder in [of_user, Holder::Service { key_name: "app".into() }] {
            let ticket = ticket(holder);
            let (one, two) = (tickets.seal(&ticket).unwrap(), tickets.seal(&ticket).unwrap());
            assert_ne!(one, two);
            assert_eq!(tickets.open(&one, Timestamp::from_unix_s(3599)), Some(ticket.clone()));
            assert_eq!(tickets.open(&one, Timestamp::from_unix_s(3600)), None);
            let bytes = URL_SAFE_NO_PAD.decode(&one).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains("issuer"));
        }
    }

    #[test]
    fn every_changed_character_and_every_other_key_opens_nothing() {
        let tickets = Tickets::new(&[7; 32]).unwrap();
        let text = tickets.seal(&ticket(Holder::Service { key_name: "app".into() })).unwrap();
        let now = Timestamp::from_unix_s(1);
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(tickets.open(std::str::from_utf8(&changed).unwrap(), now), None, "{at}");
            assert_eq!(tickets.open(&text[..at], now), None, "{at}");
        }
        assert_eq!(Tickets::new(&[8; 32]).unwrap().open(&text, now), None);
        assert_eq!(tickets.open(&format!("{text}="), now), None);
    }
}
