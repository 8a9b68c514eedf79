//! The proof that an end user may touch an upstream object.
//!
//! A handler that takes `Owned<PromptId>` cannot be called without a look-up in the index, because nothing
//! outside this module can make one.
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
/// use astria_gateway::ids::{PromptId, TuneId};
/// use astria_gateway::ownership::Owned;
/// let forged = Owned { id: PromptId::from_u64(1), tune: TuneId::from_u64(1) };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owned<T> {
    id: T,
    tune: TuneId,
}

impl<T: Copy> Owned<T> {
    /// `tune` is the tune that the object belongs to.
    pub(super) const fn new(id: T, tune: TuneId) -> Self {
        Self { id, tune }
    }

    /// The object's id.
    pub const fn id(&self) -> T {
        self.id
    }
}

impl Owned<PromptId> {
    /// The tune that the prompt is of.
    pub const fn tune(&self) -> TuneId {
        self.tune
    }
}
