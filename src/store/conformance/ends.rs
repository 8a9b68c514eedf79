//! How creates end: in parts, as presumed, with an overrun, or not at all.

use super::Made;
use super::bench::{
    Kept, LEASE, MADE, MADE_IN_PART, MINUTE, NOON, begin, conclusion, counting, ending, hold, main_account,
    make, naming, prompt, prompts, pseudonym, reserving, running, sight, sums, tune,
};
use crate::ids::ReservationId;
use crate::ownership::{AccountKey, Seen};
use crate::quota::{
    BooksError, Closing, Create, CreateState, Ending, Limit, Measure, Opened, Opening, Period, Scope,
    SharedBy, Standing, Usage,
};

const NOTHING: (u64, u64, u64) = (0, 0, 0);

async fn two(made: &Made) -> ReservationId {
    hold(&*made.store, reserving(prompts(2, 8, 100))).await
}

fn of(create: ReservationId, id: u64) -> Seen {
    naming(create, counting(Some(4), Some(50), prompt(id, 7)))
}

async fn create(store: &dyn Kept, reservation: ReservationId) -> Create {
    store.create(reservation).await.unwrap().unwrap()
}

pub(crate) async fn what_is_incomplete_keeps_its_hold_until_it_is_completed(made: &Made) {
    let Made { store, .. } = made;
    let reservation = two(made).await;
    let part = Closing { ending: MADE_IN_PART, ..conclusion(reservation, vec![of(reservation, 70)]) };
    store.close(part).await.unwrap();
    assert_eq!(sums(made).await, [(1, 4, 50), (1, 4, 50)]);
    let at = NOON.plus(9999 * MINUTE);
    store.expire(at, at, true).await.unwrap();
    store.close(ending(reservation, Ending::Unknown)).await.unwrap();
    assert!(store.close(ending(reservation, Ending::Nothing)).await.unwrap().was_ended, "something was made");
    assert_eq!(sums(made).await, [(1, 4, 50), (1, 4, 50)]);
    let found = create(&**store, reservation).await;
    assert_eq!((found.state, found.held), (CreateState::Made, prompts(1, 4, 50)));
    assert_eq!(found.objects.len(), 1);
    store.close(conclusion(reservation, vec![])).await.unwrap();
    assert_eq!(sums(made).await, [(1, 4, 50), NOTHING]);
    assert!(store.close(ending(reservation, Ending::Presumed)).await.unwrap().was_ended);
}

pub(crate) async fn what_nobody_finds_is_presumed_spent_and_taken_back_when_it_is_found(made: &Made) {
    let Made { store, .. } = made;
    for (id, is_told) in [(70, true), (80, false)] {
        let before = sums(made).await[0];
        let reservation = two(made).await;
        store.close(ending(reservation, Ending::Unknown)).await.unwrap();
        for _ in 0..2 {
            store.close(ending(reservation, Ending::Presumed)).await.unwrap();
            assert_eq!(sums(made).await, [(before.0 + 2, before.1 + 8, before.2 + 100), NOTHING]);
            // That somebody left it changes nothing of that.
            store.close(ending(reservation, Ending::Unknown)).await.unwrap();
        }
        assert_eq!(create(&**store, reservation).await.state, CreateState::Presumed);
        let cheaper = naming(reservation, counting(Some(3), Some(20), prompt(id, 7)));
        if is_told {
            let closed = store.close(conclusion(reservation, vec![cheaper])).await.unwrap();
            assert!(!closed.is_overrun && !closed.is_repeat && !closed.was_ended);
        } else {
            sight(&**store, None, vec![cheaper]).await;
            assert_eq!(sums(made).await[1], (1, 4, 50), "the other may still be found");
            store.close(ending(reservation, MADE)).await.unwrap();
        }
        assert_eq!(sums(made).await, [(before.0 + 1, before.1 + 3, before.2 + 20), NOTHING]);
    }
}

pub(crate) async fn what_was_presumed_is_given_back_when_it_was_missed(made: &Made) {
    let Made { store, .. } = made;
    let reservation = two(made).await;
    store.close(ending(reservation, Ending::Presumed)).await.unwrap();
    assert_eq!(sums(made).await, [(2, 8, 100), NOTHING]);
    for was_ended in [false, true] {
        let closed = store.close(ending(reservation, Ending::Nothing)).await.unwrap();
        assert_eq!(closed.was_ended, was_ended);
        assert_eq!(sums(made).await, [NOTHING, NOTHING]);
    }
}

pub(crate) async fn a_look_at_what_is_known_takes_no_presumption_back(made: &Made) {
    let Made { store, .. } = made;
    let reservation = two(made).await;
    let one = running(of(reservation, 70));
    store
        .close(Closing { ending: MADE_IN_PART, ..conclusion(reservation, vec![one.clone()]) })
        .await
        .unwrap();
    store.close(ending(reservation, Ending::Presumed)).await.unwrap();
    for _ in 0..2 {
        sight(&**store, None, vec![one.clone()]).await;
        assert_eq!(create(&**store, reservation).await.state, CreateState::Presumed);
        assert_eq!(sums(made).await, [(2, 8, 100), NOTHING]);
    }
}

pub(crate) async fn a_part_that_nobody_finds_is_presumed_and_found(made: &Made) {
    let Made { store, .. } = made;
    let reservation = two(made).await;
    let part = Closing { ending: MADE_IN_PART, ..conclusion(reservation, vec![of(reservation, 70)]) };
    store.close(part).await.unwrap();
    store.close(ending(reservation, Ending::Presumed)).await.unwrap();
    assert_eq!(sums(made).await, [(2, 8, 100), NOTHING]);
    sight(&**store, None, vec![naming(reservation, counting(Some(1), Some(10), prompt(71, 7)))]).await;
    assert_eq!(sums(made).await, [(2, 5, 60), NOTHING]);
    assert_eq!(create(&**store, reservation).await.state, CreateState::Made);
}

pub(crate) async fn an_overrun_is_told_booked_and_blocks(made: &Made) {
    let Made { store, .. } = made;
    let limit = |of, limit| {
        let (scope, shared_by) = (Scope::EndUser(pseudonym("a")), SharedBy::EndUser);
        Limit { scope, shared_by, of, per: Period::Month, limit }
    };
    let limits = vec![limit(Measure::Images, 20), limit(Measure::CostMc, 1000)];
    let ask = |amounts| Opening { limits: limits.clone(), ..reserving(amounts) };
    let reservation = hold(&**store, ask(prompts(1, 4, 50))).await;
    let much = naming(reservation, counting(Some(30), Some(50), prompt(70, 7)));
    let month = vec![(Scope::EndUser(pseudonym("a")), 202_611)];
    let closed = store.close(Closing { report: month, ..conclusion(reservation, vec![much]) }).await.unwrap();
    assert!(closed.is_overrun);
    assert_eq!(closed.usage, [Usage { used: prompts(1, 30, 50), ..Usage::default() }]);
    match store.open(ask(prompts(1, 1, 1))).await {
        Err(BooksError::Exhausted { limit, used: 30, held: 0 }) => assert_eq!(limit.of, Measure::Images),
        other => panic!("{other:?}"),
    }
    let other = prompts(1, 0, 1);
    assert_eq!(store.open(ask(other)).await, Ok(Opened::Held), "what has room goes on");
}

pub(crate) async fn a_conflict_leaves_the_create_unknown_and_held(made: &Made) {
    let Made { store, .. } = made;
    make(&**store, "b", vec![tune(7)]).await;
    let reservation = two(made).await;
    let reply = conclusion(reservation, vec![of(reservation, 70), tune(7)]);
    assert_eq!(store.close(reply.clone()).await, Err(BooksError::Conflict));
    assert_eq!(create(&**store, reservation).await.state, CreateState::Unknown);
    assert_eq!(sums(made).await, [NOTHING, (2, 8, 100)], "nothing of it is booked");
    store.close(ending(reservation, Ending::Presumed)).await.unwrap();
    assert_eq!(store.close(reply).await, Err(BooksError::Conflict));
    assert_eq!(create(&**store, reservation).await.state, CreateState::Presumed);
    assert_eq!(sums(made).await, [(2, 8, 100), NOTHING]);
}

pub(crate) async fn how_many_creates_stand_where_is_told(Made { store, .. }: &Made) {
    for end in
        [None, None, None, Some(Ending::Unknown), Some(Ending::Unknown), Some(Ending::Presumed), Some(MADE)]
    {
        let reservation = begin(&**store, "a").await.unwrap();
        if let Some(end) = end {
            store.close(ending(reservation, end)).await.unwrap();
        }
    }
    assert_eq!(store.standing().await, Ok(Standing { open: 3, unknown: 2, presumed: 1 }));
    let at = NOON.plus(LEASE);
    assert_eq!(store.expire(at, at, false).await, Ok(3));
    assert_eq!(store.standing().await, Ok(Standing { open: 0, unknown: 5, presumed: 1 }));
    assert_eq!(store.create(ReservationId::generate()).await, Ok(None));
}

pub(crate) async fn the_last_costs_are_kept_one_of_a_kind(Made { store, .. }: &Made) {
    let other = AccountKey::new("other");
    for (minutes, account, kind, each_mc) in [
        (1, &main_account(), "prompt", 40),
        (2, &main_account(), "tune", 150_000),
        (3, &other, "prompt", 90),
        (4, &main_account(), "prompt", u64::MAX),
        (5, &main_account(), "prompt", 50),
    ] {
        store.remember_cost(account, kind, each_mc, NOON.plus(minutes * MINUTE)).await.unwrap();
    }
    let expected = [(main_account(), "prompt", 50), (other, "prompt", 90), (main_account(), "tune", 150_000)];
    let expected = expected.map(|(account, kind, each_mc)| (account, kind.to_owned(), each_mc));
    assert_eq!(store.last_costs().await.unwrap(), expected, "the latest first");
}
