//! How jobs end: callbacks, what is told of objects, what is given up and what vanishes.

use std::time::Duration;

use super::Made;
use super::bench::{
    MINUTE, NOON, all, begin, conclusion, ending, failed, find, hold, list, main_account, make, naming,
    opening, prompt, prompts, reserving, running, sight, tune, usage, user,
};
use crate::callback::{Callback, CallbackToken, Received, Slot};
use crate::events::{EventKind, Kept as KeptEvents};
use crate::ids::{ReservationId, TuneId};
use crate::ownership::{AuditEntry, ObjectId, ObjectKind, Seen};
use crate::quota::{Closing, Ending, Looked, LookedAt, Measure, Opening};

const DAY: Duration = Duration::from_secs(86_400);

async fn events(made: &Made, who: &str, after: u64) -> KeptEvents {
    made.store.events_after(&user(who), &main_account(), after, 100).await.unwrap()
}

/// (number, what, which) of all events of `who`.
async fn told(made: &Made, who: &str) -> Vec<(u64, EventKind, u64)> {
    let kept = events(made, who, 0).await;
    assert!(!kept.is_gap);
    kept.events.iter().map(|event| (event.number, event.kind, event.object.id)).collect()
}

fn saying(members: &str, seen: Seen) -> Seen {
    Seen { members: format!("{{\"id\":{},{members}}}", seen.object.id), ..seen }
}

async fn call_back(made: &Made, reservation: ReservationId, objects: Vec<ObjectId>) -> Received {
    made.clock.advance(Duration::from_millis(1));
    let at = made.clock.now().plus(3 * MINUTE);
    let token = CallbackToken { reservation, slot: Slot::All, expires_at: at.plus(MINUTE) };
    made.store.receive(Callback { token, objects, at }).await.unwrap()
}

/// (id, whether a callback told of it) of the objects that are due at noon.
async fn due(made: &Made) -> Vec<(u64, bool)> {
    let due = made.store.due(NOON, 99).await.unwrap();
    due.objects.iter().map(|due| (due.record.object.id, due.is_told)).collect()
}

pub(crate) async fn each_change_of_an_object_is_told_once_and_to_its_owner(made: &Made) {
    let store = &made.store;
    let create = hold(&**store, reserving(prompts(2, 2, 2))).await;
    let one = |seen| naming(create, seen);
    store.close(conclusion(create, vec![one(running(prompt(70, 7)))])).await.unwrap();
    for seen in [
        running(prompt(70, 7)),
        running(saying("\"eta\":1", prompt(70, 7))),
        saying("\"images\":[1]", prompt(70, 7)),
        saying("\"images\":[1]", prompt(70, 7)),
        saying("\"images\":[1],\"liked\":1", prompt(70, 7)),
        failed(prompt(71, 7)),
        failed(prompt(71, 7)),
    ] {
        sight(&**store, None, vec![one(seen)]).await;
    }
    store.forget(&main_account(), prompt(71, 7).object).await.unwrap();
    store.forget(&main_account(), prompt(71, 7).object).await.unwrap();
    assert_eq!(
        told(made, "a").await,
        [
            (1, EventKind::Updated, 70),
            (2, EventKind::Updated, 70),
            (3, EventKind::Finished, 70),
            (4, EventKind::Updated, 70),
            (5, EventKind::Failed, 71),
            (6, EventKind::Deleted, 71),
        ]
    );
    assert_eq!(told(made, "b").await, []);
    // What the object is, is told as it is now.
    let kept = events(made, "a", 0).await.events;
    assert_eq!(
        kept[0].record.as_ref().unwrap().members.as_deref(),
        Some("{\"id\":70,\"images\":[1],\"liked\":1}")
    );
    assert_eq!((kept[5].record.as_ref(), kept[5].tune), (None, Some(TuneId::from_u64(7))));
}

pub(crate) async fn events_are_numbered_by_end_user_and_what_is_not_kept_is_told(made: &Made) {
    let store = &made.store;
    let mut news = store.news();
    assert_eq!(*news.borrow_and_update(), 0);
    for n in 0..3 {
        make(&**store, "a", vec![prompt(70 + n, 7)]).await;
        make(&**store, "b", vec![prompt(80 + n, 8)]).await;
    }
    assert!(news.has_changed().unwrap());
    assert_eq!(told(made, "b").await.iter().map(|(n, ..)| *n).collect::<Vec<_>>(), [1, 2, 3]);
    let kept = events(made, "a", 2).await;
    assert_eq!((kept.events.len(), kept.is_gap, kept.last), (1, false, 3));
    assert!(!events(made, "a", 3).await.is_gap, "nothing is new");
    assert!(events(made, "a", 4).await.is_gap, "never told: the record was restored");
    assert_eq!(events(made, "a", 4).await.events.len(), 3);
    assert!(!events(made, "nobody", 0).await.is_gap);
    let stirred = store.stirred(0, 3).await.unwrap();
    assert_eq!((stirred.seq, stirred.whose.len()), (3, 2));
    let stirred = store.stirred(5, 99).await.unwrap();
    assert_eq!((stirred.seq, stirred.whose), (6, vec![user("b")]));
    assert_eq!(store.stirred(6, 99).await.unwrap().whose, []);
}

pub(crate) async fn what_is_imported_is_no_news(made: &Made) {
    made.store.import(&main_account(), &user("a"), vec![tune(7), prompt(70, 7)], NOON).await.unwrap();
    assert_eq!(told(made, "a").await, []);
}

pub(crate) async fn cb_03_a_callback_changes_only_when_its_objects_are_looked_at(made: &Made) {
    let store = &made.store;
    let create = hold(&**store, reserving(prompts(2, 2, 2))).await;
    let other = hold(&**store, reserving(prompts(1, 1, 1))).await;
    let of = |create, id| running(naming(create, prompt(id, 7)));
    store.close(conclusion(create, vec![of(create, 70), of(create, 71)])).await.unwrap();
    store.close(conclusion(other, vec![of(other, 80)])).await.unwrap();
    assert_eq!(due(made).await, []);
    let (before, told_before) = (usage(&**store, "a").await, told(made, "a").await);
    assert_eq!(call_back(made, create, vec![prompt(70, 7).object]).await, Received::Due);
    assert_eq!(due(made).await, [(70, true), (71, true)], "before their time, and nobody else's");
    assert_eq!((usage(&**store, "a").await, told(made, "a").await), (before, told_before));

    // Once it was looked at and goes on, it is due as ever; another callback lets it be looked at again.
    let since = store.due(NOON, 9).await.unwrap().objects;
    let looked = since.iter().map(|due| Looked {
        at_what: LookedAt::Object(main_account(), due.record.object, due.since),
        again_at: NOON.plus(MINUTE),
    });
    let looked: Vec<_> = looked.collect();
    store.looked(looked.clone()).await.unwrap();
    assert_eq!(due(made).await, []);
    assert_eq!(call_back(made, create, vec![]).await, Received::Due);
    store.looked(looked).await.unwrap();
    assert_eq!(due(made).await.len(), 2, "a look that began before it says nothing of it");

    // What has ended is over.
    let ended = vec![naming(create, prompt(70, 7)), naming(create, prompt(71, 7))];
    sight(&**store, None, ended).await;
    assert_eq!(call_back(made, create, vec![prompt(70, 7).object]).await, Received::Repeated);
    assert_eq!(due(made).await, []);
    assert_eq!(call_back(made, ReservationId::generate(), vec![]).await, Received::Unknown);
}

pub(crate) async fn f34_a_callback_before_its_creates_reply_waits_for_it(made: &Made) {
    let store = &made.store;
    for end in [None, Some(Ending::Unknown)] {
        let create = hold(&**store, reserving(prompts(1, 1, 1))).await;
        let id = if end.is_some() { 80 } else { 70 };
        assert_eq!(call_back(made, create, vec![prompt(id, 7).object]).await, Received::Early);
        assert_eq!(due(made).await, []);
        if let Some(end) = end {
            store.close(Closing { look_at: NOON.plus(DAY), ..ending(create, end) }).await.unwrap();
            assert_eq!(call_back(made, create, vec![]).await, Received::Early);
            let due = store.due(NOON.plus(4 * MINUTE), 9).await.unwrap().creates;
            assert_eq!(due.len(), 1, "what it made is looked for at once");
        }
        store.close(conclusion(create, vec![naming(create, running(prompt(id, 7)))])).await.unwrap();
        assert_eq!(due(made).await, [(id, true)]);
        sight(&**store, None, vec![naming(create, prompt(id, 7))]).await;
    }
}

pub(crate) async fn cb_04_a_callback_about_anothers_object_has_no_effect(made: &Made) {
    let store = &made.store;
    let (mine, others) = (begin(&**store, "a").await.unwrap(), begin(&**store, "b").await.unwrap());
    let of = |create, id| running(naming(create, prompt(id, 7)));
    store.close(conclusion(mine, vec![of(mine, 70)])).await.unwrap();
    store.close(conclusion(others, vec![of(others, 80)])).await.unwrap();
    for objects in [vec![prompt(80, 7).object], vec![prompt(99, 7).object], vec![tune(70).object]] {
        assert_eq!(call_back(made, mine, objects).await, Received::WrongObject);
    }
    assert_eq!(due(made).await, []);
    // A list with its own in it tells of that.
    assert_eq!(call_back(made, mine, vec![prompt(80, 7).object, prompt(70, 7).object]).await, Received::Due);
    assert_eq!(due(made).await, [(70, true)]);
}

pub(crate) async fn callbacks_are_forgotten_in_their_time(made: &Made) {
    let create = hold(&*made.store, reserving(prompts(1, 1, 1))).await;
    call_back(made, create, vec![]).await;
    assert_eq!(made.store.forget_callbacks(NOON.plus(3 * MINUTE)).await, Ok(0));
    assert_eq!(made.store.forget_callbacks(NOON.plus(4 * MINUTE)).await, Ok(1));
    made.store.close(ending(create, Ending::Nothing)).await.unwrap();
}

pub(crate) async fn a_job_that_is_given_up_is_told_of_once_and_counts_when_it_ends_after_all(made: &Made) {
    let store = &made.store;
    let create = hold(&**store, reserving(prompts(1, 1, 1))).await;
    let job = naming(create, running(prompt(70, 7)));
    store.close(conclusion(create, vec![job.clone()])).await.unwrap();
    let used = usage(&**store, "a").await;
    assert_eq!(store.lose(&main_account(), job.object, NOON).await, Ok(true));
    assert_eq!(store.lose(&main_account(), job.object, NOON).await, Ok(false));
    assert_eq!(usage(&**store, "a").await, used, "what it was booked with stays");
    assert!(store.due(NOON.plus(DAY), 9).await.unwrap().objects.is_empty());
    call_back(made, create, vec![]).await;
    sight(&**store, None, vec![saying("\"eta\":1", job.clone())]).await;
    assert!(store.due(NOON.plus(DAY), 9).await.unwrap().objects.is_empty(), "nobody asks any more");
    // It is no job in flight.
    let one = Opening { max_jobs: Some(1), ..opening(&main_account(), "a", NOON) };
    let next = hold(&**store, one).await;
    store.close(ending(next, Ending::Nothing)).await.unwrap();

    sight(&**store, None, vec![naming(create, failed(prompt(70, 7)))]).await;
    assert_eq!(usage(&**store, "a").await.used.get(Measure::Images), 0, "its end counts");
    let kinds: Vec<_> = told(made, "a").await.into_iter().map(|(_, kind, _)| kind).collect();
    assert_eq!(kinds, [EventKind::Updated, EventKind::Lost, EventKind::Updated, EventKind::Failed]);
}

pub(crate) async fn what_vanishes_is_told_before_and_kept_without_content_after(made: &Made) {
    let store = &made.store;
    let ends =
        |seen, days: u32| Seen { finished_at: Some(NOON), expires_at: Some(NOON.plus(DAY * days)), ..seen };
    make(&**store, "a", vec![ends(tune(7), 30), Seen { finished_at: Some(NOON), ..prompt(70, 7) }]).await;
    let at = |days: u32| NOON.plus(DAY * days);
    let tell = async |days: u32| store.tell_vanishing(at(days), at(days + 3)).await.unwrap();
    let vanishing = async || {
        let told = told(made, "a").await.into_iter();
        told.filter(|(_, kind, _)| *kind == EventKind::Expiring).map(|(.., id)| id).collect::<Vec<_>>()
    };
    assert_eq!(tell(26).await, 0);
    assert_eq!(tell(27).await, 2);
    assert_eq!(tell(28).await, 0, "once");
    assert_eq!(vanishing().await, [7, 70]);
    // One was extended.
    sight(&**store, None, vec![ends(saying("\"auto_extend\":true", tune(7)), 60)]).await;
    assert_eq!(tell(30).await, 0);
    let due = store.due(at(30), 9).await.unwrap().objects;
    assert_eq!(
        due.iter().map(|due| due.record.object.id).collect::<Vec<_>>(),
        [70],
        "whether it is gone is asked"
    );
    made.clock.advance(DAY * 30);
    store.forget(&main_account(), prompt(70, 7).object).await.unwrap();
    assert_eq!(find(&**store, "a", prompt(70, 7).object).await, None);
    assert!(list(&**store, "a", ObjectKind::Prompt, all()).await.is_empty());
    let kept = store.look_up(70).await.unwrap();
    assert_eq!((kept.len(), kept[0].owner.clone(), kept[0].record.members.as_deref()), (1, user("a"), None));
    assert_eq!(tell(57).await, 1);
    assert_eq!(vanishing().await, [7, 70, 7]);

    // Nobody waits for it when its owner is forgotten.
    store.forget(&main_account(), tune(7).object).await.unwrap();
    store.begin_erasure(&user("a"), NOON).await.unwrap();
    let entry = AuditEntry { at: NOON, action: "erased", pseudonym: "x", request_id: "", objects: 0 };
    assert_eq!(store.finish_erasure(&user("a"), entry).await, Ok(true));
    assert_eq!(store.look_up(70).await.unwrap(), []);
    assert_eq!(events(made, "a", 0).await, KeptEvents::default());
}
