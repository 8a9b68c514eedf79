//! The tests that every store of ownership passes, whatever it is kept in.
//!
//! `ownership_conformance!(|| async { MyStore::new() })` in a test module makes one test of each promise; the
//! expression is called once a test and must give an empty store, and what must live as long.

#![cfg(test)]

mod lists;
mod subjects;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use lists::{
    a_tune_awaits_prompts_until_it_was_swept_or_the_time_is_over,
    creates_that_a_crash_left_open_are_awaited_and_end_as_unknown,
    lists_are_newest_first_and_page_without_gaps, lists_hold_what_all_their_filters_let_pass,
    nobody_awaits_prompts_on_anothers_tune,
};
pub(crate) use subjects::{
    a_key_is_made_once_and_differs_by_name, all_objects_of_an_end_user_are_read_once_each,
    an_end_user_whose_data_is_being_erased_makes_nothing_new,
    an_erasure_forgets_one_end_user_and_nobody_else,
    imported_objects_are_their_owners_unless_they_are_somebody_elses, the_operator_finds_whose_a_number_is,
    what_a_create_made_before_the_erasure_is_recorded_all_the_same,
};

use super::{
    AccountKey, Concluded, Conclusion, Ending, Filters, Index, IndexError, ListQuery, ObjectId, ObjectKind,
    Opened, Record, Seen, Sighting, Subjects, Traits,
};
use crate::clock::Timestamp;
use crate::ids::{PackId, PromptId, ReservationId, TuneId};
use crate::operation::Operation;
use crate::principal::EndUserId;

/// Both halves of a store.
pub(crate) trait Kept: Index + Subjects {}
impl<T: Index + Subjects> Kept for T {}

/// An empty store, and what must live as long.
pub(crate) type Made = (Arc<dyn Kept>, Box<dyn Any + Send + Sync>);

macro_rules! ownership_conformance {
    ($make:expr) => {
        $crate::ownership::conformance::ownership_conformance!(@each $make;
            iso_01_what_a_create_made_is_its_makers_and_nobody_elses
            iso_01_equal_ids_of_two_accounts_or_kinds_are_different_objects
            iso_01_an_id_that_no_object_can_have_is_nobodys_and_never_wraps
            iso_01_a_reply_with_somebody_elses_object_records_nothing_of_it
            iso_01_a_reply_with_an_object_that_names_anothers_create_records_nothing_of_it
            iso_01_an_object_belongs_to_whoever_made_the_create_that_it_names
            iso_01_a_create_of_another_account_gives_no_owner
            iso_01_a_prompt_that_names_no_create_belongs_to_the_owner_of_its_tune
            iso_01_the_create_that_a_prompt_names_counts_more_than_its_tune
            iso_01_a_known_object_keeps_its_owner_whatever_it_names
            iso_01_what_nobody_can_be_told_to_own_is_not_recorded
            concluding_again_changes_nothing
            a_create_that_was_left_unknown_can_be_ended_later
            a_create_that_was_never_begun_cannot_be_concluded
            a_create_cannot_begin_twice
            only_objects_of_before_make_a_repeat
            what_a_creates_own_callback_made_known_is_no_repeat
            a_shorter_reply_takes_nothing_away
            what_is_made_of_a_fast_tune_is_free
            a_forgotten_tune_leaves_its_prompts_in_doubt
            doubts_and_likes_stay_with_one_object
            lists_are_newest_first_and_page_without_gaps
            lists_hold_what_all_their_filters_let_pass
            a_tune_awaits_prompts_until_it_was_swept_or_the_time_is_over
            nobody_awaits_prompts_on_anothers_tune
            creates_that_a_crash_left_open_are_awaited_and_end_as_unknown
            an_end_user_whose_data_is_being_erased_makes_nothing_new
            what_a_create_made_before_the_erasure_is_recorded_all_the_same
            an_erasure_forgets_one_end_user_and_nobody_else
            all_objects_of_an_end_user_are_read_once_each
            imported_objects_are_their_owners_unless_they_are_somebody_elses
            the_operator_finds_whose_a_number_is
            a_key_is_made_once_and_differs_by_name
        );
    };
    (@each $make:expr; $($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let (store, _alive): $crate::ownership::conformance::Made = $make().await;
                $crate::ownership::conformance::$name(store).await;
            }
        )*
    };
}
pub(crate) use ownership_conformance;

/// 2026-11-21T12:00:00Z
pub(crate) const NOON: Timestamp = Timestamp::from_unix_s(1_795_262_400);
const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn user(subject: &str) -> EndUserId {
    EndUserId { issuer: "https://id.example".into(), subject: subject.into() }
}

pub(crate) fn main_account() -> AccountKey {
    AccountKey::new("main")
}

pub(crate) fn tune(id: u64) -> Seen {
    seen(TuneId::from_u64(id).into())
}

pub(crate) fn prompt(id: u64, tune: u64) -> Seen {
    Seen { tune: Some(TuneId::from_u64(tune)), ..seen(PromptId::from_u64(id).into()) }
}

fn seen(object: ObjectId) -> Seen {
    Seen {
        object,
        tune: None,
        pack: None,
        base_pack: None,
        created_at: Some(NOON),
        finished_at: None,
        expires_at: None,
        is_finished: true,
        traits: Traits::default(),
        reservation: None,
        members: format!("{{\"id\":{}}}", object.id),
    }
}

fn naming(reservation: ReservationId, seen: Seen) -> Seen {
    Seen { reservation: Some(reservation), ..seen }
}

pub(crate) async fn begin(store: &dyn Kept, owner: &str) -> Result<ReservationId, IndexError> {
    begin_on(store, &main_account(), owner, NOON).await
}

async fn begin_on(
    store: &dyn Kept,
    account: &AccountKey,
    owner: &str,
    at: Timestamp,
) -> Result<ReservationId, IndexError> {
    let (reservation, owner) = (ReservationId::generate(), user(owner));
    let operation = Operation::CreatePrompt;
    let opened = Opened { reservation, account, owner: &owner, operation, tune: None, title: None, at };
    store.begin(opened).await.map(|()| reservation)
}

pub(crate) fn conclusion(reservation: ReservationId, objects: Vec<Seen>) -> Conclusion {
    let (ending, awaits, at) = (Ending::Made, Vec::new(), NOON.plus(MINUTE));
    Conclusion { reservation, ending, objects, awaits, awaits_until: at, at }
}

/// A whole create.
pub(crate) async fn make(store: &dyn Kept, owner: &str, objects: Vec<Seen>) -> Concluded {
    let reservation = begin(store, owner).await.unwrap();
    store.conclude(conclusion(reservation, objects)).await.unwrap()
}

async fn sight(store: &dyn Kept, found_on: Option<u64>, objects: Vec<Seen>) -> u64 {
    let (account, found_on) = (main_account(), found_on.map(TuneId::from_u64));
    store.see(Sighting { account, objects, found_on, at: NOON.plus(2 * MINUTE) }).await.unwrap()
}

async fn find(store: &dyn Kept, owner: &str, object: ObjectId) -> Option<Record> {
    let found = store.find(&main_account(), &user(owner), &[object]).await.unwrap();
    assert!(found.len() <= 1);
    found.into_iter().next()
}

async fn owns(store: &dyn Kept, owner: &str, object: &Seen) -> bool {
    find(store, owner, object.object).await.is_some()
}

async fn list(store: &dyn Kept, owner: &str, kind: ObjectKind, query: ListQuery) -> Vec<u64> {
    let page = store.list(&main_account(), &user(owner), kind, &query, NOON).await.unwrap();
    page.records.iter().map(|record| record.object.id).collect()
}

fn all() -> ListQuery {
    ListQuery { limit: 120, ..ListQuery::default() }
}

pub(crate) async fn iso_01_what_a_create_made_is_its_makers_and_nobody_elses(store: Arc<dyn Kept>) {
    let made = [tune(7), prompt(70, 7), prompt(71, 7)];
    assert_eq!(make(&*store, "a", made.to_vec()).await, Concluded { is_repeat: false });
    for object in &made {
        assert!(owns(&*store, "a", object).await);
        assert!(!owns(&*store, "b", object).await);
        let nobody = EndUserId { issuer: "https://other.example".into(), subject: "a".into() };
        assert!(store.find(&main_account(), &nobody, &[object.object]).await.unwrap().is_empty());
    }
    let wanted: Vec<_> = made.iter().map(|seen| seen.object).chain([tune(8).object]).collect();
    assert_eq!(store.find(&main_account(), &user("a"), &wanted).await.unwrap().len(), 3);
    let record = find(&*store, "a", made[1].object).await.unwrap();
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

pub(crate) async fn iso_01_equal_ids_of_two_accounts_or_kinds_are_different_objects(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(7)]).await;
    assert!(!owns(&*store, "a", &prompt(7, 1)).await);
    let other = AccountKey::new("other");
    let reservation = begin_on(&*store, &other, "b", NOON).await.unwrap();
    store.conclude(conclusion(reservation, vec![tune(7)])).await.unwrap();
    assert!(owns(&*store, "a", &tune(7)).await && !owns(&*store, "b", &tune(7)).await);
    assert_eq!(store.find(&other, &user("b"), &[tune(7).object]).await.unwrap().len(), 1);
    assert!(store.find(&other, &user("a"), &[tune(7).object]).await.unwrap().is_empty());
}

pub(crate) async fn iso_01_an_id_that_no_object_can_have_is_nobodys_and_never_wraps(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(7), prompt(i64::MAX as u64, 7)]).await;
    assert!(owns(&*store, "a", &prompt(i64::MAX as u64, 7)).await);
    for id in [0, i64::MAX as u64 + 1, 1 << 63 | 7, 9_999_999_999_999_999_999, u64::MAX] {
        let reservation = begin(&*store, "a").await.unwrap();
        let odd = conclusion(reservation, vec![prompt(id, 7)]);
        assert_eq!(store.conclude(odd).await, Err(IndexError::Conflict));
        assert!(!owns(&*store, "a", &prompt(id, 7)).await);
        assert_eq!(sight(&*store, Some(7), vec![prompt(id, 7)]).await, 0);
        let of_tune = ListQuery { tune: Some(TuneId::from_u64(id)), ..all() };
        assert!(list(&*store, "a", ObjectKind::Prompt, of_tune).await.is_empty());
        assert!(store.look_up(id).await.unwrap().is_empty());
        store.forget(&main_account(), tune(id).object).await.unwrap();
    }
    let before = ListQuery { before_id: Some(u64::MAX), offset: 0, ..all() };
    assert_eq!(list(&*store, "a", ObjectKind::Tune, before).await, [7]);
    assert!(list(&*store, "a", ObjectKind::Tune, ListQuery { offset: u64::MAX, ..all() }).await.is_empty());
}

pub(crate) async fn iso_01_a_reply_with_somebody_elses_object_records_nothing_of_it(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(7)]).await;
    let reservation = begin(&*store, "b").await.unwrap();
    let reply = conclusion(reservation, vec![tune(8), tune(7), prompt(80, 8)]);
    for _ in 0..2 {
        assert_eq!(store.conclude(reply.clone()).await, Err(IndexError::Conflict));
        assert!(owns(&*store, "a", &tune(7)).await && !owns(&*store, "b", &tune(7)).await);
        assert!(!owns(&*store, "b", &tune(8)).await && !owns(&*store, "b", &prompt(80, 8)).await);
    }
    // It is left unknown: what turns up with its name is b's.
    assert_eq!(sight(&*store, None, vec![naming(reservation, tune(8))]).await, 1);
    assert!(owns(&*store, "b", &tune(8)).await);
}

pub(crate) async fn iso_01_a_reply_with_an_object_that_names_anothers_create_records_nothing_of_it(
    store: Arc<dyn Kept>,
) {
    let of_a = begin(&*store, "a").await.unwrap();
    let of_b = begin(&*store, "b").await.unwrap();
    let reply = conclusion(of_b, vec![naming(of_a, prompt(70, 7))]);
    assert_eq!(store.conclude(reply).await, Err(IndexError::Conflict));
    assert!(!owns(&*store, "b", &prompt(70, 7)).await);
    store.conclude(conclusion(of_a, vec![naming(of_a, prompt(70, 7))])).await.unwrap();
    assert!(owns(&*store, "a", &prompt(70, 7)).await);
}

pub(crate) async fn iso_01_an_object_belongs_to_whoever_made_the_create_that_it_names(store: Arc<dyn Kept>) {
    for ending in [None, Some(Ending::Unknown), Some(Ending::Made)] {
        let reservation = begin(&*store, "a").await.unwrap();
        if let Some(ending) = ending {
            let ended = Conclusion { ending, ..conclusion(reservation, vec![]) };
            store.conclude(ended).await.unwrap();
        }
        let id = 7 + ending.map_or(0, |ending| ending as u64 + 1);
        let found = naming(reservation, tune(id));
        assert_eq!(sight(&*store, None, vec![found.clone()]).await, 1);
        assert_eq!(sight(&*store, None, vec![found.clone()]).await, 0, "it is known now");
        assert!(owns(&*store, "a", &found).await && !owns(&*store, "b", &found).await);
    }
}

pub(crate) async fn iso_01_a_create_of_another_account_gives_no_owner(store: Arc<dyn Kept>) {
    let reservation = begin_on(&*store, &AccountKey::new("other"), "a", NOON).await.unwrap();
    assert_eq!(sight(&*store, None, vec![naming(reservation, tune(7))]).await, 0);
    assert!(store.look_up(7).await.unwrap().is_empty());
    make(&*store, "b", vec![tune(8)]).await;
    assert_eq!(sight(&*store, Some(8), vec![naming(reservation, prompt(80, 8))]).await, 1);
    assert!(owns(&*store, "b", &prompt(80, 8)).await);
}

pub(crate) async fn iso_01_a_prompt_that_names_no_create_belongs_to_the_owner_of_its_tune(
    store: Arc<dyn Kept>,
) {
    make(&*store, "a", vec![tune(7)]).await;
    let nameless = Seen { tune: None, ..prompt(70, 7) };
    assert_eq!(sight(&*store, Some(7), vec![nameless, prompt(71, 7)]).await, 2);
    for id in [70, 71] {
        let record = find(&*store, "a", prompt(id, 7).object).await.unwrap();
        assert_eq!(record.tune, Some(TuneId::from_u64(7)));
    }
    let elsewhere = sight(&*store, Some(7), vec![prompt(72, 9)]).await;
    assert_eq!(elsewhere, 0, "it says that it is of another tune");
    assert_eq!(sight(&*store, Some(7), vec![tune(9)]).await, 0, "tunes are not found on tunes");
}

pub(crate) async fn iso_01_the_create_that_a_prompt_names_counts_more_than_its_tune(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(7)]).await;
    let of_b = begin(&*store, "b").await.unwrap();
    assert_eq!(sight(&*store, Some(7), vec![naming(of_b, prompt(70, 7))]).await, 1);
    assert!(owns(&*store, "b", &prompt(70, 7)).await && !owns(&*store, "a", &prompt(70, 7)).await);
}

pub(crate) async fn iso_01_a_known_object_keeps_its_owner_whatever_it_names(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(7), prompt(70, 7)]).await;
    make(&*store, "b", vec![tune(8)]).await;
    let of_b = begin(&*store, "b").await.unwrap();
    let now = Seen { is_finished: false, members: "{\"new\":1}".into(), ..naming(of_b, prompt(70, 8)) };
    assert_eq!(sight(&*store, Some(8), vec![now]).await, 0);
    let record = find(&*store, "a", prompt(70, 7).object).await.unwrap();
    assert_eq!((record.is_finished, record.members.as_deref()), (false, Some("{\"new\":1}")));
    assert!(!owns(&*store, "b", &prompt(70, 7)).await);
}

pub(crate) async fn iso_01_what_nobody_can_be_told_to_own_is_not_recorded(store: Arc<dyn Kept>) {
    let objects = vec![tune(7), prompt(70, 7), naming(ReservationId::generate(), tune(8))];
    assert_eq!(sight(&*store, None, objects.clone()).await, 0);
    assert_eq!(sight(&*store, Some(7), objects).await, 0, "nor is anything on a tune that is not recorded");
    for id in [7, 8, 70] {
        assert!(store.look_up(id).await.unwrap().is_empty());
    }
}

pub(crate) async fn concluding_again_changes_nothing(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(7)]).await;
    let repeat = begin_on(&*store, &main_account(), "a", NOON.plus(MINUTE)).await.unwrap();
    let nothing = begin(&*store, "a").await.unwrap();
    let none = Conclusion { ending: Ending::Nothing, ..conclusion(nothing, vec![]) };
    for _ in 0..2 {
        let concluded = store.conclude(conclusion(repeat, vec![tune(7)])).await;
        assert_eq!(concluded, Ok(Concluded { is_repeat: true }));
        assert_eq!(store.conclude(none.clone()).await, Ok(Concluded { is_repeat: false }));
    }
    store.conclude(conclusion(nothing, vec![tune(9)])).await.unwrap();
    assert!(!owns(&*store, "a", &tune(9)).await);
}

pub(crate) async fn a_create_that_was_left_unknown_can_be_ended_later(store: Arc<dyn Kept>) {
    let reservation = begin(&*store, "a").await.unwrap();
    let unknown = Conclusion { ending: Ending::Unknown, ..conclusion(reservation, vec![]) };
    store.conclude(unknown).await.unwrap();
    store.conclude(conclusion(reservation, vec![tune(7)])).await.unwrap();
    assert!(owns(&*store, "a", &tune(7)).await);
}

pub(crate) async fn a_create_that_was_never_begun_cannot_be_concluded(store: Arc<dyn Kept>) {
    let reply = conclusion(ReservationId::generate(), vec![tune(7)]);
    assert_eq!(store.conclude(reply).await, Err(IndexError::Unavailable));
    assert!(store.look_up(7).await.unwrap().is_empty());
}

pub(crate) async fn a_create_cannot_begin_twice(store: Arc<dyn Kept>) {
    let reservation = begin(&*store, "a").await.unwrap();
    let (account, owner, operation) = (&main_account(), &user("b"), Operation::CreateTune);
    let again = Opened { reservation, account, owner, operation, tune: None, title: None, at: NOON };
    assert_eq!(store.begin(again).await, Err(IndexError::Unavailable));
    store.conclude(conclusion(reservation, vec![tune(7)])).await.unwrap();
    assert!(owns(&*store, "a", &tune(7)).await && !owns(&*store, "b", &tune(7)).await);
}

pub(crate) async fn only_objects_of_before_make_a_repeat(store: Arc<dyn Kept>) {
    let no_repeat = Concluded { is_repeat: false };
    assert_eq!(make(&*store, "a", vec![]).await, no_repeat);
    assert_eq!(make(&*store, "a", vec![tune(7)]).await, no_repeat);
    let second = begin_on(&*store, &main_account(), "a", NOON.plus(2 * MINUTE)).await.unwrap();
    let mixed = conclusion(second, vec![tune(7), prompt(70, 7)]);
    assert_eq!(store.conclude(mixed).await, Ok(no_repeat));
    let third = begin_on(&*store, &main_account(), "a", NOON.plus(2 * MINUTE)).await.unwrap();
    let again = conclusion(third, vec![tune(7), prompt(70, 7)]);
    assert_eq!(store.conclude(again).await, Ok(Concluded { is_repeat: true }));
}

pub(crate) async fn what_a_creates_own_callback_made_known_is_no_repeat(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(7)]).await;
    let reservation = begin(&*store, "a").await.unwrap();
    // The callback comes before the reply; and a look at the tune may see a prompt without its name.
    sight(&*store, None, vec![naming(reservation, prompt(70, 7))]).await;
    sight(&*store, Some(7), vec![prompt(71, 7)]).await;
    let reply = conclusion(reservation, vec![prompt(70, 7), prompt(71, 7)]);
    assert_eq!(store.conclude(reply).await, Ok(Concluded { is_repeat: false }));
}

pub(crate) async fn a_shorter_reply_takes_nothing_away(store: Arc<dyn Kept>) {
    let traits =
        Traits { text: Some("A CAT".into()), is_video: true, is_api: Some(false), ..Traits::default() };
    let pack = Some(PackId::from_u64(3));
    let whole = Seen { pack, base_pack: pack, traits, ..prompt(70, 7) };
    make(&*store, "a", vec![whole.clone()]).await;
    store.like(&main_account(), whole.object, true).await.unwrap();
    sight(&*store, None, vec![Seen { tune: None, created_at: None, ..prompt(70, 7) }]).await;
    let record = find(&*store, "a", whole.object).await.unwrap();
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
    assert_eq!(list(&*store, "a", ObjectKind::Prompt, ListQuery { filters, ..all() }).await, [70]);
}

pub(crate) async fn what_is_made_of_a_fast_tune_is_free(store: Arc<dyn Kept>) {
    let branch = |branch: &str| Traits { branch: Some(branch.into()), ..Traits::default() };
    let fast = Seen { traits: branch("fast"), ..tune(7) };
    // The prompt first: the order of a reply does not matter.
    make(&*store, "a", vec![prompt(70, 7), fast, Seen { traits: branch("sd15"), ..tune(8) }, prompt(80, 8)])
        .await;
    let is_free = async |object: &Seen| find(&*store, "a", object.object).await.unwrap().is_free;
    assert!(is_free(&tune(7)).await && is_free(&prompt(70, 7)).await);
    assert!(!is_free(&tune(8)).await && !is_free(&prompt(80, 8)).await);
    sight(&*store, None, vec![tune(7)]).await;
    assert!(is_free(&tune(7)).await, "a reply without a branch says nothing about it");
    sight(&*store, None, vec![Seen { traits: branch("flux1"), ..tune(7) }]).await;
    assert!(!is_free(&tune(7)).await);
    assert!(is_free(&prompt(70, 7)).await, "what it was when it was made, it stays");
    make(&*store, "a", vec![prompt(71, 7)]).await;
    assert!(!is_free(&prompt(71, 7)).await);
}

pub(crate) async fn a_forgotten_tune_leaves_its_prompts_in_doubt(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(7), prompt(70, 7), tune(8), prompt(80, 8)]).await;
    store.forget(&main_account(), tune(7).object).await.unwrap();
    assert!(!owns(&*store, "a", &tune(7)).await);
    let seen_at = async |id| find(&*store, "a", prompt(id, 0).object).await.unwrap().seen_at;
    assert_eq!(seen_at(70).await, None);
    assert!(seen_at(80).await.is_some());
    store.forget(&main_account(), prompt(70, 7).object).await.unwrap();
    assert!(!owns(&*store, "a", &prompt(70, 7)).await);
}

pub(crate) async fn doubts_and_likes_stay_with_one_object(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(70), prompt(70, 7), prompt(71, 7)]).await;
    store.doubt(&main_account(), prompt(70, 7).object).await.unwrap();
    store.like(&main_account(), prompt(70, 7).object, true).await.unwrap();
    store.like(&AccountKey::new("other"), prompt(71, 7).object, true).await.unwrap();
    let state = async |object: Seen| {
        let record = find(&*store, "a", object.object).await.unwrap();
        (record.seen_at.is_none(), record.is_liked)
    };
    assert_eq!(state(prompt(70, 7)).await, (true, true));
    assert_eq!(state(prompt(71, 7)).await, (false, false));
    assert_eq!(state(tune(70)).await, (false, false));
    sight(&*store, None, vec![prompt(70, 7)]).await;
    assert_eq!(state(prompt(70, 7)).await, (false, true));
    store.like(&main_account(), prompt(70, 7).object, false).await.unwrap();
    assert_eq!(state(prompt(70, 7)).await, (false, false));
}
