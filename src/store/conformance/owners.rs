//! Who owns what, and what a create's end records of it.

use super::Made;
use super::bench::{
    MADE, MINUTE, NOON, all, begin, begin_on, conclusion, ending, find, list, main_account, make, naming,
    opening, owns, prompt, sight, tune, user,
};
use crate::ids::{PackId, ReservationId, TuneId};
use crate::ownership::{AccountKey, Filters, ListQuery, ObjectKind, Record, Seen, Traits};
use crate::principal::EndUserId;
use crate::quota::{BooksError, Ending, Opening};

pub(crate) async fn iso_01_what_a_create_made_is_its_makers_and_nobody_elses(Made { store, .. }: &Made) {
    let made = [tune(7), prompt(70, 7), prompt(71, 7)];
    assert!(!make(&**store, "a", made.to_vec()).await.is_repeat);
    for object in &made {
        assert!(owns(&**store, "a", object).await);
        assert!(!owns(&**store, "b", object).await);
        let nobody = EndUserId { issuer: "https://other.example".into(), subject: "a".into() };
        assert!(store.find(&main_account(), &nobody, &[object.object]).await.unwrap().is_empty());
    }
    let wanted: Vec<_> = made.iter().map(|seen| seen.object).chain([tune(8).object]).collect();
    assert_eq!(store.find(&main_account(), &user("a"), &wanted).await.unwrap().len(), 3);
    let record = find(&**store, "a", made[1].object).await.unwrap();
    let expected = Record {
        object: made[1].object,
        tune: Some(TuneId::from_u64(7)),
        pack: None,
        is_free: false,
        is_finished: true,
        is_liked: false,
        seen_at: Some(NOON.plus(MINUTE)),
        members: Some("{\"id\":70}".into()),
    };
    assert_eq!(record, expected);
}

pub(crate) async fn iso_01_equal_ids_of_two_accounts_or_kinds_are_different_objects(
    Made { store, .. }: &Made,
) {
    make(&**store, "a", vec![tune(7)]).await;
    assert!(!owns(&**store, "a", &prompt(7, 1)).await);
    let other = AccountKey::new("other");
    let reservation = begin_on(&**store, &other, "b", NOON).await.unwrap();
    store.close(conclusion(reservation, vec![tune(7)])).await.unwrap();
    assert!(owns(&**store, "a", &tune(7)).await && !owns(&**store, "b", &tune(7)).await);
    assert_eq!(store.find(&other, &user("b"), &[tune(7).object]).await.unwrap().len(), 1);
    assert!(store.find(&other, &user("a"), &[tune(7).object]).await.unwrap().is_empty());
}

pub(crate) async fn iso_01_an_id_that_no_object_can_have_is_nobodys_and_never_wraps(
    Made { store, .. }: &Made,
) {
    make(&**store, "a", vec![tune(7), prompt(i64::MAX as u64, 7)]).await;
    assert!(owns(&**store, "a", &prompt(i64::MAX as u64, 7)).await);
    for id in [0, i64::MAX as u64 + 1, 1 << 63 | 7, 9_999_999_999_999_999_999, u64::MAX] {
        let reservation = begin(&**store, "a").await.unwrap();
        let odd = conclusion(reservation, vec![prompt(id, 7)]);
        assert_eq!(store.close(odd).await, Err(BooksError::Conflict));
        assert!(!owns(&**store, "a", &prompt(id, 7)).await);
        assert_eq!(sight(&**store, Some(7), vec![prompt(id, 7)]).await, 0);
        let of_tune = ListQuery { tune: Some(TuneId::from_u64(id)), ..all() };
        assert!(list(&**store, "a", ObjectKind::Prompt, of_tune).await.is_empty());
        assert!(store.look_up(id).await.unwrap().is_empty());
        store.forget(&main_account(), tune(id).object).await.unwrap();
    }
    let before = ListQuery { before_id: Some(u64::MAX), offset: 0, ..all() };
    assert_eq!(list(&**store, "a", ObjectKind::Tune, before).await, [7]);
    assert!(list(&**store, "a", ObjectKind::Tune, ListQuery { offset: u64::MAX, ..all() }).await.is_empty());
}

pub(crate) async fn iso_01_a_reply_with_somebody_elses_object_records_nothing_of_it(
    Made { store, .. }: &Made,
) {
    make(&**store, "a", vec![tune(7)]).await;
    let reservation = begin(&**store, "b").await.unwrap();
    let reply = conclusion(reservation, vec![tune(8), tune(7), prompt(80, 8)]);
    for _ in 0..2 {
        assert_eq!(store.close(reply.clone()).await, Err(BooksError::Conflict));
        assert!(owns(&**store, "a", &tune(7)).await && !owns(&**store, "b", &tune(7)).await);
        assert!(!owns(&**store, "b", &tune(8)).await && !owns(&**store, "b", &prompt(80, 8)).await);
    }
    // It is left unknown: what turns up with its name is b's.
    assert_eq!(sight(&**store, None, vec![naming(reservation, tune(8))]).await, 1);
    assert!(owns(&**store, "b", &tune(8)).await);
}

pub(crate) async fn iso_01_a_reply_with_an_object_that_names_anothers_create_records_nothing_of_it(
    Made { store, .. }: &Made,
) {
    let of_a = begin(&**store, "a").await.unwrap();
    let of_b = begin(&**store, "b").await.unwrap();
    let reply = conclusion(of_b, vec![naming(of_a, prompt(70, 7))]);
    assert_eq!(store.close(reply).await, Err(BooksError::Conflict));
    assert!(!owns(&**store, "b", &prompt(70, 7)).await);
    store.close(conclusion(of_a, vec![naming(of_a, prompt(70, 7))])).await.unwrap();
    assert!(owns(&**store, "a", &prompt(70, 7)).await);
}

pub(crate) async fn iso_01_an_object_belongs_to_whoever_made_the_create_that_it_names(
    Made { store, .. }: &Made,
) {
    let endings = [None, Some(Ending::Unknown), Some(MADE), Some(Ending::Nothing), Some(Ending::Presumed)];
    for (id, end) in (7..).zip(endings) {
        let reservation = begin(&**store, "a").await.unwrap();
        if let Some(end) = end {
            store.close(ending(reservation, end)).await.unwrap();
        }
        let found = naming(reservation, tune(id));
        assert_eq!(sight(&**store, None, vec![found.clone()]).await, 1);
        assert_eq!(sight(&**store, None, vec![found.clone()]).await, 0, "it is known now");
        assert!(owns(&**store, "a", &found).await && !owns(&**store, "b", &found).await);
    }
}

pub(crate) async fn iso_01_a_create_of_another_account_gives_no_owner(Made { store, .. }: &Made) {
    let reservation = begin_on(&**store, &AccountKey::new("other"), "a", NOON).await.unwrap();
    assert_eq!(sight(&**store, None, vec![naming(reservation, tune(7))]).await, 0);
    assert!(store.look_up(7).await.unwrap().is_empty());
    make(&**store, "b", vec![tune(8)]).await;
    assert_eq!(sight(&**store, Some(8), vec![naming(reservation, prompt(80, 8))]).await, 1);
    assert!(owns(&**store, "b", &prompt(80, 8)).await);
}

pub(crate) async fn iso_01_a_prompt_that_names_no_create_belongs_to_the_owner_of_its_tune(
    Made { store, .. }: &Made,
) {
    make(&**store, "a", vec![tune(7)]).await;
    let nameless = Seen { tune: None, ..prompt(70, 7) };
    assert_eq!(sight(&**store, Some(7), vec![nameless, prompt(71, 7)]).await, 2);
    for id in [70, 71] {
        let record = find(&**store, "a", prompt(id, 7).object).await.unwrap();
        assert_eq!(record.tune, Some(TuneId::from_u64(7)));
    }
    let elsewhere = sight(&**store, Some(7), vec![prompt(72, 9)]).await;
    assert_eq!(elsewhere, 0, "it says that it is of another tune");
    assert_eq!(sight(&**store, Some(7), vec![tune(9)]).await, 0, "tunes are not found on tunes");
}

pub(crate) async fn iso_01_the_create_that_a_prompt_names_counts_more_than_its_tune(
    Made { store, .. }: &Made,
) {
    make(&**store, "a", vec![tune(7)]).await;
    let of_b = begin(&**store, "b").await.unwrap();
    assert_eq!(sight(&**store, Some(7), vec![naming(of_b, prompt(70, 7))]).await, 1);
    assert!(owns(&**store, "b", &prompt(70, 7)).await && !owns(&**store, "a", &prompt(70, 7)).await);
}

pub(crate) async fn iso_01_a_known_object_keeps_its_owner_whatever_it_names(Made { store, .. }: &Made) {
    make(&**store, "a", vec![tune(7), prompt(70, 7)]).await;
    make(&**store, "b", vec![tune(8)]).await;
    let of_b = begin(&**store, "b").await.unwrap();
    let now = Seen { is_finished: false, members: "{\"new\":1}".into(), ..naming(of_b, prompt(70, 8)) };
    assert_eq!(sight(&**store, Some(8), vec![now]).await, 0);
    let record = find(&**store, "a", prompt(70, 7).object).await.unwrap();
    assert_eq!((record.is_finished, record.members.as_deref()), (false, Some("{\"new\":1}")));
    assert!(!owns(&**store, "b", &prompt(70, 7)).await);
}

pub(crate) async fn iso_01_what_nobody_can_be_told_to_own_is_not_recorded(Made { store, .. }: &Made) {
    let objects = vec![tune(7), prompt(70, 7), naming(ReservationId::generate(), tune(8))];
    assert_eq!(sight(&**store, None, objects.clone()).await, 0);
    assert_eq!(sight(&**store, Some(7), objects).await, 0, "nor is anything on a tune that is not recorded");
    for id in [7, 8, 70] {
        assert!(store.look_up(id).await.unwrap().is_empty());
    }
}

pub(crate) async fn closing_again_changes_nothing(Made { store, .. }: &Made) {
    make(&**store, "a", vec![tune(7)]).await;
    let repeat = begin_on(&**store, &main_account(), "a", NOON.plus(MINUTE)).await.unwrap();
    let nothing = begin(&**store, "a").await.unwrap();
    for was_ended in [false, true] {
        let closed = store.close(conclusion(repeat, vec![tune(7)])).await.unwrap();
        assert_eq!((closed.is_repeat, closed.was_ended), (true, was_ended));
        let closed = store.close(ending(nothing, Ending::Nothing)).await.unwrap();
        assert_eq!((closed.is_repeat, closed.was_ended), (false, was_ended));
    }
    store.close(conclusion(nothing, vec![tune(9)])).await.unwrap();
    assert!(!owns(&**store, "a", &tune(9)).await);
}

pub(crate) async fn a_create_that_was_left_unknown_can_be_ended_later(Made { store, .. }: &Made) {
    let reservation = begin(&**store, "a").await.unwrap();
    store.close(ending(reservation, Ending::Unknown)).await.unwrap();
    store.close(conclusion(reservation, vec![tune(7)])).await.unwrap();
    assert!(owns(&**store, "a", &tune(7)).await);
}

pub(crate) async fn a_create_that_was_never_opened_cannot_be_closed(Made { store, .. }: &Made) {
    let reply = conclusion(ReservationId::generate(), vec![tune(7)]);
    assert_eq!(store.close(reply).await, Err(BooksError::Unavailable));
    assert!(store.look_up(7).await.unwrap().is_empty());
}

pub(crate) async fn a_create_cannot_be_opened_twice(Made { store, .. }: &Made) {
    let reservation = begin(&**store, "a").await.unwrap();
    let again = Opening { reservation, ..opening(&main_account(), "b", NOON) };
    assert_eq!(store.open(again).await, Err(BooksError::AlreadyReserved));
    store.close(conclusion(reservation, vec![tune(7)])).await.unwrap();
    assert!(owns(&**store, "a", &tune(7)).await && !owns(&**store, "b", &tune(7)).await);
}

pub(crate) async fn only_objects_of_before_make_a_repeat(Made { store, .. }: &Made) {
    assert!(!make(&**store, "a", vec![]).await.is_repeat);
    assert!(!make(&**store, "a", vec![tune(7)]).await.is_repeat);
    let second = begin_on(&**store, &main_account(), "a", NOON.plus(2 * MINUTE)).await.unwrap();
    let mixed = store.close(conclusion(second, vec![tune(7), prompt(70, 7)])).await.unwrap();
    assert!(!mixed.is_repeat);
    let third = begin_on(&**store, &main_account(), "a", NOON.plus(2 * MINUTE)).await.unwrap();
    let again = store.close(conclusion(third, vec![tune(7), prompt(70, 7)])).await.unwrap();
    assert!(again.is_repeat);
}

pub(crate) async fn what_a_creates_own_callback_made_known_is_no_repeat(Made { store, .. }: &Made) {
    make(&**store, "a", vec![tune(7)]).await;
    let reservation = begin(&**store, "a").await.unwrap();
    // The callback comes before the reply; and a look at the tune may see a prompt without its name.
    sight(&**store, None, vec![naming(reservation, prompt(70, 7))]).await;
    sight(&**store, Some(7), vec![prompt(71, 7)]).await;
    let reply = conclusion(reservation, vec![prompt(70, 7), prompt(71, 7)]);
    assert!(!store.close(reply).await.unwrap().is_repeat);
}

pub(crate) async fn a_shorter_reply_takes_nothing_away(Made { store, .. }: &Made) {
    let traits =
        Traits { text: Some("A CAT".into()), is_video: true, is_api: Some(false), ..Traits::default() };
    let pack = Some(PackId::from_u64(3));
    let whole = Seen { pack, base_pack: pack, traits, ..prompt(70, 7) };
    make(&**store, "a", vec![whole.clone()]).await;
    store.like(&main_account(), whole.object, true).await.unwrap();
    sight(&**store, None, vec![Seen { tune: None, created_at: None, ..prompt(70, 7) }]).await;
    let record = find(&**store, "a", whole.object).await.unwrap();
    assert_eq!((record.tune, record.pack, record.is_liked), (whole.tune, pack, true));
    let filters = Filters {
        text: Some("cat".into()),
        pack,
        base_pack: pack,
        is_video: Some(true),
        is_api: Some(false),
        created_from: Some(NOON),
        ..Filters::default()
    };
    assert_eq!(list(&**store, "a", ObjectKind::Prompt, ListQuery { filters, ..all() }).await, [70]);
}

pub(crate) async fn what_is_made_of_a_fast_tune_is_free(Made { store, .. }: &Made) {
    let branch = |branch: &str| Traits { branch: Some(branch.into()), ..Traits::default() };
    let fast = Seen { traits: branch("fast"), ..tune(7) };
    // The prompt first: the order of a reply does not matter.
    make(&**store, "a", vec![prompt(70, 7), fast, Seen { traits: branch("sd15"), ..tune(8) }, prompt(80, 8)])
        .await;
    let is_free = async |object: &Seen| find(&**store, "a", object.object).await.unwrap().is_free;
    assert!(is_free(&tune(7)).await && is_free(&prompt(70, 7)).await);
    assert!(!is_free(&tune(8)).await && !is_free(&prompt(80, 8)).await);
    sight(&**store, None, vec![tune(7)]).await;
    assert!(is_free(&tune(7)).await, "a reply without a branch says nothing about it");
    sight(&**store, None, vec![Seen { traits: branch("flux1"), ..tune(7) }]).await;
    assert!(!is_free(&tune(7)).await);
    assert!(is_free(&prompt(70, 7)).await, "what it was when it was made, it stays");
    make(&**store, "a", vec![prompt(71, 7)]).await;
    assert!(!is_free(&prompt(71, 7)).await);
}

pub(crate) async fn a_forgotten_tune_leaves_its_prompts_in_doubt(Made { store, .. }: &Made) {
    make(&**store, "a", vec![tune(7), prompt(70, 7), tune(8), prompt(80, 8)]).await;
    store.forget(&main_account(), tune(7).object).await.unwrap();
    assert!(!owns(&**store, "a", &tune(7)).await);
    let seen_at = async |id| find(&**store, "a", prompt(id, 0).object).await.unwrap().seen_at;
    assert_eq!(seen_at(70).await, None);
    assert!(seen_at(80).await.is_some());
    store.forget(&main_account(), prompt(70, 7).object).await.unwrap();
    assert!(!owns(&**store, "a", &prompt(70, 7)).await);
}

pub(crate) async fn doubts_and_likes_stay_with_one_object(Made { store, .. }: &Made) {
    make(&**store, "a", vec![tune(70), prompt(70, 7), prompt(71, 7)]).await;
    store.doubt(&main_account(), prompt(70, 7).object).await.unwrap();
    store.like(&main_account(), prompt(70, 7).object, true).await.unwrap();
    store.like(&AccountKey::new("other"), prompt(71, 7).object, true).await.unwrap();
    let state = async |object: Seen| {
        let record = find(&**store, "a", object.object).await.unwrap();
        (record.seen_at.is_none(), record.is_liked)
    };
    assert_eq!(state(prompt(70, 7)).await, (true, true));
    assert_eq!(state(prompt(71, 7)).await, (false, false));
    assert_eq!(state(tune(70)).await, (false, false));
    sight(&**store, None, vec![prompt(70, 7)]).await;
    assert_eq!(state(prompt(70, 7)).await, (false, true));
    store.like(&main_account(), prompt(70, 7).object, false).await.unwrap();
    assert_eq!(state(prompt(70, 7)).await, (false, false));
}
