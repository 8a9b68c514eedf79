//! The proofs that an end user may touch an upstream object.
//!
//! What takes `Owned<PromptId>` cannot be called without a look-up in the index, because nothing outside this
//! module can make one; and a call to Astria that names an object takes a proof, not a number.
//!
//! What it does *not* do: it does not follow later changes; ask again for each request.

use std::sync::Arc;

use crate::ids::{PromptId, TuneId};

/// The upstream account that an object belongs to, by its name in config.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountKey(Arc<str>);

impl AccountKey {
    /// The account of this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name in config.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// This end user may touch this upstream object.
///
/// Only the ownership index makes one:
///
/// ```compile_fail
/// use astria_gateway::ids::PromptId;
/// use astria_gateway::ownership::Owned;
/// let forged = Owned { id: PromptId::from_u64(1), is_free: false };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owned<T> {
    id: T,
    is_free: bool,
}

impl<T: Copy> Owned<T> {
    /// The object's id.
    pub const fn id(&self) -> T {
        self.id
    }

    /// Whether what is made of it is free: a tune of the branch `fast`, or a prompt that was made on one.
    pub const fn is_free(&self) -> bool {
        self.is_free
    }
}

impl Owned<TuneId> {
    pub(super) const fn of_tune(id: TuneId, is_free: bool) -> Self {
        Self { id, is_free }
    }
}

impl Owned<PromptId> {
    pub(super) const fn of_prompt(id: PromptId, is_free: bool) -> Self {
        Self { id, is_free }
    }
}

/// A tune that this end user may use: prompt on it, load it in a text, train on top of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Usable {
    /// Their own.
    Owned(Owned<TuneId>),
    /// One that the operator shares with everybody: usable, never owned.
    Shared(SharedTune),
}

impl Usable {
    /// The tune's id.
    pub const fn id(&self) -> TuneId {
        match self {
            Self::Owned(owned) => owned.id(),
            Self::Shared(shared) => shared.0,
        }
    }

    /// Whether what is made on it is free.
    pub const fn is_free(&self) -> bool {
        match self {
            Self::Owned(owned) => owned.is_free(),
            Self::Shared(_) => false,
        }
    }
}

/// An object of either kind that this end user may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OwnedObject {
    /// A tune.
    Tune(Owned<TuneId>),
    /// A prompt.
    Prompt(Owned<PromptId>),
}

/// A tune of the operator's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SharedTune(TuneId);

impl SharedTune {
    pub(super) const fn new(id: TuneId) -> Self {
        Self(id)
    }

    /// Its id.
    pub const fn id(self) -> TuneId {
        self.0
    }
}
