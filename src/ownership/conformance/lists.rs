//! Lists, and tunes that await prompts.

use std::sync::Arc;

use super::{
    Kept, MINUTE, NOON, all, begin, conclusion, list, main_account, make, owns, prompt, sight, tune, user,
};
use crate::clock::Timestamp;
use crate::ids::{PackId, ReservationId, TuneId};
use crate::operation::Operation;
use crate::ownership::{Abandoned, Conclusion, Ending, Filters, ListQuery, ObjectKind, Opened, Seen, Traits};

pub(crate) async fn lists_are_newest_first_and_page_without_gaps(store: Arc<dyn Kept>) {
    make(&*store, "b", (1..=30).map(|id| prompt(id * 2 + 1, 9)).collect()).await;
    make(&*store, "a", (1..=30).map(|id| prompt(id * 2, 7 + id % 2)).collect()).await;
    let mut expected: Vec<u64> = (1..=30).rev().map(|id| id * 2).collect();
    assert_eq!(list(&*store, "a", ObjectKind::Prompt, all()).await, expected);
    assert!(list(&*store, "a", ObjectKind::Tune, all()).await.is_empty());
    let (mut paged, mut before_id) = (Vec::new(), None);
    loop {
        let page = list(&*store, "a", ObjectKind::Prompt, ListQuery { before_id, limit: 7, ..all() }).await;
        let Some(last) = page.last() else { break };
        before_id = Some(*last);
        paged.extend(page);
        // What is deleted meanwhile moves nothing else.
        store.forget(&main_account(), prompt(paged[0], 0).object).await.unwrap();
    }
    assert_eq!(paged, expected);
    expected.remove(0);
    let query = ListQuery { before_id: Some(50), offset: 2, limit: 3, ..all() };
    assert_eq!(list(&*store, "a", ObjectKind::Prompt, query).await, [44, 42, 40]);
    let of_tune = ListQuery { tune: Some(TuneId::from_u64(8)), limit: 2, ..all() };
    assert_eq!(list(&*store, "a", ObjectKind::Prompt, of_tune).await, [58, 54]);
    assert!(list(&*store, "a", ObjectKind::Prompt, ListQuery { limit: 0, ..all() }).await.is_empty());
}

pub(crate) async fn lists_hold_what_all_their_filters_let_pass(store: Arc<dyn Kept>) {
    let text = |text: &str| Traits { text: Some(text.into()), is_api: Some(true), ..Traits::default() };
    let pack = |id| Some(PackId::from_u64(id));
    let named = |title: &str, name: &str| Traits {
        title: Some(title.into()),
        name: Some(name.into()),
        model_type: Some("lora".into()),
        branch: Some("flux1".into()),
        ..Traits::default()
    };
    let later = Some(NOON.plus(MINUTE));
    let video = Traits { is_video: true, ..text("100% ÉLAN_vital") };
    let objects = vec![
        Seen { traits: named("x-One", "cat"), pack: pack(1), ..tune(1) },
        Seen { traits: named("x-Two", "dog"), created_at: later, ..tune(2) },
        Seen { traits: Traits { branch: Some("sd15".into()), ..Traits::default() }, ..tune(3) },
        Seen { traits: text("a Cat, 100 euros"), pack: pack(1), base_pack: pack(2), ..prompt(10, 1) },
        Seen { traits: video, created_at: later, ..prompt(11, 1) },
        Seen {
            traits: Traits { is_api: Some(false), ..text("elanXvital") },
            created_at: None,
            ..prompt(12, 2)
        },
        prompt(13, 2),
    ];
    make(&*store, "a", objects).await;
    make(&*store, "b", vec![Seen { traits: named("x-One", "cat"), ..tune(4) }]).await;
    store.like(&main_account(), prompt(12, 2).object, true).await.unwrap();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let some = Filters::default;
    let cases = [
        (ObjectKind::Tune, Filters { titles: words(&["x-One"]), ..some() }, vec![1]),
        (ObjectKind::Tune, Filters { titles: words(&["x-One", "x-Two", "'"]), ..some() }, vec![2, 1]),
        (ObjectKind::Tune, Filters { titles: words(&["x-one"]), ..some() }, vec![]),
        (ObjectKind::Tune, Filters { names: words(&["dog", "bird"]), ..some() }, vec![2]),
        (ObjectKind::Tune, Filters { model_type: Some("lora".into()), ..some() }, vec![2, 1]),
        (ObjectKind::Tune, Filters { branch: Some("sd15".into()), ..some() }, vec![3]),
        (ObjectKind::Tune, Filters { pack: pack(1), names: words(&["cat"]), ..some() }, vec![1]),
        (ObjectKind::Prompt, Filters { text: Some("cat".into()), ..some() }, vec![10]),
        (ObjectKind::Prompt, Filters { text: Some("100%".into()), ..some() }, vec![11]),
        (ObjectKind::Prompt, Filters { text: Some("n_V".into()), ..some() }, vec![11]),
        (ObjectKind::Prompt, Filters { text: Some("élan".into()), ..some() }, vec![11]),
        (ObjectKind::Prompt, Filters { pack: pack(1), ..some() }, vec![10]),
        (ObjectKind::Prompt, Filters { pack: pack(2), ..some() }, vec![]),
        (ObjectKind::Prompt, Filters { base_pack: pack(2), ..some() }, vec![10]),
        (ObjectKind::Prompt, Filters { base_pack: pack(u64::MAX), ..some() }, vec![]),
        (ObjectKind::Prompt, Filters { is_liked: Some(true), ..some() }, vec![12]),
        (ObjectKind::Prompt, Filters { is_liked: Some(false), ..some() }, vec![13, 11, 10]),
        (ObjectKind::Prompt, Filters { is_video: Some(true), ..some() }, vec![11]),
        (ObjectKind::Prompt, Filters { is_video: Some(false), ..some() }, vec![13, 12, 10]),
        (ObjectKind::Prompt, Filters { is_api: Some(false), ..some() }, vec![12]),
        (ObjectKind::Prompt, Filters { is_api: Some(true), ..some() }, vec![13, 11, 10]),
        (ObjectKind::Prompt, Filters { created_from: later, ..some() }, vec![11]),
        (ObjectKind::Prompt, Filters { is_liked: Some(true), is_video: Some(true), ..some() }, vec![]),
    ];
    for (kind, filters, expected) in cases {
        let query = ListQuery { filters: filters.clone(), ..all() };
        assert_eq!(list(&*store, "a", kind, query).await, expected, "{filters:?}");
    }
}

async fn awaiting(
    store: &dyn Kept,
    owner: &str,
    of: Option<u64>,
    now: Timestamp,
) -> Vec<(u64, Option<Timestamp>)> {
    let query = ListQuery { tune: of.map(TuneId::from_u64), ..all() };
    let page = store.list(&main_account(), &user(owner), ObjectKind::Prompt, &query, now).await.unwrap();
    page.awaiting.into_iter().map(|(tune, at)| (tune.get(), at)).collect()
}

pub(crate) async fn a_tune_awaits_prompts_until_it_was_swept_or_the_time_is_over(store: Arc<dyn Kept>) {
    let (account, until) = (main_account(), NOON.plus(10 * MINUTE));
    let reservation = begin(&*store, "a").await.unwrap();
    let awaits = vec![TuneId::from_u64(7), TuneId::from_u64(8)];
    let made = Conclusion {
        awaits,
        awaits_until: until,
        ..conclusion(reservation, vec![tune(7), tune(8), tune(9)])
    };
    store.conclude(made).await.unwrap();
    let mut both = awaiting(&*store, "a", None, NOON).await;
    both.sort_unstable();
    assert_eq!(both, [(7, None), (8, None)]);
    assert_eq!(awaiting(&*store, "a", Some(8), NOON).await, [(8, None)]);
    assert_eq!(awaiting(&*store, "a", Some(9), NOON).await, []);
    assert_eq!(awaiting(&*store, "b", None, NOON).await, []);
    assert_eq!(awaiting(&*store, "a", None, until).await, []);

    store.swept(&account, TuneId::from_u64(7), NOON.plus(MINUTE), false).await.unwrap();
    store.swept(&account, TuneId::from_u64(8), NOON.plus(MINUTE), true).await.unwrap();
    assert_eq!(awaiting(&*store, "a", None, NOON).await, [(7, Some(NOON.plus(MINUTE)))]);
    sight(&*store, None, vec![tune(7)]).await;
    assert_eq!(
        awaiting(&*store, "a", None, NOON).await.len(),
        1,
        "a look at the tune is none at its prompts"
    );

    // An earlier end does not take a later one's place.
    let again = begin(&*store, "a").await.unwrap();
    let awaits = vec![TuneId::from_u64(7), TuneId::from_u64(8)];
    let sooner = Conclusion { awaits, awaits_until: NOON.plus(MINUTE), ..conclusion(again, vec![]) };
    store.conclude(sooner).await.unwrap();
    assert_eq!(awaiting(&*store, "a", None, NOON.plus(2 * MINUTE)).await.len(), 1);
    assert_eq!(awaiting(&*store, "a", None, NOON).await.len(), 2);
}

pub(crate) async fn creates_that_a_crash_left_open_are_awaited_and_end_as_unknown(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(7), tune(8), tune(9)]).await;
    make(&*store, "b", vec![tune(5)]).await;
    let open = async |operation, tune: u64, minutes: u32| {
        let (reservation, owner, account) = (ReservationId::generate(), user("a"), main_account());
        let (tune, at) = (Some(TuneId::from_u64(tune)), NOON.plus(minutes * MINUTE));
        let opened =
            Opened { reservation, account: &account, owner: &owner, operation, tune, title: None, at };
        store.begin(opened).await.unwrap();
        reservation
    };
    let abandon = async |awaited: u32, ended: u32| {
        let (awaited_before, ended_before) = (NOON.plus(awaited * MINUTE), NOON.plus(ended * MINUTE));
        let at = NOON.plus(60 * MINUTE);
        let which = Abandoned { awaited_before, ended_before, awaits_until: at, at };
        store.abandon(which).await
    };
    let waits = async || {
        let mut tunes: Vec<u64> =
            awaiting(&*store, "a", None, NOON).await.into_iter().map(|(tune, _)| tune).collect();
        tunes.sort_unstable();
        tunes
    };
    let first = open(Operation::CreatePrompt, 7, 1).await;
    // On somebody else's, as on a shared one, there is nothing to look through.
    open(Operation::CreatePrompt, 5, 1).await;
    assert_eq!(abandon(1, 1).await, Ok(0), "too young");
    assert!(waits().await.is_empty());
    assert_eq!(abandon(2, 1).await, Ok(0));
    assert_eq!(waits().await, [7], "awaited before it ends");
    assert_eq!(abandon(2, 2).await, Ok(2));
    assert_eq!(abandon(2, 2).await, Ok(0), "they have their end");
    assert_eq!(awaiting(&*store, "b", None, NOON).await, []);

    // Of several tunes only the first is recorded: all that were there are looked through, and none that came later.
    let theme = open(Operation::CreateTheme, 7, 3).await;
    make(&*store, "a", vec![tune(10)]).await;
    assert_eq!(abandon(0, 4).await, Ok(1));
    assert_eq!(waits().await, [7, 8, 9]);

    // Whoever knows better may still say so.
    let made = store.conclude(conclusion(first, vec![prompt(70, 7)])).await.unwrap();
    assert!(!made.is_repeat);
    assert!(owns(&*store, "a", &prompt(70, 7)).await);
    let later = open(Operation::RunPack, 10, 5).await;
    let unknown = Conclusion {
        ending: Ending::Unknown,
        awaits_until: NOON.plus(60 * MINUTE),
        ..conclusion(later, vec![])
    };
    store.conclude(unknown).await.unwrap();
    assert_eq!(waits().await, [7, 8, 9, 10], "a lost answer is looked for at once");
    assert!(store.creates(&user("a")).await.unwrap().contains(&theme));
}

pub(crate) async fn nobody_awaits_prompts_on_anothers_tune(store: Arc<dyn Kept>) {
    make(&*store, "a", vec![tune(7)]).await;
    let of_b = begin(&*store, "b").await.unwrap();
    let awaits = vec![TuneId::from_u64(7), TuneId::from_u64(u64::MAX)];
    store.conclude(Conclusion { awaits, ..conclusion(of_b, vec![]) }).await.unwrap();
    for owner in ["a", "b"] {
        assert_eq!(awaiting(&*store, owner, None, NOON).await, []);
    }
}
