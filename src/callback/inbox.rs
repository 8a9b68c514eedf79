//! What a callback does: it says which objects should be looked at now.
//!
//! Astria's word is a hint and no more: whoever knows a leaked address must not be able to forge a result. So a callback
//! changes nothing but *when* its objects are looked at, in one durable write before it is answered; what they are is
//! Astria's answer to that look. One that comes before its create's reply waits for it, and a repeated one finds nothing
//! left to do.

use futures_util::future::BoxFuture;

use super::token::CallbackToken;
use crate::clock::Timestamp;
use crate::ownership::{IndexError, ObjectId};

/// A verified callback.
#[derive(Clone, Debug)]
pub struct Callback {
    /// What its address proves.
    pub token: CallbackToken,
    /// Which objects its body names, if it names any.
    pub objects: Vec<ObjectId>,
    /// When it came.
    pub at: Timestamp,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Its objects are looked at at once.
    Due,
    /// Nobody knows its objects yet: the create's own reply is still to come, or is looked for.
    Early,
    /// All that it could tell of has ended.
    Repeated,
    /// It names objects that are not its create's.
    WrongObject,
    /// Nobody knows the create any more.
    Unknown,
}

impl Received {
    /// Every outcome.
    pub const ALL: [Self; 5] = [Self::Due, Self::Early, Self::Repeated, Self::WrongObject, Self::Unknown];

    /// One word, stable: a metric's label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Early => "early",
            Self::Repeated => "repeated",
            Self::WrongObject => "wrong_object",
            Self::Unknown => "unknown",
        }
    }
}

/// The durable record of callbacks that came.
pub trait Inbox: Send + Sync + 'static {
    /// Notes a callback. It is durable when this returns.
    ///
    /// Cancel safe: it is noted or not.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]: it was not noted, or nobody knows.
    fn receive(&self, callback: Callback) -> BoxFuture<'_, Result<Received, IndexError>>;

    /// Forgets callbacks that came before this moment: their addresses do not work any more. Gives how many.
    ///
    /// # Errors
    /// [`IndexError::Unavailable`]
    fn forget_callbacks(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, IndexError>>;
}
