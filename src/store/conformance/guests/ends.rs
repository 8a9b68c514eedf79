//! Guests and wishes to be forgotten: the end user's, their own, and that of time.

use super::{by, claim, made, moved, priced};
use crate::guests::{Claimed, Forgotten, GuestState};
use crate::ownership::{AuditEntry, IndexError};
use crate::quota::{BooksError, Measure};
use crate::store::conformance::Made;
use crate::store::conformance::bench::{
    MINUTE, NOON, main_account, make, new_guest, owns, prompt, prompts, tune, usage, user,
};

pub(crate) async fn an_erasure_of_the_end_user_erases_what_was_a_guests(Made { store, .. }: &Made) {
    let guest = new_guest(&**store, NOON).await;
    made(&**store, guest, prompts(1, 2, 10), vec![tune(7), priced(70, 7, 2, 9)]).await;
    assert_eq!(claim(&**store, guest, "a").await, moved(2, 1));
    let spent = usage(&**store, "a").await;
    assert_eq!(spent.used.get(Measure::Images), 2);
    let erasure = store.begin_erasure(&user("a"), NOON).await.unwrap();
    assert_eq!(erasure.objects_left, 2);
    for seen in [prompt(70, 7), tune(7)] {
        store.forget(&main_account(), seen.object).await.unwrap();
    }
    let entry = AuditEntry { at: NOON, action: "erased", pseudonym: "p", request_id: "", objects: 2 };
    assert_eq!(store.finish_erasure(&user("a"), entry).await, Ok(true));
    assert_eq!(usage(&**store, "a").await, spent, "what was spent stays counted");
    assert_eq!(store.find_guest(guest).await, Ok(GuestState::Claimed));
}

pub(crate) async fn an_end_user_who_is_being_erased_claims_nothing(Made { store, .. }: &Made) {
    let guest = new_guest(&**store, NOON).await;
    made(&**store, guest, prompts(1, 2, 10), vec![prompt(70, 7)]).await;
    make(&**store, "a", vec![prompt(60, 6)]).await;
    store.begin_erasure(&user("a"), NOON).await.unwrap();
    assert_eq!(claim(&**store, guest, "a").await, Err(IndexError::Erasing));
    assert_eq!(store.find_guest(guest).await, Ok(GuestState::Alive));
    assert_eq!(claim(&**store, guest, "b").await, moved(1, 1));
    // Nor is a guest claimed that is being erased.
    let guest = new_guest(&**store, NOON).await;
    made(&**store, guest, prompts(1, 2, 10), vec![prompt(71, 7)]).await;
    store.begin_erasure(&guest.end_user(), NOON).await.unwrap();
    assert_eq!(store.find_guest(guest).await, Ok(GuestState::Gone));
    assert_eq!(claim(&**store, guest, "b").await, Ok(Claimed::Nothing));
    assert_eq!(store.erasing().await.unwrap().len(), 2);
}

pub(crate) async fn guests_that_nobody_became_are_erased_in_their_time(Made { store, .. }: &Made) {
    let at = |hours: u32| NOON.plus(60 * hours * MINUTE);
    let (idle, busy, claimed) = (
        new_guest(&**store, at(0)).await,
        new_guest(&**store, at(0)).await,
        new_guest(&**store, at(0)).await,
    );
    let young = new_guest(&**store, at(2)).await;
    for (guest, id) in [(busy, 70), (claimed, 71), (young, 72)] {
        made(&**store, guest, prompts(1, 1, 10), vec![prompt(id, 7)]).await;
    }
    assert_eq!(claim(&**store, claimed, "a").await, moved(1, 1));
    let forget = async || store.forget_guests(at(1), at(30)).await.unwrap();
    assert_eq!(forget().await, Forgotten { forgotten: 2, erasing: 1, is_more: false });
    assert_eq!(forget().await, Forgotten::default());
    for guest in [idle, busy, claimed] {
        assert_eq!(store.find_guest(guest).await, Ok(GuestState::Gone));
    }
    assert_eq!(store.find_guest(young).await, Ok(GuestState::Alive));
    // What it made is deleted as of an end user who asks for it.
    assert_eq!(store.erasing().await, Ok(vec![busy.end_user()]));
    assert_eq!(store.open(by(busy, prompts(1, 1, 1))).await, Err(BooksError::GuestGone));
    store.forget(&main_account(), prompt(70, 7).object).await.unwrap();
    let entry = AuditEntry { at: NOON, action: "erased", pseudonym: "p", request_id: "", objects: 1 };
    assert_eq!(store.finish_erasure(&busy.end_user(), entry).await, Ok(true));
    assert_eq!(forget().await, Forgotten { forgotten: 1, erasing: 0, is_more: false });
    assert!(owns(&**store, "a", &prompt(71, 7)).await);
}
