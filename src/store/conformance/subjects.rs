//! Erasure and export, import, and what the operator asks.

use super::Made;
use super::bench::{
    MADE_IN_PART, MINUTE, NOON, all, begin, begin_on, conclusion, ending, hold, list, main_account, make,
    naming, owns, prompt, prompts, pseudonym, reserving, sight, sums, tune, user,
};
use super::keys::{claim, key};
use crate::ids::{ReservationId, TuneId};
use crate::operation::Operation;
use crate::ownership::{AccountKey, AuditEntry, Cursor, Erasure, Found, IndexError, ObjectKind, Record};
use crate::quota::{BooksError, Closing, CreateState, Ending, Opened, Opening, Trail};

const ERASED: AuditEntry<'static> =
    AuditEntry { at: NOON, action: "erased", pseudonym: "f00", request_id: "", objects: 2 };

pub(crate) async fn an_end_user_whose_data_is_being_erased_makes_nothing_new(Made { store, .. }: &Made) {
    assert_eq!(store.erasure(&user("a")).await, Ok(None));
    assert_eq!(store.erasing().await, Ok(vec![]));
    let started = Erasure { started_at: NOON, objects_left: 0, open_creates: 0 };
    for minutes in 0..2 {
        let at = NOON.plus(minutes * MINUTE);
        assert_eq!(store.begin_erasure(&user("a"), at).await, Ok(started), "asking again changes nothing");
    }
    assert_eq!(store.erasure(&user("a")).await, Ok(Some(started)));
    assert_eq!(store.erasing().await, Ok(vec![user("a")]));
    assert_eq!(begin(&**store, "a").await, Err(BooksError::Erasing));
    let imported = store.import(&main_account(), &user("a"), vec![tune(7)], NOON).await;
    assert_eq!(imported, Err(IndexError::Erasing));
    assert!(begin(&**store, "b").await.is_ok());
    assert_eq!(store.finish_erasure(&user("a"), ERASED).await, Ok(true));
    assert!(begin(&**store, "a").await.is_ok(), "whoever comes back begins anew");
}

pub(crate) async fn what_a_create_made_before_the_erasure_is_recorded_all_the_same(
    Made { store, .. }: &Made,
) {
    let reservation = begin(&**store, "a").await.unwrap();
    let lost = begin(&**store, "a").await.unwrap();
    let begun = store.begin_erasure(&user("a"), NOON).await.unwrap();
    assert_eq!((begun.objects_left, begun.open_creates), (0, 2));
    store.close(conclusion(reservation, vec![tune(7)])).await.unwrap();
    sight(&**store, None, vec![naming(lost, tune(8))]).await;
    sight(&**store, Some(7), vec![prompt(70, 7)]).await;
    let now = store.erasure(&user("a")).await.unwrap().unwrap();
    assert_eq!((now.objects_left, now.open_creates), (3, 1));
    for gone in [tune(7).object, tune(8).object, prompt(70, 7).object] {
        store.forget(&main_account(), gone).await.unwrap();
    }
    assert_eq!(
        store.finish_erasure(&user("a"), ERASED).await,
        Ok(false),
        "a create may still make something"
    );
    store.close(ending(lost, Ending::Nothing)).await.unwrap();
    assert_eq!(store.finish_erasure(&user("a"), ERASED).await, Ok(true));
}

pub(crate) async fn an_erasure_waits_for_creates_that_may_still_make_something(made: &Made) {
    let Made { store, .. } = made;
    let part = hold(&**store, reserving(prompts(2, 2, 2))).await;
    let one = vec![naming(part, prompt(70, 7))];
    store.close(Closing { ending: MADE_IN_PART, ..conclusion(part, one.clone()) }).await.unwrap();
    store.forget(&main_account(), one[0].object).await.unwrap();
    let begun = store.begin_erasure(&user("a"), NOON).await.unwrap();
    // What it made in part can be deleted meanwhile.
    assert_eq!((begun.objects_left, begun.open_creates), (0, 0));
    assert_eq!(store.finish_erasure(&user("a"), ERASED).await, Ok(false), "its hold would stay for ever");
    store.close(conclusion(part, vec![])).await.unwrap();
    assert_eq!(store.finish_erasure(&user("a"), ERASED).await, Ok(true));
    assert_eq!(sums(made).await, [(1, 1, 1), (0, 0, 0)]);
}

pub(crate) async fn an_erasure_keeps_the_sums_and_forgets_names_keys_and_traces(made: &Made) {
    let Made { store, .. } = made;
    let keyed = Opening { claim: Some(claim("a")), ..reserving(prompts(1, 2, 3)) };
    let reservation = hold(&**store, keyed.clone()).await;
    let reply = conclusion(reservation, vec![naming(reservation, prompt(70, 7))]);
    store.close(Closing { reply: Some(key("a")), ..reply }).await.unwrap();
    let trail = Trail { tunes: vec![TuneId::from_u64(7)], title: Some("x".into()), is_nameless: true };
    let theme = Opening { operation: Operation::CreateTheme, trail, ..reserving(prompts(1, 2, 3)) };
    let presumed = hold(&**store, theme.clone()).await;
    store.close(ending(presumed, Ending::Presumed)).await.unwrap();
    let before = sums(made).await;
    assert_eq!(before, [(2, 4, 6), (0, 0, 0)]);

    store.begin_erasure(&user("a"), NOON).await.unwrap();
    store.forget(&main_account(), prompt(70, 7).object).await.unwrap();
    assert_eq!(store.finish_erasure(&user("a"), ERASED).await, Ok(true));

    assert_eq!(sums(made).await, before, "the quota of {} is not begun anew", pseudonym("a"));
    for forgotten in [reservation, presumed] {
        let create = store.create(forgotten).await.unwrap().unwrap();
        assert_eq!((create.owner, create.has_key, create.objects.len()), (None, false, 0));
        assert_eq!(create.trail.title, None);
        assert!(create.trail.tunes.is_empty());
    }
    assert_eq!(store.create(presumed).await.unwrap().unwrap().state, CreateState::Presumed);
    assert!(
        store.due(NOON.plus(9999 * MINUTE), 9).await.unwrap().creates.is_empty(),
        "nobody looks for them"
    );
    // What turns up now is nobody's, and takes nothing with it that comes in the same moment.
    let late = vec![naming(reservation, prompt(71, 7)), naming(presumed, tune(9))];
    assert_eq!(sight(&**store, None, late).await, 0);
    assert_eq!(store.close(conclusion(presumed, vec![])).await.map(|closed| closed.is_repeat), Ok(false));
    // Whoever comes back may use the same key and the same tune.
    for again in [keyed, theme] {
        let again = Opening { reservation: ReservationId::generate(), ..again };
        assert_eq!(store.open(again).await, Ok(Opened::Held));
    }
}

pub(crate) async fn an_erasure_forgets_one_end_user_and_nobody_else(Made { store, .. }: &Made) {
    let reservation = begin(&**store, "a").await.unwrap();
    store.close(conclusion(reservation, vec![tune(7), prompt(70, 7)])).await.unwrap();
    make(&**store, "b", vec![tune(8)]).await;
    let finish = async || store.finish_erasure(&user("a"), ERASED).await;
    assert_eq!(finish().await, Ok(false));
    assert!(owns(&**store, "a", &tune(7)).await, "nobody is forgotten who did not ask for it");
    store.begin_erasure(&user("a"), NOON).await.unwrap();
    for left in [tune(7), prompt(70, 7)] {
        assert_eq!(
            finish().await,
            Ok(false),
            "{:?} is still there, and somebody must know whose it is",
            left.object
        );
        store.forget(&main_account(), left.object).await.unwrap();
    }
    assert_eq!(finish().await, Ok(true));
    assert_eq!(finish().await, Ok(false), "it was done");
    assert_eq!(store.erasure(&user("a")).await, Ok(None));
    assert_eq!(store.erasing().await, Ok(vec![]));
    for id in [7, 70] {
        assert!(store.look_up(id).await.unwrap().is_empty());
    }
    assert_eq!(
        sight(&**store, None, vec![naming(reservation, tune(9))]).await,
        0,
        "the create is forgotten, too"
    );
    assert_eq!(list(&**store, "b", ObjectKind::Tune, all()).await, [8]);
    store.audit(ERASED).await.unwrap();
}

pub(crate) async fn all_objects_of_an_end_user_are_read_once_each(Made { store, .. }: &Made) {
    make(&**store, "a", vec![tune(7), tune(70), prompt(70, 7), prompt(71, 7)]).await;
    make(&**store, "b", vec![tune(8)]).await;
    let other = AccountKey::new("other");
    let reservation = begin_on(&**store, &other, "a", NOON).await.unwrap();
    store.close(conclusion(reservation, vec![tune(7), tune(5)])).await.unwrap();
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let part = store.objects(&user("a"), after.as_ref(), 2).await.unwrap();
        assert!(part.len() <= 2);
        let Some((account, record)) = part.last() else { break };
        after = Some(Cursor { account: account.clone(), object: record.object });
        read.extend(part.into_iter().map(|(account, record)| (account, record.object)));
    }
    let mut expected: Vec<_> = [tune(7), tune(70), prompt(70, 7), prompt(71, 7)]
        .into_iter()
        .map(|seen| (main_account(), seen.object))
        .chain([tune(7), tune(5)].map(|seen| (other.clone(), seen.object)))
        .collect();
    expected.sort_unstable();
    read.sort_unstable();
    assert_eq!(read, expected);
    assert!(store.objects(&user("c"), None, 2).await.unwrap().is_empty());
}

pub(crate) async fn imported_objects_are_their_owners_unless_they_are_somebody_elses(
    Made { store, .. }: &Made,
) {
    let import = async |owner, objects| store.import(&main_account(), &user(owner), objects, NOON).await;
    assert_eq!(import("a", vec![prompt(70, 7), tune(7)]).await, Ok(2));
    assert_eq!(import("a", vec![tune(7), tune(8)]).await, Ok(1));
    assert_eq!(import("b", vec![tune(9), tune(8)]).await, Err(IndexError::Conflict));
    assert!(owns(&**store, "a", &tune(8)).await && !owns(&**store, "b", &tune(9)).await);
    assert_eq!(import("b", vec![tune(u64::MAX)]).await, Err(IndexError::Conflict));
    assert!(make(&**store, "a", vec![tune(7)]).await.is_repeat);
}

pub(crate) async fn the_operator_finds_whose_a_number_is(Made { store, .. }: &Made) {
    let reservation = begin(&**store, "a").await.unwrap();
    store.close(conclusion(reservation, vec![tune(7)])).await.unwrap();
    store.import(&AccountKey::new("other"), &user("b"), vec![prompt(7, 1)], NOON).await.unwrap();
    let mut found = store.look_up(7).await.unwrap();
    found.sort_by(|a, b| a.account.cmp(&b.account));
    let told: Vec<(&str, &str, Option<ReservationId>, &Record)> = found
        .iter()
        .map(|Found { account, owner, record, reservation }| {
            (account.as_str(), &*owner.subject, *reservation, record)
        })
        .collect();
    assert!(matches!(told.as_slice(), [("main", "a", Some(made_by), tune), ("other", "b", None, prompt)]
        if *made_by == reservation && tune.object.kind == ObjectKind::Tune && prompt.object.kind == ObjectKind::Prompt));
    assert!(store.look_up(8).await.unwrap().is_empty());
}

pub(crate) async fn a_key_is_made_once_and_differs_by_name(Made { store, .. }: &Made) {
    let first = store.key("titles").await.unwrap();
    assert_eq!(store.key("titles").await, Ok(first));
    let other = store.key("blobs").await.unwrap();
    assert!(first != other && first != [0; 32] && other != [0; 32]);
}
