//! Lists, tunes that await prompts, and what is due for a look.

use super::Made;
use super::bench::{
    Kept, LEASE, MADE_IN_PART, MINUTE, NOON, all, begin, conclusion, ending, hold, list, main_account, make,
    naming, opening, owns, prompt, prompts, running, sight, tune, user,
};
use crate::clock::Timestamp;
use crate::ids::{PackId, TuneId};
use crate::operation::Operation;
use crate::ownership::{Filters, ListQuery, ObjectKind, Seen, Traits};
use crate::quota::{Closing, CreateState, DueSince, Ending, Looked, LookedAt, Opening, Trail};

pub(crate) async fn lists_are_newest_first_and_page_without_gaps(Made { store, .. }: &Made) {
    make(&**store, "b", (1..=30).map(|id| prompt(id * 2 + 1, 9)).collect()).await;
    make(&**store, "a", (1..=30).map(|id| prompt(id * 2, 7 + id % 2)).collect()).await;
    let mut expected: Vec<u64> = (1..=30).rev().map(|id| id * 2).collect();
    assert_eq!(list(&**store, "a", ObjectKind::Prompt, all()).await, expected);
    assert!(list(&**store, "a", ObjectKind::Tune, all()).await.is_empty());
    let (mut paged, mut before_id) = (Vec::new(), None);
    loop {
        let page = list(&**store, "a", ObjectKind::Prompt, ListQuery { before_id, limit: 7, ..all() }).await;
        let Some(last) = page.last() else { break };
        before_id = Some(*last);
        paged.extend(page);
        // What is deleted meanwhile moves nothing else.
        store.forget(&main_account(), prompt(paged[0], 0).object).await.unwrap();
    }
    assert_eq!(paged, expected);
    expected.remove(0);
    let query = ListQuery { before_id: Some(50), offset: 2, limit: 3, ..all() };
    assert_eq!(list(&**store, "a", ObjectKind::Prompt, query).await, [44, 42, 40]);
    let of_tune = ListQuery { tune: Some(TuneId::from_u64(8)), limit: 2, ..all() };
    assert_eq!(list(&**store, "a", ObjectKind::Prompt, of_tune).await, [58, 54]);
    assert!(list(&**store, "a", ObjectKind::Prompt, ListQuery { limit: 0, ..all() }).await.is_empty());
}

pub(crate) async fn lists_hold_what_all_their_filters_let_pass(Made { store, .. }: &Made) {
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
    make(&**store, "a", objects).await;
    make(&**store, "b", vec![Seen { traits: named("x-One", "cat"), ..tune(4) }]).await;
    // Of a guest that became somebody; the other was not made here.
    let theirs = "0123456789abcdef01234567-Two";
    make(&**store, "a", vec![Seen { traits: named(theirs, "fish"), ..tune(5) }]).await;
    let adopted = Seen { traits: named(theirs, "fish"), ..tune(6) };
    store.import(&main_account(), &user("a"), vec![adopted], NOON).await.unwrap();
    store.like(&main_account(), prompt(12, 2).object, true).await.unwrap();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let some = Filters::default;
    let cases = [
        (ObjectKind::Tune, Filters { titles: words(&["x-One"]), ..some() }, vec![1]),
        (ObjectKind::Tune, Filters { titles: words(&["x-One", "x-Two", "'"]), ..some() }, vec![2, 1]),
        (ObjectKind::Tune, Filters { titles: words(&["x-one"]), ..some() }, vec![]),
        (
            ObjectKind::Tune,
            Filters { titles: words(&["x-Two"]), title_words: Some("Two".into()), ..some() },
            vec![5, 2],
        ),
        (
            ObjectKind::Tune,
            Filters { titles: words(&["y"]), title_words: Some("One".into()), ..some() },
            vec![],
        ),
        (ObjectKind::Tune, Filters { names: words(&["dog", "bird"]), ..some() }, vec![2]),
        (ObjectKind::Tune, Filters { model_type: Some("lora".into()), ..some() }, vec![6, 5, 2, 1]),
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
        assert_eq!(list(&**store, "a", kind, query).await, expected, "{filters:?}");
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

pub(crate) async fn a_tune_awaits_prompts_until_it_was_swept_or_the_time_is_over(Made { store, .. }: &Made) {
    let (account, until) = (main_account(), NOON.plus(10 * MINUTE));
    let reservation = begin(&**store, "a").await.unwrap();
    let awaits = vec![TuneId::from_u64(7), TuneId::from_u64(8)];
    let made =
        Closing { awaits, awaits_until: until, ..conclusion(reservation, vec![tune(7), tune(8), tune(9)]) };
    store.close(made).await.unwrap();
    let mut both = awaiting(&**store, "a", None, NOON).await;
    both.sort_unstable();
    assert_eq!(both, [(7, None), (8, None)]);
    assert_eq!(awaiting(&**store, "a", Some(8), NOON).await, [(8, None)]);
    assert_eq!(awaiting(&**store, "a", Some(9), NOON).await, []);
    assert_eq!(awaiting(&**store, "b", None, NOON).await, []);
    assert_eq!(awaiting(&**store, "a", None, until).await, []);

    store.swept(&account, TuneId::from_u64(7), NOON.plus(MINUTE), false).await.unwrap();
    store.swept(&account, TuneId::from_u64(8), NOON.plus(MINUTE), true).await.unwrap();
    assert_eq!(awaiting(&**store, "a", None, NOON).await, [(7, Some(NOON.plus(MINUTE)))]);
    sight(&**store, None, vec![tune(7)]).await;
    assert_eq!(
        awaiting(&**store, "a", None, NOON).await.len(),
        1,
        "a look at the tune is none at its prompts"
    );

    // An earlier end does not take a later one's place.
    let again = begin(&**store, "a").await.unwrap();
    let awaits = vec![TuneId::from_u64(7), TuneId::from_u64(8)];
    let sooner = Closing { awaits, awaits_until: NOON.plus(MINUTE), ..conclusion(again, vec![]) };
    store.close(sooner).await.unwrap();
    assert_eq!(awaiting(&**store, "a", None, NOON.plus(2 * MINUTE)).await.len(), 1);
    assert_eq!(awaiting(&**store, "a", None, NOON).await.len(), 2);
}

pub(crate) async fn creates_whose_lease_ends_are_awaited_and_unknown(Made { store, .. }: &Made) {
    make(&**store, "a", vec![tune(7), tune(8), tune(9)]).await;
    make(&**store, "b", vec![tune(5)]).await;
    let open = async |operation, tunes: &[u64], minutes: u32| {
        let tunes = tunes.iter().copied().map(TuneId::from_u64).collect();
        let trail = Trail { tunes, title: None, is_nameless: operation == Operation::CreateTheme };
        let at = NOON.plus(minutes * MINUTE);
        hold(&**store, Opening { operation, trail, ..opening(&main_account(), "a", at) }).await
    };
    let until = NOON.plus(60 * MINUTE);
    let expire = async |minutes: u32, of_all| store.expire(NOON.plus(minutes * MINUTE), until, of_all).await;
    let waits = async || {
        let mut tunes: Vec<u64> =
            awaiting(&**store, "a", None, NOON).await.into_iter().map(|(tune, _)| tune).collect();
        tunes.sort_unstable();
        tunes
    };
    let first = open(Operation::CreatePrompt, &[7], 1).await;
    // On somebody else's, as on a shared one, there is nothing to look through.
    open(Operation::CreatePrompt, &[5], 1).await;
    assert_eq!(expire(10, false).await, Ok(0), "somebody may still call them");
    assert!(waits().await.is_empty());
    assert_eq!(expire(10, true).await, Ok(0));
    assert_eq!(waits().await, [7], "at a start nobody can be calling them, so they are looked for at once");
    assert_eq!(expire(11, false).await, Ok(2));
    assert_eq!(expire(11, false).await, Ok(0), "their leases have ended");
    assert_eq!(awaiting(&**store, "b", None, NOON).await, []);
    let create = store.create(first).await.unwrap().unwrap();
    assert_eq!((create.state, create.ended_at), (CreateState::Unknown, NOON.plus(MINUTE + LEASE)));

    // On all of a theme's tunes, and on no other.
    let theme = open(Operation::CreateTheme, &[7, 9], 12).await;
    assert_eq!(expire(22, false).await, Ok(1));
    assert_eq!(waits().await, [7, 9]);

    // Whoever knows better may still say so.
    let made = store.close(conclusion(first, vec![prompt(70, 7)])).await.unwrap();
    assert!(!made.is_repeat && !made.was_ended);
    assert!(owns(&**store, "a", &prompt(70, 7)).await);
    let later = open(Operation::RunPack, &[8], 23).await;
    let unknown = Closing { awaits_until: until, ..ending(later, Ending::Unknown) };
    store.close(unknown).await.unwrap();
    assert_eq!(waits().await, [7, 8, 9], "a lost answer is looked for at once");
    assert!(store.create(theme).await.unwrap().is_some());
}

pub(crate) async fn what_is_due_is_looked_at_when_it_is_and_not_again_before_it_is_said(
    Made { store, .. }: &Made,
) {
    let at = |minutes: u32| NOON.plus(minutes * MINUTE);
    let unknown = begin(&**store, "a").await.unwrap();
    store.close(Closing { look_at: at(3), ..ending(unknown, Ending::Unknown) }).await.unwrap();
    let part = hold(&**store, Opening { amounts: prompts(2, 2, 2), ..opening(&main_account(), "a", NOON) });
    let part = part.await;
    let made = vec![running(naming(part, prompt(70, 7)))];
    store.close(Closing { ending: MADE_IN_PART, look_at: at(2), ..conclusion(part, made) }).await.unwrap();
    begin(&**store, "a").await.unwrap();
    let due = async |minutes, limit| {
        let due = store.due(at(minutes), limit).await.unwrap();
        let objects: Vec<_> = due.objects.iter().map(|due| (due.record.object.id, due.looks)).collect();
        let creates: Vec<_> = due.creates.iter().map(|create| (create.reservation, create.looks)).collect();
        (objects, creates)
    };
    assert_eq!(due(1, 9).await, (vec![], vec![]), "a poll comes some seconds after its create");
    assert_eq!(due(2, 9).await, (vec![(70, 0)], vec![(part, 0)]));
    assert_eq!(due(3, 9).await.1, [(part, 0), (unknown, 0)], "one that is open is nobody's to look for");
    assert_eq!(due(3, 1).await.1, [(part, 0)], "longest due first");
    let since = store.due(at(3), 9).await.unwrap().objects[0].since;
    let object = |since| LookedAt::Object(main_account(), prompt(70, 7).object, since);
    let of = |since| {
        [object(since), LookedAt::Create(part)].map(|at_what| Looked { at_what, again_at: at(9) }).to_vec()
    };
    let looked = of(since);
    // It became due anew while somebody looked: what that look showed is of before.
    store.looked(vec![Looked { at_what: object(DueSince(since.0 - 1)), again_at: at(9) }]).await.unwrap();
    assert_eq!(due(3, 9).await.0, [(70, 0)]);
    store.looked(looked.clone()).await.unwrap();
    assert_eq!(due(3, 9).await, (vec![], vec![(unknown, 0)]));
    assert_eq!(due(9, 9).await, (vec![(70, 1)], vec![(unknown, 0), (part, 1)]));

    // What has ended is not looked at, and a note that comes late changes nothing of that.
    store.close(conclusion(unknown, vec![])).await.unwrap();
    store.close(conclusion(part, vec![naming(part, prompt(70, 7))])).await.unwrap();
    store.looked(looked).await.unwrap();
    assert_eq!(due(99, 9).await, (vec![], vec![]));
}

pub(crate) async fn nobody_awaits_prompts_on_anothers_tune(Made { store, .. }: &Made) {
    make(&**store, "a", vec![tune(7)]).await;
    let of_b = begin(&**store, "b").await.unwrap();
    let awaits = vec![TuneId::from_u64(7), TuneId::from_u64(u64::MAX)];
    store.close(Closing { awaits, ..conclusion(of_b, vec![]) }).await.unwrap();
    for owner in ["a", "b"] {
        assert_eq!(awaiting(&**store, owner, None, NOON).await, []);
    }
}
