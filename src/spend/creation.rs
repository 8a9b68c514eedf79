//! One kind of creation: what differs between operations that cost money.

use bytes::Bytes;

use crate::call::{Caller, Facts};
use crate::callback::Slot;
use crate::ids::{ReservationId, TuneId};
use crate::money::Millicents;
use crate::operation::Operation;
use crate::ownership::{Proven, References, Seen, TitlePrefix};
use crate::params::Params;
use crate::policy::{PlanRules, PolicyError, PolicyRules};
use crate::prices::Job;
use crate::problem::Problem;
use crate::quota::{Amounts, Trail};
use crate::state::{AppState, State};
use crate::upstream::{UpstreamError, UpstreamRequest};

/// What a developer should know of the parameters that were sent.
#[derive(Debug, Default)]
pub struct Notes {
    /// Not forwarded.
    pub dropped: Vec<String>,
    /// Lowered to what the plan allows.
    pub clamped: Vec<String>,
}

/// What the upstream's reply turned out to be.
pub struct Outcome {
    /// What the client sees, in JSON.
    pub shown: Bytes,
    /// Every object that the reply reveals; all of them are the caller's, and each is booked.
    pub objects: Vec<Seen>,
    /// What Astria says that it cost, if it says so.
    pub cost_mc: Option<u64>,
    /// What was spent beside objects.
    pub beside: Amounts,
    /// Nothing is made that the reply does not reveal.
    pub is_complete: bool,
    /// `beside` has the price of all objects.
    pub is_price_whole: bool,
    /// Own tunes on which prompts will turn up that the reply does not show.
    pub awaits: Vec<TuneId>,
}

impl Outcome {
    /// Everything that was made, shown so.
    pub fn of(shown: impl Into<Bytes>, objects: Vec<Seen>) -> Self {
        Self {
            shown: shown.into(),
            objects,
            cost_mc: None,
            beside: Amounts::none(),
            is_complete: true,
            is_price_whole: false,
            awaits: Vec::new(),
        }
    }
}

/// What a request to Astria is made with.
pub struct Making<'a> {
    /// Shared by all.
    pub state: &'a AppState,
    /// Who asks.
    pub caller: &'a Caller,
    /// The proofs for everything that the request names.
    pub proven: &'a Proven,
    /// The name of this create.
    pub reservation: ReservationId,
    /// What is reserved for it; nothing while that is not decided.
    pub held: Amounts,
}

impl Making<'_> {
    /// The address that Astria calls back for one object.
    pub fn callback(&self, slot: Slot) -> String {
        self.state.callback_url(self.reservation, slot)
    }

    /// What stands before the caller's titles at Astria.
    pub fn prefix(&self) -> TitlePrefix {
        self.state.titles.of(&self.caller.account.key, self.caller.principal.id())
    }
}

/// Who asks, before anything is reserved.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// Shared by all.
    pub state: &'a AppState,
    /// What is known of the request.
    pub facts: &'a Facts,
    /// Who it is.
    pub caller: &'a Caller,
}

/// One kind of creation: what differs between operations that cost money.
pub trait Creation: Send + Sync + 'static {
    /// The request, judged: its canonical parameters and its price.
    type Judged: Send + Sync + 'static;

    /// Which operation this is.
    const OPERATION: Operation;

    /// Whether what this call made can be found again when its answer is lost. Where it cannot, an unknown
    /// outcome counts as spent, and nothing is recorded of it.
    const CAN_BE_FOUND_AGAIN: bool = true;

    /// Whether it takes many photos, which go to disk.
    const SPOOLS: bool = false;

    /// Step 2.
    ///
    /// # Errors
    /// The request is not allowed.
    fn judge(
        &self,
        params: Params,
        rules: &PolicyRules,
        plan: &PlanRules<'_>,
    ) -> Result<Self::Judged, PolicyError>;

    /// Step 3: every object that the request names.
    fn names(&self, judged: &Self::Judged) -> References;

    /// Texts into which Astria will fill a tune's characteristics, and that tune: judged again with them if it is the
    /// caller's own.
    fn templates<'a>(&self, _judged: &'a Self::Judged) -> (Option<TuneId>, Vec<&'a str>) {
        (None, Vec::new())
    }

    /// Whether Astria does it for nothing: what a sandbox plan may do.
    fn is_free(&self, judged: &Self::Judged, proven: &Proven) -> bool;

    /// What must be known beside the request before it can be priced; asked for when all that it names is proven.
    fn prepare(
        &self,
        _judged: &mut Self::Judged,
        _asking: Asking<'_>,
    ) -> impl Future<Output = Result<(), Problem>> + Send {
        std::future::ready(Ok(()))
    }

    /// What it consists of, as far as prices know; and what a pack says that all of it costs.
    fn jobs(&self, judged: &Self::Judged, state: &State) -> (Vec<Job>, Option<Millicents>);

    /// What it may cost: an estimate, never zero unless it is free.
    fn cost_mc(&self, judged: &Self::Judged, making: &Making<'_>) -> u64 {
        let (jobs, published) = self.jobs(judged, making.state);
        let is_free = self.is_free(judged, making.proven);
        making.state.prices.estimate(&making.caller.account.key, &jobs, published, is_free).0
    }

    /// What to reserve: an upper bound of what the call can make, and [`Self::cost_mc`].
    fn amounts(&self, judged: &Self::Judged, making: &Making<'_>) -> Amounts;

    /// The parameters that were dropped or lowered, taken out.
    fn notes(&self, judged: &mut Self::Judged) -> Notes;

    /// The status of its success.
    fn status(&self, _state: &State) -> u16 {
        201
    }

    /// Where its outcome would be found.
    fn trail(&self, judged: &Self::Judged, making: &Making<'_>) -> Trail;

    /// The call, with the gateway's own callback addresses in it; `None` if something that it names was not proven.
    fn request(&self, judged: &mut Self::Judged, making: &Making<'_>) -> Option<UpstreamRequest>;

    /// Reads the reply.
    ///
    /// # Errors
    /// The reply is not what is documented; what was spent is unknown then.
    fn conclude(
        &self,
        judged: &Self::Judged,
        reply: &[u8],
        making: &Making<'_>,
    ) -> Result<Outcome, UpstreamError>;
}
