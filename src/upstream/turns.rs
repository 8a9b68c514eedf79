//! Whose turn it is: the book-keeping of places and lines, without any waiting in it.
//!
//! One line an end user and class; the lines of a class are served in rotation, and the two classes take turns
//! as long as both may go on.

use std::collections::{HashMap, VecDeque};

use tokio::sync::oneshot;

use super::fair_share::ShareLimits;
use crate::operation::Operation;

/// Which places a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Makes something and may be slow: only some of the places.
    Create,
    /// Inspections and reads: every place.
    Other,
}

impl Class {
    /// The class of an operation.
    pub const fn of(operation: Operation) -> Self {
        match operation {
            Operation::InspectImage => Self::Other,
            other if other.creates_cost() => Self::Create,
            _ => Self::Other,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Create => Self::Other,
            Self::Other => Self::Create,
        }
    }
}

/// What came of asking for a place.
pub(super) enum Entered {
    /// Taken at once.
    Free,
    /// No place now, but a place in the queue.
    Waiting {
        /// Which one.
        id: u64,
        /// Resolves when a place is given.
        granted: oneshot::Receiver<()>,
    },
    /// The queue is full too.
    Full,
}

struct Waiter {
    id: u64,
    granted: oneshot::Sender<()>,
}

/// The end users of one class who wait.
#[derive(Default)]
struct Lines {
    /// Each end user with a line once, in the order of turns.
    rotation: VecDeque<u64>,
    by_user: HashMap<u64, VecDeque<Waiter>>,
}

impl Lines {
    fn pop(&mut self) -> Option<Waiter> {
        let user = self.rotation.pop_front()?;
        let line = self.by_user.get_mut(&user)?;
        let waiter = line.pop_front();
        if line.is_empty() {
            self.by_user.remove(&user);
        } else {
            self.rotation.push_back(user);
        }
        waiter
    }
}

/// See the module.
pub(super) struct Turns {
    pub(super) limits: ShareLimits,
    pub(super) in_flight: usize,
    pub(super) creates: usize,
    pub(super) queued: usize,
    creates_wait: Lines,
    others_wait: Lines,
    /// Which class has the next turn, if both may go on.
    next_class: Class,
    last_id: u64,
}

impl Turns {
    pub(super) fn new(limits: ShareLimits) -> Self {
        Self {
            limits,
            in_flight: 0,
            creates: 0,
            queued: 0,
            creates_wait: Lines::default(),
            others_wait: Lines::default(),
            next_class: Class::Other,
            last_id: 0,
        }
    }

    /// As long as there is a place for a class, nobody of that class waits: see [`Turns::next`].
    const fn has_place(&self, class: Class) -> bool {
        let below = self.in_flight < self.limits.max_in_flight;
        match class {
            Class::Create => below && self.creates < self.limits.max_in_flight_creates,
            Class::Other => below,
        }
    }

    const fn take_place(&mut self, class: Class) {
        self.in_flight += 1;
        if matches!(class, Class::Create) {
            self.creates += 1;
        }
    }

    pub(super) const fn leave_place(&mut self, class: Class) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if matches!(class, Class::Create) {
            self.creates = self.creates.saturating_sub(1);
        }
    }

    const fn lines(&mut self, class: Class) -> &mut Lines {
        match class {
            Class::Create => &mut self.creates_wait,
            Class::Other => &mut self.others_wait,
        }
    }

    pub(super) fn enter(&mut self, user: u64, class: Class) -> Entered {
        if self.has_place(class) {
            self.take_place(class);
            return Entered::Free;
        }
        let ShareLimits { max_queue, max_queue_per_user, .. } = self.limits;
        if self.queued >= max_queue {
            return Entered::Full;
        }
        // The gateway's own calls (user 0) are few: one fetch a pack list, one poll a job.
        let waits = |lines: &Lines| lines.by_user.get(&user).map_or(0, VecDeque::len);
        if user != 0 && waits(&self.creates_wait) + waits(&self.others_wait) >= max_queue_per_user {
            return Entered::Full;
        }
        self.last_id += 1;
        self.queued += 1;
        let (id, (granted, receiver)) = (self.last_id, oneshot::channel());
        let lines = self.lines(class);
        let line = lines.by_user.entry(user).or_default();
        if line.is_empty() {
            lines.rotation.push_back(user);
        }
        line.push_back(Waiter { id, granted });
        Entered::Waiting { id, granted: receiver }
    }

    /// Takes a place for whoever has the next turn, if there is a place and somebody waits for it.
    pub(super) fn next(&mut self) -> Option<(Class, oneshot::Sender<()>)> {
        for class in [self.next_class, self.next_class.other()] {
            if self.has_place(class)
                && let Some(waiter) = self.lines(class).pop()
            {
                self.queued -= 1;
                self.take_place(class);
                self.next_class = class.other();
                return Some((class, waiter.granted));
            }
        }
        None
    }

    pub(super) fn leave_queue(&mut self, user: u64, class: Class, id: u64) {
        let lines = self.lines(class);
        let Some(line) = lines.by_user.get_mut(&user) else { return };
        let before = line.len();
        line.retain(|waiter| waiter.id != id);
        let left = before - line.len();
        if line.is_empty() {
            lines.by_user.remove(&user);
            lines.rotation.retain(|waits| *waits != user);
        }
        self.queued -= left;
    }
}
