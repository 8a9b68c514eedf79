//! One stream: woken, it asks the record what is new and hands it on when its client has room.
//!
//! The connection asks for the next piece when it has sent the one before, so a client that does not read is not looked
//! after at all: `serve` cuts it after `server.write_timeout_ms`, and it resumes where it was.

use std::hash::BuildHasher as _;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::unfold;
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::time::{Instant, sleep_until};

use super::shown::{object_event, quotas_changed};
use crate::call::{Call, Caller, Listener, Proof};
use crate::clock::Timestamp;
use crate::events::{EventLog as _, Kept};
use crate::guests::GuestId;
use crate::handlers::account::quotas;
use crate::handlers::view_on;
use crate::middleware::authenticate::caller;
use crate::principal::{EndUserId, Principal};
use crate::problem::Problem;
use crate::quota::QuotaState;
use crate::reply;
use crate::state::AppState;
use crate::streams::{COMMENT, Ending, Message, Seat, Wake, retry};
use crate::upstream::UpstreamError;

/// Events of one piece: what a client that stops reading leaves in memory.
const PAGE: u32 = 20;
/// Between two messages on quotas.
const QUOTAS_EVERY: Duration = Duration::from_secs(1);
/// Before the record is asked again that could not be.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// A client comes back after this, and up to half as much more by chance: so that those of a gateway that stopped do not
/// all come at once.
const RETRY_MS: u64 = 2000;

/// See the module.
pub(super) struct EventStream {
    state: AppState,
    caller: Caller,
    who: EndUserId,
    seat: Seat,
    /// When its client's proof ends.
    ends_at: Timestamp,
    /// Up to here everything was sent.
    sent: u64,
    /// There may be events.
    is_stirred: bool,
    not_before: Instant,
    quotas: Option<Vec<QuotaState>>,
    are_quotas_due: bool,
    quotas_not_before: Instant,
    heartbeat: Duration,
    last_said: Instant,
    opening: String,
    is_over: bool,
    /// Whether the session that opened it goes on must be asked.
    is_proof_due: bool,
}

impl EventStream {
    /// Begins after this event, or now.
    ///
    /// # Errors
    /// `store_unavailable`: nobody could say where it begins.
    ///
    /// Cancel safe.
    pub(super) async fn open(
        call: Call<Listener>,
        who: EndUserId,
        seat: Seat,
        after: Option<u64>,
    ) -> Result<Self, Problem> {
        let Call { state, facts, who: Listener { caller, ticket }, .. } = call;
        // A client's leaving is how a stream ends.
        facts.set_endless();
        let for_now = || state.clock.now().plus(Duration::from_secs(state.config.events.max_stream_s));
        let ends_at = match (&ticket, &caller.principal) {
            (Some(ticket), _) => ticket.expires_at,
            (None, Principal::EndUser(user)) => user.expires_at,
            (None, Principal::Service(_) | Principal::Guest(_)) => for_now(),
        };
        let (number, limit) = after.map_or((0, 0), |after| (after, PAGE));
        let kept = state.store.events_after(&who, &caller.account.key, number, limit).await?;
        let now = Instant::now();
        let mut stream = Self {
            heartbeat: Duration::from_secs(state.config.events.heartbeat_s),
            ends_at,
            sent: if after.is_some() { kept.through } else { kept.last },
            is_stirred: after.is_some() && kept.through < kept.last,
            not_before: now,
            quotas: None,
            are_quotas_due: true,
            quotas_not_before: now,
            last_said: now,
            opening: String::new(),
            is_over: false,
            is_proof_due: false,
            state,
            caller,
            who,
            seat,
        };
        let seed = stream.state.log_key.hash_one(facts.id.as_str());
        let mut opening = retry(RETRY_MS + seed % (RETRY_MS / 2));
        let begin = match after {
            None => kept.last,
            Some(_) if kept.is_gap => 0,
            Some(after) => after,
        };
        stream.say(&mut opening, Some(begin), "stream.open", r#"{"type":"stream.open"}"#);
        if after.is_some() {
            stream.tell(&mut opening, &kept);
        }
        stream.opening = opening;
        Ok(stream)
    }

    /// For the connection.
    pub(super) fn into_body(self) -> reply::Stream {
        let pieces = unfold(self, |mut stream| async move {
            let piece = stream.next().await?;
            Some((Ok::<_, UpstreamError>(Frame::data(piece)), stream))
        });
        Box::pin(StreamBody::new(pieces))
    }

    /// What is sent next; `None`: it is over.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let piece = self.piece().await;
        self.last_said = Instant::now();
        Some(piece)
    }

    async fn piece(&mut self) -> Bytes {
        if !self.opening.is_empty() {
            return std::mem::take(&mut self.opening).into();
        }
        loop {
            if let Some(ending) = self.look() {
                return self.end(ending);
            }
            if std::mem::take(&mut self.is_proof_due) && self.has_ended().await {
                return self.end(Ending::SignedOut);
            }
            let now = Instant::now();
            if self.is_stirred
                && now >= self.not_before
                && let Some(piece) = self.events().await
            {
                return piece;
            }
            if self.are_quotas_due
                && now >= self.quotas_not_before
                && let Some(piece) = self.changed_quotas().await
            {
                return piece;
            }
            let heartbeat_at = self.last_said + self.heartbeat;
            if now >= heartbeat_at {
                return Bytes::from_static(COMMENT);
            }
            tokio::select! {
                () = self.seat.rung() => {}
                () = sleep_until(self.next_look(heartbeat_at)) => {}
            }
        }
    }

    /// What woke it. Gives why it must end, if it must.
    fn look(&mut self) -> Option<Ending> {
        if let Some(ending) = self.seat.ending() {
            return Some(ending);
        }
        let wakes = self.seat.wakes();
        self.is_stirred |= wakes.has(Wake::Events);
        self.are_quotas_due |= wakes.has(Wake::Quotas);
        if wakes.has(Wake::Said) {
            self.is_proof_due = true;
            match caller(&self.state, self.caller.proven()) {
                Ok(caller) if caller.said == self.caller.said => {}
                Ok(caller) => {
                    self.caller = caller;
                    self.are_quotas_due = true;
                }
                Err(_) => return Some(Ending::Blocked),
            }
        }
        (self.state.clock.now() >= self.ends_at).then_some(Ending::TokenExpired)
    }

    /// Whether the session whose cookie opened it has ended. Who cannot ask ends it: its client comes back.
    async fn has_ended(&self) -> bool {
        let state = &self.state;
        match &self.caller.proof {
            Proof::Session(found) => {
                let rules = state.config.session_rules();
                !matches!(state.sessions.goes_on(found.hash, rules).await, Ok(Some(_)))
            }
            Proof::Guest(name) => match GuestId::parse(name) {
                Some(guest) => !matches!(state.known_guests.is_alive(&*state.store, guest).await, Ok(true)),
                None => true,
            },
            Proof::Token | Proof::Ticket | Proof::Service | Proof::Nothing => false,
        }
    }

    fn next_look(&self, heartbeat_at: Instant) -> Instant {
        let expires_at = Instant::now() + self.state.clock.now().until(self.ends_at).min(self.heartbeat);
        let mut at = heartbeat_at.min(expires_at);
        if self.is_stirred {
            at = at.min(self.not_before);
        }
        if self.are_quotas_due {
            at = at.min(self.quotas_not_before);
        }
        at
    }

    /// What came since. What cannot be read now is read later: it is not lost.
    async fn events(&mut self) -> Option<Bytes> {
        let kept = self.state.store.events_after(&self.who, &self.caller.account.key, self.sent, PAGE).await;
        let Ok(kept) = kept else {
            self.not_before = Instant::now() + AGAIN_AFTER;
            return None;
        };
        let mut piece = String::new();
        self.tell(&mut piece, &kept);
        self.sent = kept.through;
        self.is_stirred = kept.through < kept.last;
        (!piece.is_empty()).then(|| piece.into())
    }

    fn tell(&mut self, to: &mut String, kept: &Kept) {
        if kept.is_gap {
            self.say(to, None, "stream.reset", r#"{"type":"stream.reset"}"#);
        }
        let view = view_on(&self.state, &self.caller.account.key, Some(&self.who));
        for event in &kept.events {
            let name = event.kind.name(event.object.kind);
            self.say(to, Some(event.number), name, &object_event(event, &view));
        }
        // What ended was settled or given back.
        self.are_quotas_due |= !kept.events.is_empty();
    }

    /// Where the quotas stand, if that is news.
    async fn changed_quotas(&mut self) -> Option<Bytes> {
        self.are_quotas_due = false;
        self.quotas_not_before = Instant::now() + QUOTAS_EVERY;
        let Ok(now) = quotas(&self.state, &self.caller).await else {
            self.are_quotas_due = true;
            return None;
        };
        if self.quotas.as_ref() == Some(&now) {
            return None;
        }
        let mut piece = String::new();
        self.say(&mut piece, None, "quota.changed", &quotas_changed(self.state.clock.now(), &now));
        self.quotas = Some(now);
        Some(piece.into())
    }

    fn end(&mut self, ending: Ending) -> Bytes {
        self.is_over = true;
        self.state.metrics.event_stream_ended(ending.name());
        let mut piece = String::new();
        let data = format!(r#"{{"type":"stream.end","reason":"{}"}}"#, ending.name());
        self.say(&mut piece, None, "stream.end", &data);
        piece.into()
    }

    fn say(&self, to: &mut String, id: Option<u64>, event: &'static str, data: &str) {
        self.state.metrics.event_sent(event);
        Message { id, event, data }.write(to);
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        if !self.is_over {
            self.state.metrics.event_stream_ended("left");
        }
    }
}
