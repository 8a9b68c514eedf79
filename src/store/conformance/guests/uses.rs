//! What a guest used and has under way, when it becomes an end user.

use super::{by, claim, held, made, moved, of, of_guest, priced, used};
use crate::guests::{Claim, Claimed};
use crate::ids::TuneId;
use crate::operation::Operation;
use crate::ownership::ObjectKind;
use crate::quota::{
    BooksError, Closing, CreateState, Ending, Limit, Measure, Opened, Opening, Period, Scope, SharedBy,
    Trail, Usage,
};
use crate::store::conformance::Made;
use crate::store::conformance::bench::{
    MADE_IN_PART, MINUTE, NOON, all, claim_by, conclusion, ending, hold, main_account, naming, new_guest,
    opening, owns, prompt, prompts, pseudonym, running, sight, tune, usage, user,
};

fn limit(limit: u64, per: Period) -> Limit {
    let (of, shared_by) = (Measure::Images, SharedBy::EndUser);
    Limit { scope: Scope::EndUser(pseudonym("a")), shared_by, of, per, limit }
}

pub(crate) async fn what_a_guest_used_counts_for_the_end_user_even_beyond_their_limit(
    Made { store, .. }: &Made,
) {
    let account = of(&**store, Scope::Account(main_account())).await;
    assert_eq!(account, Usage::default());
    let own =
        hold(&**store, Opening { amounts: prompts(1, 4, 10), ..opening(&main_account(), "a", NOON) }).await;
    store.close(conclusion(own, vec![priced(60, 6, 4, 10)])).await.unwrap();
    let mut is_overrun = Vec::new();
    for (n, limits) in [(0, 9), (1, 9)] {
        let guest = new_guest(&**store, NOON).await;
        made(&**store, guest, prompts(1, 3, 10), vec![priced(70 + n, 7, 3, 8)]).await;
        assert_eq!(of_guest(&**store, guest).await, used(1, 3, 8));
        let limits = vec![limit(limits, Period::Day)];
        let claimed = store.claim_guest(Claim { limits, ..claim_by(guest, "a", NOON) }).await;
        let Ok(Claimed::Moved(moved)) = claimed else { panic!("{claimed:?}") };
        is_overrun.push(moved.is_overrun);
        assert_eq!(of_guest(&**store, guest).await, Usage::default());
    }
    assert_eq!(is_overrun, [false, true]);
    for period in [20_261_121, 202_611, 0] {
        let place = [(Scope::EndUser(pseudonym("a")), period), (Scope::Account(main_account()), period)];
        assert_eq!(store.usage(&place).await.unwrap(), [used(3, 10, 26), used(3, 10, 26)], "{period}");
    }
    // From now on the quota blocks.
    for per in Period::ALL {
        let more = Opening {
            amounts: prompts(1, 1, 1),
            limits: vec![limit(9, per)],
            ..opening(&main_account(), "a", NOON)
        };
        let refused = store.open(more).await;
        assert!(matches!(refused, Err(BooksError::Exhausted { used: 10, .. })), "{refused:?}");
    }
}

pub(crate) async fn a_guests_use_counts_for_all_guests_whoever_it_becomes(Made { store, .. }: &Made) {
    let ceiling = Limit {
        scope: Scope::Guests,
        shared_by: SharedBy::Guests,
        of: Measure::Images,
        per: Period::Day,
        limit: 10,
    };
    let asking =
        |guest, images| Opening { limits: vec![ceiling.clone()], ..by(guest, prompts(1, images, 1)) };
    // Over and over again, a guest becomes somebody: that makes no room.
    for round in 0..3 {
        let guest = new_guest(&**store, NOON).await;
        let open = hold(&**store, asking(guest, 3)).await;
        let owner = format!("user {round}");
        assert_eq!(claim(&**store, guest, &owner).await, moved(0, 1));
        store.close(conclusion(open, vec![priced(70 + round, 7, 3, 1)])).await.unwrap();
        assert_eq!(usage(&**store, &owner).await, used(1, 3, 1));
    }
    assert_eq!(of(&**store, Scope::Guests).await, used(3, 9, 3));
    let guest = new_guest(&**store, NOON).await;
    let refused = store.open(asking(guest, 2)).await;
    assert!(matches!(refused, Err(BooksError::Exhausted { used: 9, .. })), "{refused:?}");
    assert_eq!(store.open(asking(guest, 1)).await, Ok(Opened::Held));
}

pub(crate) async fn a_create_that_is_under_way_ends_at_the_end_user(Made { store, .. }: &Made) {
    let guest = new_guest(&**store, NOON).await;
    let (made, nothing) = (
        hold(&**store, by(guest, prompts(2, 4, 20))).await,
        hold(&**store, by(guest, prompts(1, 1, 5))).await,
    );
    assert_eq!(claim(&**store, guest, "a").await, moved(0, 2));
    assert_eq!(usage(&**store, "a").await, held(prompts(3, 5, 25)));
    assert_eq!(of_guest(&**store, guest).await, Usage::default());
    // What the request that the guest sent asks for is the end user's, and so is the rest of what was held.
    let report = vec![(Scope::EndUser(pseudonym("a")), 0)];
    let closing = Closing {
        report,
        ..conclusion(made, vec![priced(70, 7, 2, 8), naming(made, running(prompt(71, 7)))])
    };
    let closed = store.close(closing).await.unwrap();
    assert!(!closed.was_ended && !closed.is_overrun);
    assert!(owns(&**store, "a", &prompt(70, 7)).await);
    store.close(ending(nothing, Ending::Nothing)).await.unwrap();
    sight(&**store, None, vec![naming(made, priced(71, 7, 9, 90))]).await;
    assert_eq!(usage(&**store, "a").await, used(2, 11, 98), "with what it cost in the end");
    assert_eq!(of(&**store, Scope::Guests).await, used(2, 11, 98));
    assert_eq!(of_guest(&**store, guest).await, Usage::default());
}

pub(crate) async fn a_create_of_which_nobody_knows_is_found_at_the_end_user(Made { store, .. }: &Made) {
    let guest = new_guest(&**store, NOON).await;
    let titled = Trail { title: Some("prefix-cat".into()), ..Trail::default() };
    let lost = hold(&**store, Opening { trail: titled.clone(), ..by(guest, prompts(1, 4, 20)) }).await;
    let presumed = hold(&**store, by(guest, prompts(1, 1, 5))).await;
    store.close(ending(lost, Ending::Unknown)).await.unwrap();
    for end in [Ending::Unknown, Ending::Presumed] {
        store.close(ending(presumed, end)).await.unwrap();
    }
    assert_eq!(claim(&**store, guest, "a").await, moved(0, 2));
    let all = Usage { used: prompts(1, 1, 5), held: prompts(1, 4, 20) };
    assert_eq!(usage(&**store, "a").await, all);
    let due = store.due(NOON.plus(9 * MINUTE), 9).await.unwrap().creates;
    assert!(due.iter().all(|create| create.owner == Some(user("a"))) && due.len() == 2);
    let found = due.iter().find(|create| create.reservation == lost).unwrap();
    assert_eq!((found.state, &found.trail), (CreateState::Unknown, &titled));
    store.close(conclusion(lost, vec![naming(lost, priced(70, 7, 4, 18))])).await.unwrap();
    store.close(ending(presumed, Ending::Nothing)).await.unwrap();
    assert!(owns(&**store, "a", &prompt(70, 7)).await);
    assert_eq!(usage(&**store, "a").await, used(1, 4, 18));
}

pub(crate) async fn a_guests_theme_goes_on_at_the_end_user(Made { store, .. }: &Made) {
    let guest = new_guest(&**store, NOON).await;
    made(&**store, guest, prompts(0, 0, 10), vec![tune(7)]).await;
    let trail = Trail { tunes: vec![TuneId::from_u64(7)], title: None, is_nameless: true };
    let theme =
        Opening { operation: Operation::CreateTheme, trail: trail.clone(), ..by(guest, prompts(2, 4, 20)) };
    let open = hold(&**store, theme).await;
    let awaits = vec![TuneId::from_u64(7)];
    let closing = Closing {
        ending: MADE_IN_PART,
        awaits,
        awaits_until: NOON.plus(9 * MINUTE),
        ..conclusion(open, vec![])
    };
    store.close(closing).await.unwrap();
    assert_eq!(claim(&**store, guest, "a").await, moved(1, 2));
    let theirs = Opening { operation: Operation::CreateTheme, trail, ..opening(&main_account(), "a", NOON) };
    assert_eq!(store.open(theirs.clone()).await, Err(BooksError::ThemeOpen));
    let page =
        store.list(&main_account(), &user("a"), ObjectKind::Tune, &all(), NOON.plus(MINUTE)).await.unwrap();
    assert_eq!(page.awaiting.len(), 1, "its prompts are looked for on the end user's behalf");
    sight(&**store, Some(7), vec![priced(70, 7, 2, 9), priced(71, 7, 2, 9)]).await;
    let usage = usage(&**store, "a").await;
    assert_eq!((usage.used.get(Measure::Prompts), usage.used.get(Measure::Images)), (2, 4));
    assert_eq!(store.open(theirs).await, Ok(Opened::Held));
}
