//! How the callbacks of what one create makes are sent: once and at once, or as a fault wants it.
//!
//! A create hands its [`Calling`] to every object that it makes, and each object passes its callbacks through it when it is
//! done. Nothing is sent here: see [`crate::callback`].

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::callback::Callback;
use crate::faults::Fault;

const MAX_DELAY: Duration = Duration::from_secs(600);
const MAX_COPIES: usize = 100;

/// How an object's callbacks are sent.
#[derive(Clone, Default)]
pub(crate) enum Calling {
    /// When it is done.
    #[default]
    Once,
    Never,
    /// That much after it is done.
    Later(Duration),
    /// When it is done, so many times in parallel.
    Times(usize),
    /// When everything that the create made is done: what was made last comes first.
    Reversed(Arc<Made>),
    /// Before the create's reply: what it made is done at once.
    BeforeReply(Arc<Made>),
}

/// What one create has made.
#[derive(Default)]
pub(crate) struct Made(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Oldest first.
    ids: Vec<u64>,
    done: usize,
    held: Vec<Callback>,
}

/// Callbacks that are due, and how they go.
#[derive(Default)]
pub(crate) struct Due {
    pub(crate) callbacks: Vec<Callback>,
    pub(crate) pause: Duration,
    /// All in parallel; else one after the other.
    pub(crate) in_parallel: bool,
}

impl Calling {
    /// What the fault that a request hits makes of its callbacks.
    pub(crate) fn of(fault: Option<Fault>) -> Self {
        match fault {
            Some(Fault::NoCallback) => Self::Never,
            Some(Fault::DelayCallback(pause)) => Self::Later(pause.min(MAX_DELAY)),
            Some(Fault::DoubleCallback { copies }) => Self::Times(copies.min(MAX_COPIES)),
            Some(Fault::ReorderCallbacks) => Self::Reversed(Arc::default()),
            Some(Fault::CallbackBeforeReply) => Self::BeforeReply(Arc::default()),
            _ => Self::Once,
        }
    }

    /// Hears of an object before its time runs; `false`: its time does not run, the create finishes it.
    pub(crate) fn starts(&self, id: u64) -> bool {
        if let Self::Reversed(made) | Self::BeforeReply(made) = self {
            made.lock().ids.push(id);
        }
        !matches!(self, Self::BeforeReply(_))
    }

    /// What the create must finish before it replies, oldest first.
    pub(crate) fn before_reply(&self) -> Vec<u64> {
        match self {
            Self::BeforeReply(made) => made.lock().ids.clone(),
            _ => Vec::new(),
        }
    }

    /// Takes the callbacks of an object that is done; returns those to send now.
    pub(crate) fn pass(&self, callbacks: Vec<Callback>) -> Due {
        let as_usual = Due { callbacks, ..Due::default() };
        match self {
            Self::Once | Self::BeforeReply(_) => as_usual,
            Self::Never => Due::default(),
            Self::Later(pause) => Due { pause: *pause, ..as_usual },
            Self::Times(copies) => Due {
                callbacks: std::iter::repeat_n(as_usual.callbacks, *copies).flatten().collect(),
                in_parallel: true,
                ..Due::default()
            },
            Self::Reversed(made) => Due { callbacks: made.release(as_usual.callbacks), ..Due::default() },
        }
    }
}

impl Made {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds callbacks back until the last object is done. What vanishes unfinished is waited for for ever.
    fn release(&self, callbacks: Vec<Callback>) -> Vec<Callback> {
        let mut inner = self.lock();
        inner.held.extend(callbacks);
        inner.done += 1;
        if inner.done < inner.ids.len() {
            return Vec::new();
        }
        let mut all = std::mem::take(&mut inner.held);
        // By what they are about, since objects that take no time are done in any order.
        all.sort_by_key(|callback| Reverse(callback.about));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::Calling;
    use crate::callback::{About, Callback};
    use crate::faults::Fault;
    use serde_json::Value;

    fn callback(about: About) -> Callback {
        Callback { url: String::new(), body: Value::Null, about }
    }

    #[test]
    fn held_callbacks_go_in_reverse_when_the_last_object_is_done() {
        let calling = Calling::of(Some(Fault::ReorderCallbacks));
        assert!([1, 8, 9].into_iter().all(|id| calling.starts(id)));

        assert!(calling.pass(vec![callback(About::Object(8))]).callbacks.is_empty());
        assert!(calling.pass(vec![callback(About::Object(1))]).callbacks.is_empty());
        let due = calling.pass(vec![callback(About::Object(9)), callback(About::Set)]).callbacks;

        let order: Vec<About> = due.iter().map(|callback| callback.about).collect();
        assert_eq!(order, [About::Set, About::Object(9), About::Object(8), About::Object(1)]);
    }

    #[test]
    fn copies_are_bounded() {
        let calling = Calling::of(Some(Fault::DoubleCallback { copies: usize::MAX }));

        assert_eq!(calling.pass(vec![callback(About::Set)]).callbacks.len(), super::MAX_COPIES);
    }
}
