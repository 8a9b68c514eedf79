//! Notifications: handed out once, sent in order, given up, replayed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tempfile::tempdir;

use super::plans::plan;
use super::{in_folder, in_memory, neighbour, number, sql};
use crate::clock::{Clock, Timestamp};
use crate::events::EventKind;
use crate::notifications::{
    Attempt, FannedOut, Filter, ListState, Listing, Notification, Replay, Replayed, Standing,
};
use crate::ownership::{AuditEntry, Index as _, Seen, Sighting, Subjects as _};
use crate::people::People as _;
use crate::store::conformance::bench::{NOON, main_account, make, prompt, tune, user};
use crate::store::{Store, StoreSettings, outbox};

const APP: &str = "app";
const S: Duration = Duration::from_secs(1);

async fn open(settings: &StoreSettings) -> (Store, Clock) {
    let clock = Clock::manual(NOON);
    (Store::open(settings, clock.clone(), Arc::new(())).await.unwrap(), clock)
}

fn all(endpoint: &str) -> Vec<(String, Filter)> {
    vec![(endpoint.to_owned(), Filter::default())]
}

async fn waiting(store: &Store) -> Vec<Notification> {
    list(store, ListState::Waiting).await
}

async fn list(store: &Store, state: ListState) -> Vec<Notification> {
    store.notifications(Listing { state, endpoint: None, after: 0, limit: 500 }).await.unwrap()
}

/// A store whose endpoint waits for these prompts, each of which is one event.
async fn with(settings: &StoreSettings, prompts: &[u64]) -> (Store, Clock) {
    let (store, clock) = open(settings).await;
    store.follow_events(vec![APP.into()]).await.unwrap();
    for id in prompts {
        make(&store, "a", vec![prompt(*id, 7)]).await;
    }
    store.fan_out(all(APP), 100).await.unwrap();
    (store, clock)
}

fn failed(number: u64, at: Timestamp, is_of_endpoint: bool) -> Attempt {
    Attempt {
        number,
        endpoint: APP.into(),
        at,
        due_at: at.plus(5 * S),
        give_up_before: at.minus(3600 * S),
        is_of_endpoint,
        error: "500".into(),
    }
}

#[tokio::test]
async fn an_endpoint_hears_of_what_happens_after_it_came_and_of_what_it_asks_for() {
    let (store, _) = open(&in_memory()).await;
    make(&store, "a", vec![prompt(1, 7)]).await;
    store.follow_events(vec![APP.into(), "other".into()]).await.unwrap();
    assert!(!store.is_outbox_behind(vec![APP.into(), "other".into()]).await.unwrap());
    make(&store, "b", vec![prompt(2, 7), tune(3)]).await;
    // Again changes nothing.
    store.follow_events(vec![APP.into()]).await.unwrap();
    assert!(store.is_outbox_behind(vec![APP.into()]).await.unwrap());

    let tunes = Filter::parse(["tune.trained"]).unwrap();
    let wanted = vec![(APP.to_owned(), Filter::default()), ("other".to_owned(), tunes)];
    let done = store.fan_out(wanted.clone(), 100).await.unwrap();

    assert_eq!(done, FannedOut { made: 3, is_more: false });
    assert!(!store.is_outbox_behind(vec![APP.into(), "other".into()]).await.unwrap());
    assert_eq!(store.fan_out(wanted, 100).await.unwrap(), FannedOut::default());
    let found = waiting(&store).await;
    let told: BTreeSet<_> =
        found.iter().map(|one| (one.endpoint.as_str(), one.event.object.id, one.event.kind)).collect();
    let finished = EventKind::Finished;
    assert_eq!(told, [(APP, 2, finished), (APP, 3, finished), ("other", 3, finished)].into());
    assert!(found.iter().all(|one| one.who == user("b") && one.event.record.is_some()));
    let ids: BTreeSet<_> = found.iter().map(|one| one.webhook_id.clone()).collect();
    assert!(ids.len() == 3 && ids.iter().all(|id| id.len() == 36 && id.starts_with("msg_")), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_that_hand_out_at_once_give_no_event_two_notifications() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let (one, _) = open(&settings).await;
    let (other, _) = open(&settings).await;
    one.follow_events(vec![APP.into()]).await.unwrap();
    for id in 1..=40 {
        make(&one, "a", vec![prompt(id, 7)]).await;
    }
    let hand_out = async |store: &Store| while store.fan_out(all(APP), 3).await.unwrap().is_more {};
    tokio::join!(hand_out(&one), hand_out(&other));
    let told: Vec<u64> = waiting(&one).await.iter().map(|one| one.event.object.id).collect();
    assert_eq!(told, (1..=40).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_step_that_breaks_off_anywhere_has_made_nothing_and_is_made_whole_later() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let (store, _) = open(&settings).await;
    store.follow_events(vec![APP.into()]).await.unwrap();
    make(&store, "a", vec![prompt(1, 7), prompt(2, 7), prompt(3, 7)]).await;
    let conn = neighbour(&settings);
    for (name, place) in [
        ("row", "BEFORE INSERT ON outbox WHEN NEW.object_id = 2"),
        ("cursor", "BEFORE UPDATE ON outbox_cursors"),
    ] {
        sql(&conn, &format!("CREATE TRIGGER cut_{name} {place} BEGIN SELECT RAISE(ABORT, 'cut'); END"));
        assert!(store.fan_out(all(APP), 100).await.is_err());
        assert_eq!(number(&conn, "SELECT COUNT(*) FROM outbox"), 0, "{name}");
        sql(&conn, &format!("DROP TRIGGER cut_{name}"));
    }
    assert_eq!(store.fan_out(all(APP), 100).await.unwrap().made, 3);
}

#[tokio::test]
async fn one_objects_notifications_are_due_one_after_the_other_and_others_beside_them() {
    let (store, clock) = with(&in_memory(), &[1, 2]).await;
    // The same object changes, and is deleted.
    let main = main_account();
    let changed = Seen { members: r#"{"id":1,"new":1}"#.into(), ..prompt(1, 7) };
    let sighting =
        Sighting { account: main.clone(), objects: vec![changed], found_on: None, at: clock.now() };
    store.see(sighting).await.unwrap();
    store.forget(&main, prompt(1, 7).object).await.unwrap();
    store.fan_out(all(APP), 100).await.unwrap();
    let found = waiting(&store).await;
    let kinds: Vec<_> = found.iter().map(|one| (one.event.object.id, one.event.kind)).collect();
    let (finished, updated, deleted) = (EventKind::Finished, EventKind::Updated, EventKind::Deleted);
    assert_eq!(kinds, [(1, finished), (2, finished), (1, updated), (1, deleted)]);
    let numbers: Vec<u64> = found.iter().map(|one| one.number).collect();

    assert_eq!(store.due_notifications(APP, 10).await.unwrap(), [numbers[0], numbers[1]]);
    // It fails: the object's later ones wait with it.
    store.notification_failed(failed(numbers[0], clock.now(), false)).await.unwrap();
    assert_eq!(store.due_notifications(APP, 10).await.unwrap(), [numbers[1]]);
    store.notification_delivered(numbers[1]).await.unwrap();
    clock.advance(5 * S);
    assert_eq!(store.due_notifications(APP, 10).await.unwrap(), [numbers[0]]);
    store.notification_delivered(numbers[0]).await.unwrap();
    assert_eq!(store.due_notifications(APP, 10).await.unwrap(), [numbers[2]]);
    // It is given up: the object's later ones go on.
    clock.advance(3600 * S);
    assert_eq!(store.notification_failed(failed(numbers[2], clock.now(), false)).await.unwrap(), 1);
    assert_eq!(store.due_notifications(APP, 10).await.unwrap(), [numbers[3]]);
    assert!(store.notification(numbers[2]).await.unwrap().is_none());
    let last = store.notification(numbers[3]).await.unwrap().unwrap();
    assert!(last.event.record.is_none(), "it is not there any more");
}

#[tokio::test]
async fn an_app_that_fails_for_long_has_everything_given_up_that_waits_for_as_long() {
    let (store, clock) = with(&in_memory(), &[1, 2, 3]).await;
    clock.advance(1800 * S);
    make(&store, "a", vec![prompt(4, 7)]).await;
    store.fan_out(all(APP), 100).await.unwrap();
    let numbers: Vec<u64> = waiting(&store).await.iter().map(|one| one.number).collect();
    assert_eq!(store.notification_failed(failed(numbers[0], clock.now(), true)).await.unwrap(), 0);
    assert_eq!(store.due_notifications(APP, 10).await.unwrap(), numbers[1..]);
    store.endpoint_recovered(APP).await.unwrap();
    assert_eq!(store.due_notifications(APP, 10).await.unwrap().len(), 4, "back: all are due at once");

    clock.advance(1800 * S);
    assert_eq!(store.notification_failed(failed(numbers[0], clock.now(), true)).await.unwrap(), 3);

    let oldest = Some(NOON.plus(1800 * S));
    let standing = Standing { endpoint: APP.into(), waiting: 1, oldest, given_up: 3 };
    assert_eq!(store.outbox_standing().await.unwrap(), [standing]);
    let given_up = list(&store, ListState::GivenUp).await;
    assert!(given_up.iter().all(|one| one.due_at.is_none() && one.last_error.as_deref() == Some("500")));
    assert_eq!(given_up.iter().map(|one| one.attempts).collect::<Vec<_>>(), [2, 0, 0]);
}

#[tokio::test]
async fn what_is_replayed_waits_anew_under_its_id_and_who_wanted_it_is_recorded() {
    let (store, clock) = with(&in_memory(), &[1, 2, 3]).await;
    let ids: Vec<String> = waiting(&store).await.iter().map(|one| one.webhook_id.clone()).collect();
    clock.advance(3600 * S);
    store.notification_failed(failed(1, clock.now(), true)).await.unwrap();
    let replay = |ids: &[String], endpoint: Option<&str>| Replay {
        ids: ids.to_vec(),
        endpoint: endpoint.map(str::to_owned),
        who: "support".into(),
        reason: "the app is back".into(),
        at: clock.now(),
    };
    let some = [ids[1].clone(), "msg_unknown".into()];
    assert_eq!(store.replay_notifications(replay(&some, None)).await.unwrap(), Replayed { replayed: 1 });
    assert_eq!(store.replay_notifications(replay(&some, None)).await.unwrap(), Replayed { replayed: 0 });
    let again = waiting(&store).await.remove(0);
    assert_eq!((&again.webhook_id, again.attempts, again.gave_up_at), (&ids[1], 0, None));
    assert_eq!((again.waits_since, again.due_at), (clock.now(), Some(clock.now())));
    // Its time begins anew, too.
    clock.advance(60 * S);
    assert_eq!(store.notification_failed(failed(again.number, clock.now(), true)).await.unwrap(), 0);
    assert_eq!(store.replay_notifications(replay(&[], Some("other"))).await.unwrap().replayed, 0);
    assert_eq!(store.replay_notifications(replay(&[], Some(APP))).await.unwrap().replayed, 2);

    let deeds = store.deeds(None, 10).await.unwrap();
    assert_eq!(deeds.len(), 4);
    let deed = &deeds[0];
    assert_eq!((deed.who.as_str(), deed.action.as_str(), &deed.pseudonym), ("support", "replay", &None));
    assert_eq!((deed.before.as_str(), deed.after.as_str()), (r#"{"endpoint":"app"}"#, r#"{"replayed":2}"#));
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_left_is_given_up_and_what_was_is_forgotten_in_the_end() {
    let (store, clock) = with(&in_memory(), &[1, 2]).await;
    let tidy = async |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let (give_up, forget) = (clock.now().minus(3600 * S), clock.now().minus(7200 * S));
        store.tidy_outbox(names, give_up, forget).await.unwrap()
    };
    clock.advance(7200 * S);
    assert_eq!(tidy(&[APP]).await, 0, "it is sent to");
    clock.advance(1800 * S);
    assert_eq!(tidy(&["other"]).await, 0, "another gateway may have it");
    clock.advance(1800 * S);
    assert_eq!(tidy(&["other"]).await, 2);
    assert_eq!(list(&store, ListState::GivenUp).await.len(), 2);
    clock.advance(7200 * S);
    tidy(&["other"]).await;
    assert!(store.outbox_standing().await.unwrap().is_empty());
    tidy(&["other"]).await;
    assert!(store.is_outbox_behind(vec![APP.into()]).await.unwrap(), "its cursor is gone, too");
}

#[tokio::test]
async fn an_end_user_who_is_forgotten_leaves_no_notification_and_holds_up_no_cursor() {
    let (store, clock) = with(&in_memory(), &[]).await;
    make(&store, "a", vec![tune(1)]).await;
    store.fan_out(all(APP), 100).await.unwrap();
    let at = clock.now();
    store.begin_erasure(&user("a"), at).await.unwrap();
    store.forget(&main_account(), tune(1).object).await.unwrap();
    let entry = AuditEntry { at, action: "erased", pseudonym: "p", request_id: "", objects: 1 };
    assert!(store.finish_erasure(&user("a"), entry).await.unwrap());

    assert!(waiting(&store).await.is_empty());
    store.fan_out(all(APP), 100).await.unwrap();
    assert!(!store.is_outbox_behind(vec![APP.into()]).await.unwrap());
}

#[tokio::test]
async fn notifications_are_found_by_an_index() {
    let folder = tempdir().unwrap();
    let settings = in_folder(&folder);
    let (store, _) = with(&settings, &(1..=50).collect::<Vec<_>>()).await;
    for other in 0..50 {
        make(&store, &format!("other {other}"), vec![prompt(100 + other, 7)]).await;
    }
    let conn = neighbour(&settings);
    for statistics in [None, Some("ANALYZE")] {
        if let Some(analyze) = statistics {
            sql(&conn, analyze);
        }
        for (question, index) in [
            (outbox::DUE, "outbox_due (endpoint=? AND due_at_ms>? AND due_at_ms<?)"),
            (
                outbox::DUE,
                "outbox_of_object (endpoint=? AND account=? AND object_kind=? AND object_id=? AND id<?)",
            ),
            (outbox::FIND, "outbox USING INTEGER PRIMARY KEY (rowid=?)"),
            (outbox::WAITING, "outbox USING INTEGER PRIMARY KEY (rowid>?)"),
            (
                outbox::GIVEN_UP,
                "objects USING INDEX objects_of_owner (owner=? AND account=? AND kind=? AND id=?)",
            ),
            ("SELECT 1 FROM outbox WHERE owner = ?1", "outbox_of_owner (owner=?)"),
        ] {
            let plan = plan(&conn, question).join("\n");
            assert!(!plan.contains("SCAN") && plan.contains(index), "{question}\n{plan}");
        }
        let due = plan(&conn, outbox::DUE).join("\n");
        assert!(!due.contains("TEMP B-TREE"), "{due}");
    }
}
