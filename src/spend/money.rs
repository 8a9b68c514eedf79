//! Steps 5 and 7 in the ledger: hold, then book or give back.

use super::creation::Creation;
use crate::call::Caller;
use crate::ids::ReservationId;
use crate::operation::Operation;
use crate::quota::{Amounts, QuotaError, Reservation, ReserveRequest};
use crate::state::State;
use crate::upstream::Spent;

pub(super) async fn reserve(
    state: &State,
    caller: &Caller,
    id: ReservationId,
    operation: Operation,
    amounts: &Amounts,
) -> Result<Reservation, QuotaError> {
    let (user, plan) = (caller.principal.id(), &caller.plan);
    let request =
        ReserveRequest { id, user, plan: &plan.name, rules: &plan.rules.quotas, operation, amounts };
    state.ledger.reserve(request).await
}

pub(super) async fn settle(state: &State, reservation: Reservation, actual: Amounts) {
    if state.ledger.settle(reservation, actual).await.is_err() {
        tracing::error!("a reservation could not be settled; it stays held");
    }
}

pub(super) async fn give_back<C: Creation>(state: &State, reservation: Reservation, spent: Spent) {
    let done = match spent {
        Spent::No => state.ledger.release(reservation).await,
        Spent::Yes | Spent::Unknown if !C::CAN_BE_FOUND_AGAIN => {
            let whole = *reservation.amounts();
            state.ledger.settle(reservation, whole).await
        }
        Spent::Yes | Spent::Unknown => state.ledger.leave_unknown(reservation).await,
    };
    if done.is_err() {
        tracing::error!("a reservation could not be given back; it stays held");
    }
}
